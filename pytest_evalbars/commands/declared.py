"""The bars that a command holds, as its words name them."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_evalbars.errors import BarsError

if TYPE_CHECKING:
    import argparse

    from pytest_evalbars.gate.bar import Bars


def add_words(parser: argparse.ArgumentParser) -> None:
    """Declare the words."""
    parser.add_argument("--bars", type=Path, metavar="FILE", help="default: the bars of the folder it runs in")
    parser.add_argument(
        "--metrics", type=Path, metavar="FILE", help="a Python file whose import registers metrics of your own"
    )


def declared(options: argparse.Namespace) -> Bars:
    """The bars.

    Raises:
        BarsError: they cannot be read, or the metrics cannot be imported.
    """
    from pytest_evalbars.config.table import find_table  # noqa: PLC0415 - `--help` needs none of these
    from pytest_evalbars.gate.load import bars_of, load_bars  # noqa: PLC0415

    if options.metrics is not None:
        try:
            runpy.run_path(str(options.metrics))
        except Exception as error:
            raise BarsError(f"{options.metrics}: cannot be imported: {type(error).__name__}: {error}") from error
    try:
        return load_bars(options.bars) if options.bars else bars_of(find_table([Path.cwd()]))
    except BarsError as error:
        if "is not a metric" not in str(error) or options.metrics is not None:
            raise
        hint = "a metric that a conftest.py registers is known to pytest alone: name its file with --metrics"
        raise BarsError(f"{error}\n{hint}, or offer it as an entry point") from None
