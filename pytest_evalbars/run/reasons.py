"""Reasons that say the same but for numbers, names and ids, brought together."""

from __future__ import annotations

import heapq
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pytest_evalbars.run.columns import Run

#: How much of a reason's first line is compared; how many different ones are, of a run that has more.
LENGTH, COMPARED = 200, 5_000
#: Groups kept, and the cases that each names.
KEPT, EXAMPLES = 20, 3

QUOTED = r"""(?<!\w)(?:"[^"]*"|'[^']*'|`[^`]*`|“[^”]*”|«[^»]*»)(?!\w)"""
IDS = (
    r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b",  # UUIDs
    r"\b0x[0-9a-f]+\b",
    r"(?<![^\W_])(?=[a-f]*[0-9])[0-9a-f]{6,}(?![^\W_])",  # digests
    r"(?<![^\W_])(?=[a-z]*[0-9]+[a-z])[0-9a-z]{8,}(?![^\W_])",  # letters and digits mixed
)
NUMBER = r"(?:(?<![\w-])-)?\d+(?:[.,:]\d+)*(?:e[+-]?\d+)?(?!\w)|\d+"
VARIABLE = re.compile(f"({QUOTED})|{'|'.join(IDS)}|{NUMBER}")


@dataclass(frozen=True, slots=True)
class ReasonGroup:
    """Misses whose reasons differ in no more than numbers, quoted words and ids."""

    #: What they have in common, in lower case; empty where no reason was given.
    pattern: str
    #: One of the reasons, its first line.
    example: str
    cases: int
    misses: int
    dimensions: tuple[str, ...]
    #: A few of the cases.
    examples: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Reasons:
    """The largest groups, and what they leave out."""

    groups: tuple[ReasonGroup, ...] = ()
    #: How many groups there are, those that are not kept among them.
    count: int = 0
    #: Misses whose reasons were not compared, because too many were different.
    unread: int = 0


def normal_form(line: str) -> str:
    """What a reason has in common with others: `Expected 12, got 'no'` becomes `expected #, got '...'`."""
    return " ".join(VARIABLE.sub(lambda match: "'...'" if match[1] else "#", line.casefold()).split())


def group_reasons(run: Run, rows: NDArray[np.int64]) -> Reasons:
    """Group the reasons of some rows, those of the most cases first.

    Only first lines are compared. The work grows with the rows; where thousands of first lines differ, some of
    them, evenly spread over the run, stand for all.

    Args:
        run: the run.
        rows: which rows, as indices into its columns; each with a reason or without.
    """
    if not len(rows):
        return Reasons()
    lines: dict[str, int] = {}
    reasons = run.reasons
    line = np.array([lines.setdefault(_first_line(reasons.get(row, "")), len(lines)) for row in rows.tolist()])
    names = list(lines)
    step = -(-len(names) // COMPARED)
    patterns: dict[str, int] = {}
    of_line = np.full(len(names), -1, np.int64)
    for number in range(0, len(names), step):
        of_line[number] = patterns.setdefault(normal_form(names[number]), len(patterns))
    group = of_line[line]
    read = group >= 0
    kept, group = rows[read], group[read]
    pairs = np.unique(group * len(run.cases) + run.case[kept])
    cases = np.bincount(pairs // len(run.cases), minlength=len(patterns))
    words = list(patterns)
    first = heapq.nsmallest(KEPT, range(len(words)), key=lambda each: (-int(cases[each]), words[each]))
    groups = []
    for each in first:
        mine = group == each
        members = pairs[pairs // len(run.cases) == each] % len(run.cases)
        groups.append(
            ReasonGroup(
                words[each],
                min(names[number] for number in np.unique(line[read][mine]).tolist()),
                int(cases[each]),
                int(mine.sum()),
                tuple(sorted(run.dimensions[code] for code in np.unique(run.dimension[kept[mine]]).tolist())),
                tuple(heapq.nsmallest(EXAMPLES, (run.cases[code] for code in members.tolist()))),
            )
        )
    return Reasons(tuple(groups), len(words), int((~read).sum()))


def _first_line(reason: str) -> str:
    return reason.lstrip().partition("\n")[0][:LENGTH]
