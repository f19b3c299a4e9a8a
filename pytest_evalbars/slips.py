"""What a test gives for an answer and is none: its author's slip, which must not be judged as the model's words."""

from __future__ import annotations

import inspect
from collections.abc import Coroutine


def slip(value: object, *, objects: bool = False) -> str | None:
    """What was given instead of an answer, and the mend; None where nothing speaks against it.

    A coroutine is closed: that it was never awaited has been said then.

    Args:
        value: what is to be judged. Texts, numbers, lists, tables, models of pydantic and dataclasses may all be.
        objects: whether any other object may be, too, as for a scorer that reads them.
    """
    if isinstance(value, Coroutine):
        value.close()
    if inspect.isawaitable(value):
        return "a coroutine: write `await` before the call that made it"
    if getattr(value, "object", None) == "chat.completion" and hasattr(value, "choices"):
        return "a model's whole response: its text is `.choices[0].message.content`"
    if isinstance(getattr(value, "text", None), str) and hasattr(value, "tokens_out"):
        return "a model's whole answer: its text is `.text`"
    kind = type(value)
    if not objects and kind.__str__ is object.__str__ and kind.__repr__ is object.__repr__:
        return f"{'an' if kind.__name__[:1] in 'AEIOUaeiou' else 'a'} {kind.__name__}, which no text can be made of"
    return None
