"""Cases in quarantine, as a run file's manifest names them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: The label of a case whose quarantine is over, and its value: a miss then fails the session by itself.
LABEL, EXPIRED = "quarantine", "expired"


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A regression case that is unprotected until a day, or was."""

    case: str
    #: Who sees to it, and why nothing protects it meanwhile.
    owner: str
    reason: str
    #: The last day of the quarantine, as "2026-12-31".
    until: str
    #: Whether that day was over when the run began.
    expired: bool = False

    def redacted(self, without_secrets: Callable[[str], str]) -> Quarantined:
        """The same, with all its texts made fit for a run file."""
        case, owner, reason, until = map(without_secrets, (self.case, self.owner, self.reason, self.until))
        return Quarantined(case, owner, reason, until, self.expired)

    def to_json(self) -> dict[str, Any]:
        """An entry of the manifest's key `quarantined`."""
        return asdict(self)

    @classmethod
    def of_line(cls, line: Mapping[str, Any]) -> tuple[Quarantined, ...]:
        """What a manifest says.

        Raises:
            ValueError: it is no list of cases with owner, reason and day.
        """
        given = line.get("quarantined") or []
        fine = isinstance(given, list) and all(
            isinstance(each, dict)
            and all(isinstance(each.get(key), str) for key in ("case", "owner", "reason", "until"))
            for each in given
        )
        if not fine:
            raise ValueError(f"what it says of quarantined cases is {str(given)[:100]}, not a list of them")
        return tuple(
            cls(each["case"], each["owner"], each["reason"], each["until"], bool(each.get("expired")))
            for each in given
        )
