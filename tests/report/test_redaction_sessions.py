"""Secrets reach no disk, whichever way they come: the user's own patterns, tokens, keys of the environment."""

import json

import pytest

EMPLOYEE, TOKEN, KEY = "EMP-123456", "ghp_0123456789abcdefABCDEF0123456789abcd", "correct-horse-battery"
#: The last as pytest cuts it where it quotes a failed assertion.
SECRETS = (EMPLOYEE, TOKEN, KEY, "horse-battery")

BARS = r"""
redact = ['EMP-\d{6}']
keep_calls = true
baseline = "baseline.jsonl"

[[bar]]
dimension = "accuracy"
at_least = 0.9
"""

SUITE = f"""
import json, os, pytest
WORDS = "{EMPLOYEE} and {TOKEN} and " + os.environ["SOME_TOKEN"]

class Ruling:
    passed, score, level, reason = False, 0.25, None, "a judge of " + WORDS
    shown = {{"input": WORDS, "context": [WORDS]}}
    provenance = {{"rubric": "r@1", "model": "m", "prompt": "0" * 8, "of": "1" * 16, "chars": 3, "note": WORDS,
                  "votes": [{{"reason": WORDS, WORDS: 1}}]}}

@pytest.mark.dimension("accuracy")
@pytest.mark.category("of " + WORDS)
@pytest.mark.labels(team=WORDS)
@pytest.mark.cluster(WORDS)
@pytest.mark.parametrize("n", [pytest.param(n, id=f"{{n}} {{WORDS}}") for n in range(8)])
def test_ways(n, evalcase):
    evalcase.record(input=WORDS, output={{WORDS: [WORDS]}}, context=json.dumps({{"x": WORDS}}))
    evalcase.measure(**{{WORDS: 1}})
    if n == 0:
        assert WORDS == ""
    elif n == 1:
        evalcase.check("accuracy", False, WORDS)
    elif n == 2:
        evalcase.score("accuracy", 0.1, passing=0.5, reason=WORDS)
    elif n == 3:
        evalcase.take("accuracy", Ruling())
    elif n == 4:
        evalcase.predict(WORDS, "other " + WORDS)
        evalcase.check("accuracy", False, "x" * 1_990 + WORDS)
    elif n == 5:
        raise ValueError(WORDS)
    elif n == 6:
        evalcase.score("accuracy", WORDS)
    else:
        pytest.skip(WORDS)
"""


def on_disk(suite, *but):
    """All that stands in the project's files, those of the user and pytest's own cache of node ids left out."""
    own = {"pyproject.toml", "test_x.py", *but}
    paths = [path for path in suite.path.rglob("*") if path.is_file() and path.name not in own]
    return {
        path: path.read_bytes()
        for path in paths
        if "__pycache__" not in path.parts and "cache" not in path.relative_to(suite.path).parts[1:-1]
    }


def leaks(suite, *but):
    return [
        (path.name, secret)
        for path, content in on_disk(suite, *but).items()
        for secret in SECRETS
        if secret.encode() in content
    ]


@pytest.mark.parametrize(
    "further", [(), pytest.param(("-n", "2"), marks=pytest.mark.slow), ("--evalbars-concurrency=4",)], ids=len
)
def test_secrets_reach_no_file_of_ours(suite, monkeypatch, further):
    monkeypatch.setenv("SOME_TOKEN", KEY)
    monkeypatch.delenv("EVALBARS_NO_HISTORY")
    suite.bars(BARS).file("test_x.py", SUITE)
    result = suite.run("-rA", f"--evalbars-label=who={EMPLOYEE}", "--evalbars-html=r.html", *further)
    assert len(result.of("observation")) == 8
    suite.run("--evalbars-update-baseline", "-k", "not 5")
    suite.command("report", result.path, "-o", "r.json", "-o", "r.txt")
    reasons = [line["reason"] for line in result.of("observation") if line["outcome"] == "miss"]
    assert any(each.startswith("a judge of [redacted] and [redacted] and [SOME_TOKEN]") for each in reasons)
    assert leaks(suite) == []
    names = {path.name for path in on_disk(suite)}
    assert {result.path.name, "r.json", "r.txt", "history.db"} <= names, names
    # What a held miss shows is ours, and is in JUnit XML too.
    missed = [line for line in result.out.splitlines() if line.startswith("XFAIL")]
    assert not any(secret in line.partition(" - ")[2] for line in missed for secret in SECRETS)


