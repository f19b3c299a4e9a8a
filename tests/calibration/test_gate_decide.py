"""The gate on verdicts that judges gave: what it trusts, what it corrects, and what it does not launch."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judged_runs import BY, calibration, items, judged, row, said, verdicts

from pytest_evalbars import Run, decide, load_bars
from pytest_evalbars.gate.certain import Certainty
from pytest_evalbars.labels.digest import digest_of
from pytest_evalbars.report.layout import laid_out
from pytest_evalbars.report.table import table
from pytest_evalbars.run.columns import STOPPED
from pytest_evalbars.run.plan import Plan, Planned

BAR = {"dimension": "tone", "at_least": 0.9}
#: Bars that a good run meets, on every kind of number that rests on verdicts.
EVERY = [
    {"at_least": 0.5},
    {"metric": "miss_rate", "at_most": 0.5},
    {"metric": "mean_score", "at_least": 0.1},
    {"metric": "at_or_above", "level": "good", "at_least": 0.5},
    {"metric": "pass@1", "at_least": 0.5},
    {"at_least": 0.5, "rule": "estimate"},
    {"metric": "cost_per_useful", "at_most": 5.0, "dimension": None},
    {"max_drop": 0.5},
]


def gate(run, *bars, record=None, stage="testing", **table):
    return decide(run, load_bars({"bar": list(bars or [BAR]), **table}), calibration=record, stage=stage)


def only(run, *bars, **how):
    (verdict,) = gate(run, *bars, **how).verdicts
    return verdict


def known(run, truth=None, picked=range(200), **more):
    """The record of the run's judge, on some of its answers; by default it is always right."""
    truth = run.outcome == 0 if truth is None else truth
    return calibration(items(run, truth, picked, **more))


def rated(run, *words, cases=None):
    """A record of which two raters say so, one line an answer and in turn; the gold is what half of them says."""
    found = []
    for n, item in enumerate(items(run, run.outcome == 0, range(200))):
        said = words[n % len(words)].split()
        more = {"case": cases[n]} if cases else {}
        human = said.count("pass") / len(said)
        found.append(item.model_copy(update={"raters": dict(zip("ab", said, strict=True)), "human": human, **more}))
    return calibration(tuple(found))


def test_a_run_without_judges_says_what_it_said_before():
    plain = Run.from_observations(row(f"c{n}", "miss" if n < 5 else "pass") for n in range(100))

    without, given = gate(plain).to_json(), gate(plain, record=known(judged(950, 1000))).to_json()
    assert without == given
    assert "judge" not in without["verdicts"][0]
    assert "judges" not in without


def test_an_uncalibrated_judge_is_told_at_testing_and_nothing_is_launched_on_it():
    run = judged(990, 1000)

    testing, launch = only(run), only(run, stage="launch")
    assert (testing.verdict, testing.judge, testing.fails) == ("met", "uncalibrated", False)
    (note,) = testing.notes
    assert note == (
        "uncalibrated judge: m-1 by tone@1, never compared with people; label a sample (`evalbars review`), "
        "then run `evalbars calibrate`"
    )
    assert (launch.verdict, launch.fails, launch.estimate) == ("inconclusive", True, 0.99)
    assert launch.notes[-1] == "nothing is launched on that"
    assert gate(run).exit_code == 0
    assert gate(run, stage="launch").exit_code == 10


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (lambda run: known(run, picked=range(29)), "29 labelled answers, and 30 are the fewest"),
        (lambda run: known(run, picked=range(1)), "1 labelled answer, and 30 are the fewest"),
        (lambda run: calibration(items(run, run.outcome == 0, range(200)), model="m-0"), "its model was m-0 then"),
        (
            lambda run: calibration(items(run, run.outcome == 0, range(200)), rubric="tone@0", prompt="q"),
            "not the judge that was calibrated: its rubric was tone@0 then and its prompt was another then",
        ),
        (lambda run: rated(run, "pass miss"), "the raters of its labels agree no better than chance; settle what"),
        (lambda run: calibration(items(run, run.outcome == 0, range(200)), dimension="wit"), "never compared"),
    ],
    ids=["too few", "one", "another model", "another rubric and prompt", "noise", "another dimension"],
)
def test_what_makes_a_judge_uncalibrated_is_told_and_none_is_launched(record, words):
    run = judged(980, 1000)

    verdict = only(run, record=record(run), stage="launch")
    assert (verdict.verdict, verdict.judge, verdict.correction) == ("inconclusive", "uncalibrated", None)
    assert words in verdict.notes[0]
    assert verdict.estimate == 0.98


