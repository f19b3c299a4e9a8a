"""Bars on what people labelled: how often a judge is right, how far raters agree."""

import pytest
from judged_runs import calibration, items, judged, row
from test_gate_decide import gate, known, only

from pytest_evalbars import Run, load_bars
from pytest_evalbars.errors import BarsError
from pytest_evalbars.gate.audit import audit
from pytest_evalbars.gate.check import problem_of
from pytest_evalbars.gate.sight import sights
from pytest_evalbars.metrics.registry import BUILT_IN

METRICS = [kind.name for kind in BUILT_IN if kind.of == "labels"]


def held(metric, at_least=0.5, **more):
    return {"dimension": "tone", "metric": metric, "at_least": at_least, **more}


def rated(run, words):
    """The run's first answers, labelled by three raters as the words say, one line an answer."""
    found = items(run, run.outcome == 0, range(len(words)))
    names = ("ana", "ben", "cy")
    return calibration(
        tuple(
            item.model_copy(update={"raters": dict(zip(names, said.split(), strict=False))})
            for item, said in zip(found, words, strict=True)
        )
    )


def test_how_often_a_judge_is_right_is_held_like_any_share():
    run = judged(900, 1000)
    truth = [n < 880 or n >= 980 for n in range(1000)]  # it passes 20 bad ones, and lets 20 good ones miss
    record = known(run, truth, range(800, 1000))

    bars = [held(metric, 0.7) for metric in ("judge_sensitivity", "judge_specificity", "judge_agreement")]
    sensitivity, specificity, agreement = gate(run, *bars, record=record, stage="launch").verdicts
    assert (sensitivity.estimate, sensitivity.cases) == (80 / 100, 100)
    assert (specificity.estimate, specificity.cases) == (80 / 100, 100)
    assert (agreement.estimate, agreement.cases, agreement.trials) == (160 / 200, 200, 400)
    assert {each.verdict for each in (sensitivity, specificity, agreement)} == {"met"}
    assert {each.judge for each in (sensitivity, specificity, agreement)} == {None}
    missed = only(run, held("judge_specificity", 0.95), record=record)
    assert (missed.verdict, missed.fails) == ("missed", True)
    assert gate(run, held("judge_specificity", 0.95), record=record).exit_code == 1


def test_three_raters_of_whom_two_agree_on_each_answer_agree_no_more_than_by_chance():
    run = judged(500, 1000)
    words = ["pass pass miss", "miss pass miss", "miss pass pass", "miss miss pass"] * 25
    record = rated(run, words)

    bars = [held("rater_agreement", 0.5), held("rater_ac1", 0.2), held("rater_alpha", 0.2)]
    agreement, ac1, alpha = gate(run, *bars, record=record).verdicts
    assert agreement.estimate == pytest.approx(1 / 3)
    assert ac1.estimate == pytest.approx(-1 / 3, abs=0.01)
    assert alpha.estimate == pytest.approx(-1 / 3, abs=0.01)
    assert {each.verdict for each in (agreement, ac1, alpha)} == {"missed"}


def test_neighbouring_levels_agree_in_part_beyond_chance():
    run = judged(500, 1000)
    near = rated(run, ["good fair", "fair poor", "good good", "poor poor"] * 20)
    far = rated(run, ["good poor", "poor good", "good good", "poor poor"] * 20)
    levels = {"levels": ("good", "fair", "poor")}
    records = [
        each.model_copy(update={"judges": (each.judges[0].model_copy(update=levels),)}) for each in (near, far)
    ]

    for metric in ("rater_ac1", "rater_alpha"):
        one, other = (only(run, held(metric), record=record).estimate for record in records)
        assert one > other + 0.2
    same = [only(run, held("rater_agreement"), record=record).estimate for record in records]
    assert same == [0.5, 0.5]


def test_words_of_pairs_have_no_order():
    run = judged(500, 1000)
    said = rated(run, ["first second", "tie tie", "first first", "second second"] * 20)
    other = rated(run, ["first tie", "tie tie", "first first", "second second"] * 20)

    one, two = (only(run, held("rater_agreement"), record=record).estimate for record in (said, other))
    assert one == two == 0.75
    assert only(run, held("rater_ac1"), record=said).estimate == pytest.approx(0.63, abs=0.02)


def test_what_raters_settled_together_is_no_rater_and_what_is_unclear_no_label():
    run = judged(500, 1000)
    found = rated(run, ["pass unclear"] * 40 + ["pass pass"] * 40).judges[0].items
    settled = tuple(item.model_copy(update={"raters": {**item.raters, "settled": "miss"}}) for item in found)

    verdict = only(run, held("rater_agreement"), record=calibration(settled))
    assert (verdict.estimate, verdict.cases) == (1.0, 40)


