"""The eval: 200 questions that employees ask, and ten hard ones that need two policies at once."""

import os

import judges
import pytest
from assistant import load

VERSION = os.environ.get("KNOWLEDGE_BASE_VERSION", "v1")


@pytest.fixture(scope="session")
def assistant():
    return load(VERSION)


@pytest.mark.dimension("accuracy", "faithfulness", "citation")
@pytest.mark.cases(
    "questions/compliance.jsonl",
    "questions/data_privacy.jsonl",
    "questions/facilities.jsonl",
    "questions/finance.jsonl",
    "questions/it_support.jsonl",
    "questions/leave.jsonl",
    "questions/legal.jsonl",
    "questions/payroll.jsonl",
    "questions/procurement.jsonl",
    "questions/security.jsonl",
    "questions/travel_and_expenses.jsonl",
    "questions/stretch.jsonl",
)
def test_answers_from_the_policies(case, assistant, evalcase):
    answer = assistant.answer(case["question"])

    evalcase.record(input=case["question"], output=answer.text, context=answer.context)
    evalcase.measure(confidence=answer.confidence)
    evalcase.check("accuracy", *judges.accuracy(answer, case["expects"]))
    evalcase.check("faithfulness", *judges.faithfulness(answer))
    evalcase.check("citation", *judges.citation(answer, case["document"]))


@pytest.mark.dimension("accuracy", "faithfulness", "refusal")
@pytest.mark.cases("questions/out_of_scope.jsonl")
def test_declines_what_the_policies_do_not_say(case, assistant, evalcase):
    answer = assistant.answer(case["question"])

    evalcase.record(input=case["question"], output=answer.text, context=answer.context)
    evalcase.measure(confidence=answer.confidence)
    evalcase.check("accuracy", *judges.accuracy_out_of_scope(answer, case["expects"]))
    evalcase.check("faithfulness", *judges.faithfulness(answer))
    evalcase.check("refusal", *judges.refusal(answer))
