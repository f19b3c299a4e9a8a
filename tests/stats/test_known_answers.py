"""Reference values from the literature, each held by the product's own functions or listed with why it is not.

The file lies beside the repository; without it nothing is held. A new entry fails until it is one or the other.
"""

import itertools
import json
import math
import sys
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from pytest_evalbars import Run, decide, load_bars
from pytest_evalbars.stats.agreement import agreement, agreement_of_counts, cohen_kappa
from pytest_evalbars.stats.calibration import brier, calibration_error
from pytest_evalbars.stats.corrected import Adjusted, post_stratified, rogan_gladen
from pytest_evalbars.stats.effective import Rate, case_rate, rate_bounds, rate_interval
from pytest_evalbars.stats.families import holm
from pytest_evalbars.stats.independent import Difference, difference_interval
from pytest_evalbars.stats.judge_error import error_rates
from pytest_evalbars.stats.means import case_mean
from pytest_evalbars.stats.paired import case_drop, drop_interval
from pytest_evalbars.stats.passk import pass_at_k, pass_hat_k
from pytest_evalbars.stats.planning import cases_for_power
from pytest_evalbars.stats.power import zero_miss_cases
from pytest_evalbars.stats.proportions import clopper_pearson_high, clopper_pearson_low, p_at_least, wilson
from pytest_evalbars.stats.quantiles import case_quantile, least_cases_above, quantile_interval
from pytest_evalbars.stats.ratios import case_ratio, ratio_interval
from pytest_evalbars.stats.trend import trend
from pytest_evalbars.stats.trials import effective_per_case

sys.path.append(str(Path(__file__).parents[1] / "gate"))
from random_suites import one_by_one

FILE = Path(__file__).parents[3] / "shared" / "known_answers.json"
ENTRIES = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else []


# --- How the product says it -----------------------------------------------------------------------------------


def shown(x, n, conf):
    return wilson(x, n, conf)


def exact(x, n, conf):
    return clopper_pearson_low(x, n, (1 - conf) / 2), clopper_pearson_high(x, n, (1 - conf) / 2)


def exact_high(x, n, conf, side):
    assert side == "upper"
    return clopper_pearson_high(x, n, 1 - conf)


def most_misses_met(bar, n, alpha):
    """Through the gate: the most misses with which the bar is met."""
    bars = load_bars({"confidence": 1 - alpha, "bar": [{"dimension": "a", "at_least": bar}]})

    def met(misses):
        rows = [{"case": f"c{k}", "dimension": "a", "outcome": "miss" if k < misses else "pass"} for k in range(n)]
        return decide(Run.from_observations(rows), bars).verdicts[0].verdict == "met"

    return next(misses for misses in itertools.count() if not met(misses + 1))


def clustered_error(passes, trials):
    """The clustered standard error of all trials, without the correction for few clusters."""
    codes = np.repeat(np.arange(len(trials)), trials)
    trial = np.concatenate([np.arange(k) < x for x, k in zip(passes, trials, strict=True)])
    mean = case_mean(trial.astype(float), codes)
    units = mean.df - 1
    return math.sqrt(mean.variance * (units - 1)) / units


def corrected_error(passes, trials):
    """The same with G / (G - 1), of cases of equally many trials."""
    rate = case_rate(passes, trials)
    return math.sqrt(rate.value * (1 - rate.value) / rate.trials * (1 + (trials[0] - 1) * rate.icc))


def shrunk(passes, trials, c):
    """The expected bound is without the cap of a perfect run; that is held in `test_stats_effective`."""
    assert c == 2
    rate = case_rate(passes, trials)
    per_case = rate.trials / rate.cases
    unshrunk = rate.trials / (1 + (per_case - 1) * (1 if rate.icc is None else rate.icc))
    low = clopper_pearson_low(rate.value * rate.n_eff, rate.n_eff, 0.05)
    assert rate_bounds(rate, 0.05)[0] == min(low, 0.05 ** (1 / rate.n_perfect))
    return rate.value, unshrunk, rate.n_eff, *rate_interval(rate, 0.95), low


