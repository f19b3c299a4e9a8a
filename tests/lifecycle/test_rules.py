"""What the history of a case, a dimension or a suite speaks for: known answers, promises and properties."""

import json
import math
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from histories import FILE, TEST, dated, history, record, runs, told
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pytest_evalbars.history.records import CaseRecord, History, Told
from pytest_evalbars.lifecycle.proposal import FAST_ERROR, KINDS, Rules
from pytest_evalbars.lifecycle.rules import proposals, quiet_bars
from pytest_evalbars.stats.sequential import log_e

TODAY = date(2026, 11, 21)


def moves(past, today=TODAY, **rules):
    return proposals(past, today=today, rules=Rules(**rules))


def kinds(past, today=TODAY, **rules):
    return [each.kind for each in moves(past, today, **rules)]


def case_kinds(past, **rules):
    return [each.kind for each in moves(past, **rules) if each.case is not None]


def capability(words, **more):
    return record(words, status="capability", **more)


# -- promote ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("window", "allowed"), [(29, 0), (46, 1), (61, 2)])
def test_a_window_of_passes_promotes_and_one_trial_less_or_one_miss_more_does_not(window, allowed):
    full = ["m"] * allowed + ["p"] * (window - allowed)

    assert case_kinds(history(capability(full)), window=window) == ["promote"]
    assert case_kinds(history(capability(full[:-1])), window=window) == []
    assert case_kinds(history(capability(["m", *full[:-1]])), window=window) == []
    assert case_kinds(history(capability(["m", *full[:allowed], *full[allowed + 1 :]])), window=window) == []


def test_what_lies_before_the_window_is_forgiven():
    (move,) = moves(history(capability(["m"] * 40 + ["p"] * 46)))
    assert (move.kind, move.status, move.becomes) == ("promote", "capability", "regression")
    (said,) = move.numbers
    assert (said.passes, said.trials, said.runs, said.errors) == (46, 46, 46, 0)
    assert said.low == pytest.approx(stats.binomtest(46, 46).proportion_ci(0.9).low)
    assert move.why == "accuracy: 46 of 46 trials of the last 46 runs pass, at least 93.7% of the time"


def test_runs_of_several_trials_count_whole():
    (move,) = moves(history(capability(["mmm", "pmp", *["ppp"] * 15])))
    (said,) = move.numbers
    assert (said.passes, said.trials, said.runs) == (47, 48, 16)


@pytest.mark.parametrize("last", [["m", "p"], ["p", "m"]])
def test_a_miss_in_one_of_the_last_two_runs_waits(last):
    assert case_kinds(history(capability(["p"] * 60 + last))) == []
    assert case_kinds(history(capability(["p"] * 60 + last + ["p", "p"]))) == ["promote"]


def test_one_run_alone_promotes_nothing():
    assert case_kinds(history(capability(["p" * 60]))) == []


def test_a_case_is_promoted_only_if_every_dimension_qualifies():
    good, bad = capability(["p"] * 46), capability(["m"] * 10 + ["p"] * 36, dimension="tone")
    assert case_kinds(history(good, bad)) == []
    (move,) = moves(history(good, replace(bad, told=good.told)))
    assert [each.dimension for each in move.numbers] == ["accuracy", "tone"]


def test_a_dimension_that_a_case_has_no_more_does_not_hold_it_back():
    gone = capability(["m"] * 5, dimension="tone")
    assert case_kinds(history(capability(["p"] * 46), gone)) == ["promote"]


def test_another_content_begins_a_new_life():
    old, new = told(["p"] * 40, "capability", "a"), told(["-"] * 40 + ["p"] * 6, "capability", "b")
    assert case_kinds(history(CaseRecord("c", "accuracy", TEST, "", old + new))) == []
    same = tuple(replace(each, content="a") for each in new)
    assert case_kinds(history(CaseRecord("c", "accuracy", TEST, "", old + same))) == ["promote"]


