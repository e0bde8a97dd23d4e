"""A recording ingester on a real socket: it checks the contract, and it can be told to misbehave."""

from __future__ import annotations

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

from . import contract

PROBLEM = "application/problem+json"


class Ingester:
    """Records what it stored. Use as a context manager. `script` is a list of behaviours, one per POST; then it is
    healthy.

    A behaviour is a name of `_Handler`'s methods `do_what_<name>`; `always` is one for every POST.
    """

    def __init__(self, script=(), always: str | None = None) -> None:
        self.script = list(script)
        self.always = always
        self.answers: list = []  # (status, body) of the next POSTs, before `script`; a body in bytes is HTML
        self.events: list[dict] = []
        self.batches: list[list] = []
        self.requests: list[dict] = []
        self.wrong: list = []
        self.records: dict[str, tuple] = {}
        self.jobs: list[dict] = []  # what GET /api/v1/jobs lists, by status=open or by ansible_job_id
        self.heads: list = []  # the `head` of the next good answers
        self.refuse_hosts: set = set()
        self.max_events = 10_000
        self.connections = 0
        self.acknowledged = 0
        self.stop = threading.Event()
        self.release = threading.Event()  # what the behaviour `hold` waits for
        self.changed = threading.Condition()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.owner = self
        self.url = "http://127.0.0.1:%d" % self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> "Ingester":
        self._thread.start()
        return self

    def __exit__(self, *_exc) -> None:
        self.stop.set()
        self.release.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def wait_for(self, condition, seconds: float = 30) -> bool:
        """Wait until `condition(events)` holds, at most `seconds`; return whether it does."""
        with self.changed:
            return self.changed.wait_for(lambda: condition(self.events), seconds)

    def of(self, kind: str, **fields) -> list[dict]:
        """Return the stored events of a type whose fields have the given values."""
        return [
            event
            for event in sorted(self.events, key=lambda event: event["seq"])
            if event["type"] == kind and all(event.get(key) == value for key, value in fields.items())
        ]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    owner: Ingester

    def handle_error(self, request, client_address) -> None:
        """A client that goes away is what many tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.server.owner.connections += 1

    def log_message(self, *_args) -> None:
        """Quiet."""

    def do_POST(self) -> None:
        owner = self.server.owner
        # Header and body are to come in one send: then all of it is in the buffer as soon as the header is read.
        self.body = self.rfile.read(int(self.headers["Content-Length"]))
        owner.requests.append({"path": self.path, "headers": dict(self.headers), "size": len(self.body)})
        if owner.answers:
            status, body = owner.answers.pop(0)
            return self.answer(status, body, PROBLEM if isinstance(body, dict) else "text/html")
        behaviour = owner.script.pop(0) if owner.script else owner.always
        getattr(self, "do_what_" + (behaviour or "store"))()

    def do_GET(self) -> None:
        owner = self.server.owner
        owner.requests.append({"path": self.path, "headers": dict(self.headers)})
        if owner.always:
            self.body = b"[]"
            return getattr(self, "do_what_" + owner.always)()
        if self.path.startswith("/api/v1/jobs?"):
            asked = dict(parse_qsl(self.path.partition("?")[2]))
            found = [
                job
                for job in owner.jobs
                if asked.get("ansible_job_id") in (None, job["ansible_job_id"])
                and (asked.get("status") != "open" or job["status"] == "running")
            ]
            return self.answer(200, {"jobs": found, "next": None})
        status, kind, body = owner.records.get(
            self.path,
            (
                404,
                PROBLEM,
                {
                    "type": "about:blank",
                    "title": "No such job",
                    "status": 404,
                    "detail": "No job is recorded under this name.",
                    "hint": "List what is known with GET /api/v1/jobs.",
                },
            ),
        )
        self.answer(status, body, kind)

    def answer(self, status: int, body, kind: str = "application/json", **headers) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)
        if status == 200 and isinstance(body, dict):
            self.server.owner.acknowledged += body.get("received", 0)

    def do_what_store(self) -> None:
        owner = self.server.owner
        batch = json.loads(self.body)
        errors = [
            {"index": index, "field": "host", "detail": "this host is refused"}
            for index, event in enumerate(batch)
            if event.get("host") in owner.refuse_hosts
        ]
        if len(batch) > owner.max_events:
            return self.answer(413, {"title": "Too many events", "status": 413, "detail": "max-batch-events"}, PROBLEM)
        if errors:
            return self.answer(400, {"title": "Bad events", "status": 400, "errors": errors}, PROBLEM)
        with owner.changed:
            known = {(event["run_id"], event["seq"]) for event in owner.events}
            fresh = [event for event in batch if (event["run_id"], event["seq"]) not in known]
            owner.wrong += [(event, wrong) for event in batch for wrong in [contract.problems(event)] if wrong]
            owner.events += fresh
            owner.batches.append(batch)
            owner.changed.notify_all()
        answer = {"received": len(batch), "stored": len(fresh), "duplicates": len(batch) - len(fresh)}
        if owner.heads:
            answer["head"] = owner.heads.pop(0)
        self.answer(200, answer)

    def do_what_500(self) -> None:
        self.answer(500, {"title": "Broken", "status": 500, "detail": "disk on fire"}, PROBLEM)

    def do_what_503(self) -> None:
        self.answer(503, {"title": "Busy", "status": 503}, PROBLEM, Retry_After="0.2")

    def do_what_503_long(self) -> None:
        self.answer(503, {"title": "Busy", "status": 503}, PROBLEM, Retry_After="3600")

    def do_what_401(self) -> None:
        self.answer(401, {"title": "Unauthorized", "status": 401}, PROBLEM)

    def do_what_html(self) -> None:
        self.answer(200, b"<html>Welcome to the router</html>", "text/html")

    def do_what_hang(self) -> None:
        self.server.owner.stop.wait(60)
        self.close_connection = True

    def do_what_hold(self) -> None:
        self.server.owner.release.wait(60)
        self.do_what_store()

    def do_what_drip(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not self.server.owner.stop.wait(0.05):
            self.wfile.write(b" ")

    def do_what_close(self) -> None:
        self.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"rec')
        self.close_connection = True

    def do_what_store_and_close(self) -> None:
        self.do_what_store()
        self.close_connection = True

    def do_what_store_then_drop(self) -> None:
        # Commits, then dies before it answers: the sender cannot know, and sends again.
        self.answer = lambda *_args, **_kwargs: None  # type: ignore[method-assign]
        self.do_what_store()
        self.close_connection = True


def closed_port() -> int:
    """Return a port of 127.0.0.1 where nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class BlackHole:
    """A port whose connects are never answered: its accept queue is full. Use as a context manager."""

    def __enter__(self) -> "BlackHole":
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(0)
        self.url = "http://127.0.0.1:%d" % self._listener.getsockname()[1]
        self._fill = []
        for dummy in range(4):
            sock = socket.socket()
            sock.setblocking(False)
            sock.connect_ex(self._listener.getsockname())
            self._fill.append(sock)
        return self

    def __exit__(self, *_exc) -> None:
        for sock in [*self._fill, self._listener]:
            sock.close()
