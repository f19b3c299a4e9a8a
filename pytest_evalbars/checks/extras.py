"""Libraries that only some checks need, and what their absence says."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from pytest_evalbars.errors import MissingExtra


def extra(library: str, purpose: str) -> Any:
    """Import a library of the extra `checks`.

    Args:
        library: the module's name.
        purpose: what needs it, as the error's first words.

    Raises:
        MissingExtra: it is not installed, or does not load.
    """
    try:
        return import_module(library)
    except ImportError as fault:
        raise MissingExtra(
            f"{purpose} needs {library.partition('.')[0]}: pip install 'pytest-evalbars[checks]' ({fault})"
        ) from fault
