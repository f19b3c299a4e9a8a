"""Holds bars against what was collected: a bar that no case can ever answer is a mistake, found before any runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.config.nearest import nearest
from pytest_evalbars.gate.bar import GLOB
from pytest_evalbars.gate.select import ADVERSARIAL, CLASS, FRIENDLY, SET, fits, picks
from pytest_evalbars.run.plan import DEFAULT_STATUS, QUARANTINED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_evalbars.gate.bar import Bar, Bars
    from pytest_evalbars.run.plan import Planned

    #: The dimensions and the labels that some cases share.
    Kind = tuple[tuple[str, ...], dict[str, str]]

#: With so many dimensions a suite looks at more than one side of an answer.
ENOUGH = 3


def unanswerable(bars: Bars, planned: Iterable[Planned], run_labels: dict[str, str]) -> list[str]:
    """What is wrong with bars that nothing in the whole collection can match.

    Args:
        bars: the declared bars, of every stage.
        planned: every collected trial, also those that were deselected.
        run_labels: the labels of the whole run.
    """
    known = kinds_of(planned, run_labels)
    dimensions = {name for names, _ in known for name in names}
    return [
        *(f'bar "{bar.name}": {problem}' for bar in bars.bar if (problem := problem_of(bar, known))),
        *_scales(bars, dimensions),
    ]


def _scales(bars: Bars, dimensions: set[str]) -> Iterator[str]:
    """Scales that hold nothing, and dimensions on more than one."""
    for name, scale in bars.scales.items():
        for word in scale.dimension or (name,):
            if not any(fits(each, (word,)) for each in dimensions):
                hint = nearest(word, dimensions)
                mend = "" if scale.dimension or "did you" in hint else "; say which it holds, as dimension = [...]"
                yield f'scale "{name}": "{word}" is no dimension of any collected case{hint}{mend}'
    for dimension in sorted(dimensions):
        holding = [name for name, scale in bars.scales.items() if scale.holds(name, dimension)]
        if len(holding) > 1:
            yield f'dimension "{dimension}" is on more than one scale: {", ".join(holding)}; a dimension has one'
    for bar in bars.bar:
        held = {name for name in dimensions if fits(name, bar.dimension or ("*",))}
        for dimension in sorted(held) if bar.level is not None else ():
            found = bars.scale_of(dimension)
            if found is None:
                mend = "declare it, or name the dimensions that the bar is for"
                yield f'bar "{bar.name}": no scale holds dimension "{dimension}", so it has no "{bar.level}"; {mend}'
            elif bar.level not in found[1].levels:
                hint = nearest(str(bar.level), found[1].levels)
                yield f'bar "{bar.name}": "{bar.level}" is no level of the scale {found[0]} ({found[1]}){hint}'


def kinds_of(planned: Iterable[Planned], run_labels: dict[str, str]) -> list[Kind]:
    """What kinds of cases there are."""
    kinds = {(one.dimensions, tuple({**run_labels, **one.labels}.items())) for one in planned}
    return [(dimensions, dict(labels)) for dimensions, labels in kinds]


def problem_of(bar: Bar, known: list[Kind]) -> str:
    """Why no case of these kinds can answer the bar; empty if one can."""
    return _unknown_dimension(bar, known) or _unknown_label(bar, known) or _nothing_left(bar, known)


def narrow(bars: Bars, planned: Iterable[Planned]) -> str:
    """A word to those whose bars hold only one or two qualities; empty for others."""
    names = sorted({name for one in planned for name in one.dimensions})
    if not bars.bar or bars.preset or len(names) >= ENOUGH:
        return ""
    number = "1 dimension" if len(names) == 1 else f"{len(names)} dimensions"
    return (
        f"note: this suite judges {number} ({', '.join(names)}), and a better rate can hide what it was bought with; "
        "for what others judge, see `evalbars init --list`"
    )


def _unknown_dimension(bar: Bar, known: list[Kind]) -> str:
    dimensions = {name for names, _ in known for name in names}
    for word in bar.dimension or ():
        if not any(fits(name, (word,)) for name in dimensions):
            what = "matches no dimension" if GLOB.search(word) else "is no dimension"
            return f'"{word}" {what} of any collected case{nearest(word, dimensions)}'
    return ""


def _unknown_label(bar: Bar, known: list[Kind]) -> str:
    keys = {key for _, labels in known for key in labels}
    for key in bar.each:
        if key not in keys and key not in (CLASS, SET):
            return f'each = "{key}", but no collected case has that label{nearest(key, keys)}'
    for key, words in {"category": bar.category, "status": bar.status, **bar.labels}.items():
        values = {labels[key] for _, labels in known if key in labels} | ({FRIENDLY} if key == SET else set())
        for word in words or ():
            known_later = key == "status" and word == QUARANTINED and DEFAULT_STATUS in values
            if not (known_later or any(fits(value, (word,)) for value in values)):
                return f'no collected case has {key} "{word}"{nearest(word, values)}'
    return ""


def _nothing_left(bar: Bar, known: list[Kind]) -> str:
    if bar.kind.of == "labels" or _picks_any(bar, known):
        return ""
    if bar.status is None and _picks_any(bar.model_copy(update={"status": ("*",)}), known):
        why = "every case it selects is a capability case, which a bar holds only if it says so"
        return f'{why}; add status = "capability"'
    if SET not in bar.labels and _picks_any(bar.model_copy(update={"labels": {**bar.labels, SET: ("*",)}}), known):
        why = "every case it selects is adversarial, which a bar holds only if it says so"
        return f'{why}; add labels.{SET} = "{ADVERSARIAL}"'
    return "each of its selectors matches some case, but no case matches them all"


def _picks_any(bar: Bar, known: list[Kind]) -> bool:
    return any(picks(bar, name, each) for names, labels in known for each in _standing(labels) for name in names)


def _standing(labels: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    """The labels, now and in quarantine or out of it: a case that goes in or comes out makes no bar a mistake."""
    yield labels
    if (status := labels.get("status")) in (DEFAULT_STATUS, QUARANTINED):
        yield {**labels, "status": QUARANTINED if status == DEFAULT_STATUS else DEFAULT_STATUS}
