"""The fixture evalcase: a case that says more than how it ended."""

import pytest

#: Holds every dimension, so that no miss stands alone and one proves nothing.
BAR = """
[[bar]]
dimension = "*"
at_least = 0.5
"""

OTHER = "test_other"
SUITE = """
import decimal, math
import numpy as np
import pytest

pytestmark = pytest.mark.dimension("accuracy", "tone")
def test_other(): pass
def test_it(evalcase):
    {body}
"""


def run(suite, *lines: str, bar: str = BAR, arguments=()):
    """Run a case on accuracy and tone with this body, beside another that passes."""
    suite.bars(bar).file("test_it.py", SUITE.replace("{body}", "\n    ".join(lines)))
    return suite.run(*arguments)


def said(result) -> dict[str, str]:
    """Dimension to outcome."""
    return {line["dimension"]: line["outcome"] for line in result.of("observation") if OTHER not in line["case"]}


def observation(result, dimension: str = "accuracy") -> dict:
    """The line on one dimension."""
    lines = [line for line in result.of("observation") if OTHER not in line["case"]]
    return next(line for line in lines if line["dimension"] == dimension)


def trial(result) -> dict:
    """The trial's line."""
    (found,) = (line for line in result.of("trial") if OTHER not in line["case"])
    return found


YES, NO = "evalcase.check('accuracy', True)", "evalcase.check('accuracy', False, 'too vague')"
TONE = "evalcase.check('tone', True)"
BOOM, MISS = "raise ValueError('boom')", "assert False, 'wrong'"


@pytest.mark.parametrize(
    ("lines", "accuracy", "tone", "code"),
    [
        ([YES], "pass", "pass", 0),
        ([NO], "miss", "pass", 0),
        ([NO, TONE], "miss", "pass", 0),
        ([YES, MISS], "pass", "miss", 0),
        ([NO, MISS], "miss", "miss", 0),
        ([YES, BOOM], "pass", "error", 1),
        ([NO, BOOM], "miss", "error", 1),
        ([YES, TONE, BOOM], "pass", "pass", 1),
        ([YES, "pytest.skip('x')"], "pass", "skipped", 0),
        ([NO, YES], "miss", "pass", 0),
        ([YES, NO], "miss", "pass", 0),
        ([YES, YES], "pass", "pass", 0),
        ([NO, "evalcase.score('accuracy', 1, passing=0.5)"], "miss", "pass", 0),
        (["evalcase.score('accuracy', 0.4, passing=0.5)", YES], "miss", "pass", 0),
        (["evalcase.score('accuracy', 0.4)"], "pass", "pass", 0),
        (["evalcase.score('accuracy', 0.4)", MISS], "miss", "miss", 0),
        (["evalcase.score('accuracy', 0.4)", YES, MISS], "pass", "miss", 0),
        (["evalcase.score('accuracy', 0.4)", BOOM], "error", "error", 1),
        (["evalcase.score('accuracy', 0.7, passing=0.7)"], "pass", "pass", 0),
        (["evalcase.score('accuracy', 0.69, passing=0.7)"], "miss", "pass", 0),
        (["evalcase.score('accuracy', 0, passing=0)"], "pass", "pass", 0),
        (["evalcase.score('accuracy', 1, passing=1)"], "pass", "pass", 0),
        (["evalcase.check(dimension='accuracy', passed=0, reason='x')"], "miss", "pass", 0),
        (["evalcase.check('accuracy', np.bool_(False))"], "miss", "pass", 0),
        (["evalcase.check('accuracy', np.float32(0.9) > 0.5)"], "pass", "pass", 0),
        (["evalcase.check('accuracy', [])"], "miss", "pass", 0),
    ],
)
def test_what_a_case_judges_itself_stands_and_its_end_judges_the_rest(suite, lines, accuracy, tone, code):
    result = run(suite, *lines)
    assert said(result) == {"accuracy": accuracy, "tone": tone}
    assert result.exit == code
    assert result.counts.get("missed", 0) == (1 if "miss" in (accuracy, tone) and code == 0 else 0)


