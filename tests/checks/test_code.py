"""Python of a model: honest code passes, wrong, runaway and cheating code is a miss, and nothing outlives it."""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pytest_evalbars import checks
from pytest_evalbars.checks import code as code_module

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs the limits of a POSIX system")

#: A file that no tested code may write.
OUTSIDE = str(Path(tempfile.gettempdir()) / "evalbars-attack")
ADD = "def add(a, b):\n    return a + b\n"
TESTS = "assert add(1, 2) == 3\nassert add(2, 2) == 4"


def open_files():
    return len(list(Path("/proc/self/fd").iterdir())) if sys.platform == "linux" else 0


def alive(mark):
    """Processes whose command line or environment holds this word; only Linux tells."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes():
                found.append(folder.name)
        except OSError:
            continue
    return found


@pytest.mark.parametrize("code", ["x = 1", ADD, f"Sure:\n```python\n{ADD}```\nDone.", "def f(x: 'No') -> None: ..."])
def test_compiles(code):
    assert checks.python_compiles(code) == (True, None, "")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("x =", "does not compile: SyntaxError: invalid syntax (line 1: x =)"),
        ("\ud800", "does not compile: UnicodeEncodeError"),
        ("x\x00", "does not compile: "),
        ("(" * 10_000, "does not compile: SyntaxError: too many nested parentheses"),
        ("-" * 1_000_000 + "1", "does not compile: "),
        ("", "holds no code"),
    ],
    ids=["syntax", "surrogate", "nul", "parentheses", "signs", "empty"],
)
def test_does_not_compile(code, reason):
    result = checks.python_compiles(code)

    assert not result.passed
    assert result.reason.startswith(reason)


def test_compiling_runs_nothing(tmp_path):
    assert checks.python_compiles(f"open({str(tmp_path / 'ran')!r}, 'w')").passed
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "tests",
    [
        TESTS,
        "import solution\nfrom solution import add as plus\nassert plus(1, 2) == solution.add(1, 2) == 3",
        "def test_a():\n    assert add(1, 2) == 3\ndef test_b():\n    assert add('a', 'b') == 'ab'",
        "async def test_a():\n    import asyncio\n    await asyncio.sleep(0)\n    assert add(1, 2) == 3",
        "import unittest\nclass Sums(unittest.TestCase):\n    def setUp(self): self.x = 3\n    def test_a(self): self.assertEqual(add(1, 2), self.x)",
        "class TestSums:\n    def test_a(self): assert add(1, 2) == 3",
        "def check(candidate):\n    assert candidate(1, 2) == 3\ncheck(add)",
        "with open('notes', 'w') as file:\n    file.write('x')\nassert add(1, 2) == 3",
        "from concurrent.futures import ThreadPoolExecutor as T\nassert list(T(4).map(add, [1], [2])) == [3]",
    ],
    ids=["statements", "import", "functions", "async", "unittest", "class", "humaneval", "files", "threads"],
)
def test_honest_code_passes(tests):
    assert checks.python_passes(ADD, tests) == (True, 1.0, "")


def test_wrong_code_says_which_test_and_scores_its_share():
    tests = "def test_a():\n    assert add(1, 2) == 3\ndef test_b():\n    assert add(1, 1) == 3, 'one and one'"

    result = checks.python_passes(ADD, tests)

    assert result == (
        False,
        0.5,
        "fails test_b: AssertionError: one and one (line 4: assert add(1, 1) == 3, 'one and one')",
    )
    assert checks.python_passes("", "assert add(1, 2) == 3").reason.startswith(
        "fails the tests: NameError: name 'add'"
    )


@pytest.mark.parametrize("tests", ["", "x = 1", "def check(candidate):\n    assert candidate(1) == 1", "'assert'", "assert (",
                                   "def test_a(fixture):\n    assert fixture"])  # fmt: skip
def test_tests_that_test_nothing_are_an_error(tests):
    with pytest.raises(ValueError, match=r"`tests` (tests nothing|is no Python|has test_a, whose parameters)"):
        checks.python_passes(ADD, tests)


def test_impossible_limits_are_an_error():
    for limits in ({"seconds": 0}, {"memory_mb": 1}):
        with pytest.raises(ValueError, match="no code can run"):
            checks.python_passes(ADD, TESTS, **limits)


# ruff: noqa: E501, ISC004 - an attack on a line reads best
ATTACKS = {
    "exit": ("import os; os._exit(0)", "ended with exit code 0 before the tests began"),
    "sys.exit": ("import sys; sys.exit(0)", "SystemExit: 0"),
    "exit in a test": ("def add(a, b):\n    import os\n    os._exit(0)", "exit code 0 before the tests were over"),
    "sys.exit in a test": ("def add(a, b):\n    raise SystemExit(0)", "fails the tests: SystemExit: 0"),
    "exit at exit": (ADD + "import atexit, os; atexit.register(os._exit, 0)\nraise ValueError", "fails when it is loaded: ValueError"),
    "prints": ("print('passed'); print('{\"passed\": true}')", "NameError: name 'add'"),
    "loop": ("while True: pass", "took longer than 1 seconds"),
    "sleep in a test": ("import time\ndef add(a, b):\n    time.sleep(60)", "took longer than 1 seconds"),
    "stops itself": ("import signal\nsignal.raise_signal(signal.SIGSTOP)", "took longer than 1 seconds"),
    "ignores signals": ("import signal\nfor s in (15, 24, 2): signal.signal(s, signal.SIG_IGN)\nwhile 1: pass", "took longer than"),
    "memory": ("x = 'a' * 10**10", "ran out of memory"),
    "memory, slowly": ("x = []\nwhile True: x.append(bytearray(10**6))", "ran out of memory"),
    "output": ("while True: print('x' * 10_000)", "wrote more than 1,000,000 bytes"),
    "stderr": ("import os\nwhile True: os.write(2, b'x' * 10_000)", "wrote more than 1,000,000 bytes"),
    "closes all": (ADD + "import os; os.closerange(0, 1000)", "before the tests began"),
    "closes in a test": (ADD + "def add(a, b):\n    import os\n    os.closerange(0, 1000)\n    return a + b", "before the tests were over"),
    "forges": (ADD + "import os, struct\nm = b'{\"kind\": \"over\", \"token\": \"\", \"good\": 1, \"total\": 1, \"reason\": \"\"}'\n"
               "for fd in range(3, 20):\n    try: os.write(fd, struct.pack('>I', len(m)) + m)\n    except OSError: pass", "the tests do not send"),
    "writes anywhere": ("import os\nfor fd in range(3, 20):\n    try: os.write(fd, b'passed' * 9)\n    except OSError: pass", "before the tests began"),
    "reads the token early": ("import os\nfor fd in range(3, 20):\n    try: os.read(fd, 100)\n    except OSError: pass", "took longer than"),
    "replaces builtins": ("import builtins, json, os\nbuiltins.exec = builtins.compile = lambda *a, **k: None\n"
                          "json.loads = lambda *a: 'x = 1'", "fails the tests: NameError"),
    "replaces builtins in a test": (
        "import builtins\ndef add(a, b):\n    for n in ('len', 'callable', 'max', 'exec', 'vars'): setattr(builtins, n, lambda *a: 0)",
        "AssertionError",
    ),
    "replaces unittest": ("import unittest\nunittest.TestCase.assertEqual = lambda *a: None\ndef add(a, b): return 0", "AssertionError"),
    "replaces exceptions": ("import builtins\nbuiltins.AssertionError = builtins.BaseException = int\ndef add(a, b): return 0", ""),
    "traces": ("import sys\ndef skip(frame, *_):\n    return None\nsys.settrace(skip)\ndef add(a, b): return 0", "AssertionError"),
    "segfault": ("import ctypes; ctypes.string_at(0)", "was killed by SIGSEGV"),
    "recursion": ("def f(): f()\nf()", "RecursionError"),
    "fork": (ADD + "import os\nos.fork()", "tried to start a process (os.fork)"),
    "fork, quietly": (ADD + "import os\ntry:\n    os.fork()\nexcept BaseException: pass", "tried to start a process (os.fork)"),
    "subprocess": (ADD + "import subprocess\nsubprocess.run(['true'])", "tried to start a process (subprocess.Popen)"),
    "system": (ADD + "import os\nos.system('true')", "tried to start a process (os.system)"),
    "kills us": (ADD + "import os\nos.kill(os.getppid(), 9)", "tried to send a signal (os.kill)"),
    "network": (ADD + "import socket\nsocket.create_connection(('127.0.0.1', 1))", "tried to use the network"),
    "writes outside": (ADD + f"open({OUTSIDE!r}, 'w')", "tried to write outside its folder"),
    "deletes outside": (ADD + f"import shutil\nshutil.rmtree({OUTSIDE!r})", "tried to change files outside its folder (shutil.rmtree)"),
    "hostile error": ("class E(Exception):\n    def __str__(self): raise E\nraise E", "fails when it is loaded: E"),
    "long error": ("raise ValueError('\\x1b[31m' + 'x' * 10**6)", "ValueError: \\x1b[31mxxx"),
}  # fmt: skip


#: Much like another attack that is always tried.
LIKE_OTHERS = {
    "stops itself",
    "ignores signals",
    "sleep in a test",
    "stderr",
    "memory, slowly",
    "system",
    "subprocess",
}


@pytest.mark.parametrize(
    "attack", [pytest.param(name, marks=[pytest.mark.slow] * (name in LIKE_OTHERS)) for name in ATTACKS]
)
def test_an_attack_is_a_miss_with_a_reason(attack):
    code, reason = ATTACKS[attack]
    begin = time.monotonic()

    result = checks.python_passes(code, TESTS, seconds=1)

    assert not result.passed
    assert reason in result.reason
    assert len(result.reason) <= 300
    assert result.reason.isprintable()
    assert time.monotonic() - begin < 10


@pytest.mark.skipif(sys.platform != "linux", reason="native calls and orphans as on Linux")
@pytest.mark.parametrize(
    ("code", "reason"),
    [
        pytest.param("while True: libc.fork()", "took longer than", marks=pytest.mark.slow),  # it takes all cores
        (
            "if libc.fork() == 0:\n    os.setsid()\n    if libc.fork() == 0: time.sleep(60)\n    os._exit(0)",
            "left a process running",
        ),
        ("if libc.fork() == 0: time.sleep(60)", "left a process running"),
        ("libc.kill(0, 9)", "was killed by SIGKILL before the tests began"),
    ],
    ids=["fork bomb", "daemon", "child", "own group"],
)
def test_native_calls_that_no_hook_sees(code, reason, tmp_path, monkeypatch):
    monkeypatch.setattr(code_module.tempfile, "tempdir", str(tmp_path))
    result = checks.python_passes(
        ADD + f"import ctypes, os, time\nlibc = ctypes.CDLL(None)\n{code}\n", TESTS, seconds=1
    )

    assert not result.passed
    assert reason in result.reason
    assert not alive(str(tmp_path))


def test_the_code_sees_no_secret_and_no_tests(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-of-ours")
    spy = ADD + (
        "import gc, os, sys\n"
        "frame, seen = sys._getframe(), repr(dict(os.environ)) + repr(sys.argv) + os.getcwd()\n"
        "while frame: seen += repr(frame.f_locals); frame = frame.f_back\n"
        "seen += ''.join(each for each in gc.get_objects() if isinstance(each, str))\n"
        "assert 'sk-' + 'secret' not in seen\n"
        "assert 'wis' + 'dom' not in seen\n"
        "assert sys.stdin.read() == ''\n"
    )
    assert checks.python_passes(spy, "wisdom = 3\nassert add(1, 2) == wisdom", memory_mb=512) == (True, 1.0, "")


def test_hashes_are_the_same_each_time():
    code = "def f():\n    return list({'a', 'b', 'c', 'd', 'e', 'f'})\nprint(f())"
    first = checks.python_passes(code, "assert f() == 0, f()").reason

    assert "AssertionError: [" in first
    assert checks.python_passes(code, "assert f() == 0, f()").reason == first


def test_many_at_once_from_threads():
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda n: checks.python_passes(ADD, f"assert add({n}, 1) == 5").passed, range(8)))

    assert results == [n == 4 for n in range(8)]


def test_a_runner_that_cannot_start_is_an_outage(monkeypatch):
    monkeypatch.setattr(code_module.sys, "executable", "/no/such/python")
    with pytest.raises(checks.CodeRunnerError, match="cannot start a process"):
        checks.python_passes(ADD, TESTS)


def test_a_runner_that_dies_is_an_outage(monkeypatch, tmp_path):
    (tmp_path / "runner.py").write_text("import os; os._exit(1)")
    monkeypatch.setattr(code_module, "_RUNNER", tmp_path / "runner.py")
    with pytest.raises(checks.CodeRunnerError, match="did not answer"):
        checks.python_passes(ADD, TESTS)


@pytest.mark.slow
def test_nothing_is_left_after_many_attacks():
    threads, files = threading.active_count(), open_files()
    for code, _ in ATTACKS.values():
        assert not checks.python_passes(code, TESTS, seconds=0.5).passed
    # What else runs in this process may open something meanwhile; a leak would be one with each attack.
    assert threading.active_count() - threads < len(ATTACKS) / 4
    assert open_files() - files < len(ATTACKS) / 4
    assert not alive("code_runner.py")
