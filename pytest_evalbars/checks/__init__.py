"""Ready code checks of an answer: each returns whether it passed, a score and the reason.

    from pytest_evalbars import checks

    evalcase.take("accuracy", checks.contains(answer, "30 days"))

They are deterministic and use no network. An input that is no text, an impossible option or a library that is missing
is an error of the case; whatever a model wrote is a verdict.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pytest_evalbars.errors import CodeRunnerError

if TYPE_CHECKING:
    from pytest_evalbars.checks.citing import cites
    from pytest_evalbars.checks.code import python_compiles, python_passes
    from pytest_evalbars.checks.grounding import grounded
    from pytest_evalbars.checks.handover import hands_over
    from pytest_evalbars.checks.languages import language
    from pytest_evalbars.checks.numbers import number_close
    from pytest_evalbars.checks.refusal import refuses
    from pytest_evalbars.checks.result import Result
    from pytest_evalbars.checks.structured import json_schema, json_valid, sql_parses
    from pytest_evalbars.checks.text import contains, excludes, length, matches

__all__ = [
    "CodeRunnerError",
    "Result",
    "cites",
    "contains",
    "excludes",
    "grounded",
    "hands_over",
    "json_schema",
    "json_valid",
    "language",
    "length",
    "matches",
    "number_close",
    "python_compiles",
    "python_passes",
    "refuses",
    "sql_parses",
]

#: Imported when first asked for: most suites use a few of them.
_HOMES = {
    **dict.fromkeys(("contains", "excludes", "length", "matches"), "text"),
    **dict.fromkeys(("json_schema", "json_valid", "sql_parses"), "structured"),
    **dict.fromkeys(("python_compiles", "python_passes"), "code"),
    "Result": "result",
    "cites": "citing",
    "grounded": "grounding",
    "hands_over": "handover",
    "language": "languages",
    "number_close": "numbers",
    "refuses": "refusal",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
