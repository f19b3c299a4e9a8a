"""From a run to the plan of a review: which answers people label, by what rubric, and who labels which."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import numpy as np
from pydantic import ValidationError

from pytest_evalbars.config.nearest import nearest
from pytest_evalbars.errors import LabelsError
from pytest_evalbars.labels.answers import answers_of, glance, said_of
from pytest_evalbars.labels.assigning import doubled, shared_out
from pytest_evalbars.labels.faults import fault
from pytest_evalbars.labels.items import item_of, seen
from pytest_evalbars.labels.model import Review, ReviewPlan, Sample, Shown
from pytest_evalbars.labels.sample import draw
from pytest_evalbars.labels.texts import whole
from pytest_evalbars.labels.vocabulary import vocabulary
from pytest_evalbars.run.columns import MISS, PASS
from pytest_evalbars.run.evidence import evidence_note
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_evalbars.labels.answers import Answers, Recorded
    from pytest_evalbars.labels.model import Guide, Population
    from pytest_evalbars.labels.vocabulary import Known
    from pytest_evalbars.run.columns import Run
    from pytest_evalbars.run.judged import JudgedBy


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a review is to be."""

    #: Empty: those that a judge judged, or all where none did.
    dimensions: tuple[str, ...] = ()
    #: How many items of each.
    items: int = 100
    sample: Sample = "stratified"
    #: The label that is stratified by.
    by: str = "category"
    raters: tuple[str, ...] = ("rater-1", "rater-2")
    #: See `doubled`.
    double: str = "all"
    #: None: made from the run's id.
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What was drawn on one dimension."""

    dimension: str
    #: Its population: judged answers, those that passed, and those that cannot be shown.
    population: int
    passed: int
    hidden: int
    #: Verdicts that no judge gave, where others are a judge's.
    aside: int
    #: Who judged; empty where no judge did.
    judges: tuple[JudgedBy, ...]
    items: int
    #: Of these, how many the judge let miss, and how many two raters label.
    missed: int
    doubled: int
    #: How many each rater labels.
    raters: dict[str, int]
    #: What they can say.
    words: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def review_of(run: Run, paths: Sequence[Path], wanted: Wanted, known: Known) -> tuple[ReviewPlan, list[Told]]:
    """Draw a review.

    Args:
        run: what it is drawn from.
        paths: the files of the run.
        wanted: what it is to be.
        known: by what its dimensions are judged.

    Raises:
        LabelsError: there is nothing to label; it says what is missing.
        RunFileError: a file cannot be read.
    """
    keys = {key for labels in run.labelsets for key in labels}
    if wanted.by not in {"category", *keys}:
        raise LabelsError(f"--by {safe(wanted.by, 80)}: no case has such a label{safe(nearest(wanted.by, keys))}")
    ids = tuple(str(header["run"]) for header in run.headers if header.get("run")) or tuple(p.stem for p in paths)
    ids = tuple(dict.fromkeys(whole(each) for each in ids))
    seed = _seed_of(ids) if wanted.seed is None else wanted.seed
    named = np.zeros(len(run), bool) if run.judged is None else (run.judged.by >= 0) & (run.judged.of > 0)
    recorded = glance(paths, hashes=not named[np.isin(run.outcome, (PASS, MISS))].all())
    found = [_answers(run, name, recorded, wanted) for name in _dimensions(run, wanted)]
    rubrics = [known.of(each.dimension, {by.rubric for by in _judges(run, each)}) for each in found]
    if odd := [each for each in known.rubrics if all(each != rubric for rubric, _ in rubrics)]:
        hint = nearest(odd[0].dimension, (each.dimension for each in found))
        raise LabelsError(f"--rubric: nothing is drawn of {safe(odd[0].dimension, 80)!r}, which it is of{safe(hint)}")
    if not any(each.rows.shown.any() for each in found):
        names = ", ".join(safe(each.dimension, 80) for each in found)
        if note := evidence_note(run):
            mend = "run it again with --evalbars-evidence=keep, where what models say may be kept"
            raise LabelsError(f"no answer on {names} can be labelled: {note}; {mend}")
        raise LabelsError(
            f"no answer on {names} can be labelled: no trial recorded what people would read; call "
            "evalcase.record(input=..., output=...) in the test, and run it again"
        )
    said = {"seed": seed, "digests": [each.digest for each in found], "items": wanted.items, "sample": wanted.sample}
    said |= {"by": wanted.by, "raters": wanted.raters, "double": wanted.double, "of": ids}
    # Another rubric has other words: it is another review.
    said |= {"dimensions": [(each.dimension, *map(repr, by)) for each, by in zip(found, rubrics, strict=True)]}
    name = hashlib.sha256(json.dumps(said).encode()).hexdigest()[:8]
    make = _Making(run, paths, wanted, known, seed, name=f"{_stem(ids[0])}-{name}")
    try:
        parts = [make.dimension(each) for each in found if each.rows.shown.any()]
        review = Review(
            id=make.name,
            drawn=_today(),
            of=ids,
            sample=wanted.sample,
            seed=seed,
            raters=wanted.raters,
            populations=tuple(population for population, _, _, _ in parts),
        )
        items = tuple(item for _, _, items, _ in parts for item in items)
        plan = ReviewPlan(review=review, guides=tuple(guide for _, guide, _, _ in parts), items=items)
    except ValidationError as error:
        given = safe(repr(error.errors()[0]["input"]), 120)
        raise LabelsError(f"an item cannot be written down: {fault(error)}; it is {given}") from None
    told = [one for *_, one in parts]
    return plan, told + [_nothing(run, each) for each in found if not each.rows.shown.any()]


def _dimensions(run: Run, wanted: Wanted) -> list[str]:
    """Those that were asked for; else those that judges judged; else all."""
    if wanted.dimensions:
        return list(dict.fromkeys(wanted.dimensions))
    verdict = (run.outcome == PASS) | (run.outcome == MISS)
    judged = verdict if run.judged is None else verdict & (run.judged.by >= 0)
    rows = judged if judged.any() else verdict
    names = [name for code, name in enumerate(run.dimensions) if (rows & (run.dimension == code)).any()]
    if not names:
        raise LabelsError(
            "the run has no verdict, pass or miss, so that there is nothing to label; run the suite first"
        )
    return names


def _answers(run: Run, dimension: str, recorded: Recorded, wanted: Wanted) -> Answers:
    found = answers_of(run, dimension, recorded, wanted.by)
    if found is None:
        where = "has no verdict" if dimension in run.dimensions else "is no dimension"
        hint = "" if dimension in run.dimensions else nearest(dimension, run.dimensions)
        raise LabelsError(f"{safe(dimension, 80)} {where} of this run{safe(hint)}")
    return found


@dataclass(frozen=True, slots=True)
class _Making:
    """Makes the parts of a plan."""

    run: Run
    paths: Sequence[Path]
    wanted: Wanted
    known: Known
    seed: int
    name: str

    def dimension(self, answers: Answers) -> tuple[Population, Guide, list[Shown], Told]:
        """Draw on one dimension."""
        drawn = draw(answers.rows, self.wanted.items, sample=self.wanted.sample, seed=self.seed)
        trials = [answers.trial(self.run, place) for place in drawn.rows]
        said = said_of(self.paths, set(trials))
        dimension = answers.dimension
        verdicts = [said[trial].verdicts.get(dimension, {}) for trial in trials]
        population, guide, notes = vocabulary(answers, verdicts, self.known)
        both = doubled(self.wanted.double, len(trials)) if len(self.wanted.raters) > 1 else 0
        who = shared_out(self.wanted.raters, len(trials), both, self.seed)
        items = []
        for place, weight, trial, verdict, raters in zip(
            map(int, drawn.rows), map(float, drawn.weights), trials, verdicts, who, strict=True
        ):
            item = item_of(
                self.run, answers, place, verdict, population, weight=weight, by=self.wanted.by, review=self.name
            )
            items.append(Shown(item=item, evidence=seen(said[trial]), raters=raters))
        order = sorted(range(len(items)), key=lambda at: hashlib.sha256(f"{self.seed} {at}".encode()).digest())
        told = Told(
            dimension,
            population=len(answers.at),
            passed=int(answers.rows.passed.sum()),
            hidden=int((~answers.rows.shown).sum()),
            aside=answers.aside,
            judges=_judges(self.run, answers),
            items=len(items),
            missed=int((~answers.rows.passed[drawn.rows]).sum()),
            doubled=sum(len(raters) > 1 for raters in who),
            raters={rater: sum(rater in raters for raters in who) for rater in self.wanted.raters},
            words=population.words,
            notes=tuple(notes),
        )
        return population, guide, [items[at] for at in order], told


def _nothing(run: Run, answers: Answers) -> Told:
    """Of a dimension of which nothing can be shown."""
    passed, judges = int(answers.rows.passed.sum()), _judges(run, answers)
    return Told(answers.dimension, len(answers.at), passed, len(answers.at), answers.aside, judges, 0, 0, 0, {})


def _judges(run: Run, answers: Answers) -> tuple[JudgedBy, ...]:
    """Who judged."""
    if run.judged is None:
        return ()
    codes = sorted({int(code) for code in run.judged.by[answers.at] if code >= 0})
    return tuple(run.judged.judges[code] for code in codes)


def _seed_of(ids: tuple[str, ...]) -> int:
    """The same runs draw the same."""
    return int(hashlib.sha256("\n".join(ids).encode()).hexdigest()[:8], 16)


def _stem(name: str) -> str:
    """The name as a part of a folder's."""
    kept = "".join(each if each.isascii() and (each.isalnum() or each in "-_") else "-" for each in name)
    return kept[:60].strip("-") or "run"


def _today() -> date:
    return datetime.now(UTC).date()
