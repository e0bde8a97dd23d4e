"""The spool's promises without Ansible: real files, real processes, a real socket."""

from __future__ import annotations

import errno
import json
import math
import os
import resource
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery import (
    spool,
    spool_backlog,
    spool_format,
    spool_leftovers,
)
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery.client import Answer, Client
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery.sender import Sender
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery.settings import Address
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery.spool_backlog import Backlog
from ansible_collections.jobledger.core.plugins.plugin_utils.recording.journal import Journal
from tools.ingester import Ingester, closed_port

REPLAY = Path(spool.__file__).parent / "replay.py"
NOWHERE = "http://127.0.0.1:%d"


class Run:
    """A run without Ansible: journal, spool and sender as the recorder wires them."""

    def __init__(self, directory, url=None, timeout=1.0, budget=2.0, always_sync=False, **options) -> None:
        self.journal = Journal(self.add)
        self.backlog = Backlog(lambda: spool.create(str(directory), self.journal.run_id), **options)
        client = Client(Address(url or NOWHERE % closed_port()))
        self.sender = Sender(client, timeout, budget, self.backlog, always_sync=always_sync)
        self.path = Path(directory) / (self.journal.run_id + ".spool")

    def add(self, kind, line):
        self.sender.add(kind, line)

    def launch(self, count=1, **fields):
        for dummy in range(count):
            number = self.journal.seq + 1
            self.journal.write(
                "job_started",
                dict(
                    {"host": "h", "play": "p", "job": "j%d" % number, "task": "t", "ansible_job_id": "j%d.1" % number},
                    **fields,
                ),
            )

    def poll(self, count=1):
        for dummy in range(count):
            self.journal.write("job_polled", {"host": "h", "ansible_job_id": "j1.1"})

    def end(self):
        self.sender.finish()
        self.sender.close()
        self.backlog.finish()


def spooled(path) -> list[dict]:
    """All events of a spool file, settled ones too, read from its bytes alone."""
    data, found, at = (
        Path(path).read_bytes(),
        [],
        0 if Path(path).read_bytes()[:1] != b"j" else spool_format.HEADER_SIZE,
    )
    with open(path, "rb") as file:
        while at < len(data):
            pieces, at = spool_format.read(file.fileno(), at, len(data))
            found += [json.loads(piece.line) for piece in pieces if piece.line is not None]
    return found


def _position(path) -> int:
    return spool_format.head_of(Path(path).read_bytes(), 10**9)[0].position


def replay(directory, url, *arguments, **options):
    """Run the script as cron would, with nothing but Python."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(directory),
        "TMPDIR": str(directory),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return subprocess.run(
        [sys.executable, "-I", str(REPLAY), "--url", url, "--spool-dir", str(directory), *arguments],
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=60,
        **options,
        check=False,
    )


def in_child(action) -> int:
    """Run `action` in a forked process and return its wait status."""
    child = os.fork()
    if child == 0:
        code = 70
        try:
            code = action() or 0
        finally:
            os._exit(code)
    return os.waitpid(child, 0)[1]


def dead_run(directory, count=3, url=None):
    """A run that was killed with `count` launches in its spool; returns the file's path."""

    def killed():
        Run(directory, url).launch(count)
        os.kill(os.getpid(), signal.SIGKILL)

    assert os.WTERMSIG(in_child(killed)) == 9
    return max(Path(directory).glob("*.spool"), key=lambda path: path.stat().st_mtime_ns)


