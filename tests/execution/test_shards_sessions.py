"""A shard: what it runs, what it holds back, and what it says."""

import json

import pytest

BAR = '[[bar]]\nname = "acc"\ndimension = "accuracy"\nat_least = 0.9\n'
SELDOM = pytest.param(("-n", "1"), marks=pytest.mark.slow)
WORKERS = pytest.mark.parametrize("workers", [(), SELDOM], ids=["serial", "-n 1"])


def shards(suite, n, *arguments):
    """The outcome of each shard's session, its run file named after it."""
    return [
        suite.run(f"--evalbars-shard={index}/{n}", f"--evalbars-run=shard-{index}.jsonl", *arguments)
        for index in range(1, n + 1)
    ]


def lines(suite, index):
    return [json.loads(line) for line in (suite.path / f"shard-{index}.jsonl").read_text().splitlines()]


def of(rows, kind):
    return [row for row in rows if row["type"] == kind]


def cases_of(rows):
    return sorted(row["case"].partition("[")[2][:-1] for row in of(rows, "trial"))


@pytest.mark.parametrize("workers", [(), pytest.param(("-n", "2"), marks=pytest.mark.slow)], ids=["serial", "-n 2"])
def test_shards_run_every_case_once_and_decide_nothing(suite, workers):
    suite.bars(BAR).cases(3, 20)  # proven missed, were it judged
    found = []
    for index, result in enumerate(shards(suite, 3, *workers), 1):
        rows = lines(suite, index)
        found += cases_of(rows)
        header, manifest = of(rows, "header")[0], of(rows, "manifest")[0]
        here = len(of(rows, "trial"))
        assert here in (6, 7)
        assert (header["shard"]["index"], header["shard"]["of"], header["shard"]["cases"]) == (index, 3, 20)
        assert (len(manifest["items"]), manifest["left_out"]) == (here, [])
        assert of(rows, "end")[0]["exit"] == 0
        assert result.exit == 0
        assert sum(result.counts.get(word, 0) for word in ("missed", "passed")) == here
        result.said(f"shard {index} of 3: {here} of 20 cases", f"shard {index} of 3: ran {here} of 20 cases")
        result.said("evalbars gate shard-*.jsonl")
        result.never_said("evalbars::acc", "MISSED", "gate passed", "cannot be met")
    assert found != sorted(found)
    assert sorted(found) == [f"case-{number:03}" for number in range(20)]


@pytest.mark.slow
def test_workers_and_one_process_choose_the_same_cases_of_the_same_suite(suite):
    suite.bars(BAR).cases(20, 20)
    suite.run("--evalbars-shard=2/3", "--evalbars-run=a.jsonl")
    suite.run("--evalbars-shard=2/3", "--evalbars-run=b.jsonl", "-n", "2")
    a, b = (
        [json.loads(line) for line in (suite.path / name).read_text().splitlines()] for name in ("a.jsonl", "b.jsonl")
    )
    assert cases_of(a) == cases_of(b)
    assert of(a, "header")[0]["shard"] == of(b, "header")[0]["shard"]


def test_a_random_order_chooses_the_same_cases(suite):
    suite.bars(BAR).cases(20, 20)
    plain = suite.run("--evalbars-shard=1/2")
    loud = ("-pno:asyncio", "-pno:anyio", "-pno:timeout", "-pno:hypothesispytest")
    mixed = suite.run("--evalbars-shard=1/2", "--randomly-seed=5", quiet=loud)
    assert [row["case"] for row in plain.of("trial")] != [row["case"] for row in mixed.of("trial")]
    assert cases_of(plain.lines) == cases_of(mixed.lines)
    assert plain.of("header")[0]["shard"] == mixed.of("header")[0]["shard"]


