"""Every metric's number against one computed by hand, and the words that follow from it."""

import math
from fractions import Fraction

import numpy as np
import pytest
from metric_rows import gate, only, predicted, row, tried
from scipy.stats import binom

from pytest_evalbars.errors import BarsError
from pytest_evalbars.metrics.registry import BUILT_IN

ALPHA = 0.05


def low_of(passes, total):
    """The exact lower bound of a rate, by search."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if binom.sf(passes - 1, total, middle) > ALPHA else (middle, high)
    return low


# -- verdicts -------------------------------------------------------------------------------------


def test_miss_rate_is_the_pass_rate_in_the_mirror():
    for passes in range(0, 61, 5):
        rows = tried([1] * passes + [0] * (60 - passes), 1)
        one, other = only(rows, "miss_rate", at_most=0.15), only(rows, at_least=0.85)
        assert one.estimate == pytest.approx(1 - passes / 60)
        assert (one.verdict, one.needed, one.cases) == (other.verdict, other.needed, other.cases)
        assert (one.low, one.high) == pytest.approx((1 - other.high, 1 - other.low))
        assert one.p_missed == pytest.approx(other.p_missed)


def test_mean_score_is_the_mean_over_cases_of_each_cases_mean():
    scores = [[0.2, 0.4], [1.0], [0.5, 0.6, 0.7]]
    rows = [
        row(f"c{n}", trial=trial, score=score) for n, each in enumerate(scores) for trial, score in enumerate(each)
    ]
    verdict = only(rows, "mean_score", at_least=0.1)
    assert verdict.estimate == pytest.approx((0.3 + 1 + 0.6) / 3)
    assert (verdict.cases, verdict.trials) == (3, 6)


def test_error_rate_counts_errors_of_all_trials_once():
    """A trial that is judged on two dimensions is one trial; an error on either is an error."""
    rows = []
    for n in range(40):
        outcomes = {"accuracy": "error" if n in (1, 2) else "pass", "tone": "error" if n in (2, 3) else "miss"}
        rows += [row(f"c{n}", outcome, dimension=name) for name, outcome in outcomes.items()]
    rows += [row(f"s{n}", "skipped", dimension=name) for n in range(5) for name in ("accuracy", "tone")]
    (verdict,) = gate(rows, {"metric": "error_rate", "at_most": 0.2}, max_errors=10).verdicts
    assert (verdict.dimension, verdict.cases, verdict.trials, verdict.skipped) == (None, 40, 40, 5)
    assert verdict.estimate == pytest.approx(3 / 40)
    assert verdict.unjudged == 0  # an error is what it counts, and so is known
    assert verdict.verdict == "met"
    assert only(rows, "error_rate", dimension="tone", at_most=0.2).estimate == pytest.approx(2 / 40)
    assert only(rows, "error_rate", at_most=0.01).verdict == "missed"
    assert only([row("a", "skipped")], "error_rate", at_most=0.01).verdict == "no data"


def test_error_rate_alone_leaves_misses_to_stand_for_themselves():
    decision = gate([row("a", "miss")], {"metric": "error_rate", "at_most": 0.5})
    assert [each.case for each in decision.standing] == ["a"]


# -- repeated trials -------------------------------------------------------------------------------------

COUNTS = [3] * 20 + [2] * 6 + [1] * 3 + [0]


def chance(of_case):
    return float(sum(map(Fraction, map(of_case, COUNTS))) / len(COUNTS))


@pytest.mark.parametrize("k", [1, 2, 3])
def test_pass_at_k_and_pass_hat_k_without_bias(k):
    rows = tried(COUNTS, 3)
    one = only(rows, f"pass@{k}", at_least=0.5)
    assert one.estimate == pytest.approx(chance(lambda c: 1 - Fraction(math.comb(3 - c, k), math.comb(3, k))))
    other = only(rows, f"pass^{k}", at_least=0.1)
    assert other.estimate == pytest.approx(chance(lambda c: Fraction(math.comb(c, k), math.comb(3, k))))
    assert (one.verdict, other.verdict, one.cases, one.trials) == ("met", "met", 30, 90)
    assert only(rows, f"pass^{k}", at_least=0.99).verdict == "missed"
    assert only(rows, f"pass@{k}", at_most=0.5).verdict == "missed"


def test_consistency_is_the_chance_that_two_trials_agree():
    rows = tried(COUNTS, 3)
    pairs = {3: 1, 2: Fraction(1, 3), 1: Fraction(1, 3), 0: 1}
    verdict = only(rows, "consistency", at_least=0.5)
    assert verdict.estimate == pytest.approx(chance(pairs.get))
    assert verdict.verdict == "met"


@pytest.mark.parametrize("metric", ["pass@4", "pass^4", "pass@100"])
def test_k_larger_than_the_trials_is_no_data_that_says_what_to_do(metric):
    decision = gate(tried(COUNTS, 3), {"metric": metric, "at_least": 0.1})
    (verdict,) = decision.verdicts
    k = metric[5:]
    assert (verdict.verdict, decision.exit_code) == ("no data", 10)
    assert verdict.notes[0] == (
        f"{metric} needs {k} trials of each case, and 30 of 30 cases have fewer (c000, c001, c002 ...); "
        f"run them with --evalbars-trials={k} or more"
    )


def test_one_short_case_is_named():
    rows = [*tried([3, 3], 3), row("short", trial=0), row("short", trial=1)]
    verdict = only(rows, "pass^3", at_least=0.1)
    assert "1 of 3 cases has fewer (short);" in verdict.notes[0]


def test_consistency_of_single_trials_is_no_data():
    verdict = only(tried([1, 0], 1), "consistency", at_least=0.5)
    assert verdict.verdict == "no data"
    assert "consistency needs 2 trials of each case" in verdict.notes[0]


@pytest.mark.parametrize("name", ["pass@0", "pass^0", "pass@-1", "pass@1.5", "pass@", "pass@k", "pass@01"])
def test_k_that_makes_no_sense_is_no_metric(name):
    with pytest.raises(BarsError, match="is not a metric; did you mean"):
        only([row("a")], name, at_least=0.5)


# -- measures -------------------------------------------------------------------------------------


def timed(values, **more):
    return [row(f"c{n:03}", seconds=value, **more) for n, value in enumerate(values)]


def test_quantiles_are_order_statistics_with_exact_ranks():
    values = [float(n) for n in range(1, 121)]
    np.random.default_rng(7).shuffle(values)
    verdict = only(timed(values), "p95_latency", at_most=121)
    assert verdict.estimate == 114  # the smallest with 95% of 120 at or below
    high = next(r for r in range(1, 121) if binom.cdf(r - 1, 120, 0.95) >= 0.95)
    low = max(r for r in range(1, 121) if binom.sf(r - 1, 120, 0.95) >= 0.95)
    assert (verdict.low, verdict.high) == (low, high)
    assert verdict.verdict == "met"
    assert only(timed(values), "p95_latency", at_most=high).verdict == "met"
    assert only(timed(values), "p95_latency", at_most=high - 1).verdict == "inconclusive"
    assert only(timed(values), "p95_latency", at_most=low).verdict == "inconclusive"
    assert only(timed(values), "p95_latency", at_most=low - 1).verdict == "missed"
    assert only(timed(values), "p50_seconds", at_most=40).verdict == "missed"
    assert only(timed(values), "p50_seconds", at_least=40).verdict == "met"


def test_a_quantile_without_a_bound_says_how_many_cases_it_takes():
    values = [float(n) for n in range(1, 121)]
    verdict = only(timed(values), "p99_latency", at_most=500)
    assert (verdict.verdict, verdict.estimate, verdict.high) == ("inconclusive", 119, math.inf)
    assert "p99: no upper bound at n = 120; 299 needed" in verdict.notes
    assert verdict.needed == 299
    assert verdict.to_json()["high"] is None
    verdict = only(timed(values), "p01_latency", at_least=0.5)
    assert "p01: no lower bound at n = 120; 299 needed" in verdict.notes
    assert only(timed([1.0] * 298), "p99_latency", at_most=500).verdict == "inconclusive"
    assert only(timed([1.0] * 299), "p99_latency", at_most=500).verdict == "met"


def test_a_quantile_that_is_proven_missed_needs_no_upper_bound():
    verdict = only(timed([float(n) for n in range(1, 21)]), "p99_latency", at_most=5)
    assert verdict.verdict == "missed"


def test_a_limit_makes_a_proportion():
    values = [0.5] * 55 + [2.0] * 3 + [2.5] * 2
    verdict = only(timed(values), "latency <= 2", at_least=0.8)
    assert (verdict.estimate, verdict.verdict) == (pytest.approx(58 / 60), "met")
    assert verdict.low == pytest.approx(low_of(58, 60))
    assert only(timed(values), "seconds<=1.99", at_least=0.8).estimate == pytest.approx(55 / 60)
    assert only(timed(values), "latency >= 2", at_most=0.5).estimate == pytest.approx(5 / 60)
    assert only(timed(values), "latency <= 2e-1", at_most=0.5).estimate == 0


def test_mean_amounts_and_both_kinds_of_tokens():
    rows = [row(f"c{n}", tokens_in=100 + n, tokens_out=n, hops=n / 2) for n in range(30)]
    rows += [row("in-only", tokens_in=115), row("out-only", tokens_out=29)]
    verdict = only(rows, "mean_tokens", at_most=1000)
    assert verdict.estimate == pytest.approx((sum(100 + 2 * n for n in range(30)) + 115 + 29) / 32)
    assert (verdict.verdict, verdict.cases) == ("met", 32)
    verdict = only(rows, "mean_hops", at_most=1000)
    assert (verdict.estimate, verdict.cases, verdict.unjudged) == (pytest.approx(7.25), 30, 2)
    assert only(rows, "mean_tokens_in", at_least=90).unjudged == 1
    assert only(rows[:30], "mean_tokens_in", at_least=90).verdict == "met"
    assert only(rows[:30], "mean_tokens_in", at_most=90).verdict == "missed"


def test_cost_per_useful_is_what_is_spent_for_each_pass():
    rows = [row(f"c{n:02}", "pass" if n % 4 else "miss", cost_usd=0.01 + n / 10_000) for n in range(60)]
    verdict = only(rows, "cost_per_useful", at_most=1)
    assert verdict.estimate == pytest.approx(sum(0.01 + n / 10_000 for n in range(60)) / 45)
    assert (verdict.verdict, verdict.dimension, verdict.cases) == ("met", None, 60)
    assert verdict.low < verdict.estimate < verdict.high
    assert only(rows, "cost_per_useful", at_most=0.01).verdict == "missed"


def test_a_trial_is_useful_only_if_it_passes_on_all_dimensions():
    rows = []
    for n in range(40):
        rows += [
            row(f"c{n}", cost_usd=1.0),
            row(f"c{n}", "pass" if n < 30 else "miss", dimension="tone", cost_usd=1.0),
        ]
    assert only(rows, "cost_per_useful", at_most=9).estimate == pytest.approx(40 / 30)
    assert only(rows, "cost_per_useful", dimension="accuracy", at_most=9).estimate == pytest.approx(1)


def test_nothing_useful_costs_endlessly():
    rows = [row(f"c{n}", "miss", cost_usd=1.0) for n in range(40)]
    verdict = only(rows, "cost_per_useful", at_most=9)
    assert verdict.estimate == math.inf
    assert verdict.verdict in ("missed", "inconclusive")
    assert verdict.to_json()["estimate"] is None


@pytest.mark.parametrize(
    ("metric", "measure"),
    [
        ("p95_latency", "seconds"),
        ("latency <= 2", "seconds"),
        ("mean_hops", "hops"),
        ("cost_per_useful", "cost_usd"),
        ("p50_tokens", "tokens"),
        ("mean_cost", "cost_usd"),
        ("hops >= 3", "hops"),
    ],
)
def test_a_measurement_that_no_case_gives_is_no_data_that_says_so(metric, measure):
    decision = gate([row(f"c{n}", other=1.0) for n in range(20)], {"metric": metric, "at_least": 0.5})
    (verdict,) = decision.verdicts
    assert (verdict.verdict, decision.exit_code, verdict.cases) == ("no data", 10, 0)
    assert verdict.notes[0].startswith(f"no trial measures {measure}; say evalcase.measure(")
    assert ("litellm.register_model" in verdict.notes[0]) == (measure == "cost_usd")


@pytest.mark.parametrize("metric", ["mean_depth", "p50_depth", "depth <= 3", "mean_seconds"])
def test_negative_measures_of_ones_own_never_break_the_gate(metric):
    rows = [row(f"c{n}", depth=n - 5.0, seconds=n - 5.0) for n in range(30)]
    (verdict,) = gate(rows, {"metric": metric, "at_least": 0.01}).verdicts
    if metric.startswith("mean"):
        assert verdict.verdict == "no data"
        assert "from 0 up" in verdict.notes[0]
        assert "-5" in verdict.notes[0]
    else:
        assert verdict.verdict == "met"


def test_huge_and_tiny_amounts_never_break_the_gate():
    for values in ([1e308] * 30, [5e-324] * 30, [0.0] * 30, [0.0] * 29 + [1e300]):
        for metric in ("mean_hops", "p50_hops", "p95_hops", "hops <= 3"):
            rows = [row(f"c{n}", hops=value) for n, value in enumerate(values)]
            for limit in ("at_least", "at_most"):
                verdict = only(rows, metric, **{limit: 0.5})
                too_large = metric == "mean_hops" and max(values) > 1e100
                assert (verdict.verdict == "no data") == too_large, (values[-1], metric, limit)


# -- guardrails and refusals -------------------------------------------------------------------------------------


def guarded():
    """100 trials: 10 stopped before, 5 after, 20 rewritten after, 65 let through; of the last two 80 pass."""
    rows = []
    for n in range(100):
        pre = "block" if n < 10 else "pass"
        more = {} if n < 10 else {"post": "block" if n < 15 else "rewrite" if n < 35 else "pass"}
        rows.append(row(f"c{n:03}", "miss" if n < 10 or n >= 95 else "pass", guardrail={"pre": pre, **more}))
    return rows


@pytest.mark.parametrize(
    ("metric", "value", "cases"),
    [
        ("coverage", 85 / 100, 100),
        ("coverage_pre", 90 / 100, 100),
        ("coverage_post", 85 / 90, 90),
        ("answered_pass_rate", 80 / 85, 85),
        ("effective_pass_rate", 80 / 100, 100),
        ("pass_rate", 85 / 100, 100),
    ],
)
def test_coverage_and_what_is_left_of_quality(metric, value, cases):
    verdict = only(guarded(), metric, at_least=0.5)
    assert (verdict.estimate, verdict.cases, verdict.verdict) == (pytest.approx(value), cases, "met")
    assert verdict.low == pytest.approx(low_of(round(value * cases), cases))
    assert only(guarded(), metric, at_least=0.99).verdict == "missed"


def test_guardrails_said_by_some_trials_only_leave_the_others_open():
    rows = [*guarded(), row("silent")]
    assert only(rows, "coverage", at_least=0.5).unjudged == 1
    verdict = only(rows, "answered_pass_rate", at_least=0.5)
    assert (verdict.cases, verdict.unjudged) == (86, 0)  # what no guardrail touched was answered


@pytest.mark.parametrize("metric", ["coverage", "coverage_pre", "coverage_post"])
def test_no_guardrails_at_all_is_no_data(metric):
    verdict = only([row(f"c{n}") for n in range(20)], metric, at_least=0.5)
    assert verdict.verdict == "no data"
    assert "guardrail" in verdict.notes[0]


def test_everything_blocked():
    rows = [row(f"c{n}", "miss", guardrail={"pre": "block"}) for n in range(40)]
    assert only(rows, "coverage", at_least=0.5).verdict == "missed"
    assert only(rows, "effective_pass_rate", at_least=0.5).verdict == "missed"
    verdict = only(rows, "answered_pass_rate", at_least=0.5)
    assert (verdict.verdict, verdict.notes) == ("no data", ("every judged trial was blocked",))
    assert only(rows, "coverage_post", at_least=0.5).verdict == "no data"


# -- classes -------------------------------------------------------------------------------------

CONFUSION = [
    ("a", "a", 40),
    ("a", "b", 10),
    ("b", "b", 20),
    ("b", "a", 4),
    ("b", "c", 1),
    ("c", "c", 15),
    ("c", "a", 10),
]
TRUE = {"a": 50, "b": 25, "c": 25}
GIVEN = {"a": 54, "b": 30, "c": 16}
RIGHT = {"a": 40, "b": 20, "c": 15}


@pytest.mark.parametrize("name", ["a", "b", "c"])
def test_rates_of_one_class(name):
    rows = predicted(*CONFUSION)
    hand = {
        "recall": (RIGHT[name], TRUE[name]),
        "false_negative_rate": (TRUE[name] - RIGHT[name], TRUE[name]),
        "precision": (RIGHT[name], GIVEN[name]),
        "false_positive_rate": (GIVEN[name] - RIGHT[name], 100 - TRUE[name]),
    }
    for metric, (top, bottom) in hand.items():
        verdict = only(rows, metric, **{"class": name}, at_least=0.01)
        assert verdict.estimate == pytest.approx(top / bottom), metric
        assert (verdict.cases, verdict.group) == (bottom, None), metric
        assert verdict.low == pytest.approx(low_of(top, bottom)), metric


def test_each_class_is_a_verdict_of_its_own_and_there_is_no_whole():
    decision = gate(predicted(*CONFUSION), {"metric": "recall", "each": "class", "at_least": 0.75})
    assert [(each.group, each.estimate, each.dimension) for each in decision.verdicts] == [
        ("a", pytest.approx(0.8), None),
        ("b", pytest.approx(0.8), None),
        ("c", pytest.approx(0.6), None),
    ]
    assert [each.name for each in decision.verdicts] == ["recall[a]", "recall[b]", "recall[c]"]


def test_the_minority_class_is_the_one_proven_missed():
    rows = predicted(("big", "big", 460), ("big", "other", 10), ("refunds", "refunds", 14), ("refunds", "big", 16))
    decision = gate(
        rows,
        {"dimension": "accuracy", "at_least": 0.88},
        {"metric": "recall", "each": "class", "at_least": 0.8},
    )
    assert {(each.bar, each.group): each.verdict for each in decision.verdicts} == {
        ("pass_rate:accuracy", None): "met",
        ("recall", "big"): "met",
        ("recall", "refunds"): "missed",
    }
    assert decision.exit_code == 1


def test_each_class_within_each_label():
    rows = [
        {**each, "labels": {"language": "es" if n % 2 else "de"}}
        for n, each in enumerate(predicted(("a", "a", 20), ("b", "b", 10)))
    ]
    decision = gate(rows, {"metric": "recall", "each": ["language", "class"], "at_least": 0.1})
    assert [each.group for each in decision.verdicts] == ["de/a", "de/b", "es/a", "es/b"]
    decision = gate(rows, {"metric": "recall", "each": ["class", "language"], "at_least": 0.1})
    assert [each.group for each in decision.verdicts] == ["a/de", "b/de", "a/es", "b/es"]


@pytest.mark.parametrize("metric", ["macro_recall", "macro_precision", "macro_f1"])
def test_means_over_classes(metric):
    recall, precision = ({name: RIGHT[name] / of[name] for name in TRUE} for of in (TRUE, GIVEN))
    f1 = {name: 2 * RIGHT[name] / (TRUE[name] + GIVEN[name]) for name in TRUE}
    hand = {"macro_recall": recall, "macro_precision": precision, "macro_f1": f1}[metric]
    verdict = only(predicted(*CONFUSION), metric, at_least=0.1)
    assert verdict.estimate == pytest.approx(sum(hand.values()) / 3)
    assert (verdict.verdict, verdict.cases) == ("met", 100)
    assert only(predicted(*CONFUSION), metric, at_least=0.99).verdict == "missed"


def test_a_class_that_no_case_has_is_no_data_with_a_hint():
    decision = gate(predicted(("a", "a", 9)), {"metric": "recall", "class": "A", "at_least": 0.5})
    assert (decision.verdicts[0].verdict, decision.exit_code) == ("no data", 10)
    assert decision.verdicts[0].notes[0].startswith('no case expects or predicts the class "A"')
    rows = predicted(("refunds", "refunds", 9), ("billing", "billing", 9))
    verdict = only(rows, "recall", **{"class": "refund"}, at_least=0.5)
    assert verdict.notes[0] == 'no case expects or predicts the class "refund"; did you mean "refunds"?'


def test_a_class_only_predicted_and_one_only_expected():
    rows = predicted(("a", "a", 9), ("a", "ghost", 2), ("never", "a", 3))
    assert only(rows, "recall", **{"class": "ghost"}, at_least=0.5).notes == ("no case is of this class",)
    assert only(rows, "precision", **{"class": "ghost"}, at_least=0.5).estimate == 0
    verdict = only(rows, "precision", **{"class": "never"}, at_least=0.5)
    assert verdict.notes == ("nothing was predicted to be of this class",)
    assert only(rows, "recall", **{"class": "never"}, at_least=0.5).estimate == 0
    verdict = only(predicted(("a", "a", 9)), "false_positive_rate", **{"class": "a"}, at_most=0.5)
    assert verdict.notes == ("every case is of this class",)


@pytest.mark.parametrize("metric", [kind.name for kind in BUILT_IN if kind.of == "predictions"])
@pytest.mark.parametrize("how", ["class", "each"])
def test_no_predictions_at_all_is_no_data(metric, how):
    takes = metric in ("recall", "precision", "false_positive_rate", "false_negative_rate")
    if not takes and how == "each":
        pytest.skip("it takes no class")
    asks = {"class": "a"} if how == "class" else {"each": "class"}
    decision = gate([row(f"c{n}") for n in range(20)], {"metric": metric, "at_least": 0.5, **(asks if takes else {})})
    assert [each.verdict for each in decision.verdicts] == ["no data"]
    assert decision.exit_code == 10
    assert "evalcase.predict(" in decision.verdicts[0].notes[0]


# -- confidence -------------------------------------------------------------------------------------


def sure(triples):
    """One-shot cases: (confidence, right, how many)."""
    rows = []
    for confidence, right, number in triples:
        for _ in range(number):
            said = {"expected": "a", "predicted": "a" if right else "b", "confidence": confidence}
            rows.append(row(f"c{len(rows):03}", "pass" if right else "miss", prediction=said))
    return rows


SURE = sure([(0.9, True, 40), (0.9, False, 20), (0.6, True, 30), (0.6, False, 10)])


def test_brier_and_over_and_underconfidence():
    brier = (40 * 0.01 + 20 * 0.81 + 30 * 0.16 + 10 * 0.36) / 100
    over = (60 * 0.9 + 40 * 0.6) / 100 - 0.7
    verdict = only(SURE, "brier", at_most=0.5)
    assert (verdict.estimate, verdict.verdict, verdict.cases) == (pytest.approx(brier), "met", 100)
    assert only(SURE, "overconfidence", at_most=0.5).estimate == pytest.approx(over)
    assert only(SURE, "underconfidence", at_most=0.5).estimate == pytest.approx(-over)
    assert only(SURE, "brier", at_most=0.01).verdict == "missed"
    assert only(SURE, "overconfidence", at_most=0.5).verdict == "met"


def test_predictions_without_confidence_are_no_data_for_calibration():
    for metric in ("brier", "overconfidence", "underconfidence", "calibration_error"):
        verdict = only(predicted(*CONFUSION), metric, at_most=0.5)
        assert verdict.verdict == "no data"
        assert "confidence=" in verdict.notes[0]


# -- words -------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", ["testing", "launch"])
@pytest.mark.parametrize(
    ("passes", "word", "testing", "launch"),
    [(60, "met", 0, 0), (10, "missed", 1, 1), (48, "inconclusive", 0, 10), (None, "no data", 10, 10)],
)
def test_words_and_exit_codes(stage, passes, word, testing, launch):
    rows = [row("a", "skipped")] if passes is None else tried([1] * passes + [0] * (60 - passes), 1)
    bar = {"metric": "miss_rate", "dimension": "accuracy", "at_most": 0.2}
    decision = gate(rows, bar, stage=stage)
    assert decision.verdicts[0].verdict == word
    assert decision.exit_code == (testing if stage == "testing" else launch)


def test_zero_tolerance_is_proven_by_no_number_of_cases_but_an_estimate_holds():
    rows = tried([1] * 60, 1)
    assert only(rows, "miss_rate", at_most=0).verdict == "inconclusive"
    assert only(rows, "miss_rate", at_most=0, rule="estimate").verdict == "met"
    assert only(tried([1] * 59 + [0], 1), "miss_rate", at_most=0).verdict == "missed"
    assert only(tried([1] * 59 + [0], 1), "miss_rate", at_most=0, rule="estimate").verdict == "missed"
