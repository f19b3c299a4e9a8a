"""Numbers in a running text, and whether one of them is close enough to the expected one."""

from __future__ import annotations

import math
import re
import unicodedata
from typing import TYPE_CHECKING, Literal, NamedTuple

from pytest_evalbars.checks.result import Result
from pytest_evalbars.checks.wording import bounded, listed, quote, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")  # noqa: RUF001
_SUPERSCRIPT = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺]+")  # noqa: RUF001
_DASHES = str.maketrans(dict.fromkeys("−–‒－﹣‑", "-"))  # noqa: RUF001
_VULGAR = re.compile("(\\d*)([¼-¾⅐-⅞])")
_LATEX = re.compile(r"\{([,.])\}|\\[,;! ]|\\(?=[%$€£])")
#: Not a bare space: "in 2024 300 people" holds two numbers.
_GROUPING = "\u00a0\u2009\u202f'’_"  # noqa: RUF001
_SCALES = {
    **dict.fromkeys(("thousand", "k"), 1e3),
    **dict.fromkeys(("million", "millions", "mn", "mio", "m"), 1e6),
    **dict.fromkeys(("billion", "billions", "bn", "b"), 1e9),
    **dict.fromkeys(("trillion", "trillions", "tn"), 1e12),
}
_PERCENT = {"%": 100, "percent": 100, "per cent": 100, "pct": 100, "‰": 1000, "bps": 10_000}


class Number(NamedTuple):
    """A number as it is written, and what it may mean: "35%" is 35 and 0.35, "1.5M" is 1.5 and 1,500,000."""

    written: str
    readings: tuple[float, ...]


def number_close(
    answer: str,
    expected: float,
    *,
    rel: float = 1e-9,
    abs: float = 0.0,  # noqa: A002 - as in math.isclose, without its suffix
    which: Literal["any", "first", "last", "only"] = "any",
    decimal: Literal[".", ","] = ".",
) -> Result:
    """Does the answer name a number close to the expected one?

    Reads thousands separators ("1,234.5", "1'234", no-break spaces), percent and per mille (as 35 and as 0.35),
    currencies, scientific notation ("1.2e-3", "1.2 × 10⁻³"), "million" and its kin, vulgar fractions ("3½"), the Unicode
    minus, digits of other scripts and LaTeX's "{,}". Not numbers in words, nor "3/4".

    Args:
        answer: what the model wrote.
        expected: a finite number.
        rel: the difference allowed, as a share of `expected`.
        abs: the difference allowed, in the number's own unit; the larger of both counts.
        which: which of the numbers must fit; "any" also accepts an answer that names many. "only": there must be but one.
        decimal: the decimal sign that the answer uses; the other one groups thousands.

    Raises:
        ValueError: `expected` is no finite number, or a tolerance is negative.
    """  # noqa: RUF002
    text = text_of(answer)
    if isinstance(expected, bool) or not isinstance(expected, int | float) or not math.isfinite(expected):
        raise ValueError(f"`expected` must be a finite number, not {expected!r}")
    if rel < 0 or abs < 0 or which not in {"any", "first", "last", "only"} or decimal not in {".", ","}:
        raise ValueError('`rel` and `abs` are 0 or more, `which` is "any", "first", "last" or "only", `decimal` "." or ","')
    found = list(numbers_of(text, decimal))
    if not found:
        return Result(False, None, f"names no number: {quote(text)}")
    if which == "only" and len(found) > 1:
        return Result(False, None, f"names {len(found)} numbers, not one: {listed(number.written for number in found)}")
    asked = {"first": found[:1], "last": found[-1:]}.get(which, found)
    allowed = max(rel * math.fabs(expected), abs)
    for number in asked:
        if any(math.fabs(reading - expected) <= allowed for reading in number.readings):
            return Result(True, None, f"found {number.written}")
    return Result(False, None, f"no {expected:,.10g} (± {allowed:.3g}) in: {listed(number.written for number in asked)}")


def numbers_of(text: str, decimal: str = ".") -> Iterator[Number]:
    """The numbers of a text, in order."""
    for match in _PATTERNS[decimal].finditer(_plain(text)):
        digits, exponent = match["digits"], match["exponent"] or match["power"] or "0"
        whole = re.sub(f"[{re.escape(',' if decimal == '.' else '. ')}{_GROUPING}]", "", digits).replace(decimal, ".")
        value = math.copysign(float(f"{whole}e{exponent[:8]}"), -1 if match["sign"] == "-" else 1)
        scale, percent = match["scale"], match["percent"]
        readings = [value]
        if scale:
            readings.append(value * _SCALES[scale.lower()])
        if percent:
            readings.append(value / _PERCENT[" ".join(percent.lower().split())])
        readings = [reading for reading in readings if math.isfinite(reading)]
        if readings:
            written = match[0].strip()
            yield Number(written if len(written) <= 40 else f"{written[:37]}...", tuple(readings))


def _plain(text: str) -> str:
    text = _LATEX.sub(lambda match: match[1] or "", text)
    if text.isascii():
        return text
    text = _SUPERSCRIPT.sub(lambda match: f"^{match[0].translate(_SUPERSCRIPTS)}", text)
    text = _VULGAR.sub(lambda match: f"{int(match[1][-15:] or 0) + unicodedata.numeric(match[2]):.12g}", text)
    # Spaces that group digits would become plain ones.
    parts = re.split("([\u00a0\u2009\u202f])", bounded(text))
    return "".join(part if part in _GROUPING else unicodedata.normalize("NFKC", part) for part in parts).translate(_DASHES)


def _pattern(decimal: str) -> re.Pattern[str]:
    groups = (("," if decimal == "." else ". ") + _GROUPING).replace("'", "'")
    point = re.escape(decimal)
    return re.compile(
        rf"(?<![\d^])(?<!\d[.,])(?<!\w_)(?:(?<![\w)\]])(?P<sign>[-+])[ ]?)?(?<![^\W\d]-)[$€£¥₹]?[ ]?(?(sign)|(?:(?<=[$€£¥₹])(?P<inner>-))?)"
        rf"(?P<digits>\d{{1,3}}(?:[{groups}]\d{{3}})++(?!\d)(?:{point}\d+)?+|\d{{1,2}}(?:,\d{{2}})+,\d{{3}}(?!\d)(?:\.\d+)?+"
        rf"|\d++(?:_\d+)*+(?:{point}\d++)?+|{point}\d++)"
        r"(?:[eE](?P<exponent>[-+]?\d++)(?!\w)|[ ]?(?:[×xX*·]|\\times|\\cdot)[ ]?10(?:\^|\*\*)\{?(?P<power>[-+]?\d++)\}?)?"
        r"(?:\s?(?P<percent>%|‰|(?:percent|per\ cent|pct|bps)\b)"
        r"|(?:[ ]?(?P<scale>thousand|millions?|billions?|trillions?|mn|mio|bn|tn|k)\b|(?-i:(?P<letter>[MB]))\b))?",
        re.IGNORECASE,
    )


_PATTERNS = {decimal: _pattern(decimal) for decimal in ".,"}
