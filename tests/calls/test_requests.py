"""What makes two calls the same, and what of them is kept."""

from __future__ import annotations

import enum

import litellm
import pytest
from litellm.types.llms.openai import ResponsesAPIResponse

from pytest_evalbars.calls import mode
from pytest_evalbars.calls.request import request_of
from pytest_evalbars.calls.responses import packed, unpacked
from pytest_evalbars.errors import CallsError

ASKED = {"model": "openai/gpt", "messages": [{"role": "user", "content": "hi"}]}


def key(name="completion", call=litellm.completion, *args, **kwargs):
    return request_of(name, call, args, kwargs).key(0, 0)


@pytest.mark.parametrize(
    "more",
    [
        {"api_key": "sk-1234567890"},
        {"timeout": 3, "num_retries": 2, "max_retries": 0, "metadata": {"a": object()}, "user": "somebody"},
        {"temperature": None, "stream": False, "extra_headers": {}},
        {"extra_headers": {"Authorization": "Bearer abc", "X-Request-ID": "7", "x-api-key": "k"}},
        {"client": object(), "logger_fn": print, "litellm_call_id": "7", "input_cost_per_token": 0.1},
        {"aws_secret_access_key": "abc", "aws_access_key_id": "abc", "vertex_credentials": {"a": 1}},
    ],
)
def test_what_changes_no_answer_changes_no_key(more):
    assert key(**ASKED, **more) == key(**ASKED)


@pytest.mark.parametrize(
    "more",
    [
        {"model": "openai/other"},
        {"messages": [{"role": "user", "content": "hi "}]},
        {"messages": [{"role": "system", "content": "hi"}]},
        {"temperature": 0},
        {"temperature": 0.0, "seed": 1},
        {"stream": True},
        {"tools": [{"type": "function", "function": {"name": "f", "parameters": {"api_key": {"type": "string"}}}}]},
        {"response_format": {"type": "json_object"}},
        {"api_base": "http://127.0.0.1:1/v1"},
        {"extra_headers": {"X-Team": "a"}},
        {"extra_headers": {"Anthropic-Beta": "a"}},
        {"extra_body": {"top_k": 1}},
        {"a_providers_own": "parameter"},
        {"mock_response": "hi"},
    ],
)
def test_what_changes_an_answer_changes_the_key(more):
    assert key(**ASKED | more) != key(**ASKED)


def test_how_it_is_written_changes_nothing():
    class Model(enum.StrEnum):
        GPT = "openai/gpt"

    messages = ASKED["messages"]
    assert key("completion", litellm.completion, "openai/gpt", messages) == key(**ASKED)
    assert key("completion", litellm.acompletion, "openai/gpt", tuple(messages)) == key(**ASKED)
    assert key(model=Model.GPT, messages=messages) == key(**ASKED)
    texts = ["a"]
    assert key("embedding", litellm.aembedding, "m", texts) == key(
        "embedding", litellm.embedding, model="m", input=texts
    )
    address = {"api_base": "http://user:password@127.0.0.1:1/v1/?key=1"}
    assert key(**ASKED, **address) == key(**ASKED, base_url="http://127.0.0.1:1/v1")
    assert key(**ASKED, extra_body={"b": 1, "a": 2}) == key(**ASKED, extra_body={"a": 2, "b": 1})


def test_trials_and_repeats_have_keys_of_their_own():
    request = request_of("completion", litellm.completion, (), ASKED)
    assert len({request.key(trial, time) for trial in range(3) for time in range(3)}) == 9


def test_a_model_knows_what_it_was_asked():
    answer = litellm.ModelResponse(choices=[{"message": {"role": "assistant", "content": "hello"}}])
    messages = [*ASKED["messages"], answer.choices[0].message, {"role": "user", "content": "more"}]
    request = request_of("completion", litellm.completion, ("m", messages), {})
    assert request.content["messages"][1]["content"] == "hello"
    assert request.prompt == "more"


@pytest.mark.parametrize("value", [{1, 2}, float("nan"), object(), b"bytes", len])
def test_what_is_no_json_is_named(value):
    with pytest.raises(CallsError, match=r"litellm\.completion\(stop=\.\.\.\).*which a recording cannot hold"):
        key(**ASKED, stop=value)


def test_answers_of_the_responses_api_come_back():
    content = [{"type": "output_text", "text": "hi", "annotations": []}]
    output = [{"type": "message", "id": "m", "role": "assistant", "status": "completed", "content": content}]
    usage = {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}
    answer = ResponsesAPIResponse(id="r", created_at=1, output=output, usage=usage, model="gpt")
    again = unpacked(packed(answer))
    assert type(again) is ResponsesAPIResponse
    assert again.model_dump(exclude_none=True) == answer.model_dump(exclude_none=True)
    with pytest.raises(CallsError, match="of the type object cannot be recorded"):
        packed(object())


def test_recording_without_the_extra_says_how_to_install_it(suite, monkeypatch):
    monkeypatch.setattr(mode, "find_spec", lambda _: None)
    suite.cases(1, 1)
    outcome = suite.run("--evalbars-calls=auto")
    assert outcome.exit == 4
    outcome.said('calls = "auto" needs what the extra `llm` installs: pip install "pytest-evalbars[llm]"')
    assert suite.run("--evalbars-calls=live").exit == 0
