"""What `evalbars calibrate --json` prints."""

from __future__ import annotations

from typing import Literal

from pytest_evalbars.calibration.findings import Judged, Raters
from pytest_evalbars.schema.document import Count, Document, Part, Share
from pytest_evalbars.schema.labels import JudgeNamed  # noqa: TC001 - pydantic needs it


class CalibratedTold(Judged):
    """A judge held against people; a key that is absent is not known."""

    #: `name@version` of its rubric.
    rubric: str
    #: The version of its model, as the provider names it.
    model: str
    #: A hash of what it was asked, the data left out.
    prompt: str
    #: The day of its calibration, `2026-12-31`.
    calibrated: str
    #: Whether this calibration is about it.
    current: bool


class LookAt(Part):
    """An item to look at."""

    #: People let miss what the judge passes; pass what it lets miss; or do not agree, and settled nothing.
    why: Literal["let through", "stopped", "unsettled"]
    #: The dimension.
    dimension: str
    #: The hash of what was judged.
    of: str
    #: The case's id; empty where nobody knows.
    case: str
    #: The trial's number, from 0.
    trial: Count
    #: The judge's model; absent of an item that is only unsettled.
    model: str | None = None
    #: The judge's rubric.
    rubric: str | None = None
    #: What the judge said.
    judge: str | None = None
    #: What each rater said.
    raters: dict[str, str]
    #: What raters wrote beside it.
    notes: dict[str, str]


class CalibratedDimension(Part):
    """What is known of one dimension."""

    #: The dimension.
    dimension: str
    #: Whether each judge that was asked about can be relied on, and there is one.
    usable: bool
    #: How far the raters agree.
    raters: Raters
    #: Its judges, and what people's labels say of each.
    judges: tuple[CalibratedTold, ...]
    #: Labelled items of which no judge that can be named said anything.
    unjudged: Count
    #: Items that were drawn for reviews.
    drawn: Count
    #: How many of them have no label that tells.
    left: Count
    #: Categories of which no item has one.
    left_out: tuple[str, ...]
    #: Judges of the runs none of whose answers is labelled.
    unlabelled: tuple[JudgeNamed, ...]
    #: Items to look at, what was let through first.
    look: tuple[LookAt, ...]


class Calibrate(Document):
    """What `evalbars calibrate --json` prints: judges held against people's labels."""

    #: 0 where each judge that was asked about can be relied on, else 10.
    exit_code: Literal[0, 10]
    #: Of all intervals.
    confidence: Share
    #: The labels file.
    labels: str
    #: The record of what is known of judges.
    calibration: str
    #: Whether the record was written.
    written: bool
    #: What else a reader must know, in words.
    notes: tuple[str, ...]
    #: By dimension.
    dimensions: tuple[CalibratedDimension, ...]
