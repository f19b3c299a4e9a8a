"""`evalbars gate shard-*.jsonl`: decides as one session would, or says which shard keeps it from that."""

import json
import os
from pathlib import Path

import pytest

from pytest_evalbars import Run, load_run
from pytest_evalbars.cli import main
from pytest_evalbars.errors import RunFileError

BARS = """
max_errors = 2
[[bar]]
dimension = "accuracy"
at_least = 0.7
each = "category"
[[bar]]
dimension = "tone"
metric = "mean_score"
at_least = 0.9
[[bar]]
dimension = "tone"
at_most = 0.99
name = "rude"
stage = "launch"
[[bar]]
dimension = "depth"
at_least = 0.95
status = "capability"
"""
#: Trials, clusters, groups, thirds that no float holds, errors, skips, announced misses, and misses without a bar.
SUITE = """
import pytest

@pytest.mark.dimension("accuracy", "tone")
@pytest.mark.trials(3)
@pytest.mark.parametrize(
    "n",
    [
        pytest.param(n, id=f"c{n:02}", marks=[pytest.mark.category(f"k{n % 3}"), pytest.mark.cluster(f"d{n // 4}")])
        for n in range(24)
    ],
)
def test_answer(n, evalcase):
    evalcase.score("tone", ((n * 7 + evalcase.trial) % 10) / 10 + 0.033, passing=0.5, reason="curt")
    assert (n + evalcase.trial) % 4, "sometimes wrong"

@pytest.mark.dimension("accuracy")
@pytest.mark.parametrize("n", range(9), ids="e{}".format)
def test_trouble(n):
    if n in (1, 5): raise ConnectionError("down")
    if n == 2: pytest.skip("not today")
    if n == 3: pytest.xfail("known")

@pytest.mark.dimension("depth")
@pytest.mark.capability
@pytest.mark.parametrize("n", range(10), ids="d{}".format)
def test_depth(n): assert n % 3

@pytest.mark.dimension("safety")
@pytest.mark.parametrize("n", range(6), ids="s{}".format)
def test_safety(n): assert n not in (1, 4), f"unsafe {n}"
"""


@pytest.fixture
def run_shards(suite):
    """Runs a suite as n shards, and gives their files' names."""

    def run_shards(n, *arguments):
        names = []
        for index in range(1, n + 1):
            names.append(f"shard-{index}.jsonl")
            result = suite.run(f"--evalbars-shard={index}/{n}", f"--evalbars-run={names[-1]}", *arguments)
            assert result.exit == 0
        return names

    return run_shards


@pytest.fixture
def gate(capsys):
    """Runs the command, and gives its exit code and what it said on either stream."""

    def gate(*arguments):
        capsys.readouterr()
        code = main(["gate", *map(str, arguments)])
        out, err = capsys.readouterr()
        return code, out + err

    return gate


@pytest.mark.parametrize(
    ("stage", "n", "arguments"),
    [
        ("testing", 4, ()),
        ("launch", 4, ()),
        ("none", 1, ()),
        pytest.param("launch", 2, ("-n", "2"), marks=pytest.mark.slow),
    ],
    ids=["testing", "launch", "none", "launch, -n 2"],
)
def test_all_shards_decide_as_one_session(suite, run_shards, gate, n, arguments, stage):
    suite.bars(BARS).file("test_it.py", SUITE)
    whole = suite.run("--evalbars-run=whole.jsonl", f"--evalbars-stage={stage}", "-q")
    names = run_shards(n, *arguments, f"--evalbars-stage={stage}", "-q")
    code, said = gate("whole.jsonl", f"--stage={stage}", "--json")
    assert gate(*names, f"--stage={stage}", "--json") == (code, said)
    assert gate(*reversed(names), f"--stage={stage}", "--json") == (code, said)
    assert whole.exit == code == (0 if stage == "none" else 1)
    decision = json.loads(said)
    assert decision["complete"] is True
    assert decision["errors"] == 2
    assert len(decision["standing"]) == (0 if stage == "none" else 2)
    assert len(decision["verdicts"]) == {"testing": 7, "launch": 8, "none": 0}[stage]


def test_empty_shards_are_part_of_the_run(suite, run_shards, gate):
    suite.bars('[[bar]]\ndimension = "accuracy"\nat_least = 0.1\n').cases(2, 2)
    code, said = gate(*run_shards(3))
    assert code == 0
    assert "2 cases, 2 trials, 0 errors" in said
    assert "gate passed: 1 of 1 verdict met" in said


