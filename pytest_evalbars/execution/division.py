"""Divides limits among xdist's workers: each process keeps to its share, so that all together keep to the limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.config.settings import Limit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def share(limits: Mapping[str, Limit], index: int, workers: int) -> dict[str, Limit]:
    """What one of `workers` processes may use; the first get what division leaves over."""
    return {
        name: Limit(
            concurrent=None if limit.concurrent is None else _part(limit.concurrent, index, workers),
            per_minute=None if limit.per_minute is None else _part(int(limit.per_minute), index, workers),
        )
        for name, limit in limits.items()
    }


def indivisible(limits: Mapping[str, Limit], workers: int) -> Iterator[str]:
    """The limits that give some worker nothing, each with its mend."""
    for name, limit in limits.items():
        for key in ("concurrent", "per_minute"):
            amount = getattr(limit, key)
            if amount is not None and amount < workers:
                mend = f"run with -n {int(amount)} or less" if amount >= 2 else "run without -n"
                yield (
                    f'limit "{name}": {key} = {amount:g} cannot be divided among {workers} workers, '
                    f"of which each needs at least 1; {mend}, or raise the limit"
                )


def _part(amount: int, index: int, workers: int) -> int:
    return amount // workers + (index < amount % workers)
