"""Many cases in flight: each must be told as if it had run alone."""

from __future__ import annotations

import re
import textwrap

import pytest

HEAD = """
import asyncio, contextvars, logging, os, sys, time
import pytest

LOG = []
pytestmark = pytest.mark.dimension("accuracy")

def tell(*words):
    with open("told.txt", "a") as file:
        print(*words, file=file)
"""
BAR = """
[[bar]]
dimension = "accuracy"
at_least = 0.01
"""
#: Plugins that a test switches on by leaving them out here.
NO_ASYNCIO = ("-p", "no:randomly", "-p", "no:asyncio", "-p", "no:timeout")


@pytest.fixture
def run(suite):
    """Run a module of cases, eight at a time unless said otherwise."""

    def run(source, *arguments, at_once=8, settings="", ini="", **how):
        suite.bars(textwrap.dedent(settings) + BAR, ini=ini)
        suite.file("test_it.py", HEAD + textwrap.dedent(source))
        return suite.run(f"--evalbars-concurrency={at_once}", *arguments, **how)

    return run


@pytest.fixture
def told(suite):
    """What the cases told of themselves, past all capturing."""
    return (suite.path / "told.txt").read_text


@pytest.fixture
def most_at_once(told):
    """The most cases that were in flight at once."""
    return lambda: int(re.search(r"most at once: (\d+)", told())[1])


#: Cases that count how many of them are in flight.
COUNTING = """
NOW = MOST = 0

@pytest.fixture(scope="session", autouse=True)
def told():
    yield
    tell("most at once:", MOST)

async def work(seconds=0.02):
    global NOW, MOST
    NOW += 1
    MOST = max(MOST, NOW)
    await asyncio.sleep(seconds)
    NOW -= 1
"""


def test_as_many_cases_are_in_flight_as_allowed_and_reports_keep_their_order(run, most_at_once):
    outcome = run(
        COUNTING
        + """
@pytest.mark.parametrize("n", range(30))
async def test_a(n):
    await work(0.001 * (30 - n))
    assert n != 7
""",
        "-v",
        at_once=10,
    )
    assert outcome.exit == 0
    assert most_at_once() == 10
    assert outcome.counts == {"passed": 30, "missed": 1}
    assert re.findall(r"test_a\[(\d+)\] (?:PASSED|MISSED)", outcome.out) == [str(n) for n in range(30)]


def test_without_the_option_cases_run_one_at_a_time(suite, most_at_once):
    suite.file(
        "test_it.py", HEAD + COUNTING + "\n@pytest.mark.parametrize('n', range(5))\nasync def test_a(n): await work()"
    )
    outcome = suite.run()
    assert (outcome.counts, most_at_once()) == ({"passed": 5}, 1)


def test_the_bars_file_can_switch_it_on(suite, most_at_once):
    suite.bars("concurrency = 3\n" + BAR)
    suite.file(
        "test_it.py", HEAD + COUNTING + "\n@pytest.mark.parametrize('n', range(9))\nasync def test_a(n): await work()"
    )
    assert (suite.run().exit, most_at_once()) == (0, 3)


@pytest.mark.parametrize(("value", "words"), [("0", "concurrency"), ("'many'", "concurrency"), ("-1", "concurrency")])
def test_a_bad_number_is_a_usage_error(suite, value, words):
    suite.bars(f"concurrency = {value}\n" + BAR)
    suite.file("test_it.py", HEAD + "\nasync def test_a(): pass")
    outcome = suite.run()
    assert outcome.exit == 4
    outcome.said("pyproject.toml", words)


def test_fixtures_belong_to_their_own_case(run):
    outcome = run(
        """
        @pytest.fixture(scope="module")
        def mod():
            LOG.append("mod+")
            yield "M"
            LOG.append("mod-")

        @pytest.fixture
        def box(mod, tmp_path, request):
            LOG.append(f"+{request.node.name}")
            yield {"name": request.node.name, "path": tmp_path}
            LOG.append(f"-{request.node.name}")

        @pytest.mark.parametrize("i", range(6))
        async def test_a(box, i, tmp_path, request):
            await asyncio.sleep(0.01 * (6 - i))
            assert box["name"] == f"test_a[{i}]" == request.node.name
            assert box["path"] == tmp_path
            (tmp_path / "f").write_text(str(i))
            await asyncio.sleep(0.01)
            assert (tmp_path / "f").read_text() == str(i)

        def test_log():
            assert LOG == ["mod+", *[f"+test_a[{i}]" for i in range(6)], *[f"-test_a[{i}]" for i in range(6)]], LOG
        """,
    )
    assert outcome.counts == {"passed": 8}