def test_errors_of_all_shards_are_counted_together(suite, run_shards, gate):
    suite.bars("max_errors = 1\n" + BARS.replace("max_errors = 2", "")).file("test_it.py", SUITE)
    names = run_shards(3, "-q")
    code, said = gate(*names)
    assert code == 1
    assert "2 of 97 trials could not be judged, 1 are tolerated" in said


def test_what_was_left_out_of_shards_is_reported_and_not_enforced(suite, run_shards, gate):
    suite.bars('[[bar]]\ndimension = "accuracy"\nat_least = 0.9\n').cases(2, 20)
    names = run_shards(2, "-k", "not case-001")
    code, said = gate(*names)
    assert code == 0
    assert "not enforced: 1 of its 20 cases were left out" in said
    assert gate(*names, "--strict")[0] == 10


# -- what is refused ---------------------------------------------------------------------------------------------


@pytest.fixture
def four(suite, run_shards):
    """Four good shards of twenty cases."""
    suite.bars('[[bar]]\ndimension = "accuracy"\nat_least = 0.5\n').cases(20, 20)
    return run_shards(4, "-q")


@pytest.fixture
def refused(gate):
    """Asserts that files are refused in one line with these words."""

    def refused(names, *words):
        code, said = gate(*names)
        assert (code, said.count("\n"), said[:7]) == (4, 1, "ERROR: ")
        for word in words:
            assert word in said
        with pytest.raises(RunFileError):
            load_run(*names)

    return refused


def test_missing_shards_are_named(four, refused):
    refused([four[0], four[1], four[3]], "shard 3 of 4 is missing", "shard-1.jsonl, shard-2.jsonl and shard-4.jsonl")
    refused(four[1:3], "shards 1 and 4 of 4 are missing", "--evalbars-shard=1/4")
    refused(four[:1], "shards 2, 3 and 4 of 4 are missing", "all 4 shards")


def test_a_lone_shard_is_no_run_from_python_either(four):
    rows = [json.loads(line) for name in four for line in Path(name).read_text().splitlines()]
    assert Run.from_observations(rows).trials == 20
    with pytest.raises(RunFileError, match="shard 4 of 4 is missing"):
        Run.from_observations(
            [row for name in four[:3] for row in map(json.loads, Path(name).read_text().splitlines())]
        )


def test_a_shard_given_twice_is_named(four, refused):
    Path("again.jsonl").write_text(Path("shard-2.jsonl").read_text())
    refused(
        [*four, "again.jsonl"], "shard 2 of 4 is given more than once", "shard-2.jsonl and again.jsonl", "keep one"
    )
    refused([*four[:3], four[2]], "shard 3 of 4 is given more than once")


def test_a_file_that_is_no_shard_is_not_merged_with_shards(suite, four, refused):
    suite.run("--evalbars-run=whole.jsonl")
    refused([*four, "whole.jsonl"], "whole.jsonl: not of a shard", "shard-1.jsonl is shard 1 of 4")
    Path("bare.jsonl").write_text('{"case": "c", "dimension": "accuracy", "outcome": "pass"}\n')
    refused(["bare.jsonl", *four], "bare.jsonl: not of a shard")
    Path("empty.jsonl").write_text("")
    refused([*four[:3], "empty.jsonl"], "empty.jsonl: not of a shard")


def another(suite, name="shard-2.jsonl", *arguments, n=4):
    suite.run(f"--evalbars-shard=2/{n}", f"--evalbars-run={name}", *arguments)


def test_shards_of_different_numbers_are_not_merged(suite, four, refused):
    another(suite, n=3)
    refused(four, "one number of shards", "shard-1.jsonl has 4", "shard-2.jsonl 3", "same N")


def test_shards_with_different_labels_are_not_merged(suite, four, refused):
    another(suite, "shard-2.jsonl", "--evalbars-label=model=v2")
    refused(four, "one run labels", '{"model": "v2"}', "--evalbars-label")


def test_shards_under_different_bars_are_not_merged(suite, four, refused):
    suite.bars('[[bar]]\ndimension = "accuracy"\nat_least = 0.6\n')
    another(suite)
    refused(four, "one declared bars", "under the same bars")


