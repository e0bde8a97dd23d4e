"""A loss of power at the end of any hook: what is then neither on the controller's disk nor in the ledger is no more
than `sync` says. Seeded tries of a run against an ingester that answers at once, later, with an error, or not at all;
the clock is the test's.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal

import pytest
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery import spool, spool_format
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery.client import Answer, TransportError
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery.sender import Sender
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery.spool_backlog import Backlog
from ansible_collections.jobledger.core.plugins.plugin_utils.recording.journal import DURABLE, Journal
from test_spool import in_child, replay
from tools.ingester import Ingester

TRIES, HOOKS = 60, 60
MODES = ("answers", "late", "error", "refuses", "drops")


class Client:
    """An ingester as a sender sees it, in a mode that the test changes. `stored` is what it has on its disk."""

    usable, address = True, "the test"

    def __init__(self) -> None:
        self.mode = "answers"
        self.stored: set = set()
        self._body: list | None = None

    def send(self, _method, _path, body, _timeout) -> float:
        if self.mode == "refuses":
            raise TransportError("connection refused")
        self._body = json.loads(body)
        return 0.0

    def receive(self, seconds=0.0):
        if self.mode == "late" and not seconds:
            return None
        body, self._body = self._body, None
        if self.mode in ("answers", "late", "drops"):
            self.stored |= {event["seq"] for event in body}
        if self.mode in ("drops", "refuses"):
            raise TransportError("the connection broke")
        if self.mode == "error":
            return Answer(503, {"Content-Type": "application/json"}, b"{}", 0.0)
        return Answer(200, {"Content-Type": "application/json"}, b'{"received":%d}' % len(body), 0.0)

    def request(self, *request):
        self.send(*request)
        return self.receive(1.0)

    def close(self) -> None:
        self._body = None


class Try:
    """One run: its hooks, its clock, and what a loss of power would leave."""

    def __init__(self, directory, monkeypatch, always: bool) -> None:
        self.now = 1000.0
        self.always = always
        self.synced = 0
        self.added: dict = {}  # by the number of a launch: when, and where in the file it ends
        monkeypatch.setattr(spool, "_sync_data", self._sync)
        self.client = Client()
        self.journal = Journal(self._add)
        self.backlog = Backlog(
            lambda: spool.create(str(directory), self.journal.run_id), clock=lambda: self.now, patience=1e9
        )
        self.sender = Sender(
            self.client, 1.0, 1e9, self.backlog, lambda: self.now, lambda _seconds: None, always_sync=always
        )

    def _sync(self, fd) -> None:
        self.synced = os.fstat(fd).st_size

    def _add(self, kind, line) -> None:
        before = self.backlog._file.end if self.backlog._file else spool_format.HEADER_SIZE
        self.sender.add(kind, line)
        if self.backlog._file.end < before:  # it gave its space back
            self.synced = 0
        if kind in DURABLE:
            self.added[self.journal.seq] = (self.now, self.backlog._file.end)

    def hook(self, chance) -> str:
        kind = chance.choice(("launch", "launch", "launch", "poll", "task", "nothing"))
        if kind in ("launch", "poll"):
            self.journal.write("job_started" if kind == "launch" else "job_polled", {"host": "h", "job": "x" * 50})
        if kind == "task":
            self.sender.catch_up()
        elif kind != "nothing" or self.now >= self.sender.sync_due:
            self.sender.flush()
        return kind

    def lost(self) -> list[float]:
        """How long ago the launches were written that a loss of power would take now."""
        return [
            self.now - at
            for number, (at, end) in self.added.items()
            if number not in self.client.stored and end > self.synced
        ]


@pytest.mark.parametrize("always", [False, True], ids=["needed", "always"])
def test_loss_of_power_takes_no_more_than_is_said(tmp_path, monkeypatch, always):
    taken = 0
    for seed in range(TRIES):
        chance, one = random.Random(seed), Try(tmp_path / str(seed), monkeypatch, always)
        for dummy in range(HOOKS):
            one.now += chance.choice((0.001, 0.01, 0.05, 0.3, 2.0))
            if chance.random() < 0.15:
                one.client.mode = chance.choice(MODES)
            what, lost = one.hook(chance), one.lost()
            taken += len(lost)
            story = (seed, what, one.client.mode, one.sender.healthy, lost)
            assert not lost or not always, story
            assert max(lost, default=0.0) < (1.0 if one.sender.healthy else 0.1), story
            assert not lost or what != "task" or one.sender.healthy, story
        one.sender.finish()
        assert one.lost() == [], seed
        one.backlog.finish()
        shutil.rmtree(tmp_path / str(seed))
    assert always or taken  # the tries do reach what they are about


@pytest.mark.parametrize("always", [False, True], ids=["needed", "always"])
def test_death_of_the_process_takes_nothing(tmp_path, monkeypatch, always):
    """At each of a run's operations on the spool and the network, with the ledger there, away and failing in between."""
    for script in ([], ["store", "500", "store_then_drop"], None):
        for step in range(1, 26, 3):
            directory, log = tmp_path / "spool", tmp_path / "log"
            with Ingester(script=script or []) as server:
                url = None if script is None else server.url
                assert os.WTERMSIG(in_child(lambda: _dying(directory, url, always, step, log))) == signal.SIGKILL
                sent = {json.loads(line)["seq"] for line in log.read_bytes().splitlines()} if log.exists() else set()
                server.script = []
                assert replay(directory, server.url).returncode == 0
                # Who delivers a dead run adds that it was interrupted.
                assert {event["seq"] for event in server.events} - {len(sent) + 1} == sent, (script, step)
                assert server.wrong == []
            shutil.rmtree(directory, ignore_errors=True)
            log.unlink(missing_ok=True)


def _dying(directory, url, always, step, log):
    from test_spool import Run

    run = Run(directory, url, timeout=5, budget=60, always_sync=always)
    left = [step]

    def stepped(real):
        def call(*arguments):
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments)

        return call

    for owner, name in (
        (spool, "_write"),
        (spool, "_sync_data"),
        (run.sender._client, "send"),
        (run.sender._client, "receive"),
    ):
        setattr(owner, name, stepped(getattr(owner, name)))
    real = spool.SpoolFile.append

    def append(file, line):
        start = real(file, line)
        with open(log, "ab", buffering=0) as out:
            out.write(line + b"\n")
        return start

    spool.SpoolFile.append = append
    while True:
        run.launch()
        run.sender.flush()
        run.launch()
        run.sender.catch_up()
