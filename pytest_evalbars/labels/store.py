"""The labels file: what people said of answers, and the samples that they were drawn in.

JSON Lines, committed, only ever added to. A line is a review, an item or a label, as in `labels.model`. Of one
rater's labels of one item the last counts.

Labels that some other tool collected are welcome: an item (`dimension`, `of`, `case`) and its labels (`dimension`,
`of`, `rater`, `value`, `passed`) need no review; an item without one stands for itself alone. `of` is the hash that
the judge's verdict has in a run file (`judge.of`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from pytest_evalbars.config.nearest import nearest
from pytest_evalbars.config.table import shown
from pytest_evalbars.errors import LabelsError
from pytest_evalbars.labels.faults import check_schema, fault
from pytest_evalbars.labels.model import SCHEMA, UNCLEAR, Item, Label, Population, Review
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    #: (dimension, hash of what was judged): what a label is of.
    Key = tuple[str, str]

#: What git leaves in a file that two people changed.
CONFLICT = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")
KINDS: dict[str, type[Review | Item | Label]] = {"review": Review, "item": Item, "label": Label}


@dataclass(frozen=True, slots=True)
class Labels:
    """What a labels file says."""

    #: By id.
    reviews: dict[str, Review] = field(default_factory=dict)
    #: By what labels of them name: each time that it was drawn. One answer may be drawn in several reviews, and be
    #: that of several cases or trials.
    items: dict[Key, tuple[Item, ...]] = field(default_factory=dict)
    #: By item, then by rater.
    labels: dict[Key, dict[str, Label]] = field(default_factory=dict)

    def of(self, key: Key) -> tuple[Label, ...]:
        """The labels of an item, `settled` among them; one each rater."""
        return tuple(self.labels.get(key, {}).values())

    def item(self, key: Key) -> Item | None:
        """An item as it was drawn last."""
        drawn = self.items.get(key)
        return drawn[-1] if drawn else None

    def population(self, key: Key) -> Population | None:
        """What an item was drawn from last; it knows the words of its labels. None: it is of no review."""
        for item in reversed(self.items.get(key, ())):
            review = self.reviews.get(item.review)
            if review is not None and (found := review.population(item.dimension)) is not None:
                return found
        return None


def read_labels(path: Path) -> Labels:
    """Read a labels file. Lines of types that are not known are those of a newer version, and left out.

    Raises:
        LabelsError: there is none, or a line of it makes no sense; it says which, and how to mend it.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise LabelsError(
            f"{shown(path)}: there is no such labels file; draw a sample for people with `evalbars review`, and add "
            "what they said with `evalbars labels add`"
        ) from None
    except OSError as error:
        raise LabelsError(f"{shown(path)}: the labels file cannot be read: {error.strerror or error}") from None
    return labels_of(path, data)


def labels_of(path: Path, data: bytes) -> Labels:
    """What a labels file says that holds these bytes.

    Raises:
        LabelsError: as `read_labels`.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = data.count(b"\n", 0, error.start) + 1
        raise LabelsError(f"{shown(path)}, line {place}: not UTF-8; save it as UTF-8") from None
    found = Labels({}, {}, {})
    for number, line in enumerate(text.split("\n"), 1):
        if line and not line.isspace():
            try:
                _take(found, line)
            except (ValueError, RecursionError) as error:
                raise LabelsError(f"{shown(path)}, line {number}: {_words(error, line)}") from None
    return found


def _take(found: Labels, line: str) -> None:
    row = json.loads(line)
    if not isinstance(row, dict):
        raise ValueError('not a line of a labels file; such a line is an object, as {"type": "label", ...}')  # noqa: TRY004
    kind = row.get("type")
    if not isinstance(kind, str):
        raise ValueError('it has no "type"; a line is of type review, item or label')  # noqa: TRY004
    if kind == "review":
        check_schema(row.get("schema"), SCHEMA)
    put(found, row if kind not in KINDS else KINDS[kind].model_validate(row))


def put(found: Labels, line: object) -> None:
    """Let a line count. What is of no known type is from a newer version, and not ours to read.

    Args:
        found: what was read so far; it is changed.
        line: a review, an item or a label.

    Raises:
        ValueError: it contradicts itself.
    """
    if isinstance(line, Review):
        found.reviews[line.id] = line
    elif isinstance(line, Item):
        drawn = found.items.get(line.key, ())
        if line not in drawn:
            found.items[line.key] = (*drawn, line)
    elif isinstance(line, Label):
        if line.value == UNCLEAR and line.passed is not None:
            raise ValueError(f'`passed`: who says "{UNCLEAR}" could not tell; write null')
        found.labels.setdefault(line.key, {})[line.rater] = line


def rows(*lines: Review | Item | Label) -> Iterator[str]:
    """Lines of a labels file, ends included."""
    for line in lines:
        row: dict[str, Any] = {"type": line.type}
        row |= {"schema": line.schema_} if isinstance(line, Review) else {}
        row |= line.model_dump(mode="json", exclude_defaults=True)
        yield f"{json.dumps(row, ensure_ascii=False)}\n"


def _words(error: Exception, line: str) -> str:
    """What is wrong, and what mends it."""
    if isinstance(error, ValidationError) and (first := error.errors()[0])["type"] == "extra_forbidden":
        key = safe(".".join(map(str, first["loc"])), 60)
        model = KINDS[json.loads(line)["type"]]
        known = [one.alias or name for name, one in model.model_fields.items()]
        return f"unknown key `{key}`{nearest(key, known)}"
    if line.startswith(CONFLICT):
        return "two people's changes were not merged; keep the lines of both, and delete those that git put in"
    return f"{fault(error)}; a line is one object" if isinstance(error, json.JSONDecodeError) else fault(error)
