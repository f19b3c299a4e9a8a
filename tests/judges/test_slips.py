"""What a test gives for an answer and is none: an error that says the mend, and never a verdict on the model."""

import dataclasses

import pytest
from stubs import Scripted, levels

from pytest_evalbars import Judge, JudgeError, adapters, checks
from pytest_evalbars.errors import ScorerError
from pytest_evalbars.slips import slip


async def forgotten():
    return "30 days"


class ChatCompletion:
    object = "chat.completion"
    choices = ()


class Client:
    pass


class Scorer:
    _name = "Levenshtein"

    def eval_async(self, **_):
        pytest.fail("it scored what is no answer")


@dataclasses.dataclass
class Answer:
    text: str = "30 days"
    tokens_out: int | None = None


SLIPS = [
    (forgotten, "a coroutine: write `await` before the call that made it"),
    (ChatCompletion, "a model's whole response: its text is `.choices[0].message.content`"),
    (Answer, "a model's whole answer: its text is `.text`"),
]
OBJECT = (Client, "a Client, which no text can be made of")


@pytest.mark.parametrize(("make", "words"), [*SLIPS, OBJECT])
def test_what_is_no_answer_is_never_judged(make, words):
    model = Scripted([])
    for name in ("answer", "reference"):
        with pytest.raises(JudgeError) as caught:
            Judge(levels(), model).judge_sync(**{"answer": "30 days", name: make()})
        assert str(caught.value) == f"there is no {name} to read: it is {words}"
    with pytest.raises(TypeError) as told:
        checks.contains(make(), "30 days")
    assert str(told.value) == f"a check reads text, and `answer` is {words}"


@pytest.mark.parametrize(("make", "words"), SLIPS)
def test_what_is_no_answer_is_never_scored_by_another_tool(make, words):
    with pytest.raises(ScorerError) as failed:
        adapters.autoevals_sync(Scorer(), answer=make(), reference="30 days", passing=0.5)
    assert str(failed.value) == f"autoevals Levenshtein was given no output to score: it is {words}"


@dataclasses.dataclass
class Order:
    status: str = "shipped"


@pytest.mark.parametrize("value", ["30 days", "", 30, 0.5, ["30 days"], {"days": 30}, Order(), None, True])
def test_what_may_be_an_answer_is_no_slip(value):
    assert slip(value) is None


def test_a_scorer_of_another_tool_may_read_any_object():
    assert slip(Client(), objects=True) is None
