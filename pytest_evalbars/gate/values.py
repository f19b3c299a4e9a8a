"""The numbers that bars take, checked one by one; what is wrong is said as pydantic wants it, by a ValueError."""

from __future__ import annotations

import math
import re


def rate(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{value!r} is not a number between 0 and 1")  # noqa: TRY004 - pydantic's protocol
    if not 0 <= value <= 1:
        hint = f"; did you mean {value / 100:g}?" if 1 < value <= 100 else ""
        raise ValueError(f"{value:g} is not a rate between 0 and 1{hint}")
    return float(value)


def number(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise ValueError(f"{value!r} is not a number from 0 up")
    return float(value)


def confidence(value: object) -> object:
    value = rate(value)
    if not isinstance(value, float) or not 0.5 <= value < 1:
        raise ValueError(f"{value} is no confidence; take one from 0.5 up to, not including, 1")
    return value


def effect(value: object) -> object:
    value = rate(value)
    if not isinstance(value, float) or not 0 < value < 1:
        raise ValueError(f"{value:g} is no effect; take a difference of rates between 0 and 1, as 0.05")
    return value


def allowance(value: object) -> object:
    """A count of trials, or a share of them as "1%"."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, str) and (match := re.fullmatch(r"(\d+(?:\.\d+)?)\s*%", value.strip())):
        share = float(match[1])
        if share <= 100:
            return f"{share:g}%"
    raise ValueError(f'{value!r} is neither a count of trials (0, 5) nor a share of them ("1%")')


def drop(value: object, *, bounded: bool) -> object:
    """How much worse a number may become: a difference, or "10%" of an amount.

    Args:
        value: what the bar says.
        bounded: whether the number lies from 0 to 1; a percentage of it could be either.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*%", value.strip()) if isinstance(value, str) else None
    if match is None:
        return rate(value) if bounded else number(value)
    if bounded:
        points = float(match[1]) / 100
        raise ValueError(
            f"{value!r} could be points or a share; write a difference, as {points:g} for {match[1]} points"
        )
    return f"{match[1]}%"
