"""Limits of the bars file, in sessions: kept by cases, divided among workers, gone when the session is over."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_evalbars.config.settings import Limit
from pytest_evalbars.execution.division import indivisible, share
from pytest_evalbars.execution.limits import _Process

#: Each case calls from six threads at once, and notes how many were inside together. They stay until all six are
#: either inside or wait; how long that takes is the machine's business.
CALLS = """
import json, os, threading, time
import pytest
from pytest_evalbars import limit
from pytest_evalbars.execution.limits import _Process

def most_inside(name):
    lock, inside, most, leave = threading.Lock(), [], [], threading.Event()
    def call():
        with limit(name):
            with lock:
                inside.append(1)
                most.append(len(inside))
            assert leave.wait(60)
            with lock:
                inside.pop()
    threads = [threading.Thread(target=call) for _ in range(6)]
    for thread in threads:
        thread.start()
    while len(inside) + len(_Process.turnstile._blocking) < 6:
        time.sleep(0.001)
    leave.set()
    for thread in threads:
        thread.join()
    return max(most)

@pytest.mark.dimension("accuracy")
@pytest.mark.parametrize("number", [pytest.param(n, id=f"c{n}") for n in range(CASES)])
def test_it(number):
    worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    with open(f"{worker}-{number}.json", "w") as file:
        json.dump(most_inside("openai/a"), file)
"""


def calling(suite, cases):
    suite.file("test_it.py", CALLS.replace("CASES", str(cases)))
    return suite


def most_inside(suite):
    """How many calls each worker let in at once."""
    found = {}
    for path in suite.path.glob("*-*.json"):
        found.setdefault(path.name.partition("-")[0], set()).add(json.loads(path.read_text()))
    return found


def test_cases_keep_to_the_limit(suite, monkeypatch):
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)  # our own tests may run in workers
    suite.bars('limits."openai/*" = { concurrent = 3 }')
    result = calling(suite, 1).run()
    assert (result.exit, result.counts) == (0, {"passed": 1})
    assert most_inside(suite) == {"alone": {3}}


@pytest.mark.slow
def test_workers_divide_a_limit_and_one_that_replaces_a_dead_one_takes_over_its_share(suite):
    suite.bars('limits."*" = { concurrent = 3 }').file(
        "conftest.py",
        """
        import os, pathlib, time
        WORKER = os.environ.get("PYTEST_XDIST_WORKER")
        def pytest_collection_finish():
            if WORKER == "gw2":
                pathlib.Path("gw2 is here").touch()
        def pytest_runtest_call(item):
            if WORKER != "gw2" and "c1" in item.name:  # whoever was ready first got it
                pathlib.Path("dead").write_text(WORKER)
                os._exit(1)
            while WORKER != "gw2" and "c0" not in item.name and not pathlib.Path("gw2 is here").exists():
                time.sleep(0.01)
        """,
    )
    result = calling(suite, 8).run("-n", "2")
    assert (result.exit, result.counts) == (1, {"passed": 7, "failed": 1})
    dead = (suite.path / "dead").read_text()
    shares = most_inside(suite)
    assert (shares["gw0"], shares["gw1"]) == ({2}, {1})
    assert shares["gw2"] == shares[dead]


def test_a_limit_that_cannot_be_divided_stops_the_session_before_any_case(suite):
    suite.bars(
        """
        limits."openai/*" = { concurrent = 2 }
        limits.judge = { concurrent = 5, per_minute = 1.5 }
        limits."*" = { concurrent = 3 }
        """
    )
    result = calling(suite, 2).run("-n", "3")
    assert result.exit == 4
    result.said(
        'pyproject.toml, limit "openai/*": concurrent = 2 cannot be divided among 3 workers',
        "run with -n 2 or less",
        'pyproject.toml, limit "judge": per_minute = 1.5 cannot be divided among 3 workers',
        "run without -n",
    )
    result.never_said("Traceback", "INTERNALERROR", 'limit "*"')
    assert (result.out + result.err).count("cannot be divided") == 2
    assert most_inside(suite) == {}
    assert suite.run_files() == []


@given(st.integers(1, 500), st.floats(1, 5_000), st.integers(1, 64))
def test_shares_add_up_to_the_limit_and_never_to_more(concurrent, per_minute, workers):
    limits = {"x": Limit(concurrent=concurrent, per_minute=per_minute), "y": Limit(concurrent=workers)}
    told = list(indivisible(limits, workers))
    assert len(told) == (concurrent < workers) + (per_minute < workers)
    if not told:
        shares = [share(limits, index, workers)["x"] for index in range(workers)]
        assert sum(each.concurrent for each in shares) == concurrent
        assert per_minute - 1 < sum(each.per_minute for each in shares) <= per_minute
        assert max(each.concurrent for each in shares) - min(each.concurrent for each in shares) <= 1


def test_a_limit_that_cannot_be_divided_is_no_matter_to_ordinary_tests(suite):
    suite.bars("limits.judge = { concurrent = 1 }").file("test_plain.py", "def test_x(): pass\n")
    result = suite.run("-n", "2")
    assert (result.exit, result.counts) == (0, {"passed": 1})


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            'limits."openai/*" = { concurrent = 0 }',
            ['limit "openai/*"', "`concurrent`", "greater than or equal to 1", "0"],
        ),
        ("limits.x = { concurrent = 2.5 }", ['limit "x"', "`concurrent`", "valid integer", "2.5"]),
        ("limits.x = { per_minute = -1 }", ['limit "x"', "`per_minute`", "greater than 0", "-1"]),
        ("limits.x = { concurent = 2 }", ['limit "x"', "unknown key `concurent`", 'did you mean "concurrent"?']),
        ("limits.x = { rate = 2 }", ["unknown key `rate`", "(there is: concurrent, per_minute)"]),
        ("limits.x = {}", ['limit "x"', "takes `concurrent`, `per_minute` or both"]),
        ("limits.x = 20", ['limit "x"', "takes keys, as in { concurrent = 20", "it is 20"]),
        ('limits."" = { concurrent = 2 }', ["`limits`", '""', "is no name; take one"]),
        ('limits."x " = { concurrent = 2 }', ["`limits`", '"x "', "without blanks"]),
        ("limits = 20", ["`limits`", "20"]),
    ],
)
def test_a_limit_that_means_nothing_is_told(suite, line, words):
    result = suite.bars(line).cases(1, 1).run()
    assert result.exit == 4
    result.said("pyproject.toml", *words)
    result.never_said("Traceback", "labels.")


def test_limits_end_with_their_session_however_it_ends(suite):
    before = _Process.turnstile
    suite.bars("limits.x = { concurrent = 1 }").file(
        "test_it.py",
        """
        import pytest
        from pytest_evalbars import limit
        from pytest_evalbars.execution.limits import _Process

        limits_at_import = _Process.turnstile

        @pytest.mark.dimension("accuracy")
        def test_it():
            assert _Process.turnstile is not limits_at_import
            limit("x").__enter__()  # and never leaves
            pytest.exit("enough", returncode=7)
        """,
    )
    assert suite.run().exit == 7
    assert suite.run().exit == 7
    assert _Process.turnstile is before


def test_the_fixture_is_the_same_function_at_any_scope(suite):
    suite.bars("limits.x = { concurrent = 1 }").file(
        "test_it.py",
        """
        import threading
        import pytest
        from pytest_evalbars import limit

        @pytest.fixture(scope="session")
        def client(evalbars_limit):
            return evalbars_limit("x")

        @pytest.mark.dimension("accuracy")
        def test_it(client, evalbars_limit):
            assert evalbars_limit is limit
            entered = threading.Event()
            def other():
                with client:
                    entered.set()
            thread = threading.Thread(target=other)
            with client:
                thread.start()
                assert not entered.wait(0.05)
            thread.join()
            assert entered.is_set()
        """,
    )
    assert suite.run().exit == 0


#: The body waits 0.3 s for a limit, and measures itself.
WAITS = """
import asyncio, threading, time
import pytest
from pytest_evalbars import limit

