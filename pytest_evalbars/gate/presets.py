"""Bars and scales that a preset advises: put beside the user's own, held where some case can answer them.

The user's own bar must be answered, or it is a mistake; advice that nothing in a suite can answer is left out, and
that is said.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from pytest_evalbars import presets
from pytest_evalbars.config.scales import Scale
from pytest_evalbars.gate.bar import Bar, Bars
from pytest_evalbars.gate.check import problem_of
from pytest_evalbars.gate.select import fits, narrowed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_evalbars.gate.check import Kind
    from pytest_evalbars.gate.verdict import Decision
    from pytest_evalbars.run.columns import Run


class AdvisedBar(Bar):
    """A bar of a preset's."""

    preset: str


class AdvisedScale(Scale):
    """A scale of a preset's."""

    preset: str


@cache
def advice(preset: str) -> tuple[tuple[AdvisedBar, ...], dict[str, AdvisedScale]]:
    """The bars and scales of one preset."""
    data = presets.read(preset)
    scales = {name: AdvisedScale(**scale, preset=preset) for name, scale in data.scales.items()}
    return tuple(AdvisedBar(**bar, preset=preset) for bar in data.bar), scales


def with_scales(values: Mapping[str, Any]) -> dict[str, Any]:
    """A raw table of bars, with the scales of its presets: what its own bars may speak of.

    What makes no sense in it stays as it is, for others to find.
    """
    named, own = values.get("preset", ()), values.get("scales", {})
    named = [named] if isinstance(named, str) else named
    if not isinstance(named, list | tuple) or not isinstance(own, dict):
        return dict(values)
    scales: dict[str, Any] = dict(own)
    for preset in named:
        for name, scale in advice(preset)[1].items() if preset in presets.names() else ():
            scales.setdefault(name, scale)
    return {**values, "scales": scales} if scales else dict(values)


def with_advice(bars: Bars) -> Bars:
    """The bars, and those that their presets advise under names of their own.

    The user's own bar of the same name takes the place of a preset's, and the user's own scale of a dimension that
    of a preset's; of two presets the first one named counts.
    """
    if not bars.preset:
        return bars
    known = {bar.name: bar for bar in bars.bar}
    for preset in bars.preset:
        for bar in advice(preset)[0]:
            known.setdefault(bar.name, bar)
    own = [(name, scale) for name, scale in bars.scales.items() if not isinstance(scale, AdvisedScale)]
    scales = {
        name: scale
        for name, scale in bars.scales.items()
        if not isinstance(scale, AdvisedScale)
        or not any(each.holds(other, word) for other, each in own for word in scale.dimension or (name,))
    }
    return bars.model_copy(update={"bar": tuple(known.values()), "scales": scales})


def answerable(bars: Bars, kinds: Iterable[Kind]) -> tuple[Bars, list[str]]:
    """The bars without the advice that no case can answer, and a notice of what was left out.

    Args:
        bars: with the advice of presets.
        kinds: the dimensions and labels that there are cases of.
    """
    if not bars.preset:
        return bars, []
    kinds = list(kinds)
    dimensions = {name for names, _ in kinds for name in names}
    unjudged: dict[str, dict[str, None]] = {}
    reasons: dict[str, dict[str, str]] = {}
    gone = set()
    for bar in bars.bar:
        if not isinstance(bar, AdvisedBar):
            continue
        if bar.dimension and not any(fits(each, bar.dimension) for each in dimensions):
            unjudged.setdefault(bar.preset, {}).update(dict.fromkeys(bar.dimension))
        elif reason := problem_of(bar, kinds) or _no_such_level(bars, bar):
            reasons.setdefault(bar.preset, {})[bar.name] = reason
        else:
            continue
        gone.add(bar.name)
    scales = {}
    for name, scale in bars.scales.items():
        if isinstance(scale, AdvisedScale) and not any(scale.holds(name, each) for each in dimensions):
            unjudged.setdefault(scale.preset, {})[f"the scale {name}"] = None
        else:
            scales[name] = scale
    notices = [_notice(preset, list(unjudged.get(preset, ())), reasons.get(preset, {})) for preset in bars.preset]
    return _without(bars, gone, scales), list(filter(None, notices))