def test_an_overriding_fixture_sees_the_one_below_it(run, suite):
    suite.file("conftest.py", "import pytest\n@pytest.fixture\ndef who(request): return [request.node.name]\n")
    outcome = run(
        """
        @pytest.fixture
        def who(who): return who + ["x"]

        @pytest.mark.parametrize("i", range(4))
        async def test_a(who, i):
            await asyncio.sleep(0.01)
            assert who == [f"test_a[{i}]", "x"]
        """,
    )
    assert outcome.counts == {"passed": 5}


def test_a_wider_parametrized_fixture_is_never_alive_twice(run):
    outcome = run(
        """
        LIVE = set()

        @pytest.fixture(scope="module", params=["a", "b"])
        def model(request):
            LIVE.add(request.param)
            yield request.param
            LIVE.discard(request.param)

        @pytest.fixture
        def dep(model): yield model.upper()

        @pytest.mark.parametrize("i", range(5))
        async def test_a(model, dep, i):
            await asyncio.sleep(0.01)
            assert LIVE == {model} and dep == model.upper()
        """,
    )
    assert outcome.counts == {"passed": 11}


def test_one_index_may_stand_for_two_values(run):
    outcome = run(
        """
        LIVE = []

        @pytest.fixture
        def model(request):
            LIVE.append(request.param)
            yield request.param
            LIVE.remove(request.param)

        @pytest.fixture
        def dep(model): yield [model]

        @pytest.mark.parametrize("model", ["a"], indirect=True, scope="module")
        async def test_a(model, dep):
            await asyncio.sleep(0.01)
            assert LIVE == [model] == dep

        @pytest.mark.parametrize("model", ["b"], indirect=True, scope="module")
        async def test_b(model, dep):
            await asyncio.sleep(0.01)
            assert LIVE == [model] == dep
        """,
    )
    assert outcome.counts == {"passed": 3}


def test_fixtures_that_depend_on_parameters(run):
    outcome = run(
        """
        @pytest.fixture
        def up(request): yield request.param * 10

        @pytest.fixture
        def seen(up, i): yield (up, i)

        @pytest.mark.parametrize("up", [1, 2, 3], indirect=True)
        @pytest.mark.parametrize("i", [1, 2])
        async def test_a(seen, up, i):
            await asyncio.sleep(0.01)
            assert seen == (up, i)
        """,
    )
    assert outcome.counts == {"passed": 7}


def test_every_outcome_is_what_it_would_be_alone(run):
    outcome = run(
        """
        @pytest.fixture
        def bad(): raise RuntimeError("setup boom")

        @pytest.fixture
        def badtear():
            yield
            raise RuntimeError("teardown boom")

        class TestC:
            def setup_method(self): self.x = object()
            async def test_ok(self):
                await asyncio.sleep(0.01)
                assert self.x
            @pytest.mark.skip(reason="no")
            async def test_skip(self): pass
            @pytest.mark.xfail
            async def test_xfail(self): assert 0
            async def test_bad(self, bad): pass
            async def test_badtear(self, badtear): pass
            async def test_miss(self):
                await asyncio.sleep(0.01)
                assert 1 == 2
            async def test_error(self): raise ValueError("no verdict")
            async def test_dynskip(self): pytest.skip("later")
            async def test_ok2(self): assert self.x
        """,
        settings="max_errors = 5",
    )
    assert outcome.exit == 1  # the teardown
    assert outcome.counts == {"passed": 4, "skipped": 2, "xfailed": 1, "errors": 2, "failed": 1, "missed": 1}
    outcome.said(
        "ERROR at setup of TestC.test_bad", "ERROR at teardown of TestC.test_badtear", "ValueError: no verdict"
    )
    said = {key[0].rpartition("::")[2]: verdict for key, verdict in outcome.verdicts.items()}
    assert said == {
        "test_ok": "pass",
        "test_skip": "skipped",
        "test_xfail": "miss",
        "test_bad": "error",
        "test_badtear": "pass",
        "test_miss": "miss",
        "test_error": "error",
        "test_dynskip": "skipped",
        "test_ok2": "pass",
    }


