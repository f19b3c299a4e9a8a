"""ragas itself, where it is installed (0.4.3): metrics that need no model, and a model that is none."""

from __future__ import annotations

import asyncio

import pytest

from pytest_evalbars import adapters
from pytest_evalbars.adapters import ScorerError

pytestmark = pytest.mark.filterwarnings("ignore")  # the tool's own


@pytest.fixture(scope="module")
def ragas():
    return pytest.importorskip("ragas")


@pytest.fixture(scope="module")
def collections():
    return pytest.importorskip("ragas.metrics.collections")


@pytest.fixture(scope="module")
def metrics():
    return pytest.importorskip("ragas.metrics")


@pytest.fixture(scope="module")
def model():
    """A model that gives the fields of its reply."""
    base = pytest.importorskip("ragas.llms.base").InstructorBaseRagasLLM

    class Model(base):
        def __init__(self, **reply):
            self.reply = reply

        def generate(self, prompt, response_model):  # noqa: ARG002 - ragas' signature
            return response_model(**self.reply)

        async def agenerate(self, prompt, response_model):
            return self.generate(prompt, response_model)

    return Model


@pytest.mark.parametrize("form", [adapters.ragas_sync, lambda *a, **k: asyncio.run(adapters.ragas(*a, **k))])
def test_metrics_without_a_model(collections, form):
    pytest.importorskip("rapidfuzz")
    for metric in (collections.ExactMatch(), collections.NonLLMStringSimilarity(), collections.StringPresence()):
        assert form(metric, answer="30 days", reference="30 days", passing=0.8)[:2] == (True, 1.0)
        missed = form(metric, answer="It depends.", reference="30 days", passing=0.8)
        assert not missed.passed
        assert missed.reason.startswith(f"ragas {metric.name} gave ")


def test_its_own_samples(ragas, collections):
    sample = ragas.SingleTurnSample(response="a", reference="a")
    assert adapters.ragas_sync(collections.ExactMatch(), sample, passing=1).passed
    assert adapters.ragas_sync(collections.ExactMatch(), {"response": "a", "reference": "a"}, passing=1).passed

    older = pytest.importorskip("ragas.metrics._string").ExactMatch()
    assert adapters.ragas_sync(older, sample, passing=1).passed
    assert not adapters.ragas_sync(older, answer="a", reference="b", passing=1).passed


def test_words_that_a_metric_does_not_take(collections):
    with pytest.raises(ScorerError, match=r"exact_match failed: TypeError: .*reference"):
        adapters.ragas_sync(collections.ExactMatch(), answer="a", passing=1)
    with pytest.raises(ScorerError, match=r"exact_match failed: TypeError: .*user_input"):
        adapters.ragas_sync(collections.ExactMatch(), answer="a", reference="a", question="q", passing=1)


def test_discrete_metrics(metrics):
    @metrics.discrete_metric(name="tone", allowed_values=["pass", "fail"])
    def tone(response: str):
        return "fail" if "!" in response else "pass"

    @metrics.discrete_metric(name="depth", allowed_values=["deep", "fair", "flat"])
    def depth(response: str):
        return response

    assert adapters.ragas_sync(tone, answer="Yes.") == (True, 1.0, "")
    assert adapters.ragas_sync(tone, answer="Yes!") == (False, 0.0, "ragas tone gave fail")
    scale = {"deep": 1, "fair": 0.5, "flat": 0}
    assert adapters.ragas_sync(depth, answer="fair", scale=scale, passing="fair") == (True, 0.5, "")
    with pytest.raises(ScorerError, match="returned 'odd' but expected one of"):
        adapters.ragas_sync(depth, answer="odd", scale=scale)


def test_numeric_metrics(metrics):
    @metrics.numeric_metric(name="stars", allowed_values=(1, 5))
    def stars(response: str):
        return float(response)

    assert adapters.ragas_sync(stars, answer="4", passing=4)[:2] == (True, 0.75)
    assert adapters.ragas_sync(stars, answer="1", passing=4)[:2] == (False, 0.0)
    for answer, words in {"6": "expected value in range", "many": "Error executing metric stars"}.items():
        with pytest.raises(ScorerError, match=f"ragas stars gave no score: .*{words}"):
            adapters.ragas_sync(stars, answer=answer, passing=4)


def test_a_model_judges(metrics, model):
    metric = metrics.DiscreteMetric(name="fine", prompt="Is {response} fine?", allowed_values=["pass", "fail"])
    sample = {"response": "a", "llm": model(value="fail", reason="it is not")}
    assert adapters.ragas_sync(metric, sample) == (False, 0.0, "ragas fine gave fail: it is not")
    with pytest.raises(ScorerError, match="ragas fine failed: ValidationError"):
        adapters.ragas_sync(metric, sample | {"llm": model(value="I am sorry", reason="")})
    with pytest.raises(ScorerError, match="ragas fine failed: KeyError: 'llm'"):
        adapters.ragas_sync(metric, answer="a")


def test_failures_that_ragas_turns_into_scores(collections, model):
    faithful = collections.Faithfulness(llm=model(statements=[]))  # nothing said: NaN
    with pytest.raises(ScorerError, match="ragas faithfulness gave no score: nan"):
        adapters.ragas_sync(faithful, question="q", answer="a", context="c", passing=0.8)

    class SyncOnly(pytest.importorskip("ragas.metrics.collections.base").BaseMetric):
        def score(self, **_words):
            return pytest.importorskip("ragas.metrics").MetricResult(1.0)

    with pytest.raises(ScorerError, match="ragas sync only gave no score: Base metric placeholder"):
        adapters.ragas_sync(SyncOnly(name="sync only"), answer="a", passing=1)


def test_rubrics_declare_their_scale(collections, model):
    rubric = {f"score{n}_description": f"level {n}" for n in range(1, 6)}
    worst = collections.DomainSpecificRubrics(rubrics=rubric, llm=model(score=1, feedback="thin"))

    result = adapters.ragas_sync(worst, question="q", answer="a", reference="r", passing=4)

    assert result[:2] == (False, 0.0)
