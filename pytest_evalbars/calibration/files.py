"""Reads and writes the calibration record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_evalbars.calibration.record import SCHEMA, CalibratedItem, CalibratedJudge, Calibration
from pytest_evalbars.config.table import shown
from pytest_evalbars.errors import CalibrationError
from pytest_evalbars.labels.faults import check_schema, fault
from pytest_evalbars.replacing import replace_text

if TYPE_CHECKING:
    from collections.abc import Iterator

AGAIN = "write it anew with `evalbars calibrate`"


def load_calibration(path: str | Path) -> Calibration:
    """What is known of a project's judges, as `evalbars calibrate` wrote it down; `decide` takes it.

    Args:
        path: the calibration record; a relative one is sought in the working directory.

    Raises:
        CalibrationError: there is none, or it is not one; it says where and how to mend it.
    """
    path = Path(path)
    where = shown(path)
    try:
        lines = path.read_text(encoding="utf-8").split("\n")  # a rater's name may hold other ends of lines
    except FileNotFoundError:
        raise CalibrationError(f"{where}: there is no such calibration record; {AGAIN}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise CalibrationError(f"{where}: the calibration record cannot be read: {error}") from None
    taken = _Taken()
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                taken.take(json.loads(line))
            except (ValueError, KeyError, IndexError, AttributeError, TypeError, RecursionError) as error:
                raise CalibrationError(f"{where}, line {number}: {_words(error)}; {AGAIN}") from None
    if not taken.begun:
        raise CalibrationError(f"{where}: no line of it is of type calibration: it is no such record; {AGAIN}")
    return Calibration(
        judges=tuple(judge.model_copy(update={"items": tuple(items)}) for judge, items in taken.judges)
    )


class _Taken:
    """What the lines taken so far say."""

    def __init__(self) -> None:
        self.begun = False
        self.judges: list[tuple[CalibratedJudge, list[CalibratedItem]]] = []
        #: The answers of the last judge.
        self.known: set[str] = set()

    def take(self, row: dict[str, Any]) -> None:
        kind = row.pop("type")
        if kind == "calibration":
            check_schema(row.get("schema"), SCHEMA)
            self.begun = True
        elif kind == "judge":
            judge = CalibratedJudge.model_validate({**row, "items": ()})
            if any((judge.dimension, judge.by) == (each.dimension, each.by) for each, _ in self.judges):
                raise ValueError(f"the judge {judge.by} stands twice on {judge.dimension}")  # as merges leave it
            self.judges.append((judge, []))
            self.known = set()
        elif kind == "item":
            item = CalibratedItem.model_validate(row)
            self.judges[-1][1].append(item)
            if item.of in self.known:  # it would count as another answer
                raise ValueError(f"the answer {item.of} stands twice with one judge")
            self.known.add(item.of)
        # Any other type is from a newer version, which only adds: not ours to read.


def write_calibration(path: Path, calibration: Calibration) -> None:
    """Write a record: the whole file or, if that fails, nothing of it.

    Raises:
        CalibrationError: it cannot be written, and what was there before is still there.
    """
    try:
        replace_text(path, (f"{json.dumps(row, ensure_ascii=False)}\n" for row in _rows(calibration)))
    except OSError as error:
        raise CalibrationError(
            f"{shown(path)}: the calibration record cannot be written: {error.strerror or error}; nothing there has "
            "changed; mend that, or name another place with --out"
        ) from None


def _rows(calibration: Calibration) -> Iterator[dict[str, Any]]:
    yield {"type": "calibration", "schema": SCHEMA}
    for judge in sorted(calibration.judges, key=lambda each: (each.dimension, each.by)):
        yield {"type": "judge", **judge.model_dump(mode="json", exclude={"items"}, exclude_defaults=True)}
        for item in sorted(judge.items, key=lambda each: each.of):
            yield {"type": "item", **item.model_dump(mode="json", exclude_defaults=True)}


def _words(error: Exception) -> str:
    """What is wrong, in a sentence."""
    if isinstance(error, KeyError):
        return f"it has no {error}"
    if isinstance(error, IndexError):
        return "an item before any judge"
    # Whatever else is no object has none of its methods.
    return "not a line of a record" if isinstance(error, AttributeError | TypeError) else fault(error)