@pytest.mark.parametrize("bar", EVERY, ids=lambda bar: f"{bar.get('metric', 'pass_rate')} {max(bar)}")
def test_no_number_of_an_uncalibrated_judge_is_met_at_launch(bar):
    more = {"score": 0.9, "level": "good", "measures": {"cost_usd": 0.01}}
    run = judged(995, 1000, **more)
    bar = {"dimension": "tone"} | bar
    bars = load_bars({"bar": [bar], "scales": {"tone": {"levels": ["good", "bad"], "passing": "good"}}})

    (testing,) = decide(run, bars, baseline=run).verdicts
    (launch,) = decide(run, bars, baseline=run, stage="launch").verdicts
    assert (testing.verdict, testing.judge) == ("met", "uncalibrated")
    assert (launch.verdict, launch.fails) == ("inconclusive", True)
    assert launch.estimate == testing.estimate


@pytest.mark.parametrize("bar", [{"metric": "p90_latency", "at_most": 5.0}, {"metric": "error_rate", "at_most": 0.5}])
def test_what_does_not_rest_on_verdicts_needs_no_trust_in_judges(bar):
    verdict = only(judged(990, 1000, measures={"seconds": 1.0}), bar, stage="launch")
    assert (verdict.verdict, verdict.judge) == ("met", None)


def test_a_rate_is_corrected_by_the_labels_of_its_own_answers():
    run, truth = judged(900, 1000), np.arange(1000) < 950  # of what the judge let miss, half is good
    picked = np.r_[0:90, 900:1000]
    record = known(run, truth, picked, weight=np.where(np.arange(1000) < 900, 10.0, 1.0))

    passed, missed = gate(run, BAR, {"metric": "miss_rate", "at_most": 0.1}, record=record).verdicts
    assert (passed.judge, passed.correction, passed.labels) == ("calibrated", "post-stratified", 190)
    assert (passed.raw, passed.estimate) == (0.9, pytest.approx(0.95))
    assert passed.verdict == missed.verdict == "met"
    assert missed.estimate == pytest.approx(0.05)
    assert missed.low == pytest.approx(1 - passed.high)
    assert missed.interval == pytest.approx(tuple(1 - end for end in reversed(passed.interval)))
    assert missed.raw == pytest.approx(0.1)
    said = passed.to_json()
    assert said["raw_interval"] == list(passed.raw_interval)
    assert (said["judge"], said["correction"], said["labels"]) == ("calibrated", "post-stratified", 190)


def test_labels_of_other_answers_correct_by_the_judges_errors():
    before, truth = judged(900, 1000), np.arange(1000) < 950
    record = known(before, truth, range(600, 1000))
    run = judged(750, 1000, first=2001)

    verdict, turned = gate(run, BAR, {"metric": "miss_rate", "at_most": 0.1}, record=record).verdicts
    # Of 350 good answers it passes 300, of 50 bad ones none.
    assert verdict.estimate == pytest.approx(0.75 / (300 / 350))
    assert (verdict.correction, verdict.labels) == ("Rogan-Gladen", 400)
    assert "the labels are of other answers than these" in verdict.notes[0]
    assert turned.estimate == pytest.approx(1 - verdict.estimate)
    assert (turned.low, turned.high) == pytest.approx((1 - verdict.high, 1 - verdict.low))
    assert turned.p_missed == pytest.approx(verdict.p_missed)


def test_a_group_with_few_labels_of_its_own_is_corrected_by_the_judges_errors():
    run = Run.from_observations(
        row(f"c{n:04}", "miss" if n % 10 == 0 else "pass", n + 1, labels={"category": "rare" if n < 60 else "usual"})
        for n in range(600)
    )
    record = known(run, np.arange(600) % 10 > 0, range(40, 400))

    whole, rare, usual = gate(run, {**BAR, "each": "category"}, record=record).verdicts
    assert [each.correction for each in (whole, rare, usual)] == [
        "post-stratified",
        "Rogan-Gladen",
        "post-stratified",
    ]
    assert [each.labels for each in (whole, rare, usual)] == [360, 360, 340]
    assert rare.notes[0].startswith("only 20 of these answers are labelled, and 30 are the fewest")


def test_an_unproven_judge_corrects_no_other_answers_and_nothing_is_launched_on_it():
    record = known(judged(200, 200))  # nobody knows what it says of bad answers
    run = judged(990, 1000, first=2001)

    verdict = only(run, record=record, stage="launch")
    assert (verdict.verdict, verdict.judge, verdict.correction) == ("inconclusive", "calibrated", None)
    assert "not proven to be better than chance on the labelled answers; label more, bad ones" in verdict.notes[0]


