"""The folder of a review: its plan, and all the sheets that people can label on."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from pytest_evalbars.config.table import shown
from pytest_evalbars.errors import LabelsError
from pytest_evalbars.hidden import hide
from pytest_evalbars.labels.guide import words_in
from pytest_evalbars.labels.label_studio import CONFIG, TASKS, config, tasks
from pytest_evalbars.labels.model import UNCLEAR
from pytest_evalbars.labels.places import PLAN, REVIEWS
from pytest_evalbars.labels.plan import plan_text
from pytest_evalbars.labels.sheet_csv import sheet
from pytest_evalbars.labels.texts import words_of
from pytest_evalbars.replacing import replace_text
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from pytest_evalbars.labels.model import ReviewPlan

PAGE, GUIDE = "page.html", "guide.txt"
#: What file names do without.
ODD = re.compile(r"[^\w.-]+")


def write_review(plan: ReviewPlan, folder: Path, *, force: bool = False) -> list[Path]:
    """Write all files of a review, or none.

    Args:
        plan: the review.
        folder: where they go; made where there is none.
        force: write over what is there.

    Raises:
        LabelsError: something is there already, two raters would share a sheet, or a file cannot be written.
    """
    files = {folder / name: text for name, text in _files(plan).items()}
    there = [path for path in files if os.path.lexists(path)]
    if there and not force:
        raise LabelsError(
            f"{safe(shown(there[0]))}: is there already, and people may have labelled in it; name another folder "
            "with --out, or write over it with --force. Nothing was written"
        )
    done: list[Path] = []
    new = not os.path.lexists(folder)
    path = folder
    try:
        if folder.parent.parts[-2:] == REVIEWS.parts:
            hide(folder.parent.parent)
        for path, text in files.items():
            replace_text(path, text)
            done.append(path)
    except (OSError, ValueError) as error:
        for each in done:
            if each not in there:
                each.unlink(missing_ok=True)
        if new and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
        said = (error.strerror if isinstance(error, OSError) else None) or error
        left = "what was there before may be replaced in part" if there else "nothing of the review was written"
        raise LabelsError(
            f"{safe(shown(path))}: cannot be written: {safe(said)}; {left}; mend that, or name another folder with "
            "--out"
        ) from None
    return done


def sheet_name(rater: str) -> str:
    """The file of a rater's sheet."""
    return f"sheet-{ODD.sub('_', rater)}.csv"


def _files(plan: ReviewPlan) -> dict[str, Iterable[str]]:
    """By name, in the order in which they are told; the plan comes last, when the others are there."""
    from pytest_evalbars.labels.page import page  # noqa: PLC0415 - few reviews are drawn

    files: dict[str, Iterable[str]] = {PAGE: (page(plan),)}
    owners: dict[str, str] = {}
    for rater in plan.review.raters:
        name = sheet_name(rater)
        if (other := owners.setdefault(name.casefold(), rater)) != rater:
            raise LabelsError(
                f"--raters: the sheets of {other!r} and {rater!r} would be one file, {name}; call one otherwise"
            )
        files[name] = sheet(plan, rater)
    return files | {TASKS: (tasks(plan),), CONFIG: (config(plan),), GUIDE: _guide(plan), PLAN: (plan_text(plan),)}


def _guide(plan: ReviewPlan) -> Iterator[str]:
    """The rubrics, for those who label in a spreadsheet."""
    for guide in plan.guides:
        yield words_of("\n".join(words_in(guide))) + "\n"
        yield f"- {UNCLEAR}: you cannot tell\n\n"
