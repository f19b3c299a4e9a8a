"""Which of two answers is better: asked in both orders, and a tie where the orders disagree."""

import asyncio

import pytest
from stubs import Answer, Ruled, Scripted, checklist, levels, preferred

from pytest_evalbars import Judge, JudgeError
from pytest_evalbars.judges.prompt import hash_of, opened


def compared(*answers, votes=1, rubric=None, **fields):
    model = answers[0] if not isinstance(answers[0], str) else Scripted(list(answers))
    judge = Judge(rubric or levels(), model, votes=votes)
    return asyncio.run(judge.compare(**{"first": "Think.", "second": "It is 7 .", **fields}))


F, S, T = preferred("first", "1"), preferred("second", "2"), preferred("tie", "0")


@pytest.mark.parametrize(
    ("said", "winner", "consistent", "score", "passed"),
    [
        ([F, S], "first", True, 1, True),
        ([S, F], "second", True, 0, False),
        ([T, T], "tie", True, 0.5, True),
        ([F, F], "tie", False, 0.5, False),
        ([S, S], "tie", False, 0.5, False),
        ([F, T], "tie", False, 0.5, False),
        ([T, F], "tie", False, 0.5, False),
    ],
)
def test_a_preference_holds_in_both_orders(said, winner, consistent, score, passed):
    found = compared(*said)

    assert (found.winner, found.consistent, found.score, found.passed) == (winner, consistent, score, passed)
    assert bool(found) is passed
    assert len(found.votes) == 1


def test_a_judge_who_likes_what_stands_first_is_told_as_such():
    assert compared(F, F).reason == "first in one order and second in the other: 1"
    assert compared(F, S).reason == "1"


def test_both_orders_are_asked():
    model = Scripted([F, S])
    compared(model, question="3 + 4?", reference="7", context="Sums.")
    one, other = (opened(messages).fields for messages, _ in model.asked)

    assert one == {
        "question": "3 + 4?",
        "reference": "7",
        "context": "Sums.",
        "first": "Think.",
        "second": "It is 7 .",
    }
    assert other == {**one, "first": one["second"], "second": one["first"]}


@pytest.mark.parametrize(
    ("said", "winner", "spread"),
    [
        ([F, S, F, S, S, F], "first", 1 / 3),
        ([F, S, F, F, S, F], "tie", 2 / 3),
        ([F, S, T, T, S, F], "tie", 2 / 3),
        ([S, F, S, F, F, F], "second", 1 / 3),
    ],
)
def test_votes_on_a_pair(said, winner, spread):
    found = compared(*said, votes=3)

    assert (found.winner, found.spread) == (winner, pytest.approx(spread))
    assert [each["winner"] for each in found.votes].count(winner) == round(3 * (1 - spread))


def test_a_tie_that_nobody_named_says_so():
    assert compared(F, S, S, F, votes=1, rubric=levels()).winner == "first"
    judge = Judge(levels(), [Scripted([F, S]), Scripted([S, F])])
    found = asyncio.run(judge.compare(first="a", second="b"))

    assert (found.winner, found.reason, found.spread, found.consistent) == (
        "tie",
        "no winner has most votes",
        1,
        True,
    )


def test_one_order_that_fails_fails_both():
    with pytest.raises(JudgeError, match=r"`winner`"):
        compared(F, preferred("both"))
    with pytest.raises(JudgeError, match="there is no second to judge"):
        compared(F, S, second=None)
    with pytest.raises(JudgeError, match="refused"):
        compared(Scripted([F, Answer(F, refused=True)]))


def test_a_preference_says_where_it_comes_from():
    found = compared(F, S)

    assert found.prompt == hash_of(levels(), "pair")
    assert found.provenance == {
        "rubric": levels().id,
        "model": "stub-1",
        "prompt": found.prompt,
        "winner": "first",
        "consistent": True,
        "orders": [["first", "second"]],
        "of": found.of,
        "chars": found.chars,
    }
    assert compared(F, S, votes=3).provenance["votes"][0]["winner"] == "first"


def test_a_checklist_compares_too():
    assert compared(Ruled(), rubric=checklist()).winner == "first"
    assert Judge(checklist(), Ruled()).compare_sync(first="7 it is", second="Hm").winner == "second"
