"""The worker of `code_runner.py`: sets its limits, loads the code, then asks for the tests and runs them."""

import builtins
import json
import os
import socket
import struct
import sys
import types
from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn

from code_limits import guard, limit  # type: ignore[import-not-found]  # beside this file, as scripts import


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
