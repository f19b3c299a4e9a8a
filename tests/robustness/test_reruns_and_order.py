"""Other plugins rerun tests and shuffle them: no verdict depends on it, and no case counts twice."""

import json

import pytest

#: A session with pytest-randomly on, everything else as quiet as ever.
SHUFFLED = ("-p", "no:asyncio", "-p", "no:anyio", "-p", "no:timeout")

BAR = """
[[bar]]
dimension = "accuracy"
at_least = 0.5
"""

#: Counts its own attempts beside the test file, so that a rerun can be told from a first run.
ATTEMPT = """
import pathlib
import pytest

def attempt(name):
    with open(f"{name}.attempts", "a") as file:
        file.write("x")
    return len(pathlib.Path(f"{name}.attempts").read_text())
"""


@pytest.fixture
def attempts(suite):
    """How often a named body really ran."""
    return lambda name: len((suite.path / f"{name}.attempts").read_text())


def observations(result):
    """The run file's observations and their trials, without time and order."""
    trials = [{k: v for k, v in line.items() if k not in ("measures", "worker")} for line in result.of("trial")]
    return sorted(json.dumps(line, sort_keys=True) for line in [*trials, *result.of("observation")])


def test_a_held_miss_is_never_rerun(suite, attempts):
    suite.bars(BAR).file(
        "test_x.py",
        ATTEMPT
        + """
@pytest.mark.dimension("accuracy")
def test_held():
    assert attempt("held") > 1
@pytest.mark.dimension("accuracy")
def test_good():
    pass
""",
    )
    result = suite.run("--reruns", "2")
    assert attempts("held") == 1
    assert result.counts == {"missed": 1, "passed": 2}
    assert sorted(result.verdicts.values()) == ["miss", "pass"]


@pytest.mark.parametrize(
    "body",
    [
        "assert attempt('flaky') > 1, 'wrong once'",
        "evalcase.check('accuracy', attempt('flaky') > 1, 'wrong once')",
        "evalcase.score('accuracy', min(1, attempt('flaky') / 2), passing=0.9, reason='wrong once')",
    ],
)
def test_a_flaky_miss_that_stands_alone_stays_a_miss(suite, attempts, body):
    suite.file(
        "test_x.py",
        f"{ATTEMPT}\n@pytest.mark.dimension('accuracy')\ndef test_flaky(evalcase):\n    {body}\n"
        "@pytest.mark.dimension('accuracy')\ndef test_good(): pass\n",
    )
    result = suite.run("--reruns", "2")
    assert attempts("flaky") == 2  # pytest-rerunfailures did its work, and shows a pass
    assert result.exit == 1
    assert sorted(result.verdicts.values()) == ["miss", "pass"]
    assert len(result.of("trial")) == 2
    result.said("MISSED, and no bar speaks of it: test_x.py::test_flaky", "wrong once", "exit 1")


def test_an_error_that_heals_on_a_rerun_is_the_pass_and_counts_once(suite, attempts):
    suite.bars('[[bar]]\ndimension = "accuracy"\nat_least = 0.2\nmin_cases = 1').file(
        "test_x.py",
        ATTEMPT
        + """
@pytest.mark.dimension("accuracy")
def test_away(evalcase):
    evalcase.measure(tries=attempt("away"))
    if attempt("again") < 3:
        raise ConnectionError("away")
@pytest.mark.dimension("accuracy")
@pytest.mark.parametrize("n", ["a", "b", "c"])
def test_good(n):
    pass
""",
    )
    result = suite.run("--reruns", "2")
    assert attempts("away") == 3
    assert (result.exit, result.counts["rerun"]) == (0, 2)
    assert list(result.verdicts.values()) == ["pass"] * 4
    (healed,) = [line for line in result.of("trial") if line["case"].endswith("away")]
    assert healed["measures"]["tries"] == 3
    assert "error" not in healed
    result.said("4 cases, 4 trials, 0 errors", "met")


def test_an_error_in_setup_that_heals_is_judged_by_its_body(suite, attempts):
    suite.bars(BAR).file(
        "test_x.py",
        ATTEMPT
        + """
@pytest.fixture
def index():
    if attempt("index") == 1:
        raise OSError("away")
@pytest.mark.dimension("accuracy")
def test_found(index):
    assert attempt("found") > 1, "wrong"
@pytest.mark.dimension("accuracy")
def test_good():
    pass
""",
    )
    result = suite.run("--reruns", "2")
    assert (attempts("index"), attempts("found")) == (2, 1)
    assert sorted(result.verdicts.values()) == ["miss", "pass"]
    result.said("2 cases, 2 trials, 0 errors")


def test_an_error_on_every_attempt_counts_once(suite, attempts):
    suite.bars(f"max_errors = 1\n{BAR}").file(
        "test_x.py",
        ATTEMPT
        + """
@pytest.mark.dimension("accuracy", "tone")
def test_away():
    attempt("away")
    raise ConnectionError("away")
@pytest.mark.dimension("accuracy")
@pytest.mark.parametrize("n", list("abcdefghij"))
def test_good(n):
    pass
""",
    )
    result = suite.run("--reruns", "2")
    assert attempts("away") == 3
    assert result.counts["failed"] == 1
    assert [outcome for key, outcome in result.verdicts.items() if "away" in key[0]] == ["error", "error"]
    assert len(result.of("trial")) == 11
    assert result.exit == 0  # one error is tolerated, and there is one
    result.said("11 cases, 11 trials, 1 error;")


