"""The audit of cases in words: what to verify, and whether they may gate."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from pytest_evalbars.config.table import shown
from pytest_evalbars.report.numbers import count
from pytest_evalbars.report.review import review_word
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pytest_evalbars.labels.audit import Audited
    from pytest_evalbars.labels.model import ReviewPlan

#: So many rows are named before the rest is only counted.
NAMED = 20


def audit_lines(files: Sequence[str], found: Audited) -> Iterator[str]:
    """Whether the cases may gate, why, and what to do next."""
    limit, high = f"{found.at_most * 100:g}%", f"{found.high:.1%}"
    yield (
        f"{', '.join(safe(name, 200) for name in files)}: {count(found.rows, 'row')}, "
        f"{found.right + len(found.wrong)} verified, {len(found.wrong)} wrong"
    )
    yield from _named("wrong", found.wrong)
    yield from _named("not told: raters differ, or could not tell; settle them", found.open)
    yield from _named("changed since they were verified, verify them again", found.changed)
    if found.mended:
        yield f"{found.mended} found wrong and mended or removed since: the rest may hold more of their kind"
    if found.proven is None and found.idle:
        why = "rows or files were added since, or they were mended"
        yield f"{found.idle} verified rows say nothing of the rest: {why}"
    sure = "for certain" if found.left == 0 and not found.open else "with 95% confidence"
    if found.proven:
        yield f"may gate: at most {high} of the rows are wrong, {sure}; at most {limit} may be"
    elif found.proven is False:
        yield f"must not gate: more than {limit} of the rows are wrong, {sure}; mend them, and verify them again"
    elif found.more:
        cases = " ".join(shlex.quote(safe(name, 200)) for name in files)
        yield f"not known yet whether at most {limit} are wrong: it may be {high}"
        yield f"next: verify {count(found.more, 'more row')} (all right: they may gate): evalbars audit {cases}"
    else:
        yield f"not known yet whether at most {limit} are wrong: settle what is open"


def drawn_lines(plan: ReviewPlan, folder: Path, found: Audited) -> Iterator[str]:
    """What was drawn, where it is and what to do with it."""
    where, review = safe(shown(folder)), plan.review
    enough = f"if all are right, at most {found.at_most * 100:g}% of the rows are wrong, with 95% confidence"
    more = f" ({enough})" if len(plan.items) >= found.more else ""
    rows = count(len(plan.items), "row")
    yield f"review {review.id}: {rows} of {found.rows} to verify by hand{more}"
    yield f"The sheets are in {where}: page.html, CSV for spreadsheets, and tasks for Label Studio."
    yield "`label` takes right, wrong or unclear. Then bring the labels back, from whichever sheet they are in:"
    yield f"    evalbars labels add FILE{review_word(folder)}"
    yield f"    evalbars audit --check {' '.join(shlex.quote(safe(name, 200)) for name in review.of)}"


def _named(what: str, names: Sequence[str]) -> Iterator[str]:
    if names:
        rest = f", and {len(names) - NAMED} more" if len(names) > NAMED else ""
        yield f"{what}: {', '.join(safe(name, 200) for name in names[:NAMED])}{rest}"
