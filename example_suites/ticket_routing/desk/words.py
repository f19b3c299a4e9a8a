"""Words: how a ticket is cut into the terms that the classifier counts."""

import re

#: Words that tell nothing about the subject of a ticket.
STOP_WORDS = frozenset(
    """
    a about after all also am an and any are as at be been but by can could did do does for from had has have how i if
    in is it its me my no not of on or our please so some than that the their them then there they this to too was we
    were what when which who will with would you your
    hello hi dear good morning team kind best regards wishes thank thanks
    """.split()
)

_WORD = re.compile(r"[a-z]+")
_ENDINGS = (
    *("ations", "ation", "ments", "ment", "ings", "ing", "ies", "ied"),
    *("ers", "er", "ed", "es", "ly", "s", "e", "y"),
)


def terms(text: str) -> list[str]:
    """The stems of all words that carry meaning; numbers and names of orders fall away."""
    return [stem(word) for word in _WORD.findall(text.lower()) if word not in STOP_WORDS]


def stem(word: str) -> str:
    """A word without its ending, so that `invoices`, `invoiced` and `invoicing` meet."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) >= len(ending) + 3:
            return word.removesuffix(ending)
    return word
