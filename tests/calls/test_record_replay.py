"""A suite is recorded once; from then on it runs the same way with the network shut."""

from __future__ import annotations

import json
import re

import pytest
from openai_server import Reply

SUITE = """
    import asyncio
    import litellm
    import pytest

    def say(words):
        return [{"role": "user", "content": words}]

    def text_of(answer):
        return answer.choices[0].message.content

    @pytest.mark.dimension("accuracy")
    @pytest.mark.trials(2)
    @pytest.mark.parametrize("number", range(2))
    async def test_async(number, evalcase):
        answers = await asyncio.gather(
            litellm.acompletion("openai/gpt-4o-mini", say(f"question {number}")),
            litellm.acompletion("openai/gpt-4o-mini", say(f"question {number}")),
            litellm.aembedding("openai/text-embedding-3-small", [f"text {number}"]),
        )
        evalcase.record(output=[text_of(answers[0]), text_of(answers[1]), answers[2].data[0]["embedding"]])
        if number == 1 and evalcase.trial == 1:
            pytest.fail("one of them is a miss")

    @pytest.mark.dimension("accuracy")
    def test_sync(evalcase):
        parts = list(litellm.completion("openai/gpt-4o-mini", say("tell me"), stream=True, temperature=0.5))
        same = litellm.completion("openai/gpt-4o-mini", say("question 1"))
        evalcase.record(output=["".join(part.choices[0].delta.content or "" for part in parts), text_of(same)])
"""


#: So that a miss is no failure.
BAR = '[[bar]]\ndimension = "accuracy"\nat_least = 0.2\nrule = "estimate"'


def told(outcome):
    """The run file's lines without times and names of the run, in an order of their own."""
    lines = []
    for line in outcome.of("trial") + outcome.of("observation"):
        kept = {key: value for key, value in line.items() if key not in ("worker", "run")}
        if "measures" in kept:
            kept["measures"] = {key: value for key, value in kept["measures"].items() if key != "seconds"}
        lines.append(json.dumps(kept, sort_keys=True))
    return sorted(lines)


def recordings(suite):
    return sorted(suite.path.glob("recordings/*/*.json"))


#: The recordings of the suite, by their names; made once.
RECORDED: dict[str, bytes] = {}


@pytest.fixture
def recorded(project, server):
    """A project that was recorded, serially, and whose server is down."""
    project.bars(BAR, ini='filterwarnings = ["ignore"]')
    project.file("test_cases.py", SUITE)
    if not RECORDED:
        outcome = project.run("--evalbars-calls=record")
        assert (outcome.exit, outcome.counts) == (0, {"passed": 5, "missed": 1})
        # 2 cases of 2 trials, 2 equal questions and a text each; a stream; one question is asked by two cases.
        assert len(recordings(project)) == len(server.requests) == 2 * 2 * 3 + 1
        files = (path for path in (project.path / "recordings").rglob("*") if path.is_file())
        RECORDED.update({str(path.relative_to(project.path)): path.read_bytes() for path in files})
    for name, content in RECORDED.items():
        path = project.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    server.close()
    return project


def test_replays_to_identical_run_files(recorded):
    first, *others = (
        recorded.run(*arguments, "--evalbars-calls=replay")
        for arguments in ((), (), ("--evalbars-concurrency=4",), ("--evalbars-concurrency=4",))
    )

    assert {outcome.exit for outcome in (first, *others)} == {0}
    for outcome in others:
        assert told(outcome) == told(first)
    trial = next(line for line in first.of("trial") if "test_sync" in line["case"])
    assert trial["calls"] == {
        "models": {"gpt-4o-mini": 1, "gpt-4o-mini-2026-01-01": 1},
        "replayed": 2,
        "paid": 0.0,
    }
    assert trial["measures"]["cost_usd"] > 0  # what it cost when it was recorded


