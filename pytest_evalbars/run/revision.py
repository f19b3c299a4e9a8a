"""Which code a run is of: the commit, and a digest of what has changed since."""

from __future__ import annotations

import hashlib
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

#: Seconds that git may take for each answer; a run goes without rather than waiting longer.
PATIENCE = 5
#: Neither the user's own tools nor their taste in colours may change the digest.
DIFF = ("diff", "--no-ext-diff", "--no-textconv", "--no-color", "--full-index", "HEAD")


def revision(root: Path) -> dict[str, str | None]:
    """The keys `commit` and `changes` of a header.

    `changes` is "" for a tree without changes to tracked files, else a digest of them. Both are None outside of
    git, and where git gives no answer.
    """
    commit = commit_of(root)
    diff = _git(root, *DIFF) if commit is not None else None
    return {
        "commit": commit,
        "changes": _digest(diff) if diff is not None else None,
    }


def commit_of(root: Path) -> str | None:
    """The commit; None outside of git, and where git gives no answer."""
    commit = _git(root, "rev-parse", "HEAD")
    return commit.decode().strip() if commit else None


def _digest(diff: bytes) -> str:
    return hashlib.sha256(diff).hexdigest()[:12] if diff else ""


def _git(root: Path, *words: str) -> bytes | None:
    try:
        answer = subprocess.run(  # noqa: S603 - fixed words
            ["git", "--no-optional-locks", *words],  # noqa: S607 - the user's git
            cwd=root,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout if answer.returncode == 0 else None
