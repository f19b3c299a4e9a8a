"""Puts off looking for garbage."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """Look for no cycles meanwhile.

    Among millions of small objects, none of them in a cycle, looking would double the time. And what is found may
    speak: Python warns of a coroutine that nobody awaited, and imports for that. Within another import Python 3.11
    may break off at it with a KeyError, and a session whose cases are all run must not end so.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
