"""What a change of one key of a bar does to the gate: whether it is easier to pass than it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

#: "apart" where a change does nothing to the gate.
Effect = Literal["looser", "stricter", "another question", "apart"]

#: The thresholds, and whether a higher one is the stricter; other numbers beside them.
THRESHOLDS = {"at_least": True, "at_most": False, "max_drop": False}
NUMBERS = {**THRESHOLDS, "min_cases": True}
#: What makes a bar another question.
QUESTION = ("metric", "dimension", "category", "status", "labels", "level", "class")
#: Keys of which any change does the same; the smallest effect is what audits look for.
ALWAYS: dict[str, Effect] = {**dict.fromkeys(QUESTION, "another question"), "smallest_effect": "apart"}
#: From lenient to strict. Evidence that may be looked at any time proves less of what is there.
LENIENCY: dict[str, tuple[Any, ...]] = {
    "stage": ("launch", "testing"),
    "inconclusive": ("pass", None, "fail"),
    "early_stop": ("anytime", None),
}


def effect_of(key: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Effect:
    """What a changed key does; where nobody can tell, it is looser.

    Args:
        key: the key.
        old: the bar before, as plain values with every default.
        new: the bar now.
    """
    before, after = old[key], new[key]
    if key in ALWAYS:
        return ALWAYS[key]
    if key in NUMBERS:
        return _number(before, after, upwards=NUMBERS[key], alike=old["metric"] == new["metric"])
    if key == "each":
        return "stricter" if set(before or ()) < set(after or ()) else "looser"
    if key == "rule":  # the bare number misses more at the testing stage, and meets more at launch
        return "stricter" if after == "evidence" and old["stage"] == new["stage"] == "launch" else "looser"
    if key == "inconclusive":  # a bar of the launch stage is held there alone, where not to say means fail
        before, after = (one[key] or ("fail" if one["stage"] == "launch" else None) for one in (old, new))
        if before == after:
            return "apart"
    order = LENIENCY.get(key, ())
    known = before in order and after in order
    return "stricter" if known and order.index(after) > order.index(before) else "looser"


def _number(before: Any, after: Any, *, upwards: bool, alike: bool = True) -> Effect:
    if before is None or after is None:
        return "stricter" if before is None else "looser"
    if not alike:
        return "apart"  # numbers of two metrics
    if not all(type(each) in (int, float) for each in (before, after)):
        return "looser"
    return "stricter" if (after > before) == upwards else "looser"


def change_words(key: str, before: Any, after: Any) -> str:
    """`at_least 0.70 -> 0.60`, `each category -> category, language`."""
    rates = all(value is None or (type(value) in (int, float) and 0 <= value <= 1) for value in (before, after))
    return f"{key} {value_words(before, rate=rates)} -> {value_words(after, rate=rates)}"


def value_words(value: Any, *, rate: bool = False) -> str:
    """A value as a line of a report has it; rates that go together have two digits at the least."""
    if value in (None, [], {}, ""):
        return "none"
    if type(value) in (int, float):
        return f"{value:.2f}" if rate and round(value, 2) == value else f"{value:g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={'|'.join(_words(each))}" for key, each in value.items())
    return ", ".join(_words(value))


def _words(value: Any) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list | tuple) else [str(value)]
