"""The gate's audit of itself: what its verdicts could show, and whether they would come out the same again."""

import json
import math
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pytest_evalbars import Run, decide, load_bars
from pytest_evalbars.cli import main
from pytest_evalbars.errors import BarsError
from pytest_evalbars.gate.audit import audit
from pytest_evalbars.run.columns import MISS, PASS

ACCURACY = {"dimension": "accuracy", "at_least": 0.9}


def run_of(passes, cases, trials=1, dimension="accuracy", **more):
    """Cases of which the first `passes` pass, in every trial."""
    return Run.from_observations(
        {
            "case": f"c{case:03}",
            "dimension": dimension,
            "trial": trial,
            "outcome": "pass" if case < passes else "miss",
            **{key: value(case) if callable(value) else value for key, value in more.items()},
        }
        for case in range(cases)
        for trial in range(trials)
    )


def audits(run, *bars, stage="testing", **table):
    held = load_bars({"bar": list(bars), **table})
    return audit(run, held, decide(run, held, stage=stage))


# -- what is said ------------------------------------------------------------------------------------------------


def test_enough_cases_can_come_to_both_ends():
    (said,) = audits(run_of(57, 60), ACCURACY)

    assert (said.can_be_met, said.can_be_missed, said.why_not) == (True, True, "")
    assert (said.smallest_effect, said.better, said.worse) == (0.05, pytest.approx(0.95), pytest.approx(0.85))
    assert said.power_met == pytest.approx(0.1916, abs=1e-4)  # no more than 1 of 60 misses
    assert said.power_missed == pytest.approx(0.2837, abs=1e-4)  # no more than 49 pass
    assert 0.2 < said.flips < 0.4


@pytest.mark.parametrize(
    ("cases", "met", "missed"), [(1, False, False), (2, False, True), (28, False, True), (29, True, True)]
)
def test_too_few_cases_cannot_whatever_they_say(cases, met, missed):
    (said,) = audits(run_of(cases, cases), ACCURACY)

    assert (said.can_be_met, said.can_be_missed) == (met, missed)
    assert (said.power_met > 0) == met
    assert (said.power_missed > 0) == missed


def test_a_ceiling_is_the_mirror_image():
    (floor,) = audits(run_of(57, 60), ACCURACY)
    (ceiling,) = audits(run_of(3, 60), {"dimension": "accuracy", "at_most": 0.1})

    assert (ceiling.better, ceiling.worse) == (pytest.approx(0.05), pytest.approx(0.15))
    for name in ("can_be_met", "can_be_missed", "power_met", "power_missed", "flips"):
        assert getattr(ceiling, name) == pytest.approx(getattr(floor, name), abs=1e-9)


def test_the_smallest_effect_is_the_bars_or_the_tables():
    bars = [{**ACCURACY, "name": "own", "smallest_effect": 0.08}, {**ACCURACY, "name": "whole"}]
    own, whole = audits(run_of(57, 60), *bars, smallest_effect=0.02)

    assert (own.smallest_effect, whole.smallest_effect) == (0.08, 0.02)
    assert own.power_met > whole.power_met
    assert own.flips == whole.flips  # that is a matter of the product, not of what one cares for


def test_nothing_is_better_than_perfect():
    (said,) = audits(run_of(60, 60), {"dimension": "accuracy", "at_least": 0.98})
    assert (said.better, said.can_be_met) == (1.0, False)
    (said,) = audits(run_of(60, 60), {"dimension": "accuracy", "at_least": 1.0})
    assert (said.can_be_met, said.can_be_missed, said.power_met) == (False, True, 0)
    assert said.power_missed == pytest.approx(1 - 0.95**60)


def test_more_verdicts_make_a_miss_harder_to_prove_and_met_no_harder():
    groups = {"labels": lambda case: {"category": f"k{case % 3}"}}
    (alone,) = audits(run_of(85, 100), ACCURACY)
    (whole, *parts) = audits(run_of(85, 100, **groups), {**ACCURACY, "each": "category"})

    assert len(parts) == 3
    assert whole.power_missed < alone.power_missed
    assert (whole.power_met, whole.can_be_met) == (alone.power_met, True)


def test_trials_that_differ_are_worth_more_than_those_that_agree():
    alike = run_of(190, 200, trials=3)
    generator = np.random.default_rng(1)
    unlike = replace(alike, outcome=np.where(generator.random(600) < 0.95, PASS, MISS).astype(np.int8))
    (one,), (other,) = audits(alike, ACCURACY), audits(unlike, ACCURACY)

    assert other.power_met > one.power_met
    assert other.power_missed > one.power_missed


def test_fewer_than_the_cases_asked_for_are_never_met():
    (said,) = audits(run_of(60, 60), {**ACCURACY, "min_cases": 61})
    assert (said.can_be_met, said.can_be_missed, said.power_met) == (False, True, 0)


