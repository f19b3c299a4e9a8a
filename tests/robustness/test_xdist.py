"""One suite says the same on one process, on several, and however xdist hands its cases out."""

import json

import pytest

#: All but pytest-randomly are as quiet as ever.
SHUFFLED = [f"-pno:{name}" for name in ("asyncio", "anyio", "timeout", "hypothesispytest")]

BARS = """
max_errors = 2
[[bar]]
dimension = "accuracy"
at_least = 0.5
each = "category"
[[bar]]
dimension = "tone"
at_least = 0.95
[[bar]]
dimension = "safety"
status = "capability"
at_least = 0.2
"""

#: A bit of everything: misses, trials, groups, an error, a skip, an expected miss, verdicts of the case's own.
FIRST = """
import pytest

def case(n):
    kind = "odd" if n % 2 else "even"
    return pytest.param(n, id=f"c{n}", marks=[pytest.mark.category(kind), pytest.mark.xdist_group(f"g{n % 3}")])

@pytest.mark.dimension("accuracy")
@pytest.mark.parametrize("number", [case(n) for n in range(12)])
def test_answer(number):
    assert number % 6, f"wrong answer to {number}"

@pytest.mark.dimension("accuracy", "tone")
@pytest.mark.trials(2)
@pytest.mark.parametrize("number", [pytest.param(n, id=f"t{n}") for n in range(4)])
def test_twice(number, evalcase):
    evalcase.check("tone", number == 3 and evalcase.trial == 1, f"rude, seed {evalcase.seed}")
    evalcase.score("accuracy", 0.25, reason="half said")
    evalcase.measure(tokens_in=number)
    evalcase.record(output={"n": number})

@pytest.mark.dimension("accuracy")
def test_no_answer():
    raise ConnectionError("the model is away")

@pytest.mark.dimension("tone")
@pytest.mark.parametrize("number", [pytest.param(n, id=f"p{n}") for n in range(4)])
def test_plainly_rude(number):
    pytest.fail(f"rude {number}")
"""
SECOND = """
import pytest

@pytest.mark.cases("rows.jsonl")
def test_row(case):
    assert case["ok"]

@pytest.mark.capability
@pytest.mark.dimension("safety")
class TestSafety:
    def test_skipped(self):
        pytest.skip("not today")

    @pytest.mark.xfail(reason="known")
    def test_expected(self):
        assert not "known"

    def test_good(self):
        pass

def test_ordinary():
    pass

@pytest.fixture
def broken():
    raise OSError("no index")

@pytest.mark.cluster("index")
@pytest.mark.dimension("accuracy")
def test_setup(broken):
    pass
"""
ROWS = "".join(
    json.dumps({"id": f"row-{n}", "dimension": "accuracy", "category": "odd", "labels": {"es": True}, "ok": n < 3})
    + "\n"
    for n in range(4)
)


@pytest.fixture
def mixed(suite):
    """The suite that every way of running must judge alike."""
    suite.bars(BARS).file("test_first.py", FIRST)
    suite.file("test_second.py", SECOND)
    suite.file("rows.jsonl", ROWS)
    return suite


def facts(result):
    """What must not depend on how a suite was run: all but worker, seconds, order, and pytest's own words."""
    lines = []
    for kind in ("trial", "observation"):
        for line in map(dict, result.of(kind)):
            line.pop("worker", None)
            line.get("measures", {}).pop("seconds", None)
            lines.append(json.dumps(line, sort_keys=True))
    counts = {word: number for word, number in result.counts.items() if word not in ("rerun", "warnings")}
    manifest = result.of("manifest")[0]
    return {
        "exit": result.exit,
        "end": result.of("end")[0]["exit"],
        "counts": counts,
        "lines": sorted(lines),
        "items": sorted(manifest["items"]),
        "left out": manifest["left_out"],
        "words": [line for line in section(result) if "missed cases:" not in line],
    }


def section(result):
    """The lines of the summary section, without the name of the run file."""
    lines = result.out.splitlines()
    first = next(n for n, line in enumerate(lines) if line.strip("= ") == "eval bars")
    last = next(n for n, line in enumerate(lines[first + 1 :], first + 1) if line.startswith("==="))
    return [line for line in lines[first + 1 : last] if line and not line.startswith("run file:")]