@pytest.mark.slow
@pytest.mark.slow
def test_a_report_of_replayed_answers_is_rebuilt_from_its_run_file(recorded):
    pytest.importorskip("jinja2")
    result = recorded.run("--evalbars-calls=replay", "--evalbars-html=x.html", "--evalbars-markdown=x.md")
    recorded.command(
        "report", result.path, *(word for end in ("html", "md", "txt", "xml") for word in ("-o", f"y.{end}"))
    )
    for end in ("html", "md"):
        assert (recorded.path / f"x.{end}").read_bytes() == (recorded.path / f"y.{end}").read_bytes()
    for end in ("html", "md", "txt", "xml"):
        assert "replayed" in (recorded.path / f"y.{end}").read_text()


def test_replays_ten_times_whoever_runs_it(recorded):
    workers = [("-n2",), ("-n3", "--evalbars-concurrency=4")]  # each of which imports litellm
    ways = [(), ("--evalbars-concurrency=8",), *workers, *[(), ("--evalbars-concurrency=4",)] * 3]
    outcomes = [recorded.run(*way, "--evalbars-calls=replay") for way in ways]

    assert {outcome.exit for outcome in outcomes} == {0}
    assert len({"\n".join(told(outcome)) for outcome in outcomes}) == 1


def test_the_recording_says_what_was_said(recorded):
    outcome = recorded.run("--evalbars-calls=replay")
    outputs = {line["case"]: line["evidence"]["output"] for line in outcome.of("trial") if line["trial"] == 0}
    assert all(len(set(map(str, each[:2]))) == 2 for each in outputs.values())  # equal questions, two answers
    entry = json.loads(recordings(recorded)[0].read_text(encoding="utf-8"))
    assert entry.keys() >= {
        "schema",
        "key",
        "request",
        "answer",
        "seconds",
        "model",
        "tokens_in",
        "cost_usd",
        "recorded",
    }
    assert (recorded.path / "recordings" / ".gitignore").read_text(encoding="utf-8") == ".lock\ntmp*\n"


def test_a_changed_prompt_is_a_missing_call_that_is_named(recorded):
    recorded.file("test_cases.py", SUITE.replace('"tell me"', '"tell me more"').replace("0.5", "0.7"))

    outcome = recorded.run("--evalbars-calls=replay")

    assert (outcome.exit, outcome.counts) == (1, {"passed": 4, "missed": 1, "failed": 1})
    outcome.said(
        "MissingCall: a call of openai/gpt-4o-mini is not recorded in recordings (case test_cases.py::test_sync, ",
        "prompt 'tell me more'",
        "messages[0].content differs: 'tell me' -> 'tell me more'; temperature differs: 0.5 -> 0.7",
        "record it with --evalbars-calls=auto",
    )
    assert {line["outcome"] for line in outcome.of("observation") if "test_sync" in line["case"]} == {"error"}


def test_a_missing_call_that_was_swallowed_is_an_error_too(recorded):
    recorded.file(
        "test_cases.py",
        """
        import litellm, pytest

        @pytest.mark.dimension("accuracy")
        def test_sync(evalcase):
            try:
                litellm.completion("openai/gpt-4o-mini", [{"role": "user", "content": "new"}])
            except Exception:
                evalcase.check("accuracy", True)
        """,
    )
    outcome = recorded.run("--evalbars-calls=replay")
    assert outcome.exit == 1
    outcome.said("could not be judged", "is not recorded in recordings")


@pytest.mark.slow
def test_more_trials_than_recorded(recorded):
    outcome = recorded.run("--evalbars-calls=replay", "--evalbars-trials=3", "-k", "test_async")
    outcome.said("the very same is recorded for other trials only (0, 1)")


@pytest.mark.slow
def test_auto_records_what_is_missing(project, server):
    project.bars(BAR, ini='filterwarnings = ["ignore"]')
    project.file("test_cases.py", SUITE)
    project.run("--evalbars-calls=record", "-k", "test_sync")
    assert len(server.requests) == 2
    outcome = project.run("--evalbars-calls=auto")
    assert outcome.exit == 0
    assert len(server.requests) == 2 * 2 * 3 + 1
    assert project.run("--evalbars-calls=auto").exit == 0
    assert len(server.requests) == 2 * 2 * 3 + 1


