"""`evalbars calibrate`: what a team reads of its raters and its judge, and what the record keeps."""

from __future__ import annotations

import json

import pytest
from labelled import BY, File, calibrated, of, said

from pytest_evalbars.calibration.files import load_calibration

HOSTILE = "\x1b[2Jcase\r\n"


def two_of_three(suite, kinds=2):
    """90 items: each split two against one, the odd one out being each rater in turn."""
    labels = File().review(range(90))
    for n in range(90):
        votes = [True, True, False] if n % kinds == 0 else [True, False, False]
        votes = votes[n % 3 :] + votes[: n % 3]
        labels.item(n, said(n % 4 > 0), review="r-1", **dict(zip(("ana", "ben", "cyd"), votes, strict=True)))
    labels.write(suite)


def judged(items=100, *, bad=20, through=4, stopped=8, judge=said, raters=("ana", "ben")):
    """Items of which people let `bad` miss; the judge lets `through` of those through and stops `stopped` others."""
    labels = File().review(range(items))
    for n in range(items):
        good = n >= bad
        passed = (n < through) if not good else n >= bad + stopped
        labels.item(n, judge(passed), review="r-1", **dict.fromkeys(raters, good))
    return labels


def test_three_raters_of_whom_two_agree_on_every_item(suite):
    two_of_three(suite)
    outcome = suite.command("calibrate")

    assert outcome.exit == 10
    outcome.said(
        "3 raters labelled 90 items. Two raters picked at random say the same of 33% of them "
        "(95% interval 32% to 35%): no better than chance; raters who do not read the answers would say the same of "
        "50%.",
        "Until the raters agree on what the rubric means, nothing measured against their labels means anything: "
        "settle what they differ on (`evalbars labels disagreements`)",
        "That a majority says the same of an item shows no agreement",
        "AC1 -0.33",
        "alpha -0.33",
        "Fleiss' kappa -0.33",
        "ana and ben: the same of 30 of 90 items",
        "they differ on 90 items",
        "not good enough to hold a bar on:",
        "its raters agree no better than chance",
    )


def test_three_raters_in_numbers(suite):
    two_of_three(suite, kinds=1)
    outcome, found = calibrated(suite)
    raters = found["dimensions"][0]["raters"]

    assert (outcome.exit, found["exit_code"], found["schema"]) == (10, 10, 1)
    assert raters["grade"] == "none"
    assert raters["agreement"]["value"] == pytest.approx(1 / 3)
    assert raters["pairs"] == {"same": 90, "of": 270}
    assert round(raters["fleiss"]["value"], 3) == -0.5
    assert round(raters["ac"]["value"], 2) == -0.2
    assert round(raters["alpha"]["value"], 3) == -0.494


def test_a_judge_in_words(suite):
    judged().write(suite)
    outcome = suite.command("calibrate")

    assert outcome.exit == 0
    outcome.said(
        "tone",
        "2 raters labelled 100 items. Both say the same of 100% of them",
        "they agree well",
        "judge m-1 by tone@1: 100 labelled answers, 80 good and 20 bad by people",
        "it lets through 20 of 100 bad answers (between 8 and 42 at 95%)",
        "it stops 10 of 100 good answers (between 5 and 19 at 95%)",
        "judge and people say the same of 88%",
        "Cohen's kappa",
        "people: pass    people: miss",
        "judge: pass              72               4",
        "judge: miss               8              16",
        "its own pass rate: 76.0%",
        "(each answer taken for a case of its own; name the RUN where cases were tried more than once)",
        "as people would judge: 80.0%",
        "to look at (-v shows all 12):",
        "(the judge passes what people let miss): the judge says pass, ana says miss, ben says miss",
        'note: the gate reads it where the bars say `calibration = "evals/calibration.jsonl"`',
        "written: evals/calibration.jsonl",
    )


def test_the_record_holds_items_and_what_was_found(suite):
    judged().write(suite)
    suite.bars('human_labels = "evals/labels.jsonl"\ncalibration = "evals/known.jsonl"')
    outcome, found = calibrated(suite)
    (judge,) = load_calibration(suite.path / "evals/known.jsonl").judges

    assert (outcome.exit, found["written"], found["notes"]) == (0, True, [])
    assert (judge.dimension, judge.rubric, judge.model, judge.prompt) == ("tone", *BY.values())
    assert len(judge.items) == 100
    first = next(item for item in judge.items if item.of == of(0))
    assert (first.judge, first.judged, first.human, first.raters) == ("pass", True, 0, {"ana": "miss", "ben": "miss"})
    assert judge.found["specificity"] == found["dimensions"][0]["judges"][0]["specificity"]
    before = (suite.path / "evals/known.jsonl").read_bytes()
    calibrated(suite)
    assert (suite.path / "evals/known.jsonl").read_bytes() == before