def test_all_trials_and_all_tests_of_a_case_stay_together(suite):
    suite.file("rows.jsonl", "".join(json.dumps({"id": f"r{n}"}) + "\n" for n in range(8)))
    suite.file(
        "test_rows.py",
        """
        import pytest
        pytestmark = [pytest.mark.dimension("accuracy"), pytest.mark.cases("rows.jsonl")]
        @pytest.mark.trials(3)
        def test_one(case): pass
        def test_two(case): pass
        """,
    )
    first, second = shards(suite, 2)
    assert (first.counts["passed"], second.counts["passed"]) == (16, 16)
    both = [{row["case"] for row in of(lines(suite, index), "trial")} for index in (1, 2)]
    assert [len(cases) for cases in both] == [4, 4]
    assert not both[0] & both[1]


@WORKERS
def test_an_empty_shard_passes_and_leaves_a_run_file(suite, workers):
    suite.bars(BAR).cases(1, 1)
    results = shards(suite, 2, *workers)
    assert [result.exit for result in results] == [0, 0]
    empty = next(index for index in (1, 2) if not of(lines(suite, index), "trial"))
    assert [row["type"] for row in lines(suite, empty)] == ["header", "manifest", "end"]
    results[empty - 1].said(f"shard {empty} of 2: ran 0 of 1 cases", "evalbars gate")


@WORKERS
def test_ordinary_tests_run_in_every_shard_and_fail_it(suite, workers):
    suite.bars(BAR).cases(1, 1).file(
        "test_plain.py", "def test_good(): pass\ndef test_bad(): assert False, 'broken'\n"
    )
    for result in shards(suite, 2, *workers):
        assert (result.exit, result.counts["failed"]) == (1, 1)
        result.said("broken", "of 2: ran")
    assert [of(lines(suite, index), "end")[0]["exit"] for index in (1, 2)] == [1, 1]


@pytest.mark.parametrize(
    ("workers", "stage"),
    [((), ()), ((), ("--evalbars-stage=launch",)), (("-n", "1"), ())],
    ids=["testing", "launch", "-n 1"],
)
def test_misses_and_errors_of_cases_fail_no_shard(suite, workers, stage):
    """Neither a miss that stands alone nor an error beyond `max_errors`: the gate says so of all shards."""
    suite.file(
        "test_it.py",
        """
        import pytest
        @pytest.mark.dimension("accuracy")
        def test_alone(): assert False, "wrong"
        @pytest.mark.dimension("accuracy")
        def test_down(): raise OSError("down")
        @pytest.fixture
        def broken(): raise OSError("no index")
        @pytest.mark.dimension("accuracy")
        def test_setup(broken): pass
        """,
    )
    result = suite.run("--evalbars-shard=1/1", *workers, *stage)
    assert (result.exit, result.counts.get("missed")) == (0, 1)
    assert sorted(result.verdicts.values()) == ["error", "error", "miss"]
    result.said("could not be judged: 2", "count against max_errors", "ran 3 of 3 cases")
    assert ("--stage=launch" in result.out) == bool(stage)


def test_an_error_in_teardown_fails_a_shard_as_it_fails_any_session(suite):
    suite.file(
        "test_it.py",
        """
        import pytest
        @pytest.fixture
        def late():
            yield
            raise OSError("cannot close")
        @pytest.mark.dimension("accuracy")
        def test_it(late): pass
        """,
    )
    assert suite.run("--evalbars-shard=1/1").exit == 1


@WORKERS
def test_what_a_selection_leaves_out_of_a_shard_is_named_and_other_shards_are_not(suite, workers):
    suite.bars(BAR).cases(20, 20)
    arguments = ("-k", "not case-003 and not case-004", *workers)
    results = shards(suite, 2, *arguments)
    assert [result.exit for result in results] == [0, 0]
    manifests = [of(lines(suite, index), "manifest")[0] for index in (1, 2)]
    out = [item.partition("[")[2][:-1] for manifest in manifests for item in manifest["left_out"]]
    assert sorted(out) == ["case-003", "case-004"]
    assert sum(len(manifest["items"]) for manifest in manifests) == 18
    whole = {of(lines(suite, index), "header")[0]["shard"]["suite"] for index in (1, 2)}
    shards(suite, 2)
    assert {of(lines(suite, index), "header")[0]["shard"]["suite"] for index in (1, 2)} == whole


