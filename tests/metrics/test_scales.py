"""Rubric scales: how they are declared, which bars they carry, and weak passes that nobody overlooks."""

import json

import pytest

from pytest_evalbars import Run, decide, load_bars
from pytest_evalbars.errors import BarsError, RunFileError

RUBRIC = {"levels": ["excellent", "adequate", "poor"], "passing": "adequate"}
SPECTRUM = {
    "levels": ["grounded", "ambiguous", "wrong, low risk", "wrong, can harm"],
    "passing": "ambiguous",
    "dimension": "hallucination",
}


def refused(table):
    with pytest.raises(BarsError) as caught:
        load_bars(table)
    return str(caught.value)


def graded(dimension="helpfulness", scale=RUBRIC, **counts):
    """One-shot cases with these levels; `_` in a level stands for a blank, `__` for a comma and a blank."""
    levels = [name.replace("__", ", ").replace("_", " ") for name, count in counts.items() for _ in range(count)]
    return [
        {
            "case": f"{dimension}-{n}",
            "dimension": dimension,
            "outcome": "pass" if scale["levels"].index(level) <= scale["levels"].index(scale["passing"]) else "miss",
            "level": level,
        }
        for n, level in enumerate(levels)
    ]


def gate(rows, *bars, scales=None, stage="testing", **more):
    scales = {"helpfulness": RUBRIC, "hallucination": SPECTRUM} if scales is None else scales
    return decide(Run.from_observations(rows), load_bars({"bar": list(bars), "scales": scales, **more}), stage=stage)


def only(rows, scales=None, stage="testing", **bar):
    (verdict,) = gate(rows, {"dimension": "helpfulness", **bar}, scales=scales, stage=stage).verdicts
    return verdict


# -- mistakes in the bars file -------------------------------------------------------------------------------------

MISTAKES = {
    "one level": ({"levels": ["good"], "passing": "good"}, ["`levels`", "at least 2"]),
    "no levels": ({"levels": [], "passing": "good"}, ["`levels`"]),
    "levels left out": ({"passing": "good"}, ["`levels`", "required"]),
    "passing left out": ({"levels": ["good", "bad"]}, ["`passing`", "required"]),
    "a level twice": ({"levels": ["good", "bad", "good"], "passing": "good"}, ["named once", "good, bad, good"]),
    "a level twice but for blanks": ({"levels": ["good", "bad", "good "], "passing": "good"}, ["named once"]),
    "an empty level": ({"levels": ["good", ""], "passing": "good"}, ["`levels`", "empty"]),
    "a number as level": ({"levels": [1, 2], "passing": 1}, ["`levels`", "strings"]),
    "passing is no level": (
        {"levels": ["good", "fair", "bad"], "passing": "fine"},
        ['"fine" is none of its levels', "good > fair > bad"],
    ),
    "passing is misspelt": (
        {"levels": ["good", "fair", "bad"], "passing": "fairr"},
        ['"fairr" is none of its levels', 'did you mean "fair"?'],
    ),
    "weak is no level": (
        {"levels": ["good", "fair", "bad"], "passing": "fair", "weak": ["meh"]},
        ['"meh" is none of its levels'],
    ),
    "weak does not pass": (
        {"levels": ["good", "fair", "bad"], "passing": "fair", "weak": "bad"},
        ['"bad" is weak, but does not pass', 'lowest passing level is "fair"'],
    ),
    "an unknown key": (
        {"levels": ["good", "bad"], "passing": "good", "pasing": "bad"},
        ["unknown key `pasing`", 'did you mean "passing"?'],
    ),
    "an empty dimension": ({"levels": ["good", "bad"], "passing": "good", "dimension": ""}, ["`dimension`", "empty"]),
    "no table": ("good > bad", ["takes keys"]),
}


@pytest.mark.parametrize("how", MISTAKES)
def test_mistakes_name_the_scale_and_the_mend(how):
    given, words = MISTAKES[how]
    message = refused({"scales": {"tone": given}})
    assert 'scale "tone"' in message
    assert all(word in message for word in words), message