def test_few_labels_are_written_and_said_to_be_few(suite):
    judged(12, bad=4, through=1, stopped=1).write(suite)
    outcome = suite.command("calibrate")

    assert outcome.exit == 10
    outcome.said("not good enough to hold a bar on: 12 of 30 labelled answers", "written: evals/calibration.jsonl")
    assert len(load_calibration(suite.path / "evals/calibration.jsonl").judges[0].items) == 12


def test_a_dry_run_writes_nothing(suite):
    judged().write(suite)
    outcome = suite.command("calibrate", "--dry-run")

    assert outcome.exit == 0
    outcome.said("nothing was written")
    assert not (suite.path / "evals/calibration.jsonl").exists()


def test_a_judge_that_guesses_is_named(suite):
    judged(100, bad=50, through=25, stopped=25).write(suite)
    outcome = suite.command("calibrate")

    assert outcome.exit == 0  # its verdicts tell nothing, but the labels are good: they alone carry the pass rate
    outcome.said("lets through 50 of 100", "not proven to be better than chance: the pass rate of the answers that")
    assert calibrated(suite)[1]["dimensions"][0]["judges"][0]["blind"] is True


def test_where_people_let_nothing_miss_the_judge_is_known_by_half(suite):
    judged(60, bad=0, through=0, stopped=3).write(suite)
    outcome = suite.command("calibrate")

    assert outcome.exit == 0
    outcome.said(
        "all that was said is one word: nothing tells whether they would agree on another",
        "people let none of them miss, so what share of bad answers it lets through is not known",
        "`evalbars review RUN --sample judge-fails`",
    )


def test_where_nearly_all_passes_kappa_is_shown_with_a_grain_of_salt(suite):
    labels = File().review(range(100))
    for n in range(100):
        labels.item(n, said(n != 3), review="r-1", ana=n not in (1, 2), ben=n not in (3, 4, 5))
    labels.write(suite)
    outcome = suite.command("calibrate")

    outcome.said(
        "say the same of 95% of them",
        "not proven to be better than chance; raters who do not read the answers would say the same of 95%",
        "where one rater lets an answer miss, another one does so too in 0%",
        "98% of labels pass: kappa and alpha mean little there",
        "kappa and alpha mean little where 98% are of one kind",
    )
    outcome.never_said("nothing measured against their labels")


def test_raters_without_a_judge_are_reported_alone(suite):
    labels = File()
    for n in range(40):
        labels.item(n, None, ana=n > 20, ben=n > 22)
    labels.write(suite)
    outcome = suite.command("calibrate")

    assert outcome.exit == 10
    outcome.said("Both say the same of 95%", "40 labelled answers are of no judge that can be named", "nothing was")


def test_levels_are_told_word_for_word(suite):
    labels = File(levels=("good", "fair", "poor"), passing=("good", "fair")).review(range(60))
    for n in range(60):
        word = labels.levels[n % 3]
        labels.item(n, said(word, passed=word != "poor"), review="r-1", ana=word, ben="fair" if n == 0 else word)
    labels.write(suite)
    outcome = suite.command("calibrate")

    assert outcome.exit == 0
    outcome.said(
        "whether it passes, they say the same of 100%",
        "AC2 0.99",
        "it says the very level that most people say for 59 of 59 (100.0%)",
        "AC2 1.00",
        "people: good    people: fair    people: poor    people: split",
    )


def test_what_raters_settled_stands_above_them(suite):
    labels = judged(40, bad=10, through=0, stopped=0)
    labels.item("x", said(True), review="r-1", ana=True, ben=False).label("x", "settled", "miss", "it is rude")
    labels.item("y", said(True), review="r-1", ana=True, ben=False)
    labels.write(suite)
    outcome, found = calibrated(suite)
    look = {each["case"]: each["why"] for each in found["dimensions"][0]["look"]}

    assert found["dimensions"][0]["raters"]["unsettled"] == 1
    assert look == {"x": "let through", "y": "unsettled"}
    outcome = suite.command("calibrate")
    outcome.said("x (the judge passes", "settled says miss", "settled: it is rude", "y (people differ")


def test_items_left_open_are_stood_for_by_those_of_the_same_verdict(suite):
    """Of 90 judge-passes 30 are labelled, of 10 judge-fails all: the rates are those of all 100."""
    labels = File().review(range(100))
    for n in range(100):
        who = {"ana": n >= 13} if n < 10 or n % 3 == 1 else {}
        labels.item(n, said(n >= 10), review="r-1", **who)
    labels.write(suite)
    _, found = calibrated(suite)
    (judge,) = found["dimensions"][0]["judges"]
    (known,) = load_calibration(suite.path / "evals/calibration.jsonl").judges

    assert judge["items"] == 40
    assert {item.weight for item in known.items} == {1, 3}
    assert judge["raw"]["value"] == 0.9
    assert judge["corrected"]["value"] == pytest.approx(0.9 - 3 / 100)


