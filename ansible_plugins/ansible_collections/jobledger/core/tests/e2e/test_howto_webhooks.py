"""docs/how-to/webhooks.md, followed with the real ingester and a receiver of this test's own."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tools import pages
from tools.program import JAR, JOBLEDGER, Program, until

if not JAR.is_file() and "JOBLEDGER_JAR" not in os.environ:
    pytest.skip("the ingester is not built; ./mvnw -DskipTests package does it", allow_module_level=True)


@pytest.fixture
def receiver():
    """A receiver; `got` has what was posted: headers and body. It answers `answer`."""
    got = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            got.append((dict(self.headers.items()), self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(server.answer)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.got, server.answer = got, 204
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def put(ingester: Program, host: str, status: str) -> None:
    body = json.dumps({"ansible_job_id": "j%s.1" % host, "status": status}).encode()
    asked = urllib.request.Request(
        ingester.url + "/api/v1/jobs/%s/Upgrade/migrate" % host,
        body,
        {"content-type": "application/json"},
        method="PUT",
    )
    urllib.request.urlopen(asked, timeout=30).close()


def lower(headers: dict) -> dict:
    return {name.lower(): value for name, value in headers.items()}


def test_a_hook_tells_of_what_failed_once_signed_and_goes_on_when_its_receiver_is_back(tmp_path, receiver):
    secret, serve, look = pages.snippets("how-to/webhooks.md", "console")
    subprocess.run(["/bin/sh", "-ec", secret], cwd=tmp_path, check=True)
    assert oct((tmp_path / "tell-the-team.secret").stat().st_mode & 0o777) == "0o600"
    mine = "http://127.0.0.1:%d/jobledger\n    allow: [127.0.0.1]" % receiver.server_port
    text = pages.snippets("how-to/webhooks.md", "yaml")[0].replace("https://hooks.example.org/jobledger", mine)
    (tmp_path / "hooks.yml").write_text(text)
    assert "./jobledger serve --hooks hooks.yml" in serve
    python: dict = {}
    exec(pages.snippets("how-to/webhooks.md", "python")[0], python)
    key = (tmp_path / "tell-the-team.secret").read_text()
    with Program(tmp_path / "data", "--mirror", "none", "--hooks", str(tmp_path / "hooks.yml")) as ingester:

        def command(line: str) -> str:
            done = subprocess.run(
                [*JOBLEDGER, *line.split()[1:]],
                env=dict(os.environ, JOBLEDGER_URL=ingester.url, XDG_CONFIG_HOME=str(tmp_path)),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stdout
            return done.stdout

        command(serve.splitlines()[1])
        until(lambda: receiver.got)
        headers, body = lower(receiver.got[0][0]), receiver.got[0][1]
        assert python["is_from_the_ledger"](headers, body, key)
        assert not python["is_from_the_ledger"](headers, body + b" ", key)
        put(ingester, "db1", "succeeded")
        put(ingester, "db2", "failed")
        until(lambda: len(receiver.got) == 2)
        told = json.loads(receiver.got[1][1])
        assert told["type"] == "io.jobledger.job.failed" and told["data"]["job"]["host"] == "db2"
        receiver.answer = 410
        put(ingester, "db3", "failed")
        listed, retry = look.splitlines()
        until(lambda: "blocked" in command(listed))
        receiver.answer = 204
        seen = len(receiver.got)
        command(retry)
        until(lambda: len(receiver.got) > seen)
        assert json.loads(receiver.got[-1][1])["data"]["job"]["host"] == "db3"
        assert "blocked" not in command(listed)
