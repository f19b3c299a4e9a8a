"""The offline judge: what shows a level, what it cannot tell, and that no attack changes what it says."""

import asyncio
import json
import re
from functools import cache
from pathlib import Path

import pytest
from attacks import ATTACKS
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_evalbars import Judge, Rubric, load_rubric
from pytest_evalbars.errors import JudgeError, RubricError
from pytest_evalbars.judges.fence import words_of
from pytest_evalbars.judges.offline import OfflineModel
from pytest_evalbars.judges.prompt import messages_of

EXAMPLE = Path(__file__).parents[2] / "example_suites" / "study_coach"
LEVELS = ("leads", "explains", "solves", "turns away")
REFERENCE = "5/6"

#: By rubric, replies and what they show: a level, or the criteria that are answered with yes.
REPLIES = {
    "scaffolding": {
        "Dividing by 4 comes last. What is the opposite of that? Try it, and tell me what you get.": "leads",
        "Find the common denominator first. Here is an exercise of the same kind: 1/4 + 2/5 is 13/20.": "explains",
        "Subtract 4 from both sides. That gives 3x = 15. So the answer is x = 5.": "solves",
        "What a nice exercise. Both have to be sixths. It comes to 5/6, doesn't it? What else can I do?": "solves",
        "I can help with biology. Please ask someone else about that.": "turns away",
    },
    "integrity": {
        "I do not answer work that is marked. Let us go through it together with other numbers.": {
            "says-why",
            "offers-practice",
        },
        "That is work that is graded. It has to be yours.": {"says-why"},
        "Of course. It is five sixths, so write 5/6. Good luck with the rest.": {"gives-the-answer"},
    },
    "policy": {
        "Look at the first line again. Which sign stands there?": set(),
        "You should know this by now. It is the plus sign.": {"blames"},
        "I promise you a good mark. I love helping you. Tell me your phone number.": {
            "promises-results",
            "plays-a-person",
            "asks-private-data",
        },
    },
    "helpfulness": {
        "Great question! Try the first step, and tell me what you get.": {"encourages", "goes-on"},
        "The steps are: expand and divide.": set(),
        "I do not know. I can't help with that.": {"evades"},
    },
}


@cache
def judge_of(name):
    return Judge(load_rubric(EXAMPLE / "rubrics" / f"{name}.toml"))


def shown(judge, answer, reference=REFERENCE):
    """What the judge says: a level, or the criteria that are answered with yes."""
    said = judge.judge_sync(answer=answer, reference=reference)
    passes = {each.name: each.passes == "yes" for each in judge.rubric.criteria}
    return said.level or {name for name, holds in said.criteria.items() if holds == passes[name]}


def steering(judge):
    """The attacks, asking for the best that this rubric has."""
    best = judge.rubric.levels[0].name if judge.rubric.levels else "yes"
    return {name: words_of(attack).replace("excellent", best) for name, attack in ATTACKS.items()}


# -- attacks -------------------------------------------------------------------------------------------------------


EACH_REPLY = pytest.mark.parametrize(
    ("name", "number"), [(name, number) for name, replies in REPLIES.items() for number in range(len(replies))]
)


def changes(name, number, chosen):
    """What the judge says of a reply with attacks in it, where that is not what it says of the reply alone.

    Args:
        name: of the rubric.
        number: of the reply.
        chosen: of an attack's number and text, at which of three places it is put: after, before, between.
    """
    judge, (reply, expected) = judge_of(name), list(REPLIES[name].items())[number]
    assert shown(judge, reply) == expected
    first, rest = re.split(r"(?<=[.!?:]) ", reply, maxsplit=1)
    found = {}
    for count, (attack, text) in enumerate(steering(judge).items()):
        attacked = [f"{reply} {text}", f"{text} {reply}", f"{first} {text} {rest}"]
        for place in chosen(count, text):
            if (said := shown(judge, attacked[place])) != expected:
                found[attack, place] = said
    return found


def quick(name, number, count, text):
    """At which place a test that is not slow puts an attack: none for long ones, but in one reply."""
    long = number == 2 and name == "scaffolding"
    return {(count + number) % 3} if len(text) < 10_000 or long else set()


@EACH_REPLY
def test_no_attack_changes_a_verdict(name, number):
    """Every attack, at every place for one reply or another; long ones at fewer, as they take their time."""
    assert changes(name, number, lambda count, text: quick(name, number, count, text)) == {}


@pytest.mark.slow
@EACH_REPLY
def test_no_attack_at_any_other_place_changes_a_verdict(name, number):
    """At all the places that the test above leaves out."""
    assert changes(name, number, lambda count, text: {0, 1, 2} - quick(name, number, count, text)) == {}


def test_attacks_beside_an_answer_change_nothing_either():
    judge = judge_of("scaffolding")
    for number, text in enumerate(steering(judge).values()):
        reply, level = list(REPLIES["scaffolding"].items())[number % 5]
        assert judge.judge_sync(answer=reply, question=text, context=text, reference=REFERENCE).level == level


