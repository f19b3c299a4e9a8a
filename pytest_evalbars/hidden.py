"""Folders of ours that are kept out of version control."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

IGNORE = "# Written by pytest-evalbars: run files are kept out of version control.\n*\n"


def hide(folder: Path) -> None:
    """Make a folder that git does not see, with all that is in it.

    Raises:
        OSError: it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text(IGNORE, encoding="utf-8")
