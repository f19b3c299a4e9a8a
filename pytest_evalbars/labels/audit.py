"""Whether cases may gate: what the verified rows of case files say of all of them."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_evalbars.cases.files import read_cases
from pytest_evalbars.config.table import shown
from pytest_evalbars.errors import LabelsError
from pytest_evalbars.labels.consensus import gold
from pytest_evalbars.run.judged import DIGITS
from pytest_evalbars.stats.acceptance import items_needed, most_wrong
from pytest_evalbars.stats.proportions import p_at_least

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pytest_evalbars.cases.rows import CaseRow
    from pytest_evalbars.labels.store import Labels

DIMENSION, RIGHT, WRONG = "case", "right", "wrong"
#: What a row says of its life, and not of what is asked: it may change without being verified again.
LIFE = ("status", "quarantine")
#: The error of what is said to be proven.
ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of case files, by the hash of what they say."""

    files: tuple[str, ...]
    by_hash: Mapping[str, CaseRow]


@dataclass(frozen=True, slots=True)
class Audited:
    """What the labels say of the rows of case files."""

    rows: int
    #: How many rows that stand there now were found right.
    right: int
    #: Those that were found wrong, and stand there still.
    wrong: tuple[str, ...]
    #: Those of whom raters differ, or could not tell.
    open: tuple[str, ...]
    #: Those that changed since they were verified.
    changed: tuple[str, ...]
    #: How many were found wrong and do not stand there any more: they are mended, but tell what the rest is like.
    mended: int
    #: How many of the right ones are a sample of all rows but so many that were added since, by that number. Rows of
    #: reviews of fewer files, and those put in the place of wrong ones, are none.
    samples: Mapping[int, int]
    at_most: float

    @property
    def verified(self) -> int:
        """How many rows are a sample of all rows that stand there now, mended ones included."""
        return self.samples.get(0, 0) + self.missed

    @property
    def missed(self) -> int:
        """How many of them count against the rest: wrong, wrong and mended, or not told yet."""
        return len(self.wrong) + len(self.open) + self.mended

    @property
    def left(self) -> int:
        """How many rows nobody judged."""
        return self.rows - self.right - len(self.wrong) - len(self.open)

    @property
    def high(self) -> float:
        """The share of wrong rows, at most: exactly where few are left, else with 95% confidence."""
        exact = (len(self.wrong) + len(self.open) + self.left) / self.rows
        bounds = (
            (most_wrong(self.missed, right + self.missed, ALPHA) * (self.rows - added) + added) / self.rows
            for added, right in self.samples.items()
            if right + self.missed
        )
        return min(exact, *bounds) if self.samples else exact

    @property
    def proven(self) -> bool | None:
        """Whether at most so many are wrong; None where it is not known yet."""
        if len(self.wrong) + len(self.open) + self.left <= self.at_most * self.rows:
            return True
        if len(self.wrong) > self.at_most * self.rows:
            return False
        for added, right in self.samples.items():
            limit = (self.at_most * self.rows - added) / (self.rows - added) if added < self.rows else 0
            if limit > 0 and needed(self.missed, limit, right + self.missed) <= right + self.missed:
                return True
        wrong = len(self.wrong)
        worse = wrong and p_at_least(wrong, self.right + wrong, self.at_most) <= ALPHA
        return False if worse and not self.idle else None

    @property
    def idle(self) -> int:
        """How many right rows are no sample of all rows that stand there now."""
        return self.right - self.samples.get(0, 0)

    @property
    def more(self) -> int:
        """How many rows to verify next: if all of these are right, it is proven."""
        return int(min(needed(self.missed, self.at_most, self.verified + self.left) - self.verified, self.left))


def needed(wrong: int, at_most: float, most: float = math.inf) -> float:
    """The number of rows that proves it at 95%, if so many of them are wrong: 59 for none and 5%.

    Whoever finds a wrong one may go on and look again: all looks together err in 5 of 100 cases. For one it is 163.
    """
    return items_needed(wrong, at_most, ALPHA, most)


def read_rows(paths: Sequence[Path]) -> Rows:
    """Read case files.

    Raises:
        CaseFileError: one cannot be read.
        LabelsError: two rows have one id.
    """
    ids: dict[str, str] = {}
    found: dict[str, CaseRow] = {}
    for path in paths:
        for row in read_cases(path):
            if (other := ids.setdefault(row.id, shown(path))) != shown(path):
                raise LabelsError(f"{shown(path)}, line {row.line}: {row.id} is the id of a row of {other}, too")
            found[hash_of(row)] = row
    return Rows(tuple(dict.fromkeys(map(shown, paths))), found)


def hash_of(row: CaseRow) -> str:
    """A hash of what a row says; of another row, or of one that was changed, it is another."""
    said = {key: value for key, value in dict(row).items() if key not in LIFE}
    text = json.dumps(said, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def audited(rows: Rows, labels: Labels, at_most: float) -> Audited:
    """Hold the labels against the rows as they are now."""
    said: dict[str, float | None] = {
        of: gold(by_rater.values())
        for (name, of), by_rater in labels.labels.items()
        if name == DIMENSION and by_rater
    }
    now = {row.id: of for of, row in rows.by_hash.items()}
    gone: dict[str, float | None] = {}
    ids: Counter[str] = Counter()
    for of, share in said.items():
        item = labels.item((DIMENSION, of))
        if of not in rows.by_hash and item is not None and (item.test in rows.files or item.case in now):
            gone[of] = share
            ids[item.case] += share == 0
    here = {rows.by_hash[of].id: share for of, share in said.items() if of in rows.by_hash}
    right = [name for name, share in here.items() if share == 1]
    items = (labels.item((DIMENSION, of)) for of in gone)
    before = {item.case for item in items if item is not None}
    return Audited(
        rows=len(rows.by_hash),
        right=len(right),
        wrong=tuple(sorted(name for name, share in here.items() if share == 0)),
        open=tuple(sorted(name for name, share in here.items() if share is None or 0 < share < 1)),
        changed=tuple(sorted(name for name in before if name in now and name not in here)),
        mended=sum(ids.values()),
        samples=_samples(rows, labels, [now[name] for name in right if not ids[name]]),
        at_most=at_most,
    )


def _samples(rows: Rows, labels: Labels, right: Sequence[str]) -> dict[int, int]:
    """How many right rows were drawn from all rows but so many, or fewer, that were added since."""
    added: Counter[int] = Counter()
    for of in right:
        reviews = [labels.reviews.get(each.review) for each in labels.items.get((DIMENSION, of), ())]
        covering = [each for each in reviews if each and set(rows.files) <= set(each.of)]
        sizes = [each.items for review in covering if (each := review.population(DIMENSION))]
        if sizes:
            added[max(len(rows.by_hash) - max(sizes), 0)] += 1
    return {most: sum(many for one, many in added.items() if one <= most) for most in sorted(added)}
