"""What the worker of `code_runner.py` may use and do: limits of the system, and a guard of its calls."""

import ctypes
import math
import os
import resource
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
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