def test_a_scale_in_a_toml_file_names_the_file(tmp_path):
    path = tmp_path / "evalbars.toml"
    path.write_text('[scales.tone]\nlevels = ["good"]\npassing = "good"\n')
    with pytest.raises(BarsError) as caught:
        load_bars(path)
    assert str(caught.value).startswith(f'{path}, scale "tone", `levels`')


def test_blanks_around_levels_do_not_matter():
    bars = load_bars({"scales": {"tone": {"levels": [" good", "bad "], "passing": "good "}}})
    assert bars.scales["tone"].levels == ("good", "bad")


def test_weak_passes_by_default_are_the_lowest_passing_level_where_several_pass():
    scales = load_bars(
        {
            "scales": {
                "a": {"levels": ["good", "fair", "bad"], "passing": "fair"},
                "b": {"levels": ["good", "fair", "bad"], "passing": "good"},
                "c": {"levels": ["good", "fair", "bad"], "passing": "bad", "weak": []},
                "d": {"levels": ["good", "fair", "bad"], "passing": "bad", "weak": ["fair", "bad"]},
            }
        }
    ).scales
    assert {name: scale.weak for name, scale in scales.items()} == {
        "a": ("fair",),
        "b": (),
        "c": (),
        "d": ("fair", "bad"),
    }


CASE = """
import pytest
@pytest.mark.dimension("tone", "helpfulness")
@pytest.mark.parametrize("n", range(12), ids="c{:02}".format)
def test_it(evalcase, n):
    evalcase.grade("tone", ("good", "fair", "bad")[n % 3])
"""
TONE = '[tool.evalbars.scales.tone]\nlevels = ["good", "fair", "bad"]\npassing = "fair"\n'
ALL = '[[bar]]\ndimension = "*"\nat_least = 0.01\n'


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (
            TONE + '[tool.evalbars.scales.other]\nlevels = ["x", "y"]\npassing = "x"\ndimension = "to*"\n' + ALL,
            ['dimension "tone" is on more than one scale', "tone, other"],
        ),
        (
            '[tool.evalbars.scales.tune]\nlevels = ["good", "bad"]\npassing = "good"\n' + ALL,
            ['scale "tune"', '"tune" is no dimension of any collected case', 'did you mean "tone"?'],
        ),
        (
            '[tool.evalbars.scales.rubric]\nlevels = ["good", "bad"]\npassing = "good"\n' + ALL,
            ['scale "rubric"', "dimension = ["],
        ),
        (
            TONE + 'dimension = ["tone", "hlpfulness"]\n' + ALL,
            ['scale "tone"', '"hlpfulness"', 'did you mean "helpfulness"?'],
        ),
        (
            TONE
            + '[tool.evalbars.scales.helpfulness]\nlevels = ["yes", "no"]\npassing = "yes"\n'
            + '[[bar]]\ndimension = "tone"\nmetric = "at_or_above"\nlevel = "yes"\nat_least = 0.5\n',
            ['"yes" is no level of the scale tone (good > fair > bad)'],
        ),
        (
            TONE + '[[bar]]\ndimension = "tone"\nmetric = "at_or_above"\nlevel = "fiar"\nat_least = 0.5\n',
            ['level "fiar" is on no scale', 'did you mean "fair"?'],
        ),
        (
            '[[bar]]\ndimension = "tone"\nmetric = "at_or_above"\nlevel = "fair"\nat_least = 0.5\n',
            ['level "fair" is on no scale', "no scale is declared"],
        ),
        (
            TONE + '[[bar]]\ndimension = "tone"\nmetric = "at_or_above"\nat_least = 0.5\n',
            ['metric = "at_or_above" needs a level'],
        ),
        (
            TONE + '[[bar]]\ndimension = "tone"\nlevel = "fair"\nat_least = 0.5\n',
            ['metric = "pass_rate" takes no level'],
        ),
    ],
)
def test_scales_that_do_not_fit_the_cases_are_usage_errors(suite, table, words):
    suite.bars(table).file("test_it.py", CASE)
    result = suite.run()
    assert result.exit == 4
    result.said(words[0])
    for word in words:
        result.said(word)
    result.never_said("Traceback", "INTERNALERROR")
    assert result.of("trial") == []