def test_words_of_misses_in_junit_are_ours(suite, monkeypatch):
    monkeypatch.setenv("SOME_TOKEN", KEY)
    suite.bars(BARS.replace("at_least", "rule = 'estimate'\nat_least")).file("test_x.py", SUITE)
    suite.run("--junit-xml=j.xml")
    words = (suite.path / "j.xml").read_text(encoding="utf-8")
    messages = [part.partition('"')[0] for part in words.split('type="pytest.xfail" message="')[1:]]
    assert len(messages) == 5
    assert "missed: accuracy: [redacted] and [redacted] and [SOME_TOKEN]" in messages
    assert not [each for each in messages if any(secret in each for secret in SECRETS)]


@pytest.mark.slow
def test_a_worker_that_dies_leaves_no_secret(suite, monkeypatch):
    monkeypatch.setenv("SOME_TOKEN", KEY)
    suite.bars(BARS).file("test_x.py", SUITE.replace("raise ValueError(WORDS)", "os._exit(3)"))
    result = suite.run("-n", "2", "--max-worker-restart=4")
    assert len(result.of("observation")) == 8
    assert leaks(suite) == []


def test_only_a_node_id_with_a_secret(suite, monkeypatch):
    monkeypatch.setenv("SOME_TOKEN", KEY)
    suite.bars(BARS).file("test_x.py", SUITE)
    suite.run(f"test_x.py::test_ways[1 {EMPLOYEE} and {TOKEN} and {KEY}]")
    assert leaks(suite) == []


def test_cases_that_only_differ_in_secrets_need_other_names(suite):
    suite.bars(BARS).file(
        "test_x.py",
        """
        import pytest
        @pytest.mark.dimension("accuracy")
        @pytest.mark.parametrize("who", ["EMP-123456", "EMP-654321"])
        def test_x(who):
            pass
        """,
    )
    result = suite.run()
    assert result.exit == 4
    result.said("two cases are both called test_x.py::test_x[[redacted]] once secrets are taken out of their ids")
    assert not suite.run_files()


def test_a_pattern_of_no_use_is_told_before_anything_runs(suite):
    suite.bars(BARS.replace(r"EMP-\d{6}", "(a+)+b")).cases(1, 1)
    result = suite.run()
    assert result.exit == 4
    result.said('pyproject.toml, `redact`: "(a+)+b" takes too long on some texts of ')
    assert not suite.run_files()


def test_patterns_of_one_session_do_not_hold_in_the_next(suite):
    suite.bars(BARS).file("test_x.py", SUITE.replace('os.environ["SOME_TOKEN"]', '""'))
    suite.run()
    suite.bars("")
    result = suite.run("-k", "1")
    assert any(EMPLOYEE in line["reason"] for line in result.of("observation"))


@pytest.mark.slow
def test_a_recorded_conversation_replays_though_its_secrets_are_gone(suite):
    """The second question quotes the first answer, of which the recording has no secret."""
    pytest.importorskip("litellm")
    suite.bars(BARS, ini='filterwarnings = ["ignore"]')
    suite.file(
        "test_x.py",
        f"""
        import litellm, pytest

        def ask(said, answer):
            reply = litellm.completion("openai/gpt-x", [{{"role": "user", "content": said}}], mock_response=answer)
            return reply.choices[0].message.content

        @pytest.mark.dimension("accuracy")
        @pytest.mark.parametrize("who", ["one", "two"])
        def test_x(who):
            first = ask("who is it?", "it is {EMPLOYEE}")
            assert ask(f"tell {{who}} of: {{first}}", "done " + who) == "done " + who
        """,
    )
    assert suite.run("--evalbars-calls=record", "--evalbars-stage=none").counts == {"passed": 2}
    assert leaks(suite) == []
    replayed = suite.run("--evalbars-calls=replay", "--evalbars-stage=none")
    assert replayed.counts == {"passed": 2}
    assert replayed.of("trial")[0]["calls"]["replayed"] == 2
    kept = [json.dumps(line["evidence"]) for line in replayed.of("trial")]
    assert all("it is [redacted]" in each for each in kept)