@pytest.mark.slow
def test_record_asks_again(recorded):
    again = recorded.run("--evalbars-calls=record", "-k", "test_sync")  # the server is down
    assert again.exit == 1
    again.said("Connection error")
    assert recorded.run("--evalbars-calls=replay").exit == 0  # and what was recorded is still there


@pytest.mark.slow
def test_the_mode_and_the_folder_stand_in_the_bars_file(project, server):
    project.bars(f'calls = "auto"\nrecordings = "answers/of models"\n{BAR}', ini='filterwarnings = ["ignore"]')
    project.file("test_cases.py", SUITE)
    assert project.run().exit == 0
    assert len(list(project.path.glob("answers/of models/*/*.json"))) == 2 * 2 * 3 + 1
    assert project.run("--evalbars-calls=live").exit in (0, 10)
    assert len(server.requests) == (2 * 2 * 3 + 1) + (2 * 2 * 3 + 2)  # live asks whatever is asked


def test_a_mode_that_is_none(project):
    project.bars('calls = "recrod"')
    project.file("test_cases.py", SUITE)
    outcome = project.run()
    assert outcome.exit == 4
    outcome.said("`calls`", "\"recrod\" is none of live, record, replay, auto; did you mean 'record'?")


def test_failures_are_not_recorded_and_leave_no_hole(project, server):
    project.file(
        "test_cases.py",
        """
        import litellm, pytest

        def ask():
            return litellm.completion("openai/gpt-4o-mini", [{"role": "user", "content": "hi"}], max_retries=0)

        @pytest.mark.dimension("accuracy")
        def test_retries(evalcase):
            answers = []
            for _ in range(6):
                try:
                    answers += [ask().choices[0].message.content] if len(answers) < 2 else []
                except Exception:
                    pass
            evalcase.record(output=answers)
        """,
    )
    server.plan(Reply(status=500), Reply(status=429), Reply("one"), Reply(body="{oops"), Reply("two"))
    first = project.run("--evalbars-calls=record")
    server.close()
    second = project.run("--evalbars-calls=replay")

    assert (first.exit, second.exit) == (0, 0)
    assert [line["evidence"]["output"] for line in (*first.of("trial"), *second.of("trial"))] == [["one", "two"]] * 2
    assert len(recordings(project)) == 2
    assert second.of("trial")[0]["measures"]["calls"] == 2


@pytest.mark.slow
def test_streams_cut_off_are_not_recorded(project, server):
    project.file(
        "test_cases.py",
        """
        import threading

        import litellm, pytest

        @pytest.mark.dimension("accuracy")
        def test_stream(evalcase):
            try:
                stream = litellm.completion(
                    "openai/gpt-4o-mini", [{"role": "user", "content": "hi"}], stream=True, max_retries=0
                )
                evalcase.record(output=next(stream).choices[0].delta.role)  # and reads no further
                if evalcase.trial:
                    list(stream)
            finally:
                # litellm formats the failure in a thread, pytest formats it too; before 3.11.8, two threads that both
                # parse source for it can break each other (python/cpython#106905).
                for thread in threading.enumerate():
                    if "failure_handler" in thread.name:
                        thread.join(30)
        """,
    )
    server.otherwise = lambda _: Reply(cut_after=3)
    cut = project.run("--evalbars-calls=record")
    assert cut.exit == 1
    assert recordings(project) == []
    live = project.run("--evalbars-trials=2")
    assert (live.exit, live.counts) == (1, {"passed": 1, "failed": 1})
    assert [line.get("measures", {}).get("calls") for line in live.of("trial")] == [1, None]

    server.otherwise = lambda _: Reply()
    assert project.run("--evalbars-calls=record").exit == 0  # read to its end, though the case does not
    server.close()
    assert project.run("--evalbars-calls=replay").exit == 0


