"""Takes secrets out of texts before anything of them reaches a disk: the one place that knows what a secret is.

Three kinds: the values of environment variables whose names say that they are secret, what looks like a credential
wherever it stands (see `shapes`), and what the project's own patterns find (`redact` in the bars file, see `own`).
Redacting twice is redacting once. Light: every process that runs eval cases imports it.
"""

from __future__ import annotations

import json
import os
import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote

from pytest_evalbars.redaction.own import held_patterns, without_own
from pytest_evalbars.redaction.shapes import HIDDEN, without_shapes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: Parts of a variable's name that mark its value as a secret, and the shortest value taken for one.
SECRET_WORDS = frozenset(
    {"KEY", "APIKEY", "TOKEN", "SECRET", "SECRETS", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL", "CREDENTIALS"},
)
SECRET_LENGTH = 8
#: The longest secret that is found whole where a text is cut: so much is looked at beyond the cut.
LONGEST = 8_192
#: Where a text was cut by others.
CUT = "..."
#: What stands in place of a secret: of a variable its name.
REDACTED = re.compile(
    rf"{re.escape(HIDDEN)}|\[secret\]|\[\w*(?:{'|'.join(sorted(SECRET_WORDS))})\w*\]", re.IGNORECASE
)


def redacted(words: str) -> str:
    """The text without secrets.

    The environment is looked at every time: a fixture may have loaded a key a moment ago.
    """
    return redactor()(words)


def redactor() -> Callable[[str], str]:
    """A function that redacts by what the environment and the bars file hold now: for many texts at once."""
    secrets = tuple((name, os.environ[name]) for name in sorted(os.environ) if is_secret_name(name))
    pattern, names = _pattern(secrets)
    own = held_patterns()

    def without_secrets(words: str) -> str:
        if pattern is not None and len(words) >= SECRET_LENGTH:
            words = pattern.sub(lambda match: f"[{names[match[0]]}]", words)
            if CUT in words:
                words = _without_halves(words, names)
        words = without_shapes(words)
        return without_own(words, own) if own else words

    return without_secrets


def has_redactions(words: str) -> bool:
    """Whether something may have been taken out of a text."""
    return REDACTED.search(words) is not None


@lru_cache(maxsize=1024)
def is_secret_name(name: str) -> bool:
    """Whether a name says that what it names is a secret."""
    return not SECRET_WORDS.isdisjoint(name.upper().split("_"))


def _without_halves(words: str, names: Mapping[str, str]) -> str:
    """The text without the ends of values beside `...`: pytest cuts what it quotes of a failed assertion."""
    first, *rest = words.split(CUT)
    parts = [first]
    for part in rest:
        left, right = parts[-1], part
        for value, name in names.items():
            if size := _shared(left[-len(value) :], value):
                left = f"{left[:-size]}[{name}]"
            if size := _shared(value, right[: len(value)]):
                right = f"[{name}]{right[size:]}"
        parts[-1:] = [left, right]
    return CUT.join(parts)


def _shared(before: str, after: str) -> int:
    """The length of the longest end of one text with which the other begins, where that tells anything."""
    sizes = range(min(len(before), len(after)), SECRET_LENGTH // 2, -1)
    return next((size for size in sizes if before.endswith(after[:size])), 0)


@lru_cache(maxsize=4)
def _pattern(secrets: tuple[tuple[str, str], ...]) -> tuple[re.Pattern[str] | None, dict[str, str]]:
    """What finds the values, as they are and as JSON and addresses spell them; and the names of what it finds."""
    names: dict[str, str] = {}
    for name, value in secrets:
        if len(value) >= SECRET_LENGTH:
            for spelt in (value, json.dumps(value)[1:-1], quote(value, safe="")):
                names.setdefault(spelt, name)
    longest_first = sorted(names, key=len, reverse=True)
    return (re.compile("|".join(map(re.escape, longest_first))) if names else None), names