def test_a_content_that_nobody_knows_says_nothing_of_a_change():
    every = [replace(each, content="" if each.run % 2 else "a") for each in told(["p"] * 46, "capability")]
    assert case_kinds(history(CaseRecord("c", "accuracy", TEST, "", tuple(every)))) == ["promote"]
    changed = [replace(each, content="b") if each.run == 40 else each for each in every]
    assert case_kinds(history(CaseRecord("c", "accuracy", TEST, "", tuple(changed)))) == []


def test_errors_are_no_misses_and_no_passes_and_are_said():
    (move,) = moves(history(capability(["p"] * 44 + ["e", "pe", "ee", "p", "e"])))
    (said,) = move.numbers
    assert (said.passes, said.trials, said.errors, said.runs) == (46, 46, 5, 46)
    assert "5 trials could not be judged and do not count" in move.why
    assert case_kinds(history(capability(["p"] * 45 + ["e"] * 20))) == []
    assert case_kinds(history(record(["e"] * 60))) == []


def test_a_streak_promotes_where_it_was_asked_for_and_says_what_it_risks():
    past = history(capability(["mmm", *["ppp"] * 5]))
    assert moves(past) == ()
    (move,) = moves(past, fast=True)
    assert (move.kind, move.numbers[0].fast, move.numbers[0].trials) == ("promote", True, 15)
    assert "promotes 12% of all cases that pass only 80% of the time" in move.why


@pytest.mark.parametrize("last", [["ppp"] * 4, ["ppp"] * 4 + ["pp"], ["ppp"] * 4 + ["ppm"]])
def test_a_shorter_streak_does_not(last):
    assert moves(history(capability(["mmm", *last])), fast=True) == ()


def test_the_streak_promotes_as_often_as_it_says():
    """Within ten runs, at a rate of 80% of each trial: a Markov chain of the streak's length."""
    chain = np.zeros(6)
    chain[0], run = 1, 0.8**3
    for _ in range(10):
        chain = np.array([(1 - run) * chain[:5].sum(), *(run * chain[:4]), run * chain[4] + chain[5]])
    assert chain[5] == pytest.approx(FAST_ERROR, abs=0.005)


@pytest.mark.slow
def test_the_streaks_of_cases_promote_as_often_as_the_table_says():
    """P(promoted within ten runs), STATISTICS.md 11: 12, 49, 79 and 96 of 100."""
    rng, cases = np.random.default_rng(5), 1500
    for rate, expected in [(0.8, 0.12), (0.9, 0.49), (0.95, 0.79), (0.98, 0.96)]:
        passes = rng.binomial(3, rate, (cases, 10))
        promoted = set()
        for seen in range(5, 11):
            past = counted(passes[:, :seen], 3, "capability")
            promoted |= {each.case for each in moves(past, fast=True, window=61) if each.case}
        assert len(promoted) / cases == pytest.approx(expected, abs=4 * math.sqrt(0.25 / cases))


def counted(passes, trials, status):
    """A history of cases, given the passes of each in each run."""
    rows = tuple(
        CaseRecord(
            f"c{case}",
            "accuracy",
            TEST,
            "",
            tuple(Told(run, int(x), trials, 0, status, None, "a") for run, x in enumerate(row)),
        )
        for case, row in enumerate(passes)
    )
    return History(runs(passes.shape[1]), rows)


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        pytest.param(29, {0.9: 0.047, 0.95: 0.23, 0.98: 0.56, 0.99: 0.75}, marks=pytest.mark.slow),
        (46, {0.9: 0.048, 0.95: 0.32, 0.98: 0.77, 0.99: 0.92}),
        pytest.param(61, {0.9: 0.049, 0.95: 0.41, 0.98: 0.88, 0.99: 0.98}, marks=pytest.mark.slow),
    ],
)
def test_a_window_promotes_as_often_as_the_table_says(window, expected):
    """STATISTICS.md 11, for the bound alone: here its last two trials are made to pass, and its others drawn."""
    rng, cases = np.random.default_rng(window), 2000
    for rate, table in expected.items():
        passes = rng.random((cases, window)) < rate
        past = counted(passes[:500], 1, "capability")
        found = {each.case for each in moves(past, window=window) if each.case}
        clean = passes[:, -2:].all(axis=1)
        bound = (~passes).sum(axis=1) <= {29: 0, 46: 1, 61: 2}[window]
        assert found == {f"c{each}" for each in np.flatnonzero((clean & bound)[:500])}
        assert bound.mean() == pytest.approx(table, abs=4 * math.sqrt(0.25 / cases))


