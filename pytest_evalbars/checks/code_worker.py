"""The worker of `code_runner.py`: sets its own limits, loads the code, then asks for the tests and runs them."""

import builtins
import ctypes
import json
import math
import os
import resource
import signal
import socket
import struct
import sys
import types
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, NoReturn

_FILE_BYTES, _PROCESSES = 16 << 20, 256
_DIE_WITH_PARENT = 1
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
#: What the code may not do (PEP 578 audit events), and in which words that is said.
_FORBIDDEN = {
    **dict.fromkeys(
        (
            "os.fork",
            "os.forkpty",
            "os.exec",
            "os.posix_spawn",
            "os.spawn",
            "os.system",
            "subprocess.Popen",
            "pty.spawn",
        ),
        "start a process",
    ),
    **dict.fromkeys(("os.kill", "os.killpg"), "send a signal"),
    **dict.fromkeys(
        (
            "socket.connect",
            "socket.bind",
            "socket.getaddrinfo",
            "socket.gethostbyname",
            "socket.sendto",
            "socket.sendmsg",
        ),
        "use the network",
    ),
}
#: Events about files, and how many of their first arguments are paths.
_CHANGES = {
    **dict.fromkeys(("os.remove", "os.rmdir", "os.truncate", "os.chmod", "os.chown", "os.mkdir", "shutil.rmtree"), 1),
    **dict.fromkeys(("os.rename", "os.link", "os.symlink", "shutil.move"), 2),
}


def work(channel: socket.socket, output: int, job: dict[str, Any]) -> NoReturn:
    """Run one job and end the process. What is used after the code was loaded is held here, not looked up."""
    limit(output, job)
    say, end, read = talk(channel.fileno())
    run, loads, tests_of, told = exec, json.JSONDecoder().decode, results, explain
    restore = partial(builtins.__dict__.update, dict(builtins.__dict__))
    try:
        code = compile(job["code"], "<code>", "exec", dont_inherit=True)
    except BaseException as fault:  # noqa: BLE001
        end(kind="miss", reason=f"does not compile: {explain(fault, '<code>', job['code'])}")
    if job["compile"]:
        end(kind="compiled")
    sys.addaudithook(guard(end, os.path.realpath(os.getcwd())))  # noqa: PTH109
    solution = sys.modules["solution"] = types.ModuleType("solution")
    try:
        run(code, solution.__dict__)
    except BaseException as fault:  # noqa: BLE001
        end(kind="miss", reason=f"fails when it is loaded: {told(fault, '<code>', job['code'])}")
    restore()  # what the code replaced, so that tests mean what they say
    sys.settrace(None)
    sys.setprofile(None)
    say(kind="loaded")
    good, total, first = tests_of(loads(read()), solution.__dict__, restore)
    end(kind="over", token=read(), good=good, total=total, reason=first)


def talk(number: int) -> tuple[Callable[..., None], Callable[..., NoReturn], Callable[[], str]]:
    """How the worker says something, says its last word, and reads what the watcher sent."""
    write, receive, leave = os.write, os.read, os._exit
    pack, unpack, dumps = struct.pack, struct.unpack, json.JSONEncoder().encode

    def say(**message: Any) -> None:
        data = dumps(message).encode("ascii")
        write(number, pack(">I", len(data)) + data)

    def end(**message: Any) -> NoReturn:
        say(**message)
        leave(0)

    def exactly(length: int) -> bytes:
        data = b""
        while len(data) < length:
            data += receive(number, length - len(data)) or leave(1)
        return data

    def read() -> str:
        return exactly(unpack(">I", exactly(4))[0]).decode("ascii")

    return say, end, read


