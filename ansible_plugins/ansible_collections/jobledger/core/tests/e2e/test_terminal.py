"""The commands at a real terminal: colours, its width, a watch that is drawn anew, and Ctrl-C."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
import urllib.request

import pytest
from tools.program import JAR, JOBLEDGER, Program

if not JAR.is_file() and "JOBLEDGER_JAR" not in os.environ:
    pytest.skip("the ingester is not built; ./mvnw -DskipTests package does it", allow_module_level=True)

PATIENCE = 60
SAME_DRAWING = r"(?:(?!\x1b\[J)[\s\S])*"


class Terminal:
    """A command on a pseudo terminal of its own, `columns` wide. Use as a context manager."""

    def __init__(self, columns: int, *words: str, **environment: str) -> None:
        self.text = ""
        clean = {
            key: value
            for key, value in os.environ.items()
            if key not in ("COLUMNS", "NO_COLOR") and not key.startswith("JOBLEDGER_")
        }
        clean.update({"TERM": "xterm", "LC_ALL": "C.UTF-8", **environment})
        go, gate = os.pipe()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.read(go, 1)  # the size comes first
            signal.signal(
                signal.SIGINT, signal.SIG_DFL
            )  # it is ignored where the tests run in the background of a shell
            os.execvpe("java", [*JOBLEDGER, *words], clean)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
        os.write(gate, b"x")
        os.close(gate)
        os.close(go)
        self.code: int | None = None

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *failure) -> None:
        if self.code is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)

    def until(self, pattern: str | None) -> str:
        """Read until the pattern is seen, or with None to the end; return all that was written so far."""
        deadline = time.monotonic() + PATIENCE
        while pattern is None or not re.search(pattern, self.text):
            assert time.monotonic() < deadline, "waited in vain for %r in %r" % (pattern, self.text)
            if not select.select([self.fd], [], [], 1)[0]:
                continue
            try:
                got = os.read(self.fd, 65536)
            except OSError:  # Linux says so when nobody holds the other end
                got = b""
            if not got:
                assert pattern is None, "it ended without %r in %r" % (pattern, self.text)
                break
            self.text += got.decode(errors="replace")
        return self.text

    def end(self) -> int:
        self.until(None)
        self.code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.code


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    with Program(tmp_path_factory.mktemp("data"), "--mirror", "none") as running:
        for path, body in (
            (
                "db1/Upgrade%20every%20database%20of%20the%20shop/Migrate",
                b'{"ansible_job_id": "j1.1", "started_at": "2020-01-01T10:00:00Z", "async": 60}',
            ),
            (
                "db2/Upgrade%20every%20database%20of%20the%20shop/Migrate",
                b'{"ansible_job_id": "j2.1", "status": "failed"}',
            ),
        ):
            put(running, path, body)
        yield running


def put(program, path: str, body: bytes) -> None:
    request = urllib.request.Request(
        program.url + "/api/v1/jobs/" + path, body, {"content-type": "application/json"}, method="PUT"
    )
    urllib.request.urlopen(request, timeout=600).close()


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_table_on_a_terminal_fits_it_and_is_coloured(program, columns):
    with Terminal(columns, "jobs", "ls", "--url", program.url) as terminal:
        assert terminal.end() == 0
    assert "\x1b[1;31moverdue\x1b[0m" in terminal.text and "\x1b[31mfailed\x1b[0m" in terminal.text
    bare = re.sub(r"\x1b\[[0-9;]*m", "", terminal.text).splitlines()
    assert len(bare) == 3 and bare[0].startswith("STATUS")
    assert max(map(len, bare)) <= columns
    assert ("ANSIBLE JOB ID" in bare[0]) == (columns == 120)


@pytest.mark.parametrize(
    "words, environment", [((), {"NO_COLOR": "1"}), (("--color", "never"), {}), ((), {"TERM": "dumb"})]
)
def test_colours_stay_away_when_not_wanted(program, words, environment):
    with Terminal(100, "jobs", "ls", "--url", program.url, *words, **environment) as terminal:
        assert terminal.end() == 0
    assert "overdue" in terminal.text and "\x1b" not in terminal.text


def test_pipe_has_no_colours_unless_asked_for(program):
    def piped(*words):
        return subprocess.run(
            [*JOBLEDGER, "jobs", "ls", "--url", program.url, *words],
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE,
        ).stdout

    assert "\x1b" not in piped()
    assert "\x1b[31mfailed" in piped("--color", "always")


def test_watch_is_drawn_anew_and_ctrl_c_leaves_the_terminal_as_it_was(program):
    with Terminal(100, "jobs", "watch", "--url", program.url) as terminal:
        terminal.until(r"1 open job\r\n")
        put(program, "web1/Restart/Warm", b'{"ansible_job_id": "j3.1"}')
        terminal.until(r"\x1b\[\d+A\r\x1b\[J2 open jobs\r\n" + SAME_DRAWING + "web1")
        put(program, "web1/Restart/Warm", b'{"ansible_job_id": "j3.1", "status": "succeeded"}')
        terminal.until(r"1 open job\r\n" + SAME_DRAWING + r"ended\r\n" + SAME_DRAWING + "succeeded[^\n]*web1")
        os.write(terminal.fd, b"\x03")
        assert terminal.end() == 130
    assert terminal.text.count("\x1b[?25l") == 1 and terminal.text.rstrip().endswith("\x1b[?25h")


def test_export_to_a_file_shows_a_bar_to_a_person_only(program, tmp_path):
    with Terminal(100, "export", "jobs", "--url", program.url, "--to", str(tmp_path / "jobs.ndjson")) as terminal:
        assert terminal.end() == 0
    assert "rows" in terminal.text and "%" in terminal.text
    assert len((tmp_path / "jobs.ndjson").read_text(encoding="utf-8").splitlines()) >= 2
    silent = subprocess.run(
        [*JOBLEDGER, "export", "jobs", "--url", program.url],
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    assert silent.stderr == "" and silent.stdout.startswith("{")
