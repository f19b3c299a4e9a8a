"""Bars under watch: what changed in them since the baseline, and whether that makes the gate easier to pass.

A bar may be loosened, but not in silence: it takes a `why` that was not there before. A bar that asks something else
now (another metric, other cases) counts as loosened, as nobody can tell. A bar that is gone has no place for a `why`,
nor has the table as a whole: both stay unexplained until the baseline is written anew, in a change that others
review. A bar under another name that asks what one asked that is gone is that one, renamed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from pytest_evalbars.gate.bar import Bar
from pytest_evalbars.gate.loosening import QUESTION, THRESHOLDS, Effect, change_words, effect_of, value_words
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_evalbars.gate.bar import Bars

    #: A bar as plain values, every key with its default.
    Plain = dict[str, Any]

#: The keys of a bar in a file; `max_drop` also where this version's bars have none.
KEYS = list(dict.fromkeys([*(field.alias or name for name, field in Bar.model_fields.items()), *THRESHOLDS]))
#: Selectors and the like, in which order they stand is all the same.
UNORDERED = ("dimension", "category", "status", "each")


@dataclass(frozen=True, slots=True)
class BarChange:
    """One bar that is not what it was; or the table as a whole, where `bar` is empty."""

    bar: str
    #: What changed, each in words, and what it does to the gate.
    changes: tuple[tuple[str, Effect], ...]
    #: The bar's `why` of today, and whether it was written since.
    why: str = ""
    new_why: bool = False

    @property
    def looser(self) -> bool:
        """Whether the gate is easier to pass than it was, as far as anybody can tell."""
        return any(effect in ("looser", "another question") for _, effect in self.changes)

    @property
    def explained(self) -> bool:
        """Whether a looser bar says why; others need not."""
        return self.new_why or not self.looser

    def __str__(self) -> str:
        """`faithful: at_least 0.70 -> 0.60 (looser), why: the judge is stricter now`."""
        said = ", ".join(f"{words} ({effect})" if effect != "apart" else words for words, effect in self.changes)
        line = f"{self.bar}: {said}" if self.bar else said
        if self.new_why:
            return safe(f"{line}, why: {self.why}")
        if self.explained or not self.bar:
            return safe(line)
        return safe(f"{line}, and its why is that of before" if self.why else f"{line}, without a why")


def changed_bars(header: Mapping[str, Any], bars: Bars) -> tuple[BarChange, ...]:
    """What changed in the bars since a run: today's in their order, then those that are gone, then the table.

    Advice of a preset that comes or goes with the cases at hand is no change.

    Args:
        header: the first line of the run's file, or of the baseline; what it does not tell, or tells in a way that
            this version does not know, is not compared.
        bars: today's.
    """
    recorded = header.get("bars")
    if not isinstance(recorded, list | tuple):
        return tuple(_of_table(header, bars))
    before = {plain["name"]: plain for each in recorded if (plain := _recorded(each))}
    after = {bar.name: _plain(bar) for bar in bars.bar}
    former = {name: name for name in after if name in before} | _renamed(before, after)
    advised = {plain["preset"] for plain in before.values()} - {None}
    found = []
    for name, plain in after.items():
        if name in former:
            found.append(_change(before[former[name]], plain))
        elif plain["preset"] not in advised:
            found.append(BarChange(name, ((f"new, {_threshold(plain)}", "apart"),)))
    gone = [name for name in before if name not in former.values() and before[name]["preset"] not in bars.preset]
    found += [BarChange(name, ((f"removed, {_threshold(before[name])}", "looser"),)) for name in gone]
    return (*(each for each in found if each is not None), *_of_table(header, bars))


def _recorded(words: Any) -> Plain | None:
    """A bar of a header, as far as it can be told; None where nothing can."""
    if not isinstance(words, Mapping):
        return None
    known = {key: words[key] for key in KEYS if key in words}
    try:
        plain = _plain(Bar.model_validate(known))
    except ValidationError:  # of another version, or a metric of the user's own that is not there any more
        plain = _filled(known)
    name, preset = plain["name"], words.get("preset")
    plain["preset"] = preset if isinstance(preset, str) else None
    return plain if isinstance(name, str) and name else None


def _plain(bar: Bar) -> Plain:
    plain = _filled(bar.model_dump(mode="json", by_alias=True))
    plain["preset"] = getattr(bar, "preset", None)
    return plain


def _filled(known: Mapping[str, Any]) -> Plain:
    """The known keys as JSON has them, and the defaults of the others."""
    fields = {field.alias or name: field for name, field in Bar.model_fields.items()}
    plain = {key: field.get_default(call_default_factory=True) for key, field in fields.items()}
    plain |= dict.fromkeys(THRESHOLDS) | {key: known[key] for key in KEYS if key in known}
    for key in UNORDERED:
        if isinstance(plain[key], list | tuple):
            plain[key] = sorted(map(str, plain[key]))
    return plain


def _renamed(before: Mapping[str, Plain], after: Mapping[str, Plain]) -> dict[str, str]:
    """The old names of bars that ask what one asked that is gone, by their new ones."""
    asked: dict[str, list[str]] = defaultdict(list)
    for name, plain in before.items():
        if name not in after:
            asked[_question(plain)].append(name)
    found = {}
    for name, plain in after.items():
        if name not in before and (names := asked[_question(plain)]):
            found[name] = names.pop(0)
    return found


def _question(plain: Plain) -> str:
    return repr([*(plain[key] for key in QUESTION), [key for key in THRESHOLDS if plain[key] is not None]])


def _threshold(plain: Plain) -> str:
    """`at_least 0.70`."""
    return " and ".join(f"{key} {value_words(plain[key], rate=True)}" for key in THRESHOLDS if plain[key] is not None)


def _change(old: Plain, new: Plain) -> BarChange | None:
    renamed = old["name"] != new["name"]
    changes: list[tuple[str, Effect]] = [(f"renamed from {old['name']}", "apart")] if renamed else []
    changes += [
        (change_words(key, old[key], new[key]), effect_of(key, old, new))
        for key in sorted(KEYS, key=lambda key: key not in THRESHOLDS)
        if key not in ("name", "why") and old[key] != new[key]
    ]
    if not changes:
        return None
    why = new["why"].strip()
    return BarChange(new["name"], tuple(changes), why, new_why=bool(why) and why != str(old["why"]).strip())


def _of_table(header: Mapping[str, Any], bars: Bars) -> Iterator[BarChange]:
    """What changed in the keys that hold for every bar; any other confidence makes one stage easier to pass."""
    before, sure = header.get("confidence"), bars.confidence
    if isinstance(before, int | float) and before != sure:
        which = "met more easily" if sure < before else "missed less easily"
        yield BarChange("", ((f"{change_words('confidence', before, sure)}: bars are {which}", "looser"),))
    before, now = header.get("max_errors"), bars.max_errors
    if isinstance(before, int | str) and before != now:
        fewer = _share(now) < _share(before) if type(before) is type(now) else now == 0
        yield BarChange("", ((change_words("max_errors", before, now), "stricter" if fewer else "looser"),))


def _share(allowance: int | str) -> float:
    """The number of an allowance; of one that cannot be read the smallest."""
    try:
        return float(str(allowance).rstrip("%"))
    except ValueError:
        return 0.0