def test_event_is_in_the_file_and_synced_before_it_is_sent_and_settled_after(tmp_path, monkeypatch):
    steps = []
    run = Run(tmp_path / "s", always_sync=True)
    monkeypatch.setattr(spool, "_sync_data", lambda fd: steps.append("sync"))

    def send(_method, _path, body, _timeout):
        sent = json.loads(body)
        assert spooled(run.path)[-len(sent) :] == sent
        steps.append("send from %d" % _position(run.path))
        answers.append(Answer(200, {"Content-Type": "application/json"}, b'{"received":%d}' % len(sent), 0.0))
        return 0.0

    answers: list = []
    run.sender._client.send, run.sender._client.receive = send, lambda _seconds: answers.pop()
    for kind in (run.launch, run.poll):
        kind()
        run.sender.flush()
    run.sender.catch_up(answered=True)
    first = run.path.stat().st_size - len(
        spool_format.record(b"x" * len(json.dumps(spooled(run.path)[1], separators=(",", ":"))))
    )
    assert steps == ["sync", "send from %d" % spool_format.HEADER_SIZE, "send from %d" % first]
    assert (os.stat(run.path).st_mode & 0o777, os.stat(run.path.parent).st_mode & 0o777) == (0o600, 0o700)
    run.end()
    assert os.listdir(run.path.parent) == []


def test_directory_is_synced_once_and_polls_are_not(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(spool, "_sync_data", lambda fd: synced.append("file"))
    monkeypatch.setattr(spool, "_sync_directory", synced.append)
    run = Run(tmp_path)
    run.poll(5)
    run.backlog.secure()
    assert synced == []
    for dummy in range(2):
        run.launch(3)
        run.backlog.secure()
    assert synced == ["file", str(tmp_path), "file"]
    run.end()


def test_absent_ingester_leaves_the_events_in_the_file_and_not_in_memory(tmp_path):
    run = Run(tmp_path, budget=0.1)
    for dummy in range(200):
        run.launch()
        run.poll(99)
        run.sender.flush()
    assert run.backlog.waiting == 20_000 and len(run.backlog._window) <= 500 and run.backlog.in_memory_only == 0
    with Ingester() as server:
        run.sender._client = Client(Address(server.url))
        run.sender._not_before, run.sender.spent = 0.0, 0.0
        run.sender._budget, run.sender._timeout = 600.0, 60.0  # not about a busy machine
        run.poll()
        run.sender.flush()
        assert [event["seq"] for event in server.events] == list(range(1, 20_002))
        run.poll(3)
        run.end()
        assert len(server.events) == 20_004 and os.listdir(tmp_path) == []


def test_unfinished_spool_is_delivered_by_replay_once(tmp_path):
    run = Run(tmp_path)
    run.launch(3)
    run.end()
    with Ingester() as server:
        done = replay(tmp_path, server.url)
        assert (done.returncode, done.stdout) == (0, "%s: 3 delivered\n" % run.path.name), done
        assert len(server.events) == 3 and os.listdir(tmp_path) == []
        done = replay(tmp_path, server.url)
        assert done.returncode == 0 and done.stdout.startswith("nothing to deliver") and len(server.requests) == 1


def test_replay_without_an_ingester_says_what_is_left_and_exits_with_1(tmp_path):
    paths = [dead_run(tmp_path, count) for count in (2, 3)]
    done = replay(tmp_path, NOWHERE % closed_port(), "--seconds", "0.5")
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "%s: 0 delivered, %d left (connection refused)" % (path.name, count) for path, count in zip(paths, (2, 3))
    ]


@pytest.mark.parametrize("arguments", [["--url", "ftp://x"], ["--nonsense"], ["--timeout", "x"], ["--spool-dir", ""]])
def test_replay_called_wrongly_exits_with_2_and_no_traceback(tmp_path, arguments):
    done = replay(tmp_path, "http://127.0.0.1:1", *arguments)
    assert done.returncode == 2 and done.stderr and "Traceback" not in done.stderr