@pytest.mark.dimension("accuracy")
def test_sync(evalcase):
    start = time.perf_counter()
    limit("x").pause(0.3)
    with limit("x"):
        evalcase.measure(own=time.perf_counter() - start)

@pytest.mark.dimension("accuracy")
def test_threads(evalcase):
    start = time.perf_counter()
    limit("x").pause(0.3)
    threads = [threading.Thread(target=limit("x").__enter__) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    evalcase.measure(own=time.perf_counter() - start)

@pytest.mark.dimension("accuracy")
@pytest.mark.asyncio(loop_scope="session")
async def test_async(evalcase):
    start = time.perf_counter()
    limit("x").pause(0.3)
    async def call():
        async with limit("x"):
            pass
    await asyncio.gather(call(), call())
    evalcase.measure(own=time.perf_counter() - start)

@pytest.mark.dimension("accuracy")
def test_no_wait():
    with limit("y"):
        pass
"""


def test_waiting_for_a_limit_is_not_the_latency_of_the_model(suite):
    suite.file("test_it.py", WAITS)
    quiet = [f"-pno:{name}" for name in ("randomly", "anyio", "timeout", "hypothesispytest")]
    result = suite.run(quiet=(*quiet, "-o", "asyncio_default_fixture_loop_scope=function"))
    assert (result.exit, result.counts) == (0, {"passed": 4})
    measures = {line["case"].rpartition("::")[2]: line["measures"] for line in result.of("trial")}
    assert "waited" not in measures.pop("test_no_wait")
    for each in measures.values():
        # Waits at the same time count once; what is left is what the body did besides.
        assert 0.1 < each["waited"] <= each["own"]
        assert each["own"] - each["waited"] <= each["seconds"] + 1e-5
        assert each["seconds"] - (each["own"] - each["waited"]) < 0.1