def test_of_cases_at_the_limit_at_most_one_in_twenty_is_promoted():
    passes = np.random.default_rng(2).binomial(3, 0.9, (2000, 16))
    assert len(moves(counted(passes, 3, "capability"))) / 2000 < 0.05 + 3 * math.sqrt(0.05 * 0.95 / 2000)


@pytest.mark.slow
def test_whoever_looks_after_each_run_promotes_far_more_by_luck():
    """What the docs of the rule say of optional stopping."""
    passes, promoted = np.random.default_rng(1).random((300, 150)) < 0.9, set()
    for seen in range(46, 151):
        promoted |= {each.case for each in moves(counted(passes[:, :seen], 1, "capability")) if each.case}
    assert len(promoted) / 300 == pytest.approx(0.32, abs=0.08)


def test_a_quarantined_case_returns_by_what_it_said_since_then():
    before, since = told(["p"] * 40), told(["-"] * 40 + ["p"] * 46, "quarantined")
    one = CaseRecord("c", "accuracy", TEST, FILE, before + since)
    (move,) = moves(history(one))
    assert (move.kind, move.status, move.becomes, move.file) == ("promote", "quarantined", "regression", FILE)
    assert case_kinds(history(replace(one, told=one.told[:-1]))) == []


# -- broken and flaky ---------------------------------------------------------------------------------------------


def test_a_case_that_misses_since_a_commit_is_broken_and_not_flaky():
    past = history(record(["ppp"] * 30 + ["mmm"] * 4))
    (move,) = moves(past)
    assert (move.kind, move.becomes, move.until) == ("broken", None, None)
    assert (move.flip.run, move.flip.commit) == ("r30", "abc30")
    assert move.why == (
        "accuracy: all 12 trials of the last 4 runs missed; it passed before, and misses since 2026-11-20 "
        "at commit abc30 (run r30)"
    )


def test_a_case_that_never_passed_is_broken_since_ever():
    (move,) = moves(history(record(["m"] * 5)))
    assert (move.kind, move.flip) == ("broken", None)
    assert "it has never passed" in move.why


@pytest.mark.parametrize("status", ["saturated", "quarantined"])
def test_no_status_hides_that_a_case_is_broken(status):
    assert case_kinds(history(record(["p"] * 30 + ["m"] * 3, status=status))) == ["broken"]


@pytest.mark.parametrize("end", [["m"], ["m", "m"], ["mmm"], ["e", "m"]])
def test_a_short_bad_end_is_not_yet_broken(end):
    assert case_kinds(history(record(["p"] * 8 + end))) == []


@pytest.mark.parametrize(
    ("before", "spell", "broken"),
    [
        (["p"] * 6, 3, False),  # of 6 trials the lower bound is 60.7%, and of 7 it is 65.2%
        (["p"] * 7, 3, True),
        (["p"], 58, False),
        (["p"], 59, True),
        (["p", "m"] * 23 + ["p"], 6, False),
        (["p", "m"] * 23 + ["p"], 7, True),
        # What it did long ago says less than its last trials.
        (["m"] * 100 + ["p"] * 46, 3, True),
    ],
)
def test_a_spell_of_misses_must_be_improbable_at_the_rate_before(before, spell, broken):
    assert (case_kinds(history(record(before + ["m"] * spell))) == ["broken"]) == broken


def test_a_flaky_case_in_a_bad_spell_is_flaky():
    """What a case of a rate of 50% shows in one of eight looks."""
    assert case_kinds(history(record(["p", "m", "m", "p", "p", "m"] * 5 + ["p", "m", "m", "m"]))) == ["quarantine"]


