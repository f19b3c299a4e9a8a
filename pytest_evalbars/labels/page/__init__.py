"""The web page on which people label answers: one file that asks the network for nothing, and works from a disk.

The code of the page lies beside this module. The texts of a review stand in the page as JSON, which the code reads
and shows as text alone; a policy in the page lets no other code run and nothing be loaded, whatever an answer holds.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from pytest_evalbars.labels.model import SETTLED, UNCLEAR, Guide

if TYPE_CHECKING:
    from pytest_evalbars.labels.model import ReviewPlan, Shown

#: In this order they are one script.
SCRIPTS = ("text.js", "labels.js", "raters.js", "item.js", "page.js")
#: Evidence that holds what judges said: the texts of a trial's calls have the judge's own among them.
WITHHELD = frozenset({"calls", "judge", "judges"})
#: What would end the script element, or a line of it.
_ESCAPES = str.maketrans({sign: f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"})
#: Digits of a number that a browser reads exactly.
_EXACT = 15


def page(plan: ReviewPlan) -> str:
    """The page of a review, whole.

    It holds what a rater may see, and no more, as somebody reads the source: neither the judge's verdict, nor how
    often an item stands for others, nor the order in which they were drawn.
    """
    style, script = _asset("page.css"), "\n".join(map(_asset, SCRIPTS))
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
    filled = _asset("page.html")
    # The data come last: nothing that stands in them is filled in.
    for name, text in {"policy": policy, "style": style, "script": script, "data": _json(_data(plan))}.items():
        filled = filled.replace(f"[[{name}]]", text)
    return filled


def _data(plan: ReviewPlan) -> dict[str, Any]:
    review = plan.review
    evidence: dict[str, int] = {}
    # As on the sheets: the name of a case may tell what to expect of it, and hashes tell nothing of how it was drawn.
    names = {one.item.key: str(number) for number, one in enumerate(plan.items, 1)}
    if review.kind == "cases":
        names = {one.item.key: one.item.case for one in plan.items}
    items = [_item(one, names[one.item.key], evidence) for one in sorted(plan.items, key=lambda each: each.item.key)]
    named = [each.dimension for each in plan.guides]
    return {
        "review": review.id,
        "drawn": review.drawn.isoformat(),
        "kind": review.kind,
        "seed": str(review.seed),
        "raters": review.raters,
        "unclear": UNCLEAR,
        "settled": SETTLED,
        "guides": [
            _guide(plan, dimension) for dimension in dict.fromkeys([*named, *(each["dimension"] for each in items)])
        ],
        "items": items,
        "evidence": [json.loads(text, parse_constant=str, parse_int=_exact) for text in evidence],
    }


def _item(shown: Shown, name: str, evidence: dict[str, int]) -> dict[str, Any]:
    """An item; its evidence is kept once for all dimensions that it is labelled on."""
    seen = json.dumps({name: value for name, value in shown.evidence.items() if name not in WITHHELD})
    item = shown.item
    return {
        "dimension": item.dimension,
        "of": item.of,
        "name": name,
        "raters": shown.raters,
        "evidence": evidence.setdefault(seen, len(evidence)),
    }


def _guide(plan: ReviewPlan, dimension: str) -> dict[str, Any]:
    """A rubric, and the words that labels of it may be."""
    population = plan.review.population(dimension)
    guide = next((each for each in plan.guides if each.dimension == dimension), Guide(dimension=dimension, title=""))
    words = population.words if population else tuple(guide.words) or ("pass", "miss")
    return {
        "dimension": dimension,
        "title": guide.title,
        "task": guide.task,
        "words": [[word, guide.words.get(word, "")] for word in words],
        "criteria": guide.criteria,
    }


def _exact(digits: str) -> int | str:
    return int(digits) if len(digits) <= _EXACT else digits


def _json(data: object) -> str:
    return json.dumps(data, allow_nan=False, separators=(",", ":")).translate(_ESCAPES)


def _hash(code: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(code.encode()).digest()).decode("ascii")


@cache
def _asset(name: str) -> str:
    return files(__name__).joinpath(name).read_text(encoding="utf-8")
