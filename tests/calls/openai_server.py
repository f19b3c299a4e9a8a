"""An OpenAI-compatible server on loopback, whose answers and faults a test plans.

    with OpenAIServer() as server:
        server.plan(Reply(status=429, retry_after="1"), Reply("Paris"))
        litellm.completion("openai/test", messages, api_base=server.url, api_key="sk-none", max_retries=0)

Requests take the planned replies in the order in which they arrive; after the last one, and without a plan, the
answer says what was asked and which request it was, so that no two answers are the same.
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True)
class Reply:
    """How the server answers one request."""

    #: The answer's text; None for one that says what was asked.
    text: str | None = None
    #: Seconds before it is sent.
    after: float = 0.0
    status: int = 200
    #: The header `Retry-After`.
    retry_after: str | None = None
    #: Sent instead of an answer, as it stands: malformed JSON, a page of HTML.
    body: str | None = None
    content_type: str = "application/json"
    #: Never answer: until the client goes away, or the server is closed.
    hang: bool = False
    #: Close the connection after so many bytes of the body (of a stream: after so many events).
    cut_after: int | None = None
    finish_reason: str = "stop"
    #: Replaces keys of the message, as `tool_calls` or `refusal`.
    message: dict[str, Any] = field(default_factory=dict)
    #: Replaces keys of the response, as `usage` or `model`.
    response: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """What a client sent."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def asked(self) -> str:
        """The last thing that was said, as text."""
        if messages := self.body.get("messages"):
            return str(messages[-1]["content"])
        return str(self.body.get("input", self.body.get("prompt", "")))


