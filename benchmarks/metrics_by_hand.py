"""A run of so many cases in memory, its metrics by hand, and the time of both; `bench_metrics.py` starts it.

By hand is what a user of numpy would write for the bare numbers. A rate: one code for (case, dimension), a bincount
of what counts and one of what is judged, their ratio, and two more bincounts of it by slice; of all trials, first a
bincount that finds which of them are judged on every dimension. A quantile: a sort of the numbers of each slice,
which are there as arrays of their own before the clock starts.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_evalbars import Run, decide, load_bars
from pytest_evalbars.run.extras import Extras

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    #: By (dimension, group) as the gate names them; None for all trials, and for the whole.
    Rates = dict[tuple[str | None, str | None], float]

TRIALS, COUNT = 3, 14
DIMENSIONS = ("accuracy", "faithfulness", "helpfulness", "tone")
CATEGORIES = [f"category {number:02}" for number in range(COUNT)]
LEVELS = ("excellent", "adequate", "poor")
SCALES = {"quality": {"levels": LEVELS, "passing": "excellent", "dimension": "*"}}

PASS, MISS, ERROR = range(3)
BLOCK = 2

ON_EACH: dict[str, Any] = {"dimension": "*", "each": "category"}
ON_ALL: dict[str, Any] = {"each": "category"}
ONE_CLASS: dict[str, Any] = {"metric": "recall", "class": CATEGORIES[3], "at_least": 0.5}
#: Speaks of every case, so that none stands for itself, and is not held here.
HELD = {"name": "held at launch", "dimension": "*", "at_least": 0.9, "stage": "launch"}
#: By name: the bar, and what it is by hand.
METRICS: dict[str, tuple[dict[str, Any], str]] = {
    "pass_rate": ({**ON_EACH, "at_least": 0.85}, "passed"),
    "pass_rate, 1% of the trials in error": ({**ON_EACH, "at_least": 0.85}, "passed"),
    "miss_rate": ({**ON_EACH, "metric": "miss_rate", "at_most": 0.15}, "missed"),
    "error_rate, of 1%": ({**ON_EACH, "metric": "error_rate", "at_most": 0.1}, "erred"),
    "mean_score": ({**ON_EACH, "metric": "mean_score", "at_least": 0.45}, "scored"),
    "at_or_above": ({**ON_EACH, "metric": "at_or_above", "level": "adequate", "at_least": 0.5}, "graded"),
    "latency <= 2": ({**ON_EACH, "metric": "latency <= 2", "at_least": 0.5}, "in_time"),
    "coverage": ({**ON_EACH, "metric": "coverage", "at_least": 0.5}, "covered"),
    "recall of a class": ({**ON_EACH, **ONE_CLASS}, "recalled"),
    "latency <= 2 of all trials": ({**ON_ALL, "metric": "latency <= 2", "at_least": 0.5}, "in_time"),
    "coverage of all trials": ({**ON_ALL, "metric": "coverage", "at_least": 0.5}, "covered"),
    "recall of each class": ({"metric": "recall", "each": "class", "at_least": 0.5}, "recalled_each"),
    "p95_latency": ({**ON_EACH, "metric": "p95_latency", "at_most": 9}, "sorted"),
    "p95_latency of all trials": ({**ON_ALL, "metric": "p95_latency", "at_most": 9}, "sorted"),
}


def main() -> None:
    """Measure both ways in turn, and print the medians as JSON."""
    cases, rounds = map(int, sys.argv[1:3])
    happy, unhappy = made(cases), made(cases, errors=0.01)
    found = []
    for name, (bar, way) in METRICS.items():
        if sys.argv[3:] and name not in sys.argv[3:]:
            continue
        bars = load_bars({"bar": [bar, HELD], "scales": SCALES})
        run = unhappy if "error" in name else happy
        by_hand: Callable[[], Rates] = getattr(ByHand(run, way, by_dimension="dimension" in bar), way)
        _same(name, {(each.dimension, each.group): each.estimate for each in decide(run, bars).verdicts}, by_hand())
        pairs = [(_seconds(lambda: decide(run, bars)), _seconds(by_hand)) for _ in range(rounds)]  # noqa: B023
        found.append((name, *(statistics.median(each) for each in zip(*pairs, strict=True))))
    print(json.dumps(found))


def _seconds(work: Callable[[], object]) -> float:
    """Of the processor: both ways keep one busy, whatever else the machine does."""
    started = time.process_time()
    work()
    return time.process_time() - started


def _same(name: str, shown: dict[tuple[str | None, str | None], float | None], expected: Rates) -> None:
    """See that both ways come to the same numbers."""
    for key, value in expected.items():
        if key not in shown or abs((shown[key] or 0.0) - value) > 1e-9:
            raise RuntimeError(f"{name}, {key}: {shown.get(key)} by the gate, {value} by hand")
    if shown.keys() != expected.keys():
        raise RuntimeError(f"{name}: the gate has {len(shown)} slices, by hand there are {len(expected)}")


def made(cases: int, errors: float = 0.0) -> Run:
    """Cases of each category in turn, tried 3 times and judged on 4 dimensions; such a share of the trials erred."""
    rng = np.random.default_rng(1)
    trials = cases * TRIALS
    rows = trials * len(DIMENSIONS)
    entry = np.repeat(np.arange(trials), len(DIMENSIONS))
    case = entry // TRIALS
    outcome = (rng.random(rows) > rng.beta(9, 1, cases)[case]).astype(np.int8)
    outcome[rng.random(trials)[entry] < errors] = ERROR
    expected = rng.integers(0, COUNT, cases)[case[:: len(DIMENSIONS)]]
    right = rng.random(trials) < 0.8
    return Run(
        case=case,
        test=np.zeros(rows, np.int64),
        trial=entry % TRIALS,
        dimension=np.tile(np.arange(len(DIMENSIONS)), trials),
        outcome=outcome,
        score=rng.random(rows).round(2),
        labelset=case % COUNT,
        cluster=np.full(rows, -1),
        level=rng.integers(0, len(LEVELS), rows),
        entry=entry,
        expected=np.zeros(rows, bool),
        cases=[f"question-{number:07}" for number in range(cases)],
        tests=["evals/test_support.py::test_answer"],
        dimensions=list(DIMENSIONS),
        labelsets=[{"category": name, "status": "regression"} for name in CATEGORIES],
        levels=list(LEVELS),
        extras=Extras(
            measures={"seconds": rng.lognormal(0, 1, trials)},
            classes=CATEGORIES,
            expected=expected,
            predicted=np.where(right, expected, rng.integers(0, COUNT, trials)),
            confidence=rng.random(trials),
            guardrail={
                "pre": np.where(rng.random(trials) < 0.1, BLOCK, 0).astype(np.int8),
                "post": np.full(trials, -1, np.int8),
            },
        ),
        reasons={},
        trials=trials,
        errors=0,
    )


class ByHand:
    """Of each slice the mean over its cases of each case's mean.

    Args:
        run: what is asked.
        way: what will be asked of it: `sorted` needs the numbers at hand.
        by_dimension: whether by dimension, and not of trials as a whole.
    """

    def __init__(self, run: Run, way: str, *, by_dimension: bool) -> None:
        self.run, self.by_dimension = run, by_dimension
        self.numbers = self._numbers() if way == "sorted" else {}

    def passed(self) -> Rates:
        return self._rates(self.run.outcome == PASS, self.run.outcome <= MISS)

    def missed(self) -> Rates:
        return self._rates(self.run.outcome == MISS, self.run.outcome <= MISS)

    def erred(self) -> Rates:
        return self._rates(self.run.outcome == ERROR, self.run.outcome <= ERROR)

    def scored(self) -> Rates:
        return self._rates(self.run.score, self.run.outcome <= MISS)

    def graded(self) -> Rates:
        return self._rates(self.run.level <= 1, self.run.outcome <= MISS)

    def in_time(self) -> Rates:
        return self._of_trials(self.run.extras.measures["seconds"] <= 2)

    def covered(self) -> Rates:
        return self._of_trials(self.run.extras.guardrail["pre"] != BLOCK)

    def recalled(self) -> Rates:
        extras, code = self.run.extras, 3
        return self._of_trials(extras.predicted == code, extras.expected == code)

    def recalled_each(self) -> Rates:
        extras = self.run.extras
        found = self._of_trials(extras.predicted == extras.expected, group=extras.expected)
        return {key: rate for key, rate in found.items() if key[1] is not None}

    def sorted(self) -> Rates:
        """Each slice's numbers in order: what that gives was read off before."""
        for numbers, _ in self.numbers.values():
            np.sort(numbers)
        return {key: value for key, (_, value) in self.numbers.items()}

    def _numbers(self) -> dict[tuple[str | None, str | None], tuple[NDArray[np.float64], float]]:
        """By slice: its seconds, and the least that 95% do not exceed, each case weighing the same."""
        run = self.run
        seconds = run.extras.measures["seconds"][run.entry]
        found = {}
        for place, name in enumerate(DIMENSIONS if self.by_dimension else (None,)):
            here = (run.outcome <= MISS) & (run.dimension == place)
            if not self.by_dimension:
                here &= np.repeat(np.add.reduceat(run.outcome > MISS, np.arange(0, len(here), 4)) == 0, 4)
            for code, group in enumerate((None, *CATEGORIES), -1):
                part = here & (run.labelset == code) if group else here
                numbers, case = seconds[part], run.case[part]
                order = np.argsort(numbers)
                share = np.cumsum((1 / np.bincount(case)[case])[order]) / len(np.unique(case))
                found[name, group] = numbers, float(numbers[order][np.searchsorted(share, 0.95 - 1e-9)])
        return found

    def _of_trials(self, value: Any, keep: Any = None, group: Any = None) -> Rates:
        """Of what trials said beside their verdicts."""
        run = self.run
        if self.by_dimension:
            judged = run.outcome <= MISS
            return self._rates(value[run.entry], judged if keep is None else judged & keep[run.entry])
        key = run.case * TRIALS + run.trial
        judged = np.bincount(key, run.outcome > MISS) == 0
        entry, label = np.empty((2, len(judged)), np.int64)
        entry[key], label[key] = run.entry, run.labelset
        group = label if group is None else group[entry]
        return _grouped(np.arange(len(judged)) // TRIALS, group, value[entry], judged, (None,))

    def _rates(self, value: Any, keep: Any) -> Rates:
        run, count = self.run, len(DIMENSIONS)
        return _grouped(run.case * count + run.dimension, run.labelset, value, keep, DIMENSIONS)


def _grouped(
    unit: NDArray[np.int64], group: NDArray[np.int64], value: Any, keep: Any, names: tuple[str | None, ...]
) -> Rates:
    """Down to units, a case or a case on one dimension, and then to slices."""
    trials, sums = np.bincount(unit, keep), np.bincount(unit, value * keep)
    of_unit = np.empty(len(sums), np.int64)
    of_unit[unit] = group
    there = np.flatnonzero(trials)
    rates = sums[there] / trials[there]
    slices = there % len(names) * COUNT + of_unit[there]
    shape = (len(names), COUNT)
    total = np.bincount(slices, rates, minlength=len(names) * COUNT).reshape(shape)
    cases = np.bincount(slices, minlength=len(names) * COUNT).reshape(shape)
    found: Rates = {}
    for name, part, size in zip(names, total, cases, strict=True):
        found[name, None] = part.sum() / size.sum()
        found |= {(name, CATEGORIES[place]): part[place] / size[place] for place in np.flatnonzero(size)}
    return found


if __name__ == "__main__":
    main()
