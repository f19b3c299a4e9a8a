"""autoevals itself, where it is installed (0.4.1): scorers that need no model, and a client that is none."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace

import pytest

from pytest_evalbars import adapters
from pytest_evalbars.adapters import ScorerError

pytestmark = pytest.mark.filterwarnings("ignore")  # the tool's own


@pytest.fixture(scope="module")
def tool():
    return pytest.importorskip("autoevals")


@pytest.fixture(scope="module")
def client():
    """Makes a client of which every reply chooses the same."""
    made = pytest.importorskip("autoevals.oai").LLMClient

    def choosing(choice, *, is_async):
        call = {"name": "select_choice", "arguments": json.dumps({"choice": choice, "reasons": "it is said"})}
        reply = SimpleNamespace(dict=lambda: {"choices": [{"message": {"tool_calls": [{"function": call}]}}]})

        def create(**_request):
            return reply

        async def acreate(**_request):
            return reply

        here = SimpleNamespace(create=acreate if is_async else create)
        openai = SimpleNamespace(
            chat=SimpleNamespace(completions=here), responses=here, embeddings=here, moderations=here
        )
        return made(openai=openai, is_async=is_async)

    return choosing


@pytest.mark.parametrize("form", [adapters.autoevals_sync, lambda *a, **k: asyncio.run(adapters.autoevals(*a, **k))])
def test_scorers_without_a_model(tool, form):
    assert form(tool.Levenshtein(), answer="30 days", reference="30 days", passing=0.8) == (True, 1.0, "")
    missed = form(tool.Levenshtein(), answer="30 dogs", reference="30 days", passing=0.8)
    assert missed[:2] == (False, pytest.approx(5 / 7))
    assert missed.reason == "autoevals Levenshtein gave 0.714, passing is 0.8"
    assert form(tool.ExactMatch(), answer={"a": 1}, reference='{"a": 1}', passing=1).passed
    assert form(tool.NumericDiff(), answer=9, reference=10, passing=0.9)[:2] == (True, pytest.approx(18 / 19))
    assert not form(tool.JSONDiff(), answer={"a": 1}, reference={"b": "x"}, passing=0.5).passed


def test_what_is_no_score_is_an_error(tool):
    with pytest.raises(ScorerError, match=r"autoevals Levenshtein failed: ValueError: .*expected value"):
        adapters.autoevals_sync(tool.Levenshtein(), answer="a", passing=0.8)
    with pytest.raises(ScorerError, match="autoevals Levenshtein scores and has no threshold"):
        adapters.autoevals_sync(tool.Levenshtein(), answer="a", reference="a")
    with pytest.raises(ScorerError, match="Levenshtein is a class"):
        adapters.autoevals_sync(tool.Levenshtein, answer="a", reference="a", passing=0.8)

    class Skips(tool.Scorer):
        def _run_eval_sync(self, output, expected=None, **_words):  # noqa: ARG002 - autoevals' signature
            return tool.Score(name="skips", score=output)

    for score in (None, float("nan")):
        with pytest.raises(ScorerError, match=f"autoevals Skips gave no score: {score}"):
            adapters.autoevals_sync(Skips(), {"output": score}, passing=0.5)
    with pytest.raises(ScorerError, match="autoevals Skips failed: ValueError: score"):
        adapters.autoevals_sync(Skips(), answer=2, passing=0.5)


@pytest.mark.parametrize(("choice", "passed"), [("Y", True), ("N", False)])
def test_a_model_judges(tool, client, choice, passed):
    words = {"input": "q", "output": "a", "criteria": "polite"}
    sync = adapters.autoevals_sync(tool.ClosedQA(model="m", client=client(choice, is_async=False)), words, passing=1)
    awaited = adapters.autoevals(tool.ClosedQA(model="m", client=client(choice, is_async=True)), words, passing=1)

    assert sync == asyncio.run(awaited)
    assert sync.passed == passed
    assert sync.reason.endswith("it is said")


def test_a_model_that_does_not_judge(tool, client):
    scorer = tool.ClosedQA(model="m", client=client("I am sorry", is_async=False))
    with pytest.raises(ScorerError, match="autoevals ClosedQA failed: KeyError"):
        adapters.autoevals_sync(scorer, {"input": "q", "output": "a", "criteria": "polite"}, passing=1)