def _without(bars: Bars, gone: set[str], scales: Mapping[str, Scale]) -> Bars:
    kept = tuple(bar for bar in bars.bar if bar.name not in gone)
    return bars.model_copy(update={"bar": kept, "scales": dict(scales)})


def _no_such_level(bars: Bars, bar: Bar) -> str:
    """Why a bar of grades cannot be held on the scale that the user declared instead of the preset's."""
    for dimension in bar.dimension if bar.level is not None and bar.dimension else ():
        name, scale = bars.scale_of(dimension) or ("", None)
        if scale is not None and bar.level not in scale.levels:
            return f'"{bar.level}" is no level of the scale {name} ({scale})'
    return ""


def _notice(preset: str, unjudged: list[str], reasons: Mapping[str, str]) -> str:
    """What of one preset is left out, and why."""
    told = []
    if unjudged:
        told.append(f"on {', '.join(unjudged)}: no case judges {'it' if len(unjudged) == 1 else 'them'}")
    told += [f"{name}: {reason}" for name, reason in reasons.items()]
    return f"left out of what preset {preset} advises: {'; '.join(told)}" if told else ""


def judged(run: Run, bars: Bars, **how: Any) -> tuple[Decision, Bars]:
    """Decide a run, and say which bars it was held against.

    Args:
        run: the run.
        bars: with the advice of presets.
        **how: what else `decide` takes.

    Advice on what the run does not hold is left out: a dimension, a label, or whatever the metric goes by. The
    decision's notes tell it. Where saturated cases were run less often, the bars are those that `narrowed` gives.
    """
    from pytest_evalbars.gate.decide import decide  # noqa: PLC0415 - imports numpy and scipy

    if not bars.preset:
        decision = decide(run, bars, **how)
        return replace(decision, notes=(*decision.notes, *_unheld(run, bars))), narrowed(bars, run)
    bars, notes = answerable(bars, _kinds(run))
    decision = decide(run, bars, **how)
    lacking: dict[str, dict[str, str]] = {}
    answered = {each.bar for each in decision.verdicts if not each.metric_lacks}
    for verdict in decision.verdicts:
        if isinstance(verdict.spec, AdvisedBar) and verdict.bar not in answered:
            lacking.setdefault(verdict.spec.preset, {}).setdefault(verdict.bar, verdict.notes[0])
    if lacking:
        bars = _without(bars, {name for names in lacking.values() for name in names}, bars.scales)
        decision = decide(run, bars, **how)
        notes += [_notice(preset, [], reasons) for preset, reasons in lacking.items()]
    return replace(decision, notes=(*decision.notes, *notes)), narrowed(bars, run)


def _unheld(run: Run, bars: Bars) -> Iterator[str]:
    """That no bar is here, though the run's session held some: it may be decided in another folder than its own."""
    held = sum(len(header.get("bars") or ()) for header in run.headers)
    if held and not bars.bar:
        yield (
            f"no bar is declared here, and the run's own session held {held}: decide it in the project's folder, or "
            "name the bars with --bars"
        )


def _kinds(run: Run) -> Iterator[Kind]:
    """The dimensions and labels that a run has trials of, or would have if all its saturated cases had run."""
    import numpy as np  # noqa: PLC0415 - workers read the rest of this module

    sets = max(1, len(run.labelsets))
    for code in np.unique(run.dimension * sets + run.labelset).tolist():
        yield (run.dimensions[code // sets],), run.labelsets[code % sets]
    yield from ((rest.dimensions, rest.labels) for rest in (run.saturated.not_run if run.saturated else ()))