def test_what_a_case_prints_and_logs_stands_in_its_own_report(run):
    outcome = run(
        """
        @pytest.mark.parametrize("i", range(3))
        async def test_a(i):
            print(f"out-{i}-1")
            logging.getLogger("x").warning("log-%d", i)
            await asyncio.sleep(0.02 * (3 - i))
            print(f"out-{i}-2")
            print(f"err-{i}", file=sys.stderr)
            raise ValueError(i)
        """,
    )
    assert outcome.counts == {"failed": 4}  # and the bar, which has no data
    for i in range(3):
        part = re.split(r"\n(?:____|====)", outcome.out.split(f" test_a[{i}] _")[1])[0]
        assert f"out-{i}-1\nout-{i}-2" in part
        assert f"err-{i}" in part
        assert f"log-{i}" in part
        for j in {0, 1, 2} - {i}:
            assert f"out-{j}" not in part
            assert f"log-{j}" not in part


def test_each_case_has_its_own_duration(run):
    outcome = run(
        """
        @pytest.mark.parametrize("i", range(4))
        async def test_a(i):
            await asyncio.sleep(0.1 * (i + 1))
        """,
        "--durations=4",
        "-vv",
    )
    lines = re.findall(r"(0\.\d)\ds call +test_it.py::test_a\[(\d)\]", outcome.out)
    assert lines == [("0.4", "3"), ("0.3", "2"), ("0.2", "1"), ("0.1", "0")]
    seconds = [line["measures"]["seconds"] for line in outcome.of("trial")]
    assert [round(each, 1) for each in sorted(seconds)] == [0.1, 0.2, 0.3, 0.4]


def test_context_variables_that_fixtures_set_reach_the_body(run):
    outcome = run(
        """
        VAR = contextvars.ContextVar("v")

        @pytest.fixture
        def var(request):
            token = VAR.set(request.node.name)
            yield
            VAR.reset(token)

        @pytest.mark.parametrize("i", range(4))
        async def test_a(var, i):
            await asyncio.sleep(0.01 * (4 - i))
            assert VAR.get() == f"test_a[{i}]"
        """,
    )
    assert outcome.counts == {"passed": 5}


def test_a_body_may_use_its_request(run):
    outcome = run(
        """
        @pytest.fixture
        def late(request): return request.node.name

        @pytest.mark.parametrize("i", range(4))
        async def test_a(i, request):
            await asyncio.sleep(0.01 * (4 - i))
            request.addfinalizer(lambda: LOG.append(i))
            assert request.getfixturevalue("late") == f"test_a[{i}]"

        def test_end(): assert LOG == [0, 1, 2, 3]
        """,
    )
    assert outcome.counts == {"passed": 6}


def test_a_body_may_use_its_request_while_another_case_is_set_up_or_torn_down(run):
    outcome = run(
        """
        @pytest.fixture
        def late(request): return request.node.name

        @pytest.fixture
        async def slow(request, late):
            await asyncio.sleep(0.01)
            yield late
            assert late == request.node.name
            await asyncio.sleep(0.01)
            assert late == request.node.name

        @pytest.mark.parametrize("i", range(12))
        async def test_a(i, request, slow):
            for _ in range(20):
                await asyncio.sleep(0.001)
                request.addfinalizer(lambda: LOG.append(i))
                assert request.getfixturevalue("late") == f"test_a[{i}]" == slow

        @pytest.mark.parametrize("i", range(12))
        async def test_b(i, request):
            for _ in range(20):
                await asyncio.sleep(0.001)
            assert request.getfixturevalue("late") == f"test_b[{i}]"

        def test_end(): assert LOG == [number for number in range(12) for _ in range(20)]
        """,
        at_once=3,
    )
    assert outcome.counts == {"passed": 26}


