"""What a model says is a verdict only where it is plainly one; all else is an error that says what it was."""

import json

import pytest
from attacks import ATTACKS, ORDER, WINS
from hypothesis import given
from hypothesis import strategies as st
from stubs import Answer, checked, checklist, graded, levels, preferred

from pytest_evalbars import JudgeError
from pytest_evalbars.judges.form import form_of
from pytest_evalbars.judges.parsing import filled

GRADED = form_of(levels(), "levels")
CHECKED = form_of(checklist(), "criteria")
PAIR = form_of(levels(), "pair")
ALL = checked(no_answer="no", kind="yes", source="no")


def refused(text, form=GRADED, **flags):
    with pytest.raises(JudgeError) as caught:
        filled(Answer(text, **flags), form, "the judge stub")
    return str(caught.value)


# -- verdicts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        graded("poor"),
        f"\n  {graded('poor')}\n\n",
        f"\ufeff{graded('poor')}",
        f"```json\n{graded('poor')}\n```",
        f"```JSON \n{graded('poor')}\n```\n",
        f"```\n{graded('poor')}\n```",
        json.dumps(json.loads(graded("poor")), indent=4),
        '{"level": "poor", "explanation": ""}',
    ],
)
def test_json_is_a_verdict_alone_or_in_markdown(text):
    assert filled(Answer(text), GRADED, "stub").level == "poor"


def test_criteria_and_pairs():
    said = filled(Answer(ALL), CHECKED, "stub")

    assert (said.of_0.answer, said.of_1.answer, said.of_2.explanation) == ("no", "yes", "because source")
    assert filled(Answer(preferred("tie")), PAIR, "stub").winner == "tie"


def test_the_explanation_comes_before_the_verdict():
    for form, verdict in ((GRADED, "level"), (PAIR, "winner")):
        assert list(form.model_json_schema()["properties"]) == ["explanation", verdict]
    schema = CHECKED.model_json_schema()
    assert list(schema["properties"]) == schema["required"] == ["no_answer", "kind", "source"]
    assert list(schema["$defs"]["Answered"]["properties"]) == ["explanation", "answer"]
    assert schema["additionalProperties"] is False
    assert GRADED.model_json_schema()["properties"]["level"]["enum"] == ["excellent", "adequate", "poor"]


# -- no verdicts ---------------------------------------------------------------------------------------------------

NONE = {
    "nothing": ("", "answered nothing"),
    "blanks": (" \n\t", "answered nothing"),
    "words": ("It is quite poor.", "answered in words, without a verdict (models"),
    "a level alone": ("excellent", "answered in words, without a verdict"),
    "a refusal": ("I'm sorry, but I can't help with that.", "refused to judge, in words"),
    "another refusal": ("As an AI, I must not grade people.", "refused to judge, in words"),
    "words before": (f"My verdict:\n{graded('poor')}", "wrote more than its verdict"),
    "words after": (f"{graded('poor')}\nI hope that helps.", "wrote more than its verdict"),
    "words around markdown": (f"Here:\n```json\n{graded('poor')}\n```", "wrote more than its verdict"),
    "two verdicts": (graded("poor") + graded("excellent"), "gave more than one verdict"),
    "two verdicts in lines": (f"{graded('poor')}\n\n{graded('poor')}", "gave more than one verdict"),
    "two in markdown": (f"```json\n{graded('poor')}\n{graded('excellent')}\n```", "gave more than one verdict"),
    "two blocks": (f"```\n{graded('poor')}\n```\n```\n{graded('poor')}\n```", "wrote more than its verdict"),
    "a list of verdicts": (f"[{graded('poor')}]", "no object but list"),
    "a number": ("3", "no object but int"),
    "null": ("null", "no object but NoneType"),
    "one key twice": (
        '{"explanation": "x", "level": "poor", "level": "excellent"}',
        "gave a verdict with one key twice",
    ),
    "cut off": (graded("poor")[:-3], "answered with broken JSON"),
    "python": ("{'explanation': 'x', 'level': 'poor'}", "answered with broken JSON"),
    "a comment": ('{"explanation": "x", /* poor */ "level": "poor"}', "answered with broken JSON"),
    "not a number": ('{"explanation": NaN, "level": "poor"}', "NaN"),
    "many digits": ('{"explanation": ' + "1" * 5000 + ', "level": "poor"}', "answered with broken JSON"),
    "deep": ("[" * 100_000, "nested too deeply"),
    "an unknown level": (
        graded("superb"),
        "gave a verdict that its rubric does not know: `level` is \"superb\", none of 'excellent', 'adequate'",
    ),
    "a level in capitals": (graded("Poor"), "does not know"),
    "a level with a blank": (graded("poor "), "does not know"),
    "two levels": (graded(["poor", "excellent"]), "does not know"),
    "no level": ('{"explanation": "x"}', "`level` is missing"),
    "no explanation": ('{"level": "poor"}', "`explanation` is missing"),
    "an explanation of another type": (graded("poor", why=3), "`explanation`"),
    "a key too many": ('{"explanation": "x", "level": "poor", "score": 1}', "`score` is asked for by nobody"),
    "a score": ('{"score": 0.9}', "`level` is missing"),
    "a form in a form": (f'{{"verdict": {graded("poor")}}}', "`verdict` is asked for by nobody"),
    "an empty object": ("{}", "`explanation` is missing; `level` is missing"),
}


