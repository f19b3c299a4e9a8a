"""What looks like a credential: tokens by their prefixes, headers, keys and passwords in addresses, private keys.

A shape has to be sure of itself: hashes, ids, pictures as base64 and prose that speaks of tokens stay as they are.
Where a prefix or a name alone is not enough, the value has to look random.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

#: What stands in place of a secret that has no name.
HIDDEN = "[redacted]"
#: A run of letters and digits of which at least one is either is taken for random from this length on.
RANDOM = 10
WORD = re.compile(r"[A-Za-z]?[a-z]{0,14}[.:!?]?")

#: How keys begin, what follows the word that announces one, and the password in an address: for errors of providers,
#: who quote keys that are too short or half hidden. Too eager for anything else.
EAGER = re.compile(
    r"\b(?:sk|pk|rk|gsk|hf|xai|ghp|glpat|pplx|nvapi|r8|AIza|AKIA|ya29|eyJ)[-_.]?[A-Za-z0-9*][A-Za-z0-9*_\-.]{10,}"
    r"|(?<=[Bb]earer )[^\s'\"]+|(?<=[?&]key=)[^&\s'\"]+|(?<=://)[^/\s@:]*:[^/\s@]+(?=@)"
)


class Shape(NamedTuple):
    """One kind of credential."""

    #: A text without any of these, in small letters, holds none.
    needles: tuple[str, ...]
    #: Its group `secret` is what is taken out.
    pattern: re.Pattern[str]
    #: Whether what was found is one; None: always.
    fits: Callable[[str], bool] | None = None


def without_shapes(words: str) -> str:
    """The text without what looks like a credential."""
    small = words.lower()
    for needles, pattern, fits in SHAPES:
        if any(needle in small for needle in needles):
            words = pattern.sub(lambda match, fits=fits: _hidden(match, fits), words)  # type: ignore[misc]
    return words


def _hidden(match: re.Match[str], fits: Callable[[str], bool] | None) -> str:
    secret = match["secret"]
    if secret in (HIDDEN, HIDDEN[:-1]) or (fits is not None and not fits(secret)):
        return match[0]
    start, end = match.start("secret") - match.start(), match.end("secret") - match.start()
    return f"{match[0][:start]}{HIDDEN}{match[0][end:]}"


def _is_random(value: str) -> bool:
    """Whether a part of a value mixes letters and digits as no word does, or is half hidden already."""
    if "****" in value:
        return True
    runs = re.findall(rf"[A-Za-z0-9]{{{RANDOM},}}", value)
    return any(not run.isalpha() and not run.isdecimal() for run in runs)


def _is_value(value: str) -> bool:
    """Whether a value that stands under the name of a secret is one: random, or long and of all kinds of letters."""
    kinds = (str.islower, str.isupper, str.isdecimal)
    return _is_random(value) or (len(value) >= 20 and all(any(map(kind, value)) for kind in kinds))


def _is_no_word(value: str) -> bool:
    """Whether a value is more than a word, as in "Authorization: Basic auth is needed"."""
    return not WORD.fullmatch(value)


def _is_basic(value: str) -> bool:
    """Whether it is a name and a password, as HTTP's Basic spells them."""
    try:
        said = base64.b64decode(value + "=" * (-len(value) % 4), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return False
    return ":" in said and said.isprintable()


def _shape(
    needles: str, pattern: str, fits: Callable[[str], bool] | None = None, flags: re.RegexFlag = re.NOFLAG
) -> Shape:
    return Shape(tuple(needles.split()), re.compile(pattern, flags), fits)


#: Before a token stands no letter and no digit.
_APART = r"(?<![A-Za-z0-9])"
#: Between the name of a header or of a value and what it holds, in a header, a dict, JSON or TOML.
_IS = r"""\\?["']?\s{0,3}[:=]\s{0,3}\\?["']?"""
#: A value that ends where a quote, a blank or a bracket does.
_VALUE = r"""[^\s"'`,;<>{}()\\]{1,4096}"""

SHAPES = (
    _shape(
        "private",
        r"(?P<secret>-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
        r"(?:(?:(?!-----)[\s\S]){0,6000}-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
        r"|(?:(?:\s|\\[rn])*+[A-Za-z0-9+/=]{16,}+)*+))",
    ),
    _shape(
        "...",
        rf"{_APART}(?P<secret>(?:sk-|[spr]k_live_|gh[pousr]_|github_pat_|glpat-|xox[a-z]-|AKIA|AIza|ya29\.|hf_|gsk_|eyJ)"
        r"[A-Za-z0-9_*-]{4,200})(?=\.\.\.)",
        lambda value: any(map(str.isdecimal, value)),
    ),
    _shape("sk-", rf"{_APART}(?P<secret>sk-[A-Za-z0-9_*-]{{16,}})", _is_random),
    _shape("k_live_ k_test_", rf"{_APART}(?P<secret>[spr]k_(?:live|test)_[A-Za-z0-9]{{16,}})"),
    _shape(
        "gsk_ xai- pplx- nvapi- r8_ hf_ npm_ lsv2_ tvly- dapi",
        rf"{_APART}(?P<secret>(?:gsk_|xai-|pplx-|nvapi-|r8_|hf_|npm_|lsv2_[a-z]{{2}}_|tvly-(?:dev-|prod-)?|dapi)"
        r"[A-Za-z0-9][A-Za-z0-9_*-]{23,})",
        _is_random,
    ),
    _shape("ghp_ gho_ ghu_ ghs_ ghr_ github_pat_", rf"{_APART}(?P<secret>(?:gh[pousr]_|github_pat_)\w{{22,}})"),
    _shape(
        "glpat- gldt- glrt- glcbt- glptt- glft- glsoat- glagent- glimt- gloas-",
        rf"{_APART}(?P<secret>gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|imt|oas)-[A-Za-z0-9_.-]{{20,}})",
    ),
    _shape("xox xapp-", rf"{_APART}(?P<secret>(?:xox[a-z](?:\.xox[a-z])?|xapp-\d)-[A-Za-z0-9-]{{10,}})", _is_random),
    _shape("hooks.slack.com", r"hooks\.slack\.com/(?:services|workflows)/(?P<secret>[\w/]{20,})"),
    _shape("akia asia abia acca", rf"{_APART}(?P<secret>(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{{16}})(?![A-Za-z0-9])"),
    _shape(
        "aiza ya29. gocspx-",
        rf"{_APART}(?P<secret>AIza[A-Za-z0-9_-]{{30,}}|ya29\.[A-Za-z0-9_-]{{20,}}|GOCSPX-[A-Za-z0-9_-]{{20,}})",
    ),
    _shape("eyj", rf"{_APART}(?P<secret>eyJ[A-Za-z0-9_-]{{10,}}(?:\.[A-Za-z0-9_-]{{4,}}){{1,4}}\.?)", _is_random),
    _shape("pypi-", rf"{_APART}(?P<secret>pypi-AgE[A-Za-z0-9_-]{{50,}})"),
    _shape("sg.", rf"{_APART}(?P<secret>SG\.[A-Za-z0-9_-]{{16,32}}\.[A-Za-z0-9_-]{{32,64}})"),
    _shape("accountkey=", r"(?i:AccountKey=)(?P<secret>[A-Za-z0-9+/]{40,}={0,2})"),
    _shape(
        "authorization",
        rf"\b(?:proxy-)?authorization{_IS}(?:(?:bearer|basic|token|apikey|negotiate|digest)\s{{1,3}})(?P<secret>{_VALUE})",
        _is_no_word,
        re.IGNORECASE,
    ),
    _shape("authorization", rf"\b(?:proxy-)?authorization{_IS}(?P<secret>{_VALUE})", _is_value, re.IGNORECASE),
    _shape("bearer", r"\bbearer\s{1,3}(?P<secret>[A-Za-z0-9._~+/-]{16,}=*)", _is_random, re.IGNORECASE),
    _shape("basic", r"\bBasic\s{1,3}(?P<secret>[A-Za-z0-9+/]{8,}={0,2})", _is_basic),
    _shape(
        "x-",
        r"\bx-(?:[a-z]+-){0,3}(?:api-?key|auth-token|access-token|security-token|functions-key|gitlab-token|"
        rf"vault-token){_IS}(?P<secret>{_VALUE})",
        _is_no_word,
        re.IGNORECASE,
    ),
    _shape(
        "apikey api_key api-key secret_ secret- secretkey secretaccess subscription-key client_sec client-sec "
        "clientsec _token -token accesstoken authtoken refreshtoken privatetoken sessiontoken",
        r"(?:api[_-]?key|secret[_-]?(?:access[_-]?)?key|subscription-key|client[_-]?secret|"
        rf"(?:access|auth|refresh|private|session)[_-]?token){_IS}(?P<secret>{_VALUE})",
        _is_value,
        re.IGNORECASE,
    ),
    _shape(
        "cookie",
        r"""\b(?:set-)?cookie\\?["']?\s{0,3}:\s{0,3}\\?["']?(?P<secret>[^\s=;"'\\]{1,256}=[^\r\n"'\\]{1,4096})""",
        None,
        re.IGNORECASE,
    ),
    _shape("://", r"://(?P<secret>[^/\s:@?#\"'<>\[\]]{0,256}:[^/\s@?#\"'<>]{1,1024})(?=@)"),
    _shape(
        "key= token= sig= signature= credential=",
        r"[?&;](?:(?:api[_-]?|access[_-]?|subscription[_-]?)?key|(?:access[_-]?|auth[_-]?|id[_-]?|sas[_-]?)?token|"
        r"sig|signature|x-(?:amz|goog)-(?:signature|security-token|credential))="
        r"(?P<secret>[^\s&;#\"'<>`\\)\]}]{16,4096})",
        _is_value,
        re.IGNORECASE,
    ),
    _shape(
        "secret= password= passwd= pwd=",
        r"[?&;](?:client[_-]?secret|secret|password|passwd|pwd)=(?P<secret>[^\s&;#\"'<>`\\)\]}]{1,4096})",
        None,
        re.IGNORECASE,
    ),
)