@pytest.mark.parametrize(("rate", "trials"), [(0.5, 1), (0.3, 3), (0.6, 1)])
def test_flaky_cases_are_seldom_called_broken(rate, trials):
    passes = np.random.default_rng(17).binomial(trials, rate, (1000, 30))
    found = [each.kind for each in moves(counted(passes, trials, "regression")) if each.case]
    assert found.count("broken") / 1000 < 0.02
    assert found.count("quarantine") / 1000 > 0.85


@pytest.mark.parametrize("before", [0, 1, 2, 8, 100])
@pytest.mark.parametrize("after", [0, 1, 8])
def test_a_single_red_of_one_trial_is_never_enough(before, after):
    words = ["p"] * before + ["m"] + ["p"] * after
    assert {"broken", "quarantine"}.isdisjoint(case_kinds(history(record(words))))


def test_a_case_that_was_broken_and_mended_is_not_flaky():
    assert case_kinds(history(record(["ppp"] * 10 + ["mmm"] * 5 + ["ppp"] * 3))) == []


def test_the_bound_over_the_window_calls_a_case_flaky():
    words = (["p"] * 6 + ["m"]) * 6 + ["p"] * 4
    (move,) = moves(history(record(words, file=FILE)))
    assert (move.kind, move.becomes, move.until) == ("quarantine", "quarantined", date(2026, 12, 21))
    (said,) = move.numbers
    assert (said.trials - said.passes, said.trials) == (6, 46)
    assert said.high == pytest.approx(stats.binomtest(40, 46).proportion_ci(0.9).high)
    assert "6 of the last 46 trials (46 runs) missed, at most 94.2% of the time" in move.why
    five = (["p"] * 8 + ["m"]) * 5 + ["p"]
    assert case_kinds(history(record(five))) == []


def test_a_bet_calls_a_case_flaky_before_the_window_is_full():
    words = ["p", "m", "p", "p", "m", "p", "m"]
    (move,) = moves(history(record(words)))
    (said,) = move.numbers
    assert move.kind == "quarantine"
    assert said.e_value == pytest.approx(math.exp(log_e([word == "m" for word in words], 0.05)[-1]))
    assert said.e_value > 20
    assert f"e = {said.e_value:.3g}" in move.why


def test_trials_of_one_run_are_one_bet():
    """Three misses in one run are one bad run, not three."""
    assert case_kinds(history(record(["ppp"] * 3 + ["pmm"] + ["ppp"] * 3))) == []


def test_what_a_case_missed_before_it_was_promoted_is_forgiven():
    before, since = told(["p", "m"] * 20, "capability"), told(["-"] * 40 + ["p"] * 8)
    assert case_kinds(history(CaseRecord("c", "accuracy", TEST, "", before + since))) == []


def test_a_case_that_stopped_missing_long_ago_is_left_alone():
    assert case_kinds(history(record(["p", "m"] * 10 + ["p"] * 50), same=True)) == []


@pytest.mark.parametrize(("rate", "most"), [(0.99, 0.005), (0.95, 0.05)])
def test_steady_cases_are_seldom_called_flaky(rate, most):
    passes = np.random.default_rng(7).random((2000, 46)) < rate
    flaky = [each for each in moves(counted(passes, 1, "regression")) if each.kind == "quarantine"]
    # Two ways lead there, each with its own error.
    assert len(flaky) / 2000 < 2 * most
    assert len(flaky) / 2000 < most + 0.03


def test_flaky_cases_are_found():
    passes = np.random.default_rng(8).binomial(3, 0.75, (500, 16))
    found = [each.kind for each in moves(counted(passes, 3, "regression")) if each.case]
    assert found.count("quarantine") / 500 > 0.9


# -- saturated, reopened, retired ------------------------------------------------------------------------------------


def test_a_case_that_no_state_of_the_product_fails_is_saturated():
    words = ["p" * 6] * 10
    (move,) = (each for each in moves(history(record(words))) if each.case)
    assert (move.kind, move.status, move.becomes) == ("saturated", "regression", "saturated")
    (said,) = move.numbers
    assert (said.trials, said.runs, said.variants) == (60, 10, 10)
    assert case_kinds(history(record(words), same=True)) == []
    assert case_kinds(history(record(words[1:]))) == []
    assert case_kinds(history(record([*words[1:], "ppppm"]))) == []


