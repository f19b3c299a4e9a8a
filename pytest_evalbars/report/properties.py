"""What a bar carries as properties, in JUnit XML and for other readers of pytest's reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def of_bar(
    *, verdict: str, estimate: str, interval: str, threshold: str, cases: int, trials: int
) -> Iterator[tuple[str, str]]:
    """One verdict, its numbers as people read them; what is not known is left out.

    Args:
        verdict: met, missed, inconclusive or no data.
        estimate: `93.5%`.
        interval: `81.6% to 91.0%`, two-sided.
        threshold: `at least 85%`.
        cases: those that were judged.
        trials: theirs.
    """
    words = {"verdict": verdict, "estimate": estimate, "interval": interval, "threshold": threshold}
    yield from ((name, value) for name, value in words.items() if value)
    yield "cases", str(cases)
    yield "trials", str(trials)
