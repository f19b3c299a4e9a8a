"""The answers of a run that people can label: what was judged on a dimension, and what was recorded of it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pytest_evalbars.labels.digest import digest_of
from pytest_evalbars.labels.sample import Rows
from pytest_evalbars.run.columns import MISS, PASS
from pytest_evalbars.run.evidence import is_digest
from pytest_evalbars.run.judged import DIGITS
from pytest_evalbars.run.lines import Trial, lines_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from pytest_evalbars.run.columns import Run


class Glance(NamedTuple):
    """What is known of a trial's evidence before it is read for the few that are drawn."""

    #: Whether there is an output, and whether it is two of them.
    output: bool
    pair: bool
    #: See `hash_of`; 0 where it is not asked for.
    of: int


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a run's files recorded for a reader, at a glance."""

    trials: dict[Trial, Glance]
    #: Dimensions on which a judge compared two answers.
    pairs: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """The population of one dimension."""

    dimension: str
    #: Its rows in the run, and what a sample is drawn from; each of shape (rows,).
    at: NDArray[np.int64]
    rows: Rows
    #: Whether a judge that can be named gave the verdict on something that can be named.
    judged: NDArray[np.bool_]
    #: Whether two answers were compared.
    pair: bool
    #: See `digest_of`.
    digest: str
    #: Verdicts on the dimension that no judge gave, and that stand aside because others are a judge's.
    aside: int = 0

    def trial(self, run: Run, place: int) -> Trial:
        """Which trial a row of it is of."""
        row = int(self.at[place])
        return Trial(run.name(row), run.tests[run.test[row]], int(run.trial[row]))


def glance(paths: Iterable[Path], *, hashes: bool = True) -> Recorded:
    """See what the trials of a run recorded.

    Args:
        paths: the files of the run.
        hashes: whether some answers have no hash by a judge, and are named by what they recorded; it takes time.

    Raises:
        RunFileError: a file cannot be read.
    """
    trials: dict[Trial, Glance] = {}
    pairs = set[str]()
    for path in paths:
        for row in lines_of(path):
            if row.get("type") == "trial":
                key, evidence = Trial.of_line(row), _evidence(row)
                output = evidence.get("output")
                pair = isinstance(output, dict) and set(output) == {"first", "second"}
                there = output is not None and not is_digest(output)
                trials[key] = Glance(there, pair, hash_of(key, evidence) if hashes else 0)
            elif _is_verdict(row) and isinstance(said := row.get("judge"), dict) and "winner" in said:
                pairs.add(str(row.get("dimension")))
    return Recorded(trials, frozenset(pairs))


def _is_verdict(row: Mapping[str, Any]) -> bool:
    return row.get("type", "observation") == "observation" and row.get("outcome") in ("pass", "miss")


def _evidence(row: Mapping[str, Any]) -> dict[str, Any]:
    """What a trial's line recorded."""
    evidence = row.get("evidence")
    return evidence if isinstance(evidence, dict) else {}


def hash_of(trial: Trial, evidence: Mapping[str, Any]) -> int:
    """The hash that names an answer of which no judge says one.

    The first 16 hex digits of SHA-256 over `[case, test, trial, evidence]` as JSON with sorted keys, no blanks and
    ASCII only, as a number. The calls of models are no part of it: they hold times.
    """
    kept = {name: value for name, value in evidence.items() if name != "calls"}
    words = json.dumps([*trial, kept], sort_keys=True, separators=(",", ":"))
    return int(hashlib.sha256(words.encode()).hexdigest()[:DIGITS], 16)


def answers_of(run: Run, dimension: str, recorded: Recorded, by: str = "category") -> Answers | None:
    """The population of a dimension: the verdicts of its judges, or all where no judge gave any; None without any.

    Args:
        run: the run.
        dimension: the dimension.
        recorded: what the run's files recorded.
        by: the label that samples are stratified by.
    """
    verdicts = np.isin(run.outcome, (PASS, MISS))
    if dimension in run.dimensions:
        verdicts &= run.dimension == run.dimensions.index(dimension)
    else:
        verdicts[:] = False
    at, aside = np.flatnonzero(verdicts), 0
    if run.judged is not None and (run.judged.by[at] >= 0).any():
        judges = at[run.judged.by[at] >= 0]
        at, aside = judges, len(at) - len(judges)
    if not len(at):
        return None
    pair = dimension in recorded.pairs
    named = np.zeros(len(at), bool) if run.judged is None else (run.judged.by[at] >= 0) & (run.judged.of[at] > 0)
    of = np.zeros(len(at), np.uint64) if run.judged is None else run.judged.of[at].copy()
    shown = np.zeros(len(at), bool)
    for place, row in enumerate(map(int, at)):
        key = Trial(run.name(row), run.tests[run.test[row]], int(run.trial[row]))
        seen = recorded.trials.get(key)
        shown[place] = seen is not None and (seen.pair if pair else seen.output)
        if not named[place]:
            of[place] = hash_of(key, {}) if seen is None else seen.of
    values = [labels.get(by, "") for labels in run.labelsets]
    codes = {value: code for code, value in enumerate(sorted(set(values)))}
    category = np.array([codes[value] for value in values], np.int64)[run.labelset[at]]
    rows = Rows(of, run.case[at], category, run.outcome[at] == PASS, shown)
    return Answers(dimension, at, rows, named, pair, digest_of(of), aside)


@dataclass(frozen=True, slots=True)
class Said:
    """What a run's files hold of one trial."""

    #: `input`, `output` and whatever else it recorded.
    evidence: dict[str, Any]
    #: By dimension, the last verdict that is one.
    verdicts: dict[str, dict[str, Any]]


def said_of(paths: Sequence[Path], wanted: set[Trial]) -> dict[Trial, Said]:
    """Read back what some trials recorded and what was said of them.

    Raises:
        RunFileError: a file cannot be read.
    """
    found = {each: Said({}, {}) for each in wanted}
    cases = {each.case for each in wanted}
    for path in paths:
        for row in lines_of(path, cases):
            verdict = _is_verdict(row)
            if not (verdict or row.get("type") == "trial") or (said := found.get(Trial.of_line(row))) is None:
                continue
            if verdict:
                said.verdicts[str(row.get("dimension"))] = row
            else:
                said.evidence.clear()
                said.evidence.update(_evidence(row))
    return found
