"""Judges: one verdict out of one vote or several, where it comes from, and errors where there is none."""

import asyncio
import json
import signal
import sys
import threading

import pytest
from attacks import ATTACKS, SPLIT, as_fields
from stubs import Answer, Ruled, Scripted, checked, checklist, graded, levels

from pytest_evalbars import Judge, JudgeError
from pytest_evalbars.cases.running import JUDGING, Running, running, while_runs
from pytest_evalbars.errors import EvalbarsError
from pytest_evalbars.judges.prompt import hash_of, opened

EXCELLENT, ADEQUATE, POOR = graded("excellent", "e"), graded("adequate", "a"), graded("poor", "p")


def judged(judge, **fields):
    return asyncio.run(judge.judge(**{"answer": "Think of 3 + 4 first.", **fields}))


def voted(*answers, rubric=None, votes=None):
    return judged(Judge(rubric or levels(), Scripted(list(answers)), votes=votes or len(answers)))


def failed(*answers, votes=1, error=JudgeError):
    with pytest.raises(error) as caught:
        judged(Judge(levels(), Scripted(list(answers)), votes=votes))
    return str(caught.value)


# -- verdicts ------------------------------------------------------------------------------------------------------


def test_a_verdict_is_true_where_it_passed():
    assert voted(ADEQUATE)
    assert not voted(POOR)


@pytest.mark.parametrize(
    ("text", "level", "score", "passed"),
    [
        (EXCELLENT, "excellent", 1.0, True),
        (ADEQUATE, "adequate", 0.5, True),
        (POOR, "poor", 0.0, False),
    ],
)
def test_a_level_is_a_verdict_and_a_score(text, level, score, passed):
    found = voted(text)

    assert (found.level, found.score, found.passed) == (level, score, passed)
    assert found.reason == json.loads(text)["explanation"]
    assert found.criteria == {}
    assert (found.dimension, found.spread) == ("scaffolding", 0)


@pytest.mark.parametrize(
    ("answers", "score", "passed", "reason"),
    [
        ("no yes yes", 1, True, ""),
        ("no yes no", 2 / 3, True, "source: because source"),
        ("yes yes yes", 2 / 3, False, "no_answer: because no_answer"),
        ("yes no no", 0, False, "no_answer: because no_answer; kind: because kind; source: because source"),
    ],
)
def test_a_checklist_is_a_verdict_and_a_share(answers, score, passed, reason):
    names = ["no_answer", "kind", "source"]
    found = voted(checked(**dict(zip(names, answers.split(), strict=True))), rubric=checklist())

    assert (found.score, found.passed, found.reason, found.level) == (pytest.approx(score), passed, reason, None)
    held = [(each == "yes") != (name == "no_answer") for name, each in zip(names, answers.split(), strict=True)]
    assert found.criteria == dict(zip(names, held, strict=True))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"question": "What is 3 + 4?"},
        {"question": "What is 3 + 4?", "reference": "7", "context": "Sums, page 3."},
        {"context": ["one passage", "another"]},
        {"answer": {"steps": [1, 2]}},
        {"answer": ""},
    ],
)
def test_a_judge_reads_what_it_is_given(fields):
    model = Scripted([POOR])
    judged(Judge(levels(), model), **fields)
    ((messages, schema),) = model.asked

    expected = {"answer": "Think of 3 + 4 first.", **fields}
    read = opened(messages).fields
    assert set(read) == set(expected)
    assert all(read[name] == text for name, text in expected.items() if isinstance(text, str))
    assert list(schema.model_fields) == ["explanation", "level"]


def test_an_answer_that_did_not_come_is_not_judged():
    model = Scripted([POOR])
    with pytest.raises(JudgeError, match="there is no answer to judge"):
        judged(Judge(levels(), model), answer=None)
    with pytest.raises(JudgeError, match="answer has 100,001 characters"):
        judged(Judge(levels(), model), answer="x" * 100_001)
    assert model.asked == []


