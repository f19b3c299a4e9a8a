"""Is an answer in the language that it should be in?"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from pytest_evalbars.checks.extras import extra
from pytest_evalbars.checks.result import Result
from pytest_evalbars.checks.wording import bounded, quote, text_of

#: Fewer letters tell too little: "No." and "Menu" are words of many languages. Signs of scripts that write a word in
#: one or two count more.
MOST_TELLING = 20
#: Read of the start, the middle and the end of a long answer.
_PART = 4_000
#: What is in no language: code, addresses, numbers.
_FOREIGN = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*+`|https?://\S++|\S++@\S++|[\W\d_]++", re.DOTALL)
_DENSE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_SAME = {"nb": "no", "nn": "no", "iw": "he", "in": "id", "fil": "tl", "cmn": "zh", "arb": "ar", "srl": "sr"}


def language(answer: str, code: str, *, at_least: float = 0.5) -> Result:
    """Is the answer written in this language?

    Code, addresses and numbers are left out. Fewer than about 20 letters do not tell a language: that is a miss with
    the reason, for unknown is never a pass. Of a mixed answer, the language of most of it counts. Close languages
    (Norwegian and Danish, Malay and Indonesian) are confused at times.

    Args:
        answer: what the model wrote.
        code: a language of ISO 639-1, such as "es"; a region ("es-MX") makes no difference.
        at_least: the probability that the language must have.

    Returns:
        The score is the probability of the language.

    Raises:
        ValueError: a language that py3langid does not know.
        MissingExtra: py3langid is not installed.
    """
    text, wanted = text_of(answer), re.split("[-_]", code.casefold())[0]
    known = _identifier()
    if _SAME.get(wanted, wanted) not in _labels(known):
        raise ValueError(f"`code` names no language that py3langid knows: {code!r}; it is ISO 639-1, such as 'es'")
    if len(text) > 3 * _PART:
        middle = len(text) // 2
        text = " ".join((text[:_PART], text[middle : middle + _PART], text[-_PART:]))
    words = _FOREIGN.sub(" ", bounded(text)).strip()
    letters = len(words.replace(" ", "")) + 4 * len(_DENSE.findall(words))
    if letters < MOST_TELLING:
        return Result(False, None, f"too short to tell its language: {quote(answer)}")
    shares: dict[str, float] = {}
    for label, share in known.rank(words.encode("utf-8", "replace").decode("utf-8")):
        name = _SAME.get(label, label)
        shares[name] = shares.get(name, 0.0) + float(share)
    share = shares.get(_SAME.get(wanted, wanted), 0.0)
    likely = max(shares, key=lambda name: shares[name])
    passed = share >= at_least
    return Result(
        passed,
        min(share, 1.0),
        "" if passed else f"rather {likely} ({shares[likely]:.0%}) than {wanted}: {quote(words)}",
    )


@cache
def _identifier() -> Any:
    langid = extra("py3langid.langid", "a check of the language")
    return langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)


def _labels(identifier: Any) -> set[str]:
    return {_SAME.get(label, label) for label in identifier.labels}