@pytest.mark.parametrize("name", NONE)
def test_what_is_no_verdict(name):
    text, words = NONE[name]
    told = refused(text)

    assert told.startswith("the judge stub ")
    assert words in told
    assert len(told) < 1100


CRITERIA = {
    "one missing": (checked(no_answer="no", kind="yes"), "`source` is missing"),
    "one too many": (checked(no_answer="no", kind="yes", source="no", tone="yes"), "`tone` is asked for by nobody"),
    "maybe": (
        checked(no_answer="no", kind="maybe", source="no"),
        "`kind.answer` is \"maybe\", none of 'yes' or 'no'",
    ),
    "a boolean": (ALL.replace('"answer": "yes"', '"answer": true'), "`kind.answer` is true"),
    "bare answers": ('{"no_answer": "no", "kind": "yes", "source": "no"}', "`kind`"),
    "python's names": (ALL.replace("no_answer", "of_0"), "`of_0` is asked for by nobody"),
    "a level": (graded("excellent"), "`no_answer` is missing"),
}


@pytest.mark.parametrize("name", CRITERIA)
def test_what_is_no_checklist(name):
    text, words = CRITERIA[name]

    assert words in refused(text, CHECKED)


@pytest.mark.parametrize("winner", ["First", "1", "both", "", None, "answer"])
def test_what_is_no_preference(winner):
    assert "`winner`" in refused(preferred(winner), PAIR)


def test_a_refusal_or_an_end_too_early_is_none_even_with_a_verdict():
    assert "refused to judge" in refused(graded("poor"), refused=True)
    assert "was cut off before it ended its answer" in refused(graded("poor"), cut_off=True)
    assert "refused to judge" in refused("", refused=True)
    assert "answered nothing" in refused(None)


def test_an_excerpt_is_short_and_harmless():
    told = refused("\x1b[2J\u202e" + "x" * 10_000)

    assert "\\x1b[2J\\u202exxx" in told
    assert len(told) < 380


def test_a_secret_is_not_repeated(monkeypatch):
    monkeypatch.setenv("SOME_API_KEY", "sk-1234567890")

    assert "sk-1234567890" not in refused("The key is sk-1234567890.")


# -- echoes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ATTACKS)
def test_a_judge_that_repeats_an_attack_gives_no_verdict_by_it(name):
    """In prose, in a quote, before or behind the verdict that it does give."""
    attack = ATTACKS[name]
    for echo in (
        f"The answer says: {attack}",
        f"{attack}\n\nThat is an attack, and I grade it poor.",
        f"{attack}\n{graded('poor')}",
        f"{graded('poor')}\n{attack}",
    ):
        refused(echo)
    assert filled(Answer(graded("poor", why=attack)), GRADED, "stub").level == "poor"


def test_an_order_that_is_repeated_word_for_word_is_none():
    assert "wrote more" in refused(ORDER)
    # A model that says nothing but the attack's verdict has been steered: no reader of its answer can tell.
    assert filled(Answer(WINS), GRADED, "stub").level == "excellent"


# -- any text ------------------------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["poor", "excellent", "yes", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["level", "explanation", "winner", "kind", "x"]), inner, max_size=4)
    ),
    max_leaves=8,
)


@given(st.one_of(st.text(max_size=60), JSON.map(json.dumps), st.builds(graded, JSON, JSON)))
def test_any_text_is_the_very_verdict_or_an_error(text):
    try:
        said = filled(Answer(text), GRADED, "stub")
    except JudgeError:
        assert text not in (graded("poor"), graded("excellent"))
    else:
        assert json.loads(text) == {"explanation": said.explanation, "level": said.level}
        assert said.level in ("excellent", "adequate", "poor")


@given(st.data())
def test_a_verdict_with_a_part_lost_or_added_is_never_another(data):
    whole = graded("poor", why='It says {"level": "excellent"} and "excellent".')
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, len(whole)))
    put = data.draw(st.sampled_from(["", "}", "{", '"', ",", "\n", "x", "```"]))
    try:
        said = filled(Answer(whole[:start] + put + whole[end:]), GRADED, "stub")
    except JudgeError:
        return
    assert said.level == "poor"
