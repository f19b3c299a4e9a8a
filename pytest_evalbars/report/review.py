"""A review that was drawn, in words: what of, where it is, and what comes next."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from pytest_evalbars.calibration.record import FEWEST
from pytest_evalbars.config.table import shown
from pytest_evalbars.labels.model import UNCLEAR
from pytest_evalbars.report.numbers import count
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pytest_evalbars.labels.drawing import Told
    from pytest_evalbars.labels.model import ReviewPlan

#: Items that two people should label, and the pass rate from which on it takes more: jackknife intervals of fewer
#: cover less than they promise.
ADVISED, MORE, HIGH = 100, 200, 0.95


def review_lines(
    plan: ReviewPlan, told: Sequence[Told], files: Sequence[Path], *, chosen: bool, complete: bool
) -> Iterator[str]:
    """What was drawn, where it is and what to do with it.

    Args:
        plan: the review.
        told: what was drawn on each dimension.
        files: what was written: the page, then each rater's sheet.
        chosen: whether the user named the dimensions.
        complete: whether the run came to its end.
    """
    review = plan.review
    yield f"review {safe(review.id)}, drawn from {', '.join(safe(each, 80) for each in review.of)}"
    if not complete:
        yield "note: the run did not come to its end, and what it lacks is not drawn from"
    if not chosen and not any(each.judges for each in told):
        yield "note: no judge gave any verdict of this run: all dimensions are drawn from"
    for each in told:
        yield ""
        yield from _dimension(each, audit=review.sample == "judge_fails")
    page, *sheets = files[: 1 + len(review.raters)]
    names = [shlex.quote(safe(shown(path))) for path in (page, *sheets)]
    yield ""
    yield f"The sheets are in {safe(shown(page.parent))}:"
    yield f"    {page.name}: open it in a browser, say who you are, label by keyboard, export labels-....json"
    for rater, path in zip(review.raters, sheets, strict=True):
        yield f"    {safe(path.name)}: for {safe(rater)}, in a spreadsheet"
    yield f"        `label` takes one of the words above, or {UNCLEAR}; guide.txt has the rubric"
    yield "    label-studio.json: the tasks, and label-studio.xml their labelling interface, for Label Studio"
    yield "    plan.json: what the judge said; keep it from the raters, whom it would sway"
    yield "Each labels alone. Then bring the labels back, the sheets or what page and Label Studio exported:"
    yield f"    evalbars labels add {' '.join(names[1:])}"
    yield f"    evalbars labels add FILE.json{review_word(page.parent)}"


def review_word(folder: Path) -> str:
    """How a file that came back from elsewhere is told to be of this folder's review; empty where that is found."""
    found = folder.parent.parts[-2:] == (".evalbars", "reviews")
    return "" if found else f" --review {shlex.quote(safe(shown(folder)))}"


def _dimension(told: Told, *, audit: bool) -> Iterator[str]:
    name, who = safe(told.dimension, 80), "the judge" if told.judges else "the test"
    missed = told.population - told.passed
    yield f"{name}: {told.items} of {count(told.population, 'answer')}"
    for judge in told.judges:
        yield f"    judged by {safe(judge, 200)}"
    passed = told.items - told.missed
    yield f"    {who} passed {told.passed} and let {missed} miss; drawn are {passed} and {told.missed}"
    if audit and told.items:
        share = "half are" if 2 * told.missed >= told.items else "more are"
        yield f"    {share} misses on purpose; weights undo it: the bare share of labels that pass is no pass rate"
    if told.items:
        shares = ", ".join(f"{safe(rater, 60)} {many}" for rater, many in told.raters.items())
        said = " or ".join([", ".join(safe(word, 40) for word in told.words[:-1]), safe(told.words[-1], 40)])
        yield f"    to label as {said}: {shares}; {count(told.doubled, 'item')} by two raters"
    if told.hidden:
        yield (
            f"    left out: {count(told.hidden, 'answer')} of which no output was recorded; call "
            "evalcase.record(input=..., output=...) in the test"
        )
    if told.aside:
        yield f"    not drawn from: {count(told.aside, 'verdict')} that no judge gave"
    if len(told.judges) > 1:
        yield f"    {len(told.judges)} judges: each is held to the items that it judged, and needs enough of its own"
    for note in told.notes:
        yield f"    note: {note}"
    if told.judges and not audit and told.missed < min(FEWEST, told.population - told.passed):
        few = f"{count(told.missed, 'answer')} that the judge let miss"
        yield f"    note: {few}, few to tell how well it sees faults; --sample judge-fails takes more of them"
    yield from _advice(told)


def _advice(told: Told) -> Iterator[str]:
    """What a sample of this size is too small for."""
    advised = MORE if told.passed > HIGH * told.population else ADVISED
    if not told.items or told.doubled >= advised:
        return
    why = f", as more than {HIGH:.0%} pass" if advised == MORE else ""
    if len(told.raters) == 1:
        yield "    note: one rater: how far people agree cannot be found out; name two with --raters"
        return
    mend = "raise --items" if told.doubled == told.items else "raise --double"
    if told.population - told.hidden < advised:
        mend = "run more cases or trials"
    few = f"{count(told.doubled, 'item')} labelled by two"
    yield f"    note: {few}: how far people agree is told well from {advised} on{why}; {mend}"
