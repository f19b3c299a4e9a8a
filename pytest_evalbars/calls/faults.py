"""Why a call of a model gave no answer: whether to try again, and what to tell.

litellm gives many faults the status 500 that never came from a server, so what lies behind its exceptions is looked
at: what the server said, a broken connection, an answer that is no JSON.
"""

from __future__ import annotations

import json
import re
import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_evalbars.calls.redact import without_keys
from pytest_evalbars.safe import safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: What a provider's own words are cut to.
MOST_WORDS = 300
#: Statuses below 500 that are worth another try.
PASSING = frozenset({408, 425, 429})
#: Between the names of exceptions that litellm puts before the provider's words, and before those.
_AFTER_NAMES = re.compile(r":| - ")
#: How clients say that they were given no key.
_NO_KEY = re.compile(r"missing (credentials|.{0,40}\bkey\b)|(key|credentials).{0,80}must be set", re.IGNORECASE)
_NO_PROVIDER = re.compile(r"LLM Provider NOT provided", re.IGNORECASE)
_LONGEST_CHAIN = 20


@dataclass(frozen=True, slots=True)
class Fault:
    """What went wrong with one attempt."""

    #: In words, safe for a terminal and without keys.
    words: str
    #: Whether another attempt may do better.
    passing: bool
    #: What the user can do; empty where the words say it.
    mend: str = ""
    #: What the server said of when to come back, as it said it.
    retry_after: str | None = None


def too_slow(seconds: float) -> Fault:
    """An attempt took longer than it may."""
    return Fault(f"no answer within {seconds:g} s", passing=True, mend="allow each attempt more: Model(timeout=...)")


def fault_of(error: BaseException, model: str, parameters: Mapping[str, Any], module: Any) -> Fault | None:
    """Read an exception that asking litellm raised; None if it is neither litellm's nor the provider's.

    Args:
        error: it.
        model: what was asked, for the mend.
        parameters: of the call: keys among them are not told.
        module: litellm.
    """
    chain = list(_chain(error))
    said = _said(error, parameters)
    status, headers = _answered(chain)
    if status is not None:
        quota = status == 429 and "quota" in said.lower() and "per minute" not in said.lower()
        passing = not quota and (status in PASSING or status >= 500)
        words = f"HTTP {status}{f' ({said})' if said else ''}"
        return Fault(words, passing, _mend(status, model, parameters, module, quota=quota), _retry_after(headers))
    if (broken := _transport(chain)) is not None:
        return Fault(_broken(broken, parameters), passing=True, mend="see whether the provider can be reached")
    if any(isinstance(each, json.JSONDecodeError) for each in chain):
        return Fault(f"a response that is no JSON ({said})", passing=True, mend="see whether api_base is right")
    if (lasting := _lasting(chain, said, model, parameters, module)) is not None:
        return lasting
    if not type(error).__module__.startswith(("litellm", "openai")):
        return None
    status = getattr(error, "status_code", None)
    received = isinstance(error, module.APIResponseValidationError)  # and judged by litellm: it stays as it is
    passing = isinstance(status, int) and not received and (status in PASSING or status >= 500)
    return Fault(said or type(error).__name__, passing, _mend(status, model, parameters, module))


