"""What the bars can show with the cases at hand, said before any runs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.gate.select import held_bars, narrowed
from pytest_evalbars.gate.slices import slices_of
from pytest_evalbars.run.columns import LEFT_OUT
from pytest_evalbars.run.reading import planned_run
from pytest_evalbars.stats.effective import case_rate, rate_bounds
from pytest_evalbars.stats.means import case_mean, mean_bounds, mean_p_met, mean_p_missed
from pytest_evalbars.stats.power import most_passes_proven_missed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pytest_evalbars.gate.bar import Bar, Bars
    from pytest_evalbars.metrics.slice import Slice
    from pytest_evalbars.run.plan import Plan

#: By what a share counts: the best that can happen under a ceiling, and above a floor.
EVEN = {
    "passes": ("even if none passes", "even if all pass"),
    "misses": ("even if none misses", "even if all miss"),
    "such trials": ("even if there is none", "even if all are such"),
}
#: Sums of weights may fall short of a whole number by a rounding error.
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Prospect:
    """One verdict to come: how many cases it will rest on, and what they can show."""

    bar: Bar
    group: str | None
    cases: int
    can_be_met: bool
    #: What would prove it missed, in words; empty if nothing can.
    catches: str
    #: How many cases have too few trials for the metric.
    short: int = 0


def forecast(plan: Plan, bars: Bars, stage: str, labels: dict[str, str]) -> tuple[int, list[str]]:
    """How many verdicts there will be, and a notice for each bar that cannot be met even if all cases pass."""
    run = planned_run(plan, labels)
    verdicts = [(bar, *rest) for bar in held_bars(narrowed(bars, run), stage) for rest in slices_of(run, bar)]
    parts = [each for each in verdicts if (run.outcome[each[-1].rows] != LEFT_OUT).any()]
    tiers = Counter(group is not None for bar, _, group, _ in parts if bar.rule == "evidence")
    found: dict[tuple[str, bool], list[Prospect]] = {}
    for bar, dimension, group, part in parts:
        level = bars.alpha / max(1, len(tiers) * tiers[group is not None])
        name = f"{bar.name}:{dimension}" if bar.many_dimensions else bar.name
        prospect = _prospect(bar, group, part, bars.alpha, level)
        if not prospect.can_be_met:
            found.setdefault((name, group is not None), []).append(prospect)
    return len(verdicts), [_notice(name, prospects, bars.alpha) for (name, _), prospects in found.items()]


def _prospect(bar: Bar, group: str | None, part: Slice, alpha: float, level: float) -> Prospect:
    if bar.kind.of == "labels":  # whoever wants to know has to label, and not to write cases
        return Prospect(bar, group, 0, can_be_met=True, catches="")
    ran = part.run.outcome[part.rows] != LEFT_OUT
    passes, trials, clusters = part.by_case(ran.astype(np.float64), ran)
    cases, t = len(trials), bar.threshold
    perfect = np.zeros_like(passes) if bar.upper else passes
    reaches, catches = True, ""
    if bar.rule == "estimate" or bar.compares:
        pass
    elif bar.metric == "mean_score":
        low, high = mean_bounds(case_mean(perfect / trials, clusters), alpha)
        reaches = high <= t if bar.upper else low >= t
        catches = _score_that_misses(bar, cases, clusters, level)
    elif bar.kind.counts:
        rate = case_rate(perfect.astype(np.int64), trials, clusters)
        low, high = rate_bounds(rate, alpha)
        reaches = high <= t if bar.upper else low >= t
        catches = _passes_that_miss(bar, cases, rate.n_perfect, level)
    elif "q" in bar.kind.parameters:
        reaches = cases >= (cases_for_bound(bar, alpha) or 0)
    if bar.kind.repeats > int(trials.min(initial=bar.kind.repeats)):
        short = int((trials < bar.kind.repeats).sum())
        return Prospect(bar, group, cases, can_be_met=False, catches="", short=short)
    return Prospect(bar, group, cases, reaches and cases >= bar.min_cases, catches)


def cases_for_bound(bar: Bar, alpha: float) -> int | None:
    """How many cases give a quantile a bound on the side that its bar asks for."""
    from pytest_evalbars.stats.quantiles import least_cases_above, least_cases_below  # noqa: PLC0415 - rare

    q = float(bar.kind.parameters["q"]) / 100
    return least_cases_above(q, alpha) if bar.upper else least_cases_below(q, alpha)


def _passes_that_miss(bar: Bar, cases: int, independent: float, level: float) -> str:
    """The most passes (under a ceiling, the fewest) that prove the bar missed; clustered cases count for less."""
    n = int(independent + ROUNDING)
    most = most_passes_proven_missed(n, 1 - bar.threshold if bar.upper else bar.threshold, level)
    if most is None:
        return ""
    most = most * cases // n
    about = "" if n == cases else "about "
    what = bar.kind.counts
    return f"{about}{cases - most} or more {what}" if bar.upper else f"{about}{most} or fewer {what}"


def _score_that_misses(bar: Bar, cases: int, clusters: NDArray[np.int64] | None, level: float) -> str:
    """The least bad mean, to two digits and the same in every case, that is proven worse than the bar."""
    for step in range(101):
        score = step / 100 if bar.upper else 1 - step / 100
        mean = case_mean(np.full(cases, score), clusters)
        p = mean_p_met(mean, bar.threshold) if bar.upper else mean_p_missed(mean, bar.threshold)
        if p < level and (score > bar.threshold) == bar.upper:
            return f"a mean of {score:.2f} or {'more' if bar.upper else 'less'}"
    return ""


def _notice(name: str, prospects: list[Prospect], alpha: float) -> str:
    first = prospects[0]
    even = EVEN.get(first.bar.kind.counts, EVEN["passes"])[not first.bar.upper]
    if any(each.short for each in prospects):
        needs, short, cases = (
            first.bar.kind.repeats,
            sum(each.short for each in prospects),
            sum(each.cases for each in prospects),
        )
        return (
            f"{name} will have no data: it needs {needs} trials of each case, and {short} of {cases} have fewer; "
            f"run them with --evalbars-trials={needs}"
        )
    if "q" in first.bar.kind.parameters and first.bar.rule == "evidence":
        least, side = cases_for_bound(first.bar, alpha), "upper" if first.bar.upper else "lower"
        most = max(each.cases for each in prospects)
        return f"{name} cannot be met with the cases at hand: {most} cases give no {side} bound, {least} are needed"
    if first.bar.threshold == (0 if first.bar.upper else 1) and first.bar.rule == "evidence":
        even += ', as no number of cases proves it (rule = "estimate" holds the bare number)'
    few = max(each.cases for each in prospects) < first.bar.min_cases
    asks = f"; the bar asks for at least {first.bar.min_cases}" if few else ""
    if first.group is None:
        catch = f"only {first.catches} would prove it missed" if first.catches else "nothing would prove it missed"
        if first.bar.rule == "estimate":
            return f"{name} cannot be met with the cases at hand {even}. {first.cases} cases{asks}"
        return f"{name} cannot be met with the cases at hand {even}. {first.cases} cases{asks}: {catch}"
    sizes = [each.cases for each in prospects]
    span = f"{min(sizes)}" if min(sizes) == max(sizes) else f"{min(sizes)} to {max(sizes)}"
    groups = "1 group" if len(prospects) == 1 else f"{len(prospects)} groups"
    words = f"{name}: {groups} of {span} cases cannot be met {even}{asks}"
    return words if first.bar.rule == "estimate" else f"{words}; {_catch_of_groups(prospects)}"


def _catch_of_groups(prospects: list[Prospect]) -> str:
    catching = [each for each in prospects if each.catches]
    if not catching:
        return "nothing would prove one missed"
    largest = max(catching, key=lambda each: each.cases)
    catch = f"{largest.group} ({largest.cases} cases) would be proven missed by {largest.catches}"
    blind = len(prospects) - len(catching)
    return f"{catch}; {blind} could not be proven missed by anything" if blind else catch