def ranks(n, q, conf):
    low, high = quantile_interval(case_quantile(np.arange(1, n + 1), np.arange(n), q), conf)
    return low, None if high == math.inf else high


def variance_saved(K):  # noqa: N803 - the file's word
    """Var(x) = 1/12 between cases and 1/6 within them: trials of a case are alike by a third."""
    return [1 - 1 / effective_per_case(1 / 3, math.inf if k is None else k) for k in K]


def first_cases(bar, p):
    return cases_for_power(bar, p, 0.8, 0.05)[0]


def certain(N, bar):  # noqa: N803 - the file's word
    assert bar == 0.9
    return one_by_one([False] * N, "estimate"), one_by_one([True] * N, "estimate")


def brier_score(y, p):
    return brier(p, y).mean()


def plain_error(n, bins):
    """The mean error that perfect calibration shows, of confidences from a beta law of 4 and 2."""
    rng = np.random.default_rng(8)
    confidence = rng.beta(4, 2, (200, n))
    right = rng.random((200, n)) < confidence
    samples = zip(confidence, right, strict=True)
    return np.mean([calibration_error(*sample, bins=bins).raw for sample in samples])


def flips(both, first_only, second_only, neither):
    """Cases of one trial, before and after."""
    cases = [both, first_only, second_only, neither]
    return case_drop(np.repeat([1, 1, 0, 0], cases), np.repeat([1, 0, 1, 0], cases))


def dropped(both, first_only, second_only, neither, conf):
    return drop_interval(flips(both, first_only, second_only, neither), conf)


def several_trials(base, new, K):  # noqa: N803 - the file's word
    return case_drop(np.divide(base, K), np.divide(new, K))


def exact_flips(b, c):
    """McNemar's exact test is that of flips, which cases of one trial in documents of one size get."""
    before, after = np.r_[np.ones(b), np.zeros(c + 1)], np.r_[np.zeros(b), np.ones(c), 0]
    pairs = np.repeat(before, 2), np.repeat(after, 2), np.repeat(np.arange(b + c + 1), 2)
    drop = case_drop(*pairs)
    return 2 * min(drop.p_drop, drop.p_rise)


def mid_p(b, c):
    drop = flips(0, b, c, 0)
    return 2 * min(drop.p_drop, drop.p_rise)


def newcombe(x1, n1, x2, n2, conf):
    return difference_interval(Difference(x1 / n1, x2 / n2, partial(wilson, x1, n1), partial(wilson, x2, n2)), conf)


def plain(value, n):
    return Rate(value, n, n, n, n, n, None)


def solved(p, spec, sens):
    judge = error_rates([True, False], [1, 0])
    return rogan_gladen(
        plain(p, 1000), replace(judge, sensitivity=plain(sens, 1000), specificity=plain(spec, 1000))
    ).value


def lang_reiczigel(p, spec, sens, n, m_neg, m_pos, conf):
    return Adjusted(0.5, plain(p, n), plain(sens, m_pos), plain(spec, m_neg)).interval(conf)


def post_stratified_point(Y_labelled, judge_labelled, judge_unlabelled):  # noqa: N803 - the file's words
    passes = sum(judge_labelled) + judge_unlabelled["passes"]
    cases = len(judge_labelled) + sum(judge_unlabelled.values())
    return post_stratified(np.array(judge_labelled, bool), Y_labelled, None, plain(passes / cases, cases)).value


def smokers(x, n):
    found = trend(x, n)
    return found.z**2, found.p


def raters(coefficient, weights="nominal"):
    """Of raters in rows, whose labels are numbers; None where one did not rate."""

    def found(ratings_by_rater):
        values = np.array(ratings_by_rater, dtype=float).T
        least, most = int(np.nanmin(values)), int(np.nanmax(values))
        labels = np.where(np.isnan(values), -1, values - least).astype(int)
        by = relative(np.arange(least, most + 1)) if weights == "ratio" else weights
        return getattr(agreement(labels, categories=most - least + 1, weights=by), coefficient).value

    return found