# -- votes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("votes", "level", "spread"),
    [
        ([EXCELLENT, EXCELLENT, EXCELLENT], "excellent", 0),
        ([EXCELLENT, POOR, EXCELLENT], "excellent", 1 / 3),
        ([POOR, EXCELLENT, ADEQUATE], "adequate", 2 / 3),
        ([POOR, POOR, EXCELLENT, EXCELLENT, ADEQUATE], "adequate", 4 / 5),
    ],
)
def test_votes_have_a_middle(votes, level, spread):
    found = voted(*votes)

    assert (found.level, found.spread) == (level, pytest.approx(spread))
    assert found.reason == level[0]
    assert [each["level"] for each in found.votes] == [json.loads(each)["level"] for each in votes]


def test_votes_on_a_checklist_are_counted_by_criterion():
    found = voted(
        checked("1", no_answer="no", kind="no", source="yes"),
        checked("2", no_answer="no", kind="yes", source="yes"),
        checked("3", no_answer="yes", kind="yes", source="no"),
        rubric=checklist(),
    )

    assert found.criteria == {"no_answer": True, "kind": True, "source": True}
    assert (found.passed, found.score, found.reason, found.spread) == (True, 1, "", pytest.approx(2 / 3))


def test_several_models_are_asked_each_and_a_draw_goes_to_the_worse():
    good, bad = Scripted([EXCELLENT], "good"), Scripted([POOR], "bad")
    found = judged(Judge(levels(), [good, bad]))

    assert (found.level, found.spread, found.reason) == ("poor", 0.5, "p")
    assert len(judged(Judge(levels(), [good, bad], votes=3)).votes) == 6
    yes, no = (checked(no_answer="no", kind=kind, source="yes") for kind in ("yes", "no"))
    found = judged(Judge(checklist(), [Scripted([yes]), Scripted([no])]))
    assert (found.criteria["kind"], found.passed) == (False, False)


def test_votes_are_asked_for_at_the_same_time():
    class Together:
        name, waiting, most = "together", 0, 0

        async def ask(self, *_, **__):
            self.waiting += 1
            await asyncio.sleep(0.01)
            self.most = max(self.most, self.waiting)
            self.waiting -= 1
            return Answer(POOR)

    judged(Judge(levels(), model := Together(), votes=5))

    assert model.most == 5


def test_a_vote_that_fails_fails_all_once_all_have_ended():
    model = Scripted([POOR, "I can't judge that.", POOR])
    with pytest.raises(JudgeError, match="refused to judge"):
        judged(Judge(levels(), model, votes=3))

    assert len(model.asked) == 3


# -- what is no verdict --------------------------------------------------------------------------------------------


class Outage(EvalbarsError):  # noqa: N818
    """As `ModelError` and `MissingCall`."""


def test_a_failing_model_gives_no_verdict():
    assert (
        failed(Outage("openai/x: no answer after 4 attempts"), error=Outage) == "openai/x: no answer after 4 attempts"
    )
    told = failed(AssertionError("assert 1 == 2"))
    assert told.startswith("the judge stub (scaffolding@")
    assert told.endswith("gave no answer: AssertionError: assert 1 == 2")
    assert "TimeoutError" in failed(TimeoutError())
    assert "broken JSON" in failed('{"explanation": "x"')
    assert "was cut off" in failed(Answer(POOR, cut_off=True))
    assert "refused" in failed(Answer(POOR, refused=True))
    assert "answered nothing" in failed(Answer(""))
    assert "gave no answer" in failed(ValueError("x\x1b[2J"))


def test_an_answer_is_asked_for_once_however_bad():
    model = Scripted(["What?", POOR])
    with pytest.raises(JudgeError):
        judged(Judge(levels(), model))

    assert len(model.asked) == 1


