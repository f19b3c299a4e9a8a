"""Levels, predictions, guardrails and measures reach the gate from every kind of session, and from merged shards."""

import json

import pytest

BARS = """
[tool.evalbars.scales.tone]
levels = ["good", "fair", "bad"]
passing = "fair"
[[bar]]
dimension = "tone"
metric = "at_or_above"
level = "good"
at_least = 0.1
[[bar]]
metric = "recall"
each = "class"
at_least = 0.1
[[bar]]
metric = "coverage"
at_least = 0.1
[[bar]]
metric = "p50_hops"
at_most = 100
[[bar]]
metric = "mean_latency"
at_most = 100
[[bar]]
dimension = "*"
at_least = 0.1
"""
BODY = """
    if n == 7 and Path("away").exists(): raise ConnectionError("away")
    evalcase.grade("tone", ("good", "fair", "bad")[n % 3])
    evalcase.predict("ab"[n % 2], "a", confidence=n / 20)
    evalcase.guardrail("pre", "block" if n % 5 == 0 else "pass")
    evalcase.measure(hops=n, cost_usd=None)
    if n == 9 and Path("stop").exists(): pytest.exit("enough")
"""
SYNC = (
    """
from pathlib import Path
import pytest
@pytest.mark.dimension("tone", "accuracy")
@pytest.mark.parametrize("n", range(20), ids="c{:02}".format)
def test_it(evalcase, n):
"""
    + BODY
)
ASYNC = SYNC.replace("def test_it", "async def test_it").replace(
    "import pytest\n", "import asyncio\nimport pytest\n", 1
)
ASYNC = ASYNC.replace("evalcase, n):\n", "evalcase, n):\n    await asyncio.sleep(0.001 * (n % 3))\n", 1)
WAYS = {
    "one by one": (SYNC, ()),
    "workers": (SYNC, ("-n", "2")),
    "in flight": (ASYNC, ("--evalbars-concurrency=4",)),
    "workers in flight": (ASYNC, ("-n", "2", "--evalbars-concurrency=4")),
    "threads": (SYNC, ("--evalbars-concurrency=4",)),
}


SELDOM = pytest.param("workers in flight", marks=pytest.mark.slow)


@pytest.fixture(params=[*(way for way in WAYS if way != "workers in flight"), SELDOM])
def way(request, suite):
    source, arguments = WAYS[request.param]
    suite.bars(BARS.replace("[tool", "threads = true\n[tool", 1) if request.param == "threads" else BARS)
    suite.file("test_it.py", source)
    return arguments


def number(line):
    return int(line["case"].rpartition("[c")[2][:-1])


def complete(lines):
    """Assert that every trial's line says what the case said, and nothing else."""
    trials = {number(line): line for line in lines if line["type"] == "trial"}
    assert sorted(trials) == list(range(20))
    for n, line in trials.items():
        assert line["prediction"] == {"expected": "ab"[n % 2], "predicted": "a", "confidence": n / 20}
        assert line["guardrail"] == {"pre": "pass" if n % 5 else "block"}
        measures = {key: value for key, value in line["measures"].items() if key not in ("seconds", "waited")}
        assert measures == {"hops": n}
        assert 0 <= line["measures"]["seconds"] < 10
    levels = {number(line): line["level"] for line in lines if line.get("dimension") == "tone"}
    assert levels == {n: ("good", "fair", "bad")[n % 3] for n in range(20)}
    assert {line["level"] for line in lines if line.get("dimension") == "accuracy"} == {None}


EXPECTED = {
    ("at_or_above:tone,level=good", "tone", None): 0.35,
    ("recall", None, "a"): 1.0,
    ("recall", None, "b"): 0.0,
    ("coverage", None, None): 0.8,
    ("p50_hops", None, None): 9.0,
    ("pass_rate:*", "accuracy", None): 1.0,
    ("pass_rate:*", "tone", None): 0.7,
}


def decided(suite, *paths):
    """The estimates of the command on run files, but for the time, which is never the same."""
    told = json.loads(suite.command("gate", *paths, "--json").out)
    found = {(each["bar"], each["dimension"], each["group"]): each["estimate"] for each in told["verdicts"]}
    assert found.pop(("mean_latency", None, None)) >= 0
    return found


def test_every_kind_of_session_keeps_what_cases_say(suite, way):
    result = suite.run(*way)
    assert result.exit == 0
    complete(result.lines)
    assert decided(suite, result.path) == pytest.approx(EXPECTED)


@pytest.mark.slow
def test_a_resumed_run_has_all_of_it_once(suite, way):
    """Stopped in the middle, with a case in error that is tried again."""
    suite.file("stop", "")
    suite.file("away", "")
    suite.run(*way, "--evalbars-run=run.jsonl")
    for name in ("stop", "away"):
        (suite.path / name).unlink()
    suite.run(*way, "--evalbars-resume=run.jsonl")
    lines = [json.loads(line) for line in (suite.path / "run.jsonl").read_text().splitlines()]
    last = {(line["type"], line.get("case"), line.get("dimension")): line for line in lines}
    complete(list(last.values()))
    assert decided(suite, "run.jsonl") == pytest.approx(EXPECTED)


@pytest.mark.parametrize("workers", [(), pytest.param(("-n", "2"), marks=pytest.mark.slow)], ids=["serial", "-n 2"])
def test_shards_merge(suite, workers):
    suite.bars(BARS).file("test_it.py", SYNC)
    for index in (1, 2, 3):
        suite.run(f"--evalbars-shard={index}/3", f"--evalbars-run=s{index}.jsonl", *workers)
    paths = [f"s{index}.jsonl" for index in (1, 2, 3)]
    complete([json.loads(line) for path in paths for line in (suite.path / path).read_text().splitlines()])
    assert decided(suite, *paths) == pytest.approx(EXPECTED)
    assert decided(suite, *reversed(paths)) == pytest.approx(EXPECTED)