def test_replay_shows_no_token(tmp_path):
    dead_run(tmp_path)
    with Ingester(always="401") as server:
        done = subprocess.run(
            [sys.executable, str(REPLAY), "--url", server.url, "--spool-dir", str(tmp_path), "--seconds", "0.3"],
            env=dict(os.environ, JOBLEDGER_TOKEN="hunter2"),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        assert server.requests[0]["headers"]["Authorization"] == "Bearer hunter2"
    assert done.returncode == 1 and "refused the token" in done.stdout and "hunter2" not in done.stdout


def test_live_spool_is_never_taken_not_by_others_and_not_by_its_own_process(tmp_path):
    run = Run(tmp_path)
    run.launch()
    with Ingester() as server:
        for dummy in range(2):
            # The second round shows that the first one's look at the file did not drop the lock. The test must not open
            # it here.
            assert spool.take(str(run.path)) is None
            assert spool_leftovers.deliver([str(tmp_path)], lambda backlog: True) == []
            done = replay(tmp_path, server.url)
            assert done.returncode == 0 and server.events == [] and run.path.exists()
            assert in_child(lambda: 0 if spool.take(str(run.path)) is None else 1) == 0
    run.end()


def test_worker_that_outlives_its_killed_controller_holds_no_lock(tmp_path):
    """With flock this fails: the worker inherited the file, and with it the lock."""
    ready, go = os.pipe(), os.pipe()

    def controller():
        run = Run(tmp_path)
        run.launch(2)
        if os.fork() == 0:
            os.close(go[1])
            os.write(ready[1], b"x")
            os.read(go[0], 1)  # lives until the test lets it go
            os._exit(0)
        os.read(ready[0], 1)
        os.kill(os.getpid(), signal.SIGKILL)

    assert os.WTERMSIG(in_child(controller)) == 9
    (path,) = tmp_path.glob("*.spool")
    with Ingester() as server:
        done = replay(tmp_path, server.url)
        assert done.returncode == 0 and [event["type"] for event in server.events] == ["job_started"] * 2 + [
            "run_interrupted"
        ], done
    os.close(go[1])
    assert not path.exists()


def test_forked_worker_neither_writes_nor_drops_the_lock(tmp_path):
    run = Run(tmp_path)
    run.launch()
    size = run.path.stat().st_size

    def worker():
        run.launch(5)
        run.backlog.secure()
        run.sender.flush()
        run.end()
        os.close(run.backlog._file._fd)  # as an exit would
        return 0

    assert in_child(worker) == 0
    assert run.path.stat().st_size == size
    assert in_child(lambda: 0 if spool.take(str(run.path)) is None else 1) == 0
    run.end()


def test_two_drainers_at_once_share_the_work_and_send_nothing_twice(tmp_path):
    for dummy in range(12):
        dead_run(tmp_path, 40)
    with Ingester() as server:
        running = [
            subprocess.Popen(
                [sys.executable, str(REPLAY), "--url", server.url, "--spool-dir", str(tmp_path)],
                text=True,
                stdout=subprocess.PIPE,
            )
            for dummy in range(3)
        ]
        said = "".join(process.communicate(timeout=60)[0] for process in running)
        assert [process.returncode for process in running] == [0, 0, 0]
        assert len(server.events) == sum(len(batch) for batch in server.batches) == 12 * 41
    assert said.count(": 40 delivered") == 12 and os.listdir(tmp_path) == []


def test_file_that_was_removed_between_open_and_lock_is_left_alone(tmp_path, monkeypatch):
    path = dead_run(tmp_path)
    real, before = spool._lock, dict(spool._held)
    monkeypatch.setattr(spool, "_lock", lambda fd: (os.unlink(path), real(fd))[1])
    assert spool.take(str(path)) is None and spool._held == before


def test_refused_event_goes_to_the_dead_letter_file_with_the_reason(tmp_path):
    with Ingester() as server:
        server.refuse_hosts = {"bad"}
        run = Run(tmp_path, server.url)
        run.launch()
        run.launch(host="bad")
        run.launch()
        run.end()
        assert len(server.events) == 2 and run.backlog.refused == 1 and not run.path.exists()
    (dead,) = [json.loads(line) for line in Path(run.backlog.dead_path).read_text().splitlines()]
    assert (dead["event"]["host"], dead["event"]["seq"], dead["reason"]) == ("bad", 2, "host this host is refused")
    assert os.stat(run.backlog.dead_path).st_mode & 0o777 == 0o600


@pytest.mark.parametrize("behaviour", ["500", "503_long", "401", "html", "close", "hang"])
def test_what_is_no_refusal_of_the_event_keeps_it(tmp_path, behaviour):
    path = dead_run(tmp_path)
    with Ingester(always=behaviour) as server:
        done = replay(tmp_path, server.url, "--timeout", "0.2", "--seconds", "0.5")
    assert done.returncode == 1 and "0 delivered, 3 left" in done.stdout and len(spooled(path)) == 3
    assert list(tmp_path.glob("*.dead")) == []


def test_answer_that_counts_wrong_is_not_believed(tmp_path):
    run = Run(tmp_path)
    run.sender._client.request = lambda *_args: Answer(
        200, {"Content-Type": "application/json"}, b'{"received":1}', 0.0
    )
    run.launch(2)
    run.end()
    assert run.backlog.waiting == 2 and run.path.exists()


def test_commit_without_an_answer_is_sent_again_and_stored_once(tmp_path):
    with Ingester(script=["store_then_drop", "500"]) as server:
        run = Run(tmp_path, server.url)
        run.launch(4)
        run.end()
        assert len(server.events) == 4 and sum(len(batch) for batch in server.batches) == 8


def test_damaged_event_is_set_aside_and_the_others_are_delivered(tmp_path):
    path = dead_run(tmp_path, 5)
    data = path.read_bytes()
    place = data.index(b'"seq":3')
    path.write_bytes(data[:place] + b"X" + data[place + 1 : -7])
    with Ingester() as server:
        done = replay(tmp_path, server.url)
        assert done.returncode == 0 and "3 delivered, 1 damaged" in done.stdout
        assert [event["seq"] for event in server.events] == [1, 2, 4, 5] and server.events[-1][
            "type"
        ] == "run_interrupted"
    (dead,) = tmp_path.glob("*.dead")
    entry = json.loads(dead.read_text())
    assert entry["reason"] == "damaged in the spool" and 'Xseq":3' in entry["bytes"]


def test_damaged_header_sends_all_again_and_nothing_is_stored_twice(tmp_path):
    with Ingester(script=["store", "500", "500", "500", "500"]) as server:
        run = Run(tmp_path, server.url)
        run.launch(2)
        run.sender.flush()
        run.launch(2)
        run.end()
        with open(run.path, "r+b") as file:
            file.write(b"?")
        assert replay(tmp_path, server.url).returncode == 0
        assert sorted(event["seq"] for event in server.events) == [1, 2, 3, 4]
        assert [len(batch) for batch in server.batches] == [2, 4]


def test_position_is_kept_by_a_killed_run(tmp_path):
    with Ingester() as server:

        def killed():
            run = Run(tmp_path, server.url, timeout=60, budget=120)
            run.launch(2)
            run.sender.catch_up(answered=True)
            run.launch(2)
            os.kill(os.getpid(), signal.SIGKILL)

        assert os.WTERMSIG(in_child(killed)) == 9
        assert replay(tmp_path, server.url).returncode == 0
        assert [[event["seq"] for event in batch] for batch in server.batches] == [[1, 2], [3, 4], [5]]


def test_run_that_is_killed_with_a_request_on_its_way_is_delivered_once(tmp_path):
    with Ingester(script=["hold"]) as server:

        def killed():
            run = Run(tmp_path, server.url)
            run.launch(2)
            run.sender.flush()
            run.launch()
            run.sender.flush()
            os.kill(os.getpid(), signal.SIGKILL)

        assert os.WTERMSIG(in_child(killed)) == 9
        assert replay(tmp_path, server.url).returncode == 0
        server.release.set()  # the killed run's own request is stored after the replay's
        with server.changed:
            assert server.changed.wait_for(lambda: len(server.batches) == 2, 60)
        assert [event["seq"] for event in server.events] == [1, 2, 3, 4] and os.listdir(tmp_path) == []


@pytest.mark.parametrize("always", [False, True])
def test_burst_of_launches_shares_requests(tmp_path, monkeypatch, always):
    syncs = []
    monkeypatch.setattr(spool, "_sync_data", lambda fd: syncs.append(os.fstat(fd).st_size))
    with Ingester(script=["hold"]) as server:
        run = Run(tmp_path, server.url, timeout=60, budget=120, always_sync=always)
        for dummy in range(30):
            run.launch()
            run.sender.flush()
            assert not always or syncs[-1] == run.path.stat().st_size
        assert len(spooled(run.path)) == 30
        server.release.set()
        run.sender.catch_up()
        run.end()
    assert len(server.events) == 30 and len(server.batches) == 2


class Sync:
    """A run whose clock stands still, and what is on disk: the size of its file at each sync."""

    def __init__(self, tmp_path, monkeypatch, url=None, **options) -> None:
        self.now, self.sizes = 0.0, []
        monkeypatch.setattr(spool, "_sync_data", lambda fd: self.sizes.append(os.fstat(fd).st_size))
        self.run = Run(tmp_path, url, timeout=60, budget=120, clock=lambda: self.now, **options)

    def launch(self, at=0.0) -> bool:
        """Launch in a hook at that time; return whether all of the file is on disk when it returns."""
        self.now = at
        self.run.launch()
        self.run.sender.flush()
        return bool(self.sizes) and self.sizes[-1] == self.run.path.stat().st_size

    def answered(self) -> None:
        self.run.sender.catch_up(answered=True)
        while self.run.backlog.waiting:
            assert self.run.sender._landed(60)


def test_launch_is_synced_in_its_hook_until_the_first_answer_and_no_more_while_answers_come(tmp_path, monkeypatch):
    with Ingester() as server:
        sync = Sync(tmp_path, monkeypatch, server.url)
        assert sync.launch()
        sync.answered()
        for at in (1, 2, 3):
            assert not sync.launch(at)
            sync.answered()
            assert sync.run.sender.sync_due == math.inf  # the ledger has it
        assert len(sync.sizes) == 1


def test_launch_that_is_not_acknowledged_is_synced_a_second_later_by_whoever_comes(tmp_path, monkeypatch):
    with Ingester(script=["store", "hold"]) as server:
        sync = Sync(tmp_path, monkeypatch, server.url)
        sync.launch()
        sync.answered()
        assert not sync.launch(10.0) and sync.run.sender.sync_due == 11.0
        sync.run.poll()
        sync.run.sender.flush()
        assert len(sync.sizes) == 1
        sync.now = 11.0
        sync.run.sender.flush()
        assert sync.sizes[-1] == sync.run.path.stat().st_size
        server.release.set()
        sync.run.end()


def test_request_that_fails_has_everything_synced_at_once(tmp_path, monkeypatch):
    with Ingester(script=["store", "500"], always="500") as server:
        sync = Sync(tmp_path, monkeypatch, server.url)
        sync.launch()
        sync.answered()
        assert not sync.launch(10.0)
        assert sync.run.sender._landed(60)
        assert sync.sizes[-1] == sync.run.path.stat().st_size


def test_burst_while_the_ingester_is_away_is_synced_in_groups_and_no_task_begins_before(tmp_path, monkeypatch):
    sync = Sync(tmp_path, monkeypatch)
    assert sync.launch(5.0)
    assert not sync.launch(5.05) and sync.run.sender.sync_due == pytest.approx(5.1)
    assert sync.launch(5.11)
    assert not sync.launch(5.12)
    sync.run.sender.catch_up()
    assert sync.sizes[-1] == sync.run.path.stat().st_size


def test_run_that_ends_with_something_undelivered_has_it_on_disk(tmp_path, monkeypatch):
    with Ingester(script=["store"], always="hang") as server:
        sync = Sync(tmp_path, monkeypatch, server.url)
        sync.launch()
        sync.answered()
        sync.run.sender._timeout, sync.run.sender._budget = 0.2, 0.4
        assert not sync.launch(10.0)
        sync.run.sender.finish()
        assert sync.sizes[-1] == sync.run.path.stat().st_size and sync.run.backlog.waiting == 1


def test_disk_that_has_room_again_does_not_mix_up_what_is_on_its_way(tmp_path, monkeypatch):
    """A batch from memory is on its way, and later events reach the file again: each is settled where it is."""
    real, full = os.pwrite, [True]

    def pwrite(fd, data, at):
        if at and full[0]:
            raise OSError(errno.ENOSPC, "no room")
        return real(fd, data, at)

    monkeypatch.setattr(os, "pwrite", pwrite)
    with Ingester(script=["hold"]) as server:
        run = Run(tmp_path, server.url, timeout=60, budget=120)
        run.launch(2)
        run.sender.flush()
        full[0] = False
        run.launch(3)
        server.release.set()
        run.sender.catch_up(answered=True)
        assert run.backlog.waiting == 0 and run.backlog.in_memory_only == 0 and run.backlog.delivered == 5
        run.end()
    assert [[event["seq"] for event in batch] for batch in server.batches] == [[1, 2], [3, 4, 5]] and os.listdir(
        tmp_path
    ) == []


def test_delivered_spool_gives_its_disk_space_back_while_the_run_goes_on(tmp_path):
    with Ingester() as server:
        run = Run(tmp_path, server.url)
        for dummy in range(12):
            run.poll(1000)
            run.sender.flush()
        assert run.path.stat().st_size < 1 << 20
        run.end()
        assert len(server.events) == 12_000 and os.listdir(tmp_path) == []


def test_limit_gives_up_polls_then_context_and_never_a_launch(tmp_path):
    run = Run(tmp_path, limit=1 << 16)
    for dummy in range(600):
        run.poll()
    for dummy in range(200):
        run.journal.write("play_started", {"play": "p"})
    run.launch(200)
    run.end()
    kinds = [event["type"] for event in spooled(run.path)]
    assert kinds.count("job_started") == 200
    assert 0 < run.backlog.dropped_polls == 600 - kinds.count("job_polled")
    assert 0 < run.backlog.dropped_context == 200 - kinds.count("play_started")
    assert kinds.count("job_polled") * 150 > 0.6 * (1 << 16) and kinds.count("play_started") > 20


def _unusable(tmp_path, kind):
    place = tmp_path / "spool"
    if kind == "no directory":
        (tmp_path / "file").write_text("x")
        return tmp_path / "file" / "spool"
    place.mkdir(mode=0o700)
    if kind == "open to others":
        place.chmod(0o777)
    return place


@pytest.mark.parametrize("kind, why", [("no directory", "not a directory"), ("open to others", "others may write")])
def test_unusable_directory_sends_without_a_spool_and_says_so(tmp_path, kind, why):
    with Ingester() as server:
        run = Run(_unusable(tmp_path, kind), server.url)
        run.launch(3)
        run.end()
        assert len(server.events) == 3 and why in run.backlog.trouble and run.backlog.unspooled == 3


@pytest.mark.parametrize("code, again", [(errno.ENOSPC, True), (errno.EROFS, False), (errno.EIO, False)])
def test_disk_fault_keeps_the_event_in_memory_and_a_full_disk_is_tried_again(tmp_path, monkeypatch, code, again):
    real = os.pwrite
    faults = []

    def faulty(fd, data, at):
        if at and 3 <= len(faults) < 5 or at and len(faults) == 0:
            faults.append(code)
            real(fd, data[:10], at)  # a part is written, as a full disk does
            raise OSError(code, os.strerror(code))
        return real(fd, data, at)

    run = Run(tmp_path)
    run.launch()
    monkeypatch.setattr(os, "pwrite", faulty)
    run.launch(3)
    assert [event["seq"] for event in spooled(run.path)] == ([1, 3, 4] if again else [1])
    assert run.backlog.waiting == 4 and run.backlog.trouble == os.strerror(code).lower()
    with Ingester() as server:
        run.sender._client = Client(Address(server.url))
        run.end()
        assert sorted(event["seq"] for event in server.events) == [1, 2, 3, 4]
    assert os.listdir(tmp_path) == []


def test_size_limit_of_the_process_does_not_harm_it(tmp_path):
    def limited():
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
        run = Run(tmp_path, budget=0.0)
        run.launch(40)
        run.end()
        return (
            0
            if run.backlog.waiting == 40 and run.backlog.in_memory_only > 20 and run.backlog.trouble == "file too large"
            else 1
        )

    assert in_child(limited) == 0
    (path,) = tmp_path.glob("*.spool")
    assert 8 < len(spooled(path)) < 20 and path.stat().st_size <= 2000


def test_slow_disk_is_waited_for_no_longer_than_the_budget(tmp_path, monkeypatch):
    now = iter(range(0, 10_000))
    monkeypatch.setattr(spool_backlog.time, "monotonic", lambda: next(now) * 0.7)
    synced = []
    monkeypatch.setattr(spool, "_sync_data", synced.append)
    run = Run(tmp_path, patience=2.0)
    for dummy in range(10):
        run.launch()
        run.backlog.secure()
    assert len(synced) == 3 and "too slow" in run.backlog.trouble and len(spooled(run.path)) == 10


def test_links_are_not_followed(tmp_path):
    target = tmp_path / "target"
    target.write_text("precious")
    place = tmp_path / "s"
    place.mkdir(mode=0o700)
    (place / (str(uuid.uuid4()) + ".spool")).symlink_to(target)
    (outcome,) = spool_leftovers.deliver([str(place)], lambda backlog: True)
    assert outcome.left and outcome.trouble == "it is not a file of this user"
    path = dead_run(place, 1)
    Path(str(path)[:-6] + ".dead").symlink_to(target)
    with Ingester() as server:
        server.refuse_hosts = {"h"}
        replay(place, server.url)
    assert target.read_text() == "precious"


def test_file_of_a_process_that_died_at_its_birth_is_swept_when_it_is_old(tmp_path):
    old, young, other = (tmp_path / name for name in (".%s.new" % uuid.uuid4(), ".%s.new" % uuid.uuid4(), "notes.txt"))
    for path in (old, young, other):
        path.write_text("")
    os.utime(old, (1, 1))
    os.utime(other, (1, 1))
    assert spool.waiting(str(tmp_path)) == [] and sorted(os.listdir(tmp_path)) == sorted([young.name, other.name])


def test_left_over_of_a_dead_run_is_delivered_within_its_time(tmp_path):
    for dummy in range(3):
        dead_run(tmp_path)
    with Ingester(script=["store"], always="hang") as server:
        run = Run(tmp_path, server.url, timeout=0.2)
        run.launch()
        run.sender.flush()
        # No one waits for the answer; what the server would store of a leftover first must be this.
        assert server.wait_for(lambda events: len(events) > 0)
        outcomes = spool_leftovers.deliver([str(tmp_path)], lambda backlog: run.sender.deliver(backlog, 0.3))
        assert [outcome.left for outcome in outcomes] == [-1, -1, -1]
        # One attempt, not one for each of the three, and it was paid for.
        assert len(server.requests) == 2 and run.sender.spent > 0.15
        run.end()


def test_spool_that_the_ingester_cannot_digest_does_not_keep_the_others_back(tmp_path):
    paths = [dead_run(tmp_path, count) for count in (1, 2)]
    with Ingester(script=["500"] * 3) as server:
        assert replay(tmp_path, server.url).returncode == 1 and server.events == []
        server.script = ["store"] * 2 + ["500"] * 9
        assert replay(tmp_path, server.url).returncode == 1
        assert len(server.events) == 3 and paths[0].exists() and not paths[1].exists()


def test_append_and_flush_cost_less_than_a_millisecond_of_cpu_each(tmp_path):
    run = Run(tmp_path)
    fields = {"results_file": "/x" * 40, "playbook": "site.yml", "playbook_path": "/home/deploy/site.yml"}
    began = time.process_time()
    for dummy in range(500):
        run.launch(**fields)
        run.backlog.secure()
    took = (time.process_time() - began) / 500
    print("journal, append and sync: %.3f ms of CPU an event" % (took * 1000))
    assert took < 0.001
    run.end()
