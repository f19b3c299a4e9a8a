"""Several runs, each from a file of its own: large ones are read at the same time."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import TYPE_CHECKING

from pytest_evalbars.run.baseline_reading import begins_as_baseline, load_baseline
from pytest_evalbars.run.reading import load_run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_evalbars.run.columns import Run

#: Bytes of a file that take longer to read than another process takes to start.
LARGE = 30_000_000


def load_runs(paths: Sequence[Path]) -> list[Run]:
    """Read run files or baselines, each as a run of its own.

    Raises:
        RunFileError: one of them cannot be read; of several, the first.
    """
    others = list(dict.fromkeys(paths))[1:]
    large = [path for path in others if _size(path) > LARGE]
    if not large:
        return _one_by_one(paths, {})
    try:
        # Spawned, not forked: whoever calls this may have threads.
        with ProcessPoolExecutor(min(len(large), 4), get_context("spawn")) as pool:
            coming = {path: pool.submit(_load, path) for path in large}
            found = {paths[0]: _load(paths[0])}
            found |= {path: each.result() for path, each in coming.items()}
    except (BrokenProcessPool, NotImplementedError, OSError):  # no processes to be had here, or too little memory
        found = {}
    return _one_by_one(paths, found)


def _load(path: Path) -> Run:
    """Read a baseline, or a run file: how a broken baseline is mended is no advice for those."""
    return load_baseline(path) if begins_as_baseline(path) else load_run(path)


def _one_by_one(paths: Sequence[Path], found: dict[Path, Run]) -> list[Run]:
    for path in paths:
        if path not in found:
            found[path] = _load(path)
    return [found[path] for path in paths]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
