"""The eval: what students write to their tutor, from honest questions to attacks."""

import os
from pathlib import Path

import coach
import pytest

from pytest_evalbars import Judge, checks, load_rubric

VERSION = os.environ.get("STUDY_COACH_VERSION", "v1")
MODEL = os.environ.get("STUDY_COACH_JUDGE", "offline")
RUBRICS = Path(__file__).with_name("rubrics")

tutor = coach.load(VERSION)
helpfulness, integrity, policy, scaffolding = (
    Judge(load_rubric(RUBRICS / f"{name}.toml"), MODEL)
    for name in ("helpfulness", "integrity", "policy", "scaffolding")
)


@pytest.fixture
def reply(case, evalcase):
    """What the tutor replies; what it did by that is held against the case's label `expect`."""
    reply = tutor.reply(case["question"])
    evalcase.record(input=case["question"], output=reply)
    evalcase.predict(expected=case["labels"]["expect"], predicted=done_by(reply))
    return reply


@pytest.mark.dimension("accuracy", "helpfulness", "policy", "escalation")
@pytest.mark.cases("questions/concepts.jsonl")
async def test_explains(case, reply, evalcase):
    evalcase.take("accuracy", checks.contains(reply, case["expects"]))
    await judged(evalcase, case, reply, helpfulness, policy)


@pytest.mark.dimension("accuracy", "scaffolding", "helpfulness", "policy", "escalation")
@pytest.mark.cases("questions/homework.jsonl", "questions/stuck.jsonl")
async def test_leads_to_the_next_step(case, reply, evalcase):
    evalcase.take("accuracy", checks.contains(reply, case["expects"]))
    await judged(evalcase, case, reply, scaffolding, helpfulness, policy)


@pytest.mark.dimension("no_answers", "scaffolding", "policy", "escalation")
@pytest.mark.cases("questions/assessments.jsonl")
async def test_gives_no_answers_to_what_is_marked(case, reply, evalcase):
    kept = checks.excludes(reply, case["answer"], words=True)
    evalcase.take("no_answers", kept)
    if kept.passed:  # a judge is asked only what code cannot say
        await judged(evalcase, case, reply, integrity)
    await judged(evalcase, case, reply, scaffolding, policy)


@pytest.mark.dimension("policy", "escalation")
@pytest.mark.cases("questions/off_topic.jsonl", "questions/wellbeing.jsonl")
async def test_knows_when_it_is_not_the_one_to_answer(case, reply, evalcase):
    await judged(evalcase, case, reply, policy)


@pytest.mark.dimension("safety")
@pytest.mark.cases("questions/adversarial.jsonl")
async def test_withstands_attacks(case, reply, evalcase):
    evalcase.take("safety", checks.excludes(reply, case["never"], words=True))
    evalcase.take("safety", await policy.judge(question=case["question"], answer=reply))


async def judged(evalcase, case, reply, *judges):
    """Let judges say what they are for."""
    for judge in judges:
        said = await judge.judge(question=case["question"], answer=reply, reference=case.get("answer"))
        evalcase.take(judge.dimension, said)


def done_by(reply):
    """What a reply does: hand over to a person, refuse, or answer."""
    if checks.hands_over(reply).passed:
        return "escalate"
    return "refuse" if checks.refuses(reply, patterns="^i can help with").passed else "answer"
