"""How far the eval cases have come: a status line on a terminal, a plain line now and then in a log."""

from __future__ import annotations

import os
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from pytest_evalbars.report.numbers import share
from pytest_evalbars.report.statusline import StatusLine
from pytest_evalbars.report.units import money, roughly

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from contextlib import AbstractContextManager

    from pytest_evalbars.run.tally import Tally

#: Seconds between two texts of the status line, and between two lines of a log.
OFTEN, SELDOM = 0.2, 30.0
#: Trials that must have finished before the time left is guessed.
ENOUGH = 5


def progress_of(config: pytest.Config, tally: Tally, budget: float | None) -> Progress | None:
    """What shows this session's progress; None where pytest shows none of its own, or is to be very quiet.

    Args:
        config: pytest's.
        tally: what the trials add up to.
        budget: US dollars that the session may spend, if that was said.
    """
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or config.get_verbosity() <= -2 or not getattr(reporter, "_show_progress_info", False):
        return None
    writer, capturing = config.get_terminal_writer(), config.pluginmanager.get_plugin("capturemanager")
    # Where a test's own output goes to the terminal too, no line can be kept below it.
    apart = config.getoption("capture", "no") in ("fd", "sys")
    capable = bool(reporter.isatty) and os.environ.get("TERM") != "dumb" and hasattr(writer, "_file")
    view: View = Terminal(reporter) if capable and apart else Log(reporter)
    aside = capturing.global_and_fixture_disabled if capturing else nullcontext
    return Progress(tally, view, budget=budget, aside=aside)


class View(Protocol):
    """Where progress is shown."""

    #: Seconds before the first text, and between two.
    first: float
    pause: float

    def show(self, text: str) -> None:
        """Show this text."""

    def again(self) -> None:
        """Show the last text again, where others have written over it."""

    def close(self) -> None:
        """Leave nothing behind."""


class Progress:
    """A plugin that tells how far the trials have come.

    It changes nothing and decides nothing: all it knows is the session's tally.

    Args:
        tally: what the trials add up to.
        view: where to show it.
        budget: US dollars that the session may spend.
        aside: holds pytest's capturing off while a line is written.
        clock: where the time comes from.
    """

    def __init__(
        self,
        tally: Tally,
        view: View,
        *,
        budget: float | None = None,
        aside: Callable[[], AbstractContextManager[Any]] = nullcontext,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.tally, self.view, self.budget, self.aside, self.clock = tally, view, budget, aside, clock
        self.in_flight: int | None = None
        self.began = clock()
        self._next = self.began + view.first
        self._open = True

    def tick(self, in_flight: int | None = None) -> None:
        """Take a look while a test is running and its output is captured.

        Args:
            in_flight: trials whose bodies run now; None if nobody knows.
        """
        self.in_flight = in_flight
        if self._due():
            with self.aside():
                self._show()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logstart(self) -> Generator[None, Any, Any]:
        result = yield
        self._after()
        return result

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logreport(self) -> Generator[None, Any, Any]:
        result = yield
        self._after()
        return result

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        self._close()

    def pytest_unconfigure(self) -> None:
        self._close()

    def _after(self) -> None:
        """Others have written; what they wrote over is put back."""
        if self._open and self._left() <= 0:
            self._close()
        elif self._due():
            self._show()
        elif self._open:
            self.view.again()

    def _due(self) -> bool:
        return self._open and self.clock() >= self._next

    def _show(self) -> None:
        self._next = self.clock() + self.view.pause
        self.view.show(self.text())

    def _close(self) -> None:
        if self._open:
            self._open = False
            self.view.close()

    def _left(self) -> int:
        return self.tally.planned - self.tally.finished - self.tally.not_run

    def text(self) -> str:
        """`120 of 500 trials, 50 in flight, 12 missed, 0 errors, 90.0% pass so far, $0.12, about 40 s left`.

        The rate is that of the trials counted beside it: of those judged, the share that missed nothing.
        """
        tally = self.tally
        parts = [
            f"{tally.finished} of {tally.planned} trial{'' if tally.planned == 1 else 's'}",
            "" if self.in_flight is None else f"{self.in_flight} in flight",
            f"{tally.missed} missed",
            f"{tally.errors} error{'' if tally.errors == 1 else 's'}",
            f"{tally.not_run} not run" if tally.not_run else "",
            "" if tally.rate is None else f"{share(tally.rate)} pass so far",
            self._cost(),
            self._time_left(),
        ]
        return ", ".join(filter(None, parts))

    def _cost(self) -> str:
        """What the trials have cost; with a plus where some did not say."""
        tally = self.tally
        of_all = "" if self.budget is None else f" of {money(self.budget)}"
        if tally.priced or tally.spent:
            return f"{money(tally.spent)}{'+' if tally.unpriced else ''}{of_all}"
        return f"unknown cost{of_all}" if of_all and tally.unpriced else ""

    def _time_left(self) -> str:
        """A guess from the pace so far; not before trials in flight side by side have come in."""
        done, elapsed = self.tally.finished, self.clock() - self.began
        if done < max(ENOUGH, self.in_flight or 0):
            return ""
        return f"about {roughly(max(1.0, elapsed / done * self._left()))} left"


class Terminal:
    """Progress on a terminal: one line below pytest's own, never left behind."""

    def __init__(self, reporter: pytest.TerminalReporter) -> None:
        self.first, self.pause = 0.0, OFTEN
        self.line = StatusLine(reporter.config.get_terminal_writer())
        self.text = ""

    def show(self, text: str) -> None:
        """Show this text."""
        self.text = text
        self.line.draw(text)

    def again(self) -> None:
        """Put the last text back, where others have written over it."""
        if self.text and not self.line.shown:
            self.line.draw(self.text)

    def close(self) -> None:
        """Leave nothing behind."""
        self.line.close()


class Log:
    """Progress in a log: a line of its own, seldom, between pytest's dots."""

    def __init__(self, reporter: pytest.TerminalReporter) -> None:
        self.first = self.pause = SELDOM
        self.reporter = reporter

    def show(self, text: str) -> None:
        """Show this text."""
        reporter, writer = self.reporter, self.reporter.config.get_terminal_writer()
        text = f"evalbars: {text}"
        if reporter.showlongtestinfo:  # a line for each test: whoever comes next ends the one that is there
            reporter.ensure_newline()
            reporter.write(text, flush=True)
            reporter.currentfspath = -2
            return
        if writer.width_of_current_line:
            reporter.line("")
        reporter.line(text)  # the dots go on in the next line; pytest need not know of it
        reporter.flush()

    def again(self) -> None:
        """What is in a log stays there."""

    def close(self) -> None:
        """What is in a log stays there."""
