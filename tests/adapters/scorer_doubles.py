"""Doubles of other tools' scorers, which hold their protocols.

They follow deepeval 4.3.1, ragas 0.4.3, autoevals 0.4.1 and inspect-ai 0.3.285. Other tests hold the adapters against
the tools themselves, where they are installed.
"""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from pytest_evalbars import adapters
from pytest_evalbars.adapters import ScorerError
from pytest_evalbars.cases.running import JUDGING


@dataclass
class DeepevalMetric:
    """deepeval.metrics.BaseMetric: measuring leaves score, reason and error in the metric."""

    gives: Any = 0.9
    threshold: float | None = 0.5
    async_mode: bool = True
    score: float | None = 0.123  # of an earlier use
    reason: str | None = "earlier"
    error: str | None = None
    skipped: bool = False
    seen: list = field(default_factory=list)

    __name__ = "Politeness"

    def measure(self, test_case, *, _show_indicator=True):
        self.seen.append((test_case, _show_indicator, JUDGING.get(), threading.current_thread()))
        if isinstance(self.gives, Exception):
            raise self.gives
        self.score, self.reason = self.gives, "it is said"
        return self.score

    async def a_measure(self, test_case, *, _show_indicator=True):
        await asyncio.sleep(0)
        return self.measure(test_case, _show_indicator=_show_indicator)

    def is_successful(self):
        if self.threshold is None:
            return None
        try:
            return self.score >= self.threshold
        except TypeError:
            return False  # as deepeval has it: no score is no success


@dataclass
class RagasMetric:
    """ragas.metrics.base.SimpleBaseMetric: gives a MetricResult with a value and a reason."""

    gives: Any = 0.9
    why: str | None = "it is said"
    name: str = "faithfulness"
    allowed_values: Any = (0.0, 1.0)
    seen: list = field(default_factory=list)

    async def ascore(self, **words):
        self.seen.append((words, JUDGING.get()))
        if isinstance(self.gives, Exception):
            raise self.gives
        return SimpleNamespace(value=self.gives, reason=self.why)


@dataclass
class OldRagasMetric:
    """ragas.metrics.base.SingleTurnMetric and MultiTurnMetric: give a bare number."""

    gives: Any = 0.9
    name: str = "rubrics_score"
    output_type: Any = None
    seen: list = field(default_factory=list)

    async def single_turn_ascore(self, sample):
        self.seen.append(("single", sample))
        return self.gives

    async def multi_turn_ascore(self, sample):
        self.seen.append(("multi", sample))
        return self.gives


@dataclass
class AutoevalsScorer:
    """autoevals.score.Scorer: gives a Score with a score, metadata and a deprecated error."""

    gives: Any = 0.9
    error: Exception | None = None
    seen: list = field(default_factory=list)

    def _name(self):
        return "Factuality"

    def eval(self, output, expected=None, **words):
        self.seen.append(({"output": output, "expected": expected, **words}, JUDGING.get()))
        if isinstance(self.gives, Exception):
            raise self.gives
        return SimpleNamespace(score=self.gives, metadata={"rationale": "it is said"}, error=self.error)

    async def eval_async(self, output, expected=None, **words):
        return self.eval(output, expected, **words)


def inspect_scorer(gives="C", explanation="it is said", reason=None, seen=None):
    """inspect_ai.scorer.Scorer: a coroutine function of a state and a target that gives a Score or None."""

    async def score(state, target):
        if seen is not None:
            seen.append((state, target, JUDGING.get()))
        await asyncio.sleep(0)
        if isinstance(gives, Exception):
            raise gives
        return None if gives is None else SimpleNamespace(value=gives, explanation=explanation, reason=reason)

    score.__registry_info__ = SimpleNamespace(name="inspect_ai/includes")
    return score


STATE = SimpleNamespace(target=["30 days"], output=SimpleNamespace(completion="It is 30 days."))
SAMPLE = {"response": "30 days"}


def deepeval(gives, **how):
    return adapters.deepeval, adapters.deepeval_sync, (DeepevalMetric(gives), "a test case"), how


def ragas(gives, **how):
    return adapters.ragas, adapters.ragas_sync, (RagasMetric(gives), SAMPLE), {"passing": 0.5} | how


def old_ragas(gives, **how):
    return adapters.ragas, adapters.ragas_sync, (OldRagasMetric(gives), "a sample"), {"passing": 0.5} | how


def autoevals(gives, **how):
    return (
        adapters.autoevals,
        adapters.autoevals_sync,
        (AutoevalsScorer(gives), {"output": 1}),
        {"passing": 0.5} | how,
    )


def inspect(gives, **how):
    return adapters.inspect, adapters.inspect_sync, (inspect_scorer(gives), STATE), {"passing": 0.5} | how


TOOLS = [deepeval, ragas, old_ragas, autoevals, inspect]


def both(asked):
    """What the sync and the async form say, which is the same."""
    awaited, waited, scorer, how = asked
    said = []
    for call in (lambda: asyncio.run(awaited(*scorer, **how)), lambda: waited(*scorer, **how)):
        try:
            said.append(call())
        except ScorerError as error:
            said.append(str(error))
    assert said[0] == said[1]
    return said[0]