def coin(run):
    """A judge that throws a coin, for all that people say."""
    return known(run, np.arange(len(run)) % 10 > 0, range(0, len(run), 3))


def test_a_judge_no_better_than_chance_takes_nothing_from_the_labels_of_its_own_answers():
    """Half of 1000 pass by the judge, nine of ten by people, whatever it says: the labels carry the rate."""
    run = judged(500, 1000)

    verdict = only(run, {"dimension": "tone", "at_least": 0.8}, record=coin(run), stage="launch")
    assert (verdict.verdict, verdict.judge, verdict.correction) == ("met", "calibrated", "post-stratified")
    assert (verdict.raw, verdict.estimate) == (0.5, pytest.approx(0.9, abs=0.003))


@pytest.mark.parametrize("bar", [each for each in EVERY if "metric" in each or "max_drop" in each], ids=str)
def test_what_rests_on_the_word_of_a_judge_no_better_than_chance_is_not_launched(bar):
    more = {"score": 0.9, "level": "good", "measures": {"cost_usd": 0.01}}
    run = judged(990, 1000, **more)
    bars = load_bars(
        {"bar": [{"dimension": "tone"} | bar], "scales": {"tone": {"levels": ["good", "bad"], "passing": "good"}}}
    )
    record = known(run, truth=np.arange(1000) % 2, picked=range(950, 1000))
    elsewhere = known(run, truth=np.arange(1000) % 2, picked=range(950, 1000), population="")

    for each in (record, elsewhere):
        (verdict,) = decide(run, bars, baseline=run, stage="launch", calibration=each).verdicts
        assert verdict.verdict != "met" or verdict.correction == "post-stratified"
    assert verdict.verdict == "inconclusive"
    assert "not proven to be better than chance" in " ".join(verdict.notes)


@pytest.mark.parametrize("elsewhere", [False, True], ids=["own labels", "labels of other answers"])
def test_of_a_slice_that_is_not_all_a_judges_only_its_part_is_corrected(elsewhere):
    """The first 100 answers are refused by a check; of the 900 others the judge passes 810, and 45 too few."""
    rows = [row(f"c{n:04}", "pass" if n >= 190 else "miss", n + 1 if n >= 100 else None) for n in range(1000)]
    run, truth = Run.from_observations(rows), np.arange(1000) >= 145
    of_judge = np.r_[100:190, 190:1000:9]
    weight = np.where(np.arange(1000) < 190, 1.0, 9.0)
    population = digest_of(run.judged.of[100:])
    record = known(run, truth, of_judge, weight=weight, population="" if elsewhere else population)

    verdict, missed = gate(
        run, {**BAR, "at_least": 0.8}, {"metric": "miss_rate", "at_most": 0.2}, record=record
    ).verdicts
    assert verdict.correction == missed.correction == ("Rogan-Gladen" if elsewhere else "post-stratified")
    assert verdict.raw == pytest.approx(0.81)
    assert verdict.estimate == pytest.approx(0.855)
    assert missed.estimate == pytest.approx(0.145)
    assert verdict.notes[-1] == "100 of 1000 verdicts are no judge's, and stand as they are"
    assert verdict.low < verdict.estimate < verdict.high
    assert (missed.low, missed.high) == pytest.approx((1 - verdict.high, 1 - verdict.low))
    assert verdict.verdict == "met"
    assert missed.p_missed == pytest.approx(verdict.p_missed, rel=1e-6)


def test_each_of_several_judges_must_be_calibrated():
    rows = [row(f"c{n:04}", "pass", n + 1, by={"model": f"m-{1 + n % 2}"}) for n in range(1000)]
    run = Run.from_observations(rows)
    one = known(run, picked=range(0, 200, 2))
    other = calibration(items(run, run.outcome == 0, range(1, 200, 2)), model="m-2")
    both = one.model_copy(update={"judges": one.judges + other.judges})

    half, whole = only(run, record=one, stage="launch"), only(run, record=both, stage="launch")
    assert (half.verdict, half.judge) == ("inconclusive", "uncalibrated")
    assert "m-2 by tone@1, not the judge that was calibrated: its model was m-1 then" in half.notes[0]
    assert (whole.verdict, whole.correction, whole.labels) == ("met", "post-stratified", 200)