def test_tools_logprobs_and_usage_come_back(project, server):
    project.file(
        "test_cases.py",
        """
        import json, litellm, pydantic, pytest

        class Shape(pydantic.BaseModel):
            word: str

        @pytest.mark.dimension("accuracy")
        def test_tools(evalcase):
            answer = litellm.completion(
                "openai/gpt-4o-mini", [{"role": "user", "content": "hi"}], response_format=Shape, logit_bias={"5": 1},
                extra_headers={"X-Team": "a", "Authorization": "Bearer of-the-team-itself", "X-Request-ID": "1"},
                extra_body={"top_k": 3, "api_key": "hidden-in-the-body"}, timeout=30, metadata={"a": object()},
            )
            assert isinstance(answer, litellm.ModelResponse)
            call = answer.choices[0].message.tool_calls[0]
            assert json.loads(call.function.arguments) == {"a": 1}
            assert answer.choices[0].finish_reason == "tool_calls"
            assert answer.choices[0].logprobs.content[0].token == "x"
            assert answer.usage.prompt_tokens_details.cached_tokens == 2
            evalcase.record(output=answer.model_dump(exclude_none=True))
            assert answer._hidden_params["response_cost"] > 0
        """,
    )
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
    token = {"token": "x", "logprob": -0.1, "bytes": [1], "top_logprobs": []}
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": None, "tool_calls": [call]},
        "finish_reason": "tool_calls",
        "logprobs": {"content": [token]},
    }
    usage = {
        "prompt_tokens": 3,
        "completion_tokens": 5,
        "total_tokens": 8,
        "prompt_tokens_details": {"cached_tokens": 2},
    }
    server.plan(Reply(response={"choices": [choice], "usage": usage}))
    first = project.run("--evalbars-calls=record")
    second = project.run("--evalbars-calls=replay")
    assert (first.exit, second.exit, len(server.requests)) == (0, 0, 1)
    outputs = [outcome.of("trial")[0]["evidence"]["output"] for outcome in (first, second)]
    assert outputs[0] == outputs[1]
    (path,) = recordings(project)
    content = path.read_text(encoding="utf-8")
    assert re.fullmatch(r"sha256:[0-9a-f]{16}", json.loads(content)["request"]["extra_headers"].pop("x-team"))
    assert json.loads(content)["request"]["extra_body"] == {"top_k": 3}
    assert json.loads(content)["request"]["response_format"]["json_schema"]["title"] == "Shape"
    assert "metadata" not in content


def test_what_a_recording_cannot_hold_is_said(project):
    project.file(
        "test_cases.py",
        """
        import litellm, pytest

        @pytest.mark.dimension("accuracy")
        def test_object():
            litellm.completion("openai/gpt-4o-mini", [{"role": "user", "content": "hi"}], stop={1, 2})
        """,
    )
    outcome = project.run("--evalbars-calls=record")
    assert outcome.exit == 1
    outcome.said("litellm.completion(stop=...): {1, 2} is a set, which a recording cannot hold; pass plain values")


def test_secrets_are_on_no_disk(project, server, monkeypatch):
    monkeypatch.setenv("OTHER_TOKEN", "a-token-of-the-environment")
    project.bars("keep_calls = true", ini='filterwarnings = ["ignore"]')
    project.file(
        "test_cases.py",
        """
        import litellm, os, pytest

        @pytest.mark.dimension("accuracy")
        def test_secret():
            litellm.completion(
                "openai/gpt-4o-mini", [{"role": "user", "content": "my token is " + os.environ["OTHER_TOKEN"]}],
                api_key="sk-given-by-hand-in-the-code", api_base=os.environ["OPENAI_BASE_URL"],
                extra_headers={"X-Api-Key": "key-in-a-header", "Api-Key-2": "key-of-a-second"} | {
                    "X-Session": "session-in-a-header", "X-Auth": "authorized-by-a-header"
                },
                extra_body={"credentials": {"user": "known-to-the-provider"}, "auth": "in-the-body"},
                max_retries=0,
            )
        """,
    )
    secrets = (
        "a-token-of-the-environment",
        "sk-given-by-hand-in-the-code",
        "key-in-a-header",
        "sk-nobody-must-see-this",
        "key-of-a-second",
        "authorized-by-a-header",
    )
    echo = "you sent " + ", ".join(secrets)
    secrets += ("session-in-a-header", "known-to-the-provider", "in-the-body")
    server.otherwise = lambda _: Reply(echo, response={"model": secrets[1]})

    for mode in ("live", "record", "replay"):
        assert project.run(f"--evalbars-calls={mode}").exit == 0
    files = [path for path in project.path.rglob("*") if path.is_file() and path.suffix in (".json", ".jsonl")]
    assert len(files) == 1 + 3
    for path in files:
        content = path.read_text(encoding="utf-8")
        assert not [secret for secret in secrets if secret in content], path
    run = project.run("--evalbars-calls=replay")
    (shown,) = run.of("trial")[0]["evidence"]["calls"]
    assert shown["asked"][0]["content"] == "my token is [OTHER_TOKEN]"
    assert shown["answer"].startswith("you sent [OTHER_TOKEN], [secret], ")


