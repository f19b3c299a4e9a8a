"""What the process that leads a session knows and its workers cannot: it is found out once, and told to them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from pytest_evalbars.cases import quarantine
from pytest_evalbars.execution.saturated import basis_of
from pytest_evalbars.selection import asked_for, hold_redaction
from pytest_evalbars.stash import is_worker

if TYPE_CHECKING:
    from collections.abc import Callable

#: The key under which the plugin's words travel in xdist's worker input and output.
XDIST_KEY = "evalbars"
#: The plan of a shard without cases, in a worker's output.
XDIST_PLAN_KEY = "evalbars-plan"
#: What the controller tells its workers, found out once.
SCOPE = pytest.StashKey[dict[str, Any]]()


def scope_of(config: pytest.Config, key: str = "asked") -> Any:
    """What the controller knows and a worker cannot: what was asked for, and how tests are distributed."""
    if is_worker(config):
        return json.loads(config.workerinput[XDIST_KEY]).get(key)  # type: ignore[attr-defined]
    scope = _scope(config)
    if key in LATE and key not in scope:
        scope[key] = LATE[key](config)
    return scope.get(key)


def scope_for_workers(config: pytest.Config, **more: Any) -> str:
    """What a worker must be told, as one JSON string.

    Args:
        config: the controller's.
        **more: what this worker alone must know; the rest is the same for all, also for one that replaces another.
    """
    late = {key: scope_of(config, key) for key in LATE}
    return json.dumps(_scope(config) | late | more)


def _begun(config: pytest.Config) -> str | None:
    """When the run that is gone on with began: it was divided by what was known then."""
    if config.getoption("evalbars_resume") is None:
        return None
    from pytest_evalbars.execution.resume import hold  # noqa: PLC0415 - rare

    return str(hold(config).former.header.get("started"))


def _scope(config: pytest.Config) -> dict[str, Any]:
    if SCOPE not in config.stash:
        hold_redaction(config)
        scope: dict[str, Any] = {"asked": asked_for(config), "dist": config.getoption("dist", "no")}
        if config.getoption("evalbars_shard"):
            from pytest_evalbars.execution.durations import recorded  # noqa: PLC0415 - only for shards

            known = recorded(config.rootpath / ".evalbars" / "runs", before=_begun(config))
            # As a text inside: what else is asked of the scope need not read it.
            scope["durations"] = json.dumps([[*key, seconds] for key, seconds in known.items()])
        config.stash[SCOPE] = scope
    return config.stash[SCOPE]


def _day(config: pytest.Config) -> str:
    """The day that counts for the whole run, by UTC: of one that is gone on with, that on which it began."""
    begun = (_begun(config) or "")[:10]
    return begun if quarantine.is_day(begun) else quarantine.today()


def _since(config: pytest.Config) -> str:
    """When the run began, as a moment of UTC: what was recorded since is its own recording."""
    return _begun(config) or datetime.now(UTC).isoformat()


#: What is found out only where it is asked for: the run's day, when it
#: began, and what the choice of saturated cases rests on.
LATE: dict[str, Callable[[pytest.Config], Any]] = {
    "day": _day,
    "since": _since,
    "saturated": lambda config: basis_of(config, scope_of(config, "day")),
}