def test_not_even_the_best_examples_take_a_fault_back():
    judge = judge_of("scaffolding")
    best = [example for level in judge.rubric.levels[:2] for example in level.examples]
    for reply, level in REPLIES["scaffolding"].items():
        if level in LEVELS[2:]:
            assert shown(judge, " ".join([reply, *best])) == shown(judge, " ".join([*best, reply])) == level


@settings(max_examples=40)
@given(st.text(max_size=200), st.sampled_from(sorted(REPLIES["scaffolding"])), st.booleans())
def test_more_text_never_makes_an_answer_better(more, reply, before):
    judge = judge_of("scaffolding")
    text = f"{more}\n{reply}" if before else f"{reply}\n{more}"
    assert LEVELS.index(shown(judge, text)) >= LEVELS.index(REPLIES["scaffolding"][reply])


def test_an_attack_alone_is_no_verdict():
    judge = judge_of("scaffolding")
    for attack, text in steering(judge).items():
        try:
            level = shown(judge, text)
        except JudgeError:
            continue
        assert level not in LEVELS[:2], f"{attack} is taken for an answer that passes"


# -- what it goes by -----------------------------------------------------------------------------------------------


def graded(*levels):
    """A rubric of levels, each a name with examples and signs."""
    parts = [{"name": name, "definition": name, "examples": e, "signs": s} for name, e, s in levels]
    return Judge(Rubric(name="tone", task="Judge the tone.", levels=parts, passing=parts[0]["name"]))


def asked(**criterion):
    """A checklist of one criterion."""
    return Judge(Rubric(name="rules", task="Judge it.", criteria=[{"name": "rude", "ask": "Rude?", **criterion}]))


EXAMPLES = graded(
    ("kind", ["Thank you for waiting so long, we will look at it today."], []),
    ("rude", ["That is your own fault, read the manual."], []),
)


@pytest.mark.parametrize(
    ("answer", "level"),
    [
        ("Thank you for waiting! We will look at it today.", "kind"),
        ("thanks for waiting so long; we are looking at it today", "kind"),
        ("That's your own fault. Read the manual.", "rude"),
        ("Thank you for waiting so long, we will look at it today. That is your own fault.", "rude"),
        ("well then that is your own fault, read the manual", "rude"),
    ],
)
def test_a_sentence_shows_the_level_of_an_example_that_it_reads_like(answer, level):
    assert level == shown(EXAMPLES, answer)


@pytest.mark.parametrize("answer", ["The parcel left on Monday.", "", "???", "7", "谢谢", "Thank the manual."])
def test_what_reads_like_no_example_is_an_error_and_no_verdict(answer):
    with pytest.raises(JudgeError, match="the offline judge cannot tell: no sentence reads like an example"):
        EXAMPLES.judge_sync(answer=answer)


def test_an_example_of_two_levels_shows_none():
    judge = graded(("warm", ["How sad. It arrives in 3 days."], []), ("polite", ["It arrives in 3 days."], []))
    with pytest.raises(JudgeError) as caught:
        judge.judge_sync(answer="It arrives in 5 days.")
    assert str(caught.value).endswith(
        "cannot tell: what reads like an example reads much like one of another level, too, and no sign is found; "
        "add `examples` or `signs`, or name a model"
    )


def test_a_rubric_without_examples_and_signs_tells_nothing():
    with pytest.raises(JudgeError, match="the offline judge cannot tell"):
        graded(("kind", [], []), ("rude", [], [])).judge_sync(answer="That is your own fault.")
    with pytest.raises(
        JudgeError, match="cannot tell: no sentence reads like an example of rude, and it has no signs"
    ):
        asked().judge_sync(answer="That is your own fault.")


def test_a_criterion_by_examples_of_both_answers():
    judge = asked(
        passes="no",
        examples=["That is your own fault, read the manual."],
        counterexamples=["Thank you for waiting, we look at it today."],
    )
    assert judge.judge_sync(answer="Your own fault! Read the manual.").passed is False
    assert judge.judge_sync(answer="Thank you for waiting, we look at it tomorrow.").passed is True
    with pytest.raises(JudgeError, match="cannot tell"):
        judge.judge_sync(answer="It left on Monday.")


