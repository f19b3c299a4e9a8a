"""The runs before one that is reported, as far as its project has kept a history of them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pytest_evalbars.history.records import PastRun
    from pytest_evalbars.history.rows import Sum
    from pytest_evalbars.run.columns import Run

#: Runs that a trend goes back.
LAST = 20


@dataclass(frozen=True, slots=True)
class Past:
    """Runs, oldest first, and what their dimensions add up to; both by the number of the run."""

    runs: Mapping[int, PastRun]
    sums: Mapping[int, Sequence[Sum]]


def past_of(root: Path, run: Run) -> Past | None:
    """The last whole runs of a project that began before this one.

    Args:
        root: the project's folder.
        run: the run that is told.

    Returns:
        None where there are none, no history is kept, or it cannot be read: no report fails for that.
    """
    path = root / ".evalbars" / "history.db"
    names = [str(header.get("run") or "") for header in run.headers]
    started = min((str(header.get("started") or "") for header in run.headers), default="")
    if not started or not path.exists():
        return None
    from pytest_evalbars.history.access import OFF  # noqa: PLC0415 - few suites keep a history
    from pytest_evalbars.history.database import has_library  # noqa: PLC0415

    if os.environ.get(OFF) or not has_library():
        return None
    try:
        from pytest_evalbars.history.queries import recent_wholes  # noqa: PLC0415 - imports the library
        from pytest_evalbars.history.store import Store  # noqa: PLC0415

        with Store.open(root) as store:
            runs, sums = recent_wholes(store, LAST, started, everything=not run.asked, but=names)
    except Exception:  # noqa: BLE001 - whatever it is, the run is there, and who records it next will tell
        return None
    return Past(runs, sums) if runs else None
