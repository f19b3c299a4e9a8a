"""Which part of the project a session was asked to run, and so what its bars may be held on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pytest_evalbars.run.plain import redacted

if TYPE_CHECKING:
    import pytest


def asked_for(config: pytest.Config) -> tuple[list[str], list[str]]:
    """What the command line asked for: files and folders where they are not everything, and reasons for gaps.

    A folder or a file is a whole suite and is judged. A node id, or `--lf`, leaves cases out that nobody has
    collected and so nobody can name: the second list says so, one reason each.
    """
    asked, gaps = [], []
    for argument in config.args:
        path, colons, _ = str(argument).partition("::")
        if colons:
            gaps.append(redacted(f"only {argument} was asked for"))
        else:
            asked.append(path)
    cache = getattr(config, "cache", None)
    if config.getoption("lf", False) and cache is not None and cache.get("cache/lastfailed", {}):
        gaps.append("--lf ran only what failed last time")
    everything = config.args_source.name == "TESTPATHS" or _covers_root(config, asked)
    if everything and not config.getoption("ignore", None) and not config.getoption("ignore_glob", None):
        asked = []
    return asked, gaps


def folders_of(config: pytest.Config) -> list[Path]:
    """The folders in which the bars of the project may stand, the first one that has some first."""
    return [*([config.inipath.parent] if config.inipath else []), config.rootpath]


def _covers_root(config: pytest.Config, asked: list[str]) -> bool:
    base = config.invocation_params.dir
    folders = {Path(base, path).resolve() for path in asked}
    if any(config.rootpath.is_relative_to(folder) for folder in folders):
        return True
    suites = [config.rootpath / path for path in config.getini("testpaths")]
    return bool(suites) and all(any(suite.resolve().is_relative_to(folder) for folder in folders) for suite in suites)
