"""A case's own time limit ends its body as an error, whatever the body waits for."""

from __future__ import annotations

import pytest

SLEEPS = {
    "sync": "def test_a():\n    time.sleep(20)",
    "async": "async def test_a():\n    await asyncio.sleep(20)",
    "stubborn": """async def test_a():
    try:
        await asyncio.sleep(20)
    except asyncio.CancelledError:
        pass
    assert 1 == 2""",
    "loop": "async def test_a():\n    while True: await asyncio.sleep(0)",
}
HEAD = "import asyncio, time, pytest\npytestmark = pytest.mark.dimension('accuracy')\n"
#: One case that never ends by itself, one that does.
BESIDE = "\n\ndef test_b(): pass\nasync def test_c(): await asyncio.sleep(0.01)\n"


@pytest.mark.parametrize("options", [(), ("--evalbars-concurrency=4",)], ids=["alone", "window"])
@pytest.mark.parametrize("kind", SLEEPS)
def test_a_body_past_its_limit_is_an_error(suite, kind, options):
    suite.bars("max_errors = 1\n[[bar]]\ndimension = 'accuracy'\nat_least = 0.01")
    suite.file("test_it.py", f"{HEAD}@pytest.mark.timeout(0.2)\n{SLEEPS[kind]}{BESIDE}")
    outcome = suite.run(*options)
    assert outcome.counts == {"failed": 1, "passed": 3}
    assert sorted(outcome.verdicts.values()) == ["error", "pass", "pass"]
    outcome.said("the case did not end within its timeout of 0.2 s")
    assert outcome.exit == 0  # one error is tolerated


def test_a_sync_body_in_a_thread_is_left_behind(suite):
    suite.bars("threads = true\nmax_errors = 1\n[[bar]]\ndimension = 'accuracy'\nat_least = 0.01")
    suite.file("test_it.py", f"{HEAD}@pytest.mark.timeout(0.2)\n{SLEEPS['sync']}{BESIDE}")
    outcome = suite.run("--evalbars-concurrency=4", subprocess=True)
    assert outcome.counts == {"failed": 1, "passed": 3}
    outcome.said("the case did not end within its timeout of 0.2 s")


@pytest.mark.parametrize("options", [(), ("--evalbars-concurrency=4",)], ids=["alone", "window"])
def test_the_bars_file_can_limit_every_case_and_a_marker_says_otherwise(suite, options):
    suite.bars("timeout = 0.2\n")
    suite.file(
        "test_it.py",
        HEAD
        + """
async def test_a(): await asyncio.sleep(20)

@pytest.mark.timeout(30)
async def test_b(): await asyncio.sleep(0.3)
""",
    )
    outcome = suite.run(*options)
    assert outcome.exit == 1
    assert {key[0][-6:]: verdict for key, verdict in outcome.verdicts.items()} == {
        "test_a": "error",
        "test_b": "pass",
    }


@pytest.mark.slow
@pytest.mark.parametrize("options", [(), ("--evalbars-concurrency=4",)], ids=["alone", "window"])
def test_beside_pytest_timeout_the_marker_ends_a_case_once(suite, options):
    suite.bars("max_errors = 2\n[[bar]]\ndimension = 'accuracy'\nat_least = 0.01")
    body = f"@pytest.mark.timeout(0.3, method='signal')\n{SLEEPS['async']}{BESIDE}"
    body += "\n@pytest.mark.timeout(0.3)\ndef test_d(): time.sleep(20)\n"
    suite.file("test_it.py", HEAD + body)
    outcome = suite.run(*options, quiet=("-p", "no:randomly", "-p", "no:asyncio", "-p", "no:anyio"), subprocess=True)
    assert outcome.counts == {"failed": 2, "passed": 3}
    assert outcome.out.count("\nthe case did not end within its timeout of 0.3 s\n") == 2
    outcome.never_said("pytest-timeout >", "execution/", "asyncio/")


def test_what_other_libraries_time_out_of_keeps_its_name(suite):
    suite.bars("max_errors = 1\n")
    suite.file(
        "test_it.py", f"{HEAD}@pytest.mark.timeout(30)\nasync def test_a(): raise TimeoutError('upstream gave up')\n"
    )
    outcome = suite.run("--evalbars-concurrency=4")
    assert list(outcome.verdicts.values()) == ["error"]
    outcome.said("upstream gave up")
    outcome.never_said("did not end within")


@pytest.mark.parametrize("value", ["", "0", "-1", "'soon'", "True", "float('nan')"])
def test_a_limit_that_is_none_is_a_usage_error(suite, value):
    suite.file("test_it.py", f"{HEAD}@pytest.mark.timeout({value})\ndef test_a(): pass\n")
    outcome = suite.run()
    assert outcome.exit == 4
    outcome.said("test_it.py::test_a: timeout(", "takes seconds, a number above 0, as in timeout(30)")


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize("options", [(), ("--evalbars-concurrency=4",)], ids=["alone", "window"])
def test_waiting_for_a_limit_is_not_the_case_s_own_time(suite, options, kind):
    suite.bars("limits.api.per_minute = 100")  # one call each 0.6 s
    call = "    with limit('api'): pass" if kind == "sync" else "    async with limit('api'): pass"
    body = f"{'' if kind == 'sync' else 'async '}def test_a():\n{call}\n{call}\n"
    suite.file("test_it.py", f"{HEAD}from pytest_evalbars import limit\n\n@pytest.mark.timeout(0.4)\n{body}")
    outcome = suite.run(*options)
    assert outcome.counts == {"passed": 1}
    [trial] = outcome.of("trial")
    assert trial["measures"]["waited"] > 0.5
    assert trial["measures"]["seconds"] < 0.4


SLOW_FIXTURES = {
    "sync": "@pytest.fixture\ndef slow(): time.sleep(20)\n",
    "async": "@pytest.fixture\nasync def slow(): await asyncio.sleep(20)\n",
    "async generator": "@pytest.fixture\nasync def slow():\n    await asyncio.sleep(20)\n    yield\n",
}


@pytest.mark.parametrize("kind", SLOW_FIXTURES)
@pytest.mark.parametrize("options", [(), ("--evalbars-concurrency=4",)], ids=["alone", "window"])
def test_a_fixture_that_hangs_is_an_error_of_the_case_it_is_for(suite, options, kind):
    suite.bars("max_errors = 1\n[[bar]]\ndimension = 'accuracy'\nat_least = 0.01")
    case = "@pytest.mark.timeout(0.2)\nasync def test_a(slow): pass\n"
    suite.file("test_it.py", HEAD + SLOW_FIXTURES[kind] + case + BESIDE)
    outcome = suite.run(*options)
    assert outcome.counts == {"errors": 1, "passed": 3}
    assert sorted(outcome.verdicts.values()) == ["error", "pass", "pass"]
    outcome.said("within its timeout of 0.2 s")
