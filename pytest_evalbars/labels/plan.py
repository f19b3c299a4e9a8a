"""The plan of a review as a file: `plan.json`, which holds what its sheets leave out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from pytest_evalbars.config.table import shown
from pytest_evalbars.errors import LabelsError
from pytest_evalbars.labels.faults import check_schema, fault
from pytest_evalbars.labels.model import SCHEMA, ReviewPlan
from pytest_evalbars.labels.places import PLAN
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from pathlib import Path

AGAIN = "draw the review anew with `evalbars review`"


def read_plan(path: Path) -> ReviewPlan:
    """Read the plan of a review.

    Args:
        path: the file, or the folder of the review.

    Raises:
        LabelsError: there is none, or it is not one; it says where and how to mend it.
    """
    path = path / PLAN if path.is_dir() else path
    where = safe(shown(path))
    try:
        raw = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise LabelsError(f"{where}: there is no such plan of a review; {AGAIN}") from None
    except OSError as error:
        raise LabelsError(f"{where}: the plan of the review cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise LabelsError(f"{where}: not a plan of a review: {fault(error)}; {AGAIN}") from None
    try:
        _see_schema(raw)
        plan = ReviewPlan.model_validate(raw)
        _hold_together(plan)
    except ValidationError as error:
        raise LabelsError(f"{where}: not a plan of a review: {fault(error)}; {AGAIN}") from None
    except ValueError as error:
        raise LabelsError(f"{where}: not a plan of a review: {fault(error)}") from None
    return plan


def _see_schema(raw: Any) -> None:
    """See whether the plan is none of a newer version, before any key of it is unknown."""
    review = raw.get("review") if isinstance(raw, dict) else None
    check_schema(review.get("schema") if isinstance(review, dict) else None, SCHEMA)


def _hold_together(plan: ReviewPlan) -> None:
    """See whether each item has a population and a guide, and stands there once."""
    guides = {guide.dimension for guide in plan.guides}
    seen = set[tuple[str, str]]()
    for each in plan.items:
        dimension = each.item.dimension
        if dimension not in guides or plan.review.population(dimension) is None:
            raise ValueError(f"nothing says what can be said on {dimension!r}; {AGAIN}")
        if each.item.key in seen:
            raise ValueError(f"item {each.item.of} stands there twice on {dimension!r}; {AGAIN}")
        seen.add(each.item.key)


def plan_text(plan: ReviewPlan) -> str:
    """The plan as the text of its file."""
    return json.dumps(plan.model_dump(mode="json", by_alias=True), ensure_ascii=False, indent=1) + "\n"
