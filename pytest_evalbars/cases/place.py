"""Where in a test something was said."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

#: Frames of ours are nobody's test.
OURS = str(Path(__file__).parents[1])


def line_of_test(item: str) -> str:
    """The line that is being run, as `evals/test_support.py:12`: in the test's own file if it is on the way.

    Args:
        item: the test's node id, which begins with its file.
    """
    test = item.partition("::")[0]
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - the documented way to see who calls
    nearest = ""
    while frame is not None:
        file = frame.f_code.co_filename
        if not file.startswith(OURS):
            if Path(file).as_posix().endswith(f"/{test}"):
                return f"{test}:{frame.f_lineno}"
            nearest = nearest or f"{Path(file).name}:{frame.f_lineno}"
        frame = frame.f_back
    return nearest
