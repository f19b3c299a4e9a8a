"""What a report says of a run, decided by `evalbars report`: conditions, maps, judges, methods."""

import json

import pytest

from pytest_evalbars import Run, decide
from pytest_evalbars.gate.bar import Bars
from pytest_evalbars.report.building.build import build
from pytest_evalbars.report.model import Report

BARS = {
    "bar": [
        {"dimension": "accuracy", "at_least": 0.8, "each": "category"},
        {"dimension": "accuracy", "at_least": 0.1, "status": "capability", "name": "hills"},
        {"dimension": "tone", "at_least": 0.5},
    ]
}


def rows(letters, *, dimension="accuracy", prefix="c", **labels):
    """An observation for each letter: p, m, e or s."""
    words = {"p": "pass", "m": "miss", "e": "error", "s": "skipped"}
    for n, letter in enumerate(letters):
        key = {"case": f"{prefix}{n}", "test": "t", "trial": 0, "dimension": dimension}
        yield {**key, "outcome": words[letter], "labels": labels, "reason": f"because of {n}"}


def report_of(*observations, header=None, stage="testing", bars=None):
    """The report of some observations."""
    run = Run.from_observations([{"type": "header", "schema": 1, **(header or {})}, *observations, {"type": "end"}])
    given = Bars.model_validate(bars or BARS)
    report = build(run, given, decide(run, given, stage=stage))
    again = Report.model_validate(json.loads(json.dumps(report.to_json())))
    assert again == report  # what the run file keeps of it is all of it
    return report


def kinds(report):
    """The kinds of its conditions."""
    return [each.kind for each in report.run.conditions]


def test_kinds_of_cases_have_maps_of_their_own():
    report = report_of(
        *rows("pppm", category="a"),
        *rows("pp", prefix="d", category="b"),
        *rows("mmmm", prefix="hill", category="a", status="capability"),
        *rows("mp", prefix="bad", category="a", set="adversarial"),
    )
    cells = {(each.kind, each.category): (each.rate, each.cases, each.verdict) for each in report.cells}
    assert cells == {
        ("held", ""): (5 / 6, 6, "inconclusive"),
        ("held", "a"): (0.75, 4, "inconclusive"),
        ("held", "b"): (1.0, 2, "inconclusive"),
        ("capability", ""): (0.0, 4, "inconclusive"),
        ("capability", "a"): (0.0, 4, None),
        ("held, adversarial", ""): (0.5, 2, None),
        ("held, adversarial", "a"): (0.5, 2, None),
    }
    assert [(each.kind, each.cases) for each in report.quality] == [
        ("held", 6),
        ("capability", 4),
        ("held, adversarial", 2),
    ]
    assert "held cases" in [each.term for each in report.method.definitions]
    assert report.method.sizes[0] == "accuracy: 6 cases, 6 judged trials, 1 of each case"


def test_what_nobody_knows_is_a_condition_and_a_gap():
    report = report_of(*rows("ppe", category="a"))
    assert kinds(report) == ["no data", "errors"]
    assert [each.text for each in report.run.conditions] == [
        "2 of 4 verdicts have no data: hills, pass_rate:tone",
        "1 of 3 trials could not be judged",
    ]
    assert report.method.gaps[0] == "accuracy: 1 trial could not be judged"
    assert any(each.startswith("hills: no data") for each in report.method.gaps)


def test_an_empty_run_says_that_nothing_was_judged():
    report = report_of()
    assert report.run.conditions[0].text == "no case was judged"
    assert report.cells == ()


def test_recorded_answers_are_a_condition():
    said = [{**each, "replayed": True} for each in rows("pp")]
    report = report_of(*said, *rows("pp", prefix="d"), *rows("p", dimension="tone"))
    assert "replayed" in kinds(report)
    texts = [each.text for each in report.run.conditions if each.kind == "replayed"]
    assert texts == ["2 of 4 trials rest on recorded answers: for them the model was not sampled again"]


