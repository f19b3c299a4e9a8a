"""Python that a model wrote: does it compile, and does it pass tests, in a process of its own with limits?

This is a guard against wrong, runaway and cheating code, not a sandbox: what runs has the rights of the user who runs
pytest, and can read what they can read. Code and tests share a process, so that code written against this very runner
could forge what it says. Code from people who mean harm belongs into a container or a virtual machine, tests and all.
"""

from __future__ import annotations

import ast
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from pytest_evalbars.checks.result import Result
from pytest_evalbars.checks.wording import fenced, text_of
from pytest_evalbars.errors import CodeRunnerError
from pytest_evalbars.safe import safe

_RUNNER = Path(__file__).with_name("code_runner.py")
#: Seconds that the runner may take beyond the code's own: to start, to clean up, on a busy machine.
_GRACE = 30.0
#: No more runners at once than the machine can serve in time: a wait for the processor is not the code's fault.
_TURNS = threading.BoundedSemaphore(os.cpu_count() or 1)
#: Environment variables that an interpreter may need to start; nothing else of ours is handed on.
_KEPT = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")
#: Reasons are cut to this length.
_REASON = 300
_DEFINITIONS = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Import,
    ast.ImportFrom,
    ast.Assign,
    ast.AnnAssign,
)


def python_compiles(code: str) -> Result:
    """Is it Python that the running interpreter can compile? Nothing is executed.

    Of an answer with fenced blocks, the blocks marked `python` (else the unmarked ones) are the code.
    """
    if not code_of(code).strip():
        return Result(False, None, "holds no code")
    said = _run({"code": code_of(code), "seconds": 5, "memory_mb": 1024, "compile": True}, "")
    return Result(bool(said["passed"]), None, safe(said["reason"], _REASON))


def python_passes(code: str, tests: str, seconds: float = 5, memory_mb: int = 256) -> Result:
    """Does this Python pass these tests, in a process of its own?

    The code is loaded as the module `solution`, before the process knows the tests. Then the tests run with its
    names in reach: statements, functions `test...` without parameters, `unittest.TestCase` classes. Passed means that
    they ran to their end and none failed.

    It is a miss when the code takes longer than `seconds` (of wall time) or more memory, ends the process, writes
    more than 1 MB of output, starts a process, sends a signal, uses the network or changes files outside its own
    temporary folder. Code can still cheat tests that trust it, as with objects that equal everything: let tests
    compare plain values, or types too. Not a sandbox, see the module.

    It blocks the caller: in async cases, `await asyncio.to_thread(checks.python_passes, code, tests)`.

    Args:
        code: Python, or an answer with it in fenced blocks as `python_compiles` reads them.
        tests: Python of the case's author.
        seconds: wall time that code and tests may take together.
        memory_mb: address space in MiB, of which the interpreter itself needs about 30.

    Returns:
        The score is the share of test functions that passed; 0 or 1 where there are none.

    Raises:
        ValueError: the tests are no Python, or test nothing.
        CodeRunnerError: the process could not be started or watched; never the code's fault.
    """
    text_of(tests, "tests")
    if seconds <= 0 or memory_mb < 32:
        raise ValueError(
            f"no code can run in {seconds} seconds and {memory_mb} MiB: give more than 0 and at least 32"
        )
    _look_at(tests)
    said = _run({"code": code_of(code), "seconds": seconds, "memory_mb": memory_mb, "compile": False}, tests)
    score = said["good"] / said["total"] if said.get("total") else 0.0
    return Result(bool(said["passed"]), score, safe(said["reason"], _REASON))


def code_of(answer: str) -> str:
    """The code in an answer: its fenced blocks if it has any, else all of it."""
    text = text_of(answer, "code")
    return "\n".join(fenced(text, "python", "py", "python3")) or text


def _look_at(tests: str) -> None:
    """Refuse tests that nothing can fail."""
    try:
        tree = ast.parse(tests)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as fault:
        raise ValueError(f"`tests` is no Python: {fault}") from fault
    body = tree.body
    runs = any(not isinstance(each, _DEFINITIONS) and not _is_text(each) for each in body)
    named = any(isinstance(each, ast.ClassDef) or getattr(each, "name", "").startswith("test") for each in body)
    functions = [each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
    for each in functions:
        if each.name.startswith("test") and _wanted(each):
            raise ValueError(
                f"`tests` has {each.name}, whose parameters nobody would give: fixtures and parametrize do not work "
                "here; write plain functions"
            )
    if not runs and not named:
        raise ValueError(
            "`tests` tests nothing: write assert statements, functions `test...`, or call what it defines"
        )


def _wanted(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    """The parameters without defaults, but `self` and what decorators such as `mock.patch` give."""
    given, wanted = len(function.args.defaults), [each.arg for each in function.args.posonlyargs + function.args.args]
    patched = sum("patch" in ast.unparse(each) for each in function.decorator_list)
    return [name for name in wanted[: len(wanted) - given] if name not in {"self", "cls"}][patched:]


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _run(job: dict[str, Any], tests: str) -> dict[str, Any]:
    """Hand code and tests to the runner over a socket of its own and wait for what it says."""
    if sys.platform == "win32":
        raise CodeRunnerError("running a model's code needs the limits of a POSIX system: use WSL or a container")
    with _TURNS, tempfile.TemporaryDirectory(prefix="evalbars-", ignore_cleanup_errors=True) as folder:
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                process = _start(folder, theirs.fileno())
            try:
                ours.settimeout(job["seconds"] + _GRACE)
                for part in (json.dumps(job), json.dumps(tests)):
                    ours.sendall(struct.pack(">I", len(part)) + part.encode("ascii"))
                return _answer(ours)
            except OSError as fault:
                raise CodeRunnerError(f"the process that runs a model's code did not answer ({fault!r})") from fault
            finally:
                ours.close()  # the runner ends what it started when its socket closes
                _end(process)


def _start(folder: str, channel: int) -> subprocess.Popen[bytes]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    one_thread = dict.fromkeys(
        ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "MALLOC_ARENA_MAX"), "1"
    )
    # Not -I, which would ignore the fixed seed of hashes: -P -s and an environment of our own isolate as well.
    own = {"PATH": os.defpath, "HOME": folder, "TMPDIR": folder, "LANG": "C.UTF-8", "PYTHONHASHSEED": "0"}
    try:
        return subprocess.Popen(  # noqa: S603
            [sys.executable, "-P", "-s", "-B", "-X", "utf8", str(_RUNNER), str(channel)],
            cwd=folder,
            env=own | one_thread | kept,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[channel],
            start_new_session=True,
        )
    except OSError as fault:
        raise CodeRunnerError(f"cannot start a process for a model's code: {fault}") from fault


def _answer(channel: socket.socket) -> dict[str, Any]:
    received = b""
    while part := channel.recv(65_536):
        received += part
    if not received:
        raise ConnectionError("it ended without a word")
    said: dict[str, Any] = json.loads(received)
    return said


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
