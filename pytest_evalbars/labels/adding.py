"""Adds to the labels file: all that is new or nothing, and nothing that somebody else adds is lost."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_evalbars.config.table import shown
from pytest_evalbars.errors import LabelsError
from pytest_evalbars.labels.store import Labels, labels_of, put, rows
from pytest_evalbars.replacing import replace_text
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_evalbars.labels.model import Item, Label, Review

#: So many contradictions are told in one message.
TOLD = 10


@dataclass(frozen=True, slots=True)
class Added:
    """What an addition changed."""

    #: How many labels are new.
    labels: int
    #: How many say otherwise than their rater said before, or have another note.
    changed: int
    #: How many were there already.
    same: int
    #: How many items are new.
    items: int
    #: All that the file says now.
    now: Labels


def add(
    path: Path, reviews: Sequence[Review], items: Iterable[Item], labels: Iterable[Label], *, replace: bool = False
) -> Added:
    """Add what people said to the labels file, which is made where there is none. Adding it again changes nothing.

    Args:
        path: the labels file.
        reviews: the samples that the items were drawn in; none where they are of none.
        items: all items of the reviews, labelled or not.
        labels: what was said; of one rater and one item once.
        replace: whether a rater may now say otherwise than before.

    Raises:
        LabelsError: a rater says otherwise, or the file cannot be read or written. Nothing has changed then.
    """
    path = Path(os.path.realpath(path))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _alone(path.parent):
            before = _bytes(path)
            now = labels_of(path, before or b"")
            added, lines = _new(path, now, reviews, items, labels, replace=replace)
            if lines:
                replace_text(path, _whole(path, before, rows(*lines)))
    except OSError as error:
        raise LabelsError(
            f"{shown(path)}: the labels file cannot be written: {error.strerror or error}; nothing in it has "
            "changed; mend that, and add them again"
        ) from None
    return added


def _new(
    path: Path,
    now: Labels,
    reviews: Sequence[Review],
    items: Iterable[Item],
    labels: Iterable[Label],
    *,
    replace: bool,
) -> tuple[Added, list[Review | Item | Label]]:
    """What is not in the file yet; from here on `now` holds it too."""
    lines: list[Review | Item | Label] = [each for each in reviews if each.id not in now.reviews]
    if known := [each.id for each in reviews if not _is(each, now.reviews.get(each.id, each))]:
        raise LabelsError(f"{shown(path)}: it knows another review of the id {safe(known[0])}; draw yours anew")
    fresh = [item for item in dict.fromkeys(items) if item not in now.items.get(item.key, ())]
    lines += fresh
    same = changed = new = 0
    wrong = []
    for label in labels:
        said = now.labels.get(label.key, {}).get(label.rater)
        otherwise = said is not None and (said.value, said.passed) != (label.value, label.passed)
        if said is not None and not otherwise and label.note in ("", said.note):
            same += 1
            continue
        if otherwise and not replace:
            wrong.append((said, label))
        changed, new = changed + (said is not None), new + (said is None)
        lines.append(label)
    if wrong:
        raise LabelsError("\n".join(_contradictions(path, now, wrong)))
    for line in lines:
        put(now, line)
    return Added(new, changed, same, len(fresh), now), lines


def _is(one: Review, other: Review) -> bool:
    """Whether a review is another one, drawn again another day or for other raters."""
    return one.model_copy(update={"drawn": other.drawn, "raters": other.raters}) == other


def _contradictions(path: Path, now: Labels, wrong: Sequence[tuple[Label | None, Label]]) -> Iterator[str]:
    yield (
        f"{shown(path)}: {len(wrong)} {'labels say' if wrong[1:] else 'label says'} otherwise than the same rater "
        "said before; nothing was added. Where raters changed their minds, add it with --replace"
    )
    for said, label in wrong[:TOLD]:
        item = now.item(label.key)
        what = f"{label.dimension}, {item.case if item else 'item ' + label.of}"
        yield safe(f'{what}: {label.rater} said "{said.value if said else ""}", and now "{label.value}"', 500)
    if more := len(wrong) - TOLD:
        yield from [f"and {more} more"] if more > 0 else []


def _bytes(path: Path) -> bytes | None:
    """What the file holds; None where there is none.

    Raises:
        LabelsError: it may not be written.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    if not os.access(path, os.W_OK):
        raise LabelsError(
            f"{shown(path)}: the labels file may not be written; allow it, or name another with --labels"
        )
    return data


def _whole(path: Path, before: bytes | None, new: Iterable[str]) -> Iterator[str]:
    """What was there and what is new, unless the file was changed by then."""
    text = (before or b"").decode("utf-8")
    yield text
    yield "\n" if text and not text.endswith("\n") else ""
    yield from new
    if _bytes(path) != before:
        raise LabelsError(f"{shown(path)}: the labels file was changed meanwhile, and is left so; add them again")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let no other process add to a file of the folder; where files cannot be locked, it is seen if one does."""
    try:
        import fcntl  # noqa: PLC0415 - not everywhere
    except ImportError:
        yield
        return
    place = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # not every file system locks
            fcntl.flock(place, fcntl.LOCK_EX)
        yield
    finally:
        os.close(place)