@pytest.fixture
def serial(mixed):
    """The yardstick, itself held against what the suite was written to say."""
    result = mixed.run()
    said = list(result.verdicts.values())
    assert {word: said.count(word) for word in set(said)} == {"pass": 23, "miss": 15, "error": 2, "skipped": 1}
    # Two ordinary failures (an exception, a fixture error) are tolerated; the missed bar is what fails.
    assert result.exit == 1
    assert result.counts["missed"] == 14
    assert result.counts["xfailed"] == 1
    result.said("MISSED", "tone", "gate failed (exit 1)")
    return facts(result)


@pytest.mark.parametrize(
    "arguments",
    [
        ("-n", "3", "--dist", "load"),
        pytest.param(("-n", "2", "--dist", "loadscope"), marks=pytest.mark.slow),
        pytest.param(("-n", "2", "--dist", "loadfile"), marks=pytest.mark.slow),
        pytest.param(("-n", "2", "--dist", "loadgroup"), marks=pytest.mark.slow),
        ("-n", "2", "--dist", "worksteal"),
    ],
    ids=lambda words: "-".join(words).replace("--dist-", ""),
)
def test_workers_say_what_one_process_says(mixed, serial, arguments):
    result = mixed.run(*arguments)
    assert facts(result) == serial
    assert {line["worker"] for line in result.of("trial")} <= {"gw0", "gw1", "gw2", "gw3"}


@pytest.mark.parametrize(
    ("arguments", "rerun"),
    [(("--reruns", "2"), 4), (("--randomly-seed=7",), 0), (("--reruns=1", "--randomly-seed=8"), 2)],
)
def test_reruns_and_random_order_change_nothing(mixed, serial, arguments, rerun):
    result = mixed.run(*arguments, quiet=SHUFFLED)
    assert facts(result) == serial
    assert result.counts.get("rerun", 0) == rerun  # only the two that erred


def test_the_cases_named_under_a_missed_bar_do_not_depend_on_order(mixed):
    """Eight cases missed and five are named: a reader who compares two reports must see the same five."""
    results = [mixed.run(), *(mixed.run(f"--randomly-seed={seed}", quiet=SHUFFLED) for seed in (1, 2))]
    (first,), *others = [[line for line in section(result) if "missed cases:" in line] for result in results]
    assert "and 3 more" in first
    assert others == [[first], [first]]


@pytest.mark.slow
def test_workers_in_random_order_with_reruns_say_the_same(mixed, serial):
    result = mixed.run("-n", "2", "--reruns=1", "--randomly-seed=7", quiet=SHUFFLED)
    assert facts(result) == serial


@pytest.mark.slow
def test_a_part_of_the_cases_is_not_enforced_on_workers_either(mixed):
    arguments = ("-k", "c1 or row-1", "--evalbars-trials=2")
    apart, together = mixed.run("-n", "2", *arguments), mixed.run(*arguments)
    ours, theirs = facts(apart), facts(together)
    for each in (ours, theirs):
        each["counts"].pop("deselected", None)  # xdist's controller does not count them
        each["left out"].sort()
    assert ours == theirs
    assert ours["left out"]
    assert len(apart.verdicts) == 8
    apart.said("not enforced")


def test_each_is_refused_before_any_case_runs(mixed):
    mixed.file("conftest.py", "def pytest_runtest_call(item): open('ran', 'a').close()\n")
    result = mixed.run("-n", "2", "--dist", "each")
    assert result.exit == 4
    result.said("--dist=each runs every eval case on every worker")
    result.never_said("Traceback", "INTERNALERROR", "eval bars")
    assert not (mixed.path / "ran").exists()
    assert mixed.run_files() == []


def test_each_is_no_matter_to_ordinary_tests(suite):
    suite.file("test_plain.py", "def test_x(): pass\n")
    result = suite.run("-n", "2", "--dist", "each")
    assert (result.exit, result.counts) == (0, {"passed": 2})


def test_a_bad_bar_is_told_once_by_the_controller(suite):
    suite.bars('[[bar]]\ndimension = "acuracy"\nat_least = 0.5')
    result = suite.cases(1, 4).run("-n", "2")
    assert result.exit == 4
    result.said('did you mean "accuracy"?')
    result.never_said("Traceback", "INTERNALERROR")
    assert (result.out + result.err).count("pyproject.toml, bar") == 1
    assert suite.run_files() == []


@pytest.mark.slow
def test_a_stage_without_cases_is_undecided_on_workers_too(suite):
    suite.file("test_plain.py", "def test_x(): pass\n")
    result = suite.run("-n", "2", "--evalbars-stage=launch")
    assert result.exit == 10
    result.said("this session ran no eval case")
