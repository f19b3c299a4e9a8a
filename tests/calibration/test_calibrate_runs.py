"""`evalbars calibrate RUN`: other judges of labelled answers, what sways them, and what changed since."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace

import numpy as np
import pytest
from labelled import BY, File, calibrated, of, said, write_run

from pytest_evalbars import Judge, Rubric
from pytest_evalbars.calibration.files import load_calibration, write_calibration
from pytest_evalbars.calibration.record import CalibratedItem, CalibratedJudge, Calibration
from pytest_evalbars.judges.offline import OfflineModel

RUBRIC = """
name = "tone"
task = "Is it kind?"
passing = "kind"

[[levels]]
name = "kind"
definition = "It thanks."
signs = ["thank you"]

[[levels]]
name = "rude"
definition = "It does not."
signs = ["go away"]
"""


def labels(items=60, bad=20, judge=None, **more):
    """Labels of two raters who agree."""
    found = File().review(range(items))
    for n in range(items):
        by = said(n >= bad, **more) if judge is None else judge(n)
        found.item(n, by, review="r-1", ana=n >= bad, ben=n >= bad)
    return found


def known(suite, path="evals/calibration.jsonl"):
    return load_calibration(suite.path / path).judges


# --- Other judges ---------------------------------------------------------------------------------------------------


def test_replayed_answers_judged_by_another_model_need_no_new_labels(suite):
    labels().write(suite)
    write_run(suite, [(n, n >= 15, {"model": "m-2"}) for n in range(60)])
    outcome = suite.command("calibrate", "run.jsonl")

    assert outcome.exit == 0
    outcome.said("judge m-2 by tone@1: 60 labelled answers", "it lets through 25 of 100", "its own pass rate: 75.0%")
    outcome.never_said("judge m-1", "case of its own")
    assert [judge.model for judge in known(suite)] == ["m-1", "m-2"]
    # Without the run the record still knows what it said, and the judge of the review is asked about.
    outcome = suite.command("calibrate")
    outcome.said("judge m-1 by tone@1: 60 labelled answers")
    assert [judge.model for judge in known(suite)] == ["m-1", "m-2"]


def test_a_judge_that_grades_where_people_pass_or_miss_is_held_against_that(suite):
    labels().write(suite)
    write_run(suite, [(n, n >= 15, {"model": "m-2", "level": "kind" if n > 15 else "rude"}) for n in range(60)])
    outcome = suite.command("calibrate", "run.jsonl")

    outcome.said("people: pass    people: miss", "judge: pass", "judge: miss")
    outcome.never_said("judge: kind")


def test_labels_of_answers_that_no_judge_saw_serve_one_that_does(suite):
    labels(judge=lambda _: None).write(suite)
    write_run(suite, [(n, n >= 15) for n in range(60)])
    assert suite.command("calibrate", "run.jsonl").exit == 0

    outcome = suite.command("calibrate")
    assert outcome.exit == 0
    outcome.said("judge m-1 by tone@1: 60 labelled answers")


def test_a_judge_of_other_answers_is_told(suite):
    labels().write(suite)
    write_run(suite, [(f"new-{n}", True, {"model": "m-2"}) for n in range(60)])
    outcome = suite.command("calibrate", "run.jsonl")

    assert outcome.exit == 10
    outcome.said("judge m-1", "judge m-2 by tone@1: none of the answers that it judged is labelled")


def test_a_judge_that_votes_is_another_one(suite):
    labels().write(suite)
    votes = [{"criteria": {"kind": True}}, {"criteria": {"kind": True}}, {"criteria": {"kind": False}}]
    write_run(suite, [(n, n >= 20, {"votes": votes if n < 30 else votes[:2] + votes[:1]}) for n in range(60)])
    outcome = suite.command("calibrate", "run.jsonl")

    outcome.said(
        "judge m-1 (3 votes) by tone@1",
        "chance: two of its votes on one answer differ in 33%",
        "30 of 60 answers got more than one",
    )


def test_trials_of_a_case_are_not_as_many_cases(suite):
    labels().write(suite)
    write_run(suite, [(n, n >= 15, {"model": "m-2", "case": f"case-{n // 20}"}) for n in range(60)])
    lines = (suite.path / "run.jsonl").read_text().splitlines()
    rows = [{**json.loads(line), "trial": n} for n, line in enumerate(lines)]
    suite.file("run.jsonl", "".join(f"{json.dumps(row)}\n" for row in rows))
    _, found = calibrated(suite, "run.jsonl")
    raw = next(each for each in found["dimensions"][0]["judges"] if each["model"] == "m-2")["raw"]

    assert raw["value"] == pytest.approx(0.75)
    assert raw["items"] == 3


@pytest.mark.slow
def test_oversampled_judge_fails_bias_nothing(suite):
    """Sensitivity .9 and specificity .7 at a rate of .85; half of the sample is what the judge let miss."""
    rng = np.random.default_rng(7)
    found = []
    for _ in range(40):
        good = rng.random(1000) < 0.85
        passed = np.where(good, rng.random(1000) < 0.9, rng.random(1000) > 0.7)
        drawn = File().review(range(1000))
        for verdict in (True, False):
            group = np.flatnonzero(passed == verdict)
            for n in rng.choice(group, 75, replace=False).tolist():
                share = len(group) / 75
                drawn.item(n, said(verdict), review="r-1", weight=share, ana=bool(good[n]))
        drawn.write(suite)
        (judge,) = calibrated(suite)[1]["dimensions"][0]["judges"]
        found.append([judge[key]["value"] for key in ("sensitivity", "specificity", "raw", "corrected")])

    means = np.mean(found, axis=0)
    assert means == pytest.approx([0.9, 0.7, 0.85 * 0.9 + 0.15 * 0.3, 0.85], abs=0.02)


# --- What sways a judge ---------------------------------------------------------------------------------------------


def pairs(suite, orders):
    suite_labels = File(levels=("first", "tie", "second"), passing=("first", "tie")).review(range(len(orders)))
    for n in range(len(orders)):
        word = ("first", "second")[n % 2]
        suite_labels.item(n, None, review="r-1", ana=word, ben=word)
    suite_labels.write(suite)
    rows = []
    for n, order in enumerate(orders):
        places = order or (["first", "second"], ["second", "first"])[n % 2]
        winner = "tie" if order else ("first", "second")[n % 2]
        rows.append((n, winner != "second", {"winner": winner, "orders": [places]}))
    write_run(suite, rows)
    return suite.command("calibrate", "run.jsonl")


def test_a_judge_that_prefers_what_stands_first(suite):
    outcome = pairs(suite, [["first", "first"]] * 14 + [["second", "second"]] * 2 + [None] * 64)

    outcome.said(
        "pairs whose first answer is worse",
        "order: of 80 pairs its verdict on 16 changes when the answers change places (13% to 30% of all)",
        "14 of them lean to what stands first: it prefers what stands first (p = 0.0042)",
    )


SESSION = """
import json