def test_a_damaged_recording_is_named(recorded):
    for path in recordings(recorded):
        entry = json.loads(path.read_text(encoding="utf-8"))
        if entry["streamed"]:
            path.write_text(path.read_text(encoding="utf-8")[:100], encoding="utf-8")
            damaged = path
        elif "question 0" in str(entry["request"]) and entry["occurrence"] == 0 and entry["trial"] == 1:
            path.write_text('{"schema": 99}', encoding="utf-8")
    outcome = recorded.run("--evalbars-calls=replay")
    assert outcome.counts == {"passed": 3, "missed": 1, "failed": 2}
    name = re.escape(f"recordings/{damaged.parent.name}/{damaged.name}")
    assert re.search(rf"CallsError: {name}: the recorded call is damaged", outcome.out)
    outcome.said("delete the file and record the call again with --evalbars-calls=auto")
    outcome.said("of another version of pytest-evalbars")


@pytest.mark.slow
def test_what_cannot_be_recorded_is_said_and_fails_the_session(project):
    project.bars(BAR, ini='filterwarnings = ["ignore"]')
    project.file("test_cases.py", SUITE)
    project.file("recordings", "a file where the folder should be")
    outcome = project.run("--evalbars-calls=record")
    assert (outcome.exit, outcome.counts) == (10, {"passed": 5, "missed": 1})
    outcome.said("14 calls of models could not be recorded: recordings: File exists; the recording is not complete")


def test_calls_of_no_trial_are_told(project, server):
    project.file(
        "test_cases.py",
        """
        import litellm, pytest

        @pytest.fixture(scope="session")
        def facts():
            return litellm.completion("openai/gpt-4o-mini", [{"role": "user", "content": "facts"}])

        @pytest.fixture
        def own():
            return litellm.completion("openai/gpt-4o-mini", [{"role": "user", "content": "own"}])

        @pytest.mark.dimension("accuracy")
        @pytest.mark.parametrize("number", range(2))
        def test_facts(facts, own, number):
            assert facts and own
        """,
    )
    first = project.run("--evalbars-calls=record")
    first.said("note: 1 call of models outside of every trial, $2.55e-06 (as in fixtures of the session)")
    assert [line["measures"]["calls"] for line in first.of("trial")] == [1, 1]
    second = project.run("--evalbars-calls=replay")
    second.said("note: 1 call of models outside of every trial, replayed (as in")
    assert (first.exit, second.exit, len(server.requests)) == (0, 0, 2)


def test_the_tested_code_prices_a_recorded_answer_as_it_priced_the_fresh_one(project):
    project.file(
        "test_cases.py",
        """
        import litellm, pytest

        @pytest.mark.dimension("accuracy")
        def test_cost(evalcase):
            answer = litellm.completion("openai/gpt-4o-mini", [{"role": "user", "content": "hi"}])
            evalcase.record(output=litellm.completion_cost(answer))
        """,
    )
    fresh, replayed = (project.run(f"--evalbars-calls={mode}") for mode in ("record", "replay"))
    assert (fresh.exit, replayed.exit) == (0, 0)
    assert fresh.of("trial")[0]["evidence"] == replayed.of("trial")[0]["evidence"]