def test_bars_are_checked_against_all_cases_before_a_shard_runs(suite):
    """Each bar has cases in one shard only: no typo. A bar that no case of any shard matches is one."""
    suite.cases(1, 1, "accuracy", "test_a.py").cases(1, 1, "tone", "test_b.py")
    bars = '[[bar]]\ndimension = "accuracy"\nat_least = 0.1\n[[bar]]\ndimension = "{}"\nat_least = 0.1\n'
    suite.bars(bars.format("tone"))
    assert [result.exit for result in shards(suite, 3)] == [0, 0, 0]
    suite.bars(bars.format("tonne"))
    result = suite.run("--evalbars-shard=1/3")
    assert result.exit == 4
    result.said('did you mean "tone"?')


@WORKERS
def test_a_shard_of_a_second_look_is_refused(suite, workers):
    suite.cases(1, 4).run()
    result = suite.run("--evalbars-shard=1/2", "--evalbars-missed", *workers)
    assert result.exit == 4
    result.said("--evalbars-missed", "has no shards")
    result.never_said("Traceback", "INTERNALERROR")


def test_collecting_only_lists_the_shard_and_writes_nothing(suite):
    suite.bars(BAR).cases(10, 10)
    listed = [suite.run(f"--evalbars-shard={index}/2", "--collect-only", "-q").out for index in (1, 2)]
    assert [out.count("::test_answer[") for out in listed] == [5, 5]
    assert not suite.run_files()


def test_a_stage_without_any_eval_case_is_undecided_in_a_shard_too(suite):
    suite.file("test_plain.py", "def test_plain(): pass\n")
    assert suite.run("--evalbars-shard=1/2", "--evalbars-stage=launch").exit == 10
    assert suite.run("--evalbars-shard=1/2").exit == 0


def test_stopping_at_the_first_failure_ends_the_shard_red_and_leaves_the_rest_out(suite):
    suite.bars(BAR).cases(10, 10)
    suite.file("test_a.py", "def test_bad(): assert False\n")
    result = suite.run("--evalbars-shard=1/1", "-x")
    assert result.exit == 1
    assert len(result.of("end")[0]["left_out"]) == 10


def test_a_trial_that_was_lost_makes_the_shard_incomplete(suite):
    suite.bars(BAR).file(
        "test_it.py",
        """
        import os, pytest
        @pytest.mark.dimension("accuracy")
        @pytest.mark.parametrize("n", range(4), ids="c{}".format)
        def test_it(n):
            if n == 0: os._exit(1)
        """,
    )
    result = suite.run("--evalbars-shard=1/1", "-n", "1", "--max-worker-restart=0")
    assert result.exit == 10
    result.said("shard 1 of 1 is incomplete: 3 of its 4 trials have no result")


@pytest.mark.slow
def test_a_replacement_for_a_dead_worker_chooses_the_same_cases(suite):
    """Also though the dead one's session, or another one, has recorded new durations meanwhile."""
    suite.bars("max_errors = 1\n" + BAR)
    suite.file(
        "test_it.py",
        """
        import os, shutil, pytest
        @pytest.mark.dimension("accuracy")
        @pytest.mark.parametrize("n", range(12), ids="c{:02}".format)
        def test_it(n):
            if os.environ.get("CRASH") == str(n):
                shutil.copy("other.jsonl", ".evalbars/runs/2999-01-01T00-00-00-aaaa.jsonl")
                os._exit(1)
        """,
    )
    here = cases_of(suite.run("--evalbars-shard=1/2").lines)
    header = {"type": "header", "started": "2999-01-01"}
    rows = [
        {
            "type": "trial",
            "case": f"test_it.py::test_it[c{n:02}]",
            "test": f"test_it.py::test_it[c{n:02}]",
            "trial": 0,
        }
        | {"measures": {"seconds": 12 - n}}
        for n in range(12)
    ]
    suite.file("other.jsonl", "".join(json.dumps(row) + "\n" for row in [header, *rows, {"type": "end", "exit": 0}]))
    suite.pytester._monkeypatch.setenv("CRASH", str(int(here[2][1:])))  # noqa: SLF001 - pytester's own way
    result = suite.run("--evalbars-shard=1/2", "--evalbars-run=shard-1.jsonl", "-n", "1")
    assert result.exit == 0
    result.said("replacing crashed worker")
    assert cases_of(lines(suite, 1)) == here
    result = suite.run("--evalbars-shard=1/2", "--collect-only", "-q")
    result.said("split by recorded durations")


