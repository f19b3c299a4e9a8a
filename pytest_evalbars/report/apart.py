"""What a run sets apart: saturated cases that were not run, and cases in quarantine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_evalbars.report.numbers import count
from pytest_evalbars.run.columns import MISSING
from pytest_evalbars.run.plan import SATURATED
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_evalbars.run.columns import Run
    from pytest_evalbars.run.quarantined import Quarantined

#: Cases in quarantine that are named before the others are only counted, and characters of a reason.
NAMED = 10
REASON = 120


def saturated_line(run: Run) -> str:
    """How many saturated cases were run; empty where all were to run, or there are none."""
    if run.saturated is None or not run.saturated.of:
        return ""
    return run.saturated.words(_ran(run))


def _ran(run: Run) -> int:
    """How many saturated cases have a verdict, or at least tried for one."""
    import numpy as np  # noqa: PLC0415 - a shard reports without it

    saturated = np.array([labels.get("status") == SATURATED for labels in run.labelsets], bool)
    return len(np.unique(run.case[saturated[run.labelset] & (run.outcome < MISSING)])) if len(saturated) else 0


def expired_cases(run: Run) -> set[str]:
    """The cases whose quarantine is over."""
    return {each.case for each in run.quarantined if each.expired}


def quarantine_lines(quarantined: Sequence[Quarantined]) -> Iterator[str]:
    """Which cases are in quarantine, of which it is over, and who sees to them: those that end soonest first."""
    for expired in (True, False):
        these = sorted(
            (each for each in quarantined if each.expired == expired), key=lambda each: (each.until, each.case)
        )
        if not these:
            continue
        cases = count(len(these), "case")
        yield (
            f"quarantine over: {cases}; a miss fails the session: mend it, or renew the quarantine"
            if expired
            else f"in quarantine: {cases}, unprotected"
        )
        for each in these[:NAMED]:
            until = f"{safe(each.owner, 40)}, until {safe(each.until, 40)}"
            yield f"    {safe(each.case, 80)}: {until}: {safe(each.reason, REASON)}"
        if len(these) > NAMED:
            yield f"    ... and {len(these) - NAMED} more"


def apart_json(run: Run) -> dict[str, Any]:
    """The same as plain values."""
    said: dict[str, Any] = {"quarantined": [each.to_json() for each in run.quarantined]}
    if run.saturated is not None:
        said["saturated"] = {"mode": run.saturated.mode, "run": _ran(run), "of": run.saturated.of}
    return said
