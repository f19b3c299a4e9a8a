"""What raters can say on a dimension, and how what its judge said reads in the same words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_evalbars.errors import LabelsError
from pytest_evalbars.labels.guide import NOT_WORSE, PAIR, guide_of
from pytest_evalbars.labels.model import Guide, Population
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from pytest_evalbars.config.scales import Scale
    from pytest_evalbars.judges.rubric import Rubric
    from pytest_evalbars.labels.answers import Answers


@dataclass(frozen=True, slots=True)
class Known:
    """By what a dimension is judged, as far as it is declared."""

    #: Rubrics that are named for this review.
    rubrics: Sequence[Rubric]
    #: The scales of the bars file, and the rubrics that these name, by the name of the scale.
    scales: Mapping[str, Scale]
    of_scales: Mapping[str, Rubric]

    def of(self, dimension: str, judged_by: Collection[str]) -> tuple[Rubric | None, Scale | None]:
        """The rubric and the scale of a dimension.

        Args:
            dimension: the dimension.
            judged_by: the rubrics that its judges judged by, as `name@version`; one may be of several dimensions.

        Raises:
            LabelsError: two rubrics fit alike.
        """
        names = {each.rpartition("@")[0] for each in judged_by}
        for fits in (
            [each for each in self.rubrics if each.id in judged_by],
            [each for each in self.rubrics if each.name in names],
            [each for each in self.rubrics if each.dimension == dimension],
        ):
            if len({each.id for each in fits}) > 1:
                both = " and ".join(safe(each.id, 80) for each in fits)
                raise LabelsError(f"--rubric: {both} are both of {safe(dimension, 80)}; name one of them")
            if fits:
                return fits[0], fits[0].scale
        name = next((name for name, each in self.scales.items() if each.holds(name, dimension)), None)
        return (None, None) if name is None else (self.of_scales.get(name), self.scales[name])


def vocabulary(
    answers: Answers, verdicts: Sequence[Mapping[str, Any]], known: Known
) -> tuple[Population, Guide, list[str]]:
    """What raters can say on a dimension, the guide that tells them, and what is odd about it.

    Args:
        answers: the population.
        verdicts: the lines of the run's files that say what was said of those that were drawn.
        known: by what dimensions are judged.

    Raises:
        LabelsError: the judge said something else than what the rubric or scale has.
    """
    dimension, notes = answers.dimension, list[str]()
    ids = sorted({str(said["rubric"]) for each in verdicts if isinstance(said := each.get("judge"), dict)})
    rubric, scale = known.of(dimension, ids)
    levels = sorted({level for verdict in verdicts if (level := _level(verdict)) is not None})
    judged_by = ", ".join(safe(each, 80) for each in ids)
    if rubric is not None and ids and rubric.id not in ids:
        notes.append(f"raters read {rubric.id}, and the judge judged by {judged_by}: not the same words")
    if rubric is None and ids and not (levels and scale is None):
        notes.append(f"raters read no rubric; name the file of the judge's, {judged_by}, with --rubric")
    if not levels and verdicts and any("judge" in each for each in verdicts):
        scale = None  # the judge ticks criteria, or compares
    if levels and scale is None and not answers.pair:
        notes.append(
            "the judge grades it, and nothing declares the levels: raters say pass or miss; name the rubric with "
            "--rubric to have them grade"
        )
    if scale is not None and (odd := [level for level in levels if level not in scale.levels]):
        raise LabelsError(
            f"{safe(dimension, 80)}: the judge graded an answer {safe(odd[0], 80)!r}, none of the levels "
            f"{safe(scale, 200)}; name the rubric that it judged by with --rubric"
        )
    passing: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    if answers.pair:
        words, passing = tuple(PAIR), NOT_WORSE
    elif scale is not None:
        words, passing = scale.levels, tuple(level for level in scale.levels if scale.passes(level))
    if rubric is not None and rubric.levels and not words:
        rubric = None  # of levels, where the judge ticks criteria
    guide = guide_of(dimension, rubric=rubric, scale=scale, pair=answers.pair)
    population = Population(
        dimension=dimension, digest=answers.digest, items=len(answers.at), levels=words, passing=passing
    )
    return population, guide, notes


def _level(verdict: Mapping[str, Any]) -> str | None:
    """The level that an answer was graded, by the judge or else by the test."""
    said = verdict.get("judge")
    if isinstance(said, dict):
        return str(said["level"]) if said.get("level") is not None else None
    return str(verdict["level"]) if verdict.get("level") is not None else None


def said_as(verdict: Mapping[str, Any], population: Population, *, passed: bool) -> str:
    """What the judge said, in a word that raters can say too.

    Raises:
        LabelsError: there is none.
    """
    said = verdict.get("judge") or {}
    for word in (said.get("winner"), said.get("level")):
        if word in population.levels:
            return str(word)
    if population.levels:
        raise LabelsError(
            f"{safe(population.dimension, 80)}: the judge said of case {safe(verdict.get('case'), 120)!r} none of "
            f"{', '.join(map(safe, population.levels))}; is it judged in two ways? Give each a dimension of its own"
        )
    return "pass" if passed else "miss"
