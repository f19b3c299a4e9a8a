"""Divides the cases of a suite into shards: the same division on every machine, and an even one.

The longest cases are placed first, and of cases of one length those with the lowest hash. Each goes to the first
shard of its own list of preferences, which is made of its id alone, where it does not take the shard past an
even share; one that fits nowhere goes to the emptiest. So no shard exceeds an even share by more than one case,
and a new case, or another duration, moves only cases at the margin: nearly all stay where they were.
"""

from __future__ import annotations

import json
import math
from hashlib import blake2b
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_evalbars.run.plan import Planned

#: The mean seconds of a trial of a case in a test: {(case, test): seconds}.
Durations = dict[tuple[str, str], float]


def split(cases: Mapping[str, float], n: int) -> dict[str, int]:
    """The shard of each case, from 1 to n.

    Args:
        cases: case ids and how long each takes, or how much it counts otherwise; in any order.
        n: how many shards there are.
    """
    # Whole thousandths: sums of them are the same in every order and on every machine.
    weights = {case: max(1, round(weight * 1000)) for case, weight in cases.items()}
    hashes = {case: _hash(case) for case in weights}
    total, loads, shard_of = sum(weights.values()), [0] * n, {}
    for case in sorted(weights, key=lambda case: (-weights[case], hashes[case], case)):
        weight, home = weights[case], hashes[case] % n
        if (loads[home] + weight) * n > total:
            wish = sorted(range(n), key=lambda shard: _hash(f"{case}\0{shard}"))
            fits = (shard for shard in wish if (loads[shard] + weight) * n <= total)
            home = next(fits, min(wish, key=loads.__getitem__))
        loads[home] += weight
        shard_of[case] = home + 1
    return shard_of


def weigh(planned: Iterable[Planned], durations: Durations) -> tuple[dict[str, float], bool]:
    """How much each case weighs, and whether by recorded durations: without any, each trial counts the same.

    Args:
        planned: every collected trial.
        durations: what is recorded; what is not takes as long as the median of what is.
    """
    planned = list(planned)
    known = {key: durations[key] for one in planned if (key := (one.case, one.test)) in durations}
    usual = median(known.values()) if known else 1.0
    parts: dict[str, list[float]] = {}
    for one in planned:
        parts.setdefault(one.case, []).append(known.get((one.case, one.test), usual))
    # Rounded once: in whatever order the trials were collected, the sum is the same to the last bit.
    return {case: math.fsum(seconds) for case, seconds in parts.items()}, bool(known)


def digest(planned: Iterable[Planned], shard_of: Mapping[str, int]) -> str:
    """What all shards of one run have in common: everything that was collected, and how it was split."""
    lines = sorted(
        json.dumps(
            [one.item, one.case, one.test, one.trial, one.dimensions, one.labels, one.cluster, shard_of[one.case]],
            sort_keys=True,
        )
        for one in planned
    )
    return blake2b("\n".join(lines).encode(), digest_size=16).hexdigest()


def _hash(words: str) -> int:
    return int.from_bytes(blake2b(words.encode("utf-8", "backslashreplace"), digest_size=8).digest(), "big")
