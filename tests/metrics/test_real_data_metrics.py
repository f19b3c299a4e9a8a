"""Metrics of public results that nobody in this project wrote, held against their published figures.

Each number goes through bars and the gate, as a user's would; skipped where the data are absent.
"""

import csv
import math
from collections import Counter, defaultdict
from functools import cache
from math import comb
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import beta, binom
from statsmodels.stats.multitest import multipletests

from pytest_evalbars import Run, decide, load_bars
from pytest_evalbars.stats.effective import rate_interval
from pytest_evalbars.stats.passk import pass_at_k, pass_hat_k
from pytest_evalbars.stats.units import unit_rate

DATA = Path(__file__).parents[3] / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the shared data are not here")


@cache
def read(name):
    with (DATA / name).open(encoding="utf-8") as stream:
        return tuple(csv.DictReader(stream))


def verdicts(rows, *bars):
    """What the gate says of each bar, on each dimension and group."""
    table = [{"name": f"{number} {bar.get('metric', '')}", **bar} for number, bar in enumerate(bars)]
    return decide(Run.from_observations(rows), load_bars({"bar": table})).verdicts


def only(rows, **bar):
    (verdict,) = verdicts(rows, {"at_least": 0, **bar})
    return verdict


# -- tau-bench: 50 tasks, 4 trials each --------------------------------------------------------------------------

PASS_HAT = {1: 0.420, 2: 0.273, 3: 0.220, 4: 0.200}
PASS_AT = {1: 0.420, 2: 0.567, 3: 0.660, 4: 0.720}


def tau():
    return [
        {
            "case": f"task-{row['task_id']}",
            "dimension": "solved",
            "trial": int(row["trial"]),
            "outcome": "pass" if row["reward"] == "1" else "miss",
            "labels": {"category": row["category"]},
            "measures": {"cost_usd": float(row["user_cost"]), "messages": int(row["n_messages"])},
        }
        for row in read("tau_bench_gpt4o_airline.csv")
    ]


def solved():
    """Passes of each task."""
    found = Counter({f"task-{row['task_id']}": 0 for row in read("tau_bench_gpt4o_airline.csv")})
    found.update(row["case"] for row in tau() if row["outcome"] == "pass")
    return np.array(list(found.values()))


@pytest.mark.parametrize("k", PASS_HAT)
def test_tau_bench_passes_all_of_k_attempts_as_published(k):
    verdict = only(tau(), metric=f"pass^{k}", dimension="solved")
    assert verdict.estimate == pytest.approx(PASS_HAT[k], abs=5e-4)
    assert verdict.estimate == pytest.approx(np.mean([comb(c, k) / comb(4, k) for c in solved()]))
    assert (verdict.cases, verdict.trials) == (50, 200)


@pytest.mark.parametrize("k", PASS_AT)
def test_tau_bench_passes_one_of_k_attempts_as_published(k):
    verdict = only(tau(), metric=f"pass@{k}", dimension="solved")
    assert verdict.estimate == pytest.approx(PASS_AT[k], abs=5e-4)
    assert verdict.estimate == pytest.approx(np.mean([1 - comb(4 - c, k) / comb(4, k) for c in solved()]))


def test_one_attempt_of_tau_bench_is_its_pass_rate_whatever_it_is_called():
    names = ("pass_rate", "pass^1", "pass@1")
    estimates = [only(tau(), metric=name, dimension="solved").estimate for name in names]
    assert estimates == pytest.approx([0.42] * 3)


@pytest.mark.parametrize("k", PASS_HAT)
@pytest.mark.parametrize("function", [pass_hat_k, pass_at_k])
def test_intervals_of_tau_bench_rest_on_the_error_between_tasks(function, k):
    """As wide as a normal interval with the standard error over fifty tasks, and not over two hundred trials."""
    values = function(solved(), np.full(50, 4), k)
    error = values.std(ddof=1) / math.sqrt(50)
    if k == 1:
        assert error == pytest.approx(0.0522, abs=5e-5)  # published, clustered by task (CR1)
    name = f"pass{'^' if function is pass_hat_k else '@'}{k}"
    verdict = only(tau(), metric=name, dimension="solved")
    assert verdict.interval == pytest.approx(rate_interval(unit_rate(values), 0.95))
    low, high = verdict.interval
    assert (high - low) / 2 == pytest.approx(1.96 * error, rel=0.08)
    naive = math.sqrt(0.42 * 0.58 / 200)
    assert (high - low) / 2 > 1.96 * naive


