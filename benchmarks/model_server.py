"""A model behind HTTP on loopback, of known latency: the waiting that evals are made of, without its price.

`python model_server.py` prints its address and serves until its standard input ends.

- `POST /v1/chat/completions`: the model's name says how long an answer takes, and the question is a number, so a
  request takes as long for whoever asks it. `fixed-100` answers after 100 ms. `tail-50-2000-7` draws from a
  lognormal distribution of median 50 ms: 2,000 latencies in an order shuffled by seed 7, the longest 40 medians.
- `GET /stats`: requests answered, seconds from the first one's arrival to the last one's answer, and the most that
  were in flight at once. `POST /reset` forgets them.

A bare protocol rather than streams, so that the server is not what a benchmark measures.
"""

from __future__ import annotations

import asyncio
import gc
import heapq
import json
import math
import random
import sys
import time
from functools import lru_cache
from statistics import NormalDist
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

#: The longest latency of a tail, in medians.
LONGEST = 40


@lru_cache
def latencies(model: str) -> tuple[float, ...]:
    """The seconds that a model takes for question 0, 1, 2 ...; after the last it begins again."""
    kind, median, *more = model.split("-")
    seconds = int(median) / 1000
    if kind == "fixed":
        return (seconds,)
    cases, seed = map(int, more)
    normal = NormalDist()
    quantiles = [normal.inv_cdf((place + 0.5) / cases) for place in range(cases)]
    drawn = [seconds * math.exp(math.log(LONGEST) * each / quantiles[-1]) for each in quantiles]
    random.Random(seed).shuffle(drawn)  # noqa: S311 - nothing to keep secret
    return tuple(drawn)


def list_schedule(durations: Sequence[float], slots: int) -> float:
    """How long the work takes if each slot that falls free takes the next case in order.

    Nobody who starts cases in their order, without knowing how long they take, is done sooner.
    """
    free_at = [0.0] * slots
    for duration in durations:
        heapq.heapreplace(free_at, free_at[0] + duration)
    return max(free_at)


class Stats:
    """What has been asked since the last reset."""

    def __init__(self) -> None:
        self.answered = self.in_flight = self.most_in_flight = 0
        self.first: float | None = None
        self.last = 0.0

    def arrived(self) -> None:
        """A request is here."""
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        if self.first is None:
            self.first = time.monotonic()

    def left(self) -> None:
        """Its answer is out, or its client is gone."""
        self.in_flight -= 1

    def to_json(self) -> dict[str, float]:
        """Plain values."""
        span = self.last - self.first if self.first is not None and self.answered else 0.0
        return {"answered": self.answered, "span": span, "most_in_flight": self.most_in_flight}


class Connection(asyncio.Protocol):
    """One client's connection, kept alive; one request at a time."""

    stats = Stats()

    def __init__(self) -> None:
        self.buffer = b""
        self.transport: asyncio.Transport
        self.waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def connection_lost(self, _: Exception | None) -> None:
        if self.waiting is not None:
            self.waiting.cancel()
            self.stats.left()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, found, rest = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return
        place = head.lower().find(b"content-length:")
        length = int(head[place + 15 :].split(b"\r\n", 1)[0]) if place >= 0 else 0
        if len(rest) >= length:
            self.buffer = rest[length:]
            self.request(head.split(b" ", 2)[1], rest[:length])

    def request(self, path: bytes, body: bytes) -> None:
        if path == b"/v1/chat/completions":
            self.stats.arrived()
            asked = json.loads(body)
            known, question = latencies(asked["model"]), asked["messages"][0]["content"]
            wait = known[int(question) % len(known)]
            self.waiting = asyncio.get_running_loop().call_later(wait, self.answer, f"answer {question}")
        elif path == b"/reset":
            Connection.stats = Stats()
            self.reply({})
        else:
            self.reply(self.stats.to_json())

    def answer(self, words: str) -> None:
        self.waiting = None
        self.reply({"choices": [{"message": {"role": "assistant", "content": words}}]})
        self.stats.answered += 1
        self.stats.last = time.monotonic()
        self.stats.left()

    def reply(self, value: object) -> None:
        body = json.dumps(value).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self.transport.write(head.encode() + body)


async def serve() -> None:
    """Serve until the process that started this one closes our standard input, or ends."""
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", 0, backlog=1024)
    host, port = server.sockets[0].getsockname()
    print(f"http://{host}:{port}", flush=True)
    async with server:
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    gc.disable()  # a pause would be the model's
    asyncio.run(serve())