def test_what_promoted_a_case_does_not_saturate_it_too():
    before, since = told(["p"] * 60, "capability"), told(["-"] * 60 + ["p"] * 58)
    one = CaseRecord("c", "accuracy", TEST, "", before + since)
    assert case_kinds(history(one)) == []
    assert case_kinds(history(replace(one, told=before + told(["-"] * 60 + ["p"] * 59)))) == ["saturated"]


@pytest.mark.parametrize(("trials", "expected"), [(58, []), (59, ["saturated"])])
def test_it_takes_59_trials(trials, expected):
    assert case_kinds(history(record(["p"] * trials))) == expected


def test_a_product_without_commit_and_labels_is_unknown_and_so_never_saturated():
    past = history(record(["p"] * 80))
    blank = replace(past, runs=tuple(replace(run, commit=None) for run in past.runs))
    assert case_kinds(blank) == []
    labelled = [replace(run, labels={"model": f"v{place % 3}"}) for place, run in enumerate(blank.runs)]
    assert case_kinds(replace(past, runs=tuple(labelled))) == ["saturated"]


def test_a_saturated_case_that_misses_is_watched_again():
    words = ["p"] * 20 + ["m"] + ["p"] * 9
    (move,) = (each for each in moves(history(record(words, status="saturated"))) if each.case)
    assert (move.kind, move.becomes) == ("reopen", "regression")
    assert case_kinds(history(record([*words, "p"], status="saturated"))) == []


def test_a_saturated_case_retires_after_half_a_year_and_never_by_itself():
    past = history(record(["p"] * 12, status="saturated"))
    days = [(TODAY - timedelta(days=180 - 15 * each)).isoformat() for each in range(12)]
    (move,) = (each for each in moves(dated(past, days)) if each.case)
    assert (move.kind, move.becomes) == ("retire", None)
    assert "saturated for more than 179 days" in move.why
    later = [(TODAY - timedelta(days=179 - 15 * each)).isoformat() for each in range(12)]
    assert [each for each in moves(dated(past, later)) if each.case] == []


def many(passes_of, number=100, words=10, status="regression", **more):
    """A history of cases of one trial a run; `passes_of` says the word of each case and run."""
    cases = [record([passes_of(c, r) for r in range(words)], case=f"c{c}", status=status) for c in range(number)]
    return history(*cases, **more)


def of_dimension(past, **rules):
    return [each for each in moves(past, **rules) if each.dimension is not None]


@pytest.mark.parametrize(("number", "found"), [(98, 0), (99, 1)])
def test_a_dimension_is_saturated_where_no_room_is_left(number, found):
    said = [each for each in of_dimension(many(lambda *_: "p", number)) if each.kind == "saturated"]
    assert len(said) == found
    for each in said:
        (numbers,) = each.numbers
        assert (each.dimension, numbers.cases, numbers.runs, numbers.trials) == ("accuracy", 99, 3, 297)
        assert numbers.low == pytest.approx(0.05 ** (1 / 99))
        assert "97.0% of the time, which leaves less room than the 0.03 of interest" in each.why
        assert "Write harder cases, and keep these as regression cases" in each.why


def test_a_smaller_effect_of_interest_takes_more():
    assert of_dimension(many(lambda *_: "p", 120), smallest_effect=0.01) == []


def test_a_dimension_that_told_two_states_apart_is_not_saturated():
    def word(case, run):
        return "m" if case < 20 and run < 6 else "p"

    assert of_dimension(many(word, 120)) == []
    assert [each.kind for each in of_dimension(many(word, 120, words=17))] == ["saturated"]


def in_documents(number, fails=(), cases=10):
    """A history in which all cases of a document pass, or all miss."""
    records = (
        record(["m" if document in fails else "p"] * 10, case=f"c{document}-{case}", cluster=f"d{document}")
        for document in range(number)
        for case in range(cases)
    )
    return history(*records)


