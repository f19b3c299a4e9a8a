"""Changes keys of rows in a case file of any format, and reads it again to see that nothing else has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_evalbars.cases.files import BOM, CaseFileError, rows_of
from pytest_evalbars.lifecycle import rows_csv, rows_jsonl, rows_yaml
from pytest_evalbars.lifecycle.change import NOT_HELD, UNPROTECTED
from pytest_evalbars.lifecycle.spans import CannotError, Edit, spliced

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_evalbars.cases.rows import CaseRow
    from pytest_evalbars.lifecycle.change import Change

EDITORS = {
    ".jsonl": rows_jsonl.edits,
    ".ndjson": rows_jsonl.edits,
    ".csv": rows_csv.edits,
    ".yaml": rows_yaml.edits,
    ".yml": rows_yaml.edits,
}
#: The keys that a change may touch; a table has columns `quarantine.owner` and so on.
TOUCHED = ("status", "quarantine")


def edited_rows(path: Path, data: bytes, changes: Mapping[str, Change]) -> tuple[bytes, dict[str, str]]:
    """A case file after changes.

    Args:
        path: the file; only its name matters.
        data: what it holds.
        changes: by the case's id.

    Returns:
        What it is to hold, and why some changes cannot be made, by the case's id.

    Raises:
        CannotError: none of them can be made.
    """
    try:
        rows = rows_of(path, data)
    except CaseFileError as error:
        raise CannotError(str(error)) from None
    places = {row.id: number for number, row in enumerate(rows)}
    failed = {
        case: "the file has no row of this id; was it renamed or removed?" for case in changes if case not in places
    }
    failed |= {
        case: NOT_HELD.format(status=status)
        for case, change in changes.items()
        if case in places and change.quarantine and (status := rows[places[case]].status) in UNPROTECTED
    }
    wanted = {
        places[case]: values
        for case, change in changes.items()
        if case not in failed and (values := _values(rows[places[case]], change))
    }
    body = data.removeprefix(BOM)
    text = body.decode()
    try:
        found = list(EDITORS[path.suffix.lower()](text, wanted))
        for number, why in (one for one in found if not isinstance(one, Edit)):
            failed[rows[number].id] = why
            del wanted[number]
        edits = [one for one in found if isinstance(one, Edit)]
        after = data[: len(data) - len(body)] + spliced(text, edits).encode()
        again = rows_of(path, after)
    except (CaseFileError, RecursionError, UnicodeEncodeError) as error:
        raise CannotError(
            f"the rows are written in a way that cannot be edited safely; edit by hand ({error})"
        ) from None
    if len(rows) != len(again) or not all(
        _as_wanted(before, now, wanted.get(number, {}))
        for number, (before, now) in enumerate(zip(rows, again, strict=False))
    ):
        raise CannotError("the rows are written in a way that cannot be edited safely; edit by hand")
    return after, failed


def quarantine_of(row: CaseRow) -> dict[str, Any] | None:
    """Who holds a row in quarantine, why and until when, be it a mapping or the columns of a table."""
    value = row.get("quarantine")
    if isinstance(value, dict):
        return value
    if value is not None:
        return {"": value}
    cells = {key.removeprefix("quarantine."): row[key] for key in row if key.startswith("quarantine.")}
    return cells if any(cells.values()) else None


def _values(row: CaseRow, change: Change) -> dict[str, Any]:
    """What the row must say otherwise than it does."""
    if change.quarantine is not None:
        return {} if quarantine_of(row) == change.quarantine else {"quarantine": change.quarantine}
    values: dict[str, Any] = {} if row.status == change.status else {"status": change.status}
    if change.releases and quarantine_of(row) is not None:
        values["quarantine"] = None
    return values


def _as_wanted(before: CaseRow, now: CaseRow, values: Mapping[str, Any]) -> bool:
    """Whether a row says what it said, but for what was to change."""
    return (
        _rest(before) == _rest(now)
        and now.status == values.get("status", before.status)
        and quarantine_of(now) == values.get("quarantine", quarantine_of(before))
    )


def _rest(row: CaseRow) -> list[tuple[str, Any]]:
    return [(key, value) for key, value in row.items() if key.partition(".")[0] not in TOUCHED]
