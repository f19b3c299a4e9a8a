"""Numbers in a running text, and whether one of them is close enough to the expected one."""

from __future__ import annotations

import math
import re
import unicodedata
from typing import TYPE_CHECKING, Literal, NamedTuple

from pytest_evalbars.checks.result import Result
from pytest_evalbars.checks.wording import bounded, listed, quote, text_of, too_long

if TYPE_CHECKING:
    from collections.abc import Iterator

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_SUPERSCRIPT = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺]+")
_DASHES = str.maketrans(dict.fromkeys("−–‒－﹣‑", "-"))  # noqa: RUF001
_VULGAR = re.compile("((?<!\\d)\\d{1,15})?([¼-¾⅐-⅞])")
_LATEX = re.compile(r"\{([,.])\}|\\[,;! ]|\\(?=[%$€£])")
#: Not a bare space: "in 2024 300 people" holds two numbers.
_GROUPING = "\u00a0\u2009\u202f'’_"  # noqa: RUF001
#: What stands before a number: its sign, with a currency on either side; a letter that it goes on from.
_SIGN = re.compile(r"(?<![\w)\]])[-+](?:[$€£¥₹] ?)?$|[$€£¥₹] ?[-+]$")
_NAME = re.compile(r"[^\W\d]-?$")
_CURRENCY_CODE = re.compile(r"\b(?:USD|EUR|GBP|CHF|JPY|INR|CAD|AUD|Rs)-?$")
#: What stands behind it.
_UNIT = re.compile(
    r"\s?(?P<percent>%|‰|(?:percent|per cent|pct|bps)\b)"
    r"|[ ]?(?P<scale>thousand|millions?|billions?|trillions?|mn|mio|bn|tn)\b|(?P<glued>[kmb])\b",
    re.IGNORECASE,
)
_SCALES = {
    "thousand": 1e3,
    "million": 1e6,
    "mn": 1e6,
    "mio": 1e6,
    "billion": 1e9,
    "bn": 1e9,
    "trillion": 1e12,
    "tn": 1e12,
}
_GLUED = {"k": 1e3, "m": 1e6, "b": 1e9}
_PERCENT = {"%": 100, "percent": 100, "per cent": 100, "pct": 100, "‰": 1000, "bps": 10_000}
#: A number with more digits is not read.
_MOST_DIGITS = 400


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
    currencies, scientific notation ("1.2e-3", "1.2 × 10⁻³"), "million" and its kin, vulgar fractions ("3½"), the
    Unicode minus, digits of other scripts and LaTeX's "{,}". Not numbers in words, nor "3/4".

    Args:
        answer: what the model wrote.
        expected: a finite number.
        rel: the difference allowed, as a share of `expected`.
        abs: the difference allowed, in the number's own unit; the larger of both counts.
        which: which of the numbers must fit; "any" also accepts an answer that names many; "only" wants but one.
        decimal: the decimal sign that the answer uses; the other one groups thousands.

    Raises:
        ValueError: `expected` is no finite number, or a tolerance is negative.
    """  # noqa: RUF002
    text = text_of(answer)
    if isinstance(expected, bool) or not isinstance(expected, int | float) or not math.isfinite(expected):
        raise ValueError(f"`expected` must be a finite number, not {expected!r}")
    if rel < 0 or abs < 0 or which not in {"any", "first", "last", "only"} or decimal not in {".", ","}:
        raise ValueError(
            '`rel` and `abs` are 0 or more, `which` is "any", "first", "last" or "only", `decimal` "." or ","'
        )
    if (endless := too_long(text)) is not None:
        return endless
    found = list(numbers_of(text, decimal))
    if not found:
        return Result(False, None, f"names no number: {quote(text)}")
    if which == "only" and len(found) > 1:
        return Result(
            False, None, f"names {len(found)} numbers, not one: {listed(number.written for number in found)}"
        )
    asked = {"first": found[:1], "last": found[-1:]}.get(which, found)
    allowed = max(rel * math.fabs(expected), abs)
    for number in asked:
        if any(math.fabs(reading - expected) <= allowed for reading in number.readings):
            return Result(True, None, f"found {number.written}")
    return Result(
        False, None, f"no {expected:,.10g} (± {allowed:.3g}) in: {listed(number.written for number in asked)}"
    )


def numbers_of(text: str, decimal: str = ".") -> Iterator[Number]:
    """The numbers of a text, in order; digits that go on from a letter ("CO2", "v3") are part of a name."""
    text = _plain(text)
    for match in _CORE[decimal].finditer(text):
        before, after = text[max(0, match.start() - 5) : match.start()], text[match.end() : match.end() + 12]
        if _NAME.search(before) and not _CURRENCY_CODE.search(before):
            continue
        sign, unit = _SIGN.search(before), _UNIT.match(after)
        value = _value(match, decimal) * (-1 if sign and "-" in sign[0] else 1)
        readings = [value]
        if unit and (scale := unit["scale"]):
            readings.append(value * _SCALES[scale.lower().removesuffix("s")])
        if unit and (glued := unit["glued"]):
            readings.append(value * _GLUED[glued.lower()])
        if unit and (percent := unit["percent"]):
            readings.append(value / _PERCENT[percent.lower().replace("\u00a0", " ")])
        if all(map(math.isfinite, readings)):
            written = f"{sign[0].strip() if sign else ''}{match[0]}{unit[0] if unit else ''}"
            yield Number(written if len(written) <= 40 else f"{written[:37]}...", tuple(readings))


def _value(match: re.Match[str], decimal: str) -> float:
    if match["alone"]:
        return float(f"1e{match['alone']}")
    digits = re.sub(f"[{',' if decimal == '.' else '. '}{_GROUPING}]", "", match["digits"]).replace(decimal, ".")
    exponent = match["exponent"] or match["power"] or "0"
    return float(f"{digits}e{exponent}") if len(digits) <= _MOST_DIGITS else math.inf


def _plain(text: str) -> str:
    text = _LATEX.sub(lambda match: match[1] or "", text)
    if text.isascii():
        return text
    text = _SUPERSCRIPT.sub(lambda match: f"^{match[0].translate(_SUPERSCRIPTS)}", text)
    text = _VULGAR.sub(lambda match: f"{int(match[1] or 0) + unicodedata.numeric(match[2]):.12g}", text)
    # Normalised as a whole, the spaces that group digits would become plain ones.
    parts = re.split("([\u00a0\u2009\u202f])", bounded(text))
    return "".join(part if part in _GROUPING else unicodedata.normalize("NFKC", part) for part in parts).translate(
        _DASHES
    )


def _core(decimal: str) -> re.Pattern[str]:
    """Digits with their groups, decimals and power of ten; bounded, so that no text takes quadratic time."""
    group, point = f"[{',' if decimal == '.' else '. '}{_GROUPING}]", re.escape(decimal)
    indian = rf"|\d{{1,2}}(?:,\d{{2}}){{1,6}},\d{{3}}(?!\d)(?:{point}\d++)?+" if decimal == "." else ""
    return re.compile(
        rf"(?<![\d^])(?<!\d{point})(?<!\^[-+])"
        r"(?:10(?:\^|\*\*)\{?(?P<alone>[-+]?\d{1,3})\}?(?!\d)"
        rf"|(?P<digits>\d{{1,3}}(?:{group}\d{{3}}){{1,30}}+(?!\d)(?:{point}\d++)?+{indian}|\d++(?:{point}\d++)?+|{point}\d++)"
        r"(?:[eE](?P<exponent>[-+]?\d{1,4})(?!\w)"
        r"|[ ]?(?:[\u00d7xX*·]|\\times|\\cdot)[ ]?10(?:\^|\*\*)\{?(?P<power>[-+]?\d{1,4})\}?(?!\d))?)"
    )


_CORE = {decimal: _core(decimal) for decimal in ".,"}
