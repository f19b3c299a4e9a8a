"""Lets calls of models go through the exchange while a session runs its cases."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from pytest_evalbars.calls.exchange import Exchange
from pytest_evalbars.calls.ledger import LEDGER, LEDGER_KEY, Ledger
from pytest_evalbars.calls.mode import mode_of
from pytest_evalbars.calls.watch import take_calls
from pytest_evalbars.cases.judging import OUTSIDE
from pytest_evalbars.cases.keeping import keeping_of
from pytest_evalbars.scope import scope_of
from pytest_evalbars.selection import folders_of
from pytest_evalbars.stash import is_worker

if TYPE_CHECKING:
    import pytest

    from pytest_evalbars.config.settings import Settings


def hold_calls(config: pytest.Config, settings: Settings) -> None:
    """Take the calls until pytest is unconfigured; a worker then tells the controller what there is to tell."""
    mode, ledger = mode_of(config, settings), config.stash.setdefault(LEDGER, Ledger())
    config.stash[OUTSIDE] = ledger.counts
    since = datetime.fromisoformat(scope_of(config, "since"))
    keeping = keeping_of(config, settings)
    kept = keeping if settings.keep_calls and not keeping.nothing else None
    store = None
    if mode != "live":
        from pytest_evalbars.calls.store import Store  # noqa: PLC0415 - imports cachecontrol

        store = Store(folders_of(config)[0] / (settings.recordings or "recordings"))
    config.add_cleanup(take_calls(Exchange(mode, store, since, ledger, keep=kept)))
    if is_worker(config):
        config.pluginmanager.register(WorkerEnd(ledger), "evalbars-calls")


class WorkerEnd:
    """Sends a worker's ledger home."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        session.config.workeroutput[LEDGER_KEY] = self.ledger.to_json()  # type: ignore[attr-defined]
