"""Writes a whole file, or nothing of it."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_evalbars.config.table import shown

if TYPE_CHECKING:
    from collections.abc import Iterable


def replace_text(path: Path, parts: Iterable[str]) -> None:
    """Write a file beside its place, then put it there in one step. A link stays one.

    Args:
        path: the file; its folder is made where there is none.
        parts: the text.

    Raises:
        OSError: it cannot be written; what was there before is still there.
    """
    path = Path(os.path.realpath(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with beside.open("x", encoding="utf-8", newline="\n") as stream:
            stream.writelines(parts)
            stream.flush()
            os.fsync(stream.fileno())
        if path.exists():
            shutil.copymode(path, beside)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def why_unwritable(path: Path) -> str:
    """Why a file could not be written at a place, or in place of what is there; empty if it could."""
    if path.exists() and not path.is_file():
        return "it is no regular file"
    folder = path.absolute().parent
    while not folder.exists():
        folder = folder.parent
    if not folder.is_dir():
        return f"{shown(folder)} is no folder"
    # It is written beside its place and then moved there.
    return "" if os.access(folder, os.W_OK) else f"{shown(folder)} cannot be written to"
