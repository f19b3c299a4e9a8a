"""The model's API fails: each such trial is an error, never a miss, and no trial is lost or asked for twice."""

import io
from collections import Counter
from contextlib import redirect_stderr, redirect_stdout

import pytest
from faulty_model import FAULTS, RATES, FaultyModel

from pytest_evalbars.cli import main

CASES = 60
BAR = """
max_errors = {max_errors}
threads = true
[[bar]]
dimension = "accuracy"
at_least = 0.1
"""
CLIENT = """
import asyncio
import http.client
import json

PLACE = ("127.0.0.1", {port})

class ApiError(Exception):
    pass

def answer_of(status, body):
    if status != 200:
        raise ApiError(f"HTTP {{status}}")
    return json.loads(body)["answer"]

async def once(question):
    reader, writer = await asyncio.open_connection(*PLACE)
    try:
        body = json.dumps({{"question": question}}).encode()
        writer.write(b"POST / HTTP/1.1\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body) + body)
        head = (await reader.readuntil(b"\\r\\n\\r\\n")).decode().lower().splitlines()
        headers = dict(line.split(": ", 1) for line in head[1:] if line)
        return int(head[0].split()[1]), headers, await reader.readexactly(int(headers["content-length"]))
    finally:
        writer.close()

async def ask(question):
    status, headers, body = await once(question)
    if status == 429:
        await asyncio.sleep(float(headers["retry-after"]))
        status, headers, body = await once(question)
    return answer_of(status, body)

def ask_blocking(question):
    for attempt in range(2):
        connection = http.client.HTTPConnection(*PLACE)
        try:
            connection.request("POST", "/", json.dumps({{"question": question}}))
            response = connection.getresponse()
            status, body = response.status, response.read()
        finally:
            connection.close()
        if status != 429:
            break
    return answer_of(status, body)
"""
TESTS = """
import pytest
import client

def question(number):
    limit = 0.3 if number in {hangs} else 30  # a busy machine must not make others hang
    return pytest.param(number, id=f"q{{number}}", marks=pytest.mark.timeout(limit))

@pytest.mark.dimension("accuracy")
@pytest.mark.parametrize("question", [question(number) for number in range({cases})])
{body}
    assert answer == "right"
"""
ASYNC = "async def test_answer(question):\n    answer = await client.ask(question)"
SYNC = "def test_answer(question):\n    answer = client.ask_blocking(question)"

WAYS = {
    "serial": (ASYNC, ()),
    "window": (ASYNC, ("--evalbars-concurrency=20",)),
    "workers": (ASYNC, ("-n", "2", "--evalbars-concurrency=10")),
    "sync": (SYNC, ()),
    "threads": (SYNC, ("--evalbars-concurrency=20",)),
}


def number_of(case):
    """The question that a case asks."""
    return int(case.rpartition("[q")[2].rstrip("]"))


def short(result):
    """What each question's case said, in the order of the questions."""
    said = {number_of(key[0]): outcome for key, outcome in result.verdicts.items()}
    return [said.get(number) for number in range(CASES)]


def gate(*arguments):
    """`evalbars gate` in this process: exit code and all that it printed."""
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(out):
        code = main(["gate", *map(str, arguments)])
    return code, out.getvalue()


@pytest.fixture
def ask(suite):
    """Run a suite against a model of that seed."""

    def run(seed, body, *arguments, max_errors=None):
        with FaultyModel(seed, CASES) as model:
            assert set(model.plan) == set(RATES), "each fault is in the plan"
            errors = model.verdicts.count("error")
            suite.bars(BAR.format(max_errors=errors if max_errors is None else max_errors(errors)))
            suite.file("client.py", CLIENT.format(port=model.server_port))
            hangs = [number for number, fault in enumerate(model.plan) if fault == "hang"]
            suite.file("test_x.py", TESTS.format(cases=CASES, body=body, hangs=hangs))
            return suite.run(*arguments), model

    return run


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
@pytest.mark.parametrize("way", WAYS)
def test_a_failing_api_is_an_error_and_never_a_miss(ask, way, seed):
    body, arguments = WAYS[way]
    result, model = ask(seed, body, *arguments)
    assert short(result) == model.verdicts
    assert len(result.of("observation")) == len(result.of("trial")) == CASES
    twice = [number for number, fault in enumerate(model.plan) if fault.startswith("429")]
    assert model.asked == Counter([*range(CASES), *twice])
    for line in result.of("observation"):
        fault = model.plan[number_of(line["case"])]
        assert FAULTS.get(fault, "") in line["reason"], fault

    errors, misses = model.verdicts.count("error"), model.verdicts.count("miss")
    assert result.exit == 0
    assert {word: result.counts[word] for word in ("failed", "missed")} == {"failed": errors, "missed": misses}
    assert result.counts["passed"] == CASES - errors - misses + 1  # and the bar
    result.said(f"{CASES} cases, {CASES} trials, {errors} errors;", "gate passed")
    result.never_said("INTERNALERROR", "Task was destroyed", "never retrieved")
    assert result.of("end")[0]["exit"] == 0
    assert gate(result.path)[0] == 0


SELDOM = [pytest.param(way, marks=pytest.mark.slow) for way in ("window", "workers")]


@pytest.mark.parametrize("way", ["serial", *SELDOM])
def test_one_error_more_than_allowed_fails(ask, way):
    body, arguments = WAYS[way]
    result, _ = ask(1, body, *arguments, max_errors=lambda errors: errors - 1)
    assert result.exit == 1
    result.said("gate failed (exit 1)")
    assert gate(result.path)[0] == 1