def test_an_assertion_after_everything_was_judged_still_fails(suite):
    """A miss of nothing: no bar can hold it, so it is a test failure as any other."""
    result = run(suite, YES, TONE, MISS)
    assert said(result) == {"accuracy": "pass", "tone": "pass"}
    assert result.exit == 1
    assert result.counts["failed"] == 1


def test_reasons_are_kept(suite):
    result = run(suite, NO, "evalcase.check('accuracy', True, 'fine')", "evalcase.check('accuracy', 0, 'too long')")
    assert observation(result)["reason"] == "too vague; too long"
    assert observation(result, "tone")["reason"] == ""
    result = run(suite, "evalcase.score('accuracy', 0.25, passing=0.5, reason='judge says so')")
    assert observation(result)["score"] == 0.25
    assert observation(result)["reason"] == "judge says so; score 0.25 is below 0.5"
    result = run(suite, "evalcase.check('accuracy', True, 'well put')", MISS)
    assert observation(result)["reason"] == "well put"
    assert observation(result, "tone")["reason"].startswith("wrong")


def test_a_miss_says_which_dimension_and_why(suite):
    result = run(suite, NO, arguments=["-v"])
    result.said("test_it.py::test_it MISSED", "missed: accuracy: too vague")


MISTAKES = {
    "an undeclared dimension": ("evalcase.check('tune', True)", ["'tune'", "does not declare", "accuracy, tone"]),
    "an undeclared dimension's score": ("evalcase.score('tune', 0.5)", ["'tune'", "does not declare"]),
    "too high": ("evalcase.score('accuracy', 1.1)", ["score('accuracy', 1.1)", "from 0 to 1"]),
    "percent": ("evalcase.score('accuracy', 87)", ["87", "from 0 to 1"]),
    "too low": ("evalcase.score('accuracy', -0.1)", ["-0.1", "from 0 to 1"]),
    "NaN": ("evalcase.score('accuracy', math.nan)", ["nan", "from 0 to 1"]),
    "numpy's NaN": ("evalcase.score('accuracy', np.float64('nan'))", ["nan", "from 0 to 1"]),
    "no number": ("evalcase.score('accuracy', 'good')", ["'good'", "from 0 to 1"]),
    "None": ("evalcase.score('accuracy', None)", ["None", "from 0 to 1"]),
    "an array": ("evalcase.score('accuracy', np.array([0.1, 0.2]))", ["from 0 to 1"]),
    "an impossible threshold": ("evalcase.score('accuracy', 0.5, passing=50)", ["passing=50", "from 0 to 1"]),
    "a NaN threshold": ("evalcase.score('accuracy', 0.5, passing=math.nan)", ["passing=nan", "from 0 to 1"]),
    "no verdict": ("evalcase.check('accuracy', np.array([True, False]))", ["neither true nor false"]),
    "a NaN measure": ("evalcase.measure(seconds=math.nan)", ["seconds=nan", "finite"]),
    "an infinite measure": ("evalcase.measure(cost_usd=math.inf)", ["cost_usd=inf", "finite"]),
    "a measure in words": ("evalcase.measure(seconds='fast')", ["seconds='fast'", "finite"]),
    "a negative cost": ("evalcase.measure(cost_usd=-0.01)", ["cost_usd=-0.01", "nothing costs less than nothing"]),
}


@pytest.mark.parametrize("how", MISTAKES)
def test_what_makes_no_sense_is_an_error_and_the_case_goes_on(suite, how):
    line, words = MISTAKES[how]
    result = run(suite, line, "evalcase.record(output='went on')", TONE)
    assert said(result) == {"accuracy": "error", "tone": "pass"}
    assert (result.exit, result.counts["failed"]) == (1, 1)
    result.said("could not be judged", *words)
    result.said("2 cases, 2 trials, 1 error;")
    assert trial(result)["evidence"] == {"output": "went on"}
    assert all(word in trial(result)["error"] for word in words)