def test_the_bare_number_is_as_good_as_a_coin_at_the_bar():
    (said,) = audits(run_of(45, 50), {**ACCURACY, "rule": "estimate"})
    assert (said.can_be_met, said.can_be_missed) == (True, True)
    assert said.flips > 0.3
    assert said.power_met == pytest.approx(0.962, abs=1e-3)  # STATISTICS.md, section 3: point, 50 cases, .95


def test_scores_are_audited_with_their_own_variance():
    generator = np.random.default_rng(1)
    drawn = generator.beta(8, 2, 80)
    run = run_of(80, 80, score=lambda case: float(drawn[case]))
    bar = {"dimension": "accuracy", "metric": "mean_score", "at_least": 0.75}
    (said,) = audits(run, bar)
    (mirrored,) = audits(
        run_of(80, 80, score=lambda case: 1 - float(drawn[case])),
        {"dimension": "accuracy", "metric": "mean_score", "at_most": 0.25},
    )

    assert (said.can_be_met, said.can_be_missed) == (True, True)
    assert said.power_met > 0.8  # the standard error is about 0.014
    assert mirrored.power_met == pytest.approx(said.power_met, abs=1e-6)
    assert mirrored.flips == pytest.approx(said.flips, abs=1e-3)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "no data"),
        ([{"case": "a", "dimension": "accuracy", "outcome": "error"}], "no data"),
    ],
)
def test_of_no_data_nothing_is_said(rows, words):
    (said,) = audits(Run.from_observations(rows), ACCURACY, max_errors=1)
    assert (said.why_not, said.can_be_met, said.power_met, said.flips) == (words, None, None, None)


def test_without_verdicts_there_is_no_audit():
    assert audits(run_of(5, 5)) == ()
    assert audits(run_of(5, 5), ACCURACY, stage="none") == ()


# -- the promises, simulated -------------------------------------------------------------------------------------


def runs(seed, number, cases, trials, truth, icc):
    """Runs of one product, or of one of each truth."""
    generator, spread = np.random.default_rng(seed), (1 - icc) / max(icc, 1e-9)
    template = run_of(cases, cases, trials)
    for p in np.broadcast_to(truth, number):
        rates = generator.beta(p * spread, (1 - p) * spread, cases) if icc else np.full(cases, p)
        passed = generator.random((cases, trials)) < rates[:, None]
        yield replace(template, outcome=np.where(passed, PASS, MISS).astype(np.int8).ravel())


@pytest.mark.parametrize(
    ("cases", "trials", "icc"), [(60, 1, 0), (100, 1, 0), (150, 1, 0), (60, 3, 0.4), (120, 5, 0.2), (50, 3, 1 - 1e-9)]
)
@pytest.mark.parametrize("side", ["met", "missed"])
def test_the_power_is_what_decide_shows(cases, trials, icc, side):
    truth = 0.96 if side == "met" else 0.8
    bars = load_bars({"bar": [ACCURACY], "smallest_effect": 0.06 if side == "met" else 0.1})
    simulated = list(runs(1, 500, cases, trials, truth, icc))
    decisions = [decide(run, bars) for run in simulated]
    seen = sum(each.verdicts[0].verdict == side for each in decisions) / len(decisions)
    promised = [
        getattr(audit(run, bars, decision)[0], f"power_{side}")
        for run, decision in zip(simulated[:40], decisions[:40], strict=True)
    ]

    # Each run knows its own variance only; with one trial a case there is nothing to know, and it is exact.
    error = 4 * math.sqrt(0.25 / 500) if trials == 1 else 0.1
    assert np.mean(promised) == pytest.approx(seen, abs=error)


@pytest.mark.slow
@pytest.mark.parametrize(("cases", "trials", "icc"), [(60, 1, 0), (150, 1, 0), (80, 3, 0.5)])
def test_verdicts_flip_as_often_as_foreseen(cases, trials, icc):
    """Products of all kinds, each run twice: the mean of what the first run foresees is what the second does."""
    truths = np.random.default_rng(2).uniform(0.75, 1, 600)
    bars = load_bars({"bar": [ACCURACY]})
    foreseen, flipped = [], []
    for first, second in zip(
        runs(3, 600, cases, trials, truths, icc), runs(4, 600, cases, trials, truths, icc), strict=True
    ):
        decision = decide(first, bars)
        foreseen.append(audit(first, bars, decision)[0].flips)
        flipped.append(decision.verdicts[0].verdict != decide(second, bars).verdicts[0].verdict)

    assert np.mean(foreseen) == pytest.approx(np.mean(flipped), abs=0.05)
    # Where it foresees many there are more than where it foresees few.
    often = np.array(foreseen) > np.median(foreseen)
    assert np.mean(np.array(flipped)[often]) > np.mean(np.array(flipped)[~often]) + 0.05


