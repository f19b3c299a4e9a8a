"""Calls another tool's scorer, as a judge's work: apart from the product's time and cost."""

from __future__ import annotations

from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypedDict

from pytest_evalbars.cases.running import judging
from pytest_evalbars.errors import MissingExtra, ScorerError
from pytest_evalbars.run.plain import shown, text
from pytest_evalbars.safe import safe
from pytest_evalbars.slips import slip

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import TypeAlias

    from pytest_evalbars.adapters.scale import Scale

#: One text, or several.
Texts: TypeAlias = "str | Sequence[str]"


class Words(TypedDict, total=False):
    """What is scored, in the words that all tools here share."""

    answer: Any
    question: str | None
    reference: Any
    context: Texts | None


class How(Words, total=False):
    """What the sync forms hand on."""

    passing: float | str | None
    scale: Scale | None


#: Characters of an input by which it is told from others.
WHOLE = 1_000_000
#: Characters kept of what a scorer raised.
FAULT = 500


@contextmanager
def scoring(who: str, what: object) -> Iterator[None]:
    """From the scorer's work to the result: whatever it raises, an AssertionError too, is an error that names it.

    Args:
        who: for errors.
        what: its input, by which a further attempt is known.

    Raises:
        ScorerError: it raised.
        MissingExtra: it needs a module of its tool that is not there.
    """
    with judging(f"{who}\0{shown(what, WHOLE)}"):
        try:
            yield
        except (ScorerError, MissingExtra):
            raise
        except Exception as error:
            words = safe(text(error, FAULT))
            raise ScorerError(f"{who} failed: {type(error).__name__}" + (f": {words}" if words else "")) from error


def named(tool: str, scorer: object, name: object, *needs: str) -> str:
    """The tool and the scorer, as errors name them.

    Args:
        tool: its name.
        scorer: the user's.
        name: what the scorer calls itself, or a function that says it; its class, where that is no text.
        needs: methods of which a scorer of this tool has one.

    Raises:
        ScorerError: it is none of this tool's, or a class that was not called.
    """
    if isinstance(scorer, type):
        raise ScorerError(f"{tool}: {scorer.__name__} is a class; give what it makes, as {scorer.__name__}(...)")
    if not any(callable(getattr(scorer, need, None)) for need in needs):
        raise ScorerError(f"{tool}: a {type(scorer).__name__} is none of its scorers: it has no {' or '.join(needs)}")
    name = name() if callable(name) else name
    return safe(f"{tool} {name if isinstance(name, str) and name else type(scorer).__name__}", 200)


def given(who: str, own: object, words: Mapping[str, Any]) -> dict[str, Any]:
    """The words that were said.

    Args:
        who: for errors.
        own: the tool's own input, which stands in the words' place.
        words: answer, question, reference, context, under the tool's names.

    Raises:
        ScorerError: nothing was said, or both.
    """
    for name, value in words.items():
        if wrong := slip(value, objects=True):
            raise ScorerError(f"{who} was given no {name} to score: it is {safe(wrong)}")
    said = {name: value for name, value in words.items() if value is not None}
    if (own is None) != bool(said):
        much = "both its own input and words" if said else "nothing"
        raise ScorerError(f"{who} was given {much} to score: say answer=..., or give the tool's own input")
    return said


def several(texts: Texts | None) -> list[str] | None:
    """One text or several as a list."""
    return [texts] if isinstance(texts, str) else None if texts is None else list(texts)


def tool(module: str, package: str) -> Any:
    """A module of another tool.

    Args:
        module: its full name.
        package: what to install for it.

    Raises:
        MissingExtra: it is not installed, or does not load.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise MissingExtra(f"{module} cannot be imported ({error}): pip install '{package}'") from error
