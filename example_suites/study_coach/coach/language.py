"""Exercises of French: a verb to be put into the passé composé."""

import re

from .exercise import Exercise

_AVOIR = {
    "je": "ai",
    "tu": "as",
    "il": "a",
    "elle": "a",
    "nous": "avons",
    "vous": "avez",
    "ils": "ont",
    "elles": "ont",
}
_ETRE = {"je": "suis", "tu": "es", "il": "est", "elle": "est", "nous": "sommes", "vous": "êtes", "ils": "sont"}
_ETRE["elles"] = "sont"
_WITH_ETRE = {"aller": "allé", "venir": "venu", "partir": "parti", "arriver": "arrivé", "rester": "resté"}
_IRREGULAR = {"faire": "fait", "voir": "vu", "prendre": "pris", "avoir": "eu", "écrire": "écrit", "boire": "bu"}
_REGULAR = ("parler", "manger", "regarder", "jouer", "finir", "choisir", "vendre", "attendre", "perdre", "aimer")
_ENDINGS = {"er": "é", "ir": "i", "re": "u"}
_VERBS = "|".join((*_REGULAR, *_WITH_ETRE, *_IRREGULAR))
_TASK = re.compile(rf"\b({_VERBS})\b.*?\b(je|tu|il|elle|nous|vous|ils|elles)\b", re.DOTALL)


def past_tense(text: str) -> Exercise | None:
    """`Put manger with nous into the passé composé`, and the like."""
    if not (found := _TASK.search(text)):
        return None
    verb, person = found.groups()
    movement = verb in _WITH_ETRE
    helper = (_ETRE if movement else _AVOIR)[person]
    participle = _WITH_ETRE.get(verb) or _IRREGULAR.get(verb) or verb[:-2] + _ENDINGS[verb[-2:]]
    if movement:
        participle += ("e" if person == "elle" else "") + ("es" if person == "elles" else "")
        participle += "s" if person in {"nous", "vous", "ils"} else ""
    subject = "j'" if (person, helper) == ("je", "ai") else f"{person} "
    return Exercise(
        "the French past tense",
        method="The passé composé needs a helper verb and a past participle.",
        ask=f"Does {verb} take avoir or être?",
        step=f"{subject}{helper}",
        then=f"What is the participle of {verb}, and does it agree with {person}?",
        solution=f"{subject}{helper} {participle}",
        similar="donner with elle: it takes avoir, so elle a; the participle is donné. Together: elle a donné.",
    )