def test_reruns_keep_the_last_word_only(suite):
    """pytest-rerunfailures runs an error again: the new account knows nothing of the old one."""
    suite.bars(BARS).file(
        "test_it.py",
        SYNC.replace(
            '    evalcase.grade("tone"',
            "    if n == 3 and not Path('again').exists():\n"
            "        Path('again').touch()\n"
            "        evalcase.predict('old', 'old')\n"
            "        evalcase.guardrail('post', 'block')\n"
            "        evalcase.measure(old=1)\n"
            "        raise ConnectionError\n"
            '    evalcase.grade("tone"',
        ),
    )
    result = suite.run("--reruns=1")
    complete(result.lines)


def test_trials_of_a_case_each_have_their_own(suite):
    suite.bars(BARS).file(
        "test_it.py",
        """
        import pytest
        @pytest.mark.dimension("tone")
        @pytest.mark.trials(3)
        def test_it(evalcase):
            evalcase.grade("tone", ("good", "fair", "bad")[evalcase.trial])
            evalcase.predict("a", "ab"[evalcase.trial % 2])
            evalcase.measure(hops=evalcase.trial)
        """,
    )
    result = suite.run()
    trials = {line["trial"]: line for line in result.of("trial")}
    assert {n: line["measures"]["hops"] for n, line in trials.items()} == {0: 0, 1: 1, 2: 2}
    assert [trials[n]["prediction"]["predicted"] for n in range(3)] == ["a", "b", "a"]
    assert [line["level"] for line in result.of("observation")] == ["good", "fair", "bad"]


def test_what_a_case_said_before_it_failed_is_kept(suite):
    suite.bars(BARS).file(
        "test_it.py",
        """
        import pytest
        @pytest.mark.dimension("tone")
        @pytest.mark.parametrize("n", range(3), ids="c{}".format)
        def test_it(evalcase, n):
            evalcase.predict("a", "b", confidence=0.5)
            evalcase.guardrail("post", "rewrite")
            evalcase.measure(hops=n)
            if n == 0: assert False, "wrong"
            if n == 1: raise ValueError("boom")
            pytest.skip("enough")
        """,
    )
    result = suite.run()
    for line in result.of("trial"):
        assert line["prediction"]["predicted"] == "b"
        assert line["guardrail"] == {"post": "rewrite"}
        assert line["measures"]["hops"] == int(line["case"][-2])
    assert [line["outcome"] for line in result.of("observation")] == ["miss", "error", "skipped"]


# -- run files of other tools ---------------------------------------------------------------------------------

BAD = {
    "measures as a list": ({"measures": [1]}, "not a line of a run file"),
    "a prediction without its class": ({"prediction": {"predicted": "a"}}, "expected"),
    "a prediction of a number": ({"prediction": {"expected": 1, "predicted": "a"}}, "not two names of classes"),
    "a prediction of nothing": ({"prediction": {"expected": "", "predicted": "a"}}, "not two names of classes"),
    "a prediction as a list": ({"prediction": ["a", "b"]}, "not a line of a run file"),
    "a confidence above one": (
        {"prediction": {"expected": "a", "predicted": "a", "confidence": 90}},
        "confidence is 90, not a number from 0 to 1",
    ),
    "a confidence in words": (
        {"prediction": {"expected": "a", "predicted": "a", "confidence": "high"}},
        "confidence is 'high'",
    ),
    "a guardrail that did something else": ({"guardrail": {"pre": "blocked"}}, "guardrail pre is 'blocked'"),
    "a guardrail as a word": ({"guardrail": "block"}, "not a line of a run file"),
    "a level of a number": ({"level": 2}, "level is 2, not a name"),
}


@pytest.mark.parametrize("how", BAD)
def test_what_makes_no_sense_in_a_run_file_names_the_line(suite, how):
    more, words = BAD[how]
    suite.bars(BARS)
    good = {"type": "observation", "case": "a", "dimension": "tone", "outcome": "pass"}
    suite.file("run.jsonl", f"{json.dumps(good)}\n{json.dumps({**good, 'case': 'b', **more})}\n")
    result = suite.command("gate", "run.jsonl")
    assert result.exit == 4
    told = result.out + result.err
    assert "run.jsonl, line 2: " in told
    assert words in told
    assert "Traceback" not in told


NO_NUMBERS = ["NaN", "Infinity", "-Infinity", "1e999", "true", '"fast"', "null", "9" * 400]


@pytest.mark.parametrize("value", NO_NUMBERS)
def test_what_is_no_number_in_a_run_file_was_not_measured(suite, value):
    suite.bars(BARS)
    line = '{"case": "a%d", "dimension": "tone", "outcome": "pass", "measures": {"hops": %s}}\n'
    suite.file("run.jsonl", line % (1, value) + line % (2, 5))
    result = suite.command("gate", "run.jsonl", "--json")
    assert result.err == ""
    found = next(each for each in json.loads(result.out)["verdicts"] if each["bar"] == "p50_hops")
    assert (found["estimate"], found["cases"], found["unjudged"]) == (5, 1, 1)


def test_guardrails_at_a_stage_of_a_later_version_are_left_alone(suite):
    suite.bars(BARS)
    line = {"case": "a", "dimension": "tone", "outcome": "pass", "guardrail": {"tool": "block", "pre": "pass"}}
    suite.file("run.jsonl", json.dumps(line) + "\n")
    found = json.loads(suite.command("gate", "run.jsonl", "--json").out)
    assert next(each for each in found["verdicts"] if each["bar"] == "coverage")["estimate"] == 1
