"""The cases of a run one by one: those that missed or could not be judged, or all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.report.numbers import count
from pytest_evalbars.run.columns import ERROR, MISS, PASS, SKIPPED
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from pytest_evalbars.run.columns import Run

#: Cases of one dimension that are named before the others are only counted: of those that missed, and of all.
NAMED, ALL = 100, 1_000
#: Characters of a name, and of a reason.
NAME, REASON = 80, 160
#: The worst that a case did, the worst first.
WORDS = {ERROR: "error", MISS: "missed", SKIPPED: "skipped", PASS: "passed"}


def case_lines(run: Run, *, every: bool) -> Iterator[str]:
    """A list for each dimension: what each case did, on how many of its trials, and why.

    Args:
        run: the run.
        every: tell also of those that passed or were skipped.
    """
    told = [WORDS[code] for code in WORDS] if every else ["error", "missed"]
    for code, dimension in sorted(enumerate(run.dimensions), key=lambda each: each[1]):
        rows = np.flatnonzero((run.dimension == code) & (run.outcome <= SKIPPED))
        found = sorted(_cases(run, rows), key=lambda each: (told.index(each[0]) if each[0] in told else 9, each[1]))
        shown = [each for each in found if each[0] in told]
        if not shown:
            continue
        numbers = [f"{sum(each[0] == word for each in found)} {word}" for word in WORDS.values()]
        kept = ", ".join(words for words in numbers if not words.startswith("0 "))
        yield f"{safe(dimension, 40)}: {count(len(found), 'case')}, {kept}"
        most = ALL if every else NAMED
        for word, name, why in shown[:most]:
            yield f"  {word:<7} {safe(name, NAME)}{f': {why}' if why else ''}"
        if len(shown) > most:
            yield f"  ... and {len(shown) - most} more ({'the run file has all' if every else '-vv names more'})"


def _cases(run: Run, rows: NDArray[np.int64]) -> Iterator[tuple[str, str, str]]:
    """Each case: the worst word of its trials, its name, and why."""
    order = rows[np.argsort(run.case[rows], kind="stable")]
    for part in np.split(order, np.flatnonzero(np.diff(run.case[order])) + 1):
        if not len(part):
            continue
        outcomes = run.outcome[part]
        worst = next(code for code in WORDS if (outcomes == code).any())
        these = part[outcomes == worst]
        why = next((reason for row in these if (reason := run.reasons.get(int(row), ""))), "")
        words = [
            *([f"{len(these)} of {len(part)} trials"] if len(part) > 1 and worst != PASS else []),
            *([f"{len(part)} trials"] if len(part) > 1 and worst == PASS else []),
            *([safe(why.partition("\n")[0], REASON)] if why else []),
        ]
        yield WORDS[worst], run.name(int(part[0])), ": ".join(words)
