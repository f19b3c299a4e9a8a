"""What the adapters make of any scorer's answers: a result, or an error that names it."""

from __future__ import annotations

import sys

import pytest
from scorer_doubles import (
    SAMPLE,
    STATE,
    TOOLS,
    AutoevalsScorer,
    DeepevalMetric,
    OldRagasMetric,
    RagasMetric,
    autoevals,
    both,
    deepeval,
    inspect,
    inspect_scorer,
    old_ragas,
    ragas,
)

from pytest_evalbars import adapters
from pytest_evalbars.adapters import ScorerError
from pytest_evalbars.cases.running import JUDGING
from pytest_evalbars.errors import MissingExtra


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize(("gives", "passed"), [(0.9, True), (0.5, True), (0.4, False), (0, False)])
def test_numbers(tool, gives, passed):
    result = both(tool(gives))

    assert (passed, gives) == (result.passed, result.score)
    if tool is not old_ragas:
        assert result.reason.endswith("it is said")


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("gives", [None, float("nan"), float("inf"), 1.5, -0.1, "an apology", object, ["C"], {}])
def test_what_is_no_score_is_an_error_which_names_tool_and_scorer(tool, gives):
    said = both(tool(gives))

    name = {"deepeval": "Politeness", "ragas": "faithfulness", "old_ragas": "rubrics_score"}
    name |= {"autoevals": "Factuality", "inspect": "includes"}
    assert isinstance(said, str)
    assert said.startswith(f"{tool.__name__.removeprefix('old_')} {name[tool.__name__]}")


@pytest.mark.parametrize("tool", [deepeval, ragas, autoevals, inspect])
@pytest.mark.parametrize("fault", [RuntimeError("outage \x1b[31m"), AssertionError("no llm"), TimeoutError()])
def test_what_a_scorer_raises_is_an_error_and_never_a_miss(tool, fault):
    said = both(tool(fault))

    assert isinstance(said, str)
    assert f"failed: {type(fault).__name__}" in said
    assert "\x1b" not in said


@pytest.mark.parametrize("tool", [ragas, autoevals, inspect])
def test_a_tool_without_thresholds_needs_passing(tool):
    assert both(tool(0.9, passing=None)).endswith("say what passes, as passing=0.8")


@pytest.mark.parametrize("tool", TOOLS)
def test_scales(tool):
    assert [both(tool(stars, scale=(1, 5), passing=4))[:2] for stars in (2, 4)] == [(False, 0.25), (True, 0.75)]


@pytest.mark.parametrize(
    ("call", "scorer"),
    [
        (adapters.deepeval_sync, DeepevalMetric),
        (adapters.ragas_sync, RagasMetric),
        (adapters.autoevals_sync, AutoevalsScorer),
    ],
)
def test_a_class_is_no_scorer(call, scorer):
    with pytest.raises(ScorerError, match=rf"is a class; give what it makes, as {scorer.__name__}\(...\)"):
        call(scorer, answer="x", question="q", passing=1)
    with pytest.raises(ScorerError, match="a str is none of its scorers"):
        call("exact match", answer="x", question="q", passing=1)


def test_nothing_to_score_and_too_much_of_it():
    with pytest.raises(ScorerError, match="autoevals Factuality was given nothing to score"):
        adapters.autoevals_sync(AutoevalsScorer(), passing=1)
    with pytest.raises(ScorerError, match="given both its own input and words"):
        adapters.autoevals_sync(AutoevalsScorer(), {"output": 1}, answer=1, passing=1)
    with pytest.raises(TypeError, match="awnser"):
        adapters.autoevals_sync(AutoevalsScorer(), awnser=1, passing=1)
    with pytest.raises(TypeError, match="awnser"):
        adapters.ragas_sync(RagasMetric(), awnser=1, passing=1)


def test_a_scorer_works_as_a_judge():
    metric, scorer, older, seen = DeepevalMetric(), AutoevalsScorer(), RagasMetric(), []
    adapters.deepeval_sync(metric, "a test case")
    adapters.autoevals_sync(scorer, answer=1, passing=1)
    adapters.ragas_sync(older, answer="x", passing=1)
    adapters.inspect_sync(inspect_scorer(seen=seen), STATE)

    assert [metric.seen[0][2], scorer.seen[0][1], older.seen[0][1], seen[0][2]] == [True] * 4
    assert not JUDGING.get()


@pytest.mark.parametrize(
    ("module", "package", "call"),
    [
        (
            "deepeval.test_case",
            "deepeval",
            lambda: adapters.deepeval_sync(DeepevalMetric(), question="q", answer="a"),
        ),
        ("ragas.dataset_schema", "ragas", lambda: adapters.ragas_sync(OldRagasMetric(), answer="a", passing=1)),
        (
            "inspect_ai.solver",
            "inspect-ai",
            lambda: adapters.inspect_sync(inspect_scorer(), answer="a", reference=""),
        ),
    ],
)
def test_a_tool_that_is_not_installed(module, package, call, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtra, match=f"{module} cannot be imported .*: pip install '{package}'"):
        call()


def test_a_scorer_that_waits_for_another_one_in_its_own_loop_is_told_so():
    class Nested(RagasMetric):
        async def ascore(self, **words):
            return adapters.ragas_sync(RagasMetric(), words, passing=0.5)

    with pytest.raises(ScorerError, match="await the async form"):
        adapters.ragas_sync(Nested(), SAMPLE, passing=0.5)
