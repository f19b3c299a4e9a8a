"""What `evalbars review`, `evalbars labels` and `evalbars audit` print with `--json`."""

from __future__ import annotations

from typing import Literal

from pytest_evalbars.schema.document import Count, Document, Part, Share


class JudgeNamed(Part):
    """A judge: change any of it, and it is another one."""

    #: `name@version` of its rubric.
    rubric: str
    #: The version of its model, as the provider names it.
    model: str
    #: A hash of what it was asked, the data left out.
    prompt: str


class DrawnDimension(Part):
    """What was drawn on one dimension."""

    #: The dimension.
    dimension: str
    #: Judged answers that it was drawn from.
    population: Count
    #: How many of these passed.
    passed: Count
    #: How many of these cannot be shown, as their trials recorded nothing.
    hidden: Count
    #: Verdicts that no judge gave, where others are a judge's.
    aside: Count
    #: Who judged; empty where no judge did.
    judges: tuple[JudgeNamed, ...]
    #: Items that were drawn.
    items: Count
    #: How many of them the judge let miss.
    missed: Count
    #: How many of them two raters label.
    doubled: Count
    #: How many each rater labels.
    raters: dict[str, int]
    #: What raters can say.
    words: tuple[str, ...]
    #: What else a reader must know, in words.
    notes: tuple[str, ...]


class ReviewDrawn(Document):
    """What `evalbars review RUN... --json` prints: the sample of answers that people are to label."""

    #: The review's id.
    review: str
    #: Where its sheets are.
    folder: str
    #: The names of the files in it.
    files: tuple[str, ...]
    #: What was drawn.
    dimensions: tuple[DrawnDimension, ...]


class LabelledDimension(Part):
    """How much of a dimension is labelled."""

    #: The dimension.
    dimension: str
    #: Items.
    items: Count
    #: Items that nobody labelled.
    unlabelled: Count
    #: Items that one rater labelled.
    once: Count
    #: Items that two raters or more labelled.
    twice: Count
    #: Items that raters settled.
    settled: Count
    #: Items on which they differ and that are not settled.
    disagreements: Count
    #: Pairs of labels of one item that say the same.
    same: Count
    #: All such pairs.
    pairs: Count


class RaterCounts(Part):
    """What one rater did."""

    #: The rater's name.
    rater: str
    #: Labels.
    labels: Count
    #: How many of them say that the rater could not tell.
    unclear: Count
    #: Items that are still open; null where no plan says what the rater was asked.
    open: Count | None


class LabelsListed(Document):
    """What `evalbars labels list --json` prints: what is labelled, and what is open."""

    #: By dimension.
    dimensions: tuple[LabelledDimension, ...]
    #: By rater.
    raters: tuple[RaterCounts, ...]


class RaterSaid(Part):
    """A label."""

    #: Who said it.
    rater: str
    #: What.
    value: str
    #: What the rater wrote beside it.
    note: str


class RatersDiffer(Part):
    """An item of which raters said different words, and that is not settled."""

    #: The dimension.
    dimension: str
    #: The hash of what was judged.
    of: str
    #: The case's id; absent where the labels file does not hold the item.
    case: str = ""
    #: Its category; empty where it has none.
    category: str = ""
    #: The review that it was drawn for.
    review: str = ""
    #: In what they differ: whether it passes, whether that can be told, or only which word it is.
    differ: Literal["passing", "unclear", "word"]
    #: How many levels lie between the words at most; 0 where that is not known.
    apart: Count
    #: What each rater said.
    labels: tuple[RaterSaid, ...]


class LabelsDisagreements(Document):
    """What `evalbars labels disagreements --json` prints: where raters differ, what matters most first."""

    #: All of them.
    disagreements: tuple[RatersDiffer, ...]


class AuditDrawn(Document):
    """What `evalbars audit CASES... --json` prints: the rows of case files that people are to verify."""

    #: The review's id.
    review: str
    #: Where its sheets are.
    folder: str
    #: The names of the files in it.
    files: tuple[str, ...]
    #: Rows that were drawn.
    items: Count
    #: Rows of the case files.
    rows: Count


class AuditChecked(Document):
    """What `evalbars audit CASES... --check --json` prints: whether the cases may gate."""

    #: The case files.
    files: tuple[str, ...]
    #: Rows of the case files.
    rows: Count
    #: Rows that were found right.
    right: Count
    #: Ids of rows that were found wrong, and stand there still.
    wrong: tuple[str, ...]
    #: Ids of rows of which raters differ, or could not tell.
    open: tuple[str, ...]
    #: Ids of rows that changed since they were verified.
    changed: tuple[str, ...]
    #: Rows that were found wrong and do not stand there any more.
    mended: Count
    #: How many right rows are a sample of all rows but so many that were added since, by that number.
    samples: dict[str, int]
    #: The share of wrong rows that may be.
    at_most: Share
    #: Rows that nobody judged.
    left: int
    #: The share of wrong rows, at most: exactly where few are left, else with 95% confidence.
    high: float
    #: Whether at most so many are wrong; null where it is not known yet.
    proven: bool | None
    #: Rows to verify next: if all of these are right, it is proven; 0 where it is known.
    more: int