def test_a_mistake_beside_full_verdicts_is_still_an_error(suite):
    result = run(suite, YES, TONE, "evalcase.check('tune', True)")
    assert said(result) == {"accuracy": "pass", "tone": "pass"}
    assert result.exit == 1
    result.said("1 error;")


def test_a_mistake_beside_a_miss_is_both(suite):
    result = run(suite, "evalcase.check('tune', True)", MISS)
    assert "pass" not in said(result).values()
    assert result.exit == 1
    result.said("'tune'", "does not declare")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("0.5", 0.5),
        ("1", 1.0),
        ("np.float32(0.25)", 0.25),
        ("np.float64(0.5)", 0.5),
        ("np.int64(1)", 1.0),
        ("np.array(0.5)", 0.5),
        ("decimal.Decimal('0.5')", 0.5),
    ],
)
def test_numbers_of_any_library_are_scores(suite, given, kept):
    result = run(suite, f"evalcase.score('accuracy', {given})")
    assert result.exit == 0
    assert observation(result)["score"] == kept
    assert observation(result, "tone")["score"] is None


def test_measures_are_kept(suite):
    result = run(
        suite,
        "evalcase.measure(cost_usd=0.002, tokens_in=np.int64(120), mine=decimal.Decimal('1.5'))",
        "evalcase.measure(tokens_out=7, cost_usd=np.float32(0.5))",
    )
    assert result.exit == 0
    measures = trial(result)["measures"]
    assert measures.pop("seconds") >= 0
    assert measures == {"cost_usd": 0.5, "tokens_in": 120, "mine": 1.5, "tokens_out": 7}


def test_a_measure_that_is_not_known_is_not_recorded_and_no_mistake(suite):
    result = run(suite, "evalcase.measure(cost_usd=0.5, tokens_in=7)", "evalcase.measure(cost_usd=None, mine=None)")
    assert said(result) == {"accuracy": "pass", "tone": "pass"}
    measures = trial(result)["measures"]
    assert measures.pop("seconds") >= 0
    assert measures == {"cost_usd": 0.5, "tokens_in": 7}


def test_a_measured_time_replaces_the_plugins_own(suite):
    assert trial(run(suite, "evalcase.measure(seconds=42)"))["measures"] == {"seconds": 42}


def test_evidence_is_kept_as_plain_values(suite):
    result = run(
        suite,
        "class Odd:",
        "    def __str__(self): raise RuntimeError('no words')",
        "evalcase.record(input={'q': ('a', 1), 2: None}, output='half \\ud800', context=[Odd(), math.nan, {1}])",
        "evalcase.record(output='better')",
    )
    assert result.exit == 0
    evidence = trial(result)["evidence"]
    assert evidence["input"] == {"q": ["a", 1], "2": None}
    assert evidence["output"] == "better"
    assert evidence["context"][1:] == ["nan", "{1}"]
    assert "cannot be shown" in evidence["context"][0]


def test_a_case_knows_itself_and_nobody_can_change_it(suite):
    lines = []
    for name in ("case_id", "trial", "seed"):
        lines += [f"with pytest.raises(AttributeError): evalcase.{name} = 1"]
    result = run(suite, "assert evalcase.case_id == 'test_it.py::test_it'", "assert evalcase.trial == 0", *lines)
    assert (result.exit, said(result)) == (0, {"accuracy": "pass", "tone": "pass"})


@pytest.mark.parametrize("beside", ["", "@pytest.mark.dimension('accuracy')\ndef test_case(): pass\n"])
def test_a_test_that_is_no_case_cannot_use_it(suite, beside):
    suite.file("test_it.py", f"import pytest\n{beside}def test_plain(evalcase): evalcase.check('accuracy', True)\n")
    result = suite.run()
    assert (result.exit, result.counts["errors"]) == (1, 1)
    result.said("test_it.py::test_plain uses the fixture evalcase, but is no eval case", "pytest.mark.dimension(")
    result.never_said("Traceback", "INTERNALERROR")
    assert not any("test_plain" in line["case"] for line in result.of("observation"))


def test_a_fixture_may_judge(suite):
    suite.bars(BAR).file(
        "test_it.py",
        """
        import pytest
        pytestmark = pytest.mark.dimension("accuracy", "tone")
        @pytest.fixture
        def judge(evalcase):
            evalcase.check("accuracy", False, "seen in a fixture")
            return evalcase
        @pytest.fixture
        def falls(judge): raise ValueError("boom")
        def test_judged(judge): pass
        def test_fallen(falls): pass
        def test_asked_late(request): request.getfixturevalue("evalcase").check("tone", False)
        """,
    )
    result = suite.run()
    found = {(case.partition("::")[2], dimension): word for (case, *_, dimension), word in result.verdicts.items()}
    assert found == {
        ("test_judged", "accuracy"): "miss",
        ("test_judged", "tone"): "pass",
        ("test_fallen", "accuracy"): "miss",
        ("test_fallen", "tone"): "error",
        ("test_asked_late", "accuracy"): "pass",
        ("test_asked_late", "tone"): "miss",
    }
    assert result.exit == 1


def test_a_verdict_that_comes_in_teardown_is_not_swallowed(suite):
    """It comes too late to be counted: the session must not pass over it in silence."""
    suite.bars(BAR).file(
        "test_it.py",
        """
        import pytest
        @pytest.fixture
        def judge(evalcase):
            yield
            evalcase.check("accuracy", False, "said too late")
        @pytest.mark.dimension("accuracy")
        def test_it(judge): pass
        """,
    )
    result = suite.run()
    assert said(result) == {"accuracy": "miss"} or result.exit == 1
    result.said("said too late")


SCORES = """
import pytest
@pytest.mark.dimension("helpfulness")
@pytest.mark.parametrize("n", [pytest.param(n, id=f"case-{{n:02}}") for n in range(20)])
def test_it(evalcase, n):
    evalcase.score("helpfulness", {value}{passing})
"""


@pytest.mark.parametrize(
    ("value", "passing", "limit", "code", "word"),
    [
        ("0.75 + n % 2 / 10", "", "at_least = 0.7", 0, "met"),
        ("0.75 + n % 2 / 10", "", "at_least = 0.9", 1, "MISSED"),
        ("0.75 + n % 2 / 10", ", passing=0.99", "at_least = 0.7", 0, "met"),
        ("0.75 + n % 2 / 10", "", "at_least = 0.8", 0, "inconclusive"),
        ("0.75 + n % 2 / 10", "", "at_most = 0.7", 1, "MISSED"),
    ],
)
def test_scores_feed_mean_score_bars(suite, value, passing, limit, code, word):
    suite.bars(f'[[bar]]\ndimension = "helpfulness"\nmetric = "mean_score"\n{limit}')
    suite.file("test_it.py", SCORES.format(value=value, passing=passing))
    result = suite.run()
    assert result.exit == code
    row = next(line.split() for line in result.out.splitlines() if line.startswith("helpfulness"))
    assert row[1:6] == ["mean", "score", "20", "20", "0.800"]
    assert row[-1] == word
    assert result.counts.get("missed", 0) == (20 if passing else 0)


def test_a_mean_score_bar_without_scores_has_no_data(suite):
    suite.bars('[[bar]]\ndimension = "accuracy"\nmetric = "mean_score"\nat_least = 0.5').cases(5, 5)
    result = suite.run()
    assert result.exit == 10
    result.said(
        "accuracy: the mean score is not known, bar at least 0.5; no trial has a score; give one with evalcase.score"
    )
