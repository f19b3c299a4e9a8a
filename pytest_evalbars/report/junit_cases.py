"""The trials of a run as JUnit XML tells them: one test case each, named as pytest names the item."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.run.columns import ERROR, LEFT_OUT, MISS, MISSING, SKIPPED, STOPPED
from pytest_evalbars.run.plan import OUTCOMES
from pytest_evalbars.run.properties import of_case

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_evalbars.report.standing import Alone
    from pytest_evalbars.run.columns import Run

#: What a trial said on each of its dimensions: the code of its outcome, and the row of the run.
Said = dict[str, tuple[int, int]]
WORDS = {**dict(enumerate(OUTCOMES)), MISSING: "missing", STOPPED: "stopped"}
#: What a test case says first, by the outcome that decides what it is: the first of these that it has.
HEADS = {
    MISSING: "no result: the session ended before the trial did",
    ERROR: "could not be judged",
    MISS: "missed",
    STOPPED: "not run: no verdict depended on it any more",
    SKIPPED: "skipped",
}
RESULTS = {MISSING: "error", ERROR: "error", MISS: "skipped", STOPPED: "skipped", SKIPPED: "skipped"}


@dataclass(frozen=True, slots=True)
class Case:
    """One trial of a case, as a test case."""

    #: Its module and its name, as pytest's own JUnit XML has them.
    place: str
    name: str
    seconds: float
    #: The element that tells it: failure, error or skipped; empty where it passed.
    result: str
    #: Why: in one line, and all that was said.
    message: str
    text: str
    labels: Mapping[str, str]
    trial: int
    outcomes: Mapping[str, str]
    #: Trials with the same have the same properties.
    key: tuple[object, ...]

    def properties(self) -> tuple[tuple[str, str], ...]:
        """Those that its reports carry in pytest, too."""
        return of_case(self.labels, self.trial, self.outcomes)


def cases_of(run: Run, alone: Alone) -> Iterator[Case]:
    """The trials of a run that were to run, in the order of its file.

    Args:
        run: the run.
        alone: whether a miss fails the session by itself.
    """
    trials = _trials(run)
    tried = Counter((case, test) for case, test, _ in trials)
    seconds = _seconds(run)
    for (case, test, code), said in trials.items():
        if all(code == LEFT_OUT for code, _ in said.values()):
            continue
        names, trial = (run.cases[case], run.tests[test]), run.numbers[code]
        first = next(iter(said.values()))[1]
        labelset = int(run.labelset[first])
        labels, decides = run.labelsets[labelset], _decides(said)
        fails = decides == MISS and any(
            alone(names[0], dimension, labels) for dimension, (outcome, _) in said.items() if outcome == MISS
        )
        place, name = _named(*names, trial if tried[case, test] > 1 else None)
        yield Case(
            place,
            name,
            seconds=float(seconds[run.entry[first]]) if run.entry[first] >= 0 else 0.0,
            result="failure" if fails else RESULTS.get(decides, ""),
            message=_why(run, said, decides, whole=False),
            text=_why(run, said, decides, whole=True),
            labels=labels,
            trial=trial,
            outcomes={dimension: WORDS[code] for dimension, (code, _) in said.items() if code in WORDS},
            key=(labelset, code, *((dimension, code) for dimension, (code, _) in said.items())),
        )


def _trials(run: Run) -> dict[tuple[int, int, int], Said]:
    """The trials of a run by the codes of case, test and number."""
    trials: dict[tuple[int, int, int], Said] = {}
    keys = zip(run.case.tolist(), run.test.tolist(), run.trial.tolist(), strict=True)
    said = zip(run.dimension.tolist(), run.outcome.tolist(), strict=True)
    for row, (key, (dimension, code)) in enumerate(zip(keys, said, strict=True)):
        trials.setdefault(key, {})[run.dimensions[dimension]] = code, row
    return trials


def _seconds(run: Run) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """What each entry's trial took, 0 where it did not say; shape (entries,)."""
    column = run.extras.measures.get("seconds")
    return np.zeros(len(run.extras.expected)) if column is None else np.nan_to_num(column, posinf=0.0, neginf=0.0)


def _decides(said: Said) -> int:
    """The outcome that makes the trial what it is; -1 of one that passed."""
    codes = {code for code, _ in said.values()}
    worst = next((code for code in (MISSING, ERROR, MISS) if code in codes), -1)
    if worst >= 0 or any(code < MISS for code in codes):
        return worst
    return next((code for code in (STOPPED, SKIPPED) if code in codes), -1)


def _why(run: Run, said: Said, decides: int, *, whole: bool) -> str:
    """`missed: accuracy, tone: wrong answer 3`."""
    if decides < 0:
        return ""
    by_reason: dict[str, list[str]] = {}
    for dimension, (code, row) in said.items():
        if code == decides and (reason := run.reasons.get(row, "")):
            by_reason.setdefault(reason if whole else reason.partition("\n")[0], []).append(dimension)
    parts = [f"{', '.join(names)}: {reason}" for reason, names in by_reason.items()]
    if decides == MISS and not parts:
        parts = [", ".join(dimension for dimension, (code, _) in said.items() if code == MISS)]
    return ": ".join(filter(None, [HEADS[decides], ("\n" if whole else "; ").join(parts)]))


def _named(case: str, test: str, trial: int | None) -> tuple[str, str]:
    """Where a trial stands and what it is called, as pytest's own JUnit XML says it.

    Args:
        case: its id: that of a row, or a node id.
        test: its test; empty where the run is a plain list of observations.
        trial: its number, where there are several.
    """
    function, _, inner = (case if "::" in case and case.startswith(test) else test).partition("[")
    inner = inner.removesuffix("]")
    parts = [case if function and not case.startswith(function) else "", inner, "" if trial is None else f"t{trial}"]
    path, *names = (function or case).split("::")
    if not names:
        path, names = "cases", [path]
    name = f"{names[-1]}[{'-'.join(filter(None, parts))}]" if any(parts) else names[-1]
    return ".".join([path.replace("/", ".").removesuffix(".py"), *names[:-1]]), name
