"""The trial that runs: what its body waited for, and what models it asked.

Work that the body starts (tasks, threads with a copied context) finds its trial here, and so need not name it.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_evalbars.cases.asked import Asked

if TYPE_CHECKING:
    from collections.abc import Iterator


class Waits:
    """The waits of one body. Calls that wait at the same time are one wait: this is the body's time, not theirs."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._waiting, self._working, self._since = 0, 0, 0.0
        self._lock = threading.Lock()

    def total(self) -> float:
        """The seconds waited so far, those of a wait that goes on included."""
        with self._lock:
            self._count()
            return self.seconds

    def begin(self) -> None:
        """A call of the body begins to wait."""
        self._change(waiting=1)

    def end(self) -> None:
        """It waits no more."""
        self._change(waiting=-1)

    def work_begins(self) -> None:
        """The body has work done meanwhile: as long as that takes, it does not only wait."""
        self._change(working=1)

    def work_ends(self) -> None:
        """That work is done."""
        self._change(working=-1)

    def _change(self, *, waiting: int = 0, working: int = 0) -> None:
        with self._lock:
            self._count()
            self._waiting += waiting
            self._working += working

    def _count(self) -> None:
        now = time.perf_counter()
        if self._waiting and not self._working:
            self.seconds += now - self._since
        self._since = now


@dataclass(slots=True, eq=False)
class Running:
    """One trial, from its set-up to its verdict."""

    #: The case's id and the number of the trial; "" and 0 outside of every case.
    case: str = ""
    trial: int = 0
    #: Waits for limits: they extend a time limit.
    waits: Waits = field(default_factory=Waits)
    #: Waits for limits and for judges: neither is the time that the product takes.
    away: Waits = field(default_factory=Waits)
    asked: Asked = field(default_factory=Asked)
    #: Whether its body runs while others do.
    shared: bool = False

    def setting_up(self) -> Running:
        """The same trial while it is set up: what it asks counts, and its body has not begun to wait."""
        return Running(self.case, self.trial, asked=self.asked)


#: The trial that this task or thread runs, where several run at the same time.
MINE: ContextVar[Running | None] = ContextVar("evalbars_running", default=None)
#: Whether what is asked is asked by a judge.
JUDGING: ContextVar[bool] = ContextVar("evalbars_judging", default=False)


class _Process:
    #: The only trial that runs; also seen by threads and event loops that keep a context of their own.
    alone: Running | None = None


def running() -> Running | None:
    """The trial that the caller works for; None outside of every trial, or where that cannot be known."""
    return MINE.get() or _Process.alone


@contextmanager
def while_runs(trial: Running | None, *, alone: bool = False) -> Iterator[None]:
    """Let everything within the block work for a trial.

    Args:
        trial: it; None for what is set up for several trials, as a fixture of the session.
        alone: whether no other trial runs in this process.
    """
    before = _Process.alone
    # An event loop may keep a copy of the context in which it was first used: a lone trial is not found there.
    token = MINE.set(None if alone else trial)
    if alone:
        _Process.alone = trial
    try:
        yield
    finally:
        MINE.reset(token)
        if alone:
            _Process.alone = before


@contextmanager
def waiting() -> Iterator[None]:
    """While a call waits for a limit, count that for the trial which makes it."""
    trial = running()
    if trial is None:
        yield
        return
    trial.waits.begin()
    trial.away.begin()
    try:
        yield
    finally:
        trial.away.end()
        trial.waits.end()


@contextmanager
def judging(what: str = "", dimension: str = "") -> Iterator[None]:
    """While a judge works: what it asks is measured apart, and its time is not the product's.

    Args:
        what: what is judged, and by what. Where that got no verdict, not on a further attempt either, the trial was
            not judged, whatever the case makes of the error. "" for work that ends in no verdict.
        dimension: what is judged; other verdicts on it are then a part of what was to be said, and do not stand.
    """
    token, trial = JUDGING.set(True), running()
    if trial is not None:
        trial.away.begin()
    try:
        yield
    except BaseException as error:
        if trial is not None and what:
            trial.asked.not_judged(what, dimension, error)
        raise
    else:
        if trial is not None and what:
            trial.asked.judged(what)
    finally:
        if trial is not None:
            trial.away.end()
        JUDGING.reset(token)


@contextmanager
def working(trial: Running | None) -> Iterator[None]:
    """While a model answers the product: that time is the product's, though a judge works at the same time."""
    if trial is None or JUDGING.get():
        yield
        return
    trial.away.work_begins()
    try:
        yield
    finally:
        trial.away.work_ends()
