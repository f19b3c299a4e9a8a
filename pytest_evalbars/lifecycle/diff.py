"""The unified diff of a file in which single lines change, in time that grows with its length."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    #: What happens to lines: equal or replace, from and to in the old, from and to in the new.
    Step = tuple[str, int, int, int, int]

#: How many lines may come or go together before what follows is shown as replaced.
REACH = 8
#: Pairs of lines that go and lines that come, the fewest first.
WAYS = sorted(((gone, came) for gone in range(REACH) for came in range(REACH)), key=lambda way: (sum(way), *way))


def diff(file: str, before: bytes, after: bytes) -> str:
    """What `diff -u` says of a file, with its path after `a/` and `b/`; lines end as they do in the file.

    `difflib` looks for the longest stretch that two texts share again and again, which takes minutes where
    thousands of rows change; here lines keep their order and most of them their place.
    """
    old, new = (_lines(data) for data in (before, after))
    matcher: SequenceMatcher[str] = SequenceMatcher(None, (), ())
    matcher.opcodes = list(_joined(_steps(old, new)))  # type: ignore[attr-defined]
    parts = [f"--- a/{file}\n+++ b/{file}\n"]
    for group in matcher.get_grouped_opcodes(3):
        (_, old_start, _, new_start, _), (_, _, old_end, _, new_end) = group[0], group[-1]
        parts.append(f"@@ -{_range(old_start, old_end)} +{_range(new_start, new_end)} @@\n")
        for what, i, k, j, m in group:
            signs = [(" ", old[i:k])] if what == "equal" else [("-", old[i:k]), ("+", new[j:m])]
            parts += [f"{sign}{line}" for sign, found in signs for line in found]
    return "".join(part if part.endswith("\n") else f"{part}\n\\ No newline at end of file\n" for part in parts)


def _lines(data: bytes) -> list[str]:
    lines = data.decode("utf-8", "backslashreplace").split("\n")
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _steps(old: Sequence[str], new: Sequence[str]) -> Iterator[Step]:
    i = j = 0
    while i < len(old) or j < len(new):
        while i < len(old) and j < len(new) and old[i] == new[j]:
            yield "equal", i, i + 1, j, j + 1
            i, j = i + 1, j + 1
        gone, came = next((way for way in WAYS if _meet(old, new, i + way[0], j + way[1])), (1, 1))
        k, m = min(i + gone, len(old)), min(j + came, len(new))
        if (i, j) != (k, m):
            yield "replace", i, k, j, m
        i, j = k, m


def _meet(old: Sequence[str], new: Sequence[str], i: int, j: int) -> bool:
    """Whether two texts go on alike, for two lines or to their ends."""
    if i >= len(old) or j >= len(new):
        return i == len(old) and j == len(new)
    return old[i : i + 2] == new[j : j + 2]


def _joined(steps: Iterator[Step]) -> Iterator[Step]:
    """Steps of one kind that follow each other, as one."""
    last: Step | None = None
    for step in steps:
        if last is not None and last[0] == step[0]:
            last = (last[0], last[1], step[2], last[3], step[4])
        else:
            if last is not None:
                yield last
            last = step
    if last is not None:
        yield last


def _range(start: int, end: int) -> str:
    """Lines of a hunk as diffs count them, from 1; of none, the line before."""
    length = end - start
    return f"{start + 1}" if length == 1 else f"{start + 1 if length else start},{length}"
