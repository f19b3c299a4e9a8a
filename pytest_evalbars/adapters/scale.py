"""What another tool's score means: a number from 0 to 1, and whether that passes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pytest_evalbars.checks.result import Result
from pytest_evalbars.errors import ScorerError
from pytest_evalbars.run.plain import number, shown, text
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from typing import TypeAlias

#: How a tool's scores lie from 0 (worst) to 1: the worst and the best number, or what each word is worth.
Scale: TypeAlias = "tuple[float, float] | Mapping[str, float]"

#: What arithmetic may add to a similarity of exactly 1.
ROUNDING = 1e-6
#: Characters kept of a scorer's own explanation.
EXPLANATION = 1_000


def ruling(
    who: str,
    value: object,
    *,
    scale: Scale | None,
    words: Mapping[str, float] | None = None,
    passing: object = None,
    own: bool | None = None,
    why: object = None,
) -> Result:
    """A scorer's value as a result.

    Args:
        who: the tool and the scorer, for errors and reasons.
        value: what it said.
        scale: the user's, see `Scale`; None for numbers from 0 to 1.
        words: what the tool's own words are worth, where the user's scale does not say it.
        passing: the worst value that passes, in the scorer's own terms.
        own: the scorer's own verdict, which counts where `passing` is not given.
        why: its own explanation.

    Raises:
        ScorerError: the value is no score of that scale, or nobody said what passes.
    """
    worths = scale if isinstance(scale, Mapping) else words
    score = _score(who, value, scale, worths)
    if passing is not None:
        passed = score >= _score(f"{who}, `passing`", passing, scale, worths)
    elif own is not None:
        passed = own
    elif isinstance(value, bool):
        passed = score >= 1
    elif isinstance(value, str) and worths:
        passed = score >= max(float(worth) for worth in worths.values())
    else:
        raise ScorerError(f"{who} scores and has no threshold of its own: say what passes, as passing=0.8")
    return Result(passed, score, _reason(who, value, passing=passing, passed=passed, why=why))


def _score(who: str, value: object, scale: Scale | None, worths: Mapping[str, float] | None) -> float:
    if isinstance(value, str):
        return _worth(who, value, worths)
    given = float(value) if isinstance(value, bool) else number(value)
    if given is None:
        raise ScorerError(f"{who} gave no score: {_short(value)}")
    worst, best = _ends(who, scale)
    score = (given - worst) / (best - worst)
    if not -ROUNDING <= score <= 1 + ROUNDING:
        raise ScorerError(
            f"{who}: {given:.6g} lies outside of {min(worst, best):g} to {max(worst, best):g}; "
            "where it scores otherwise, say the worst and the best number, as scale=(1, 5)"
        )
    return min(max(score, 0.0), 1.0)


def _worth(who: str, word: str, scale: Mapping[str, float] | None) -> float:
    """What a word is worth. Without a scale it may be anything, an apology for an outage too."""
    if scale is None:
        raise ScorerError(
            f'{who} said {_short(word)}: say what each of its words is worth, as scale={{"good": 1, "poor": 0}}'
        )
    worths = {str(each): number(worth) for each, worth in scale.items()}
    if not all(worth is not None and 0 <= worth <= 1 for worth in worths.values()):
        raise ScorerError(f"{who}: on a scale each word is worth a number from 0 to 1, not {_short(dict(scale))}")
    worth = worths.get(word)
    if worth is None:
        raise ScorerError(f"{who} said {_short(word)}, which its scale does not hold ({safe(', '.join(worths))})")
    return float(worth)


def _ends(who: str, scale: Scale | None) -> tuple[float, float]:
    if scale is None:
        return 0.0, 1.0
    if isinstance(scale, Mapping):
        raise ScorerError(
            f"{who} gave a number, and its scale holds words: say the worst and the best, as scale=(1, 5)"
        )
    ends = [number(end) for end in scale] if isinstance(scale, tuple | list) else []
    known = [float(end) for end in ends if end is not None]
    if len(ends) != 2 or len(known) != 2 or known[0] == known[1]:
        raise ScorerError(f"{who}: a scale is two numbers, the worst and the best, not {_short(scale)}")
    return known[0], known[1]


def _reason(who: str, value: object, *, passing: object, passed: bool, why: object) -> str:
    words = "" if why is None else text(why, EXPLANATION).strip()
    if passed:
        return words
    said = value if isinstance(value, str | bool) else f"{number(value):.3g}"
    limit = "" if passing is None else f", passing is {passing}"
    return f"{who} gave {said}{limit}" + (f": {words}" if words else "")


def _short(value: object) -> str:
    return safe(shown(value))
