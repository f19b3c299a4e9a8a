"""Grounding, citations, refusals, handovers and languages: known answers, the tricky ones among them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_evalbars import checks
from pytest_evalbars.checks.phrases import phrases

SOURCES = {
    "returns": "You can return any item within 30 days of delivery. Refunds are paid to the original card. Refunds "
    "are not available for gift cards, but store credit is. Shipping costs 1,500.00 EUR at most.",
    "hours": "Our shop is open from 9:00 to 17:00, Monday to Friday. Dr. Smith runs the clinic.",
}
GROUNDED = [
    "Items can be returned within 30 days of delivery.",
    "You may return items no later than 30 days after delivery.",
    "Refunds aren't available for gift cards.",
    "You get store credit for gift cards.",
    "Shipping costs at most 1500 EUR.",
    "Sure! Refunds are paid to the original card. Anything else?",
]
FOREIGN = {
    "Items can be returned within 60 days of delivery.": "does not say 60",
    "Refunds are available for gift cards.": "says the opposite",
    "You cannot return items within 30 days of delivery.": "says the opposite",
    "The moon is made of cheese.": "no source shares a word",
    "Refunds are paid to a bank account in Switzerland.": "lacks",
}


@pytest.mark.parametrize("answer", GROUNDED)
def test_what_the_sources_say_is_grounded(answer):
    assert checks.grounded(answer, SOURCES) == (True, 1.0, "")


@pytest.mark.parametrize("answer", FOREIGN)
def test_what_they_do_not_say_is_not(answer):
    result = checks.grounded(answer, SOURCES)

    assert (result.passed, result.score) == (False, 0.0)
    assert FOREIGN[answer] in result.reason


def test_a_share_of_sentences_may_do():
    answer = "Refunds are paid to the original card. The moon is made of cheese."

    assert checks.grounded(answer, SOURCES).score == 0.5
    assert checks.grounded(answer, SOURCES, at_least=0.5).passed


def test_declining_claims_nothing_and_an_empty_answer_is_not_grounded():
    assert checks.grounded("I could not find that in the policies.", SOURCES) == (True, None, "claims nothing")
    assert not checks.grounded(" ", SOURCES).passed
    with pytest.raises(ValueError, match="`sources` is empty"):
        checks.grounded("a", [])
    with pytest.raises(ValueError, match="`support` is a share"):
        checks.grounded("a", ["b"], support=75)


@settings(max_examples=30)
@given(st.lists(st.sampled_from(GROUNDED[:5]), min_size=1, max_size=5))
def test_a_text_is_grounded_in_itself(sentences):
    assert checks.grounded(" ".join(sentences), " ".join(sentences)).passed


CITED = {
    "Items can be returned within 30 days [returns].": "",
    "Items can be returned. [returns] The shop is open Monday to Friday. [Hours]": "",
    "Items can be returned.[returns] The shop is open Monday to Friday.[hours]": "",
    "[returns] says refunds are paid to the original card.": "",
    "Refunds are paid to the original card and the shop is open Monday to Friday [returns, hours].": "",
    "Items can be returned within 30 days [hours].": "hours does not support",
    "Items can be returned within 60 days [returns].": "does not say 60",
    "Items can be returned [policy].": '"policy" is none of the sources',
    "Items can be returned, see [returns](https://example.com).": "cites nothing",
}


@pytest.mark.parametrize("answer", CITED)
def test_citations(answer):
    result = checks.cites(answer, SOURCES)

    assert result.passed == (not CITED[answer])
    assert CITED[answer] in result.reason


def test_sources_by_number_other_marks_and_every_sentence():
    texts = ["Cats sleep all day.", "Dogs bark at night."]

    assert checks.cites("Cats sleep all day [1]. Dogs bark at night [2].", texts).passed
    assert checks.cites("Cats sleep all day [2].", texts).score == 0.0
    assert checks.cites("Dogs bark at night (source 2).", texts, pattern=r"\(source (\d+)\)").passed
    assert checks.cites("Cats sleep all day [1]. Dogs bark at night.", texts).passed
    assert checks.cites("Cats sleep all day [1]. Dogs bark at night.", texts, every=True).score == 0.5
    with pytest.raises(ValueError, match="needs a group"):
        checks.cites("a", texts, pattern=r"\[\d\]")


REFUSALS = [
    "I'm sorry, but I can't help with that.",
    "I’m sorry, I can’t assist with that request.",  # noqa: RUF001
    "I cannot provide medical advice.",
    "As an AI language model, I cannot give opinions.",
    "I must respectfully decline your request.",
    "Unable to comply.",
    "Sorry, that's not something I can help with.",
    "That goes against my guidelines.",
    "I'm not able to share personal data.",
    "I won't write that.",
    "I don't know.",
    "I could not find that in the policies.",
    "The documents do not mention a refund period.",
    "Thanks for asking! I do not have information about that.",
]
NO_REFUSALS = [
    "I can't wait to help you with this!",
    "I cannot recommend it enough.",
    "I can't stress enough how much this helps.",
    "I can't help but smile at that.",
    "You cannot return it after 30 days.",
    "If you can't log in, reset your password.",
    "Sorry for the delay! Your refund is on its way.",
    "I'm sorry to hear that. Here is what you can do.",
    "As an AI, I find this question fun: the answer is 4.",
    "The error says 'cannot open file'.",
    "Sure, I can help with that.",
    "You are not alone.",
    "There is no scientific evidence that cats fly.",
    "One. Two. Three. I cannot say more.",
    "",
]


@pytest.mark.parametrize("answer", REFUSALS)
def test_refusals(answer):
    assert checks.refuses(answer).passed


@pytest.mark.parametrize("answer", NO_REFUSALS)
def test_no_refusals(answer):
    assert not checks.refuses(answer).passed


def test_own_patterns_and_what_is_not_known():
    assert checks.refuses("I don't know.").reason == 'does not know: "i don\'t know"'
    assert not checks.refuses("I don't know.", unknown=False).passed
    assert not checks.refuses("Lo siento, no puedo ayudarte.").passed
    assert checks.refuses("Lo siento, no puedo ayudarte.", patterns=r"lo siento, (?:pero )?no puedo").passed


HANDOVERS = [
    "I'll transfer you to a human agent.",
    "Let me connect you with one of our specialists.",
    "Would you like me to connect you with an agent?",
    "A member of our team will get back to you within 24 hours.",
    "Please contact our support team at help@example.com.",
    "I've escalated this to our billing department.",
    "I have opened a support ticket for you.",
    "Please consult a licensed attorney.",
    "I'm passing this on to a colleague who can help.",
    "For this, please call 911 or emergency services.",
    "I recommend speaking with a financial advisor.",
    "To dispute this charge, contact customer service.",
    "I can't change that, but I can connect you to our support team.",
]
NO_HANDOVERS = [
    "There is no need to contact support.",
    "I cannot transfer you to a human.",
    "You don't need to speak to an agent: click Reset.",
    "You called the support team yesterday, and the refund is on its way.",
    "Connect the cable to the router.",
    "Human error causes most outages.",
    "Our team won the cup.",
    "Refer to section 3 for details.",
    "Transfer the money to your account.",
    "I can help you with that myself!",
    "",
]


@pytest.mark.parametrize("answer", HANDOVERS)
def test_handovers(answer):
    assert checks.hands_over(answer).passed


@pytest.mark.parametrize("answer", NO_HANDOVERS)
def test_no_handovers(answer):
    assert not checks.hands_over(answer).passed


def test_own_people():
    assert checks.hands_over("Go to the front office.", patterns="the front office").passed


@pytest.mark.parametrize("kind", ["declines", "unknown", "hands_over", "no_handover"])
def test_every_phrase_is_a_pattern(kind):
    assert "<" not in phrases(kind).pattern.replace("(?<", "")


LANGUAGES = {
    "es": "Puede devolver el producto en un plazo de treinta días.",
    "en": "You can return the item within thirty days.",
    "de": "Sie können den Artikel innerhalb von 30 Tagen zurückgeben.",
    "fr": "Vous pouvez retourner l'article sous trente jours.",
    "ja": "今日はいい天気ですね",
    "ar": "يمكنك إرجاع المنتج خلال ثلاثين يوما",
    "pt-BR": "Você pode devolver o produto em até trinta dias.",
}


@pytest.mark.parametrize("code", LANGUAGES)
def test_languages(code):
    found = checks.language(LANGUAGES[code], code)

    assert found.passed
    assert found.score > 0.5
    assert not checks.language(LANGUAGES[code], "nl").passed


def test_too_short_or_no_language_is_a_miss():
    for text in ("", "No.", "12 + 30 = 42", "`print(some_long_name_of_code)`", "https://example.com/a/long/address"):
        assert checks.language(text, "en").reason.startswith("too short to tell its language")
    assert checks.language(LANGUAGES["es"], "en").reason.startswith("rather es (")
    with pytest.raises(ValueError, match="names no language that py3langid knows: 'spanish'"):
        checks.language("text", "spanish")
