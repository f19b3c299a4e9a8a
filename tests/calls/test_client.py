"""The model client through the real litellm: what it takes for an answer, when it asks again, what it tells."""

import asyncio
import json

import litellm
import pytest
from asking import KEY, NAME, model_at, model_of_the_test, short_waits  # noqa: F401 - fixtures
from openai_server import Reply
from pydantic import BaseModel

from pytest_evalbars.calls.client import Answer, Model
from pytest_evalbars.errors import EvalbarsError, MissingExtra, ModelError

#: Where nobody listens.
NOWHERE = "http://127.0.0.1:9/v1"


def fails(model, *replies, server=None):
    """What the user reads where no answer came, and how often was asked."""
    if server is not None:
        server.plan(*replies)
    with pytest.raises(ModelError) as caught:
        model.ask_sync("What is the capital of France?")
    return str(caught.value), len(server.requests) if server else 0


def test_an_answer_and_what_it_took(server, model):
    server.plan(Reply("Paris"))
    answer = asyncio.run(model.ask("What is the capital of France?"))
    assert answer == Answer(
        text="Paris",
        model="gpt-4o-mini-2026-01-01",
        tokens_in=6,
        tokens_out=1,
        cost_usd=pytest.approx(6 * 0.15e-6 + 0.6e-6),
        seconds=answer.seconds,
    )
    assert 0 < answer.seconds < 10
    (request,) = server.requests
    assert request.body == {
        "model": "gpt-4o-mini",
        "messages": [{"role": "user", "content": "What is the capital of France?"}],
    }
    assert KEY in request.headers["authorization"]


def test_messages_and_parameters_reach_the_server(server):
    said = [{"role": "system", "content": "Be short."}, {"role": "user", "content": "Hello"}]
    asked = model_at(server, temperature=0, seed=1)
    assert asked.ask_sync(said, temperature=0.5, max_tokens=7).text == "answer 1 to: Hello"
    (request,) = server.requests
    expected = {"messages": said, "temperature": 0.5, "seed": 1, "max_tokens": 7}
    assert {key: request.body.get(key) for key in expected} == expected
    assert asked.parameters["temperature"] == 0


def test_what_has_no_price_has_no_cost(server):
    answer = model_at(server, "openai/a-model-of-our-own").ask_sync("hello")
    assert (answer.tokens_in, answer.tokens_out, answer.cost_usd) == (1, 4, None)
    server.plan(Reply("hello", response={"usage": None}))
    answer = model_at(server).ask_sync("hello")
    assert (answer.tokens_in, answer.tokens_out, answer.cost_usd) == (None, None, None)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=500),
        Reply(status=502),
        Reply(status=503),
        Reply(status=504),
        Reply(status=529),
        Reply(status=408),
        Reply(status=429),
        Reply(status=429, retry_after="0.05"),
        Reply(status=429, retry_after="soon"),
        Reply(body='{"choices": [{"mess'),
        Reply(body="<html>502 Bad Gateway</html>"),
        Reply(body=""),
        Reply(cut_after=30),
        Reply(body='{"error": {"message": "overloaded", "code": 502}}'),
    ],
    ids=str,
)
def test_what_is_no_answer_is_asked_again(server, model, reply):
    server.plan(reply, Reply("Paris"))
    assert model.ask_sync("What is the capital of France?").text == "Paris"
    assert len(server.requests) == 2


