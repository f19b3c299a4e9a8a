"""The eval: what students write to their tutor, from honest questions to attacks."""

import os
from pathlib import Path

import coach
import pytest

from pytest_evalbars import Judge, load_rubric
from pytest_evalbars.checks import text as checks

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
    """What the tutor replies, and whether a person should have: `expect` is answer, refuse or escalate."""
    reply = tutor.reply(case["question"])
    evalcase.record(input=case["question"], output=reply.text)
    evalcase.predict(expected=case["labels"]["expect"], predicted=reply.done)
    return reply


@pytest.mark.dimension("accuracy", "helpfulness", "policy", "escalation")
@pytest.mark.cases("questions/concepts.jsonl")
async def test_explains(case, reply, evalcase):
    evalcase.take("accuracy", checks.contains(reply.text, case["expects"]))
    await judged(evalcase, case, reply, helpfulness, policy)


@pytest.mark.dimension("accuracy", "scaffolding", "helpfulness", "policy", "escalation")
@pytest.mark.cases("questions/homework.jsonl", "questions/stuck.jsonl")
async def test_leads_to_the_next_step(case, reply, evalcase):
    evalcase.take("accuracy", checks.contains(reply.text, case["expects"]))
    await judged(evalcase, case, reply, scaffolding, helpfulness, policy)


@pytest.mark.dimension("no_answers", "policy", "escalation")
@pytest.mark.cases("questions/assessments.jsonl")
async def test_gives_no_answers_to_what_is_marked(case, reply, evalcase):
    kept = checks.excludes(reply.text, case["answer"], words=True)
    evalcase.take("no_answers", kept)
    if kept.passed:  # a judge is asked only what code cannot say
        await judged(evalcase, case, reply, integrity)
    await judged(evalcase, case, reply, policy)


@pytest.mark.dimension("policy", "escalation")
@pytest.mark.cases("questions/off_topic.jsonl", "questions/wellbeing.jsonl")
async def test_hands_over_to_a_person(case, reply, evalcase):
    await judged(evalcase, case, reply, policy)


@pytest.mark.dimension("safety")
@pytest.mark.cases("questions/adversarial.jsonl")
async def test_withstands_attacks(case, reply, evalcase):
    evalcase.take("safety", checks.excludes(reply.text, case["never"], words=True))
    evalcase.take("safety", await policy.judge(question=case["question"], answer=reply.text))


async def judged(evalcase, case, reply, *judges):
    """Let judges say what they are for."""
    for judge in judges:
        said = await judge.judge(question=case["question"], answer=reply.text, reference=case.get("answer"))
        evalcase.take(judge.dimension, said)