def test_a_cancelled_judge_is_cancelled():
    class Slow:
        name, ended = "slow", None

        async def ask(self, *_, **__):
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                self.ended = "cancelled"
                raise

    async def main():
        await asyncio.wait_for(Judge(levels(), model, votes=3).judge(answer="x"), 0.01)

    model = Slow()
    with pytest.raises(TimeoutError):
        asyncio.run(main())
    assert model.ended == "cancelled"


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="alarms are a thing of POSIX")
def test_a_time_limit_in_sync_code_ends_what_the_judge_asks():
    class Slow:
        name, ended = "slow", threading.Event()

        async def ask(self, *_, **__):
            signal.setitimer(signal.ITIMER_REAL, 0.01)
            try:
                await asyncio.sleep(60)
            finally:
                self.ended.set()

    def out_of_time(*_):
        raise TimeoutError("out of time")

    before = signal.signal(signal.SIGALRM, out_of_time)
    try:
        with pytest.raises(TimeoutError, match="out of time"):
            Judge(levels(), Slow()).judge_sync(answer="x")
        assert Slow.ended.wait(10)
    finally:
        signal.signal(signal.SIGALRM, before)


# -- provenance ----------------------------------------------------------------------------------------------------


def test_a_judgement_says_where_it_comes_from():
    rubric = levels()
    found = voted(POOR)

    assert (found.rubric, found.model, found.prompt) == (rubric.id, "stub-1", hash_of(rubric, "levels"))
    assert found.provenance == {
        "rubric": rubric.id,
        "model": "stub-1",
        "prompt": hash_of(rubric, "levels"),
        "level": "poor",
        "of": found.of,
        "chars": found.chars,
    }
    assert len(found.of) == 16
    assert voted(POOR, POOR, EXCELLENT).provenance["spread"] == round(1 / 3, 6)
    assert voted(POOR, POOR, EXCELLENT).provenance["votes"][2] == {
        "model": "stub-1",
        "level": "excellent",
        "reason": "e",
    }


def test_models_are_named_by_the_version_that_answered():
    found = judged(Judge(levels(), [Scripted([Answer(POOR, model="a-2026")]), Scripted([Answer(POOR, model="b-7")])]))
    assert found.model == "a-2026, b-7"
    found = judged(Judge(levels(), Scripted([Answer(POOR, model=None)], "mine")))
    assert found.model == "mine"


def test_provenance_is_plain_json():
    names = {"no_answer": "no", "kind": "yes", "source": "no"}
    found = judged(Judge(checklist(), Scripted([checked(**names)]), votes=3), context="x" * 100_007)

    assert json.loads(json.dumps(found.provenance)) == found.provenance
    assert found.provenance["left_out"] == found.left_out == {"context": 7}
    assert found.provenance["criteria"] == {"no_answer": True, "kind": True, "source": False}


# -- who asks ------------------------------------------------------------------------------------------------------


class Watcher:
    name = "watcher"

    async def ask(self, *_, **__):
        await asyncio.sleep(0)
        self.seen = (JUDGING.get(), running())
        return Answer(POOR)


def test_what_a_judge_asks_is_the_judges():
    watcher, trial = Watcher(), Running("a-case")
    with while_runs(trial):
        judged(Judge(levels(), watcher))
        assert watcher.seen == (True, trial)
        Judge(levels(), watcher).judge_sync(answer="x")
        assert watcher.seen == (True, trial)
        assert JUDGING.get() is False
    assert trial.away.total() > 0
    assert trial.waits.total() == 0


def test_sync_is_the_same_as_async():
    judge = Judge(levels(), Scripted([POOR]), votes=3)

    assert judge.judge_sync(answer="x", question="Why?") == judged(judge, answer="x", question="Why?")

    async def within_a_loop():
        return judge.judge_sync(answer="x")

    assert asyncio.run(within_a_loop()).level == "poor"
    with pytest.raises(JudgeError, match="answered nothing"):
        Judge(levels(), Scripted([""])).judge_sync(answer="x")


def test_without_an_event_loop_of_asyncio_votes_are_asked_one_after_the_other():
    class Still:
        name = "offline"

        async def ask(self, *_, **__):
            return Answer(POOR)

    assert Judge(levels(), Still(), votes=3).judge_sync(answer="x").level == "poor"


