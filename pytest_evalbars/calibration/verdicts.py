"""What judges said in runs, in full: words, orders and votes, read once more from the run files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from pytest_evalbars.labels.model import JudgeSaid
from pytest_evalbars.run.judged import code_of, named
from pytest_evalbars.run.lines import Trial, lines_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

#: Lines that do not hold it say nothing here.
JUDGE = b'"judge"'


@dataclass(frozen=True, slots=True)
class Verdict:
    """One verdict of a judge that can be named."""

    dimension: str
    #: A hash of what was judged.
    of: str
    trial: Trial
    #: The run file.
    run: Path
    said: JudgeSaid
    #: Whether it is a verdict: a preference that the order of the answers decides is none.
    decided: bool
    #: Of a pair: which place won in each order, asked once or more.
    orders: tuple[tuple[str, str], ...] = ()
    #: What each vote said; empty where it was asked once.
    votes: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """What labels of it name."""
        return self.dimension, self.of


def verdicts_of(paths: Iterable[Path]) -> list[Verdict]:
    """The verdicts of nameable judges in run files that `load_run` has read without complaint, and undecided ones.

    Raises:
        RunFileError: a file cannot be read any more.
    """
    found: dict[tuple[Path, Trial, str], Verdict] = {}
    for path in paths:
        for row in lines_of(path, holding=JUDGE):
            key = (path, Trial.of_line(row), str(row.get("dimension")))
            verdict = _verdict(row, path)
            if verdict is not None:
                found[key] = verdict  # after a resume the later one counts
            elif row.get("type", "observation") == "observation":
                found.pop(key, None)
    return list(found.values())


def _verdict(row: Mapping[str, Any], run: Path) -> Verdict | None:
    """What a line says; None where no judge that can be named came to a verdict on something that can be."""
    judge = row.get("judge")
    if not isinstance(judge, dict) or row.get("outcome") not in ("pass", "miss", "error"):
        return None
    decided = row["outcome"] != "error"
    if not decided and "winner" not in judge:
        return None
    by, of, chars = named(judge), judge.get("of"), judge.get("chars")
    if by is None or not isinstance(of, str) or not code_of(of):
        return None
    word = judge.get("level") or judge.get("winner") or row["outcome"]
    try:
        said = JudgeSaid(
            **by._asdict(),
            value=word,
            passed=row["outcome"] == "pass",
            chars=chars if type(chars) is int and chars >= 0 else None,
        )
    except ValidationError:  # names that no labels file could hold
        return None
    orders = tuple((str(a), str(b)) for a, b in _pairs(judge.get("orders")))
    votes = tuple(_word(each) for each in judge.get("votes") or () if isinstance(each, dict))
    return Verdict(str(row.get("dimension")), of, Trial.of_line(row), run, said, decided, orders, votes)


def _pairs(given: Any) -> Iterator[list[Any]]:
    """The well-formed ones of what should be a list of pairs."""
    if isinstance(given, list):
        yield from (each for each in given if isinstance(each, list) and len(each) == 2)


def _word(vote: Mapping[str, Any]) -> str:
    """What a vote said, in a form that can be compared."""
    word = vote.get("level") or vote.get("winner")
    return str(word) if word else json.dumps(vote.get("criteria"), sort_keys=True)
