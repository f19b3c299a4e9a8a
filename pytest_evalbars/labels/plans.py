"""Finds the review that labels are of: its plan, or what the labels file knows of it."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from pytest_evalbars.config.table import shown
from pytest_evalbars.errors import LabelsError
from pytest_evalbars.labels.checking import Asked
from pytest_evalbars.labels.places import PLAN, REVIEWS
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_evalbars.labels.incoming import Sheet
    from pytest_evalbars.labels.model import ReviewPlan
    from pytest_evalbars.labels.store import Labels


class Plans:
    """The plans that are at hand.

    Args:
        root: the project's folder.
        named: a review's folder or plan, if the user named one.
    """

    def __init__(self, root: Path, named: Path | None = None) -> None:
        self.root = root
        self.named = named / PLAN if named is not None and named.is_dir() else named

    def find(self, review: str, beside: Path | None = None) -> ReviewPlan | None:
        """The plan of a review.

        Args:
            review: its id; "" where that is not known, and then the plan that is named or stands beside.
            beside: a file that came back, which may stand in the review's folder.

        Raises:
            LabelsError: another plan is named, or it cannot be read.
        """
        if self.named is not None:
            plan = read(self.named)
            if review and plan.review.id != review:
                has = f"it is of review {plan.review.id}, and the labels are of review {review}"
                raise LabelsError(safe(f"{shown(self.named)}: {has}; name the folder of that with --review", 500))
            return plan
        if beside is not None and (path := beside.parent / PLAN).is_file():
            plan = read(path)
            if review in ("", plan.review.id):
                return plan
        return next((plan for plan in self.drawn(review) if plan.review.id == review), None) if review else None

    def drawn(self, first: str = "") -> Iterator[ReviewPlan]:
        """All plans of the project that can be read; that in the folder `first` before the others."""
        paths = sorted((self.root / REVIEWS).glob(f"*/{PLAN}"), key=lambda path: (path.parent.name != first, path))
        for path in paths:
            try:
                yield read(path)
            except LabelsError:
                if path.parent.name == first:
                    raise

    def every(self) -> Iterator[ReviewPlan]:
        """The plan that is named, or else all that the project has."""
        yield from self.drawn() if self.named is None else [read(self.named)]

    def asked(self, sheet: Sheet, review: str, known: Labels) -> Asked:
        """The review that a file is of.

        Raises:
            LabelsError: it is not at hand.
        """
        plan = self.find(review, sheet.path)
        if plan is not None:
            return Asked(plan.review, tuple(each.item for each in plan.items))
        if review in known.reviews:
            drawn = (item for items in known.items.values() for item in items)
            return Asked(known.reviews[review], tuple(item for item in drawn if item.review == review))
        what = f"is of review {safe(review, 200)}, whose plan is not found" if review else "says not of which review"
        raise LabelsError(f"{shown(sheet.path)}: {what}; name the review's folder with --review")


@functools.lru_cache(maxsize=8)
def _read(path: Path, stamp: tuple[int, int]) -> ReviewPlan:
    from pytest_evalbars.labels.plan import read_plan  # noqa: PLC0415 - few commands read one

    del stamp
    plan: ReviewPlan = read_plan(path)
    return plan


def read(path: Path) -> ReviewPlan:
    """A plan; read once, while its file does not change.

    Raises:
        LabelsError: it cannot be read.
    """
    try:
        about = path.stat()
    except OSError as error:
        words = f"the review's plan cannot be read: {error.strerror or error}; name its folder with --review"
        raise LabelsError(f"{shown(path)}: {words}") from None
    return _read(path, (about.st_mtime_ns, about.st_size))
