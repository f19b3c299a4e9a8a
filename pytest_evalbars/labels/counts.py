"""What is labelled and what is open, counted."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from pytest_evalbars.labels.consensus import agreement, disagreements
from pytest_evalbars.labels.model import SETTLED, UNCLEAR

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_evalbars.labels.model import ReviewPlan
    from pytest_evalbars.labels.store import Labels


def by_dimension(labels: Labels) -> list[dict[str, Any]]:
    """For each dimension: its items, and how many of them nobody, one person, or several labelled."""
    times: dict[str, Counter[int]] = {}
    settled: Counter[str] = Counter()
    for key in {**labels.items, **labels.labels}:
        by_rater = labels.labels.get(key, {})
        settled[key[0]] += SETTLED in by_rater
        times.setdefault(key[0], Counter())[len(by_rater.keys() - {SETTLED})] += 1
    open_ = Counter(one.key[0] for one in disagreements(labels))
    found = []
    for name, many in sorted(times.items()):
        same, pairs = agreement(labels, name)
        found.append(
            {
                "dimension": name,
                "items": many.total(),
                "unlabelled": many[0],
                "once": many[1],
                "twice": many.total() - many[0] - many[1],
                "settled": settled[name],
                "disagreements": open_[name],
                "same": same,
                "pairs": pairs,
            }
        )
    return found


def by_rater(labels: Labels, plans: Iterable[ReviewPlan]) -> list[dict[str, Any]]:
    """For each rater: how many labels, how many of them unclear, and how many items of the plans are still open.

    `open` is None where no plan says what the rater was asked.
    """
    said: Counter[str] = Counter()
    unclear: Counter[str] = Counter()
    for of in labels.labels.values():
        for rater, label in of.items():
            said[rater] += 1
            unclear[rater] += label.value == UNCLEAR
    asked = {(rater, each.item.key) for plan in plans for each in plan.items for rater in each.raters}
    to_do = {rater: 0 for rater, _ in asked}
    for rater, key in asked:
        to_do[rater] += rater not in labels.labels.get(key, {})
    return [
        {"rater": name, "labels": said[name], "unclear": unclear[name], "open": to_do.get(name)}
        for name in sorted({*said, *to_do})
    ]
