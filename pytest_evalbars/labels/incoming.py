"""Reads what comes back from raters: CSV sheets, and exports of Label Studio and of the labelling page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from pytest_evalbars.config.table import shown
from pytest_evalbars.errors import LabelsError
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

#: What begins a workbook, and a text in two bytes a character.
ZIP, WIDE = b"PK\x03\x04", (b"\xff\xfe", b"\xfe\xff")


class Row(NamedTuple):
    """One label as it stands in a file, or what is wrong there."""

    #: `row 3`.
    where: str
    of: str = ""
    value: str = ""
    rater: str = ""
    #: Empty where the file does not say.
    dimension: str = ""
    review: str = ""
    note: str = ""
    labelled: date | None = None
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file of labels as it came back."""

    path: Path
    rows: tuple[Row, ...]

    @property
    def reviews(self) -> tuple[str, ...]:
        """The ids of the reviews that it says it is of; "" where it does not say."""
        return tuple(dict.fromkeys(row.review for row in self.rows if not row.wrong))


def read_sheet(path: Path) -> Sheet:
    """Read a file that came back: a CSV sheet, an export of Label Studio or of the page.

    Raises:
        LabelsError: it cannot be read, or is none of these.
    """
    where, text = shown(path), read_text(path)
    if text.lstrip()[:9].lower() == "<!doctype":
        told = "open it and export, then add labels-...json, which that writes"
        raise LabelsError(f"{where}: is a page, and not what was labelled in it; {told}")
    try:
        if text.lstrip()[:1] in ("{", "["):
            from pytest_evalbars.labels.incoming_json import json_rows  # noqa: PLC0415 - one format is read

            return Sheet(path, tuple(json_rows(text)))
        from pytest_evalbars.labels.incoming_csv import csv_rows  # noqa: PLC0415

        return Sheet(path, tuple(csv_rows(text)))
    except ValueError as error:
        raise LabelsError(f"{where}: {safe(error, 500)}") from None


def read_text(path: Path) -> str:
    """The text of a file that spreadsheets or other tools wrote.

    Raises:
        LabelsError: it cannot be read.
    """
    where = shown(path)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise LabelsError(f"{where}: there is no such file") from None
    except OSError as error:
        raise LabelsError(f"{where}: cannot be read: {error.strerror or error}") from None
    if data.startswith(ZIP):
        raise LabelsError(f'{where}: is a workbook, not CSV; save the sheet as "CSV UTF-8"')
    try:
        return data.decode("utf-16" if data.startswith(WIDE) else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise LabelsError(f'{where}, line {line}: is not UTF-8; save it as "CSV UTF-8"') from None
