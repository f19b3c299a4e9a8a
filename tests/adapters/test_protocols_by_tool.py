"""What each tool's scorers are asked, and what is its own in their answers."""

from __future__ import annotations

import asyncio
import sys
import threading
from types import SimpleNamespace

import pytest
from scorer_doubles import (
    SAMPLE,
    STATE,
    AutoevalsScorer,
    DeepevalMetric,
    OldRagasMetric,
    RagasMetric,
    both,
    inspect,
    inspect_scorer,
)

from pytest_evalbars import adapters
from pytest_evalbars.adapters import ScorerError

# deepeval


def test_deepeval_judges_by_its_own_threshold_or_by_yours():
    assert adapters.deepeval_sync(DeepevalMetric(0.6), "case").passed
    assert not adapters.deepeval_sync(DeepevalMetric(0.6, threshold=0.7), "case").passed
    assert adapters.deepeval_sync(DeepevalMetric(0.6, threshold=0.7), "case", passing=0.6).passed
    with pytest.raises(ScorerError, match="say what passes"):
        adapters.deepeval_sync(DeepevalMetric(0.6, threshold=None), "case")
    with pytest.raises(ScorerError, match="its threshold 7 lies outside of 0 to 1"):
        adapters.deepeval_sync(DeepevalMetric(1, threshold=7), "case")


def test_a_metric_of_deepeval_stays_as_it_was_and_keeps_no_old_score():
    metric = DeepevalMetric(0.9)
    assert adapters.deepeval_sync(metric, "case").score == 0.9
    assert (metric.score, metric.reason) == (0.123, "earlier")

    class Idle(DeepevalMetric):
        def measure(self, _test_case, *, _show_indicator=True):
            return None

    with pytest.raises(ScorerError, match="gave no score: None"):
        adapters.deepeval_sync(Idle(), "case")  # not the 0.123 of earlier


@pytest.mark.parametrize(
    ("left", "words"), [({"error": "timed out"}, "failed: timed out"), ({"skipped": True}, "skipped")]
)
def test_an_error_that_deepeval_keeps_to_itself(left, words):
    class Failing(DeepevalMetric):
        def measure(self, test_case, *, _show_indicator=True):
            vars(self).update(left)
            return super().measure(test_case, _show_indicator=_show_indicator)

    with pytest.raises(ScorerError, match=f"deepeval Politeness failed: .*{words.rpartition(': ')[2]}"):
        adapters.deepeval_sync(Failing(), "case", passing=0.1)


def test_cases_that_run_at_the_same_time_share_a_metric_of_deepeval():
    class Slow(DeepevalMetric):
        async def a_measure(self, test_case, *, _show_indicator=True):
            self.score = test_case
            await asyncio.sleep(0.001 * (test_case * 10 % 3))
            return self.score

    async def all_at_once():
        return await asyncio.gather(*(adapters.deepeval(shared, n / 10) for n in range(11)))

    shared = Slow()
    assert [n / 10 for n in range(11)] == [result.score for result in asyncio.run(all_at_once())]


def test_a_sync_metric_of_deepeval_runs_in_a_thread_and_no_progress_bar_is_drawn():
    metric = DeepevalMetric(async_mode=False)
    adapters.deepeval_sync(metric, "case")
    asyncio.run(adapters.deepeval(metric, "case"))

    assert [shown for _, shown, _, _ in metric.seen] == [False, False]
    assert threading.main_thread() not in [thread for _, _, _, thread in metric.seen]


def test_words_become_a_test_case_of_deepeval(monkeypatch):
    monkeypatch.setitem(sys.modules, "deepeval.test_case", SimpleNamespace(LLMTestCase=dict))
    metric = DeepevalMetric()
    adapters.deepeval_sync(metric, question="q", answer="", reference="r", context="c")

    expected = {
        "input": "q",
        "actual_output": "",
        "expected_output": "r",
        "context": ["c"],
        "retrieval_context": ["c"],
    }
    assert expected == metric.seen[0][0]
    with pytest.raises(ScorerError, match="needs an input: say question="):
        adapters.deepeval_sync(metric, answer="a")


# ragas


def test_words_become_words_of_ragas():
    metric = RagasMetric()
    adapters.ragas_sync(metric, question="q", answer="a", reference="r", context=("c", "d"), passing=0.5)

    expected = {"user_input": "q", "response": "a", "reference": "r", "retrieved_contexts": ["c", "d"]}
    assert expected == metric.seen[0][0]


def test_samples_of_ragas():
    class MultiTurnSample:
        def model_dump(self, *, exclude_none):
            return {"reference": "r"} if exclude_none else {}

    metric, older = RagasMetric(), OldRagasMetric()
    adapters.ragas_sync(metric, MultiTurnSample(), passing=0.5)
    adapters.ragas_sync(older, MultiTurnSample(), passing=0.5)
    adapters.ragas_sync(older, SimpleNamespace(), passing=0.5)

    assert metric.seen[0][0] == {"reference": "r"}
    assert [turns for turns, _ in older.seen] == ["multi", "single"]


def test_what_ragas_declares_is_its_scale():
    stars = RagasMetric(4, allowed_values=(1, 5))
    assert adapters.ragas_sync(stars, SAMPLE, passing=4) == (True, 0.75, "it is said")
    assert adapters.ragas_sync(RagasMetric(4, allowed_values=range(1, 6)), SAMPLE, passing=4).score == 0.75

    words = RagasMetric("pass", allowed_values=["pass", "fail"])
    assert adapters.ragas_sync(words, SAMPLE) == (True, 1.0, "it is said")
    words.gives = "fail"
    assert adapters.ragas_sync(words, SAMPLE) == (False, 0.0, "ragas faithfulness gave fail: it is said")

    grades = RagasMetric("fair", allowed_values=["good", "fair", "poor"])
    with pytest.raises(ScorerError, match="say what each of its words is worth"):
        adapters.ragas_sync(grades, SAMPLE)
    scale = {"good": 1, "fair": 0.6, "poor": 0}
    assert adapters.ragas_sync(grades, SAMPLE, scale=scale, passing="fair") == (True, 0.6, "it is said")


