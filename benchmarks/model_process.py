"""The model server as a benchmark holds it: started, reset before each contender, asked what it saw."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVER = Path(__file__).with_name("model_server.py")


@dataclass(frozen=True, slots=True)
class Seen:
    """What the server saw of one contender."""

    answered: int
    #: Seconds from the first request's arrival to the last answer.
    span: float
    most_in_flight: int


class Model:
    """A running server."""

    def __init__(self, address: str) -> None:
        self.address = address

    def reset(self) -> None:
        """Forget what was asked so far."""
        self._talk("POST", "/reset")

    def seen(self) -> Seen:
        """What was asked since."""
        return Seen(**self._talk("GET", "/stats"))

    def _talk(self, method: str, path: str) -> dict[str, Any]:
        connection = HTTPConnection(self.address.removeprefix("http://"), timeout=10)
        connection.request(method, path)
        found: dict[str, Any] = json.loads(connection.getresponse().read())
        connection.close()
        return found


@contextmanager
def model() -> Iterator[Model]:
    """A server for as long as the block runs."""
    process = subprocess.Popen(
        [sys.executable, str(SERVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None  # noqa: S101 - for the type checker
    assert process.stdout is not None  # noqa: S101
    with process:
        yield Model(process.stdout.readline().strip())
        process.stdin.close()
