"""A mistake names the line of the test that made it, from wherever the test says it."""

import pytest

BARS = """
[tool.evalbars.scales.tone]
levels = ["good", "fair", "bad"]
passing = "fair"
[[bar]]
dimension = "*"
at_least = 0.01
"""


def errors(result):
    """What went wrong in each trial, by the end of its case's id."""
    return {line["case"].rpartition("::")[2]: line.get("error", "") for line in result.of("trial")}


def line_of(source, mark):
    """The number of the line with the mark, in a file that `Suite.file` writes."""
    return next(number for number, line in enumerate(source.splitlines(), 1) if mark in line)


HELPER = """
def says(evalcase, level):
    evalcase.grade("tone", level)  # HELPER
"""
PLACES = """
import asyncio
import threading
import helper
import pytest

pytestmark = pytest.mark.dimension("tone")

def test_body(evalcase):
    evalcase.grade("tone", "x")  # BODY

def test_several_lines(evalcase):
    evalcase.grade(  # SEVERAL
        "tone",
        "x",
    )

def test_helper(evalcase):
    helper.says(evalcase, "x")  # BY HELPER

def test_loop(evalcase):
    for level in ("good", "x"):
        evalcase.grade("tone", level)  # LOOP

@pytest.fixture
def judge(evalcase):
    evalcase.grade("tone", "x")  # FIXTURE
    return evalcase

def test_fixture(judge): pass

def test_thread(evalcase):
    def work():
        evalcase.grade("tone", "x")  # THREAD
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

def test_helper_in_a_thread(evalcase):
    thread = threading.Thread(target=helper.says, args=(evalcase, "x"))
    thread.start()
    thread.join()

class TestKind:
    def test_method(self, evalcase):
        self.judge(evalcase)  # METHOD

    def judge(self, evalcase):
        evalcase.grade("tone", "x")  # IN METHOD

def test_thread_of_its_own(evalcase):
    thread = threading.Thread(target=evalcase.grade, args=("tone", "x"))
    thread.start()
    thread.join()

@pytest.mark.parametrize("level", ["good", "x"])
def test_row(evalcase, level):
    evalcase.grade("tone", level)  # ROW

@pytest.mark.trials(2)
def test_tried(evalcase):
    evalcase.grade("tone", "x" if evalcase.trial else "good")  # TRIED

def test_generated(evalcase):
    [evalcase.grade("tone", level) for level in ("good", "x")]  # COMPREHENSION

def test_lambda(evalcase):
    judge = lambda level: evalcase.grade("tone", level)  # LAMBDA
    judge("x")
"""
EXPECTED = {
    "test_body": "BODY",
    "test_several_lines": "SEVERAL",
    "test_helper": "BY HELPER",
    "test_loop": "LOOP",
    "test_fixture": "FIXTURE",
    "test_thread": "THREAD",
    "test_method": "IN METHOD",
    "test_row[x]": "ROW",
    "test_generated": "COMPREHENSION",
    "test_lambda": "LAMBDA",
}


@pytest.mark.parametrize("folder", ["", "evals/", "evals/deep/"])
def test_the_line_is_that_of_the_test_file(suite, folder):
    suite.bars(BARS, ini='pythonpath = ["lib"]').file("lib/helper.py", HELPER)
    name = f"{folder}test_it.py"
    suite.file(name, PLACES)
    found = errors(suite.run())
    for test, mark in EXPECTED.items():
        assert f"({name}:{line_of(PLACES, mark)})" in found[test], (test, found[test])
    assert f"(helper.py:{line_of(HELPER, 'HELPER')})" in found["test_helper_in_a_thread"]
    # Nothing of the user's is on the way: no line is better than one of the standard library.
    assert found["test_thread_of_its_own"].endswith("(good > fair > bad)")
    assert found["test_row[good]"] == ""