def results(source: str, solution: dict[str, Any], restore: Callable[[], None]) -> tuple[int, int, str]:
    """How many tests passed, how many there are, and what the first failure says."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "unittest"]:
        del sys.modules[name]  # the code may have changed what tests stand on
    module = sys.modules["tests"] = types.ModuleType("tests")
    names = module.__dict__
    names.update(solution, __name__="tests", __builtins__=builtins.__dict__)
    try:
        exec(compile(source, "<tests>", "exec", dont_inherit=True), names)  # noqa: S102 - what all of this is for
        restore()
        found = suites(names)
    except BaseException as fault:  # noqa: BLE001
        restore()
        return 0, 1, f"fails the tests: {explain(fault, '<tests>', source)}"
    good, total, first = 0, 0, ""
    for name, test in found:
        total += 1
        try:
            test()
            good += 1
        except BaseException as fault:  # noqa: BLE001
            restore()
            first = first or f"fails {name}: {explain(fault, '<tests>', source)}"
        restore()
    return (good, total, first) if total else (1, 1, "")  # statements alone, which ran to their end, are one test


def limit(output: int, job: dict[str, Any]) -> None:
    """A session of its own, no input, output to the watcher's pipe, and the limits of the system."""
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, source in enumerate((nothing, output, output)):
        os.dup2(source, number)
    os.close(nothing)
    os.close(output)
    seconds, bytes_ = math.ceil(job["seconds"]) + 1, job["memory_mb"] << 20
    limits = {"CPU": seconds, "AS": bytes_, "FSIZE": _FILE_BYTES, "CORE": 0}
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
        with open("/proc/loadavg", encoding="ascii") as load:  # noqa: PTH123
            # The system counts all threads of the user, so only many more than there are now can be forbidden.
            limits["NPROC"] = int(load.read().split()[3].partition("/")[2]) + _PROCESSES
    for name, wanted in limits.items():
        kind = getattr(resource, f"RLIMIT_{name}", None)
        if kind is None:
            continue
        hard = resource.getrlimit(kind)[1]
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with suppress(OSError, ValueError):  # macOS has no limit of address space
            resource.setrlimit(kind, (most, most))


def guard(end: Callable[..., NoReturn], folder: str) -> Callable[[str, tuple[Any, ...]], None]:
    """An audit hook that ends the process, with a word on why, when the code reaches out of it."""
    real, inside = os.path.realpath, (folder + os.sep, folder, os.devnull)

    def allowed(path: Any) -> bool:
        if isinstance(path, int) or path is None:
            return True
        return real(os.fsdecode(path)) in inside or real(os.fsdecode(path)).startswith(inside[0])

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _FORBIDDEN:
            end(kind="miss", reason=f"tried to {_FORBIDDEN[event]} ({event}), which is not allowed here")
        if event == "open":
            path, _, flags = arguments
            if flags & _WRITES and not allowed(path):
                end(
                    kind="miss",
                    reason=f"tried to write outside its folder ({str(path)[:80]}), which is not allowed here",
                )
        elif event in _CHANGES and not all(map(allowed, arguments[: _CHANGES[event]])):
            end(kind="miss", reason=f"tried to change files outside its folder ({event}), which is not allowed here")

    return hook


def suites(names: dict[str, Any]) -> list[tuple[str, Callable[[], Any]]]:
    """The test functions and the methods of test classes, in the order in which they are written."""
    found: list[tuple[str, Callable[[], Any]]] = []
    for name, value in names.items():
        if getattr(value, "__module__", None) != "tests":
            continue
        if isinstance(value, type):
            methods = [each for each in vars(value) if each.startswith("test")]
            if name.startswith("Test") or hasattr(value, "assertEqual"):
                found += [(f"{name}.{each}", method(value, each)) for each in methods]
        elif name.startswith("test") and callable(value):
            found.append((name, awaited(value)))
    return found


def method(owner: type, name: str) -> Callable[[], Any]:
    """A method of a test class, called on an instance of its own; a `unittest.TestCase` with its set-up."""

    def call() -> None:
        if hasattr(owner, "assertEqual"):
            owner(name).debug()
        else:
            awaited(getattr(owner(), name))()

    return call


def awaited(test: Callable[[], Any]) -> Callable[[], Any]:
    """The test, run on a loop of its own if it is async."""

    def call() -> None:
        result = test()
        if hasattr(result, "__await__"):
            import asyncio  # noqa: PLC0415 - takes longer than most tests

            asyncio.run(result)

    return call


def explain(fault: BaseException, name: str, source: str) -> str:
    """The exception and the line, of the code or of the tests, that it comes from."""
    if isinstance(fault, MemoryError):
        return "ran out of memory"
    line, trace = getattr(fault, "lineno", None), fault.__traceback__
    while trace:
        line = trace.tb_lineno if trace.tb_frame.f_code.co_filename == name else line
        trace = trace.tb_next
    try:
        words = str(getattr(fault, "msg", None) or fault)[:200]
    except BaseException:  # noqa: BLE001 - the exception is the code's own
        words = ""
    lines = source.splitlines()
    place = f" (line {line}: {lines[line - 1].strip()[:80]})" if line and line <= len(lines) else ""
    return f"{type(fault).__name__}{': ' if words else ''}{words}{place}"