def test_async_fixtures_without_any_plugin(run):
    outcome = run(
        """
        @pytest.fixture(scope="module")
        async def client():
            yield asyncio.get_running_loop()
            LOG.append("closed")

        class Base:
            @pytest.fixture
            async def me(self):
                await asyncio.sleep(0)
                return self

        @pytest.fixture
        async def conn(client, request):
            assert asyncio.get_running_loop() is client
            LOG.append(request.node.name)
            yield request.node.name
            await asyncio.sleep(0)
            LOG.remove(request.node.name)

        class TestIt(Base):
            @pytest.mark.parametrize("i", range(6))
            async def test_a(self, client, conn, me, i):
                assert asyncio.get_running_loop() is client and me is self
                assert conn == f"test_a[{i}]"
                await asyncio.sleep(0.01)
                assert conn in LOG

        @pytest.fixture
        async def broken():
            yield
            raise RuntimeError("no goodbye")

        async def test_b(broken): pass
        async def test_c(conn): assert LOG == ["test_c"]
        """,
        at_once=4,
    )
    assert outcome.counts == {"passed": 9, "errors": 1}
    outcome.said("no goodbye")


@pytest.mark.parametrize(
    "scope", ["session", *(pytest.param(each, marks=pytest.mark.slow) for each in ("function", "module"))]
)
def test_pytest_asyncio_keeps_its_loops(run, scope, most_at_once):
    outcome = run(
        COUNTING
        + f"""
import pytest_asyncio
OPEN = set()

@pytest_asyncio.fixture(loop_scope="{scope}", scope="{"module" if scope != "function" else "function"}")
async def client():
    yield asyncio.get_running_loop()
    await asyncio.sleep(0)

@pytest_asyncio.fixture(loop_scope="{scope}")
async def conn(client, request):
    assert asyncio.get_running_loop() is client
    OPEN.add(request.node.name)
    yield request.node.name
    await asyncio.sleep(0)
    OPEN.discard(request.node.name)

@pytest.mark.asyncio(loop_scope="{scope}")
@pytest.mark.parametrize("i", range(10))
async def test_a(client, conn, i):
    assert asyncio.get_running_loop() is client
    assert conn == f"test_a[{{i}}]" and conn in OPEN
    await work()
    assert conn in OPEN

def test_end(): assert not OPEN
""",
        ini="asyncio_default_fixture_loop_scope = 'session'",
        quiet=("-p", "no:randomly", "-p", "no:timeout"),
        subprocess=True,
    )
    assert outcome.counts == {"passed": 12}
    assert most_at_once() == (1 if scope == "function" else 8)
    if scope == "function":
        outcome.said("10 have an event loop of their own (asyncio_default_test_loop_scope = session")


def test_anyio_keeps_its_loop(run, most_at_once):
    outcome = run(
        COUNTING
        + """
@pytest.fixture(scope="module")
def anyio_backend(): return "asyncio"

@pytest.fixture(scope="module")
async def client(): yield asyncio.get_running_loop()

@pytest.fixture
async def conn(client, request):
    assert asyncio.get_running_loop() is client
    yield request.node.name

@pytest.mark.anyio
@pytest.mark.parametrize("i", range(10))
async def test_a(client, conn, i):
    assert asyncio.get_running_loop() is client and conn == f"test_a[{i}]"
    await work()
""",
        quiet=NO_ASYNCIO,
        subprocess=True,
    )
    assert outcome.counts == {"passed": 11}
    assert most_at_once() == 8


def test_trials_are_cases_in_flight_with_fixtures_and_seeds_of_their_own(run, most_at_once):
    outcome = run(
        COUNTING
        + """
SEEDS = set()

@pytest.fixture
def box(request): return request.node.name

@pytest.mark.trials(3)
@pytest.mark.parametrize("q", ["a", "b"])
async def test_a(box, q, evalcase):
    await work()
    SEEDS.add(evalcase.seed)
    assert f"t{evalcase.trial}" in box and q in box

def test_seeds(): assert len(SEEDS) == 6
""",
    )
    assert outcome.counts == {"passed": 8}
    assert most_at_once() == 6
    assert len({(line["case"], line["trial"]) for line in outcome.of("trial")}) == 7