def test_in_a_family_the_power_to_show_a_miss_is_the_least_it_can_be():
    bars = load_bars({"bar": [{**ACCURACY, "each": "category"}]})
    labels = {"labels": lambda case: {"category": f"k{case % 4}"}}
    template, generator = run_of(200, 200, **labels), np.random.default_rng(5)
    words = Counter()
    for _ in range(300):
        passed = generator.random(200) < 0.8
        run = replace(template, outcome=np.where(passed, PASS, MISS).astype(np.int8))
        decision = decide(run, bars)
        words[decision.verdicts[1].verdict] += 1
    bars = load_bars({"bar": [{**ACCURACY, "each": "category", "smallest_effect": 0.1}]})
    promised = audit(run, bars, decision)[1].power_missed or 0.0
    assert promised - 0.05 <= words["missed"] / 300 <= promised + 0.2


# -- where a user sees it ----------------------------------------------------------------------------------------


def run_file(folder, passes, total):
    rows = (
        {"case": f"c{n}", "dimension": "accuracy", "outcome": "pass" if n < passes else "miss"} for n in range(total)
    )
    (folder / "run.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working directory, with a run of 60 cases and one of its bars out of reach."""
    monkeypatch.chdir(tmp_path)
    run_file(tmp_path, 57, 60)
    Path("evalbars.toml").write_text(
        '[[bar]]\ndimension = "accuracy"\nat_least = 0.9\n'
        '[[bar]]\ndimension = "accuracy"\nname = "far"\nat_least = 0.99\nsmallest_effect = 0.005\n'
    )
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_the_command_tells_it_only_where_everything_is_asked_for(capsys):
    main(["gate", "run.jsonl"])
    assert "audit" not in capsys.readouterr().out
    main(["gate", "run.jsonl", "-v"])
    out = capsys.readouterr().out
    assert "audit: what each verdict could show" in out
    assert "19% at 95.0%" in out
    assert "far cannot be met with these cases, even if all pass" in out
    assert out.index("audit:") < out.index("gate ")


@pytest.mark.usefixtures("folder")
def test_json_has_one_for_each_verdict(capsys):
    main(["gate", "run.jsonl", "--json"])
    said = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert [each["bar"] for each in said["audit"]] == [each["bar"] for each in said["verdicts"]]
    first, far = said["audit"]
    assert set(first) == {
        *("bar", "dimension", "group", "smallest_effect", "can_be_met", "can_be_missed", "better", "worse"),
        *("power_met", "power_missed", "flips", "why_not"),
    }
    assert (far["smallest_effect"], far["can_be_met"], far["power_met"]) == (0.005, False, 0)


def test_a_session_tells_it_with_v(suite):
    suite.bars("[[bar]]\ndimension = 'accuracy'\nat_least = 0.9\n").cases(20, 20)
    suite.run().never_said("audit:")
    suite.run("-v").said(
        "audit: what each verdict could show", "missed", "cannot be met with these cases, even if all pass"
    )


def test_a_session_that_may_stop_early_says_why_nothing_is_planned(suite):
    suite.bars("stop_early = true\n[[bar]]\ndimension = 'accuracy'\nat_least = 0.5\n").cases(60, 60)
    session = suite.run("-v", "--evalbars-stop-early")
    if any(line.get("stopped") for line in session.of("end")):
        session.said("audit:", "not planned for a run that stopped early")
    suite.bars("stop_early = true\n[[bar]]\ndimension = 'accuracy'\nat_least = 0.5\nearly_stop = 'anytime'\n")
    suite.run("-v", "--evalbars-stop-early").said("audit:", "not planned for a bar that may stop at any time")


# -- the key -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (5, "0.05"),
        (0, "0 is no effect"),
        (1, "1 is no effect"),
        (-0.05, "not a rate"),
        ("5%", "not a number"),
        (True, "not a number"),
        (float("nan"), "not a rate"),
    ],
)
@pytest.mark.parametrize("place", ["bar", "table"])
def test_an_effect_is_a_difference_of_rates(value, words, place):
    bar = {**ACCURACY, "smallest_effect": value} if place == "bar" else ACCURACY
    table = {"bar": [bar]} | ({"smallest_effect": value} if place == "table" else {})
    with pytest.raises(BarsError) as caught:
        load_bars(table)
    assert "`smallest_effect`" in str(caught.value)
    assert words in str(caught.value)
    assert ('bar "accuracy"' in str(caught.value)) == (place == "bar")


def test_a_misspelt_effect_is_recognized():
    with pytest.raises(BarsError, match='did you mean "smallest_effect"'):
        load_bars({"smalest_effect": 0.1})
    assert load_bars({}).smallest_effect == 0.05
    assert load_bars({"bar": [ACCURACY]}).bar[0].smallest_effect is None