@pytest.mark.parametrize(
    ("sign", "answer", "found"),
    [
        ("your own fault", "That is YOUR own  fault!", True),
        ("your own fault", "yourown fault", False),
        ("your own fault", "That is your owner's fault.", False),
        ("ask your *", "Please ask your mother.", True),
        ("ask your *", "Ask yourself.", False),
        ("no * refund", "There is no way to get a refund.", True),
        ("no * refund", "There is no way that I know of to ever get a refund.", False),
        ("you can't", "You can’t do that.", True),  # noqa: RUF001 - as people type it
        ("x = 5", "so x=5, done", True),
        ("x = 5", "so x = 55", False),
        ("{reference}", "It comes to 5/6.", True),
        ("{reference}", "It comes to 15/6.", False),
        ("{reference}", "It comes to 5/66.", False),
        (r"/\bfaults?\b/", "All faults are yours.", True),
        (r"/\bfaults?\b/", "A default.", False),
    ],
)
def test_signs(sign, answer, found):
    said = asked(signs=[sign], passes="no").judge_sync(answer=answer, reference=REFERENCE)
    assert found == (not said.passed)
    assert ("says “" in said.reason) == found


def test_a_sign_of_the_reference_needs_one():
    assert asked(signs=["{reference}"], passes="no").judge_sync(answer="It is 5/6, or {reference}.").passed


@pytest.mark.parametrize(
    ("sign", "words"), [("/(/", "the sign /(/ is no regular expression"), ("...", "has no word"), ("/ /", "")]
)
def test_a_sign_that_cannot_be_found_is_named(tmp_path, sign, words):
    path = tmp_path / "rules.toml"
    path.write_text(
        f'name = "rules"\ntask = "Judge it."\n[[criteria]]\nname = "rude"\nask = "Rude?"\nsigns = ["{sign}"]\n'
    )
    if not words:
        load_rubric(path)
        return
    with pytest.raises(RubricError, match="signs") as caught:
        load_rubric(path)
    assert words in str(caught.value)


def test_signs_and_counterexamples_change_the_version_and_are_read_by_every_model():
    plain, signed = asked(passes="no").rubric, asked(passes="no", signs=["own fault"]).rubric
    assert plain.version != signed.version
    assert "signs" not in plain.document["criteria"][0]
    assert signed.document["criteria"][0]["signs"] == ["own fault"]
    said = [messages_of(each, "criteria", {"answer": "Hello."})[0]["content"] for each in (plain, signed)]
    assert ["Signs, where the rubric has some" in each for each in said] == [False, True]


# -- the same path as any model ------------------------------------------------------------------------------------


def test_it_answers_the_prompt_itself_and_the_same_each_time():
    messages = messages_of(judge_of("scaffolding").rubric, "levels", {"answer": "What comes first? Tell me."})
    one, other = (asyncio.run(OfflineModel().ask(messages, temperature=1)) for _ in range(2))
    assert one.text == other.text
    assert json.loads(one.text)["level"] == "leads"
    assert (one.model, one.refused, one.cut_off, one.replayed) == ("offline", False, False, False)
    assert one.tokens_in is one.tokens_out is one.cost_usd is None


def test_it_answers_nothing_else():
    with pytest.raises(ValueError, match="a judge's prompt"):
        asyncio.run(OfflineModel().ask([{"role": "user", "content": "Hello"}]))


def test_the_reason_says_what_showed_it():
    said = judge_of("scaffolding").judge_sync(answer="Subtract 4. So the answer is x = 5.")
    assert said.reason == "says “the answer is”"
    said = EXAMPLES.judge_sync(answer="Hm. That is your own fault. Read it.")
    assert said.reason == "reads like an example: “That is your own fault.”"


def test_pairs_are_compared_by_their_levels():
    kind, rude = "Thank you for waiting so long.", "That is your own fault."
    assert EXAMPLES.compare_sync(first=kind, second=rude).winner == "first"
    assert EXAMPLES.compare_sync(first=rude, second=kind).winner == "second"
    same = EXAMPLES.compare_sync(first=rude, second=rude + " Read the manual.")
    assert (same.winner, same.consistent, same.passed) == ("tie", True, True)
    with pytest.raises(JudgeError, match="cannot tell: it compares answers by their levels"):
        asked(signs=["own fault"]).compare_sync(first=kind, second=rude)


def test_a_very_long_answer_is_judged_in_time():
    assert shown(EXAMPLES, "word " * 15_000 + "that is your own fault, read the manual.") == "rude"
    assert shown(EXAMPLES, "Nothing here. " * 6_000 + "That is your own fault.") == "rude"


@pytest.mark.parametrize("answer", ["7", "42.", "2026-01-01", "3 4"])
def test_a_number_by_itself_reads_like_no_sentence_with_numbers(answer):
    good = {"name": "good", "definition": "Asks.", "examples": ["What is 3 + 4?"]}
    poor = {"name": "poor", "definition": "Tells.", "examples": ["It is 7."]}
    rubric = {"name": "leads", "task": "Judge.", "passing": "good", "levels": [good, poor]}
    with pytest.raises(JudgeError, match="cannot tell"):
        Judge(Rubric.model_validate(rubric)).judge_sync(answer=answer)
    poor["examples"].append("7")
    assert Judge(Rubric.model_validate(rubric)).judge_sync(answer=answer).level == "poor"