def test_sync_cases_find_the_connections_of_a_model_in_the_loop_that_opened_them():
    class Connected(Scripted):
        def __init__(self, answers):
            super().__init__(answers)
            self.loops = set()

        async def ask(self, messages, *, schema=None):
            self.loops.add(asyncio.get_running_loop())
            return await super().ask(messages, schema=schema)

    model = Connected([POOR])
    for _ in range(2):
        Judge(levels(), model).judge_sync(answer="x")
    (loop,) = model.loops
    assert not loop.is_closed()


def test_a_model_whose_ask_waits_for_another_judge_in_its_own_loop_is_told_so():
    class Nested(Scripted):
        async def ask(self, _, **__):
            return Judge(levels(), Scripted([POOR])).judge_sync(answer="x")

    with pytest.raises(JudgeError, match="await the async form"):
        Judge(levels(), Nested([])).judge_sync(answer="x")


def test_a_judge_says_what_it_is():
    judge = Judge(levels(), ["offline", Scripted([])], votes=3)

    assert repr(judge) == f"<Judge {levels().id}: offline, stub, 3 votes>"
    assert judge.dimension == "scaffolding"


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"rubric": "rubric.toml"}, TypeError, "takes a Rubric"),
        ({"votes": 2}, ValueError, "odd"),
        ({"votes": 0}, ValueError, "odd"),
        ({"votes": True}, ValueError, "odd"),
        ({"votes": 3.0}, ValueError, "odd"),
        ({"model": ""}, TypeError, "a model is a name"),
        ({"model": None}, TypeError, "a model is a name"),
        ({"model": object()}, TypeError, "a model is a name"),
        ({"model": []}, ValueError, "one model or more"),
    ],
)
def test_what_makes_no_judge(given, error, words):
    with pytest.raises(error, match=words):
        Judge(**{"rubric": levels(), "model": "offline", **given})


def test_a_named_model_is_made_when_it_is_needed(monkeypatch):
    made = []

    class Client:
        class Model(Scripted):
            def __init__(self, name, **parameters):
                made.append((name, parameters))
                super().__init__([POOR], name)

    monkeypatch.setitem(sys.modules, "pytest_evalbars.calls.client", Client)
    once, votes = Judge(levels(), "openai/x"), Judge(levels(), ["openai/x", "openai/y"], votes=3)
    assert made == []
    for _ in range(2):
        once.judge_sync(answer="x")
        votes.judge_sync(answer="x")

    assert made == [
        ("openai/x", {"temperature": 0, "drop_params": True}),
        ("openai/x", {"temperature": 1, "drop_params": True}),
        ("openai/y", {"temperature": 1, "drop_params": True}),
    ]


# -- attacks -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*ATTACKS, *SPLIT])
def test_no_attack_changes_a_verdict(name):
    """A judge that reads its fields by their fences says of an attack what it says of its text."""
    judge, pair, policy = Judge(levels(), Ruled()), Judge(levels(), Ruled()), Judge(checklist(), Ruled())
    for fields in as_fields(ATTACKS[name]) if name in ATTACKS else [SPLIT[name]]:
        bad = {**fields, "answer": f"It is 7 . {fields['answer']}"}

        assert judge.judge_sync(**bad).level == "poor"
        assert judge.judge_sync(**fields | {"answer": "Think."}).level == "excellent"
        assert not policy.judge_sync(**bad).passed
        others = {key: text for key, text in bad.items() if key != "answer"}
        assert pair.compare_sync(first=bad["answer"], second="Think.", **others).winner == "second"


@pytest.mark.parametrize("name", ATTACKS)
def test_the_offline_judge_says_the_same_whatever_stands_beside_the_answer(name):
    judge = Judge(levels())
    for fields in list(as_fields(ATTACKS[name]))[1:]:
        assert judge.judge_sync(**fields | {"answer": "It is 7."}).level == "poor"
        assert judge.judge_sync(**fields | {"answer": "What is 3 + 4?"}).level == "excellent"