def test_grades_of_an_older_metric_of_ragas_need_their_scale():
    older = OldRagasMetric(1, output_type=SimpleNamespace(value="discrete"))  # 1 of 5
    with pytest.raises(ScorerError, match=r"rubrics_score gives grades of its own scale.*scale=\(1, 5\)"):
        adapters.ragas_sync(older, "sample", passing=1)
    assert adapters.ragas_sync(older, "sample", passing=4, scale=(1, 5)).score == 0.0


def test_failures_that_ragas_turns_into_values():
    with pytest.raises(ScorerError, match="gave no score: Error executing metric tone: outage"):
        adapters.ragas_sync(RagasMetric(None, "Error executing metric tone: outage"), SAMPLE, passing=1)
    with pytest.raises(ScorerError, match="gave no score: Base metric placeholder"):
        adapters.ragas_sync(RagasMetric(0.0, "Base metric placeholder - override ascore()"), SAMPLE, passing=1)


# autoevals


def test_words_become_words_of_autoevals():
    scorer = AutoevalsScorer()
    adapters.autoevals_sync(scorer, answer={"a": 1}, reference=[1], question="q", context="c", passing=0.5)
    adapters.autoevals_sync(scorer, {"output": 1, "criteria": "c"}, passing=0.5)

    assert scorer.seen[0][0] == {"output": {"a": 1}, "expected": [1], "input": "q", "context": ["c"]}
    assert scorer.seen[1][0] == {"output": 1, "expected": None, "criteria": "c"}


def test_an_error_in_a_score_of_autoevals():
    with pytest.raises(ScorerError, match="autoevals Factuality failed: outage") as caught:
        adapters.autoevals_sync(AutoevalsScorer(0, RuntimeError("outage")), answer=1, passing=0.5)
    assert isinstance(caught.value.__cause__, RuntimeError)


# inspect


@pytest.mark.parametrize(
    ("gives", "score", "passed"), [("C", 1, True), ("P", 0.5, False), ("I", 0, False), ("N", 0, False)]
)
def test_values_of_inspect(gives, score, passed):
    result = both(inspect(gives, passing=None))

    assert (passed, score) == (result.passed, result.score)
    assert both(inspect(gives, passing="P")).passed == (gives in "CP")


def test_several_values_of_inspect():
    scorer = inspect_scorer({"accuracy": "C", "tone": 0.2})
    assert adapters.inspect_sync(scorer, STATE, part="accuracy").passed
    assert not adapters.inspect_sync(scorer, STATE, part="tone", passing=0.5).passed
    for part in (None, "style"):
        with pytest.raises(ScorerError, match=r"gives several values \(accuracy, tone\): say which"):
            adapters.inspect_sync(scorer, STATE, part=part)
    with pytest.raises(ScorerError, match="no values by name"):
        adapters.inspect_sync(inspect_scorer(), STATE, part="tone")


@pytest.mark.parametrize("reason", ["grader_failed", "scoring_failed"])
def test_a_grader_of_inspect_that_failed_has_not_judged(reason):
    with pytest.raises(ScorerError, match=f"inspect includes failed: {reason}: no verdict"):
        adapters.inspect_sync(inspect_scorer("I", "no verdict", reason), STATE)


def test_an_answer_is_no_explanation():
    result = adapters.inspect_sync(inspect_scorer("I", STATE.output.completion), STATE)

    assert result.reason == "inspect includes gave I"


def test_words_become_a_state_of_inspect(monkeypatch):
    class Output(SimpleNamespace):
        @classmethod
        def from_content(cls, model, content):
            return cls(model=model, completion=content, message=("assistant", content))

    model = SimpleNamespace(ModelOutput=Output, ModelName=str, ChatMessageUser=lambda *, content: ("user", content))
    monkeypatch.setitem(sys.modules, "inspect_ai.model", model)
    monkeypatch.setitem(sys.modules, "inspect_ai.solver", SimpleNamespace(TaskState=SimpleNamespace))
    monkeypatch.setitem(sys.modules, "inspect_ai.scorer", SimpleNamespace(Target=lambda given: ("target", given)))
    seen = []
    adapters.inspect_sync(inspect_scorer(seen=seen), question="q", answer="a", reference=["r"], context="c")

    [(state, target, _)] = seen
    assert target == ("target", ["r"])
    assert (state.input, state.output.completion, state.metadata) == ("q", "a", {"context": ["c"]})
    assert state.messages == [("user", "q"), ("assistant", "a")]


def test_inspect_needs_a_target_and_an_answer():
    # includes() finds the empty text in every answer.
    with pytest.raises(ScorerError, match="was given no target: say reference="):
        adapters.inspect_sync(inspect_scorer(), answer="a")
    with pytest.raises(ScorerError, match="was given no output to score: say answer="):
        adapters.inspect_sync(inspect_scorer(), reference="a")
    with pytest.raises(
        ScorerError, match=r"includes makes scorers, and is none: give what it makes, as includes\(\)"
    ):
        adapters.inspect_sync(_uncalled(), STATE)


def _uncalled():
    def includes(_ignore_case, _more):
        return inspect_scorer()

    includes.__registry_info__ = SimpleNamespace(name="inspect_ai/includes")
    return includes