@pytest.mark.parametrize("options", [(), ("-n2",)], ids=["serial", "xdist"])
def test_what_may_not_overlap_runs_alone_and_that_is_said_once(run, options):
    outcome = run(
        """
        ACTIVE = 0

        @pytest.fixture
        def shared_database(): pass

        async def alone():
            global ACTIVE
            ACTIVE += 1
            assert ACTIVE == 1
            await asyncio.sleep(0.01)
            ACTIVE -= 1

        async def test_first(): await alone()

        @pytest.mark.parametrize("i", range(3))
        async def test_capsys(i, capsys, monkeypatch):
            print("hi", i)
            await alone()
            assert capsys.readouterr().out == f"hi {i}\\n"

        @pytest.mark.serial
        @pytest.mark.parametrize("i", range(2))
        async def test_marked(i): await alone()

        async def test_database(shared_database): await alone()

        def test_sync(): pass

        async def test_last(): await alone()
        """,
        *options,
        settings="serial_fixtures = ['shared_database']",
    )
    assert outcome.counts == {"passed": 10}
    words = "7 cases run alone: 3 use "
    assert outcome.out.count(words) == 1
    outcome.said(words, "2 marked serial", "1 use shared_database", "1 sync functions (threads = true")


def test_sync_cases_share_the_window_in_threads_if_asked(run):
    outcome = run(
        """
        import threading
        BARRIER = threading.Barrier(8, timeout=5)

        @pytest.mark.parametrize("i", range(16))
        def test_a(i, tmp_path):
            print("out", i)
            BARRIER.wait()  # passes only if eight are here
            assert tmp_path.name.startswith(f"test_a_{i}_")
            if i == 3:
                raise ValueError(i)
        """,
        settings="threads = true\nmax_errors = 1",
    )
    assert outcome.counts == {"passed": 16, "failed": 1}
    outcome.said("Captured stdout call", "out 3")
    outcome.never_said("out 4")


@pytest.mark.parametrize("switch", ["--setup-show", "--pdb"])
def test_switches_that_look_at_one_item_run_one_at_a_time(run, switch, most_at_once):
    outcome = run(COUNTING + "\n@pytest.mark.parametrize('i', range(4))\nasync def test_a(i): await work()", switch)
    assert (outcome.counts["passed"], most_at_once()) == (5, 1)
    outcome.said(f"{switch}: cases run one at a time")


def test_an_unknown_pytest_means_one_at_a_time_and_a_warning(run, monkeypatch, most_at_once):
    from pytest_evalbars.execution import private  # noqa: PLC0415 - what a future pytest may break

    monkeypatch.setattr(private, "unfit", lambda *_: "its SetupState")
    outcome = run(COUNTING + "\n@pytest.mark.parametrize('i', range(4))\nasync def test_a(i): await work()")
    assert (outcome.exit, most_at_once()) == (0, 1)
    outcome.said("warning: cases run one at a time: pytest", "its SetupState")


def test_the_first_failure_cancels_the_others_and_tears_them_down(run, told):
    outcome = run(
        """
        @pytest.fixture
        def box(request):
            yield
            tell("TEAR", request.node.name)

        @pytest.fixture(scope="module")
        def mod():
            yield
            tell("MODTEAR")

        @pytest.mark.parametrize("i", range(5))
        async def test_a(box, mod, i):
            try:
                await asyncio.sleep(0.02 if i < 2 else 5)
            except asyncio.CancelledError:
                tell("CANCEL", i)
                raise
            assert i != 1
        """,
        "-x",
        "--evalbars-as-tests",
    )
    assert outcome.exit == 1
    assert (outcome.counts["passed"], outcome.counts["failed"]) == (1, 1)
    assert told().count("TEAR test_a") == 5
    assert told().count("CANCEL") == 3
    assert told().count("MODTEAR") == 1
    assert told().index("MODTEAR") > told().rindex("TEAR test_a")
    assert len(outcome.verdicts) == 2