def test_a_bar_on_a_level_with_a_dimension_on_no_scale_is_a_usage_error(suite):
    """It could never say anything."""
    suite.bars(TONE + '[[bar]]\ndimension = "helpfulness"\nmetric = "at_or_above"\nlevel = "fair"\nat_least = 0.5\n')
    suite.file("test_it.py", CASE)
    result = suite.run()
    assert result.exit == 4
    result.said('no scale holds dimension "helpfulness"')


# -- bars on levels --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("metric", "level", "value"),
    [
        ("at_or_above", "excellent", 40 / 100),
        ("at_or_above", "adequate", 90 / 100),
        ("at_or_above", "poor", 1),
        ("at_or_below", "excellent", 1),
        ("at_or_below", "adequate", 60 / 100),
        ("at_or_below", "poor", 10 / 100),
    ],
)
@pytest.mark.parametrize("upper", [False, True])
def test_the_share_at_or_above_and_at_or_below_a_level(metric, level, value, upper):
    limit = {"at_most": 0.7} if upper else {"at_least": 0.7}
    verdict = only(graded(excellent=40, adequate=50, poor=10), metric=metric, level=level, **limit)
    assert verdict.estimate == pytest.approx(value)
    word = {0.4: "missed", 0.9: "met", 1: "met", 0.6: "missed", 0.1: "missed"}[value]
    assert verdict.verdict == ({"met": "missed", "missed": "met"}[word] if upper else word)
    assert (verdict.cases, verdict.trials, verdict.unjudged) == (100, 100, 0)


def test_it_is_the_same_as_a_pass_rate_of_the_same_trials():
    rows = graded(excellent=21, adequate=28, poor=11)
    one, other = only(rows, metric="at_or_above", level="adequate", at_least=0.8), only(rows, at_least=0.8)
    for key in ("verdict", "estimate", "low", "high", "p_missed", "interval", "needed", "cases"):
        assert getattr(one, key) == getattr(other, key)


def test_harm_is_not_tolerated_while_ambiguity_is():
    bars = (
        {"dimension": "hallucination", "metric": "at_or_below", "level": "wrong, can harm", "at_most": 0.05},
        {"dimension": "hallucination", "metric": "at_or_below", "level": "wrong, low risk", "at_most": 0.2},
        {"dimension": "hallucination", "metric": "at_or_above", "level": "ambiguous", "at_least": 0.8},
        {"dimension": "hallucination", "metric": "at_or_above", "level": "grounded", "at_least": 0.3},
    )
    kind = {"dimension": "hallucination", "scale": SPECTRUM}
    fine = graded(**kind, grounded=60, ambiguous=36, wrong__low_risk=4)
    assert [each.verdict for each in gate(fine, *bars).verdicts] == ["met"] * 4
    harmful = graded(**kind, grounded=80, ambiguous=8, wrong__can_harm=12)
    decision = gate(harmful, *bars)
    assert [each.verdict for each in decision.verdicts] == ["missed", "met", "met", "met"]
    assert decision.exit_code == 1


def test_zero_tolerance_says_what_never_seen_is_worth():
    rows = graded("hallucination", SPECTRUM, grounded=50, ambiguous=10)
    bar = {"dimension": "hallucination", "metric": "at_or_below", "level": "wrong, can harm"}
    (verdict,) = gate(rows, {**bar, "at_most": 0.05}).verdicts
    assert (verdict.verdict, verdict.estimate) == ("met", 0)
    assert verdict.high == pytest.approx(1 - 0.05 ** (1 / 60))  # 4.9%
    (verdict,) = gate(rows, {**bar, "at_most": 0.04}).verdicts
    assert verdict.verdict == "inconclusive"
    assert verdict.needed == 74  # 0.96 ** 74 <= 0.05


# -- what does not fit -------------------------------------------------------------------------------------------


