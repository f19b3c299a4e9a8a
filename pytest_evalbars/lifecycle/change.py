"""One move in the life of a case, and what became of several."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pytest_evalbars.cases import rows
from pytest_evalbars.run.plan import STATUSES

#: What a quarantine says, in this order.
QUARANTINE = ("owner", "reason", "until")
#: Statuses that a quarantine would take nothing from, and so cannot go with.
UNPROTECTED = ("capability", "saturated")
NOT_HELD = "it is written as {status}, and quarantine is for regression cases"


@dataclass(frozen=True)
class Change:
    """A case's new status, and where the case is written."""

    #: The case's id: that of its row, or its node id without trial.
    case: str
    #: The node id of its test without row and trial.
    test: str
    #: Its case file relative to the root; empty for a case of Python source.
    file: str
    #: One of the three statuses, or `quarantined`: then the status that is written stays.
    status: str
    #: Of a quarantined case: `owner`, `reason`, and `until` as an ISO date.
    quarantine: dict[str, str] | None

    @property
    def releases(self) -> bool:
        """Whether the change ends a quarantine: that of a case that is ground held again."""
        return self.status == "regression"

    def wrong(self) -> str | None:
        """Why the change cannot be meant, if it cannot."""
        if self.status in STATUSES:
            return "only a quarantined case has an owner, a reason and a date" if self.quarantine else None
        if self.status != "quarantined":
            return f'"{rows.printable(self.status)}" is neither a status nor "quarantined"'
        if self.quarantine is None or set(self.quarantine) != set(QUARANTINE):
            return f"a quarantine needs {', '.join(QUARANTINE[:-1])} and {QUARANTINE[-1]}"
        try:
            for key in QUARANTINE:
                rows.name(self.quarantine[key])
            date.fromisoformat(self.quarantine["until"])
        except ValueError as error:
            return f"a quarantine's {key}: {error}"
        return None


@dataclass(frozen=True)
class Applied:
    """What changes did, or would do, to files."""

    #: Of all files, unified, with paths relative to the root as `a/...` and `b/...`.
    diff: str
    #: The changes that cannot be made: why, and the mend.
    failed: list[tuple[Change, str]]
    #: The files that were changed, or would be, relative to the root.
    files: list[str]