@WORKERS
def test_recorded_durations_make_shards_of_one_length(suite, workers):
    suite.bars(BAR).cases(8, 8)
    (suite.path / ".evalbars" / "runs").mkdir(parents=True)
    names = [f"test_cases.py::test_answer[case-{n:03}]" for n in range(7)]
    took = dict(zip(names, [6.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0], strict=True))  # of the eighth nothing is known
    rows = [
        {"type": "trial", "case": name, "test": name, "measures": {"seconds": each}} for name, each in took.items()
    ]
    rows = [{"type": "header", "started": "2026"}, *rows, {"type": "end", "exit": 0}]
    suite.file(".evalbars/runs/2026-01-01T00-00-00-aaaa.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    results = shards(suite, 2, *workers)
    results[0].said("split by recorded durations")
    sizes = [len(of(lines(suite, index), "trial")) for index in (1, 2)]
    assert sorted(sizes) == [1, 7]


def test_shards_run_one_after_the_other_on_one_machine_divide_alike(suite):
    """What the first one records is no history for the second."""
    suite.bars(BAR).cases(20, 20)
    results = [suite.run(f"--evalbars-shard={index}/2") for index in (1, 2)]
    assert len({result.of("header")[0]["shard"]["suite"] for result in results}) == 1
    again = suite.run("--evalbars-shard=1/2")
    again.said("split by recorded durations")


def test_a_shard_imports_no_numpy(suite):
    suite.bars(BAR).cases(4, 4)
    suite.file(
        "conftest.py",
        "import sys\ndef pytest_unconfigure(): print('heavy:', sorted({'numpy', 'scipy'} & set(sys.modules)))\n",
    )
    suite.run("--evalbars-shard=1/2", subprocess=True).said("ran 2 of 4 cases", "heavy: []")
    suite.run(subprocess=True).said("heavy: ['numpy', 'scipy']")


def test_the_command_is_a_pattern_only_where_the_number_is_plain(suite):
    suite.bars(BAR).cases(2, 2)
    suite.run("--evalbars-shard=1/2", "--evalbars-run=out/1/s1.jsonl").said("decide: evalbars gate out/1/s*.jsonl\n")
    suite.run("--evalbars-shard=1/2", "--evalbars-run=s11.jsonl").said("decide: evalbars gate s11.jsonl OTHERS...\n")
    result = suite.run("--evalbars-shard=1/2")
    result.said(f"decide: evalbars gate .evalbars/runs/{result.path.name} OTHERS...\n")


def test_a_shard_whose_budget_is_spent_is_incomplete_and_says_how_to_go_on(suite):
    suite.file(
        "test_paid.py",
        """
        import pytest

        @pytest.mark.dimension("accuracy")
        @pytest.mark.parametrize("n", [pytest.param(n, id=f"c{n:02}") for n in range(20)])
        def test_paid(n, evalcase): evalcase.measure(cost_usd=1)
        """,
    )
    outcome = suite.run("--evalbars-shard=1/2", "--evalbars-run=shard-1.jsonl", "--evalbars-budget=3")
    assert outcome.exit == 10
    assert outcome.counts == {"passed": 3, "skipped": 7, "deselected": 10}
    outcome.said("trials not run: 7, because the budget of $3.00 is spent")
    outcome.said("go on with it: --evalbars-shard=1/2 --evalbars-resume=shard-1.jsonl")
    again = suite.run("--evalbars-shard=1/2", "--evalbars-resume=shard-1.jsonl")
    assert (again.exit, again.counts["passed"]) == (0, 7)