def test_grades_of_another_scale_are_no_data_that_names_them():
    rows = [{**row, "level": "brilliant"} if n == 3 else row for n, row in enumerate(graded(excellent=20))]
    decision = gate(rows, {"dimension": "helpfulness", "metric": "at_or_above", "level": "adequate", "at_least": 0.5})
    (verdict,) = decision.verdicts
    assert (verdict.verdict, decision.exit_code) == ("no data", 10)
    assert '"brilliant" is no level of the scale excellent > adequate > poor' in verdict.notes[0]


def test_an_older_grade_of_an_errored_trial_does_not_matter():
    """A trial graded and then broken: what stands in its line is its level, but it is not judged."""
    rows = graded(excellent=30)
    rows[0] |= {"outcome": "error"}
    verdict = only(rows, metric="at_or_above", level="excellent", at_least=0.5, stage="testing")
    assert (verdict.estimate, verdict.cases, verdict.unjudged) == (1, 29, 1)


def test_an_undeclared_level_of_an_unjudged_trial_takes_nothing_away():
    rows = graded(excellent=30)
    rows[0] |= {"outcome": "error", "level": "brilliant"}
    assert only(rows, metric="at_or_above", level="excellent", at_least=0.5).verdict == "met"


def test_ungraded_trials_bound_the_verdict():
    rows = graded(excellent=58)
    ungraded = [{"case": f"u{n}", "dimension": "helpfulness", "outcome": "pass"} for n in range(2)]
    bar = {"metric": "at_or_above", "level": "excellent"}
    verdict = only([*rows, *ungraded], **bar, at_least=0.85)
    assert (verdict.verdict, verdict.unjudged, verdict.estimate) == ("met", 2, 1)
    verdict = only([*rows, *ungraded], **bar, at_least=0.94)
    assert verdict.verdict == "inconclusive"
    assert only(rows, **bar, at_least=0.94).verdict == "met"
    assert verdict.notes == ("2 judged trials say nothing of the share at or above, and could have said anything",)


def test_no_grades_at_all_is_no_data():
    rows = [{"case": f"c{n}", "dimension": "helpfulness", "outcome": "pass"} for n in range(30)]
    verdict = only(rows, metric="at_or_above", level="adequate", at_least=0.5)
    assert (verdict.verdict, verdict.notes) == ("no data", ("no trial is graded; grade it with evalcase.grade",))


def test_levels_differ_by_dimension():
    """A bar on several dimensions holds those that have the level, and says of the others why not."""
    scales = {"helpfulness": RUBRIC, "tone": {"levels": ["warm", "cold"], "passing": "warm"}}
    rows = graded(excellent=40) + [{**row, "dimension": "tone", "level": "warm"} for row in graded(excellent=40)]
    decision = gate(
        rows,
        {"dimension": "*", "metric": "at_or_above", "level": "adequate", "at_least": 0.5},
        scales=scales,
    )
    found = {each.dimension: each for each in decision.verdicts}
    assert found["helpfulness"].verdict == "met"
    assert found["tone"].verdict == "no data"
    assert '"adequate" is no level of the scale tone (warm > cold)' in found["tone"].notes[0]


def test_levels_of_a_run_file_that_are_no_names_are_refused():
    for level in (3, ["poor"], True):
        with pytest.raises(RunFileError, match="level is"):
            Run.from_observations([{"case": "a", "dimension": "tone", "outcome": "pass", "level": level}])


# -- weak passes -----------------------------------------------------------------------------------------------------

WEAK = """
import pytest
@pytest.mark.dimension("tone", "accuracy")
@pytest.mark.parametrize("n", range(20), ids="c{:02}".format)
def test_it(evalcase, n):
    evalcase.grade("tone", "good" if n < 8 else "fair" if n < 14 else "bad")
"""
HEAD = ["dimension", "slice", "cases", "trials", "value"]


def cells(result, start, heads):
    """A row of the table by the columns' heads."""
    lines = result.out.splitlines()
    head = next(line for line in lines if line.startswith("dimension "))
    row = next(line for line in lines if line.startswith(start))
    places = [(head.index(name), name) for name in heads]
    # Right-aligned columns end where their heads end.
    return {name: row[max(0, at - 12) : at + len(name)].split("  ")[-1].strip() for at, name in places}


