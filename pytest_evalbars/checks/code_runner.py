"""The process that runs a model's code: a watcher, which knows the tests, and a worker, which runs them.

Run as a script by `code.py`, and imports nothing of this package. The watcher receives code and tests over a socket,
forks the worker before it reads the tests, hands them on once the code is loaded, and ends the worker and all that
came of it at the limit. The verdict needs a token that waits unread in the worker's socket until the tests are over:
exit codes, printed words and early endings prove nothing.
"""

import ctypes
import json
import os
import secrets
import select
import signal
import socket
import struct
import sys
import time
from contextlib import suppress
from typing import Any, NoReturn

#: Output beyond this many bytes ends the worker.
MOST_OUTPUT = 1_000_000
#: A worker's message is never longer.
_MOST_SAID = 65_536
_FORGED = "sent a message that the tests do not send"
_SUBREAPER, _NOT_DUMPABLE = 36, 4


def receive(channel: socket.socket, most: int = 2**31) -> bytes:
    """One message: four bytes of length, then so many bytes."""
    (length,) = struct.unpack(">I", _exactly(channel, 4))
    if length > most:
        raise ConnectionError("a message too long")
    return _exactly(channel, length)


def send(channel: socket.socket, message: bytes) -> None:
    """Send one message."""
    channel.sendall(struct.pack(">I", len(message)) + message)


def _exactly(channel: socket.socket, length: int) -> bytes:
    parts = []
    while length:
        part = channel.recv(min(length, 1 << 20))
        if not part:
            raise ConnectionError("the channel was closed")
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


def miss(reason: str, **more: Any) -> dict[str, Any]:
    """A verdict against the code."""
    return {"passed": False, "reason": reason, "good": 0, "total": 1, **more}


class Watcher:
    """Watches one worker until it has said its verdict, ended, or reached a limit."""

    def __init__(self, parent: socket.socket, job: dict[str, Any]) -> None:
        self.parent, self.job = parent, job
        self.tests = b""
        self.deadline = time.monotonic() + job["seconds"]
        self.token, self.loaded, self.written = "", False, 0

    def start(self) -> None:
        """Fork the worker, which inherits one end of a socket and of a pipe, and nothing that decides."""
        self.channel, theirs = socket.socketpair()
        self.output, written = os.pipe()
        self.worker = os.fork()
        if not self.worker:
            self.parent.close()
            self.channel.close()
            os.close(self.output)
            import code_worker  # type: ignore[import-not-found]  # noqa: PLC0415 - after the fork, so that the watcher keeps nothing of it

            sys.path.pop()
            code_worker.work(theirs, written, self.job)
        theirs.close()
        os.close(written)

    def watch(self) -> dict[str, Any]:
        """What is to be said of the code."""
        sources: list[Any] = [self.channel, self.parent, self.output]
        while True:
            left = self.deadline - time.monotonic()
            if left <= 0:
                return miss(f"took longer than {self.job['seconds']:g} seconds and was ended")
            ready = select.select(sources, [], [], left)[0]
            if self.output in ready and not self._drain():
                sources.remove(self.output)
            if self.written > MOST_OUTPUT:
                return miss(f"wrote more than {MOST_OUTPUT:,} bytes of output and was ended")
            if self.channel in ready and (verdict := self._hear()):
                return verdict
            if self.parent in ready:
                self.clean()
                os._exit(1)  # whoever asked is gone

    def _drain(self) -> bool:
        part = os.read(self.output, 65_536)
        self.written += len(part)
        return bool(part)

    def _hear(self) -> dict[str, Any] | None:
        """A verdict, if the worker's message is one."""
        self.channel.settimeout(max(self.deadline - time.monotonic(), 0.01))
        try:
            return self._verdict(json.loads(receive(self.channel, _MOST_SAID)))
        except TimeoutError:
            return None  # the deadline says it
        except (OSError, struct.error):
            return miss(self._how_it_ended())
        except (ValueError, KeyError, TypeError, RecursionError):
            return miss(_FORGED)

    def _verdict(self, said: dict[str, Any]) -> dict[str, Any] | None:
        kind = said["kind"]
        if kind == "loaded" and not self.loaded:
            self.loaded, self.token = True, secrets.token_hex(32)
            send(self.channel, self.tests)
            send(self.channel, self.token.encode())  # left unread until the tests are over
            return None
        if kind == "compiled" and self.job["compile"]:
            return {"passed": True, "reason": "", "good": 1, "total": 1}
        if kind == "over" and self.loaded and secrets.compare_digest(str(said["token"]), self.token):
            return self._over(said)
        return miss(str(said["reason"]) if kind == "miss" else _FORGED)

    def _over(self, said: dict[str, Any]) -> dict[str, Any]:
        if self._left_behind():
            return miss("left a process running")
        good, total = int(said["good"]), int(said["total"])
        return {"passed": good == total > 0, "reason": str(said["reason"]), "good": good, "total": total}

    def _left_behind(self) -> bool:
        """Is anything alive a moment after the worker should have ended?"""
        until = time.monotonic() + 1
        with suppress(ChildProcessError):
            while time.monotonic() < until:
                if not os.waitpid(-1, os.WNOHANG)[0]:
                    time.sleep(0.002)
            return True
        return False

    def _how_it_ended(self) -> str:
        stage = "the tests were over" if self.loaded else "the tests began"
        until = time.monotonic() + 0.5
        with suppress(ChildProcessError):
            while time.monotonic() < until:
                pid, status = os.waitpid(self.worker, os.WNOHANG)
                if pid:
                    code = os.waitstatus_to_exitcode(status)
                    how = (
                        f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
                    )
                    return f"the process {how} before {stage}"
                time.sleep(0.002)
        return f"the process closed its channel before {stage}"

    def clean(self) -> None:
        """End the worker and all that came of it, also what left its session."""
        until = time.monotonic() + 5
        with suppress(ChildProcessError):
            while time.monotonic() < until:
                with suppress(OSError):
                    os.killpg(self.worker, signal.SIGKILL)
                for child in [self.worker, *_children()]:
                    with suppress(OSError):
                        os.kill(child, signal.SIGKILL)
                if not os.waitpid(-1, os.WNOHANG)[0]:
                    time.sleep(0.002)


def _children() -> list[int]:
    """Our children, among them orphans of the worker; only Linux tells."""
    with suppress(OSError), open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:  # noqa: PTH123
        return [int(pid) for pid in file.read().split()]
    return []


def main() -> NoReturn:
    """Run one job."""
    parent = socket.socket(fileno=int(sys.argv[1]))
    parent.set_inheritable(False)
    watcher = Watcher(parent, json.loads(receive(parent)))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)  # orphans of the worker become ours, to be ended
    watcher.start()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_NOT_DUMPABLE, 0, 0, 0, 0)  # the worker cannot look into our memory
    watcher.tests = receive(parent)  # from now on this socket only closes
    verdict = watcher.watch()
    watcher.clean()
    parent.sendall(json.dumps(verdict).encode())
    os._exit(0)


if __name__ == "__main__":
    sys.path.append(os.path.dirname(__file__))  # noqa: PTH120 - for the worker
    main()
