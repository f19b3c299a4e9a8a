"""Which verdicts of a run a judge gave, and by what: the rows that say so, in columns."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

#: Hex digits of the hash of what was judged: as many as a column of numbers holds.
DIGITS = 16


class JudgedBy(NamedTuple):
    """What gave a verdict: change any of it, and nothing that was found out about the judge holds any more."""

    #: `name@version` of the rubric.
    rubric: str
    #: The version that answered, as the provider names it; several, with commas between them.
    model: str
    #: A hash of what was asked, the data left out.
    prompt: str

    def __str__(self) -> str:
        return f"{self.model} by {self.rubric}"


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """The verdicts of judges; columns of shape (observations,)."""

    #: Codes into `judges`; -1 where no judge gave the verdict.
    by: NDArray[np.int64]
    #: A hash of what was judged, the same for the same question and answer; 0 where it is not known.
    of: NDArray[np.uint64]
    #: How many characters the answer had; -1 where that is not known.
    chars: NDArray[np.int64]
    judges: tuple[JudgedBy, ...]


class JudgedRows:
    """Collects them, row by row of a run file."""

    def __init__(self) -> None:
        self.rows, self._by = array("q"), array("q")
        self._of, self._chars = array("Q"), array("q")
        self._judges: dict[JudgedBy, int] = {}

    def take(self, row: int, said: Mapping[str, Any]) -> None:
        """Take what an observation's key `judge` says; nothing, where it names no judge.

        Raises:
            ValueError: it makes no sense.
        """
        judge = named(said)
        if judge is None:
            return
        of, chars = said.get("of"), said.get("chars")
        self.rows.append(row)
        self._by.append(self._judges.setdefault(judge, len(self._judges)))
        self._of.append(code_of(of) if isinstance(of, str) else 0)
        self._chars.append(chars if type(chars) is int and chars >= 0 else -1)

    def move(self, place: Mapping[int, int]) -> None:
        """Follow rows to their new places, and forget those that have none."""
        columns = (self._by, self._of, self._chars)
        kept = [number for number, row in enumerate(self.rows) if row in place]
        self._by, self._of, self._chars = (array(each.typecode, (each[n] for n in kept)) for each in columns)
        self.rows = array("q", (place[self.rows[number]] for number in kept))

    def columns(self, count: int) -> Judged | None:
        """All of it, for so many rows; None where no judge gave a verdict."""
        if not self.rows:
            return None
        import numpy as np  # noqa: PLC0415 - workers take rows, and never import it

        found = Judged(np.full(count, -1), np.zeros(count, np.uint64), np.full(count, -1), tuple(self._judges))
        rows = np.asarray(self.rows, np.int64)
        found.by[rows], found.of[rows], found.chars[rows] = self._by, self._of, self._chars
        return found


def named(said: Mapping[str, Any]) -> JudgedBy | None:
    """The judge that an observation's key `judge` names; None where it names none."""
    names = [said.get(key) for key in JudgedBy._fields]
    if not all(isinstance(name, str) and name for name in names):
        return None
    votes, judge = said.get("votes"), JudgedBy(*map(str, names))
    if isinstance(votes, list) and votes:  # the middle one of several errs otherwise than one alone
        return judge._replace(model=f"{judge.model} ({len(votes)} votes)")
    return judge


def code_of(of: str) -> int:
    """The hash of what was judged, as a number.

    Raises:
        ValueError: it is no such hash.
    """
    try:
        code = int(of, 16)
    except ValueError:
        code = -1
    if len(of) != DIGITS or code < 0:
        raise ValueError(f"judge.of is {of!r:.60}, not {DIGITS} hex digits")
    return code
