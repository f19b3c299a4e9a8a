"""Sessions within this process are what they were and take less time: what is known is not looked for again."""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
import pkgutil
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pluggy._manager
import pytest
from _pytest.fixtures import FixtureManager

import pytest_evalbars

if TYPE_CHECKING:
    from collections.abc import Iterable

#: A session in a process of its own that wants no plugin but ours and xdist's, and does not look for others.
START = ("env", "PYTEST_DISABLE_PLUGIN_AUTOLOAD=1", sys.executable, "-m", "pytest", "-p", "evalbars", "-p", "xdist")
#: Plugins of the test environment, for a session that wants none of them.
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


class ReadOnce(importlib.metadata.PathDistribution):
    """An installed package whose files are read once."""

    entry_points = functools.cached_property(importlib.metadata.PathDistribution.entry_points.fget)
    metadata = functools.cached_property(importlib.metadata.PathDistribution.metadata.fget)


FOUND = [
    ReadOnce(each._path) if type(each) is importlib.metadata.PathDistribution else each  # noqa: SLF001
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
look_for_hook = getattr(pluggy._manager, "_static_hook_attr", None)  # noqa: SLF001
FIXTURE = type(pytest.fixture(lambda: None))
THEIRS = ("_pytest.", "xdist.", "pytest_evalbars.")


def never_changes(holder: ModuleType | type) -> bool:
    """Whether this is pytest's, xdist's or ours."""
    return (holder.__name__ if isinstance(holder, ModuleType) else holder.__module__).startswith(THEIRS)


@functools.lru_cache(1000)
def fixtures_of(holder: ModuleType | type) -> ModuleType | type | None:
    """Where to look for the fixtures of a module or a class that never changes: nowhere, if it has none."""
    holders = [holder] if isinstance(holder, ModuleType) else holder.__mro__
    found = {each: value for of in holders for each, value in vars(of).items() if isinstance(value, FIXTURE)}
    if not found or not isinstance(holder, ModuleType):
        return holder if found else None
    short = ModuleType(holder.__name__)
    vars(short).clear()
    vars(short).update(found)
    return short


def look_where_any_are(self: FixtureManager, plugin: object, plugin_name: str) -> None:
    """Look for a plugin's fixtures as pytest does, which takes a quarter of a short session, but at nothing else."""
    holder = plugin if isinstance(plugin, ModuleType) else type(plugin)
    short = fixtures_of(holder) if never_changes(holder) else holder
    if short is not None:
        look_for_fixtures(self, plugin if short is holder else short, plugin_name)


@functools.lru_cache(4000)
def hook_of(holder: ModuleType | type, name: str) -> Any:
    """What pluggy knows of an attribute: of a class, the function that is to be bound."""
    return look_for_hook(holder, name)


def look_once_for_hooks(plugin: object, name: str) -> Any:
    """Look at a plugin's attribute as pluggy does, which takes a tenth of a short session, but once."""
    holder = plugin if isinstance(plugin, ModuleType) else type(plugin)
    if not never_changes(holder) or (holder is not plugin and name in getattr(plugin, "__dict__", ())):
        return look_for_hook(plugin, name)
    found = hook_of(holder, name)
    if found is None or holder is plugin:
        return found
    if found[0] is found[1]:
        return found[0], found[1].__get__(plugin, holder)
    return look_for_hook(plugin, name)


def look_less(patch: pytest.MonkeyPatch) -> None:
    """For sessions without other plugins."""
    patch.setattr(importlib.metadata, "distributions", of_the_session)
    patch.setattr(FixtureManager, "pytest_plugin_registered", look_where_any_are)
    if look_for_hook:  # pluggy 1.7 and later
        patch.setattr(pluggy._manager, "_static_hook_attr", look_once_for_hooks)  # noqa: SLF001
