"""The page: one file that asks the network for nothing, and is read without a script.

What others wrote stands in it as text alone: templates escape every value, signs that nobody sees appear as their
escapes, and a policy in the page lets no code run but our own, and nothing be loaded.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from pytest_evalbars.errors import MissingExtra
from pytest_evalbars.report.html.charts import charts
from pytest_evalbars.report.html.figures import day, figure, interval, moment
from pytest_evalbars.report.html.headline import failing, headline
from pytest_evalbars.report.html.heat import heat, kind_words
from pytest_evalbars.report.html.sections import sections
from pytest_evalbars.report.html.told_misses import told_misses
from pytest_evalbars.report.html.trends import trends
from pytest_evalbars.report.numbers import count
from pytest_evalbars.report.standing import standing_words
from pytest_evalbars.run.evidence import NOT_KEPT
from pytest_evalbars.safe import UNSAFE

if TYPE_CHECKING:
    from jinja2 import Environment

    from pytest_evalbars.report.model import Misses, Report

#: The mark of a verdict, and of how the gate decided: the name of a drawing in the page.
MARKS = {
    "met": "met",
    "missed": "missed",
    "inconclusive": "open",
    "no data": "none",
    "passed": "met",
    "failed": "missed",
    "undecided": "open",
    "not held": "none",
    "miss": "missed",
    "error": "open",
}
#: Conditions that leave something unknown; the others say how the run was made.
GRAVE = frozenset({"errors", "no data", "incomplete", "partial", "second look"})


def page(report: Report, misses: Misses) -> str:
    """The page as text.

    Args:
        report: what it says.
        misses: the misses with what their trials recorded.

    Raises:
        MissingExtra: jinja2 is not installed.
    """
    style, script = _asset("page.css"), _asset("page.js")
    drawn, told = charts(report), told_misses(misses)
    rendered = (
        _environment()
        .get_template("page.html")
        .render(
            report=report,
            run=report.run,
            decision=report.decision,
            headline=headline(report),
            failing=failing(report),
            charts=drawn,
            heat=heat(report.cells),
            trends=trends(report.trends),
            misses=told,
            unkept=next((each for each in report.method.gaps if each.endswith(NOT_KEPT)), ""),
            sections=sections(report),
            style=_own(style),
            script=_own(script),
            policy=_policy(style, script),
        )
    )
    return _visible(rendered)


def _visible(text: str) -> str:
    """The page without signs that nobody sees: whatever part of it they came from, their escapes are shown."""
    text = text.replace("\r\n", "\n")
    return UNSAFE.sub(lambda match: match[0] if match[0] in "\n\t" else _escape(match[0]), text)


def _escape(sign: str) -> str:
    return sign.encode("unicode_escape").decode("ascii")


@cache
def _environment() -> Environment:
    try:
        from jinja2 import Environment, FunctionLoader, StrictUndefined  # noqa: PLC0415 - the extra `report`
    except ImportError as fault:
        raise MissingExtra(
            f"the HTML report needs jinja2: pip install 'pytest-evalbars[report]' ({fault})"
        ) from fault

    made = Environment(
        loader=FunctionLoader(lambda name: _asset(f"templates/{name}")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(marks=MARKS, grave=GRAVE)
    made.globals.update(figure=figure, interval=interval, count=count, day=day, moment=moment, kind_words=kind_words)
    made.globals.update(standing_words=standing_words)
    return made


@cache
def _asset(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _own(text: str) -> Any:
    """Text of ours, which needs no escapes."""
    from markupsafe import Markup  # noqa: PLC0415 - comes with jinja2

    return Markup(text)  # noqa: S704 - a file of this package


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
