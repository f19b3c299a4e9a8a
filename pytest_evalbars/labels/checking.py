"""Holds what came back from raters against the review that it is of: all of it, or nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pytest_evalbars.config.nearest import nearest
from pytest_evalbars.config.table import shown
from pytest_evalbars.errors import LabelsError
from pytest_evalbars.labels.model import SETTLED, UNCLEAR, Item, Label, Review
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytest_evalbars.labels.incoming import Row, Sheet

#: So many bad rows are told in one message.
TOLD = 10
#: What raters write who cannot tell.
UNCLEAR_WORDS = (UNCLEAR, "?")
#: How long a rater's name may be, and a note.
NAME, NOTE = 200, 10_000


@dataclass(frozen=True, slots=True)
class Asked:
    """What raters were asked: a review and its items."""

    review: Review
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Came:
    """What came back, checked."""

    labels: tuple[Label, ...]
    #: How many rows have no label yet.
    blank: int


def checked(
    sheets: Sequence[Sheet], find: Callable[[Sheet, str], Asked], names: Mapping[str, str] | None = None
) -> Came:
    """Hold the rows of files against the reviews that they are of.

    Args:
        sheets: what came back.
        find: the review of an id ("" where the file does not say) that a file is of.
        names: raters' names by what a file calls them.

    Raises:
        LabelsError: rows cannot be used; the text names the first ten of them.
    """
    wrong: list[str] = []
    taken: dict[tuple[str, str, str], tuple[str, Label]] = {}
    blank = 0
    for sheet in sheets:
        checks = {review: _Check(find(sheet, review), names or {}) for review in sheet.reviews}
        place = shown(sheet.path)
        for row in sheet.rows:
            where = f"{place}, {row.where}"
            if row.wrong:
                wrong.append(safe(f"{where}: {row.wrong}", 500))
                continue
            if not row.value.strip():
                blank += 1
                continue
            try:
                label = checks[row.review].label(row)
            except ValueError as error:
                wrong.append(safe(f"{where}: {error}", 500))
                continue
            first, before = taken.setdefault((*label.key, label.rater), (where, label))
            if before.value != label.value:
                both = f'"{label.value}" of {label.of}, and "{before.value}" at {first}'
                wrong.append(safe(f"{where}: {label.rater} says {both}; keep one", 500))
        wrong += [safe(f"{place}: {each}", 500) for check in checks.values() for each in check.strangers()]
    if wrong:
        raise LabelsError("\n".join(_told(wrong)))
    return Came(tuple(label for _, label in taken.values()), blank)


class _Check:
    """Makes labels of the rows of one review."""

    def __init__(self, asked: Asked, names: Mapping[str, str]) -> None:
        self.review = asked.review
        self.keys = {item.key for item in asked.items}
        self.dimensions = {each.dimension for each in asked.review.populations}
        self.names = {name.casefold(): name for name in (*asked.review.raters, SETTLED)} | dict(names)
        self.today = datetime.now(UTC).date()
        self.raters: dict[str, None] = {}

    def label(self, row: Row) -> Label:
        """What a row says.

        Raises:
            ValueError: it makes no sense; in words.
        """
        dimension = self.dimension(row.dimension.strip())
        of = self.of(dimension, row.of.strip())
        value, passed = self.word(dimension, row.value.strip())
        return Label(
            dimension=dimension,
            of=of,
            rater=self.rater(row.rater.strip()),
            value=value,
            passed=passed,
            note=_clean(row.note)[:NOTE],
            labelled=row.labelled or self.today,
        )

    def dimension(self, name: str) -> str:
        if not name and len(self.dimensions) == 1:
            return next(iter(self.dimensions))
        if name not in self.dimensions:
            known = {each.casefold(): each for each in self.dimensions}
            if name.casefold() in known:
                return known[name.casefold()]
            raise ValueError(f'"{name}" is no dimension of review {self.review.id}{nearest(name, self.dimensions)}')
        return name

    def of(self, dimension: str, of: str) -> str:
        """The item that is meant; a spreadsheet may have made a number of its hash."""
        if (dimension, of.lower()) in self.keys:
            return of.lower()
        number = _number(of)
        near = [
            each
            for name, each in self.keys
            if name == dimension and number is not None and _alike(number, _number(each))
        ]
        if len(near) == 1:
            return near[0]
        hint = "is the sheet of another review, or was the column changed?"
        raise ValueError(f'review {self.review.id} holds no item "{of[:60]}" of {dimension}; {hint}')

    def word(self, dimension: str, word: str) -> tuple[str, bool | None]:
        if word.casefold() in UNCLEAR_WORDS:
            return UNCLEAR, None
        population = self.review.population(dimension)
        words = {each.casefold(): each for each in population.words} if population else {}
        if population is None or word.casefold() not in words:
            raise ValueError(f'"{word[:60]}" is no label of {dimension}{nearest(word, [*words.values(), UNCLEAR])}')
        value = words[word.casefold()]
        return value, population.passes(value)

    def rater(self, name: str) -> str:
        name = self.names.get(name) or self.names.get(name.casefold(), name)
        self.raters[name] = None
        if not name:
            raise ValueError("nobody is named as its rater; write who labelled it in the column `rater`")
        if len(name) > NAME or safe(name) != name:
            raise ValueError(f'"{name[:60]}" is no name of a rater; take a short one without control characters')
        return name

    def strangers(self) -> Iterator[str]:
        """Names that may be another spelling of one of the review's raters, or only an id.

        Twice the same person would agree with herself, and nobody can be renamed in a file that is only added to.
        """
        for name in self.raters.keys() - set(self.names.values()):
            if name.isdecimal():
                yield f"rater {name} is a number and no name; say who that is with --rater {name}=NAME"
            elif (hint := nearest(name.casefold(), self.review.raters)).startswith(";"):
                mend = f'then say --rater "{name}=NAME" with that name; of somebody else, --rater "{name}={name}"'
                yield f'"{name}" is no rater of review {self.review.id}{hint} {mend}'


def _number(text: str) -> float | None:
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _alike(one: float, other: float | None) -> bool:
    """Whether two numbers are one as far as a spreadsheet shows them."""
    return other is not None and math.isclose(one, other, rel_tol=1e-5)


def _clean(note: str) -> str:
    """Without what no text may hold."""
    return note.encode("utf-8", "replace").decode("utf-8").strip()


def _told(wrong: Sequence[str]) -> Iterator[str]:
    yield from wrong[:TOLD]
    if (more := len(wrong) - TOLD) > 0:
        yield f"and {more} more bad row{'s' if more > 1 else ''}"
    yield "nothing was added; mend that, and add it again"