@pytest.mark.parametrize("bar", [ALL, "", '[[bar]]\ndimension = "*"\nat_least = 0.9\nrule = "estimate"\n'])
def test_weak_passes_are_a_column_of_their_own(suite, bar):
    suite.bars(TONE + bar).file("test_it.py", WEAK)
    result = suite.run()
    row = next(line for line in result.out.splitlines() if line.startswith("tone"))
    result.said("weak passes")
    assert "70.0%" in row  # the pass rate counts them, and says how many of it they are
    assert "30.0%" in row
    other = next(line for line in result.out.splitlines() if line.startswith("accuracy"))
    assert "30.0%" not in other
    assert cells(result, "tone", ["weak passes"]) == {"weak passes": "30.0%"}
    assert cells(result, "accuracy", ["weak passes"]) == {"weak passes": ""}


def test_without_weak_levels_there_is_no_such_column(suite):
    suite.bars(TONE.replace('passing = "fair"', 'passing = "good"') + ALL).file("test_it.py", WEAK)
    suite.run().never_said("weak passes")
    suite.bars(TONE + "weak = []\n" + ALL)
    suite.run().never_said("weak passes")
    suite.bars(ALL.replace("*", "accuracy")).cases(3, 3, name="test_it.py")
    suite.run().never_said("weak passes")


def test_weak_passes_by_group_and_of_slices_without_a_bar(suite):
    suite.bars(TONE + '[[bar]]\ndimension = "tone"\neach = "category"\nat_least = 0.01\n')
    suite.file(
        "test_it.py",
        """
        import pytest
        @pytest.mark.dimension("tone")
        @pytest.mark.parametrize("n", [
            pytest.param(n, id=f"c{n:02}", marks=pytest.mark.category("even" if n % 2 == 0 else "odd"))
            for n in range(20)
        ])
        def test_it(evalcase, n):
            evalcase.grade("tone", "fair" if n in (0, 2, 4, 6, 1) else "good")
        @pytest.mark.dimension("tone")
        @pytest.mark.capability
        @pytest.mark.parametrize("n", range(4))
        def test_hill(evalcase, n):
            evalcase.grade("tone", "fair" if n else "bad")
        """,
    )
    result = suite.run()
    assert cells(result, "tone", ["weak passes"]) == {"weak passes": "25.0%"}
    for slice_name, share in (("even", "40.0%"), ("odd", "10.0%"), ("status capability", "75.0%")):
        assert share in next(line for line in result.out.splitlines() if f" {slice_name} " in line)


@pytest.mark.parametrize(
    ("metric", "shown"),
    [
        ({}, 0.3),
        ({"metric": "at_or_above", "level": "poor"}, 0.3),
        ({"metric": "at_or_above", "level": "adequate"}, 0.3),
        ({"metric": "at_or_above", "level": "excellent"}, None),
        ({"metric": "at_or_below", "level": "adequate"}, None),
        ({"metric": "miss_rate"}, None),
    ],
)
def test_weak_passes_stand_beside_numbers_that_count_them(metric, shown):
    """Beside a number that does not, "weak passes" would be untrue."""
    verdict = only(graded(excellent=50, adequate=30, poor=20), **metric, at_least=0.1)
    assert (verdict.weak, verdict.to_json()["weak"]) == (shown, shown)


def test_weak_passes_are_said_the_same_by_the_command(suite):
    suite.bars(TONE + ALL).file("test_it.py", WEAK)
    result = suite.run()
    told = suite.command("gate", result.path).out
    table = [line for line in result.out.splitlines() if line.startswith(("dimension", "tone", "accuracy"))]
    assert [line for line in told.splitlines() if line.startswith(("dimension", "tone", "accuracy"))] == table
    found = json.loads(suite.command("gate", "--json", result.path).out)
    assert {each["dimension"]: each.get("weak") for each in found["verdicts"]} == {"tone": 0.3, "accuracy": None}
