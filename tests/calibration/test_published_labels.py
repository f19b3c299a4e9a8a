"""Human labels that others published, as a labels file: the command says the agreement that they say."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import pytest
from labelled import File, calibrated, said

DATA = Path(__file__).parents[3] / "shared" / "data"
PAIR = {"levels": ("first", "tie", "second"), "passing": ("first", "tie")}


def read(name):
    if not (DATA / name).exists():
        pytest.skip("the published labels are not here")
    return list(csv.DictReader((DATA / name).read_text().splitlines()))


def pair(word):
    return said(word, passed=word != "second")


@pytest.fixture
def pandalm(suite):
    words = {"0": "tie", "1": "first", "2": "second", "Tie": "tie", "garbage": "tie"}

    def write(judge):
        rows, labels = read("pandalm_votes.csv"), File("preference", **PAIR)
        labels.review([row["idx"] for row in rows])
        for row in rows:
            people = {f"annotator{n}": words[row[f"annotator{n}"]] for n in (1, 2, 3)}
            labels.item(row["idx"], pair(words[row[judge]]), review="r-1", **people)
        labels.write(suite)
        outcome, found = calibrated(suite)
        assert outcome.exit == 0
        return found["dimensions"][0]

    return write


def test_pandalm(pandalm):
    found = pandalm("judge_pandalm7b")
    raters, (judge,) = found["raters"], found["judges"]

    kappas = {tuple(each["raters"]): round(each["kappa"]["value"], 2) for each in raters["kappas"]}
    assert list(kappas.values()) == [0.85, 0.88, 0.86]
    assert raters["grade"] == "good"
    assert (raters["labelled"], raters["items"], raters["pairs"]["of"]) == (999, 999, 2997)
    assert round(judge["words"]["same"] / judge["words"]["of"], 4) == 0.6677
    row = judge["confusion"].values()
    assert [sum(each.get(word, 0) for each in row) for word in ("tie", "first", "second")] == [105, 422, 472]


def test_pandalm_with_the_other_judge(pandalm):
    (judge,) = pandalm("judge_gpt35")["judges"]
    assert round(judge["words"]["same"] / judge["words"]["of"], 4) == 0.7107


@pytest.mark.slow
def test_mtbench(suite):
    votes = defaultdict(dict)
    for row in read("mtbench_votes.csv"):
        if not row["judge"].startswith("author"):
            models = sorted((row["model_a"], row["model_b"]))
            winner = row.get(row["winner"], "tie")
            word = "tie" if winner == "tie" else ("first", "second")[models.index(winner)]
            votes[row["turn"], row["question_id"], *models][row["judge"]] = word
    lines = []
    for turn in "12":
        with_ties, without = File(f"turn-{turn}", **PAIR), File(f"turn-{turn}-decided", **PAIR)
        mine = {key: said for key, said in votes.items() if key[0] == turn}
        for labels, dropped in ((with_ties, ()), (without, ("tie",))):
            labels.review(mine, name=labels.dimension)
            for key, each in mine.items():
                kept = {judge: word for judge, word in each.items() if word not in dropped}
                judge = kept.pop("gpt4_pair", None)
                labels.item(key, judge and pair(judge), case=key[1], review=labels.dimension, **kept)
            lines += labels.lines
    whole = File()
    whole.lines = lines
    whole.write(suite)

    outcome, found = calibrated(suite)
    said_of = {
        each["dimension"]: [
            (count["of"], round(count["same"] / count["of"], 2))
            for count in (each["judges"][0]["labels"], each["raters"]["pairs"])
        ]
        for each in found["dimensions"]
    }
    assert outcome.exit == 0
    assert said_of == {
        "turn-1": [(1343, 0.66), (721, 0.63)],
        "turn-1-decided": [(859, 0.85), (479, 0.81)],
        "turn-2": [(1325, 0.66), (707, 0.67)],
        "turn-2-decided": [(864, 0.85), (474, 0.82)],
    }
