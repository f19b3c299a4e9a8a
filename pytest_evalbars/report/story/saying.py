"""How the story puts bars, numbers and lists into words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.report.numbers import count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_evalbars.report.model import BarTold

#: What is told one by one before the rest is only counted.
TOLD = 10
#: What a bar holds that names no status.
BY_DEFAULT = ("status", ("regression", "saturated"))


def ended(words: str) -> str:
    """A sentence with its full stop."""
    words = words.strip()
    return words if words.endswith((".", "!", "?")) else f"{words}."


def begun(words: str) -> str:
    """A sentence with its capital."""
    return words[:1].upper() + words[1:]


def listed(names: Sequence[str], most: int = TOLD) -> str:
    """`a, b and c`; `a, b and 3 more`."""
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]])) if names else ""


def items(lines: Sequence[str], most: int = TOLD) -> Iterator[str]:
    """List items; the rest is counted."""
    yield from (f"- {line}" for line in lines[:most])
    if len(lines) > most:
        yield f"- and {len(lines) - most} more."


def be(number: int) -> str:
    """The verb."""
    return "is" if number == 1 else "are"


def about(bar: BarTold) -> str:
    """What a bar speaks of: `faithfulness in category es (bar faithful)`, `safety where set is adversarial`."""
    picked = {key: words for key, words in bar.picks.items() if (key, words) != BY_DEFAULT}
    picks = " and ".join(f"{key} is {' or '.join(words)}" for key, words in picked.items())
    words = f"{bar.subject} where {picks}" if picks else bar.subject
    return f"{words} against the baseline" if bar.compares else words


def metric(bar: BarTold) -> str:
    """The metric with a blank behind it; empty where the subject is the metric."""
    return "" if bar.dimension is None and bar.subject.startswith(bar.metric) else f"{bar.metric} "


def named(bar: BarTold) -> str:
    """What it speaks of, with the metric where other bars may speak of the same: `escalation (false escalation)`."""
    return f"{about(bar)} ({bar.metric})" if metric(bar) and bar.metric != "pass rate" else about(bar)


def distrusted(bar: BarTold) -> bool:
    """Whether a judge counted of which labels do not tell how often it errs."""
    return bar.judge == "uncalibrated" or any(note.startswith("uncalibrated judge") for note in bar.notes)


def asked(bar: BarTold) -> str:
    """`pass rate at least 85%`, `pass rate may be worse by at most 2 points`."""
    if not bar.compares:
        return f"{metric(bar)}{bar.threshold_words}"
    return f"{metric(bar)}{'may' if bar.threshold else 'must'} be {bar.threshold_words}"


def held(bar: BarTold) -> str:
    """`the bar is at least 85%`, `the bar lets it be worse by at most 2 points`."""
    return f"the bar {'lets it be' if bar.compares else 'is'} {bar.threshold_words}"


def found(bar: BarTold, confidence: float) -> str:
    """The number with what it rests on: `pass rate 91.0% over 200 cases (95% interval 86.2% to 94.2%)`."""
    if bar.possible_words:
        ran = f"{count(bar.trials, 'trial')} ran, {bar.stopped} {'was' if bar.stopped == 1 else 'were'} stopped early"
        return f"{metric(bar)}{bar.possible_words}, whatever the others would have said ({ran})"
    of = count(bar.cases, bar.counted)
    if not bar.estimate_words:
        return f"{metric(bar)}over {of}"
    number = bar.estimate_words
    if bar.change_words:
        number = f"{bar.change_words}, a change of {number}," if bar.estimate else f"{bar.change_words}, no change,"
    words = f"{metric(bar)}{number} over {of}"
    if bar.interval_words and bar.enforced:  # what is not held is often no sample: a part, or what missed before
        words += f" ({confidence * 100:g}% interval {bar.interval_words})"
    if bar.correction:
        words += f", corrected for the judge's errors with {count(bar.labels, 'answer')} that people labelled"
        words += f"; the judge itself counts {bar.raw_words}" if bar.raw_words else ""
    return words


def straddles(bar: BarTold) -> bool:
    """Whether the bar lies within the interval."""
    if bar.interval is None:
        return False
    low, high = bar.interval
    return (low is None or low < bar.threshold) and (high is None or bar.threshold < high)