def test_two_files_of_one_name_are_told_apart(suite):
    body = "import pytest\n@pytest.mark.dimension('tone')\ndef test_it(evalcase): evalcase.grade('tone', 'x')\n"
    suite.bars(BARS, ini='addopts = "--import-mode=importlib"')
    suite.file("test_it.py", body)
    suite.file("a/test_it.py", "\n" + body)
    result = suite.run()
    found = {line["test"]: line["error"] for line in result.of("trial")}
    assert "(test_it.py:3)" in found["test_it.py::test_it"]
    assert "(a/test_it.py:4)" in found["a/test_it.py::test_it"]


ASYNC = """
import asyncio
import pytest
from helper import says

pytestmark = pytest.mark.dimension("tone")

async def test_async(evalcase):
    await asyncio.sleep(0.01)
    evalcase.grade("tone", "x")  # ASYNC

async def test_task(evalcase):
    async def work():
        await asyncio.sleep(0)
        evalcase.grade("tone", "x")  # TASK
    await asyncio.create_task(work())

async def test_thread(evalcase):
    def work():
        evalcase.grade("tone", "x")  # THREAD
    await asyncio.to_thread(work)

async def test_helper(evalcase):
    await asyncio.sleep(0)
    says(evalcase, "x")  # BY HELPER

async def test_late_callback(evalcase):
    done = asyncio.Event()
    def judged():
        evalcase.grade("tone", "x")  # CALLBACK
        done.set()
    asyncio.get_running_loop().call_later(0.01, judged)
    await done.wait()
"""
AWAITED = {
    "test_async": "ASYNC",
    "test_task": "TASK",
    "test_thread": "THREAD",
    "test_helper": "BY HELPER",
    "test_late_callback": "CALLBACK",
}


@pytest.mark.parametrize("at_once", [1, 4])
def test_async_bodies_name_their_lines(suite, at_once):
    suite.bars(BARS, ini='pythonpath = ["."]').file("helper.py", HELPER)
    suite.file("test_it.py", ASYNC)
    result = suite.run(f"--evalbars-concurrency={at_once}")
    found = errors(result)
    for test, mark in AWAITED.items():
        assert f"(test_it.py:{line_of(ASYNC, mark)})" in found[test], (test, found[test])


@pytest.mark.slow
def test_the_line_is_named_by_workers_too(suite):
    suite.bars(BARS, ini='pythonpath = ["lib"]').file("lib/helper.py", HELPER)
    suite.file("test_it.py", PLACES)
    found = errors(suite.run("-n", "2"))
    for test, mark in EXPECTED.items():
        assert f"(test_it.py:{line_of(PLACES, mark)})" in found[test], (test, found[test])


def test_a_case_of_a_base_class_elsewhere_names_what_it_can(suite):
    """The body stands in another file than the one that collects it."""
    suite.bars(BARS, ini='pythonpath = ["."]').file(
        "base.py", "class Base:\n    def test_it(self, evalcase):\n        evalcase.grade('tone', 'x')\n"
    )
    suite.file(
        "test_it.py",
        "import pytest\nfrom base import Base\n@pytest.mark.dimension('tone')\nclass TestIt(Base): pass\n",
    )
    (error,) = errors(suite.run()).values()
    assert "(base.py:3)" in error


def test_a_mistake_through_a_library_names_the_users_line(suite):
    """A retry loop of some library stands between the test and the call."""
    suite.bars(BARS).file(
        "test_it.py",
        """
        import functools, re
        import pytest
        @pytest.mark.dimension("tone")
        def test_it(evalcase):
            re.sub("a", lambda match: evalcase.grade("tone", "x") or "", "a")
        """,
    )
    (error,) = errors(suite.run()).values()
    assert "(test_it.py:6)" in error


def test_case_files_name_the_line_of_the_test(suite):
    suite.bars(BARS).file("rows.jsonl", '{"id": "a", "level": "good"}\n{"id": "b", "level": "x"}\n')
    suite.file(
        "test_it.py",
        """
        import pytest
        @pytest.mark.dimension("tone")
        @pytest.mark.cases("rows.jsonl")
        def test_it(evalcase, case):
            evalcase.grade("tone", case["level"])
        """,
    )
    found = errors(suite.run())
    assert found["a"] == ""
    assert "(test_it.py:6)" in found["b"]