def test_tau_bench_that_passes_on_average_does_not_pass_every_time():
    """A bar that its mean over trials could still reach is proven missed as pass^4."""
    average, always = verdicts(
        tau(),
        {"dimension": "solved", "at_least": 0.42},
        {"dimension": "solved", "metric": "pass^4", "at_least": 0.42},
    )
    assert (average.verdict, always.verdict) == ("inconclusive", "missed")


def test_attempts_that_nobody_made_are_no_data():
    verdict = only(tau(), metric="pass^5", dimension="solved")
    assert verdict.verdict == "no data"
    assert "5 trials of each case" in verdict.notes[0]


def test_tasks_of_tau_bench_agree_with_themselves_as_their_passes_say():
    verdict = only(tau(), metric="consistency", dimension="solved")
    agree = [(comb(c, 2) + comb(4 - c, 2)) / comb(4, 2) for c in solved()]
    assert verdict.estimate == pytest.approx(np.mean(agree))
    assert verdict.estimate == pytest.approx(1 - 2 * (0.42 - 0.27333333))


def test_money_and_messages_of_tau_bench_are_means_over_tasks():
    rows = read("tau_bench_gpt4o_airline.csv")
    spent = math.fsum(float(row["user_cost"]) for row in rows)
    cost, useful, messages = verdicts(
        tau(),
        {"metric": "mean_cost", "at_most": 1},
        {"metric": "cost_per_useful", "at_most": 1},
        {"metric": "mean_messages", "at_most": 100},
    )
    assert cost.estimate == pytest.approx(spent / 200)
    assert useful.estimate == pytest.approx(spent / 84)
    assert messages.estimate == pytest.approx(np.mean([int(row["n_messages"]) for row in rows]))
    assert (cost.cases, cost.trials) == (50, 200)


# -- LLMDrift: two models, March and June 2023 -------------------------------------------------------------------

#: Published rates in percent, as they were rounded.
DRIFT = {
    ("prime", "gpt-4"): (84.0, 51.1),
    ("happy", "gpt-4"): (83.6, 35.2),
    ("leetcode_directly_executable", "gpt-4"): (52, 10),
    ("sensitive_answered", "gpt-4"): (21, 5),
    ("happy", "gpt-3.5-turbo"): (30.6, 48.2),
    ("leetcode_directly_executable", "gpt-3.5-turbo"): (22, 2),
    ("sensitive_answered", "gpt-3.5-turbo"): (2, 8),
}
MONTHS = {"0301": "March", "0314": "March", "0613": "June"}


@cache
def drift():
    """A verdict of each answer on its task; a question that was asked again is another trial of its case."""
    asked = Counter()
    found = []
    for row in read("llmdrift.csv"):
        case = f"{row['task']} {row['item']}"
        model, _, version = row["model"].rpartition("-")
        asked[case, row["model"]] += 1
        found.append(
            {
                "case": case,
                "test": row["model"],
                "trial": asked[case, row["model"]] - 1,
                "dimension": row["task"],
                "outcome": "pass" if row["passed"] == "1" else "miss",
                "labels": {"model": model, "month": MONTHS[version]},
                "measures": {
                    "seconds": float(row["latency_s"]),
                    "cost_usd": float(row["cost_usd"]),
                    "answer_chars": int(row["answer_chars"]),
                },
            }
        )
    return found


def monthly(**bar):
    """By dimension, model and month: the verdict."""
    found = verdicts(drift(), {"dimension": "*", "each": ["model", "month"], "at_least": 0, **bar})
    return {(each.dimension, *each.group.split("/")): each for each in found if each.group}


def test_llmdrift_has_its_published_rates_by_task_model_and_month():
    found = monthly()
    assert len(found) == 5 * 2 * 2
    for (task, model), rates in DRIFT.items():
        shown = [100 * found[task, model, month].estimate for month in ("March", "June")]
        # 84.0 was published of 84.1: that many of 1,000 passed.
        assert shown == pytest.approx(rates, abs=0.11)


def test_what_drifted_is_proven_and_what_did_not_is_not():
    """June is held against March's published rate: each fall is proven, in the family of all twenty slices."""
    for (task, model), (before, after) in DRIFT.items():
        bar = {"dimension": task, "labels": {"model": model}, "each": "month", "at_least": before / 100 - 0.02}
        by_month = {each.group: each for each in verdicts(drift(), bar)}
        assert by_month["March"].verdict != "missed"
        assert (by_month["June"].verdict == "missed") == (after < before)


