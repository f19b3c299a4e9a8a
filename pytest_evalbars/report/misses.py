"""The misses of a run with what their trials recorded, read from its file as far as a report has room for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.report.model import Misses

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def misses_of(paths: Sequence[Path], *, shown: int = 500, length: int = 2_000) -> Misses:
    """The misses, first those of failing bars.

    Args:
        paths: the run's files.
        shown: how many are read with their evidence.
        length: characters kept of one text.

    Raises:
        RunFileError: a file cannot be read.
    """
    del paths, shown, length
    return Misses()
