"""Which verdicts are certain while cases still run: their word is what `decide` will say, whatever is to come.

A trial to come may pass, miss, end in an error or be skipped. A verdict is certain when no such outcome of any
trial, in its own slice or in those of the other verdicts of the session's family, changes its word.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_evalbars.gate.anytime import shares_sources
from pytest_evalbars.gate.betting import OpenEvidence
from pytest_evalbars.gate.open import SLACK, Open
from pytest_evalbars.gate.select import CLASS, held_bars, narrowed
from pytest_evalbars.gate.slices import slices_of
from pytest_evalbars.metrics.slice import Slice
from pytest_evalbars.run.columns import LEFT_OUT
from pytest_evalbars.run.quarantined import EXPIRED, LABEL
from pytest_evalbars.run.reading import planned_run
from pytest_evalbars.stats.families import two_tiers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_evalbars.calibration.record import Calibration
    from pytest_evalbars.gate.bar import Bars
    from pytest_evalbars.run.plan import Plan, Planned


class Certainty:
    """Every verdict of a session at a stage, followed trial by trial.

    Args:
        plan: what is to run.
        bars: the declared bars.
        stage: the stage whose bars are held.
        labels: the labels of the whole run.
        anytime: whether the plan is in random order, so that bars that ask for it may stop at any time.
        calibration: what is known of judges. Which of them will judge is not known before they do, so no verdict on
            a dimension that any was calibrated on is ever certain. On others a judge's rate is taken as it is.
    """

    def __init__(
        self,
        plan: Plan,
        bars: Bars,
        stage: str,
        labels: dict[str, str],
        *,
        anytime: bool = False,
        calibration: Calibration | None = None,
    ) -> None:
        run = planned_run(plan, labels)
        corrected = {judge.dimension for judge in calibration.judges} if calibration else set[str]()
        self.alpha = bars.alpha
        self.verdicts: list[Open] = []
        #: By row of the planned run: the verdicts that it feeds, and the place of its case in each.
        feeds: dict[int, list[tuple[Open, int]]] = {}
        for bar in held_bars(narrowed(bars, run), stage):
            for dimension, group, whole in slices_of(run, bar):
                rows = whole.rows[run.outcome[whole.rows] != LEFT_OUT]
                if not len(rows):
                    continue
                part = Slice(run, rows)
                bets = anytime and bar.early_stop == "anytime" and not shares_sources(part)
                verdict = (OpenEvidence if bets else Open)(bar, group, part, bars.alpha)
                # What a judge counts is not what decides where people's labels correct it.
                verdict.bounded = verdict.bounded and dimension not in corrected
                self.verdicts.append(verdict)
                if bar.kind.of == "labels":  # no trial says anything of it
                    continue
                for row, place in zip(rows.tolist(), verdict.places, strict=True):
                    feeds.setdefault(row, []).append((verdict, place))
        number = count()
        #: By item and dimension: what a verdict of that trial feeds; empty where no held bar speaks of it.
        self._feeds = {
            one.item: {name: feeds.get(next(number), []) for name in one.dimensions} for one in plan.planned
        }
        self._taken: set[str] = set()
        #: A trial in which something went wrong, and which may be tried again before the next one.
        self._erred: tuple[Planned, dict[str, list[Any]]] | None = None
        family = [verdict for verdict in self.verdicts if verdict.evidence]
        #: Whether verdicts will join the family that nobody can count before the last case: one for each class.
        self._more_to_come = any(CLASS in verdict.bar.each for verdict in family)
        self._family = family
        self._second = np.array([verdict.group is not None for verdict in family], bool)

    def decided(self, planned: Planned) -> bool:
        """Whether the trial feeds certain verdicts only, and on each of its dimensions at least one."""
        if planned.labels.get(LABEL) == EXPIRED:  # its miss fails the session, whatever the bars say
            return False
        dimensions = self._feeds.get(planned.item, {})
        return bool(dimensions) and all(
            fed and all(verdict.word is not None for verdict, _ in fed) for fed in dimensions.values()
        )

    def take(self, planned: Planned, said: Mapping[str, Any]) -> None:
        """Take what a finished trial said, as `judge` made it, and see what has become certain.

        What went wrong may be tried again at once, and stays open until the next trial; of everything else the first
        word counts.
        """
        if self._erred is not None and self._erred[0].item != planned.item:
            self._take(*self._erred)
            self._erred = None
        missed = any(outcome == "miss" for outcome, *_ in said["verdicts"].values())
        if said["error"] and not missed:
            self._erred = (planned, said["verdicts"])
        else:
            self._erred = None
            self._take(planned, said["verdicts"])

    def _take(self, planned: Planned, verdicts: dict[str, list[Any]]) -> None:
        if planned.item in self._taken:
            return
        self._taken.add(planned.item)
        touched: dict[int, Open] = {}
        for name, (outcome, score, *_) in verdicts.items():
            for verdict, place in self._feeds[planned.item].get(name, ()):
                if verdict.word is None:
                    verdict.take(place, outcome, score)
                    touched[id(verdict)] = verdict
        for verdict in touched.values():
            verdict.bound()
        self._settle(touched.values())

    def _settle(self, touched: Iterable[Open]) -> None:
        """Give each verdict its word where no outcome of the others can take it away."""
        for verdict in touched:
            if not (verdict.bounded and verdict.judged):
                continue
            if verdict.must_meet:
                verdict.word = "met"
            elif verdict.must_miss:
                verdict.word = "missed"
            elif verdict.evidence and verdict.p_most < self.alpha and not self._more_to_come:
                self._settle_missed()
            elif not verdict.can_meet and self._never_missed(verdict):
                verdict.word = "inconclusive"

    def _settle_missed(self) -> None:
        """Missed is what would be with every p-value of the family at its largest: Holm only falls with them."""
        largest = two_tiers(np.array([verdict.p_most for verdict in self._family]), self._second)
        for verdict, p in zip(self._family, largest, strict=True):
            if verdict.word is None and p < self.alpha * (1 - SLACK):
                verdict.word = "missed"

    def _never_missed(self, verdict: Open) -> bool:
        """Whether nothing can prove it missed, with every p-value at its smallest.

        Only verdicts that already have a judged trial are sure to be in the family at the end. With Holm a
        p-value counts at least as often as there are others in its tier that are not smaller.
        """
        if not verdict.evidence:
            return not verdict.can_miss
        least = self.alpha * (1 + SLACK)
        if verdict.p_least >= least:
            return True
        sure = [each for each in self._family if each.judged and each.bounded]
        tiers = {each.group is None for each in sure}
        same_tier = [each for each in sure if (each.group is None) == (verdict.group is None)]
        as_large = sum(each.p_least >= verdict.p_least for each in same_tier)
        return verdict.p_least * as_large * len(tiers) >= least
