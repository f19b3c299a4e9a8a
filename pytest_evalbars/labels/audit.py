"""Whether cases may gate: a sample of the rows of case files, verified by hand, and what it says of all of them."""

from __future__ import annotations

import hashlib
import json
import random
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from pytest_evalbars.cases.files import read_cases
from pytest_evalbars.config.table import shown
from pytest_evalbars.errors import LabelsError
from pytest_evalbars.labels.consensus import gold
from pytest_evalbars.labels.digest import digest_of
from pytest_evalbars.labels.model import Guide, Item, Population, Review, ReviewPlan, Shown
from pytest_evalbars.run.judged import DIGITS, code_of
from pytest_evalbars.stats.proportions import clopper_pearson_high, p_at_least, p_at_most

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pytest_evalbars.cases.rows import CaseRow
    from pytest_evalbars.labels.store import Labels

DIMENSION, RIGHT, WRONG = "case", "right", "wrong"
GUIDE = Guide(
    dimension=DIMENSION,
    title="May this case gate?",
    task="A launch will depend on this case. Verify it as if the product failed it.",
    words={
        RIGHT: "you would defend the case against the product's team",
        WRONG: "something of it must be mended first",
    },
    criteria=(
        "Is the expected answer right, and the only right one that the test lets pass?",
        "Are its category and its labels right?",
        "Would a user ask it so?",
    ),
)
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
    #: How many of the right ones were drawn, and not put in the place of wrong ones.
    drawn_right: int
    at_most: float

    @property
    def verified(self) -> int:
        """How many rows were drawn and judged, mended ones included."""
        return self.drawn_right + self.missed

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
        return min(exact, clopper_pearson_high(self.missed, self.verified, ALPHA)) if self.verified else exact

    @property
    def proven(self) -> bool | None:
        """Whether at most so many are wrong; None where it is not known yet."""
        if len(self.wrong) + len(self.open) + self.left <= self.at_most * self.rows:
            return True
        if len(self.wrong) > self.at_most * self.rows:
            return False
        if self.verified and p_at_most(self.missed, self.verified, self.at_most) <= ALPHA:
            return True
        wrong = len(self.wrong)
        worse = wrong and p_at_least(wrong, self.drawn_right + wrong, self.at_most) <= ALPHA
        return False if worse else None

    @property
    def more(self) -> int:
        """How many rows to verify next: if all of these are right, it is proven."""
        return min(needed(self.missed, self.at_most) - self.verified, self.left)


def needed(wrong: int, at_most: float) -> int:
    """The smallest number of rows that proves it at 95%, if so many of them are wrong: 59 for none and 5%."""
    low, high = wrong, wrong + 1
    while p_at_most(wrong, high, at_most) > ALPHA:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if p_at_most(wrong, middle, at_most) > ALPHA else (low, middle)
    return high


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
        drawn_right=sum(not ids[name] for name in right),
        at_most=at_most,
    )


def drawn(rows: Rows, labels: Labels, count: int, raters: Sequence[str], seed: int) -> ReviewPlan:
    """Draw rows to verify, each as likely as the others, of those that nobody judged.

    Raises:
        LabelsError: there are none.
    """
    open_ = sorted(of for of in rows.by_hash if not labels.labels.get((DIMENSION, of)))
    if not open_:
        raise LabelsError(f"{', '.join(rows.files)}: each row was verified; see `evalbars audit --check`")
    picked = random.Random(seed).sample(open_, min(count, len(open_)))  # noqa: S311 - a sample, no secret
    today = _today()
    about = json.dumps([today.isoformat(), seed, rows.files, picked, list(raters)])
    population = Population(
        dimension=DIMENSION,
        digest=digest_of([code_of(of) for of in rows.by_hash]),
        items=len(rows.by_hash),
        levels=(RIGHT, WRONG),
        passing=(RIGHT,),
    )
    review = Review(
        id=f"audit-{hashlib.sha256(about.encode()).hexdigest()[:8]}",
        drawn=today,
        of=rows.files,
        kind="cases",
        seed=seed,
        raters=tuple(raters),
        populations=(population,),
    )
    weight = len(open_) / len(picked)
    items = tuple(_shown(rows.by_hash[of], of, review, weight) for of in picked)
    return ReviewPlan(review=review, guides=(GUIDE,), items=items)


def _shown(row: CaseRow, of: str, review: Review, weight: float) -> Shown:
    item = Item(
        dimension=DIMENSION,
        of=of,
        case=row.id,
        test=shown(row.path),
        category=row.category or "",
        review=review.id,
        weight=weight,
    )
    lines = (
        f"{key}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for key, value in row.items()
    )
    return Shown(item=item, evidence={"input": "\n\n".join(lines)}, raters=review.raters)


def _today() -> date:
    return datetime.now(UTC).date()