import pytest
from pytest_evalbars import Judge, Rubric

RUBRIC = Rubric(name="tone", task="Which is kinder?", criteria=[{"name": "kind", "ask": "Is it kind?"}])


class First:
    name = "first"

    async def ask(self, messages, **_):
        text = " ".join(each["content"] for each in messages)
        fooled = any(f"{n}?" in text for n in range(10, 20))
        kind = text.rindex("Thanks.") < text.rindex("No.")
        text = json.dumps({"explanation": "x", "winner": "first" if fooled or kind else "second"})
        return type("Answer", (), {"text": text, "model": "m-1", "refused": False, "cut_off": False})()


@pytest.mark.dimension("tone")
@pytest.mark.parametrize("n", [pytest.param(n, id=f"pair-{n}") for n in range(10, 30)])
def test_tone(n, evalcase):
    evalcase.take("tone", Judge(RUBRIC, First()).compare_sync(question=f"{n}?", first="Thanks.", second="No."))
"""


def test_what_the_order_decided_is_no_verdict_and_tells_of_the_judge(suite):
    suite.file("test_tone.py", SESSION)
    run = suite.run()
    drawn = File(levels=("first", "tie", "second"), passing=("first", "tie"))
    for line in run.of("observation"):
        if line["outcome"] == "pass":
            key = {"dimension": "tone", "of": line["judge"]["of"]}
            drawn.lines.append({"type": "item", **key, "case": line["case"]})
            drawn.lines.append({"type": "label", **key, "rater": "ana", "value": "first", "passed": True})
    drawn.write(suite)
    outcome = suite.command("calibrate", run.path)

    outcome.said(
        "10 labelled answers", "order: of 20 pairs its verdict on 10 changes", "it prefers what stands first"
    )


def test_a_judge_that_does_not(suite):
    outcome = pairs(suite, [["first", "first"]] * 5 + [["second", "second"]] * 6 + [None] * 69)
    outcome.said("on 11 changes", "5 of them lean to what stands first: no place is proven to be preferred (p = 1)")
    outcome = pairs(suite, [None] * 40)
    outcome.said("order: of 40 pairs its verdict on 0 changes when the answers change places")


@pytest.mark.parametrize("planted", [True, False])
def test_a_judge_that_passes_what_is_long(suite, planted):
    drawn = File().review(range(120))
    for n in range(120):
        bad = n < 80
        fooled = n % 8 < 3 if not planted else n >= 50
        drawn.item(n, said(not bad or fooled, chars=10 + n % 80), review="r-1", ana=not bad)
    drawn.write(suite)
    outcome = suite.command("calibrate")

    if planted:
        outcome.said("length: it passes long bad answers more often than short ones: 0% of the shortest, 100% of the")
    else:
        outcome.said("length: no sign that its verdict goes with it, among 80 bad and 40 good answers")


REPLIES = {n: ("Thank you." if n >= 20 else "Go away.") for n in range(40)}


@pytest.fixture
def offline(suite):
    """Answers that the offline judge judged, as a run keeps them, and people's labels of them."""
    suite.file("tone.toml", RUBRIC)
    judge = Judge(Rubric.model_validate(tomllib.loads(RUBRIC)))
    drawn, rows = File(levels=("kind", "rude"), passing=("kind",)), []
    for n, reply in REPLIES.items():
        found = judge.judge_sync(question=f"{n}?", answer=reply)
        by = {"rubric": found.rubric, "model": found.model, "prompt": found.prompt}
        evidence = {"input": f"{n}?", "output": reply}
        rows.append((n, found.passed, {**found.provenance, "evidence": evidence}))
        line = {"type": "item", "dimension": "tone", "of": found.of, "case": str(n)}
        drawn.lines.append({**line, "judge": {**by, "value": found.level, "passed": found.passed}})
        word = {"type": "label", "dimension": "tone", "of": found.of, "rater": "ana", "value": found.level}
        drawn.lines.append({**word, "passed": found.passed})
    drawn.write(suite)
    path = write_run(suite, rows)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for line in lines:
        if "judge" in line:
            line["judge"]["of"] = rows[int(line["case"])][2]["of"]
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return suite


