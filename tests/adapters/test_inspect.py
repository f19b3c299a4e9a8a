"""inspect_ai itself, where it is installed (0.3.285): scorers that need no model, and its mock of one."""

from __future__ import annotations

import asyncio

import pytest

from pytest_evalbars import adapters
from pytest_evalbars.adapters import ScorerError

pytestmark = pytest.mark.filterwarnings("ignore")  # the tool's own


@pytest.fixture(scope="module")
def tool():
    return pytest.importorskip("inspect_ai.scorer")


@pytest.fixture(scope="module")
def grader(tool):
    """Makes a scorer whose model replies the same to everything."""
    models = pytest.importorskip("inspect_ai.model")

    def made(reply, **how):
        output = models.ModelOutput.from_content("mockllm/model", reply)
        output.usage = models.ModelUsage()  # or the mock counts tokens with a vocabulary from the network
        model = models.get_model("mockllm/model", custom_outputs=[output] * 20, memoize=False)
        return tool.model_graded_qa(model=model, **how)

    return made


@pytest.fixture(scope="module")
def giving(tool):
    """Makes a scorer that gives this value."""

    def made(value):
        @tool.scorer(metrics=[tool.mean()])
        def gives():
            async def score(_state, _target):
                return value if value is None or isinstance(value, tool.Score) else tool.Score(value=value)

            return score

        return gives()

    return made


@pytest.mark.parametrize("form", [adapters.inspect_sync, lambda *a, **k: asyncio.run(adapters.inspect(*a, **k))])
def test_scorers_without_a_model(tool, form):
    for scorer in (tool.match(), tool.includes(), tool.pattern("(30 days)"), tool.exact()):
        assert form(scorer, answer="30 days", reference="30 days")[:2] == (True, 1.0)
        missed = form(scorer, question="q", answer="It depends.", reference=["30 days", "a month"])
        assert missed[:2] == (False, 0.0)
        assert missed.reason.startswith(f"inspect {scorer.__registry_info__.name.rpartition('/')[2]} gave I")
    assert form(tool.f1(), answer="It is 30 days", reference="30 days", passing=0.6)[:2] == (True, 0.67)


def test_its_own_state(tool):
    solver, model = pytest.importorskip("inspect_ai.solver"), pytest.importorskip("inspect_ai.model")
    output = model.ModelOutput.from_content("none/none", "ANSWER: B")
    state = solver.TaskState(
        model=model.ModelName("none/none"),
        sample_id=1,
        epoch=1,
        input="q",
        messages=[],
        target=tool.Target("B"),
        choices=["20 days", "30 days"],
        output=output,
    )
    assert adapters.inspect_sync(tool.answer("letter"), state).passed
    with pytest.raises(ScorerError, match="both its own input and words"):
        adapters.inspect_sync(tool.answer("letter"), state, answer="x")


@pytest.mark.parametrize(
    ("reply", "score", "passed"), [("GRADE: C", 1, True), ("GRADE: P", 0.5, False), ("GRADE: I", 0, False)]
)
def test_a_model_judges(grader, reply, score, passed):
    scorer = grader(reply, partial_credit=True)

    result = adapters.inspect_sync(scorer, question="q", answer="a", reference="r")

    assert result[:2] == (passed, score)
    assert result.reason.endswith(reply)


def test_a_model_that_does_not_judge(grader):
    with pytest.raises(ScorerError, match="inspect model_graded_qa failed: grader_failed: Grade not found"):
        adapters.inspect_sync(grader("I am sorry"), question="q", answer="a", reference="r")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "gave no score"),
        (float("nan"), "gave no score: nan"),
        (2.5, "2.5 lies outside of 0 to 1"),
        (1, "say what passes"),
        ("A", "which its scale does not hold"),
        ({"tone": "C", "style": 0.5}, "gives several values .tone, style."),
        ([1, 0], "gave no score"),
    ],
)
def test_what_is_no_score_is_an_error(giving, value, words):
    with pytest.raises(ScorerError, match=f"inspect gives.* {words}|inspect {words}"):
        adapters.inspect_sync(giving(value), answer="a", reference="")


def test_other_scales(giving):
    ask = adapters.inspect_sync
    assert ask(giving(True), answer="a", reference="")[:2] == (True, 1.0)
    assert ask(giving("B"), answer="a", reference="", scale={"A": 1, "B": 0.5}, passing="B")[:2] == (True, 0.5)
    assert ask(giving(4), answer="a", reference="", scale=(1, 5), passing=4)[:2] == (True, 0.75)
    assert ask(giving({"tone": "C"}), answer="a", reference="", part="tone").passed


def test_what_is_no_scorer(tool):
    with pytest.raises(ScorerError, match=r"inspect f1 makes scorers.* as f1\(\)"):
        adapters.inspect_sync(tool.f1, answer="a", reference="r")
