"""Where in a test something was said."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

#: Frames of ours, of the standard library and of what is installed in it are nobody's test.
OTHERS = (f"{Path(__file__).parents[1]}{os.sep}", f"{Path(os.__file__).parent}{os.sep}", "<")


def line_of_test(item: str) -> str:
    """The line that is being run, as `evals/test_support.py:12`: in the test's own file if it is on the way.

    Args:
        item: the test's node id, which begins with its file.

    Returns:
        The nearest line of the user's where the test's own file is not on the way, as in a thread; empty if there
        is none.
    """
    test = item.partition("::")[0]
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - the documented way to see who calls
    nearest = ""
    while frame is not None:
        file = frame.f_code.co_filename
        if Path(file).as_posix().endswith(f"/{test}"):
            return f"{test}:{frame.f_lineno}"
        if not file.startswith(OTHERS):
            nearest = nearest or f"{Path(file).name}:{frame.f_lineno}"
        frame = frame.f_back
    return nearest