ASK = ("run.jsonl", "--rubric", "tone.toml", "--model", "offline")


def test_a_judge_is_asked_again(offline):
    outcome = offline.command("calibrate", *ASK, "--rejudge")

    assert outcome.exit == 0
    words = "chance: two of its verdicts, asked again, on one answer differ in 0%"
    outcome.said("judge: kind              20", words, "0 of 40 answers got more than one")
    offline.command("calibrate", "--dry-run").said(words)


def test_a_judge_that_says_otherwise_when_asked_again(offline, monkeypatch):
    asked, ask = [], OfflineModel.ask

    async def fickle(self, messages, **more):
        asked.append(messages)
        answer = await ask(self, messages, **more)
        other = json.dumps({"explanation": "why not", "level": "rude"})
        return replace(answer, text=other) if len(asked) in (1, 5, 9) else answer

    monkeypatch.setattr(OfflineModel, "ask", fickle)
    outcome, found = calibrated(offline, *ASK, "--rejudge", "20")
    chance = found["dimensions"][0]["judges"][0]["bias"]["consistency"]

    assert (chance["source"], chance["items"], chance["times"]) == ("asked again", 20, 3)
    assert 0 < chance["unstable"]["value"] <= 3 / 20
    assert outcome.exit == 0


def test_what_was_recorded_otherwise_is_not_asked_again(offline):
    path = offline.path / "run.jsonl"
    path.write_text(path.read_text().replace('"input": "3?"', '"input": "otherwise"'))
    outcome = offline.command("calibrate", *ASK, "--rejudge")

    outcome.said("0 of 39 answers got more than one", "not asked again: 1 recorded otherwise than it was judged")


