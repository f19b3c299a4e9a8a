"""The decision in one sentence, and the verdicts that it rests on."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pytest_evalbars.gate.verdict import UNDECIDED
from pytest_evalbars.report.numbers import count
from pytest_evalbars.report.standing import standing_parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_evalbars.report.model import BarTold, Report, Verdict

#: How verdicts that fail are counted.
FAILS: dict[Verdict, str] = {
    "missed": "missed",
    "inconclusive": "inconclusive",
    "no data": "without data",
    "met": "met",
}


def headline(report: Report) -> str:
    """`Gate failed: 5 of 8 verdicts missed`; as the session said it, where that names no bars."""
    decision = report.decision
    gate = decision.exit_code and decision.stage != "none" and decision.outcome in {"failed", "undecided"}
    words = "; ".join(_reasons(report)) if gate else ""
    if not words:
        return decision.sentence[:1].upper() + decision.sentence[1:]
    if decision.besides:
        words += f"; besides: {', '.join(decision.besides)}"
    undecided = decision.outcome == "undecided" or decision.exit_code == UNDECIDED
    what = "Gate undecided, which fails the session" if undecided else "Gate failed"
    return f"{what}: {words}"


def _reasons(report: Report) -> Iterator[str]:
    found = Counter(each.verdict for each in report.bars if each.fails)
    held = sum(each.enforced for each in report.bars)
    told = [f"{found[verdict]} {word}" for verdict, word in FAILS.items() if found[verdict]]
    if told:
        first, *others = told
        many, _, word = first.partition(" ")
        yield ", ".join([f"{many} of {count(held, 'verdict')} {word}", *others])
    free, over = standing_parts(report.decision)
    if free:
        yield f"{count(free, 'miss', 'es')} without a bar"
    if over:
        yield f"{count(over, 'miss', 'es')} after quarantine"
    if report.run.errors > report.decision.allowed_errors:
        allowed = report.decision.allowed_errors
        yield f"{count(report.run.errors, 'trial')} that could not be judged ({allowed} allowed)"


def failing(report: Report) -> list[tuple[int, BarTold]]:
    """The verdicts that fail the session, what is missed before what is open, then wholes before their groups.

    Each with its place among all.
    """
    found = [(number, each) for number, each in enumerate(report.bars) if each.fails]
    return sorted(found, key=lambda pair: (pair[1].verdict != "missed", pair[1].group is not None))