def _lasting(
    chain: list[BaseException], said: str, model: str, parameters: Mapping[str, Any], module: Any
) -> Fault | None:
    """What litellm takes for a failing server, and is a mistake of the caller's."""
    if _NO_KEY.search(said):
        return Fault("no key was given", passing=False, mend=_mend(401, model, parameters, module))
    if _NO_PROVIDER.search(said):
        mend = (
            'name the provider first, as in "openai/gpt-4o-mini"; a server of your own is "openai/..." with api_base'
        )
        return Fault("litellm knows no such provider", passing=False, mend=mend)
    if _bad_address(chain):
        address = safe(without_keys(str(parameters.get("api_base")), parameters), MOST_WORDS)
        return Fault(
            f"{address} is no address", passing=False, mend='write api_base as in "http://localhost:8000/v1"'
        )
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception and what lies behind it."""
    each: BaseException | None = error
    for _ in range(_LONGEST_CHAIN):
        if each is None:
            return
        yield each
        each = each.__cause__ or each.__context__


def _answered(chain: list[BaseException]) -> tuple[int | None, Mapping[str, str]]:
    """The status and the headers with which the server itself answered."""
    import httpx  # noqa: PLC0415 - litellm has imported it

    for each in reversed(chain):
        if isinstance(each, httpx.HTTPStatusError):
            return each.response.status_code, each.response.headers
    return None, {}


def _transport(chain: list[BaseException]) -> BaseException | None:
    """The innermost exception of a connection that failed."""
    import httpx  # noqa: PLC0415 - litellm has imported it

    kinds = (httpx.TransportError, ConnectionError, TimeoutError, socket.gaierror, ssl.SSLError)
    found = [each for each in chain if isinstance(each, kinds)]
    return found[-1] if found and not _bad_address(chain) else None


def _bad_address(chain: list[BaseException]) -> bool:
    import httpx  # noqa: PLC0415 - litellm has imported it

    return any(isinstance(each, httpx.UnsupportedProtocol | httpx.InvalidURL) for each in chain)


def _broken(error: BaseException, parameters: Mapping[str, Any]) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer in time{f' ({words})' if (words := _told(str(error), parameters)) else ''}"
    return f"no connection, or it broke ({_told(str(error), parameters) or type(error).__name__})"


def _said(error: BaseException, parameters: Mapping[str, Any]) -> str:
    """The provider's own words, without what litellm and its client put around them."""
    body = getattr(error, "body", None)
    message = body.get("message") if isinstance(body, dict) else None
    words = message if isinstance(message, str) and message else str(getattr(error, "message", None) or error)
    words = _without_names(words[:10_000].partition("Traceback (most recent call last)")[0])
    try:  # some clients hand on the whole body
        whole = json.loads(words)
        inner = whole.get("error", whole)
        words = str(inner.get("message", words)) if isinstance(inner, dict) else str(inner)
    except (ValueError, AttributeError, RecursionError):
        pass
    return _told(words, parameters)


def _without_names(words: str) -> str:
    """Words without the names of exceptions before them: litellm.APIError: AzureException APIError - ..."""
    while (end := _AFTER_NAMES.search(words)) is not None:
        names = words[: end.start()][:200].split()
        if not names or not all(name.endswith(("Error", "Exception", "Timeout")) for name in names):
            break
        words = words[end.end() :].lstrip()
    return words


def _told(words: str, parameters: Mapping[str, Any]) -> str:
    words = " ".join(without_keys(words[:10_000], parameters).split())
    return safe(words, MOST_WORDS).rstrip(". ")


def _retry_after(headers: Mapping[str, str]) -> str | None:
    if milliseconds := headers.get("retry-after-ms"):
        try:
            return str(float(milliseconds) / 1000)
        except ValueError:
            pass
    return headers.get("retry-after")


def _mend(status: int | None, model: str, parameters: Mapping[str, Any], module: Any, *, quota: bool = False) -> str:
    if quota:
        return "the account's quota is used up: see its plan and billing at the provider"
    if status == 401 and parameters.get("api_key"):
        return "the api_key that was passed does not fit"
    if status == 401:
        return f"set {_key_of(model, module)}, or pass api_key=..."
    return {
        403: "the key may not use this model: ask for access, or name another",
        404: f"see that the provider has a model of the name {model!r} at this address",
        429: "allow fewer calls at once or a minute: [tool.evalbars.limits]",
    }.get(status or 0, "")


def _key_of(model: str, module: Any) -> str:
    """The environment variables that hold, or should hold, the key of a model's provider."""
    try:
        missing = module.validate_environment(model)["missing_keys"]
        provider = module.get_llm_provider(model)[1]
    except Exception:  # noqa: BLE001 - of a model that litellm does not know
        return "the provider's environment variable"
    return " or ".join(missing) or f"{provider.upper()}_API_KEY"
