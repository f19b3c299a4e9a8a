"""A promise and what was measured, one row each, and the search of a grid for where it is hardest to keep."""

import math
import zlib
from dataclasses import dataclass
from functools import cache

import numpy as np

#: Standard errors above the promise within which it counts as kept: chance alone exceeds them once in 700.
CHANCE = 3
#: How many scenarios of a grid, those that look worst, are looked at more closely, and how many of them once more.
BAD, WORST = 8, 3


def generator(*what):
    """Random numbers for one simulation; the seed is the CRC-32 of what is simulated, so nobody chose it."""
    return np.random.default_rng(zlib.crc32(repr(what).encode()))


@dataclass(frozen=True)
class Effort:
    """How many samples to draw: as in the table, or a small share of them for a first look."""

    share: float = 1.0

    def of(self, samples):
        return max(int(samples * self.share), 20)


@dataclass(frozen=True)
class Row:
    """Errors, promised and measured, as shares of samples."""

    what: str
    #: At most so many, in any scenario; None where nothing is promised of a single one.
    promised: float | None
    measured: float
    #: Samples behind `measured`; None if it was counted out exactly.
    samples: int | None
    #: The scenario, if the row is the worst of several.
    where: str = ""
    #: How many scenarios there are.
    scenarios: int = 1
    #: At most so many on average over the scenarios, and how many there were.
    promised_average: float | None = None
    average: float | None = None
    #: What `samples` counts.
    unit: str = "samples"

    @property
    def standard_error(self):
        return _standard_error(self.measured, self.samples)

    @property
    def kept(self):
        if self.promised_average is not None and self.average > self.promised_average:
            return False
        if self.promised is None:
            return True
        return self.measured <= self.promised + CHANCE * _standard_error(self.promised, self.samples) + 1e-12

    @property
    def said(self):
        if self.promised is None and self.promised_average is None:
            return "not promised"
        return "kept" if self.kept else "NOT KEPT"

    def cells(self):
        average = "" if self.average is None else percent(self.average)
        if self.promised_average is not None:
            average += f" (promised {percent(self.promised_average)})"
        count = "counted exactly" if self.samples is None else f"{self.samples:,} {self.unit}"
        if self.scenarios > 1:
            count = f"{self.scenarios:,} scenarios; {count}"
        return (
            self.what,
            "" if self.promised is None else percent(self.promised),
            percent(self.measured),
            "0" if self.samples is None else percent(self.standard_error, 2),
            self.where,
            average,
            count,
            self.said,
        )


#: The heads of the cells above.
HEADS = ("error", "promised at most", "simulated", "±", "where it is worst", "on average", "simulated on", "")


def percent(share, digits=1):
    """A share as a reader wants it."""
    return "0%" if share == 0 else f"{100 * share:.{digits}f}%"


def worst_rows(promises, scenarios, errors, effort, first, again, *, saying, averages=(), unit="samples"):
    """One row for each promise: the scenario in which it is broken most often, and the average of all.

    Every scenario is simulated with `first` samples, those that look bad afresh with a fifth of `again`, and the
    worst of those afresh with `again`. The worst of these is the row: the worst of many first looks is for the most
    part bad luck.

    Args:
        promises: What is promised to be how seldom, by the name that `errors` gives it.
        scenarios: Tuples, the arguments of `errors`; also what the seeds are made from.
        errors: A function of a scenario, a number of samples and random numbers; gives which samples went wrong,
            booleans of shape (samples,), by name.
        effort: What share of the samples to draw.
        first: Samples in each scenario.
        again: Samples in the worst ones.
        saying: A scenario in words, with a place for each of its fields.
        averages: Which promises also hold on average over the scenarios: what is promised then, by name.
        unit: What a sample is.
    """
    seen = {each: errors(each, effort.of(first), generator("first", each)) for each in scenarios}

    @cache
    def closely(scenario):
        return errors(scenario, effort.of(again // 5), generator("closely", scenario))

    @cache
    def afresh(scenario):
        return errors(scenario, effort.of(again), generator("again", scenario))

    for name, promised in promises.items():
        bad = sorted(scenarios, key=lambda each, name=name: -seen[each][name].mean())[:BAD]
        worst = sorted(bad, key=lambda each, name=name: -closely(each)[name].mean())[:WORST]
        worst = max(worst, key=lambda each, name=name: afresh(each)[name].mean())
        yield Row(
            name,
            promised,
            float(afresh(worst)[name].mean()),
            len(afresh(worst)[name]),
            saying.format(*worst),
            len(scenarios),
            dict(averages).get(name),
            float(np.mean([seen[each][name].mean() for each in scenarios])),
            unit,
        )


def _standard_error(share, samples):
    return 0.0 if samples is None else math.sqrt(share * (1 - share) / samples)
