"""A model behind HTTP that fails in every way that real ones do, by a plan that tests can read."""

import json
import random
import socket
import struct
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

#: What the server does with a question, and how often.
RATES = {
    "right": 50,
    "wrong": 10,
    "429 once": 8,
    "429": 6,
    "500": 8,
    "hang": 4,
    "drop": 6,
    "reset": 4,
    "malformed": 6,
}
#: The faults that leave a client without an answer, with a word of what it then says.
FAULTS = {
    "429": "HTTP 429",
    "500": "HTTP 500",
    "hang": "timeout of 0.3 s",
    "drop": "IncompleteRead",
    "reset": "Connection",
    "malformed": "JSONDecodeError",
}


class FaultyModel(ThreadingHTTPServer):
    """Answers question n as `plan[n]` says, and counts what it did."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, seed, cases):
        super().__init__(("127.0.0.1", 0), Handler)
        self.plan = random.Random(seed).choices(list(RATES), list(RATES.values()), k=cases)  # noqa: S311
        self.asked = Counter()
        self.lock = threading.Lock()
        self.closing = threading.Event()

    def __enter__(self):
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return super().__enter__()

    def __exit__(self, *args):
        self.closing.set()
        self.shutdown()
        super().__exit__(*args)

    def handle_error(self, *_):
        """Clients leave without a word: that is what these tests are about."""

    @property
    def verdicts(self):
        """What a suite must say of each question."""
        words = {"right": "pass", "429 once": "pass", "wrong": "miss"}
        return [words.get(fault, "error") for fault in self.plan]


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        number = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["question"]
        with self.server.lock:
            self.server.asked[number] += 1
            first = self.server.asked[number] == 1
        fault = self.server.plan[number]
        if fault == "429" or (fault == "429 once" and first):
            self.say(429, {"error": "slow down"}, ("Retry-After", "0.02"))
        elif fault == "500":
            self.say(500, {"error": "overloaded"})
        elif fault == "hang":
            self.server.closing.wait(60)
        elif fault in ("drop", "reset"):
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b'{"answer": "ri')
            if fault == "reset":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
        elif fault == "malformed":
            self.say(200, '{"answer": "right"')
        else:
            self.say(200, {"answer": "nonsense" if fault == "wrong" else "right"})

    def say(self, status, value, *headers):
        body = (value if isinstance(value, str) else json.dumps(value)).encode()
        self.send_response(status)
        for name, words in (*headers, ("Content-Length", str(len(body)))):
            self.send_header(name, words)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass
