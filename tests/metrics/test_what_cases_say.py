"""Grades, predictions, guardrails and measures: what a case can say, and what becomes of what makes no sense."""

import json

import pytest

SCALES = """
[tool.evalbars.scales.helpfulness]
levels = ["excellent", "adequate", "poor"]
passing = "adequate"
dimension = ["help*"]

[tool.evalbars.scales.tone]
levels = ["pass", "weak pass", "fail"]
passing = "weak pass"

[[bar]]
dimension = "*"
at_least = 0.01
"""
OTHER = "test_other"
SUITE = """
import decimal, enum, math
import numpy as np
import pytest

class Kind(enum.Enum): REFUND = "refund"
class Mixed(str, enum.Enum): REFUND = "refund"
class Number(enum.Enum): ONE = 1
class Level(enum.StrEnum): POOR = "poor"

pytestmark = pytest.mark.dimension("accuracy", "helpfulness", "tone")
def test_other(): pass

def test_it(evalcase):
    {body}
"""
#: The line of the first statement of the body.
LINE = 15


def run(suite, *lines, bars=SCALES, arguments=()):
    """Run a case on accuracy, helpfulness and tone with this body, beside another that passes."""
    suite.bars(bars).file("test_it.py", SUITE.replace("{body}", "\n    ".join(lines)))
    return suite.run(*arguments)


def observation(result, dimension):
    (found,) = (
        line for line in result.of("observation") if OTHER not in line["case"] and line["dimension"] == dimension
    )
    return found


def said(result):
    """Dimension to outcome."""
    return {line["dimension"]: line["outcome"] for line in result.of("observation") if OTHER not in line["case"]}


def trial(result):
    """The trial's line."""
    (found,) = (line for line in result.of("trial") if OTHER not in line["case"])
    return found


# -- grades ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "level", "outcome", "reason"),
    [
        (["evalcase.grade('helpfulness', 'excellent')"], "excellent", "pass", ""),
        (["evalcase.grade('helpfulness', 'adequate')"], "adequate", "pass", ""),
        (["evalcase.grade('helpfulness', 'poor')"], "poor", "miss", "graded poor"),
        (["evalcase.grade('helpfulness', 'poor', 'too short')"], "poor", "miss", "too short"),
        (["evalcase.grade('helpfulness', 'excellent', reason='neat')"], "excellent", "pass", "neat"),
        (
            ["evalcase.grade('helpfulness', 'poor')", "evalcase.grade('helpfulness', 'excellent')"],
            "poor",
            "miss",
            None,
        ),
        (
            ["evalcase.grade('helpfulness', 'excellent')", "evalcase.grade('helpfulness', 'poor')"],
            "poor",
            "miss",
            None,
        ),
        (
            ["evalcase.grade('helpfulness', 'excellent')", "evalcase.grade('helpfulness', 'adequate')"],
            "adequate",
            "pass",
            "",
        ),
        (
            ["evalcase.grade('helpfulness', 'excellent')", "evalcase.check('helpfulness', 0, 'no')"],
            "excellent",
            "miss",
            "no",
        ),
        (
            ["evalcase.check('helpfulness', 1)", "evalcase.grade('helpfulness', 'poor')"],
            "poor",
            "miss",
            "graded poor",
        ),
        (
            ["evalcase.grade('helpfulness', 'adequate')", "evalcase.score('helpfulness', 0.2, passing=0.5)"],
            "adequate",
            "miss",
            None,
        ),
        (["evalcase.grade(dimension='helpfulness', level='adequate', reason='')"], "adequate", "pass", ""),
        (["evalcase.grade('helpfulness', np.str_('adequate'))"], "adequate", "pass", ""),
        (["evalcase.grade('helpfulness', Level.POOR)"], "poor", "miss", "graded poor"),
    ],
)
def test_a_grade_is_a_verdict_and_keeps_its_level(suite, lines, level, outcome, reason):
    result = run(suite, *lines)
    found = observation(result, "helpfulness")
    assert (found["level"], found["outcome"], result.exit) == (level, outcome, 0)
    if reason is not None:
        assert found["reason"] == reason
    assert said(result)["accuracy"] == "pass"
    assert observation(result, "accuracy")["level"] is None


def test_weak_passes_pass_and_keep_their_level(suite):
    result = run(suite, "evalcase.grade('tone', 'weak pass')")
    assert (observation(result, "tone")["outcome"], observation(result, "tone")["level"]) == ("pass", "weak pass")


def test_a_graded_case_goes_on_to_its_end(suite):
    result = run(suite, "evalcase.grade('helpfulness', 'poor')", "assert False, 'wrong'")
    assert said(result) == {"helpfulness": "miss", "accuracy": "miss", "tone": "miss"}
    result = run(suite, "evalcase.grade('helpfulness', 'excellent')", "raise ValueError('boom')")
    assert said(result) == {"helpfulness": "pass", "accuracy": "error", "tone": "error"}


MISTAKES = {
    "a level of no scale": ("grade('helpfulness', 'good')", ["'good'", "no level of the scale helpfulness"]),
    "the levels there are": ("grade('helpfulness', 'good')", ["excellent > adequate > poor"]),
    "a misspelt level": ("grade('helpfulness', 'adequat')", ["did you mean 'adequate'?"]),
    "a level in capitals": ("grade('helpfulness', 'Poor')", ["did you mean 'poor'?"]),
    "another scale's level": ("grade('tone', 'poor')", ["'poor'", "no level of the scale tone"]),
    "no level": ("grade('helpfulness', None)", ["None", "no level"]),
    "a list of levels": ("grade('helpfulness', ['poor'])", ["['poor']", "no level"]),
    "an array of levels": ("grade('helpfulness', np.array(['poor', 'x']))", ["no level"]),
    "an array of dimensions": ("grade(np.array(['tone', 'x']), 'poor')", ["does not declare"]),
    "a list as dimension": ("grade(['tone'], 'poor')", ["does not declare"]),
    "a number as level": ("grade('helpfulness', 2)", ["no level"]),
    "a dimension on no scale": (
        "grade('accuracy', 'poor')",
        ["no scale holds this dimension", "scales.accuracy", "levels = "],
    ),
    "a dimension not declared": ("grade('helpfullness', 'poor')", ["'helpfullness'", "does not declare"]),
    "predicted twice": ("predict('a', 'b'); evalcase.predict('a', 'b')", ["predict('a', 'b')", "once"]),
    "nothing predicted": ("predict('a', '')", ["predict('a', '')", "needs a name"]),
    "nothing expected": ("predict('', 'a')", ["needs a name"]),
    "blanks expected": ("predict(' \\n', 'a')", ["needs a name"]),
    "None predicted": ("predict('a', None)", ["predict('a', None)", "needs a name", '"none"']),
    "too sure": ("predict('a', 'a', confidence=1.01)", ["confidence=1.01", "from 0 to 1"]),
    "sure in percent": ("predict('a', 'a', 90)", ["confidence=90", "from 0 to 1"]),
    "less than unsure": ("predict('a', 'a', confidence=-0.1)", ["confidence=-0.1", "from 0 to 1"]),
    "a NaN confidence": ("predict('a', 'a', confidence=math.nan)", ["confidence=nan", "from 0 to 1"]),
    "endlessly sure": ("predict('a', 'a', confidence=math.inf)", ["confidence=inf", "from 0 to 1"]),
    "sure in words": ("predict('a', 'a', confidence='high')", ["confidence='high'", "from 0 to 1"]),
    "surely true": ("predict('a', 'a', confidence=True)", ["confidence=True", "from 0 to 1"]),
    "an unknown stage": ("guardrail('before', 'block')", ["guardrail('before', 'block')", "pre or post"]),
    "an unknown action": ("guardrail('pre', 'blocked')", ["'blocked'", "pass, rewrite or block"]),
    "no action": ("guardrail('pre', None)", ["None", "pass, rewrite or block"]),
    "a list as action": ("guardrail('pre', ['block'])", ["['block']", "pass, rewrite or block"]),
    "a list as stage": ("guardrail(['pre'], 'block')", ["['pre']", "pre or post"]),
    "an array as stage": ("guardrail(np.array(['pre', 'post']), 'block')", ["pre or post"]),
    "negative seconds": ("measure(seconds=-1)", ["seconds=-1", "negative"]),
    "a negative cost": ("measure(cost_usd=-0.5)", ["cost_usd=-0.5", "nothing costs less than nothing"]),
    "negative tokens": ("measure(tokens_in=-3)", ["tokens_in=-3", "negative"]),
    "half a token": ("measure(tokens_out=12.5)", ["tokens_out=12.5", "whole"]),
    "a NaN of one's own": ("measure(hops=math.nan)", ["hops=nan", "finite"]),
    "numpy's infinity": ("measure(hops=np.float32('inf'))", ["inf", "finite"]),
    "a number in words": ("measure(hops='3')", ["hops='3'", "finite"]),
    "an array measured": ("measure(hops=np.array([1, 2]))", ["finite"]),
    "truth measured": ("measure(hops=True)", ["hops=True", "finite"]),
    "a NaN score": ("score('accuracy', math.nan)", ["nan", "from 0 to 1"]),
    "a score too high": ("score('accuracy', 1.5)", ["1.5", "from 0 to 1"]),
    "no verdict": ("check('accuracy', np.array([1, 0]))", ["neither true nor false"]),
}


@pytest.mark.parametrize("how", MISTAKES)
def test_a_mistake_is_an_error_of_the_case_and_names_the_line(suite, how):
    line, words = MISTAKES[how]
    result = run(suite, "x = 1", f"evalcase.{line}", "evalcase.record(output='went on')")
    assert set(said(result).values()) <= {"error", "pass"}
    assert said(result)["accuracy"] == "error"
    assert (result.exit, result.counts["failed"]) == (1, 1)
    assert all(word in trial(result)["error"] for word in words), trial(result)["error"]
    assert f"(test_it.py:{LINE + 1})" in trial(result)["error"]
    result.said("could not be judged", *words[:1])
    result.said(f"(test_it.py:{LINE + 1})")
    result.never_said("INTERNALERROR", "Traceback")
    assert trial(result)["evidence"] == {"output": "went on"}


def test_a_bad_grade_leaves_what_was_judged_before(suite):
    result = run(suite, "evalcase.grade('helpfulness', 'adequate')", "evalcase.grade('helpfulness', 'nice')")
    assert said(result) == {"helpfulness": "pass", "accuracy": "error", "tone": "error"}
    assert result.exit == 1


def test_each_of_several_mistakes_names_its_own_line(suite):
    result = run(
        suite, "evalcase.measure(seconds=-1)", "evalcase.guardrail('pre', 'no')", "evalcase.grade('tone', '')"
    )
    error = trial(result)["error"]
    assert all(f"(test_it.py:{LINE + n})" in error for n in range(3)), error


# -- predictions -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "expected", "predicted", "confidence"),
    [
        ("predict('refund', 'billing')", "refund", "billing", None),
        ("predict(expected='a', predicted='b', confidence=0.5)", "a", "b", 0.5),
        ("predict('a', 'a', 0)", "a", "a", 0),
        ("predict('a', 'a', 1)", "a", "a", 1),
        ("predict('a', 'a', np.float32(0.25))", "a", "a", 0.25),
        ("predict('a', 'a', decimal.Decimal('0.5'))", "a", "a", 0.5),
        ("predict('a', 'a', None)", "a", "a", None),
        ("predict(1, 2)", "1", "2", None),
        ("predict(0, False)", "0", "False", None),
        ("predict(True, False)", "True", "False", None),
        ("predict(Kind.REFUND, Mixed.REFUND)", "refund", "refund", None),
        ("predict(Number.ONE, 'Number.ONE')", "Number.ONE", "Number.ONE", None),
        ("predict(np.str_('a'), np.int64(3))", "a", "3", None),
        ("predict(' a ', 'a\\n')", "a", "a", None),
        ("predict('\\u00e9\\u4e2d', 'none')", "\u00e9\u4e2d", "none", None),
    ],
)
def test_a_prediction_is_two_names_of_classes(suite, line, expected, predicted, confidence):
    result = run(suite, f"evalcase.{line}")
    assert result.exit == 0
    found = trial(result)["prediction"]
    assert found == {"expected": expected, "predicted": predicted, "confidence": confidence}
    assert [type(found[key]) for key in ("expected", "predicted")] == [str, str]


def test_what_a_model_wrote_as_a_class_cannot_harm(suite):
    """Its text is untrusted: long, with escapes, with lone surrogates; the run file and the reports survive it."""
    bars = SCALES + '[[bar]]\nmetric = "recall"\neach = "class"\nat_least = 0.9\n'
    lines = ["evalcase.predict('a\\x1b[31m', 'b' * 5000 + '\\x00\\udc80')"]
    result = run(suite, *lines, bars=bars, arguments=["-v", "--junit-xml=r.xml"])
    found = trial(result)["prediction"]
    assert len(found["predicted"]) < 300
    json.dumps(found).encode()
    result.never_said("\x1b[31m", "\x00", "INTERNALERROR", "Traceback")


# -- guardrails and measures ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("calls", "kept"),
    [
        ([("pre", "pass")], {"pre": "pass"}),
        ([("pre", "pass"), ("post", "block")], {"pre": "pass", "post": "block"}),
        ([("pre", "pass"), ("pre", "rewrite")], {"pre": "rewrite"}),
        ([("pre", "block"), ("pre", "rewrite"), ("pre", "pass")], {"pre": "block"}),
        ([("post", "rewrite"), ("post", "rewrite")], {"post": "rewrite"}),
    ],
)
def test_of_several_actions_at_a_stage_the_strictest_counts(suite, calls, kept):
    result = run(suite, *(f"evalcase.guardrail({stage!r}, {action!r})" for stage, action in calls))
    assert (result.exit, trial(result)["guardrail"]) == (0, kept)
    assert set(said(result).values()) == {"pass"}  # what a guardrail did is no verdict


def test_measures_keep_their_kind(suite):
    result = run(
        suite,
        "evalcase.measure(tokens_in=np.int64(12), tokens_out=7.0, cost_usd=decimal.Decimal('0.002'))",
        "evalcase.measure(hops=3, depth=-2.5, cost_usd=None)",
    )
    assert result.exit == 0
    measures = trial(result)["measures"]
    assert measures.pop("seconds") >= 0
    assert measures == {"tokens_in": 12, "tokens_out": 7, "cost_usd": 0.002, "hops": 3, "depth": -2.5}


def test_wall_time_is_measured_without_asking(suite):
    suite.file(
        "test_it.py",
        """
        import time
        import pytest
        @pytest.mark.dimension("accuracy")
        def test_slow(): time.sleep(0.06)
        @pytest.mark.dimension("accuracy")
        def test_fails(): time.sleep(0.06); raise ValueError
        """,
    )
    result = suite.run()
    assert all(0.05 < line["measures"]["seconds"] < 5 for line in result.of("trial"))
    assert len(result.of("trial")) == 2


def test_a_case_that_says_nothing_more_has_no_more_in_its_line(suite):
    keys = trial(run(suite, "pass")).keys()
    assert "prediction" not in keys
    assert "guardrail" not in keys


def test_what_is_said_too_late_fails_the_teardown(suite):
    suite.bars(SCALES).file(
        "test_it.py",
        """
        import pytest
        @pytest.fixture
        def late(evalcase):
            yield
            evalcase.grade("tone", "fail")
            evalcase.predict("a", "b")
            evalcase.guardrail("pre", "block")
            evalcase.measure(hops=1)
        @pytest.mark.dimension("tone", "helpfulness")
        def test_it(late): pass
        """,
    )
    result = suite.run()
    assert result.exit == 1
    result.said("grade('tone', 'fail')", "predict('a', 'b')", "guardrail('pre', 'block')", "measure({'hops': 1})")
    (line,) = result.of("trial")
    assert "prediction" not in line
    assert "guardrail" not in line


@pytest.mark.parametrize(
    ("name", "called"), [("latency", "seconds"), ("cost", "cost_usd"), ("tokens", "tokens_in or tokens_out")]
)
def test_a_measure_that_bars_would_read_under_another_name_is_a_mistake(suite, name, called):
    suite.file(
        "test_it.py",
        f"import pytest\n@pytest.mark.dimension('q')\ndef test_it(evalcase):\n    evalcase.measure({name}=9)\n",
    )
    result = suite.run()
    assert result.exit == 1
    result.said(f"measure({name}=9): call it {called} (test_it.py:4)")