FIXTURE = """
    import asyncio
    from concurrent.futures import ThreadPoolExecutor
    import litellm, pytest

    def ask(words):
        return litellm.completion("openai/gpt-4o-mini", [{"role": "user", "content": words}])

    @pytest.fixture(scope="session")
    def answers():
        return [ask(f"question {number}") for number in range(2)]

    @pytest.mark.dimension("accuracy")
    @pytest.mark.parametrize("number", range(2))
    def test_answers(answers, number):
        assert answers[number]

    @pytest.mark.dimension("accuracy")
    def test_own(answers):
        assert ask("of its own") and answers
"""
THREAD = """
    import asyncio
    from concurrent.futures import ThreadPoolExecutor
    import litellm, pytest

    @pytest.mark.dimension("accuracy")
    async def test_answers():
        def ask():
            return litellm.completion("openai/gpt-4o-mini", [{"role": "user", "content": "x"}])

        with ThreadPoolExecutor(1) as pool:
            assert await asyncio.get_running_loop().run_in_executor(pool, ask)
"""


@pytest.mark.parametrize(
    ("text", "mode"), [(FIXTURE, "auto"), (FIXTURE, "replay"), pytest.param(THREAD, "replay", marks=pytest.mark.slow)]
)
def test_what_may_rest_on_a_recorded_answer_is_no_new_evidence(project, text, mode):
    project.bars("concurrency = 2\n" + BAR, ini='filterwarnings = ["ignore"]')
    project.file("test_cases.py", text)
    apart = text is THREAD  # litellm leaves an event loop open in a thread
    fresh = project.run("--evalbars-calls=record", subprocess=apart)
    assert not any("replayed" in line for line in fresh.of("observation"))
    project.file("test_cases.py", text.replace("of its own", "something else") if mode == "auto" else text)

    outcome = project.run(f"--evalbars-calls={mode}", *(["--evalbars-trials=3"] if apart else []), subprocess=apart)

    assert outcome.exit == 0
    if mode == "auto":
        outcome.said("2 of 3 trials replay recorded answers", "met (partly replayed)")
    else:
        outcome.said("3 of 3 trials replay recorded answers", "met (replayed)")
    assert (
        project.command("history").out.count("replayed, not counted" if mode == "replay" else "2 trials replayed")
        >= 1
    )


@pytest.mark.parametrize(
    "call",
    [
        "litellm.moderation('hi')",
        "litellm.search('hi', 'tavily')",
        "asyncio.run(litellm.anthropic_messages(100, [], 'anthropic/x'))",
        "asyncio.run(litellm.agenerate_content('gemini/x', []))",
    ],
)
def test_what_replays_refuse_is_an_error_when_it_is_swallowed(project, call):
    project.file(
        "test_cases.py",
        f"""
        import asyncio
        import litellm, pytest

        @pytest.mark.dimension("accuracy")
        def test_others():
            try:
                {call}
            except Exception:
                pass
        """,
    )
    outcome = project.run("--evalbars-calls=replay")
    assert outcome.exit == 1
    outcome.said("could not be judged: litellm.", "was called while calls are replayed")


def test_replaying_asks_nothing_else(project, server):
    project.file(
        "test_cases.py",
        """
        import litellm, pytest

        @pytest.mark.dimension("accuracy")
        def test_others():
            litellm.moderation("hi")
        """,
    )
    outcome = project.run("--evalbars-calls=replay")
    assert outcome.exit == 1
    outcome.said("litellm.moderation was called while calls are replayed, which never reaches the network")
    project.file("test_cases.py", 'import litellm\nlitellm.completion("openai/x", [])\n')
    outcome = project.run("--evalbars-calls=replay")
    outcome.said("litellm.completion was called while no eval case runs")
    assert server.requests == []