def test_one_dimension_leaves_the_record_of_others_alone(suite):
    tone = judged()
    other = File("facts")
    for n in range(40):
        other.item(n, said(n > 9), ana=n > 9)
    tone.lines += other.lines
    tone.write(suite)
    suite.command("calibrate")
    tone.lines = [line for line in tone.lines if line.get("dimension") != "facts"]
    tone.write(suite)

    outcome = suite.command("calibrate", "--dimension", "tone")
    outcome.never_said("facts")
    assert [judge.dimension for judge in load_calibration(suite.path / "evals/calibration.jsonl").judges] == [
        "facts",
        "tone",
    ]
    outcome = suite.command("calibrate")
    outcome.said("note: facts: m-1 by tone@1 is no longer in the record: no label is of what it judged")
    assert len(load_calibration(suite.path / "evals/calibration.jsonl").judges) == 1


def test_hostile_texts_stay_texts(suite):
    labels = judged(30, bad=10, through=3, stopped=0, judge=lambda passed: {**said(passed), "model": "m\x1b[31m"})
    labels.item(HOSTILE, said(True), review="r-1").label(HOSTILE, "ana", "miss", "\x1b]0;x\x07 \u202e")
    labels.write(suite)
    outcome = suite.command("calibrate", "-v")

    outcome.said("m\\x1b[31m", "\\x1b[2Jcase", "ana: \\x1b]0;x\\x07 \\u202e")
    outcome.never_said("\x1b", "\x07", "\u202e", "\r")


@pytest.mark.parametrize(
    ("words", "said_"),
    [
        ([], "there is no such labels file"),
        (["--labels", "broken.jsonl"], "broken.jsonl, line 1"),
        (["--labels", "empty.jsonl"], "it has no labels of answers; add some with `evalbars labels add`"),
        (["--labels", "one.jsonl", "--dimension", "tome"], 'no label is on "tome"; did you mean "tone"?'),
        (["--labels", "one.jsonl", "none.jsonl"], "none.jsonl: the run file cannot be read"),
        (["--labels", "one.jsonl", "broken.jsonl"], "broken.jsonl, line 1: not valid JSON"),
        (["--labels", "one.jsonl", "--out", "broken.jsonl"], "restore it, or delete it and calibrate anew"),
        (["--labels", "one.jsonl", "--rubric", "r.toml"], "--rubric goes with --rejudge"),
        (["--labels", "one.jsonl", "--rejudge"], "--rejudge needs --rubric FILE and --model NAME"),
    ],
)
def test_mistakes_are_told(suite, words, said_):
    suite.file("broken.jsonl", "{oh\n")
    suite.file("empty.jsonl", "")
    File().item(1, said(True), ana=True).write(suite, "one.jsonl")
    outcome = suite.command("calibrate", *words)

    assert outcome.exit == 4
    assert said_ in outcome.err


def test_a_number_that_is_none_is_told(suite):
    with pytest.raises(SystemExit) as end:
        suite.command("calibrate", "--rejudge", "0")
    assert end.value.code == 4


def test_where_the_record_cannot_be_written_all_is_told_first(suite):
    judged().write(suite)
    suite.file("evals/in_the_way", "")
    outcome = suite.command("calibrate", "--out", "evals/in_the_way/calibration.jsonl")

    assert outcome.exit == 4
    outcome.said("it lets through 20 of 100", "nothing was written", "the calibration record cannot be written")


def test_json_is_json_whatever_was_labelled(suite):
    labels = File().item("a", said(True), ana="unclear")
    labels.write(suite)
    outcome, found = calibrated(suite)

    assert outcome.exit == 10
    assert found["dimensions"][0]["raters"] == {
        "names": ["ana"],
        "labelled": 1,
        "items": 0,
        "unsettled": 0,
        "unclear": 1,
        "kappas": [],
    }
    assert json.loads(outcome.out)["dimensions"][0]["judges"] == []


def test_who_labels_the_easy_ones_alone_is_told_what_is_missing(suite):
    labels = File().review(range(100))
    for n in range(100):
        word = {"ana": n % 10 > 0} if n < 40 else {}
        labels.item(n, said(n % 10 > 0), review="r-1", category="easy" if n < 50 else "hard", **word)
    labels.write(suite)
    outcome, found = calibrated(suite)
    dimension = found["dimensions"][0]
    assert (dimension["drawn"], dimension["left"], dimension["left_out"]) == (100, 60, ["hard"])
    suite.command("calibrate").said(
        "60 of 100 items that were drawn have no label that tells (of hard none is labelled): the others stand"
    )
    assert outcome.exit == 0


def test_one_person_under_two_names_is_asked_after(suite):
    judged(raters=("ana", "Ana")).write(suite)
    suite.command("calibrate").said("Ana and ana may be one person under two names")
    judged().write(suite)
    suite.command("calibrate").never_said("under two names", "have no label that tells")