def test_judges_are_told_with_their_rubrics():
    judge = {"rubric": "tone@1", "model": "m-1", "prompt": "ab"}
    document = {
        "task": "Judge the tone.",
        "levels": [
            {"name": "warm", "definition": "kind"},
            {"name": "cold", "definition": "not", "examples": ["No."]},
        ],
        "passing": "warm",
    }
    said = [{**each, "judge": judge} for each in rows("pppm", dimension="tone")]
    report = report_of({"type": "rubric", "rubric": "tone@1", "document": document}, *said)
    assert "uncalibrated judge" in kinds(report)
    (told,) = report.judges
    assert (told.dimension, told.model, told.rubric, told.trust) == ("tone", "m-1", "tone@1", "uncalibrated")
    assert told.text.startswith("uncalibrated: never compared with people")
    (rubric,) = report.method.rubrics
    assert rubric.text == ("Judge the tone.\n- warm: kind\n- cold: not\n  example: No.\npasses from: warm")
    assert [each.raw for each in report.cells] == [True]
    unknown = report_of(*said)
    assert unknown.method.rubrics[0].text == "its words are not in the run file"


@pytest.mark.parametrize("document", [{"levels": 3, "criteria": [1, {}], "required": "x"}, {}], ids=["odd", "empty"])
def test_a_rubric_that_another_tool_wrote_breaks_no_report(document):
    judge = {"rubric": "tone@1", "model": "m-1", "prompt": "ab"}
    said = [{**each, "judge": judge} for each in rows("p", dimension="tone")]
    assert report_of({"type": "rubric", "rubric": "tone@1", "document": document}, *said).method.rubrics
    assert report_of({"type": "rubric", "rubric": 3, "document": []}, *said)


def test_many_misses_without_a_bar_are_counted_and_not_all_named():
    report = report_of(*rows("m" * 300, dimension="unspoken"))
    assert (len(report.decision.standing), report.decision.standing_count) == (200, 300)


def test_methods_name_what_was_done():
    bars = {"bar": [*BARS["bar"], {"dimension": "accuracy", "metric": "p95_latency", "at_most": 3, "name": "quick"}]}
    measured = [{**each, "measures": {"seconds": n / 10}} for n, each in enumerate(rows("p" * 30))]
    report = report_of(*measured, bars=bars, stage="launch")
    methods = {each.term: each.text for each in report.method.methods}
    assert "quantiles" in methods
    assert "Holm's correction over all" in methods["proof that one is missed"]
    assert methods["stage"].startswith("launch: every bar must be proven met")
    (seconds,) = report.measures
    assert (seconds.name, seconds.trials, seconds.median, seconds.p95) == ("seconds", 30, 1.4, 2.8)
    assert seconds.of.startswith("how long the body of a trial took")
    assert report.quality[0].median_seconds is not None
    terms = {each.term: each.text for each in report.method.definitions}
    assert terms["p95 latency"] == "the amount that this share of trials does not exceed, each case weighing the same"


@pytest.mark.parametrize(("there", "words"), [(201, "1 category is"), (230, "30 categories are")])
def test_more_categories_than_a_map_can_show_are_counted(there, words):
    said = [each for n in range(there) for each in rows("p", prefix=f"x{n}-", category=f"k{n:03}")]
    report = report_of(*said, bars={"bar": [{"dimension": "accuracy", "at_least": 0.1}]})
    assert len(report.cells) == 201
    assert report.method.gaps == (f"the heat map has the 200 largest categories; {words} not on it",)


def test_texts_of_models_stay_as_they_are():
    evil = "\x1b[31m</script>\ud800|`"
    said = [{**each, "reason": evil, "labels": {"category": evil}} for each in rows("mm", dimension="free")]
    report = report_of(*said)
    assert report.decision.standing[0].reason == evil
    assert {each.category for each in report.cells} == {"", evil}


def test_a_header_that_another_tool_wrote_breaks_no_report():
    odd = {"run": 3, "started": None, "commit": ["x"], "versions": [1], "changes": {"a": 1}}
    report = report_of(*rows("pp"), header=odd)
    assert (report.run.names, report.run.versions, report.run.started) == (("3",), {}, "")