def test_what_a_judge_says_of_grades_is_not_corrected_and_that_is_said():
    run = judged(900, 1000, score=0.9)

    record = known(run, picked=range(800, 1000))
    verdict = only(run, {"dimension": "tone", "metric": "mean_score", "at_least": 0.5}, record=record, stage="launch")
    assert (verdict.verdict, verdict.judge, verdict.correction) == ("met", "calibrated", None)
    assert verdict.notes == (
        "not corrected for the judge's error, as the mean score cannot be; hold pass_rate or miss_rate beside it",
    )


@pytest.mark.parametrize("elsewhere", [False, True], ids=["own labels", "labels of other answers"])
def test_trials_that_could_not_be_judged_bound_a_corrected_rate_from_both_sides(elsewhere):
    good = [row(f"c{n:04}", "pass" if n < 960 else "miss", n + 1) for n in range(1000)]
    erred = [row(f"e{n:04}", "error") for n in range(60)]
    whole, broken = Run.from_observations(good), Run.from_observations(good + erred)
    record = known(whole, picked=range(500, 1000), **({"population": "0" * 16} if elsewhere else {}))

    clean, torn = (only(run, record=record) for run in (whole, broken))
    assert clean.verdict == "met"
    assert torn.verdict == "inconclusive"  # 960 of 1060, were they all misses
    assert torn.unjudged == 60
    assert torn.correction == clean.correction == ("Rogan-Gladen" if elsewhere else "post-stratified")
    assert torn.estimate == pytest.approx(clean.estimate)


def test_no_verdict_of_a_calibrated_judge_is_settled_before_its_run_ends():
    planned = tuple(Planned(f"t[{n}]", f"c{n}", "t", 0, ("tone",), {}) for n in range(50))
    bars = load_bars({"bar": [{"dimension": "tone", "at_least": 0.1, "rule": "estimate"}]})
    record = known(judged(900, 1000))
    words = []
    for about in (None, record, calibration(record.judges[0].items, dimension="wit")):
        certain = Certainty(Plan(planned=planned), bars, "testing", {}, calibration=about)
        for one in planned[:10]:
            certain.take(one, {"verdicts": {"tone": ["pass", None, None, ""]}, "error": ""})
        words.append(certain.verdicts[0].word)
    assert words == ["met", None, "met"]


@settings(max_examples=25)
@given(st.integers(850, 990), st.integers(0, 2**32 - 1))
def test_a_perfect_judge_with_many_labels_changes_little(passes, seed):
    run = judged(passes, 1000)
    picked = np.random.default_rng(seed).choice(1000, 600, replace=False)

    raw, corrected = only(run), only(run, record=known(run, picked=picked))
    assert corrected.estimate == pytest.approx(raw.estimate)
    assert corrected.low <= raw.low + 1e-12  # what is not labelled may be wrong
    assert corrected.low >= raw.low - 0.01
    assert corrected.high <= raw.high + 0.01


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_the_order_of_labelled_answers_is_nobodys_business(seed, elsewhere):
    random = np.random.default_rng(seed)
    truth = random.random(300) < 0.8
    run = said(judged(300, 300), verdicts(random, truth, 0.9, 0.8))
    found = items(run, truth, random.choice(300, 120, replace=False), population="" if elsewhere else None)
    shuffled = tuple(found[n] for n in random.permutation(len(found)))

    one, other = (only(run, record=calibration(each)) for each in (found, shuffled))
    assert (one.verdict, one.correction) == (other.verdict, other.correction)
    numbers = [(each.estimate, each.low, each.high, each.p_missed, *each.interval) for each in (one, other)]
    assert numbers[0] == pytest.approx(numbers[1], rel=1e-9)


@settings(max_examples=25)
@given(st.integers(0, 400), st.sampled_from(EVERY[:2]), st.sampled_from(["m-0", None]))
def test_an_uncalibrated_judge_is_never_met_at_launch(passes, bar, model):
    run = judged(passes, 400)
    record = calibration(items(run, run.outcome == 0, range(100)), model=model) if model else None

    verdict = only(run, {"dimension": "tone", **bar}, record=record, stage="launch")
    assert verdict.verdict in ("missed", "inconclusive")
    assert verdict.fails


def test_a_bar_that_may_stop_at_any_time_is_not_held_as_one_where_its_rate_is_corrected():
    bar = {**BAR, "at_least": 0.8, "early_stop": "anytime"}
    run = judged(900, 1000)
    run = replace(run, order=np.arange(1000))

    raw, corrected = only(run, bar), only(run, bar, record=known(run, picked=range(800, 1000)))
    assert (raw.judge, raw.e_met is None) == ("uncalibrated", False)
    assert (corrected.correction, corrected.e_met) == ("post-stratified", None)
    assert (
        "not held as a bar that may stop at any time: its rate is corrected for the judge's error" in corrected.notes
    )


