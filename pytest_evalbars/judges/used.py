"""The rubrics that judges of this process have used: what travels with a judgement names them, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

#: What the judge reads of each, and what passes, by `name@version`.
USED: dict[str, dict[str, Any]] = {}


def untold(names: Iterable[object], told: set[str]) -> dict[str, dict[str, Any]]:
    """The rubrics of these names that nobody was told of yet.

    Args:
        names: as judgements have them.
        told: whose rubrics were told; takes those that are returned.
    """
    found = {name: USED[name] for name in names if isinstance(name, str) and name in USED and name not in told}
    told |= found.keys()
    return found