@pytest.mark.parametrize("month", ["March", "June"])
@pytest.mark.parametrize("model", ["gpt-4", "gpt-3.5-turbo"])
def test_bounds_of_llmdrift_are_the_exact_binomial_where_each_question_was_asked_once(model, month):
    found = monthly()
    for task in ("prime", "happy", "leetcode_directly_executable", "sensitive_answered"):
        verdict = found[task, model, month]
        passes, total = round(verdict.estimate * verdict.trials), verdict.trials
        assert verdict.cases == total
        assert verdict.low == pytest.approx(beta.ppf(0.05, passes, total - passes + 1))
        assert verdict.high == pytest.approx(beta.ppf(0.95, passes + 1, total - passes))


def answers(task, model, column):
    """By question: what its answers measured."""
    found = defaultdict(list)
    for row in read("llmdrift.csv"):
        if row["task"] == task and row["model"] == model:
            found[row["item"]].append(float(row[column]))
    return found


@pytest.mark.parametrize(
    ("metric", "column"),
    [("mean_seconds", "latency_s"), ("mean_cost", "cost_usd"), ("mean_answer_chars", "answer_chars")],
)
def test_time_money_and_length_of_llmdrift_are_means_over_questions(metric, column):
    found = monthly(metric=metric)
    for name in {row["model"] for row in read("llmdrift.csv")}:
        model, _, version = name.rpartition("-")
        for task in ("prime", "happy", "opinion_answered", "leetcode_directly_executable", "sensitive_answered"):
            verdict = found[task, model, MONTHS[version]]
            means = [np.mean(values) for values in answers(task, name, column).values()]
            assert verdict.estimate == pytest.approx(np.mean(means))
            assert verdict.cases == len(means)
            assert verdict.low < verdict.estimate < verdict.high


def test_answers_on_primes_drifted_from_638_characters_to_4_and_a_bar_would_have_said_so():
    bar = {"dimension": "prime", "labels": {"model": "gpt-4"}, "each": "month", "metric": "mean_answer_chars"}
    by_month = {each.group: each for each in verdicts(drift(), {**bar, "at_least": 500})}
    assert [round(by_month[month].estimate) for month in ("March", "June")] == [638, 4]
    assert (by_month["March"].verdict, by_month["June"].verdict) == ("met", "missed")


@pytest.mark.parametrize("q", [50, 95])
def test_latencies_of_llmdrift_are_held_by_exact_ranks(q):
    found = monthly(metric=f"p{q}_latency")
    names = {row["model"] for row in read("llmdrift.csv")}
    for (task, model, month), verdict in found.items():
        if task == "opinion_answered":  # some of its questions were asked twice
            continue
        (name,) = (each for each in names if each.startswith(model) and MONTHS[each.rpartition("-")[2]] == month)
        seconds = np.sort([value for (value,) in answers(task, name, "latency_s").values()])
        n = len(seconds)
        assert verdict.estimate == seconds[math.ceil(q / 100 * n) - 1]
        rank = int(binom.ppf(0.95, n, q / 100)) + 1  # the least rank that is below the quantile in 5 of 100 samples
        assert verdict.high == (seconds[rank - 1] if rank <= n else math.inf)


def test_a_share_within_a_limit_is_a_rate_as_any_other():
    found = monthly(metric="latency <= 10")
    verdict = found["happy", "gpt-4", "June"]
    seconds = [value for (value,) in answers("happy", "gpt-4-0613", "latency_s").values()]
    within = sum(value <= 10 for value in seconds)
    assert verdict.estimate == within / 500
    assert verdict.low == pytest.approx(beta.ppf(0.05, within, 500 - within + 1))


# -- banking77: 77 intents of 40 ---------------------------------------------------------------------------------

#: Accuracy and macro-F1 of each classifier.
PUBLISHED = {"nb": (0.7886, 0.7731), "logreg": (0.8938, 0.8942), "svm": (0.9062, 0.9059)}


@cache
def intents(system):
    return tuple(
        {
            "case": row["item"],
            "dimension": "routing",
            "outcome": "pass" if row["gold"] == row[f"pred_{system}"] else "miss",
            "labels": {"category": row["gold"]},
            "prediction": {"expected": row["gold"], "predicted": row[f"pred_{system}"]},
        }
        for row in read("banking77_predictions.csv")
    )


