"""What a user may have meant by a word that is none."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def nearest(word: str, valid: Iterable[str]) -> str:
    """`; did you mean "x"?` for the closest valid word, or the words there are."""
    words = sorted(valid)
    close = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    if close:
        return f'; did you mean "{close[0]}"?'
    return f" (there is: {', '.join(words)})" if words else ""