@pytest.mark.parametrize(("documents", "found"), [(10, 0), (98, 0), (99, 1)])
def test_documents_are_the_units_of_a_dimension_that_is_in_documents(documents, found):
    said = of_dimension(in_documents(documents, cases=2))
    assert [each.kind for each in said] == ["saturated"] * found
    for each in said:
        assert each.numbers[0].low == pytest.approx(0.05 ** (1 / 99))


def test_states_are_told_apart_by_documents_too():
    """20 cases that rise tell two states apart, but not where they are of two documents."""

    def past(cluster):
        rows = (
            record(
                ["m" if case < 20 and run < 6 else "p" for run in range(10)], case=f"c{case}", cluster=cluster(case)
            )
            for case in range(1200)
        )
        return history(*rows)

    assert of_dimension(past(lambda _: "")) == []
    assert of_dimension(past(lambda case: f"d{case // 10}"))


@pytest.mark.slow
def test_dimensions_in_documents_are_seldom_called_saturated_at_the_limit():
    """At a true rate of 97% by document; taken for independent, 78% of such histories were."""
    rng, many = np.random.default_rng(2), 60
    found = 0
    for _ in range(many):
        fails = np.flatnonzero(rng.random(10) >= 0.97)
        found += any(each.kind == "saturated" for each in of_dimension(in_documents(10, fails)))
    assert found / many <= 0.05 + 3 * (0.05 * 0.95 / many) ** 0.5


def test_nor_is_one_of_too_few_states():
    assert of_dimension(many(lambda *_: "p", 120, same=True)) == []


def test_runs_of_some_cases_alone_say_nothing_of_a_dimension():
    assert of_dimension(many(lambda case, run: "p" if run < 2 or case < 20 else "-", 120)) == []


# -- stale ----------------------------------------------------------------------------------------------------------


def test_a_suite_without_a_new_case_for_long_is_stale():
    past = history(record(["p"] * 3), record(["-", "p", "p"], case="d"))
    days = ["2026-01-01", "2026-05-01", "2026-11-20"]
    (move,) = moves(dated(past, days))
    assert move.why == "no case is new or was changed since 2026-05-01, 204 days ago"
    assert kinds(dated(past, days), today=date(2026, 7, 29)) == []
    assert kinds(dated(past, days), today=date(2026, 7, 30)) == ["stale"]


def test_an_edited_case_is_a_new_one():
    one = CaseRecord("c", "accuracy", TEST, "", told("p") + told(["-", "p"], content="b"))
    assert kinds(dated(history(one), ["2026-01-01", "2026-11-20"])) == []


def test_a_suite_whose_cases_are_all_saturated_is_stale():
    assert kinds(history(record(["p"] * 3, status="saturated"))) == ["stale"]
    assert kinds(history(record(["p"] * 3, status="saturated"), record(["p"] * 3, case="d"))) == []


def test_a_hill_that_is_climbed_is_told_by_its_estimate():
    past = many(lambda case, run: "m" if case == run % 2 else "p", 20, 5, "capability")
    (move,) = of_dimension(past)
    (said,) = move.numbers
    assert (move.kind, said.rate, said.cases) == ("stale", 0.95, 20)
    assert said.low < 0.95
    assert "95.0% by the estimate" in move.why
    assert of_dimension(many(lambda *_: "p", 9, 5, "capability")) == []


# -- what is there, and what is not ---------------------------------------------------------------------------------


def test_a_case_that_its_file_no_longer_holds_is_left_out():
    gone = capability(["p"] * 50)
    there = [record(["p"] * 53, case=f"d{each}") for each in range(3)]
    assert case_kinds(history(gone, *there[:1], same=True)) == []
    short = [replace(each, told=each.told[:52]) for each in there]
    assert case_kinds(history(gone, *short, same=True)) == ["promote"]
    elsewhere = replace(gone, test="evals/test_other.py::test_answer")
    assert case_kinds(history(elsewhere, *there, same=True)) == ["promote"]


