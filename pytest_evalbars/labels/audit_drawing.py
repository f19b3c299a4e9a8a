"""Draws rows of case files, for people to verify by hand before the cases may gate."""

from __future__ import annotations

import hashlib
import json
import random
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from pytest_evalbars.config.table import shown
from pytest_evalbars.errors import LabelsError
from pytest_evalbars.labels.audit import DIMENSION, RIGHT, WRONG, Rows
from pytest_evalbars.labels.digest import digest_of
from pytest_evalbars.labels.model import Guide, Item, Population, Review, ReviewPlan, Shown
from pytest_evalbars.run.judged import code_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_evalbars.cases.rows import CaseRow
    from pytest_evalbars.labels.store import Labels

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
