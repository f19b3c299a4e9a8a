"""What the bars can show with the cases at hand, said before any runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.gate.select import held_bars
from pytest_evalbars.gate.slices import slices_of
from pytest_evalbars.run.columns import LEFT_OUT
from pytest_evalbars.run.reading import planned_run
from pytest_evalbars.stats.effective import case_rate, rate_bounds
from pytest_evalbars.stats.means import case_mean, mean_bounds, mean_p_met, mean_p_missed
from pytest_evalbars.stats.power import most_passes_proven_missed

if TYPE_CHECKING:
    from pytest_evalbars.gate.bar import Bar, Bars
    from pytest_evalbars.metrics.slice import Slice
    from pytest_evalbars.run.plan import Plan


@dataclass(frozen=True, slots=True)
class Prospect:
    """One verdict to come: how many cases it will rest on, and what they can show."""

    name: str
    group: str | None
    cases: int
    can_be_met: bool
    #: What would prove it missed, in words; empty if nothing can.
    catches: str


def forecast(plan: Plan, bars: Bars, stage: str, labels: dict[str, str]) -> tuple[int, list[str]]:
    """How many verdicts there will be, and a notice for each bar that cannot be met even if all cases pass."""
    run = planned_run(plan, labels)
    verdicts = [(bar, *rest) for bar in held_bars(bars, stage) for rest in slices_of(run, bar)]
    parts = [each for each in verdicts if (run.outcome[each[-1].rows] != LEFT_OUT).any()]
    tiers = [
        sum(group is None for _, _, group, _ in parts),
        sum(group is not None for _, _, group, _ in parts),
    ]
    share = bars.alpha / (2 if all(tiers) else 1)
    found: dict[tuple[str, str | None], list[Prospect]] = {}
    for bar, dimension, group, part in parts:
        if bar.rule == "estimate":
            continue
        level = share / tiers[group is not None]
        name = f"{bar.name}:{dimension}" if bar.many_dimensions else bar.name
        prospect = _prospect(bar, name, group, part, bars.alpha, level)
        if not prospect.can_be_met:
            found.setdefault((name, None if group is None else "each"), []).append(prospect)
    return len(verdicts), [_notice(prospects) for prospects in found.values()]


def _prospect(bar: Bar, name: str, group: str | None, part: Slice, alpha: float, level: float) -> Prospect:
    ran = part.run.outcome[part.rows] != LEFT_OUT
    passes, trials, clusters = part.by_case(ran.astype(np.float64), ran)
    cases, t = len(trials), bar.threshold
    perfect = np.zeros_like(passes) if bar.upper else passes
    if bar.metric == "mean_score":
        low, high = mean_bounds(case_mean(perfect / trials, clusters), alpha)
        catches = _score_that_misses(bar, cases, level)
    else:
        rate = case_rate(perfect.astype(np.int64), trials, clusters)
        low, high = rate_bounds(rate, alpha)
        catches = _passes_that_miss(bar, rate.n_perfect, level)
    reaches = high <= t if bar.upper else low >= t
    return Prospect(name, group, cases, reaches and cases >= bar.min_cases, catches)


def _passes_that_miss(bar: Bar, independent: float, level: float) -> str:
    n = int(independent)
    t = 1 - bar.threshold if bar.upper else bar.threshold
    most = most_passes_proven_missed(n, t, level)
    if most is None:
        return ""
    return f"{n - most} or more passes" if bar.upper else f"{most} or fewer passes"


def _score_that_misses(bar: Bar, cases: int, level: float) -> str:
    """The least bad mean, to two digits and the same in every case, that is proven worse than the bar."""
    for step in range(101):
        score = step / 100 if bar.upper else 1 - step / 100
        mean = case_mean(np.full(cases, score))
        p = mean_p_met(mean, bar.threshold) if bar.upper else mean_p_missed(mean, bar.threshold)
        if p < level and (score > bar.threshold) == bar.upper:
            return f"a mean of {score:.2f} or {'more' if bar.upper else 'less'}"
    return ""


def _notice(prospects: list[Prospect]) -> str:
    first = prospects[0]
    if first.group is None:
        catch = (
            f"only {first.catches} would prove it missed" if first.catches else "and nothing would prove it missed"
        )
        return f"{first.name} cannot be met with the cases at hand even if all pass. {first.cases} cases: {catch}"
    sizes = [each.cases for each in prospects]
    span = f"{min(sizes)}" if min(sizes) == max(sizes) else f"{min(sizes)} to {max(sizes)}"
    catching = [each for each in prospects if each.catches]
    if catching:
        largest = max(catching, key=lambda each: each.cases)
        catch = f"{largest.group} ({largest.cases} cases) would be proven missed by {largest.catches}"
        if blind := len(prospects) - len(catching):
            catch += f"; {blind} could not be proven missed by anything"
    else:
        catch = "and nothing would prove one missed"
    groups = "1 group" if len(prospects) == 1 else f"{len(prospects)} groups"
    return f"{first.name}: {groups} of {span} cases cannot be met even if all pass; {catch}"