class OpenAIServer:
    """Serves on a free port of loopback from its making on, until `close`."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.in_flight = self.most_in_flight = 0
        #: Says how to answer a request where nothing is planned.
        self.otherwise: Callable[[Request], Reply] = lambda _: Reply()
        self._planned: deque[Reply] = deque()
        self._lock = threading.Lock()
        self.closing = threading.Event()
        self._http = _Server(self)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """What `api_base` must be."""
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def plan(self, *replies: Reply) -> None:
        """Answer the next requests so."""
        with self._lock:
            self._planned.extend(replies)

    def close(self) -> None:
        """Refuse connections from now on, and break those that are open."""
        if not self.closing.is_set():
            self.closing.set()
            self._http.shutdown()
            self._http.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def taking(self, request: Request) -> Iterator[tuple[int, Reply]]:
        """The number of a request, from 1, and how to answer it; it is in flight within the block."""
        with self._lock:
            self.requests.append(request)
            number = len(self.requests)
            reply = self._planned.popleft() if self._planned else self.otherwise(request)
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            yield number, reply
        finally:
            with self._lock:
                self.in_flight -= 1


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, server: OpenAIServer) -> None:
        self.planned = server
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that went away are what tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 30  # of a connection that is kept alive and not used

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        request = Request(self.path, {name.lower(): value for name, value in self.headers.items()}, json.loads(raw))
        with self.server.planned.taking(request) as (number, reply), suppress(ConnectionError, BrokenPipeError):
            self._answer(request, number, reply)

    def _answer(self, request: Request, number: int, reply: Reply) -> None:
        closing = self.server.planned.closing
        if reply.hang:
            self._until_the_client_is_gone()
            return
        if reply.after:
            closing.wait(reply.after)
        if reply.body is not None:
            self._send(reply.status, reply.body, reply)
        elif reply.status != 200:
            error = {"message": reply.text or f"planned {reply.status}", "type": "planned", "code": None}
            self._send(reply.status, json.dumps({"error": error}), reply)
        elif request.body.get("stream"):
            self._stream(request, number, reply)
        else:
            self._send(200, json.dumps(response_to(request, number, reply)), reply)

    def _send(self, status: int, body: str, reply: Reply) -> None:
        raw = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(raw)))
        if reply.retry_after is not None:
            self.send_header("Retry-After", reply.retry_after)
        self.end_headers()
        self.wfile.write(raw[: reply.cut_after])
        self.close_connection = self.close_connection or reply.cut_after is not None

    def _stream(self, request: Request, number: int, reply: Reply) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        events = [*map(json.dumps, chunks_to(request, number, reply)), "[DONE]"]
        for event in events[: reply.cut_after]:
            self._chunk(f"data: {event}\n\n".encode())
        if reply.cut_after is None:
            self._chunk(b"")
        else:
            self.close_connection = True  # in the middle of the chunked body: the client must notice

    def _chunk(self, raw: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(raw), raw))

    def _until_the_client_is_gone(self) -> None:
        self.connection.settimeout(0.05)
        self.close_connection = True
        while not self.server.planned.closing.is_set():
            with suppress(TimeoutError):
                if not self.connection.recv(1):
                    return


def response_to(request: Request, number: int, reply: Reply) -> dict[str, Any]:
    """The JSON of an answer, in the shape of the endpoint that was asked."""
    model = f"{request.body.get('model')}-2026-01-01"
    text = f"answer {number} to: {request.asked}" if reply.text is None else reply.text
    words_in, words_out = len(request.asked.split()), len(text.split())
    head = {"id": f"id-{number}", "created": int(time.time()), "model": model}
    usage = {"prompt_tokens": words_in, "completion_tokens": words_out, "total_tokens": words_in + words_out}
    endpoint = request.path.rsplit("/", 1)[-1]
    if endpoint == "embeddings":
        texts = request.body["input"] if isinstance(request.body["input"], list) else [request.body["input"]]
        rows = [
            {"object": "embedding", "index": place, "embedding": [float(len(str(each))), float(number)]}
            for place, each in enumerate(texts)
        ]
        found = {"object": "list", "data": rows, "model": model, "usage": usage}
    elif endpoint == "responses":
        content = [{"type": "output_text", "text": text, "annotations": []}]
        answer = {"type": "message", "id": "msg", "role": "assistant", "status": "completed", "content": content}
        found = {"object": "response", "created_at": head["created"], "status": "completed", "output": [answer]}
        found |= {"id": f"resp_{number}", "model": model, "error": None, "incomplete_details": None, "tools": []}
        found |= {"instructions": None, "parallel_tool_calls": True, "tool_choice": "auto", "metadata": {}}
        found["usage"] = {"input_tokens": words_in, "output_tokens": words_out, "total_tokens": words_in + words_out}
    elif endpoint == "completions" and "messages" not in request.body:
        choice = {"index": 0, "text": text, "finish_reason": reply.finish_reason, "logprobs": None}
        found = {**head, "object": "text_completion", "choices": [choice], "usage": usage}
    else:
        message = {"role": "assistant", "content": text} | reply.message
        choice = {"index": 0, "message": message, "finish_reason": reply.finish_reason}
        found = {**head, "object": "chat.completion", "choices": [choice], "usage": usage}
    return found | reply.response


def chunks_to(request: Request, number: int, reply: Reply) -> list[dict[str, Any]]:
    """The events of a streamed answer: one word each, the reason for its end, and the usage where asked for."""
    whole = response_to(request, number, reply)
    head = {key: whole[key] for key in ("id", "created", "model")} | {"object": "chat.completion.chunk"}
    if whole["object"] == "text_completion":
        head["object"] = whole["object"]
        words = whole["choices"][0]["text"].split(" ")
        parts = [{"text": f" {word}" if place else word} for place, word in enumerate(words)]
        end: dict[str, Any] = {"text": ""}
    else:
        words = (whole["choices"][0]["message"]["content"] or "").split(" ")
        parts = [{"delta": {"content": f" {word}" if place else word}} for place, word in enumerate(words)]
        parts.insert(0, {"delta": {"role": "assistant", "content": ""}})
        end = {"delta": {}}
    chunks = [{**head, "choices": [{"index": 0, **part, "finish_reason": None}]} for part in parts]
    chunks.append({**head, "choices": [{"index": 0, **end, "finish_reason": reply.finish_reason}]})
    if (request.body.get("stream_options") or {}).get("include_usage"):
        chunks.append({**head, "choices": [], "usage": whole["usage"]})
    return chunks
