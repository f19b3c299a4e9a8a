"""The gate looks at itself: what could each of its verdicts have shown, and would it say the same again?"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from pytest_evalbars.gate.sight import Sight, sights

if TYPE_CHECKING:
    from pytest_evalbars.gate.bar import Bars
    from pytest_evalbars.gate.verdict import Decision, Verdict
    from pytest_evalbars.run.columns import Run


@dataclass(frozen=True, slots=True)
class Audit:
    """What one verdict can show with its cases; where nothing is planned for it, only why."""

    verdict: Verdict
    #: The smallest effect that matters, as declared.
    smallest_effect: float
    #: Whether it is met if all goes well, and missed if nothing does.
    can_be_met: bool | None = None
    can_be_missed: bool | None = None
    #: Rates that are better and worse than the bar by the smallest effect (no further than 0 and 1), and the
    #: chances that it is met at the one and missed at the other. In a family those of missed are the least.
    better: float | None = None
    worse: float | None = None
    power_met: float | None = None
    power_missed: float | None = None
    #: The chance that the same product, run again on as many fresh cases, gets another word: over all that its
    #: true rate may be after this run.
    flips: float | None = None
    why_not: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain values, for `evalbars gate --json`."""
        names = [field.name for field in fields(self)[1:]]
        place = {key: getattr(self.verdict, key) for key in ("bar", "dimension", "group")}
        return place | {name: getattr(self, name) for name in names}


def audit(run: Run, bars: Bars, decision: Decision) -> tuple[Audit, ...]:
    """Audit each verdict of a decision, in its order.

    Args:
        run: what was decided.
        bars: under which bars.
        decision: what `decide` said of them.
    """
    return tuple(_audit(verdict, sight, bars) for verdict, _, sight in sights(run, bars, decision))


def _audit(verdict: Verdict, sight: Sight | str, bars: Bars) -> Audit:
    own = verdict.spec.smallest_effect
    effect = bars.smallest_effect if own is None else own
    if isinstance(sight, str):
        return Audit(verdict, effect, why_not=sight)
    t = sight.threshold
    better, worse = min(1.0, t + effect), max(0.0, t - effect)
    return Audit(
        verdict,
        effect,
        can_be_met=sight.can_be_met,
        can_be_missed=sight.can_be_missed,
        better=sight.toward(better),
        worse=sight.toward(worse),
        power_met=float(sight.chances(better)[0]),
        power_missed=float(sight.chances(worse)[1]),
        flips=sight.flips(),
    )
