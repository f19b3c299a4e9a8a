"""What a model is asked, as plain JSON: everything that changes the answer, and nothing else."""

from __future__ import annotations

import hashlib
import inspect
import json
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from pytest_evalbars.errors import CallsError
from pytest_evalbars.redaction import SECRET_LENGTH, SECRET_WORDS
from pytest_evalbars.run.plain import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

#: Raised when the same call would be told otherwise: recordings of an earlier one then answer nothing.
SCHEMA = 1


def _names_in(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Parameters that change no answer: how it is fetched, watched, paid and passed on.
IGNORED = _names_in(
    """
    timeout stream_timeout request_timeout force_timeout max_retries num_retries retry_policy retry_strategy
    client shared_session metadata litellm_metadata user safety_identifier prompt_cache_key store caching cache ttl
    callbacks success_callback failure_callback logger_fn verbose model_list original_function no-log
    aws_access_key_id aws_session_name aws_profile_name aws_role_name vertex_credentials azure_ad_token_provider
    litellm_logging_obj litellm_call_id litellm_trace_id proxy_server_request
    """
)
#: Parameters that litellm calls its own and that change the answer all the same.
MATTERING = _names_in(
    """
    api_base api_version headers mock_response fallbacks context_window_fallback_dict custom_llm_provider base_model
    prompt_id prompt_variables prompt_label prompt_version prompt_environment litellm_system_prompt guardrails
    roles bos_token eos_token final_prompt_value custom_prompt_dict hf_model_name supports_system_message
    ensure_alternating_roles user_continue_message assistant_continue_message allowed_openai_params region_name
    merge_reasoning_content_in_choices output_vector_size complete_response
    """
)
#: Headers that differ from call to call and change nothing.
PASSING_HEADERS = _names_in(
    "x-request-id x-correlation-id x-session-id traceparent tracestate baggage user-agent date"
)
#: Further words that a secret's name ends with, beside those of environment variables.
SECRET_ENDS = SECRET_WORDS | {"AUTHORIZATION", "AUTH", "COOKIE", "JWT", "BEARER", "PASS", "PWD"}
#: Headers whose values may stand in a file. Others may hold a secret under any name: a digest stands for the value.
OPEN_HEADERS = _names_in("accept accept-language content-type openai-beta anthropic-beta anthropic-version")
#: What is said to the model: a text there is no secret because it stands under such a name.
SAID = frozenset({"messages", "input", "prompt"})


@dataclass(frozen=True, slots=True)
class Request:
    """One call, as it is told apart from others."""

    #: Which of litellm's functions; the twin for async code is the same.
    function: str
    #: Its parameters, as plain JSON.
    content: dict[str, Any]
    #: Secrets that the call was given: they may come back in an answer.
    secrets: tuple[str, ...] = ()

    @property
    def model(self) -> str:
        """The model that was asked for."""
        return str(self.content.get("model", ""))

    @property
    def stream(self) -> bool:
        """Whether the answer is to come in parts."""
        return bool(self.content.get("stream"))

    @property
    def prompt(self) -> str:
        """The last thing that was said to the model."""
        messages = self.content.get("messages")
        if isinstance(messages, list) and messages:
            last = messages[-1]
            said = last.get("content") if isinstance(last, dict) else last
        else:
            said = self.content.get("input", self.content.get("prompt", ""))
        return said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)

    def digest(self) -> str:
        """The same for the very same question."""
        return _hash([self.function, self.content])

    def key(self, trial: int, occurrence: int) -> str:
        """What the answer is kept under.

        Args:
            trial: the trial that asks; repeats of a case have answers of their own.
            occurrence: how often the trial has asked the very same before.
        """
        return _hash([SCHEMA, self.function, self.content, trial, occurrence])


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def request_of(name: str, call: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Request:
    """The request that a call makes.

    Args:
        name: which of litellm's functions.
        call: the function itself.
        args: what it is given.
        kwargs: likewise, by name.

    Raises:
        CallsError: naming the parameter that has no place in a file.
    """
    given = dict(zip(_names(call, name), args, strict=False)) | dict(kwargs)
    if "base_url" in given:  # its other name
        given.setdefault("api_base", given.pop("base_url"))
    content: dict[str, Any] = {}
    for key, value in given.items():
        if value is None or _ignored(key) or _is_secret(key) or (key == "stream" and not value):
            continue
        if key in ("headers", "extra_headers"):
            value = _public_headers(value)  # noqa: PLW2901
        elif key == "api_base":
            value = _public_address(value)  # noqa: PLW2901
        plain = _Plain(f"litellm.{name}({key}=...)", names=key not in SAID, body=key == "extra_body")
        if (kept := plain.of(value)) not in ({}, None):
            content[key] = kept
    return Request(name, content, tuple(_secrets(given)))


def sketch_of(name: str, call: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Request:
    """What is said to which model, for a call that is only measured; its values are the caller's own."""
    given = dict(zip(_names(call, name), args, strict=False)) | dict(kwargs)
    content = {key: given[key] for key in ("model", "stream", *SAID) if given.get(key) is not None}
    return Request(name, content, tuple(_secrets(given)))


@lru_cache(maxsize=64)
def _names(call: Callable[..., Any], name: str) -> tuple[str, ...]:
    """The names of a function's positional parameters; a twin that hides its own has its sync one's."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    for function in (call, _sync_twin(name)):
        if function is not None:
            parameters = inspect.signature(function).parameters.values()
            if names := tuple(each.name for each in parameters if each.kind in kinds):
                return names
    return ("model", "input")


def _sync_twin(name: str) -> Callable[..., Any] | None:
    import litellm  # noqa: PLC0415 - the caller's code has imported it

    function: Callable[..., Any] | None = vars(litellm).get(name)
    return function


@lru_cache(maxsize=1024)
def _ignored(name: str) -> bool:
    return name in IGNORED or (name not in MATTERING and (name.startswith("_") or name in _owned()))


@lru_cache(maxsize=1)
def _owned() -> frozenset[str]:
    """The parameters that litellm takes for itself and sends to no provider, as the installed version has them."""
    from litellm.types import utils  # noqa: PLC0415 - the caller's code has imported it

    return frozenset(getattr(utils, "all_litellm_params", ()))


@lru_cache(maxsize=1024)
def _is_secret(name: str) -> bool:
    return name.upper().replace("-", "_").rpartition("_")[2] in SECRET_ENDS


def _public_headers(headers: Any) -> Any:
    """Headers by their names in small letters, without secrets and without those that differ from call to call."""
    if not isinstance(headers, dict):
        return headers
    return {
        name: value if name in OPEN_HEADERS else f"sha256:{_hash(str(value))[:16]}"
        for name, value in ((key.lower(), value) for key, value in headers.items() if isinstance(key, str))
        if name not in PASSING_HEADERS
        and not _is_secret_header(name)
        and not str(value).lower().startswith(("bearer ", "basic "))
    }


def _is_secret_header(name: str) -> bool:
    return not SECRET_ENDS.isdisjoint(name.upper().replace("-", "_").split("_"))


def _public_address(address: Any) -> Any:
    """An address without a user, a password or a query in it."""
    if not isinstance(address, str):
        return str(address)
    parts = urlsplit(address)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/"), "", ""))


def _secrets(given: Mapping[str, Any]) -> Iterator[str]:
    """The secrets among the parameters themselves and the headers."""
    headers = [given.get(name) for name in ("headers", "extra_headers")]
    for values in (given, *headers):
        is_secret = _is_secret if values is given else _is_secret_header
        for name, value in values.items() if isinstance(values, dict) else ():
            if isinstance(value, str) and isinstance(name, str) and is_secret(name):
                yield from (part for part in (value, value.rpartition(" ")[2]) if len(part) >= SECRET_LENGTH)


class _Plain:
    """Makes one parameter plain JSON.

    Args:
        where: the parameter, as an error names it.
        names: whether texts under the name of a secret are left out.
        body: whether it goes to the provider as it is: there a name is no property of a schema, and what stands under
            the name of a secret is left out as a whole.
    """

    def __init__(self, where: str, *, names: bool, body: bool = False) -> None:
        self.where, self.names, self.body = where, names, body

    def of(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {str(key): self.of(each) for key, each in value.items() if not self._left_out(key, each)}
        if isinstance(value, list | tuple):
            return [self.of(each) for each in value]
        if isinstance(value, type) and hasattr(value, "model_json_schema"):  # pydantic's, as `response_format`
            return {"json_schema": value.model_json_schema()}
        if hasattr(value, "model_dump"):
            return self.of(value.model_dump(mode="json", exclude_none=True))
        return self._leaf(value.value if isinstance(value, Enum) else value)

    def _leaf(self, value: Any) -> Any:
        if isinstance(value, str):
            return str.__str__(value)
        finite = isinstance(value, float) and value - value == 0  # neither infinite nor NaN
        if value is None or isinstance(value, bool | int) or finite:
            return value
        raise CallsError(
            f"{self.where}: {shown(value)} is a {type(value).__name__}, which a recording cannot hold; pass plain "
            'values (texts, numbers, lists, dicts, pydantic models), or ask with calls = "live"'
        )

    def _left_out(self, key: Any, value: Any) -> bool:
        if not (self.names and isinstance(key, str) and _is_secret(key)):
            return False
        return self.body and isinstance(value, dict) if not isinstance(value, str) else len(value) >= SECRET_LENGTH
