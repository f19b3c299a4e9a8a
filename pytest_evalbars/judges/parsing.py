"""From what a model said to a filled form, strictly: what is not plainly a verdict is an error, and never one."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from pydantic import ValidationError

from pytest_evalbars.errors import JudgeError
from pytest_evalbars.judges.form import Form
from pytest_evalbars.run.plain import text
from pytest_evalbars.safe import safe

if TYPE_CHECKING:

    class Said(Protocol):
        """What a model said: `calls.answer.Answer`, or what is like it."""

        @property
        def text(self) -> str:
            """All of it."""


F = TypeVar("F", bound=Form)

#: Characters of a model's words that an error repeats.
EXCERPT = 200
MEND = "models that can be held to a JSON schema keep to the form"
_IN_MARKDOWN = re.compile(r"```(?:json)?[ \t]*\n(.*)\n[ \t]*```", re.DOTALL | re.IGNORECASE)
#: How models say that they will not; looked for only where there is no verdict, to name the error.
_REFUSAL = re.compile(
    r"\b(i('m| am)? (sorry|afraid|unable|not able)|i (can|could|will|would|must) ?not\b|i (can|won)['\u2019]t\b"
    r"|(cannot|can't|won't) (assist|help)|as an ai\b|against my (policy|guidelines))",
    re.IGNORECASE,
)


def filled(said: Said, form: type[F], judge: str) -> F:
    """The form as the model filled it in.

    Args:
        said: its answer.
        form: the form that it was to fill in.
        judge: who it is, for errors.

    Raises:
        JudgeError: it refused, was cut off, or said anything else than exactly one filled form.
    """
    words = said.text if isinstance(said.text, str) else ""
    if getattr(said, "refused", False):
        raise _error(judge, "refused to judge", words)
    if getattr(said, "cut_off", False):
        raise _error(judge, "was cut off before it ended its answer; let it say more, as with max_tokens", words)
    if not words.strip():
        raise _error(judge, "answered nothing", "")
    try:
        return form.model_validate(_one_object(words))
    except _NoVerdict as error:
        raise _error(judge, f"{error} ({MEND})", words) from None
    except ValidationError as error:
        found = "; ".join(dict.fromkeys(_finding(one) for one in error.errors(include_url=False)))
        raise _error(judge, f"gave a verdict that its rubric does not know: {found}", words) from None


class _NoVerdict(ValueError):  # noqa: N818 - a reason, not yet an error
    """Why there is no verdict in a text."""


def _one_object(words: str) -> dict[str, Any]:
    words = words.strip().removeprefix("\ufeff")
    if within := _IN_MARKDOWN.fullmatch(words):
        words = within[1].strip()
    decoder = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_number)
    try:
        value, end = decoder.raw_decode(words)
    except RecursionError:
        raise _NoVerdict("answered with JSON that is nested too deeply") from None
    except _NoVerdict:
        raise
    except ValueError:  # JSON's own, and numbers of too many digits
        raise _NoVerdict(_why_not(words)) from None
    if rest := words[end:].strip():
        raise _NoVerdict("gave more than one verdict" if rest[0] in "{[" else "wrote more than its verdict")
    if not isinstance(value, dict):
        raise _NoVerdict(f"answered with JSON that is no object but {type(value).__name__}")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _NoVerdict("gave a verdict with one key twice")
    return found


def _no_number(_: str) -> Any:
    raise _NoVerdict("answered with NaN or Infinity, which are no JSON")


def _why_not(words: str) -> str:
    """What a text is that does not begin with a JSON value."""
    if words.startswith("{"):
        return "answered with broken JSON"
    if _REFUSAL.search(words):
        return "refused to judge, in words"
    return "wrote more than its verdict" if "{" in words else "answered in words, without a verdict"


def _finding(error: Any) -> str:
    """One of pydantic's findings, in words."""
    place = ".".join(str(part) for part in error["loc"])
    if error["type"] == "missing":
        return f"`{place}` is missing"
    if error["type"] == "extra_forbidden":
        return f"`{place}` is asked for by nobody"
    if error["type"] == "literal_error":
        return f"`{place}` is {json.dumps(error['input'], default=str)[:80]}, none of {error['ctx']['expected']}"
    return f"`{place}`: {error['msg'][0].lower()}{error['msg'][1:]}"


def _error(judge: str, problem: str, words: str) -> JudgeError:
    excerpt = f": {safe(text(words, EXCERPT * 2), EXCERPT)}" if words.strip() else ""
    return JudgeError(f"{safe(judge, 200)} {safe(problem, 600)}{excerpt}")