def test_what_a_corrected_rate_can_still_be_where_trials_were_stopped_early():
    run = judged(700, 1000)
    outcome = np.where(np.arange(1000) >= 800, STOPPED, run.outcome).astype(np.int8)
    stopped = replace(run, outcome=outcome, stopped=200)
    truth = np.arange(1000) < 760

    record = known(stopped, truth, range(600, 800), population=digest_of(run.judged.of[:800]))
    verdict = only(stopped, BAR, record=record)
    assert (verdict.correction, verdict.estimate, verdict.raw) == ("post-stratified", None, None)
    assert verdict.possible == pytest.approx((0.76, 0.96))
    assert verdict.verdict == "inconclusive"


def test_a_table_shows_what_is_raw():
    sets = ({"set": "adversarial"}, {"status": "capability"}, {})
    run = Run.from_observations(
        row(f"c{n:04}", "miss" if n % 10 == 0 else "pass", n + 1, labels=sets[n % 3]) for n in range(900)
    )
    bars = load_bars({"bar": [{**BAR, "labels": {"set": "*"}, "each": "status"}]})

    blocks = table(run, bars, decide(run, bars, calibration=known(run, picked=range(600))), everything=True)
    lines = [line.text for line in laid_out(blocks)]
    assert [line.split("  ")[-1].strip() for line in lines[1:]] == [
        "? inconclusive",
        "post-stratified, 400 labelled answers",
        "raw, as judged",  # of it adversarial ones, and others
        "raw, as judged",
        "? inconclusive",
        "post-stratified, 400 labelled answers",
        "raw, as judged",  # capability cases: no bar
    ]
    assert sum("  raw, as judged " in line for line in lines) == 2


def test_a_decision_tells_of_each_judge():
    run = judged(900, 1000)

    (told,) = gate(run, record=known(run, picked=range(800, 1000))).to_json()["judges"]
    assert told == {
        "dimension": "tone",
        **BY,
        "calibrated": True,
        "why_not": "",
        "blind": False,
        "labels": 200,
        "raters": 2,
        "on": "2026-11-21",
        "sensitivity": 1.0,
        "specificity": 1.0,
    }
    (told,) = gate(run).to_json()["judges"]
    assert (told["calibrated"], told["labels"], told["on"]) == (False, 0, None)


def test_answers_on_which_people_are_divided_make_no_errors_of_a_judge_elsewhere():
    """The judge is always right, nearly all is good, and of two raters one errs on each tenth answer."""
    run = judged(950, 1000)
    found = items(run, run.outcome == 0, range(500, 1000))
    divided = tuple(
        one.model_copy(update={"human": 0.5, "raters": {"ana": "pass", "ben": "miss"}}) if n % 10 == 0 else one
        for n, one in enumerate(found)
    )
    new = judged(800, 1000, first=2001)

    verdict = only(new, record=calibration(divided))
    assert (verdict.correction, verdict.labels) == ("Rogan-Gladen", 450)
    assert verdict.estimate == pytest.approx(0.8)
    assert verdict.notes[1].startswith("of the 500 labelled answers people are divided on 50, which are left out")
    assert only(run, record=calibration(divided)).labels == 500  # of these answers half a pass is half a pass


@pytest.mark.parametrize("seed", range(3))
def test_the_same_answer_in_three_trials_that_a_judge_sees_now_so_now_so(seed):
    """By the verdict that most of its trials have, the judge would look better than it is: .873 for .900."""
    random = np.random.default_rng(seed)
    truth = np.repeat(random.random(100) < 0.8, 3)
    said_so = verdicts(random, truth, 0.9, 0.7)
    run = Run.from_observations(
        row(f"c{n // 3:04}", "pass" if passed else "miss", n // 3 + 1) | {"trial": n % 3}
        for n, passed in enumerate(said_so)
    )
    usual = np.repeat(said_so.reshape(-1, 3).sum(axis=1) >= 2, 3)
    reviewed = replace(run, outcome=np.where(usual, 0, 1).astype(np.int8))

    verdict = only(run, record=known(reviewed, truth, range(0, 300, 3)))
    assert verdict.correction == "post-stratified"
    assert verdict.estimate == pytest.approx(truth.mean())  # all are labelled
    assert verdict.low < truth.mean() < verdict.high
