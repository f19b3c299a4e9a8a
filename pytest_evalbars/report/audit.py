"""The gate's audit of itself, for those who ask for every detail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.gate.forecast import EVEN
from pytest_evalbars.report.model import TableTold
from pytest_evalbars.report.numbers import amount, sign
from pytest_evalbars.report.words import place
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_evalbars.gate.audit import Audit
    from pytest_evalbars.gate.bar import Bar
    from pytest_evalbars.gate.verdict import Verdict

HEADS = ["dimension", "slice", "bar", "can be", "power to show it met", "power to show it missed", "flips"]
MEANING = (
    "audit: what each verdict could show, at the smallest effect declared on either side of its bar; "
    "`flips` is the chance that the same product, run again on fresh cases, gets another word"
)


def audit_lines(audits: Sequence[Audit]) -> Iterator[str | TableTold]:
    """A table with a row for each verdict, and a word on those that cannot come to both ends."""
    if not audits:
        return
    yield MEANING
    yield TableTold.of(HEADS, map(_row, audits), names=2)
    for each in audits:
        if words := _blind(each):
            yield f"{safe(each.verdict.name)} {words}"


def can_be(*, met: bool | None, missed: bool | None) -> str:
    """`met or missed`: what a verdict can come to besides inconclusive."""
    return " or ".join([*(["met"] if met else []), *(["missed"] if missed else [])]) or "neither"


def of_verdict(verdict: Verdict) -> list[str]:
    """The first three cells of a verdict's row."""
    return [*place(verdict), sign(verdict.spec)]


def _row(each: Audit) -> list[str]:
    verdict = each.verdict
    start = of_verdict(verdict)
    if each.why_not:
        return [*start, each.why_not, "-", "-", "-"]
    return [
        *start,
        can_be(met=each.can_be_met, missed=each.can_be_missed),
        _power(each, each.power_met, each.better),
        _power(each, each.power_missed, each.worse),
        f"{each.flips:.0%}",
    ]


def _power(each: Audit, power: float | None, rate: float | None) -> str:
    """`28% at 95.0%`."""
    return f"{power or 0.0:.0%} at {amount(each.verdict.spec.kind, rate or 0.0)}"


def _blind(each: Audit) -> str:
    if each.why_not or (each.can_be_met and each.can_be_missed):
        return ""
    if each.can_be_missed:
        return f"cannot be met with these cases, {_even(each.verdict.spec, good=True)}"
    if each.can_be_met:
        return f"cannot be proven missed with these cases, {_even(each.verdict.spec, good=False)}"
    return "can be neither met nor proven missed with these cases, whatever they say"


def _even(bar: Bar, *, good: bool) -> str:
    if not bar.kind.counts:
        return "as they are"
    return EVEN[bar.kind.counts][good != bar.upper]
