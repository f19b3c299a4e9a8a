"""Which cases may share the window, and why the others run alone."""

from __future__ import annotations

import inspect
import unittest
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from pytest_evalbars.cases.collect import PLANNED
from pytest_evalbars.execution import private
from pytest_evalbars.execution.loops import loop_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_evalbars.config.settings import Settings

#: Fixtures that change what the whole process shares.
PROCESS_WIDE = frozenset(
    {
        "monkeypatch",
        "mocker",
        "capsys",
        "capfd",
        "capsysbinary",
        "capfdbinary",
        "capteesys",
        "caplog",
        "recwarn",
        "subtests",
        "pytester",
    },
)
#: Our own marker, and those whose plugins take the item's protocol, or its process, for themselves.
MARKS = frozenset({"serial", "flaky", "filterwarnings", "forked"})
#: Switches that make pytest stop at, or talk about, one item at a time.
SWITCHES = {
    "usepdb": "--pdb",
    "trace": "--trace",
    "setupshow": "--setup-show",
    "reruns": "--reruns",
    "force_reruns": "--force-reruns",
}


def switched_off(config: pytest.Config) -> str:
    """The switch under which all cases run alone; empty if there is none."""
    if found := next((name for key, name in SWITCHES.items() if config.getoption(key, None)), ""):
        return found
    try:
        return "reruns in the ini file" if config.getini("reruns") else ""
    except (KeyError, ValueError):  # nobody reruns
        return ""


def why_alone(item: pytest.Item, settings: Settings) -> str:
    """Why the case cannot share the window, in words for a reader; empty if it can."""
    if not isinstance(item, pytest.Function) or (item.cls is not None and issubclass(item.cls, unittest.TestCase)):
        return "not plain functions"
    if marks := MARKS.intersection(mark.name for mark in item.iter_markers()):
        return f"marked {min(marks)}"
    for name in item.fixturenames:
        if name in PROCESS_WIDE or name in settings.serial_fixtures:
            return f"use {name}"
    if not inspect.iscoroutinefunction(item.obj):
        return _why_not_in_a_thread(item, settings)
    if loop_of(item) is None:
        return "have an event loop of their own (asyncio_default_test_loop_scope = session lets them overlap)"
    return ""


def _why_not_in_a_thread(item: pytest.Function, settings: Settings) -> str:
    if not settings.threads:
        return "sync functions (threads = true in the bars file lets them overlap)"
    return "sync functions that use request" if "request" in inspect.signature(item.obj).parameters else ""


def alike(item: pytest.Function, leader: pytest.Function) -> bool:
    """Whether both can be set up at once: same collectors, same event loop, same wider-scoped parameters."""
    return (
        item.parent is leader.parent
        and loop_of(item) == loop_of(leader)
        and private.wide_parameters(item) == private.wide_parameters(leader)
    )


class Sharing:
    """Knows of every item of the session whether it may share the window."""

    def __init__(self, items: Iterable[pytest.Item], settings: Settings) -> None:
        cases = [item for item in items if PLANNED in item.stash]
        why = {item: why_alone(item, settings) for item in cases}
        self.sharing = {item for item in cases if not why[item]}
        self._reasons = Counter(reason for reason in why.values() if reason)

    def note(self) -> str:
        """How many cases run alone, and why; empty if none does."""
        if not self._reasons:
            return ""
        number = self._reasons.total()
        reasons = "; ".join(f"{count} {reason}" for reason, count in self._reasons.most_common())
        return f"{number} {'case runs' if number == 1 else 'cases run'} alone: {reasons}"
