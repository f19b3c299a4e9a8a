"""Sessions within this process are what they were and take less time: what is known is not looked for again."""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
import pkgutil
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from _pytest.fixtures import FixtureManager

import pytest_evalbars

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Plugins of the test environment: a session in a process of its own that wants none starts a quarter sooner.
OTHER_PLUGINS = (
    "randomly",
    "asyncio",
    "anyio",
    "timeout",
    "hypothesispytest",
    "html",
    "html_fixtures",
    "metadata",
    "pytest_jsonreport",
    "rerunfailures",
)
#: Our own packages that sessions and commands import, which pytester would have them import again and again.
OURS = (
    "calibration",
    "cases",
    "collection",
    "commands",
    "comparison",
    "config",
    "execution",
    "gate",
    "history",
    "hooks",
    "judges",
    "labels",
    "metrics",
    "plugin",
    "report",
    "run",
    "stats",
)
for each in pkgutil.walk_packages(pytest_evalbars.__path__, "pytest_evalbars."):
    if each.name.split(".")[1] in OURS:
        importlib.import_module(each.name)

#: Where packages are installed, and those of them in which pytest finds plugins, and we metrics.
PLACES = tuple(sys.path)
FOUND = [
    each
    for each in importlib.metadata.distributions()
    if any(point.group in ("pytest11", "pytest_evalbars.metrics") for point in each.entry_points)
]
installed = importlib.metadata.distributions


def of_the_session(**of: Any) -> Iterable[importlib.metadata.Distribution]:
    """What is installed, as far as such a session asks: to read a hundred packages takes a sixth of a short one."""
    if of:
        return installed(**of)
    return [*FOUND, *installed(path=[place for place in sys.path if place not in PLACES])]


look_for_fixtures = FixtureManager.pytest_plugin_registered
FIXTURE = type(pytest.fixture(lambda: None))


@functools.cache
def without_fixtures(holder: ModuleType | type) -> bool:
    """Whether this is pytest's, xdist's or ours, and defines no fixture."""
    name, holders = (
        (holder.__name__, [holder]) if isinstance(holder, ModuleType) else (holder.__module__, holder.__mro__)
    )
    values = (value for each in holders for value in vars(each).values())
    return name.startswith(("_pytest.", "xdist.", "pytest_evalbars.")) and not any(
        isinstance(value, FIXTURE) for value in values
    )


def look_where_any_are(self: FixtureManager, plugin: object, plugin_name: str) -> None:
    """Look for a plugin's fixtures as pytest does, which takes a quarter of a short session where there are none."""
    if not without_fixtures(plugin if isinstance(plugin, ModuleType) else type(plugin)):
        look_for_fixtures(self, plugin, plugin_name)


def look_less(patch: pytest.MonkeyPatch) -> None:
    """For sessions without other plugins."""
    patch.setattr(importlib.metadata, "distributions", of_the_session)
    patch.setattr(FixtureManager, "pytest_plugin_registered", look_where_any_are)
