"""Quarantine: a regression case that nothing protects up to a day, with an owner and a reason.

From the day after on, its miss fails the session whatever bar holds it: a quarantine that nobody ends does not last.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from pytest_evalbars.cases.rows import name, shown
from pytest_evalbars.errors import MarkerError
from pytest_evalbars.run.plan import DEFAULT_STATUS, QUARANTINED
from pytest_evalbars.run.quarantined import EXPIRED, LABEL, Quarantined

if TYPE_CHECKING:
    from collections.abc import Callable

KEYS = ("owner", "reason", "until")
EXAMPLE = 'owner="ana", reason="its answers differ by the hour", until="2026-12-31"'
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def today() -> str:
    """The day by UTC, as "2026-12-31": the one place where quarantine asks a clock."""
    return f"{datetime.now(UTC):%Y-%m-%d}"


def is_day(words: str) -> bool:
    """Whether the words name a day, as "2026-12-31"."""
    try:
        return bool(_DAY.fullmatch(words) and date.fromisoformat(words))
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Quarantine:
    """What a marker or a row says of a case."""

    owner: str
    reason: str
    #: The last day, as "2026-12-31".
    until: str


def checked(values: object) -> Quarantine | None:
    """The quarantine that a mapping of its three keys means; None for None.

    Raises:
        ValueError: saying what is wrong and how to mend it.
    """
    if values is None:
        return None
    if not isinstance(values, Mapping):
        raise ValueError(f"{shown(values)} is not a mapping; give it owner, reason and until")  # noqa: TRY004 - for pydantic
    for key in values:
        if key not in KEYS:
            near = difflib.get_close_matches(str(key), KEYS, n=1)
            hint = f'; did you mean "{near[0]}"?' if near else " (there is: owner, reason, until)"
            raise ValueError(f"{shown(key)} is no key of it{hint}")
    if missing := [key for key in KEYS if values.get(key) is None]:
        raise ValueError(f"it has no {' and no '.join(missing)}; owner, reason and until are all needed")
    texts = {key: _text(key, values[key]) for key in KEYS}
    if not is_day(texts["until"]):
        raise ValueError(f'until {shown(texts["until"])} is no day; write it as "2026-12-31"')
    return Quarantine(**texts)


def _text(key: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{key} {shown(value)} is not a text; put it in quotes")  # noqa: TRY004 - for pydantic
    try:
        return name(" ".join(value.split()) if key == "reason" else value)
    except ValueError as error:
        raise ValueError(f"{key} {error}") from None


def status_of(
    status: str | None,
    given: Quarantine | None,
    case: str,
    day: Callable[[], str],
) -> tuple[dict[str, str], Quarantined | None]:
    """The labels that tell where a case stands, and its quarantine as reports name it.

    Up to its last day the case is `quarantined`, which no bar holds that does not name it. After it the case is what
    it was, and carries the label `quarantine=expired`.

    Args:
        status: as its author says.
        given: its quarantine, if it has one.
        case: its id.
        day: gives the run's day; not asked without need.

    Raises:
        MarkerError: the case is none of regression.
    """
    status = status or DEFAULT_STATUS
    if given is None:
        return {"status": status}, None
    if status != DEFAULT_STATUS:
        why = "its misses fail nothing" if status == "capability" else "once it misses, it is saturated no longer"
        raise MarkerError(
            f"quarantine is for regression cases, and this one is {status}: {why}; "
            f"take out the quarantine, or {status}"
        )
    expired = given.until < day()
    labels = {"status": status, LABEL: EXPIRED} if expired else {"status": QUARANTINED}
    return labels, Quarantined(case, given.owner, given.reason, given.until, expired)
