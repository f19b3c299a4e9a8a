"""A client for the model server that costs next to nothing: what a benchmark measures must not be the client."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from urllib.parse import urlsplit

#: The server's address, as the benchmark hands it on.
ADDRESS = "EVALBARS_BENCHMARK_MODEL"


class Client:
    """Asks the model, over connections that it keeps and reuses. Belongs to one event loop."""

    def __init__(self, model: str, address: str | None = None) -> None:
        split = urlsplit(address or os.environ[ADDRESS])
        self.model = model
        self.place = (str(split.hostname), int(split.port or 80))
        self.idle: list[socket.socket] = []

    async def ask(self, question: int | str) -> str:
        """The model's answer.

        Raises:
            ConnectionError: the server went away, or answered with another status than 200.
        """
        connection = self.idle.pop() if self.idle else await self._connect()
        asked = {"model": self.model, "messages": [{"role": "user", "content": str(question)}]}
        body = json.dumps(asked).encode()
        head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: loopback\r\nContent-Length: {len(body)}\r\n\r\n"
        loop, answer = asyncio.get_running_loop(), b""
        try:
            await loop.sock_sendall(connection, head.encode() + body)
            while not _whole(answer):
                answer += await _some(loop, connection)
        except BaseException:
            connection.close()
            raise
        self.idle.append(connection)
        status, _, rest = answer.partition(b"\r\n")
        if status.split(b" ", 2)[1] != b"200":
            raise ConnectionError(status.decode())
        return str(json.loads(rest.partition(b"\r\n\r\n")[2])["choices"][0]["message"]["content"])

    def close(self) -> None:
        """Close the connections that are kept; needs no event loop."""
        while self.idle:
            self.idle.pop().close()

    async def _connect(self) -> socket.socket:
        connection = socket.socket()
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(connection, self.place)
        return connection


async def _some(loop: asyncio.AbstractEventLoop, connection: socket.socket) -> bytes:
    part = await loop.sock_recv(connection, 65536)
    if not part:
        raise ConnectionError("the connection was closed in the middle of an answer")
    return part


def _whole(answer: bytes) -> bool:
    head, found, body = answer.partition(b"\r\n\r\n")
    if not found:
        return False
    place = head.find(b"Content-Length:")
    return len(body) >= int(head[place + 15 :].split(b"\r\n", 1)[0])
