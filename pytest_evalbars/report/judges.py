"""The judges of a run, a line each: how far people's labels say that they may be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.report.numbers import count
from pytest_evalbars.safe import safe
from pytest_evalbars.stats.effective import rate_interval

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_evalbars.gate.trust import JudgeTrust
    from pytest_evalbars.gate.verdict import Decision
    from pytest_evalbars.stats.effective import Rate

#: Judges told before the others are only counted.
TOLD = 10


def judge_lines(decision: Decision, confidence: float, *, everything: bool) -> Iterator[str]:
    """`judges: tone by m (tone@1): calibrated on 200 labelled answers (2 raters), ...: lets through ...`.

    Those of whom nothing is known share a line for each reason.
    """
    said: dict[str, list[str]] = {}
    for judge in decision.judges:
        said.setdefault(trust_words(judge, confidence), []).append(
            f"{judge.dimension} by {judge.by.model} ({judge.by.rubric})"
        )
    told = list(said.items())
    for known, names in told if everything else told[:TOLD]:
        yield safe(f"judges: {', '.join(names)}: {known}")
    if not everything and len(told) > TOLD:
        yield f"judges: and {len(told) - TOLD} more (-v tells all)"


def trust_words(judge: JudgeTrust, confidence: float) -> str:
    """How far one judge may be trusted, or why nobody knows."""
    return f"uncalibrated: {judge.reason}" if judge.reason else _known(judge, confidence)


def _known(judge: JudgeTrust, confidence: float) -> str:
    assert judge.record is not None  # noqa: S101 - it is calibrated
    assert judge.errors is not None  # noqa: S101
    raters = f" ({count(judge.raters, 'rater')})" if judge.raters else ""
    said = [
        _errs("lets through", judge.errors.specificity, "bad answers", confidence),
        _errs("stops", judge.errors.sensitivity, "good ones", confidence),
    ]
    chance = "; not proven to be better than chance" if judge.blind else ""
    return (
        f"calibrated on {count(len(judge.items), 'labelled answer')}{raters}, {judge.record.calibrated.isoformat()}: "
        f"{', '.join(said)}{chance}"
    )


def _errs(does: str, right: Rate | None, what: str, confidence: float) -> str:
    """`lets through 20 of 100 bad answers (14 to 27)`."""
    if right is None:
        return f"nobody knows how often it {does} {what}: none is labelled"
    low, high = rate_interval(right, confidence)
    wrong, least, most = (round(100 * (1 - each)) for each in (right.value, high, low))
    return f"{does} {wrong} of 100 {what} ({least} to {most})"