def test_shards_of_different_commits_are_not_merged(suite, four, refused):
    git = "git -c user.name=a -c user.email=a@b -c commit.gpgsign=false"
    assert os.system(f"git init -q . && {git} commit -q --allow-empty -m one") == 0  # noqa: S605 - in a folder of its own
    another(suite)
    refused(four, "one commit", "shard-1.jsonl has null", "from one commit")


def test_shards_of_different_schemas_are_not_merged(four, refused):
    path = Path("shard-2.jsonl")
    path.write_text(path.read_text().replace('"schema": 1', '"schema": 0', 1))
    refused(four, "one schema", "one version of pytest-evalbars")


@pytest.mark.parametrize(
    "change",
    [
        lambda suite: suite.cases(20, 21),
        lambda suite: suite.cases(20, 20, name="test_more.py"),
        lambda suite: suite.file("conftest.py", "import pytest\npytestmark = pytest.mark.category('new')\n"),
    ],
    ids=["another case", "another test", "no change"],
)
def test_shards_of_different_suites_are_not_merged(suite, four, refused, gate, change, request):
    change(suite)
    another(suite)
    if "no change" in request.node.name:  # a conftest has no marks to give
        assert gate(*four)[0] == 0
    else:
        refused(four, "one suite", "cases may be in both or in neither", "same files and options")


def test_shards_with_other_labels_of_a_case_or_more_trials_are_not_merged(suite, four, refused):
    another(suite, "shard-2.jsonl", "--evalbars-trials=2")
    refused(four, "one suite")
    path = suite.path / "test_cases.py"
    path.write_text(path.read_text().replace("@pytest.mark.dim", "@pytest.mark.category('k')\n@pytest.mark.dim"))
    another(suite)
    refused(four, "one suite")


def test_shards_divided_by_different_durations_are_not_merged(suite, four, refused):
    whole = suite.run()
    for number, row in enumerate(whole.of("trial")):
        row["measures"]["seconds"] = 1 + number
    whole.path.write_text("".join(json.dumps(row) + "\n" for row in whole.lines))
    another(suite)
    refused(four, "recorded durations differ", "same .evalbars/runs or none")


def test_a_header_that_names_no_shard_is_an_error_of_the_file(four, refused):
    path = Path("shard-2.jsonl")
    path.write_text(path.read_text().replace('"index": 2', '"index": 5', 1))
    refused(four, "shard-2.jsonl, line 1", "its shard is")


# -- shards that were cut short ----------------------------------------------------------------------------------


@pytest.mark.parametrize("cut", ["no end line", "torn", "manifest torn", "a trial is lost"])
def test_a_shard_that_was_cut_short_leaves_the_run_undecided_and_is_named(four, gate, cut):
    path = Path("shard-3.jsonl")
    lines = path.read_text().splitlines(keepends=True)
    kept = {
        "no end line": lines[:-1],
        "torn": [*lines[:-2], lines[-2][:20]],
        "manifest torn": [lines[0], lines[1][:30]],
        "a trial is lost": [*lines[:-3], lines[-1]],
    }[cut]
    path.write_text("".join(kept))
    code, said = gate(*four)
    assert code == 10
    assert "the run is incomplete: shard 3 of 4 did not come to its end" in said
    assert "go on with it: --evalbars-shard=3/4 --evalbars-resume=ITS-RUN-FILE" in said
    for other in (1, 2, 4):
        assert f"shard {other} of 4" not in said
    assert json.loads(gate(*four, "--json")[1])["complete"] is False


def test_a_shard_that_died_is_named_and_its_bars_stay_open(suite, gate):
    suite.bars('[[bar]]\ndimension = "accuracy"\nat_least = 0.5\n').file(
        "test_it.py",
        """
        import os, pytest
        @pytest.mark.dimension("accuracy")
        @pytest.mark.parametrize("n", range(12), ids="c{}".format)
        def test_it(n):
            if n == 5: os._exit(9)
        """,
    )
    names = ["shard-1.jsonl", "shard-2.jsonl"]
    exits = [
        suite.run(f"--evalbars-shard={n}/2", f"--evalbars-run=shard-{n}.jsonl", subprocess=True).exit for n in (1, 2)
    ]
    assert sorted(exits) == [0, 9]
    code, said = gate(*names)
    assert code == 10
    assert f"shard {exits.index(9) + 1} of 2 did not come to its end" in said
