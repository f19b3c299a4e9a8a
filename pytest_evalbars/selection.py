"""Which part of the project a session was asked to run, and so what its bars may be held on."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_evalbars.redaction import redacted
from pytest_evalbars.redaction.own import hold_patterns

#: Present where the project's own patterns of secrets hold.
HELD = pytest.StashKey[bool]()


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


def hold_redaction(config: pytest.Config) -> None:
    """Let the project's own patterns of secrets hold until pytest is unconfigured: before the first name is taken.

    What is wrong with them is told with the bars, and nothing is written then.
    """
    from pytest_evalbars.config.table import find_table  # noqa: PLC0415 - only where there may be cases
    from pytest_evalbars.errors import BarsError  # noqa: PLC0415

    if HELD in config.stash:
        return
    config.stash[HELD] = True
    try:
        given = find_table(folders_of(config)).values.get("redact")
    except BarsError:
        return
    if isinstance(given, list):
        config.add_cleanup(hold_patterns([each for each in given if isinstance(each, str)]))


def _covers_root(config: pytest.Config, asked: list[str]) -> bool:
    base = config.invocation_params.dir
    folders = {Path(base, path).resolve() for path in asked}
    if any(config.rootpath.is_relative_to(folder) for folder in folders):
        return True
    suites = [config.rootpath / path for path in config.getini("testpaths")]
    return bool(suites) and all(any(suite.resolve().is_relative_to(folder) for folder in folders) for suite in suites)