TOOL = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{"}}
RECEIVED = {
    "empty": (Reply(""), {"text": ""}),
    "of no choices": (Reply(response={"choices": []}), {"text": ""}),
    "nothing said": (Reply(message={"content": None}), {"text": ""}),
    "refused": (Reply(message={"content": None, "refusal": "I can't"}), {"text": "I can't", "refused": True}),
    "filtered": (Reply("Pa", finish_reason="content_filter"), {"text": "Pa", "refused": True}),
    "cut off": (Reply("Par", finish_reason="length"), {"text": "Par", "cut_off": True}),
    "no JSON": (Reply('{"level": '), {"text": '{"level": '}),
    "an apology": (Reply("Error 500: internal server error, rate limit"), {}),
    "control characters": (Reply("\x1b[31m\x00\u202e red"), {"text": "\x1b[31m\x00\u202e red"}),
    "half a character": (Reply("\ud800"), {"text": "\ud800"}),
    "two megabytes": (Reply("x" * 2_000_000), {"text": "x" * 2_000_000}),
    "a call of a tool": (Reply(message={"content": None, "tool_calls": [TOOL]}), {"text": ""}),
}


@pytest.mark.parametrize("name", RECEIVED)
def test_what_was_received_is_the_answer(server, model, name):
    reply, expected = RECEIVED[name]
    server.plan(reply)
    answer = model.ask_sync("What is the capital of France?")
    expected = {"text": reply.text, "refused": False, "cut_off": False} | expected
    assert {key: getattr(answer, key) for key in expected} == expected
    assert len(server.requests) == 1


def test_a_request_that_the_content_filter_turns_away_is_refused(server, model):
    error = {"message": "filtered by the content management policy", "code": "content_filter"}
    server.plan(Reply(status=400, body=json.dumps({"error": error})))
    answer = model.ask_sync("...")
    assert (answer.refused, answer.text, answer.model, answer.tokens_in) == (True, "", NAME, None)
    assert len(server.requests) == 1


TOLD = {
    400: "gave no answer: HTTP 400 (planned 400)",
    401: "gave no answer: HTTP 401 (planned 401); the api_key that was passed does not fit",
    403: "HTTP 403 (planned 403); the key may not use this model",
    404: "HTTP 404 (planned 404); see that the provider has a model of the name 'openai/gpt-4o-mini'",
    409: "HTTP 409 (planned 409)",
    422: "HTTP 422 (planned 422)",
}


@pytest.mark.parametrize("status", TOLD)
def test_a_mistake_of_the_callers_is_told_at_once(server, model, status):
    words, requests = fails(model, Reply(status=status), server=server)
    assert words.startswith("openai/gpt-4o-mini gave no answer")
    assert TOLD[status] in words
    assert requests == 1


def test_a_lasting_failure_is_told_after_the_last_attempt(server):
    words, requests = fails(model_at(server, attempts=3), *[Reply(status=500)] * 3, server=server)
    assert words.startswith("openai/gpt-4o-mini gave no answer in 3 attempts and 0.")
    assert words.endswith(" s: the last: HTTP 500 (planned 500)")
    assert requests == 3


def test_a_server_that_hangs(server):
    words, requests = fails(model_at(server, attempts=2, timeout=0.2), *[Reply(hang=True)] * 2, server=server)
    assert "in 2 attempts" in words
    assert "no answer within 0.2 s; allow each attempt more: Model(timeout=...)" in words
    assert requests == 2


def test_a_server_that_dribbles_is_ended_too(server):
    """The client's own timeout is one of silence, and starts anew with each byte."""
    words, _ = fails(model_at(server, attempts=1, timeout=0.3), Reply("late", after=0.8), server=server)
    assert "no answer within 0.3 s" in words


@pytest.mark.parametrize(
    "fault", [Reply(status=429, retry_after="0.02"), Reply(status=503), Reply(body="<html>")], ids=str
)
@pytest.mark.parametrize(
    "name", ["anthropic/claude-x", "gemini/gemini-x", "azure/ours", "ollama/llama3", "mistral/x", "openrouter/x/y"]
)
def test_faults_of_other_providers_are_told_apart(server, name, fault):
    """They come as other exceptions, with other statuses; what the server did is the same."""
    further = {"api_version": "2024-06-01"} if name.startswith("azure/") else {}
    words, requests = fails(model_at(server, name, **further), fault, Reply(status=401), server=server)
    assert words.startswith(f"{name} gave no answer in 2 attempts")
    assert "the last: HTTP 401 (planned 401); the api_key that was passed does not fit" in words
    assert requests == 2


@pytest.mark.parametrize("content_type", ["text/html", "text/plain; charset=latin-1", "image/png", ""])
def test_a_server_that_calls_its_answer_something_else(server, model, content_type):
    """Taken as it is or asked again; never an error of another kind."""
    server.plan(Reply("Paris", content_type=content_type), Reply("Paris"))
    assert model.ask_sync("hello").text == "Paris"


def test_a_used_up_quota_is_not_asked_for_again(server, model):
    error = {"message": "You exceeded your current quota, check your plan", "code": "insufficient_quota"}
    words, requests = fails(model, Reply(status=429, body=json.dumps({"error": error})), server=server)
    assert "HTTP 429 (You exceeded your current quota, check your plan); the account's quota is used up" in words
    assert requests == 1


def test_a_server_that_wants_hours_gets_no_call_and_nobody_waits(server, model):
    words, requests = fails(model, Reply(status=429, retry_after="7200"), server=server)
    assert "HTTP 429 (planned 429), and it wants no call for 7200 s; allow fewer calls" in words
    assert requests == 1


def test_nobody_listens():
    words, _ = fails(Model(NAME, api_base=NOWHERE, api_key=KEY, attempts=1))
    assert "no connection, or it broke ([Errno 111]" in words
    assert "see whether the provider can be reached" in words


@pytest.mark.parametrize(
    ("name", "parameters", "told"),
    [
        (NAME, {}, "no key was given; set OPENAI_API_KEY, or pass api_key=..."),
        ("anthropic/claude-x", {}, "no key was given; set ANTHROPIC_API_KEY"),
        ("gpt-of-nobody", {}, 'litellm knows no such provider; name the provider first, as in "openai/gpt-4o-mini"'),
        (NAME, {"api_base": "localhost", "api_key": KEY}, 'localhost is no address; write api_base as in "http://'),
    ],
)
def test_what_was_set_up_wrong(monkeypatch, name, parameters, told):
    for variable in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.delenv(variable, raising=False)
    words, _ = fails(Model(name, **parameters))
    assert f"{name} gave no answer: " in words
    assert told in words


@pytest.mark.parametrize(
    "said",
    [
        f"Incorrect API key provided: {KEY}",
        "Bearer abc.def.ghi is wrong",
        f"{{'headers': '{KEY}'}}",
        "sk-proj-aaaaaaaaaaaa",
    ],
)
def test_keys_and_controls_are_not_told(server, model, monkeypatch, said):
    monkeypatch.setenv("SOME_API_KEY", "correct-horse")
    words, _ = fails(model, Reply(f"{said} correct-horse \x1b[2J\u202e", status=401), server=server)
    for secret in (KEY, "abc.def", "sk-proj", "correct-horse", "\x1b", "\u202e"):
        assert secret not in words
    assert "\\x1b" in words
    assert len(words) < 500


def test_an_error_is_short_however_long_the_provider_is(server, model):
    words, _ = fails(model, Reply("x" * 100_000, status=400), server=server)
    assert len(words) < 500


def test_the_cause_is_there_for_a_debugger_and_not_in_the_way(server, model):
    server.plan(Reply(status=400))
    with pytest.raises(ModelError) as caught:
        model.ask_sync("hello")
    assert caught.value.__suppress_context__
    assert caught.value.__cause__ is None


class Verdict(BaseModel):
    level: int


def test_a_schema_is_given_to_models_that_can_hold_to_one(server, model):
    model.ask_sync("Judge.", schema=Verdict)
    (request,) = server.requests
    schema = request.body["response_format"]["json_schema"]
    assert (request.asked, schema["name"], list(schema["schema"]["properties"])) == ("Judge.", "Verdict", ["level"])


@pytest.mark.parametrize("content", ["Judge.", [{"type": "text", "text": "Judge."}]])
def test_a_schema_is_told_to_all_others(server, content):
    model_at(server, "openai/our-own").ask_sync([{"role": "user", "content": content}], schema=Verdict)
    (request,) = server.requests
    assert "response_format" not in request.body
    assert "Judge." in request.asked
    assert '"level"' in request.asked


def test_a_format_of_the_callers_own_is_left_alone(server):
    own = {"type": "json_object"}
    model_at(server, "openai/our-own", response_format=own).ask_sync("Judge.", schema=Verdict)
    assert (server.requests[0].body["response_format"], server.requests[0].asked) == (own, "Judge.")


def test_retries_are_counted_in_one_place(server, monkeypatch):
    monkeypatch.setattr(litellm, "num_retries", 5)
    _, requests = fails(model_at(server, attempts=2), *[Reply(status=500)] * 9, server=server)
    assert requests == 2


def test_what_litellm_itself_finds_wrong_with_an_answer_does_not_change_it(server, model, monkeypatch):
    """A rule of the user's that an answer breaks: the answer was received."""
    monkeypatch.setattr(litellm, "post_call_rules", [lambda text: {"decision": False, "message": f"no {text}"}])
    words, requests = fails(model, Reply("Paris"), server=server)
    assert "no Paris" in words
    assert requests == 1


@pytest.mark.parametrize("wrong", [{"timeout": 0}, {"attempts": 0}, {"stream": True}, {"num_retries": 3}])
def test_parameters_that_make_no_sense(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Model(NAME, **wrong)


def test_without_litellm_a_model_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr("pytest_evalbars.calls.litellm_import.NEEDED", ("litellm_that_is_not_there",))
    with pytest.raises(MissingExtra, match=r"pip install 'pytest-evalbars\[llm\]'") as caught:
        Model(NAME)
    assert isinstance(caught.value, EvalbarsError)


def test_a_model_shows_no_key():
    assert repr(Model(NAME, api_key=KEY)) == "Model('openai/gpt-4o-mini')"
