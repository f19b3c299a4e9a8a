"""The comparison itself: each run held against the first, all findings corrected as one family."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pytest_evalbars.comparison.amounts import amounts_of
from pytest_evalbars.comparison.cells import Cells
from pytest_evalbars.comparison.change import change_of
from pytest_evalbars.comparison.finding import Comparison, Finding
from pytest_evalbars.comparison.flips import Flips
from pytest_evalbars.comparison.fold import aligned, fold
from pytest_evalbars.config.nearest import nearest
from pytest_evalbars.errors import RunFileError
from pytest_evalbars.run.columns import MISS
from pytest_evalbars.run.matching import match
from pytest_evalbars.stats.families import two_tiers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_evalbars.comparison.cells import Place
    from pytest_evalbars.comparison.change import Change, Measure
    from pytest_evalbars.comparison.finding import Asked, Part, Word
    from pytest_evalbars.comparison.fold import Folded
    from pytest_evalbars.run.columns import Run


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """A row before the verdict, which depends on all the others."""

    place: Place
    change: Change
    unjudged: tuple[int, int]


def compare(parts: Sequence[Part], asked: Asked) -> list[Comparison]:
    """Hold each run against the first one.

    A row has regressed where the drop is proven to be larger than nothing, in the family of all rows of all runs:
    so in a comparison in which nothing is truly worse, something is said to have regressed in at most 5 of 100. Pass
    rate and mean score are a row each.

    Args:
        parts: the runs; the first is the reference.
        asked: what is to be compared, and how.

    Raises:
        RunFileError: two runs have nothing in common, or one of them says nothing that could be compared.
    """
    for part in parts:
        _check(part)
    pairs = [_Pair(parts[0], after, asked) for after in parts[1:]]
    drafts = [draft for pair in pairs for draft in pair.drafts]
    # The whole of what is held is one tier; its groups, and what is compared apart, are the other.
    second = np.array([not draft.place.first for draft in drafts], bool)
    worse = two_tiers(np.array([draft.change.p_worse for draft in drafts]), second)
    better = two_tiers(np.array([draft.change.p_better for draft in drafts]), second)
    numbers = iter(zip(worse.tolist(), better.tolist(), strict=True))
    return [pair.comparison(numbers) for pair in pairs]


def _check_names(before: Run, after: Run, asked: Asked) -> None:
    """See that what was asked for by name is there.

    Raises:
        RunFileError: it is not.
    """
    keys = {key for run in (before, after) for labels in run.labelsets for key in labels}
    if keys - {"status"} and asked.by not in {*keys, "category"}:
        raise RunFileError(f"--by {asked.by}: no case has that label{nearest(asked.by, keys)}")
    for old, new in asked.renamed.items():
        for name, run in ((old, before), (new, after)):
            if name not in run.cases:
                raise RunFileError(
                    f'--renamed {old}={new}: there is no case "{name}"{nearest(name, run.cases[:1000])}'
                )


class _Pair:
    """Two runs, side by side."""

    def __init__(self, before: Part, after: Part, asked: Asked) -> None:
        self.before, self.after, self.asked = before, after, asked
        self.matching = match(before.run, after.run, asked.renamed)
        _check_names(before.run, after.run, asked)
        was, now = (_judged_dimensions(part.run) for part in (before, after))
        self.dimensions = sorted(was & now)
        self.only = (tuple(sorted(was - now)), tuple(sorted(now - was)))
        if not self.dimensions:
            raise RunFileError(
                f"{after.name} and {before.name} judge no dimension in common, so there is nothing to compare: "
                f"the one judges {', '.join(sorted(now))}, the other {', '.join(sorted(was))}"
            )
        codes = {name: code for code, name in enumerate(self.dimensions)}
        self.own: Sequence[Folded] = (fold(before.run, codes), fold(after.run, codes))
        same: tuple[Folded, Folded] = (self.own[0], self.own[1])
        shared = self.matching.shared
        if shared[0] is not None:
            same = (fold(before.run, codes, shared[0]), fold(after.run, codes, shared[1]))
        self.both: Sequence[Folded] = aligned(*same, self.matching.before_of)
        self.units: dict[tuple[Place, Measure], slice] = {}
        self.drafts = list(self._drafts())

    def _drafts(self) -> Iterator[Draft]:
        runs = (self.before.run, self.after.run)
        cells = Cells.of(runs, self.dimensions, self.asked.by, self.asked.status)
        codes = [cells.codes(run) for run in runs]
        own = [cells.cut(each.dimension, code[each.labelset]) for each, code in zip(self.own, codes, strict=True)]
        # Where a case stands is said by the later run.
        both = cells.cut(self.both[1].dimension, codes[1][self.both[1].labelset])
        self.own = tuple(each.at(cut.order) for each, cut in zip(self.own, own, strict=True))
        self.both = tuple(each.at(both.order) for each in self.both)
        whole = 0
        measures: Sequence[Measure] = ()
        for place, first, last in cells.places(*own):
            alone = [of.at(cut.units(first, last)) for of, cut in zip(self.own, own, strict=True)]
            if not all(each.trials.any() for each in alone):
                continue
            size = sum(len(each.key) for each in alone)
            if place.group is None:
                whole, measures = size, _measures(alone)
            elif size == whole:
                continue  # the same, said twice
            units = both.units(first, last)
            same = [each.at(units) for each in self.both]
            for measure in measures:
                if (change := change_of(same, alone, measure)) is None:
                    continue
                if change.paired and place.group is None:
                    self.units[place, measure] = units
                yield Draft(place, change, (int(alone[0].open.sum()), int(alone[1].open.sum())))

    def comparison(self, numbers: Iterator[tuple[float, float]]) -> Comparison:
        """The findings.

        Args:
            numbers: the corrected p-values of "worse" and "better", draft by draft.
        """
        judged = self.both[1].case[(self.both[0].trials > 0) & (self.both[1].trials > 0)]
        findings = tuple(_finding(draft, *next(numbers), self.asked) for draft in self.drafts)
        return Comparison(
            before=self.before,
            after=self.after,
            matching=self.matching,
            findings=findings,
            amounts=tuple(amounts_of(self.matching, self.asked.confidence)),
            flips=Flips((self.before, self.after), self.matching, self.dimensions, self.both, self._told(findings)),
            cases=int(np.count_nonzero(np.bincount(judged))),
            only=self.only,
        )

    def _told(self, findings: Sequence[Finding]) -> dict[tuple[Place, Measure], slice]:
        """Where the cases of the rows stand whose changes are told one by one.

        Beside a pass rate, scores are told only where they say something: most judges never give the same one twice.
        """
        return {
            (each.place, each.measure): units
            for each in findings
            if (units := self.units.get((each.place, each.measure))) is not None
            and (each.measure == "pass_rate" or each.decided or (each.place, "pass_rate") not in self.units)
        }


def _finding(draft: Draft, p_worse: float, p_better: float, asked: Asked) -> Finding:
    change = draft.change
    word, notes = _verdict(change, p_worse, p_better, asked)
    return Finding(
        place=draft.place,
        measure=change.measure,
        before=change.before,
        after=change.after,
        change=change.after - change.before,
        interval=_interval(change, asked),
        verdict=word,
        p_worse=p_worse,
        p_better=p_better,
        paired=change.paired,
        cases=change.cases,
        worse=change.worse,
        better=change.better,
        unjudged=draft.unjudged,
        notes=tuple(notes),
    )


def _verdict(change: Change, p_worse: float, p_better: float, asked: Asked) -> tuple[Word, list[str]]:
    alpha, margin = asked.alpha, asked.margin
    if p_worse < alpha:
        small = change.within(margin, alpha)
        return "regressed", [f"proven, and proven to be at most {margin * 100:g} points"] if small else []
    if p_better < alpha:
        return "better", []
    if change.within(margin, alpha):
        return "not worse", []
    apart, notes = change.estimates[0], []
    for p, whole, word in (
        (apart.p_above(0.0), change.p_worse, "regressed"),
        (apart.p_below(0.0), change.p_better, "better"),
    ):
        if p < alpha:
            why = "with the trials that were not judged, which could have gone either way"
            if whole < alpha:
                why = "as one of all the rows that are compared"
            notes.append(f"alone it would be {word} (p = {p:.2g}), but not {why}")
    return "cannot tell", notes


def _interval(change: Change, asked: Asked) -> tuple[float, float]:
    low, high = change.estimates[0].interval(asked.confidence)
    return -high, -low


def _measures(sides: Sequence[Folded]) -> Sequence[Measure]:
    """What is compared of a dimension.

    Where both sides have scores these are: but not where they only repeat pass and fail. Pass and fail are, but not
    where nothing missed and there are scores that say more.
    """
    scored = all(each.scored.any() for each in sides)
    if not scored or all(map(_repeats, sides)):
        return ["pass_rate"]
    return ["pass_rate", "mean_score"] if any(map(_missed, sides)) else ["mean_score"]


def _repeats(of: Folded) -> bool:
    return np.array_equal(of.scored, of.trials) and np.array_equal(of.scores, of.passes)


def _missed(of: Folded) -> bool:
    return bool((of.passes < of.trials).any())


def _judged_dimensions(run: Run) -> set[str]:
    many = np.bincount(run.dimension[run.outcome <= MISS], minlength=len(run.dimensions))
    return {name for name, here in zip(run.dimensions, many.tolist(), strict=False) if here}


def _check(part: Part) -> None:
    """See whether a run can be compared.

    Raises:
        RunFileError: it cannot.
    """
    if part.run.second_look:
        raise RunFileError(
            f"{part.name}: a second look at cases that missed, chosen for that; it would be compared unfairly. "
            "Name a run of all cases"
        )
    if not (part.run.outcome <= MISS).any():
        raise RunFileError(f"{part.name}: no case in it was judged, so there is nothing to compare")