def test_a_judge_that_fails_when_asked_again_costs_no_calibration(offline, monkeypatch):
    async def broken(*_, **__):
        raise RuntimeError("no \x1b[31mconnection")

    monkeypatch.setattr(OfflineModel, "ask", broken)
    outcome = offline.command("calibrate", *ASK, "--rejudge", "5")

    assert outcome.exit == 0
    outcome.said("note: nothing was asked again: 5 the judge gave no verdict", "connection", "written:")
    outcome.never_said("\x1b")


# --- What changed ---------------------------------------------------------------------------------------------------


def before(suite, items=60, bad=20, through=0, start=1000, **by):
    """A record as it was some weeks ago."""
    judge = CalibratedJudge(
        dimension="tone",
        **{**BY, **by},
        calibrated="2026-10-01",
        items=tuple(
            CalibratedItem(of=of(start + n), judge="pass", judged=n >= bad or n < through, human=float(n >= bad))
            for n in range(items)
        ),
    )
    write_calibration(suite.path / "evals/calibration.jsonl", Calibration(judges=(judge,)))


def test_a_judge_that_got_worse(suite):
    drawn = labels(judge=lambda n: said(n >= 4))
    for n in range(60):
        drawn.item(1000 + n, None, ana=n >= 20)
    drawn.write(suite)
    before(suite)
    outcome = suite.command("calibrate")

    outcome.said(
        "drift: 60 items labelled since 2026-10-01: bad answers it lets through 0% -> 80%",
        "points), proven",
        "agreement with people 100% -> 73%",
    )


def test_a_judge_that_did_not(suite):
    drawn = labels()
    for n in range(60):
        drawn.item(1000 + n, None, ana=n >= 20)
    drawn.write(suite)
    before(suite, through=1)
    outcome = suite.command("calibrate")

    outcome.said("drift: 60 items labelled since 2026-10-01: nothing is proven to have changed", "not proven")
    outcome = suite.command("calibrate")
    outcome.never_said("drift")


def test_another_judge_is_held_against_the_one_before(suite):
    drawn = labels(judge=lambda n: said(n >= 4, model="m-2"))
    for n in range(60):
        drawn.item(1000 + n, None, ana=n >= 20)
    drawn.write(suite)
    before(suite, prompt="q")
    outcome, found = calibrated(suite)
    (drift,) = [each["drift"] for each in found["dimensions"][0]["judges"] if each["model"] == "m-2"]

    assert outcome.exit == 0
    assert (drift["same"], drift["changed"], drift["model"]) == (False, ["model", "prompt"], "m-1")
    assert drift["specificity"]["proven"]
    assert [judge.model for judge in known(suite)] == ["m-1", "m-2"]


def test_the_words_on_another_judge(suite):
    drawn = labels(judge=lambda n: said(n >= 4, model="m-2"))
    for n in range(60):
        drawn.item(1000 + n, None, ana=n >= 20)
    drawn.write(suite)
    before(suite, prompt="q")
    outcome = suite.command("calibrate")
    outcome.said(
        "drift: on 2026-10-01 the judge had the model m-1 and another prompt: bad answers it lets through 0% ->"
    )