def relative(values):
    """Krippendorff's metric of ratios, as weights."""
    apart = np.square(np.subtract.outer(values, values) / np.add.outer(values, values))
    return 1 - apart / apart.max()


def items(coefficient):
    """Of how often each item got each label."""
    return lambda table: getattr(agreement_of_counts(table), coefficient).value


def kappa(table):
    return cohen_kappa(table)[0]


def kappa_of_sas(table):
    value, error = cohen_kappa(table)
    half = 1.959964 * error
    return value, error, value - half, value + half


def two_raters(table):
    """Cohen, Scott, AC1, Brennan-Prediger and percent agreement."""
    first, second = np.indices(np.shape(table))
    pairs = np.stack([np.repeat(each.ravel(), np.ravel(table)) for each in (first, second)], axis=1)
    of = agreement(pairs, categories=len(table))
    return [each.value for each in (of.conger, of.fleiss, of.ac, of.brennan_prediger, of.percent)]


#: By pattern of ids.
HELD = {
    "one/wilson/*": shown,
    "one/clopper/*": exact,
    "one/clopper_pearson/*": exact,
    "one/exact/*": exact,
    "one/clopper_upper/*": exact_high,
    "one/rule_of_three/*": exact_high,
    "one/zero_fail/*": lambda bar, conf: zero_miss_cases(bar, 1 - conf),
    "gate/max_fail/*": most_misses_met,
    "gate/false_pass/wilson_25_25": lambda n, p: p_at_least(n, n, p),
    "mult/holm/*": holm,
    "passk/at/*": lambda n, c, k: pass_at_k([c], [n], k)[0],
    "passk/hat/*": lambda n, c, k: pass_hat_k([c], [n], k)[0],
    "cluster/cr0*": clustered_error,
    "cluster/cr1": corrected_error,
    "cluster/shrunk/*": shrunk,
    "miller/varred": variance_saved,
    "power/gate_first_179": first_cases,
    "seq/curtail": certain,
    "quantile/orderstat/*": ranks,
    "quantile/undefined_upper": ranks,
    "quantile/min_n": lambda q: [least_cases_above(each, 0.05) for each in q],
    "brier/*": brier_score,
    "ece/null_bias": plain_error,
    **dict.fromkeys(("paired/*tango", "paired/*tango_1998_VII", "paired/agresti_min_2005"), dropped),
    "paired/mm_tango/*": lambda base, new, K: drop_interval(several_trials(base, new, K), 0.95),  # noqa: N803
    "paired/signflip_exact/*": lambda base, new, K: several_trials(base, new, K).p_drop,  # noqa: N803
    "mcnemar/exact/*": exact_flips,
    "mcnemar/midp/*": mid_p,
    "two/newcombe/*": newcombe,
    "rg/lee2025/point": solved,
    "rg/lee2025/ci2": lang_reiczigel,
    "ppi/poststrat/point": post_stratified_point,
    "drift/prop_trend_smokers": smokers,
    "fleiss/wikipedia": items("fleiss"),
    "fleiss/randolph_fixed/*": items("fleiss"),
    "fleiss/randolph_free/*": items("brennan_prediger"),
    "seed/2of3_*": items("fleiss"),
    "cohen/wikipedia/*": kappa,
    "cohen/sas": kappa_of_sas,
    "krippendorff/*/nominal": raters("alpha"),
    "krippendorff/*/ordinal": raters("alpha", "ordinal"),
    "krippendorff/*/interval": raters("alpha", "quadratic"),
    "krippendorff/*/ratio": raters("alpha", "ratio"),
    "krippendorff/*2": raters("alpha"),
    "gwet/raw4raters/gwet_ac1": raters("ac"),
    "gwet/raw4raters/fleiss": raters("fleiss"),
    "gwet/raw4raters/krippendorff": raters("alpha"),
    "gwet/raw4raters/brennan_prediger": raters("brennan_prediger"),
    "gwet/raw4raters/ac2_ordinal": raters("ac", "ordinal"),
    "gwet/distrib6/fleiss": items("fleiss"),
    "gwet/distrib6/krippendorff": items("alpha"),
    "gwet/abstractors3x3": two_raters,
    "ratio/log_delta": lambda cost, useful: ratio_interval(case_ratio(cost, useful), 0.95),
}

