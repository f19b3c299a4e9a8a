"""Words that mean the same to an employee and to a policy."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from .text import stem

#: What a related word counts, where the word itself counts 1.
RELATED = 0.5


def expand(terms: Iterable[str]) -> dict[str, float]:
    """The stems of a question at full strength, and those related to them at less."""
    terms = list(terms)
    groups = _groups()
    related = {other: RELATED for term in terms for other in groups.get(term, ())}
    return related | dict.fromkeys(terms, 1.0)


@cache
def _groups() -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for line in Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            group = [stem(word) for word in line.split()]
            for term in group:
                groups.setdefault(term, []).extend(group)
    return groups