def matrix(system):
    """Cases by gold class and prediction, and the names of the classes."""
    rows = read("banking77_predictions.csv")
    names = sorted({row["gold"] for row in rows})
    found = np.zeros((len(names), len(names)), int)
    for row in rows:
        found[names.index(row["gold"]), names.index(row[f"pred_{system}"])] += 1
    return found, names


@pytest.mark.parametrize("system", PUBLISHED)
def test_banking77_has_its_accuracy_and_its_macro_averages(system):
    accuracy, macro_f1 = PUBLISHED[system]
    found = {each.spec.metric: each for each in verdicts(
        intents(system),
        {"dimension": "routing", "at_least": 0.5},
        *({"metric": f"macro_{name}", "at_least": 0.5} for name in ("recall", "precision", "f1")),
    )}  # fmt: skip
    assert found["pass_rate"].estimate == pytest.approx(accuracy, abs=5e-5)
    assert found["macro_f1"].estimate == pytest.approx(macro_f1, abs=5e-5)
    # With as many cases of each class, macro recall is accuracy.
    assert found["macro_recall"].estimate == pytest.approx(found["pass_rate"].estimate)
    counts, _ = matrix(system)
    right, given = np.diag(counts), counts.sum(axis=0)
    # A class that is never predicted has no precision, and is left out of its mean.
    assert found["macro_precision"].estimate == pytest.approx((right[given > 0] / given[given > 0]).mean())
    for name in ("macro_recall", "macro_precision", "macro_f1"):
        assert found[name].low < found[name].estimate < found[name].high


@pytest.mark.parametrize("system", PUBLISHED)
def test_every_intent_has_its_rates(system):
    counts, names = matrix(system)
    right, true, given = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
    other = counts.sum() - true
    expected = {
        "recall": right / true,
        "false_negative_rate": 1 - right / true,
        "precision": right / np.where(given, given, np.nan),
        "false_positive_rate": (given - right) / other,
    }
    for metric, values in expected.items():
        found = verdicts(intents(system), {"metric": metric, "each": "class", "at_least": 0})
        assert [each.group for each in found] == names
        shown = [math.nan if each.estimate is None else each.estimate for each in found]
        assert shown == pytest.approx(list(values), nan_ok=True)


@pytest.mark.parametrize(
    "system", ["svm", *(pytest.param(name, marks=pytest.mark.slow) for name in ("logreg", "nb"))]
)
def test_77_classes_are_77_categories_and_are_corrected_alike(system):
    """Each = "class" of recall says what each = "category" of the pass rate does: 77 exact tests under Holm.

    By category there is a whole too, so the groups have half of the error; by class they are alone and have it all.
    """
    by_class = verdicts(intents(system), {"metric": "recall", "each": "class", "at_least": 0.89})
    whole, *by_category = verdicts(intents(system), {"dimension": "routing", "each": "category", "at_least": 0.89})
    assert [each.group for each in by_class] == [each.group for each in by_category]
    assert [each.estimate for each in by_class] == [each.estimate for each in by_category]
    assert {each.cases for each in (*by_class, *by_category)} == {40}
    p = [binom.cdf(round(40 * each.estimate), 40, 0.89) for each in by_class]
    holm = multipletests(p, method="holm")[1]
    assert [each.p_missed for each in by_class] == pytest.approx(list(holm))
    assert [each.p_missed for each in by_category] == pytest.approx(list(np.minimum(1, 2 * holm)))
    assert [each.verdict == "missed" for each in by_class] == [value < 0.05 for value in holm]
    assert whole.cases == 3080
    alone = sum(value < 0.05 for value in p)
    assert sum(each.verdict == "missed" for each in by_class) < alone


def test_a_class_that_was_never_predicted_has_recall_0_and_no_precision():
    bar = {"class": "virtual_card_not_working", "at_least": 0.5}
    recall, precision = verdicts(intents("nb"), {**bar, "metric": "recall"}, {**bar, "metric": "precision"})
    assert (recall.estimate, recall.cases, recall.verdict) == (0, 40, "missed")
    assert (precision.estimate, precision.verdict) == (None, "no data")
    assert "nothing was predicted to be of this class" in precision.notes[0]
