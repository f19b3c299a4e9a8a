"""deepeval itself, where it is installed (4.3.1): metrics that need no model, and a model that is none."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from pytest_evalbars import adapters
from pytest_evalbars.adapters import ScorerError

pytestmark = pytest.mark.filterwarnings("ignore")  # the tool's own


@pytest.fixture(scope="module")
def tool():
    return pytest.importorskip("deepeval.metrics")


@pytest.fixture(scope="module")
def model():
    """A model that replies at once, in a way that is decided by the prompt."""
    models = pytest.importorskip("deepeval.models")

    class Model(models.DeepEvalBaseLLM):
        def __init__(self, reply):
            self.reply = reply

        def load_model(self):
            return self

        def generate(self, prompt, schema=None):  # noqa: ARG002 - deepeval's signature
            return self.reply(prompt)

        async def a_generate(self, prompt, schema=None):
            await asyncio.sleep(0.001)
            return self.generate(prompt, schema)

        def get_model_name(self):
            return "none"

    return Model


@pytest.fixture(scope="module")
def polite(tool, model):
    """Makes a GEval that gets the reply which the given function makes of the prompt."""
    parts = pytest.importorskip("deepeval.test_case").SingleTurnParams

    def made(reply, **how):
        return tool.GEval(
            name="Politeness",
            criteria="polite",
            evaluation_steps=["Is it polite?"],
            evaluation_params=[parts.ACTUAL_OUTPUT],
            model=model(reply if callable(reply) else lambda _: reply),
            **how,
        )

    return made


@pytest.mark.parametrize("form", [adapters.deepeval_sync, lambda *a, **k: asyncio.run(adapters.deepeval(*a, **k))])
def test_metrics_without_a_model(tool, form):
    exact = tool.ExactMatchMetric()
    assert form(exact, question="q", answer="30 days", reference="30 days")[:2] == (True, 1.0)
    missed = form(exact, question="q", answer="20 days", reference="30 days")
    assert missed[:2] == (False, 0.0)
    assert missed.reason.startswith("deepeval Exact Match gave 0: The actual")
    assert exact.score is None
    assert form(tool.PatternMatchMetric(pattern=r"\d+ days"), question="q", answer="30 days").passed


def test_its_own_test_case(tool):
    case = pytest.importorskip("deepeval.test_case").LLMTestCase(input="q", actual_output="a", expected_output="a")
    assert adapters.deepeval_sync(tool.ExactMatchMetric(), case).passed
    with pytest.raises(ScorerError, match="Exact Match failed: MissingTestCaseParamsError"):
        adapters.deepeval_sync(tool.ExactMatchMetric(), question="q", answer="a")


@pytest.mark.parametrize("async_mode", [True, False])
def test_a_model_judges(polite, async_mode):
    metric = polite('{"score": 8, "reason": "kind"}', threshold=0.7, async_mode=async_mode)

    assert adapters.deepeval_sync(metric, question="q", answer="a") == (True, 0.8, "kind")
    assert not adapters.deepeval_sync(metric, question="q", answer="a", passing=0.9).passed


@pytest.mark.parametrize("reply", ["I am sorry", '{"score": 300, "reason": "x"}', '{"score": null}', ""])
def test_what_is_no_judgement_is_an_error(polite, reply):
    with pytest.raises(ScorerError, match=r"deepeval Politeness \[GEval\]"):
        adapters.deepeval_sync(polite(reply), question="q", answer="a")


def test_cases_at_the_same_time_share_a_metric(polite):
    metric = polite(lambda prompt: f'{{"score": {10 if "good" in prompt else 0}, "reason": "x"}}')

    async def all_at_once():
        asked = (adapters.deepeval(metric, question="q", answer="good" if n % 3 else "bad") for n in range(30))
        return await asyncio.gather(*asked)

    assert [bool(n % 3) for n in range(30)] == [result.passed for result in asyncio.run(all_at_once())]


def test_cases_at_the_same_time_share_a_graph(tool, model):
    graph = pytest.importorskip("deepeval.metrics.dag")
    parts = pytest.importorskip("deepeval.test_case").SingleTurnParams
    node = graph.BinaryJudgementNode(
        criteria="Is it fine?",
        evaluation_params=[parts.ACTUAL_OUTPUT],
        children=[graph.VerdictNode(verdict=False, score=0), graph.VerdictNode(verdict=True, score=10)],
    )
    verdicts = model(lambda prompt: f'{{"verdict": {"true" if "good_" in prompt else "false"}, "reason": "x"}}')
    metric = tool.DAGMetric(name="fine", dag=graph.DeepAcyclicGraph(root_nodes=[node]), model=verdicts)

    async def all_at_once():
        asked = (adapters.deepeval(metric, question="q", answer="good_" if n % 3 else "bad") for n in range(12))
        return await asyncio.gather(*asked)

    assert [bool(n % 3) for n in range(12)] == [result.passed for result in asyncio.run(all_at_once())]


def test_a_metric_of_ones_own(tool):
    class Short(tool.BaseMetric):
        def __init__(self, threshold=0.5):
            self.threshold = threshold

        def measure(self, test_case):  # no keyword for a progress bar
            self.score = 1 / len(test_case.actual_output)
            self.reason = "its length"
            return self.score

        async def a_measure(self, test_case):
            return self.measure(test_case)

    assert adapters.deepeval_sync(Short(), question="q", answer="ab") == (True, 0.5, "its length")
    assert not adapters.deepeval_sync(Short(), question="q", answer="abc").passed
    with pytest.raises(ScorerError, match="deepeval Base Metric failed: ZeroDivisionError"):
        adapters.deepeval_sync(Short(), question="q", answer="")


def test_what_is_no_metric(tool):
    with pytest.raises(ScorerError, match="ExactMatchMetric is a class"):
        adapters.deepeval_sync(tool.ExactMatchMetric, question="q", answer="a")
    with pytest.raises(ScorerError, match="none of its scorers"):
        adapters.deepeval_sync(SimpleNamespace(), question="q", answer="a")
