"""What was published of human raters and of judges, from the votes themselves; skipped where these are not at hand.

How votes are paired decides the numbers, and papers hardly say it, so each test does.
"""

import csv
from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm

from pytest_evalbars.stats.agreement import agreement, cohen

DATA = Path(__file__).parents[3] / "shared" / "data"


def read(name):
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{name} is not beside the repository")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# --- PandaLM: three annotators of 999 pairs of answers; 0 a tie, 1 the first, 2 the second ---------------------

ANNOTATORS = ("annotator1", "annotator2", "annotator3")


@pytest.fixture(scope="module")
def pandalm():
    """Votes of the three annotators, shape (999, 3), the majority's label, and the judges' words."""
    rows = read("pandalm_votes.csv")
    votes = np.array([[int(row[who]) for who in ANNOTATORS] for row in rows])
    majority = np.array([np.bincount(each).argmax() for each in votes])
    judges = {judge: [row[judge] for row in rows] for judge in ("judge_gpt35", "judge_pandalm7b")}
    return votes, majority, judges


def right(words, majority, garbage):
    """How often a judge says what the majority says."""
    labels = {"0": 0, "1": 1, "2": 2, "Tie": 0, "garbage": garbage}
    return float(np.mean([labels[word] for word in words] == majority))


def test_annotators_of_pandalm_agree_as_published(pandalm):
    """Cohen's kappa of each two of the three, over all 999 items."""
    votes, _, _ = pandalm
    kappas = [cohen(votes[:, a], votes[:, b], categories=3) for a, b in combinations(range(3), 2)]
    found = agreement(votes, categories=3)

    assert [round(each.value, 2) for each in kappas] == [0.85, 0.88, 0.86]
    assert (found.items, found.raters, found.percent.items) == (999, 3, 999)
    # Conger's kappa is nearly the mean of Cohen's.
    assert found.conger.value == pytest.approx(np.mean([each.value for each in kappas]), abs=1e-3)
    for each in (found.ac, found.alpha, found.fleiss, *kappas):
        low, high = each.interval(0.95)
        assert 0.8 < low < each.value < high < 0.93


def test_every_item_of_pandalm_has_a_majority_of_the_published_labels(pandalm):
    """105 ties, 422 for the first, 472 for the second: no item has three different votes."""
    votes, majority, _ = pandalm

    assert all(len(set(each)) < 3 for each in votes.tolist())
    assert np.bincount(majority).tolist() == [105, 422, 472]


def test_judges_of_pandalm_are_right_as_published(pandalm):
    """Of all 999; of gpt-3.5, 25 answers that are no verdict count as ties in what was published, else as wrong."""
    _, majority, judges = pandalm

    assert round(right(judges["judge_pandalm7b"], majority, garbage=0), 4) == 0.6677
    assert round(right(judges["judge_gpt35"], majority, garbage=0), 4) == 0.7107
    assert round(right(judges["judge_gpt35"], majority, garbage=-1), 4) == 0.6977


# --- MT-Bench: people and GPT-4 on pairs of models -------------------------------------------------------------

TIE = "tie"


@pytest.fixture(scope="module")
def mtbench():
    """Votes by (turn, question, the two models): lists of (who, which model won, or "tie").

    Two people may have seen the two models in another order: a vote is for a model, not for a place. A verdict of
    GPT-4 that changed with the order is a tie.
    """
    votes = defaultdict(list)
    for row in read("mtbench_votes.csv"):
        models = tuple(sorted((row["model_a"], row["model_b"])))
        winner = TIE if row["winner"].startswith(TIE) else row[row["winner"]]
        votes[row["turn"], row["question_id"], models].append((row["judge"], winner))
    return votes


def votes_of(votes, who):
    return [winner for judge, winner in votes if judge.startswith(who)]


@pytest.mark.parametrize(
    ("turn", "ties", "people", "judge"),
    [
        ("1", True, (63, 721), (66, 1343)),
        ("1", False, (81, 479), (85, 859)),
        ("2", True, (67, 707), (66, 1325)),
        ("2", False, (82, 474), (85, 864)),
    ],
)
def test_people_and_gpt4_agree_as_published(mtbench, turn, ties, people, judge):
    """Table 5 of arXiv 2306.05685, percent and votes.

    People are the experts, without the authors. GPT-4's verdict of an item is held against each expert's vote on
    it: as many pairs as expert votes. Of people, each two votes on one item are a pair, so an item with four votes
    counts six times. Without ties, a pair counts where neither vote is one.
    """
    of_people, of_judge = [], []
    for (each_turn, _, _), votes in mtbench.items():
        if each_turn == turn:
            experts, verdicts = votes_of(votes, "expert"), votes_of(votes, "gpt4_pair")
            of_people += combinations(experts, 2)
            of_judge += [(verdict, vote) for verdict in verdicts for vote in experts]

    for pairs, published in ((of_people, people), (of_judge, judge)):
        kept = [pair for pair in pairs if ties or TIE not in pair]
        same = sum(first == second for first, second in kept)
        assert (round(100 * same / len(kept)), len(kept)) == published


def test_an_item_counts_once_in_our_agreement_however_many_voted(mtbench):
    """Published is the mean over pairs; ours is over items, as raters rate items. They hardly differ here."""
    ratings = []
    for (turn, _, models), votes in mtbench.items():
        experts = votes_of(votes, "expert")
        if turn == "1" and experts:
            row = [(*models, TIE).index(vote) for vote in experts]
            ratings.append(row + [-1] * (8 - len(row)))
    found = agreement(ratings, categories=3)
    low, high = found.percent.interval(0.95)

    assert found.items < found.rated == len(ratings)
    assert low < 0.63 < high
    assert 0.3 < found.alpha.bounds(0.05)[0] < found.alpha.value < 0.6
    assert found.ac.p_above(0) <= 0.05


def test_gpt4_changes_its_verdict_with_the_order_as_often_as_published():
    """380 of 2,400 comparisons, both turns."""
    rows = [row for row in read("mtbench_votes.csv") if row["judge"] == "gpt4_pair"]

    assert Counter(row["winner"] for row in rows)["tie (inconsistent)"] == 380
    assert len(rows) == 2400


def test_gpt4_prefers_its_own_answers_more_than_people_do(mtbench):
    """+.1272 [.0953, .1591]: over items of gpt-4 against another model, GPT-4's score less the majority's of people.

    A win of gpt-4 scores 1, a tie .5. People are experts and authors; where no vote has most, it is a tie. The
    interval is the plain normal one over items.
    """
    more = []
    for (_, _, models), votes in mtbench.items():
        people, verdicts = votes_of(votes, ("expert", "author")), votes_of(votes, "gpt4_pair")
        if "gpt-4" in models and people and verdicts:
            (first, most), *others = Counter(people).most_common()
            majority = TIE if others and others[0][1] == most else first
            judge, human = (0.5 if each == TIE else float(each == "gpt-4") for each in (verdicts[0], majority))
            more.append(judge - human)
    mean, half = np.mean(more), norm.ppf(0.975) * np.std(more, ddof=1) / np.sqrt(len(more))

    assert len(more) == 578
    assert [round(float(each), 4) for each in (mean, mean - half, mean + half)] == [0.1272, 0.0953, 0.1591]
