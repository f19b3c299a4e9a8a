"""What models a run asked, what that took, and which answers were recorded ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.report.numbers import count
from pytest_evalbars.report.units import money
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_evalbars.gate.verdict import Decision
    from pytest_evalbars.run.calls import Calls, Side
    from pytest_evalbars.run.columns import Run

#: Versions of models that are named before the others are only counted.
NAMED = 5


def calls_lines(run: Run) -> Iterator[str]:
    """Whether the model was sampled at all; then a line of the models that answered."""
    if run.replayed_trials:
        most = f"{run.replayed_trials} of {count(run.trials, 'trial')}"
        part = "" if run.replayed_trials == run.trials else "for them "
        verb = "replays" if run.trials == 1 else "replay"
        yield f"{most} {verb} recorded answers: {part}the model was not sampled again"
    if run.calls is not None:
        yield _models(run.calls)


def on_recorded(decision: Decision) -> str:
    """What the outcome adds where verdicts rest on recorded answers; empty where none does."""
    if not any(each.replayed for each in decision.verdicts):
        return ""
    part = "" if all(each.only_replayed for each in decision.verdicts) else " in part"
    return f",{part} on recorded answers"


def _models(calls: Calls) -> str:
    """`models: gpt-4o-mini-2024-07-18 (200 calls, 61,000 tokens in, 9,100 out, $0.12, 0.8 s a call)`."""
    sides = [
        *([f"models: {_side(calls.own, tokens=True)}"] if calls.own.models else []),
        *([f"judge: {_side(calls.judges, tokens=False)}"] if calls.judges.models else []),
    ]
    if calls.own.replayed or calls.judges.replayed:
        more = f", and {count(calls.unpriced, 'call')} of unknown price" if calls.unpriced else ""
        sides.append(f"paid: {money(calls.paid)}{more}")
    return "; ".join(sides)


def _side(side: Side, *, tokens: bool) -> str:
    """Who answered, and what it took: `a (150 calls), b (50 calls): 61,000 tokens in, ...`."""
    numbers = [
        *([_replayed(side)] if side.replayed else []),
        *([_tokens(side)] if tokens else []),
        _cost(side),
        *([f"{side.seconds / side.calls:.3g} s a call"] if tokens else []),
    ]
    ranked = sorted(side.models.items(), key=lambda each: (-each[1], each[0]))
    if len(ranked) == 1:
        (name, number), *_ = ranked
        return f"{safe(name, 80)} ({', '.join([count(number, 'call'), *numbers])})"
    named = [f"{safe(name, 80)} ({count(number, 'call')})" for name, number in ranked[:NAMED]]
    rest = [f"{len(ranked) - NAMED} more"] if len(ranked) > NAMED else []
    return f"{', '.join([*named, *rest])}: {', '.join([count(side.calls, 'call'), *numbers])}"


def _replayed(side: Side) -> str:
    return "all replayed" if side.replayed == side.calls else f"{side.replayed} replayed"


def _tokens(side: Side) -> str:
    """A sum of which parts are not known has a plus behind it."""
    more = "+" if side.tokens_unknown else ""
    if more and not (side.tokens_in or side.tokens_out):
        return "tokens unknown"
    return f"{side.tokens_in:,}{more} tokens in, {side.tokens_out:,}{more} out"


def _cost(side: Side) -> str:
    then = " when recorded" if side.replayed == side.calls else ""
    if not side.cost_unknown:
        return f"{money(side.cost_usd)}{then}"
    return f"{money(side.cost_usd)}+{then}, some of unknown price" if side.cost_usd else "price unknown"