def test_a_miss_after_an_error_is_a_miss(suite):
    suite.file(
        "test_x.py",
        ATTEMPT
        + """
@pytest.mark.dimension("accuracy")
def test_odd():
    number = attempt("odd")
    if number == 1:
        raise ConnectionError("away")
    assert number > 2, f"wrong at attempt {number}"
""",
    )
    result = suite.run("--reruns", "3")
    assert result.exit == 1
    assert list(result.verdicts.values()) == ["miss"]
    assert result.of("observation")[0]["reason"].startswith("wrong at attempt 2")


def test_a_verdict_given_before_an_error_is_not_washed_away_by_a_rerun(suite):
    suite.bars(BAR).file(
        "test_x.py",
        ATTEMPT
        + """
@pytest.mark.dimension("accuracy")
def test_half(evalcase):
    first = attempt("half") == 1
    evalcase.check("accuracy", not first, "wrong at first")
    if first:
        raise ConnectionError("then away")
@pytest.mark.dimension("accuracy")
def test_good():
    pass
""",
    )
    result = suite.run("--reruns", "2")
    assert sorted(result.verdicts.values()) == ["miss", "pass"]
    assert result.exit == 1  # judged, but not to its end


def test_a_rerun_begins_a_new_account(suite):
    suite.bars(BAR).file(
        "test_x.py",
        ATTEMPT
        + """
@pytest.mark.dimension("accuracy")
def test_x(evalcase):
    evalcase.measure(**{f"try_{attempt('x')}": 1})
    evalcase.record(output=attempt("y"))
    evalcase.score("accuracy", 1.0 if attempt("z") > 1 else 0.0)
    if attempt("end") == 1:
        raise OSError
""",
    )
    result = suite.run("--reruns", "1")
    (trial,), (seen,) = result.of("trial"), result.of("observation")
    assert sorted(trial["measures"]) == ["seconds", "try_2"]
    assert trial["evidence"] == {"output": 2}
    assert (seen["outcome"], seen["score"]) == ("pass", 1.0)


def test_the_flaky_marker_is_as_powerless_as_the_option(suite, attempts):
    suite.bars(BAR).file(
        "test_x.py",
        ATTEMPT
        + """
@pytest.mark.flaky(reruns=3)
@pytest.mark.dimension("accuracy")
def test_held():
    assert attempt("held") > 1
""",
    )
    result = suite.run("--reruns-delay=0")
    assert attempts("held") == 1
    assert list(result.verdicts.values()) == ["miss"]


def test_ordinary_tests_are_rerun_as_ever_beside_eval_cases(suite):
    suite.bars(BAR).file(
        "test_x.py",
        f"{ATTEMPT}\n@pytest.mark.dimension('accuracy')\ndef test_case(): pass\n"
        "def test_flaky():\n    assert attempt('plain') > 1\n",
    )
    result = suite.run("--reruns", "1")
    assert (result.exit, result.counts) == (0, {"passed": 3, "rerun": 1})


@pytest.mark.parametrize("seed", [1, 2])
def test_random_order_changes_no_verdict(suite, seed):
    suite.bars(f'{BAR}each = "category"').file(
        "test_x.py",
        """
        import pytest
        @pytest.mark.dimension("accuracy", "tone")
        @pytest.mark.trials(2)
        @pytest.mark.parametrize(
            "n", [pytest.param(n, id=f"c{n}", marks=pytest.mark.category("ab"[n % 2])) for n in range(12)]
        )
        def test_answer(n, evalcase):
            evalcase.check("tone", n != 2, "rude")
            evalcase.record(output=evalcase.seed)
            assert n % 4, "wrong"
        """,
    )
    ordered, shuffled = suite.run(), suite.run(f"--randomly-seed={seed}", quiet=SHUFFLED)
    order = [[line["item"] for line in result.of("trial")] for result in (ordered, shuffled)]
    assert order[0] != order[1]
    assert observations(ordered) == observations(shuffled)
    assert (ordered.exit, ordered.counts) == (shuffled.exit, shuffled.counts)
    tables = [
        [line for line in result.out.splitlines() if "%" in line and "evalbars::" not in line and "[" not in line]
        for result in (ordered, shuffled)
    ]
    assert tables[0] == tables[1]
    assert len(tables[0]) >= 3


@pytest.mark.slow
def test_workers_rerun_errors_and_no_misses(suite):
    suite.file(
        "test_x.py",
        ATTEMPT
        + """
@pytest.mark.dimension("accuracy")
def test_flaky():
    assert attempt("flaky") > 1, "wrong once"
@pytest.mark.dimension("accuracy")
def test_heals():
    if attempt("heals") == 1:
        raise ConnectionError("away")
@pytest.mark.dimension("accuracy")
def test_away():
    raise ConnectionError("away")
""",
    )
    result = suite.run("-n", "2", "--reruns", "2")
    said = {key[0].partition("::")[2]: outcome for key, outcome in result.verdicts.items()}
    assert said == {"test_flaky": "miss", "test_heals": "pass", "test_away": "error"}
    assert len(result.of("trial")) == len(result.of("observation")) == 3
    assert result.exit == 1
    result.said("3 cases, 3 trials, 1 error;", "MISSED, and no bar speaks of it: test_x.py::test_flaky")
