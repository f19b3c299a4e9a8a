"""Where the plugin keeps things on pytest's config; light, because every session imports it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_evalbars.collection import Collection
    from pytest_evalbars.execution.resumption import Resumption
    from pytest_evalbars.session import EvalSession

#: Mistakes found while pytest collects; told together once it has collected.
PROBLEMS = pytest.StashKey[list[str]]()
#: When this process began, by `time.monotonic`.
STARTED = pytest.StashKey[float]()
#: Present where tests were repeated for their trials.
REPEATED = pytest.StashKey[bool]()
#: The eval cases as collected; absent where there are none.
COLLECTION: pytest.StashKey[Collection] = pytest.StashKey()
#: The session's books; absent where no case runs, and in workers.
SESSION: pytest.StashKey[EvalSession] = pytest.StashKey()
#: The name of the run, where it was chosen before the first report.
RUN: pytest.StashKey[str] = pytest.StashKey()
#: What is taken from an earlier session; absent where none is gone on with.
RESUMED: pytest.StashKey[Resumption] = pytest.StashKey()


def runs_nothing(config: pytest.Config) -> bool:
    """Whether pytest was only asked to look."""
    looks = ("collectonly", "setuponly", "showfixtures", "show_fixtures_per_test")
    return any(config.getoption(name, False) for name in looks)


def is_worker(config: pytest.Config) -> bool:
    """Whether this process is an xdist worker."""
    return hasattr(config, "workerinput")
