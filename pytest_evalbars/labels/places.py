"""Where a project keeps what people label and what they said, unless its bars say otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pytest_evalbars.errors import BarsError

if TYPE_CHECKING:
    from pytest_evalbars.config.table import Table

#: Where reviews are drawn to, each in a folder of its own.
REVIEWS = Path(".evalbars") / "reviews"
#: The plan of a review, in its folder.
PLAN = "plan.json"
#: The labels file and the calibration record, beside the file of the bars.
LABELS, CALIBRATION = "evals/labels.jsonl", "evals/calibration.jsonl"


def labels_file(table: Table) -> Path:
    """Where a project's labels file stands, as the raw table of its bars says.

    Raises:
        BarsError: `human_labels` is no path.
    """
    value = table.values.get("human_labels", LABELS)
    if not isinstance(value, str) or not value.strip():
        raise BarsError(f"{table.where}, `human_labels`: {value!r} is no path; write one, as {LABELS!r}")
    folder = Path.cwd() if table.path is None else table.path.parent
    return folder / value.strip()