COMPARED = "plans a comparison of two runs: told is how many cases would settle one, none is planned ahead"
DRIFT = "drift over weeks: with monitoring"
#: Methods that the product has not, or has not yet, by pattern of ids.
NOT_HELD = {
    "one/wald/*": "Wald's interval has no width where everything passes; Wilson's is shown",
    "one/asymptotic/*": "Wald's interval",
    "one/wilson_cc/*": "no continuity correction: verdicts rest on exact bounds",
    "one/prop_test_cc/*": "no continuity correction: verdicts rest on exact bounds",
    "one/midp/*": "mid-P does not keep a one-sided error; verdicts rest on exact bounds",
    "one/agresti_coull/*": "Wilson's interval is shown",
    "one/ac/*": "Wilson's interval is shown",
    "one/plus_four/*": "Wilson's interval is shown; of mean scores the plus-two t",
    "one/binom_test/*": "a verdict is one-sided: no two-sided p-value is computed",
    "two/miettinen_nurminen/*": "two samples are compared by their own intervals, which know clusters: Newcombe's",
    **dict.fromkeys(("paired/*newc", "paired/*_m10"), "Tango's interval covers as well, and is narrower (R5)"),
    **dict.fromkeys(("paired/*_bp", "paired/*_wald"), "Tango's interval is shown; Wald's covers 45% at worst"),
    "mcnemar/chi2*": "the same flips are counted out exactly",
    "paired_t/*": "the t alone does not keep its error where scores rarely change; it is guarded",
    "wilcoxon/*": "compares two runs, and is blind to a mean drop of few large losses",
    "miller/n969": COMPARED,
    "miller/mde": COMPARED,
    "miller/deff_ratio": "ratios read from a paper whose data are not at hand: nothing to compute",
    "power/two_prop_*": COMPARED,
    "gwet/raw4raters/conger": "of irrCAC's data, in which another rater rated item 12: held in test_stats_agreement",
    "rg/lee2025/alloc": "labels are drawn evenly of what a judge passed and missed: no pilot is asked for",
    **dict.fromkeys(
        ("ppi/lam*", "ppi/tuned/*"), "post-stratified instead: never above 1, and not 0.7 points too high"
    ),
    "drift/ewma*": DRIFT,
    "mult/bh/*": "the gate corrects by Holm: the share of false findings is no promise to a session",
    "mult/by/*": "the gate corrects by Holm",
    "mult/hochberg/*": "the gate corrects by Holm: Hochberg needs verdicts that do not hang together",
    "cluster/liang1992": "likeness by analysis of variance: its bounds do not hold near a rate of 1",
    "seq/beta_mix_allpass": "evidence rests on a grid of bets",
    "seq/lr_allpass": "evidence rests on a grid of bets",
    "seq/confseq_*": "evidence rests on a grid of bets",
}


def fitting(identity):
    return [pattern for pattern in (*HELD, *NOT_HELD) if fnmatchcase(identity, pattern)]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["id"].replace("::", ":"))
def test_every_known_answer_is_held_or_listed(entry):
    (pattern,) = fitting(entry["id"])
    if pattern in NOT_HELD:
        assert NOT_HELD[pattern]
        return
    found = HELD[pattern](**entry["inputs"])

    expected, tolerance = entry["expected"], entry["tol"]
    if isinstance(expected, list):
        found = list(found)
        assert [each is None for each in found] == [each is None for each in expected]
        found, expected = ([each for each in some if each is not None] for some in (found, expected))
    assert found == pytest.approx(expected, abs=tolerance, rel=0)


@pytest.mark.skipif(not ENTRIES, reason="known_answers.json is not beside the repository")
def test_no_pattern_is_left_over():
    used = {pattern for entry in ENTRIES for pattern in fitting(entry["id"])}
    assert set(HELD) | set(NOT_HELD) == used
    held = [entry for entry in ENTRIES if fitting(entry["id"])[0] in HELD]
    assert len(held) >= 90