def test_runs_of_some_cases_alone_do_not_say_that_others_are_gone():
    there = [record(["p"] * 50 + (["p"] * 5 if each == 0 else []), case=f"d{each}") for each in range(4)]
    assert case_kinds(history(capability(["p"] * 50), *there, same=True)) == ["promote"]


def test_nothing_is_proposed_of_an_empty_history():
    assert moves(History((), ())) == ()
    assert quiet_bars(History((), ())) == ()


def test_a_run_whose_beginning_cannot_be_read_is_no_crash():
    past = history(record(["p"] * 3))
    assert moves(replace(past, runs=tuple(replace(run, started="?") for run in past.runs))) == ()


def test_bars_that_never_failed_are_told():
    past = history(record(["p"] * 12), verdicts={"a": "met", "b": "met", "c": "no data", "d": "inconclusive"})
    last = [replace(run, verdicts={**run.verdicts, "b": "missed"}) if run.run == "r3" else run for run in past.runs]
    found = quiet_bars(replace(past, runs=tuple(last)))
    assert [(each.bar, each.runs, each.met) for each in found] == [("a", 12, 12), ("d", 12, 0)]
    assert quiet_bars(replace(past, runs=past.runs[:9])) == ()


# -- properties ----------------------------------------------------------------------------------------------------

WORDS = st.lists(st.sampled_from(["p", "m", "ppp", "ppm", "mmm", "pe", "e", "-"]), min_size=1, max_size=70)
STATUSES = st.sampled_from(["capability", "regression", "saturated", "quarantined", "", "of another tool"])


@st.composite
def histories(draw):
    found = []
    for case in range(draw(st.integers(1, 4))):
        words, status = draw(WORDS), draw(STATUSES)
        one = record([*words, "p"], case=f"c{case % 3}", dimension=f"d{case}", status=status)
        found.append(replace(one, told=tuple(draw(st.permutations(one.told)))))
    return history(*found)


@given(histories(), st.randoms(use_true_random=False), st.booleans())
@settings(max_examples=60, deadline=None)
def test_the_order_of_records_and_of_what_they_hold_does_not_matter(past, random, fast):
    shuffled = [replace(one, told=tuple(random.sample(one.told, len(one.told)))) for one in past.records]
    random.shuffle(shuffled)
    found = moves(past, fast=fast)
    assert found == moves(replace(past, records=tuple(shuffled)), fast=fast)
    assert [each.kind for each in found] == sorted((each.kind for each in found), key=KINDS.index)
    json.dumps([each.to_json() for each in found], allow_nan=False)


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=40),
    st.lists(st.integers(0, 3), min_size=40, max_size=40),
    st.sampled_from([29, 46, 61]),
    st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_more_misses_never_promote(said, fewer, window, fast):
    def past(passes):
        rows = [
            Told(run, x, trials, 0, "capability", None, "a")
            for run, (x, trials) in enumerate(zip(passes, [max(x, k) for x, k in said], strict=True))
        ]
        return history(CaseRecord("c", "accuracy", TEST, "", tuple(rows)))

    some = [min(x, k) if k else x for x, k in said]
    worse = [max(0, x - less) for x, less in zip(some, fewer, strict=False)]
    if case_kinds(past(worse), window=window, fast=fast) == ["promote"]:
        assert case_kinds(past(some), window=window, fast=fast) == ["promote"]


# -- the project's own numbers ---------------------------------------------------------------------------------------

KNOWN = Path(__file__).parents[3] / "shared" / "known_answers.json"


@pytest.mark.skipif(not KNOWN.exists(), reason="known_answers.json is not beside the repository")
@pytest.mark.parametrize("name", ["seq/beta_mix_allpass", "seq/lr_allpass"])
def test_a_bet_needs_no_more_passes_than_others_to_prove_90_percent(name):
    """Other bets reach 20 after so many passes; a grid of bets is bolder, and sooner there where all pass."""
    (entry,) = (each for each in json.loads(KNOWN.read_text()) if each["id"] == name)
    grid = log_e(np.ones(100), 0.9)
    assert 28 < 1 + int(np.argmax(grid >= math.log(20))) <= entry["expected"]