def test_an_interrupt_keeps_what_had_ended_and_tears_down_the_rest(run, told):
    outcome = run(
        """
        @pytest.fixture
        def box(request):
            yield
            tell("TEAR", request.node.name)

        @pytest.mark.parametrize("i", range(6))
        async def test_a(box, i):
            await asyncio.sleep(5 if i == 0 else 0.01 * i)
            if i == 4:
                raise KeyboardInterrupt
        """,
        subprocess=True,
    )
    assert outcome.exit == 2
    assert told().count("TEAR test_a") == 6
    # Though the first case, whose turn it was, had not ended.
    assert {key[0].rpartition("[")[2] for key in outcome.verdicts} == {"1]", "2]", "3]"}
    outcome.said("bars not judged: the session was interrupted", "3 of 6 trials are in")


SELDOM = [pytest.param(dist, marks=pytest.mark.slow) for dist in ("loadfile", "loadscope", "loadgroup")]


@pytest.mark.slow
@pytest.mark.parametrize("dist", ["load", "worksteal", *SELDOM])
def test_workers_have_windows_too(run, dist):
    outcome = run(
        """
        @pytest.fixture
        def box(request): yield request.node.name

        @pytest.mark.parametrize("i", range(40))
        async def test_a(box, i):
            await asyncio.sleep(0.01)
            assert box.startswith(f"test_a[{i}]")
            assert i != 7
        """,
        "-n2",
        "--dist",
        dist,
    )
    assert outcome.counts == {"passed": 40, "missed": 1}
    assert len(outcome.verdicts) == 40


@pytest.mark.slow
def test_a_killed_worker_loses_no_case_and_blames_the_right_one_in_the_end(run):
    outcome = run(
        """
        import signal

        @pytest.mark.parametrize("i", range(30))
        async def test_a(i):
            await asyncio.sleep(0.05)
            if i == 7:
                os.kill(os.getpid(), signal.SIGKILL)
        """,
        "-n2",
        settings="max_errors = 2",
    )
    verdicts = {key[0].rpartition("[")[2][:-1]: verdict for key, verdict in outcome.verdicts.items()}
    assert len(verdicts) == 30
    assert verdicts["7"] == "error"
    assert sum(verdict == "error" for verdict in verdicts.values()) <= 2  # one may be blamed for being next in turn


def test_sync_and_async_and_serial_cases_mix(run):
    outcome = run(
        """
        @pytest.fixture
        def box(request): return request.node.name

        async def test_a(box):
            await asyncio.sleep(0.01)
            assert box == "test_a"
        async def test_b(box, monkeypatch): assert box == "test_b"
        def test_c(box): assert box == "test_c"
        async def test_d(box):
            await asyncio.sleep(0.01)
            assert box == "test_d"
        async def test_e(box): assert box == "test_e"
        """,
    )
    assert outcome.counts == {"passed": 6}


def test_verdicts_of_the_fixture_reach_the_run_file(run):
    outcome = run(
        """
        @pytest.mark.dimension("tone")
        @pytest.mark.parametrize("i", range(4))
        async def test_a(i, evalcase):
            await asyncio.sleep(0.01 * (4 - i))
            evalcase.check("tone", i != 2, reason=f"shouts {i}")
            evalcase.measure(cost_usd=i)
        """,
    )
    assert outcome.counts == {"passed": 4, "failed": 1}  # no bar speaks of tone: its miss stands alone
    by_case = {line["case"]: line["measures"]["cost_usd"] for line in outcome.of("trial")}
    assert by_case == {f"test_it.py::test_a[{i}]": i for i in range(4)}
    outcome.said("missed: tone: shouts 2")


def test_a_case_that_blocks_the_loop_is_named(run):
    outcome = run(
        """
        @pytest.mark.parametrize("i", range(3))
        async def test_a(i):
            if i == 1:
                time.sleep(0.6)
        """,
        "-W",
        "default",
    )
    assert outcome.counts["passed"] == 4
    outcome.said("test_it.py::test_a[1] blocked the event loop for 0.6 s", "asyncio.to_thread")
    outcome.never_said("test_a[0] blocked", "test_a[2] blocked")


