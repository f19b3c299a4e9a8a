"""How far a window looks ahead, in multiples of its concurrency."""

from __future__ import annotations

import sys

#: Cases set up and not yet reported: a slow one stops the others only once so many wait behind it.
AHEAD = 32
#: Cases set up and not yet ended: as many as run stand ready.
READY = 2
#: The same where the event loop is another plugin's, and the window can only look ahead at each turn.
READY_ELSEWHERE = 4


def most_ahead() -> int:
    """How many cases may be set up though each keeps a file open until its turn: a share of what is allowed."""
    try:
        import resource  # noqa: PLC0415 - not everywhere
    except ImportError:
        return 256
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if allowed == resource.RLIM_INFINITY else max(1, allowed // 2)