@pytest.mark.parametrize("metric", METRICS)
def test_without_a_calibration_nothing_is_known_and_that_is_no_pass(metric):
    run = judged(1000, 1000)

    for stage in ("testing", "launch"):
        verdict = only(run, held(metric, 0.0), stage=stage)
        assert (verdict.verdict, verdict.fails, verdict.metric_lacks) == ("no data", True, True)
        assert "never compared with people" in verdict.notes[0]
    assert gate(run, held(metric, 0.0)).exit_code == 10


@pytest.mark.parametrize(
    ("run", "record", "metric", "words"),
    [
        (Run.from_observations([row("a")]), None, "judge_ac1", "no judge gave a verdict on tone in this run"),
        (judged(100, 100), known(judged(100, 100), picked=range(20)), "judge_ac1", "20 labelled answers, and 30"),
        (judged(100, 100), known(judged(100, 100), picked=range(90)), "judge_specificity", "label some bad ones"),
        (judged(100, 100), known(judged(100, 100), picked=range(90)), "rater_alpha", "all raters say the same"),
        (
            judged(100, 100),
            known(judged(100, 100), picked=range(90), raters=("ana",)),
            "rater_agreement",
            "no answer was labelled by two raters",
        ),
        (
            Run.from_observations(row(f"c{n}", of=n + 1, by={"model": f"m-{n % 2}"}) for n in range(9)),
            None,
            "judge_agreement",
            "2 judges gave verdicts on tone, and the bar is of one: m-0 by tone@1 and m-1 by tone@1",
        ),
    ],
    ids=["no judge", "too few", "none bad", "all alike", "one rater", "two judges"],
)
def test_why_nothing_is_known_is_told(run, record, metric, words):
    verdict = only(run, held(metric), record=record)
    assert (verdict.verdict, verdict.fails) == ("no data", True)
    assert words in verdict.notes[0]


def test_cases_that_are_left_out_or_capability_cases_change_nothing_of_what_is_known_of_a_judge():
    rows = [row(f"c{n:04}", "pass", n + 1, labels={"status": "capability"}) for n in range(100)]
    run = Run.from_observations([*rows, row("x", "error", labels={"status": "capability"})])
    record = known(run, picked=range(90))

    verdict = only(run, held("judge_sensitivity"), record=record)
    assert (verdict.verdict, verdict.unjudged, verdict.enforced) == ("met", 0, True)
    (bar,) = load_bars({"bar": [held("judge_sensitivity")]}).bar
    assert not problem_of(bar, [(("tone",), {"status": "capability"})])
    assert '"tone" is no dimension' in problem_of(bar, [(("wit",), {})])


def test_a_bar_on_labels_holds_no_case():
    run = judged(99, 100)
    assert len(gate(run, held("judge_agreement")).standing) == 1


def test_nothing_is_planned_for_labels_or_for_a_corrected_rate():
    run = judged(900, 1000)
    bars = load_bars({"bar": [held("judge_agreement"), {"dimension": "tone", "at_least": 0.8}]})
    decision = gate(run, held("judge_agreement"), {"dimension": "tone", "at_least": 0.8}, record=known(run))

    assert [each.why_not for each in audit(run, bars, decision)] == [
        "not planned for people's labels",
        "not planned for a rate that is corrected for its judge's error",
    ]
    uncalibrated = gate(run, {"dimension": "tone", "at_least": 0.8}, stage="launch")
    ((_, _, why),) = sights(run, load_bars({"bar": [{"dimension": "tone", "at_least": 0.8}]}), uncalibrated)
    assert why == "cannot be met at launch, as its judge is not calibrated"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"dimension": None}, 'is of the judge of one dimension; say which, as dimension = "tone"'),
        ({"category": "es"}, "whatever cases a run has; leave out category"),
        ({"status": "capability"}, "leave out status"),
        ({"labels": {"language": "es"}}, "leave out labels"),
        ({"each": "category"}, "makes one verdict on each judge, and none on groups; leave out each"),
        ({"level": "good"}, "takes no level"),
        ({"at_least": None, "max_drop": 0.1}, "is no mean over cases"),
        ({"early_stop": "anytime"}, "needs a metric that is a mean over cases"),
        ({"at_least": 1.5}, "0"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
@pytest.mark.parametrize("metric", ["judge_specificity", "rater_alpha"])
def test_what_makes_no_sense_on_labels_is_told(metric, more, words):
    bar = {key: value for key, value in (held(metric) | more).items() if value is not None}
    with pytest.raises(BarsError) as caught:
        load_bars({"bar": [bar]})
    assert words in str(caught.value)


def test_a_ceiling_on_agreement_is_no_mistake():
    run = judged(900, 1000)
    bar = {"dimension": "t*", "metric": "judge_sensitivity", "at_most": 0.5}
    verdict = only(run, bar, record=known(run))
    assert (verdict.name, verdict.verdict) == ("judge_sensitivity:t*:tone", "missed")