def test_a_case_that_cancels_itself_is_an_error_of_its_own(run):
    outcome = run(
        """
        @pytest.mark.parametrize("i", range(4))
        async def test_a(i):
            if i == 1:
                asyncio.current_task().cancel()
            if i == 2:
                raise asyncio.CancelledError
            await asyncio.sleep(0.01)
        """,
        settings="max_errors = 2",
    )
    assert outcome.counts == {"passed": 3, "failed": 2}
    outcome.said("the case's task was cancelled, by itself or by another")
    assert list(outcome.verdicts.values()).count("error") == 2


def test_a_task_left_behind_harms_nobody(run):
    outcome = run(
        """
        async def noise():
            await asyncio.sleep(0.01)
            raise ValueError("nobody listens")

        @pytest.mark.parametrize("i", range(4))
        async def test_a(i):
            LOG.append(asyncio.create_task(noise() if i else asyncio.sleep(60)))
            await asyncio.sleep(0.03)
        """,
        subprocess=True,  # what nobody listens to is told of wherever it is found
    )
    assert outcome.counts["passed"] == 5


def test_a_sync_function_that_nobody_awaits_judges_nothing(run):
    outcome = run(
        """
        import functools

        def decorated(function):
            @functools.wraps(function)
            def wrapper(): return function()
            return wrapper

        @decorated
        async def test_coroutine(): assert False

        async def test_generator():
            yield
            assert False
        """,
        settings="threads = true",
        subprocess=True,
    )
    assert outcome.exit == 1
    assert list(outcome.verdicts.values()) == ["error", "error"]


@pytest.mark.slow
@pytest.mark.parametrize("slow", [0, 5])
def test_a_timeout_for_all_tests_ends_the_slow_case_only(run, slow):
    outcome = run(
        f"""
        @pytest.mark.parametrize("n", range(8))
        async def test_a(n): await asyncio.sleep(30 if n == {slow} else 0.3)
        """,
        "--timeout=1",
        settings="max_errors = 1",
        quiet=("-p", "no:randomly", "-p", "no:asyncio", "-p", "no:anyio"),
        subprocess=True,
    )
    assert outcome.counts == {"passed": 8, "failed": 1}
    assert outcome.exit == 0


def test_what_is_no_plain_function_runs_alone(run):
    outcome = run(
        """
        import functools, unittest

        class TestIt(unittest.IsolatedAsyncioTestCase):
            async def asyncSetUp(self): self.x = 1
            async def test_it(self): assert self.x == 1

        @pytest.fixture
        def unhashable(request): request.node.addfinalizer(functools.partial(LOG.append, 1))

        async def test_finalizer(unhashable): pass

        def test_sync(request): assert request.getfixturevalue("unhashable") is None
        """,
        settings="threads = true",
    )
    assert outcome.counts == {"passed": 4}
    outcome.said("1 not plain functions", "1 sync functions that use request")


def test_a_child_task_that_exits_is_an_error_of_its_case(run):
    outcome = run(
        """
        async def leave(): sys.exit(3)

        @pytest.mark.parametrize("n", range(4))
        async def test_a(n):
            await asyncio.sleep(0.01)
            if n == 2:
                await asyncio.gather(leave())
        """,
        settings="max_errors = 1",
        subprocess=True,
    )
    assert outcome.counts == {"passed": 4, "failed": 1}
    assert [key[0][-2] for key, verdict in outcome.verdicts.items() if verdict == "error"] == ["2"]


@pytest.mark.slow
def test_a_body_that_cannot_be_cancelled_does_not_keep_the_session(run):
    outcome = run(
        """
        async def test_fails():
            await asyncio.sleep(0.05)
            assert False

        async def test_stubborn():
            while True:
                try:
                    await asyncio.sleep(0.05)
                except asyncio.CancelledError:
                    pass
        """,
        "-x",
        "--evalbars-as-tests",
        subprocess=True,
    )
    assert outcome.exit == 1
    assert len(outcome.verdicts) == 1


def test_streams_are_streams(run):
    outcome = run(
        """
        async def test_a():
            assert sys.stdout.writable()
            assert sys.stdout.mode.startswith(("r", "w"))
        """,
    )
    assert outcome.counts == {"passed": 2}
