"""A run whose process is gone is told to be interrupted by whoever delivers its spool: once, with the next number,
and only where that is known.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
from pathlib import Path

import pytest
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery import owner, spool, spool_format
from test_spool import Run, in_child, replay
from tools.ingester import Ingester


def _killed(directory, url=None, before=lambda run: None):
    """A run that was killed after `before(run)`; returns its file."""

    def run():
        before(Run(directory, url, timeout=60, budget=120))
        os.kill(os.getpid(), signal.SIGKILL)

    assert os.WTERMSIG(in_child(run)) == 9
    (path,) = Path(directory).glob("*.spool")
    return path


def _finish(run):
    run.launch()
    run.journal.write("run_finished", {"stats": {}})


def _head(path, **changes):
    """Change what a file's head says."""
    data = path.read_bytes()
    head, first = spool_format.head_of(data, len(data))
    path.write_bytes(spool_format.header(head._replace(**changes)) + data[first:])


def _interrupted(server) -> list[int]:
    return [event["seq"] for event in server.of("run_interrupted")]


def test_killed_run_is_told_to_be_interrupted_with_the_next_number_at_the_time_of_its_last_event(tmp_path):
    _killed(tmp_path, before=lambda run: run.launch(3))
    with Ingester() as server:
        done = replay(tmp_path, server.url)
        assert done.returncode == 0 and done.stdout.endswith(".spool: 3 delivered, its run was interrupted\n")
        assert [event["seq"] for event in server.events] == [1, 2, 3, 4]
        last, told = server.events[2:]
        assert told == {
            "type": "run_interrupted",
            "run_id": last["run_id"],
            "seq": 4,
            "at": last["at"],
            "reason": "its process is gone; it said no goodbye",
        }
        assert server.wrong == [] and os.listdir(tmp_path) == []


def test_run_that_was_killed_when_all_was_delivered_is_told_as_well(tmp_path):
    with Ingester() as server:
        _killed(tmp_path, server.url, lambda run: (run.launch(3), run.sender.catch_up(answered=True)))
        assert len(server.events) == 3 and replay(tmp_path, server.url).returncode == 0
        assert _interrupted(server) == [4] and server.of("run_interrupted")[0]["run_id"] == server.events[0]["run_id"]


def test_number_is_known_though_the_file_gave_its_space_back(tmp_path):
    with Ingester() as server:
        path = _killed(tmp_path, server.url, lambda run: (run.launch(6000), run.sender.catch_up(answered=True)))
        assert path.stat().st_size == spool_format.HEADER_SIZE and replay(tmp_path, server.url).returncode == 0
        assert _interrupted(server) == [6001]


def test_number_that_an_event_had_which_was_not_spooled_is_not_given_again(tmp_path):
    # The limit keeps polls out of the file; as with a full disk, their numbers are used up.
    _killed(tmp_path, before=lambda run: (setattr(run.backlog, "_limit", 1 << 9), run.launch(2), run.poll(5)))
    with Ingester() as server:
        assert replay(tmp_path, server.url).returncode == 0
        assert [event["seq"] for event in server.events] == [1, 2, 8]


@pytest.mark.parametrize("number", ["finished", "settled", "other boot", "alive", "no number"])
def test_nothing_is_told_where_the_run_ended_well_or_nobody_can_know(tmp_path, number):
    with Ingester() as server:
        if number == "settled":
            path = _killed(tmp_path, server.url, lambda run: (_finish(run), run.sender.catch_up(answered=True)))
            assert _position_of(path).over
        else:
            path = _killed(
                tmp_path,
                before=_finish
                if number == "finished"
                else lambda run: run.backlog._usable() if number == "no number" else run.launch(),
            )
        if number == "other boot":
            _head(path, owner="f" * 32 + _position_of(path).owner[32:])
        if number == "alive":
            _head(path, owner=owner.mine())
        done = replay(tmp_path, server.url)
        assert (
            done.returncode == 0
            and "interrupted" not in done.stdout
            and _interrupted(server) == []
            and os.listdir(tmp_path) == []
        )


def _position_of(path):
    return spool_format.head_of(path.read_bytes(), 10**9)[0]


def test_copy_of_a_live_runs_file_says_nothing_of_it(tmp_path):
    """Somebody puts a copy back while the run goes on: its next event must not find its number taken."""
    run = Run(tmp_path / "live")
    run.launch(2)
    os.makedirs(tmp_path / "copy", mode=0o700)
    # By another process: this one would lose its lock on the file.
    assert in_child(lambda: shutil.copy(run.path, tmp_path / "copy") and 0) == 0
    with Ingester() as server:
        assert replay(tmp_path / "copy", server.url).returncode == 0
        assert [event["seq"] for event in server.events] == [1, 2]
    run.end()


def test_torn_record_gives_its_place_and_number_to_the_notice(tmp_path):
    path = _killed(tmp_path, before=lambda run: run.launch(3))
    path.write_bytes(path.read_bytes()[:-20])
    with Ingester(script=["store", "500", "500", "500"]) as server:
        done = replay(tmp_path, server.url)
        assert done.returncode == 1 and "2 delivered, 1 left" in done.stdout
        assert spool.waiting(str(tmp_path)) == [str(path)]
        # The one who comes next finds it there, and does not say it again.
        done = replay(tmp_path, server.url)
        assert (
            done.returncode == 0
            and [event["seq"] for event in server.events] == [1, 2, 3]
            and _interrupted(server) == [3]
        )
        assert list(tmp_path.iterdir()) == []


def test_owner_is_gone_only_when_it_was_of_this_boot_and_is_no_more():
    mine = owner.mine()
    assert len(mine) == owner.LENGTH and not owner.is_gone(mine)
    read, write = os.pipe()
    assert in_child(lambda: os.write(write, owner.mine().encode()) and 0) == 0
    child = os.read(read, 100).decode()
    assert owner.is_gone(child) and not owner.is_gone("0" * 32 + child[32:])
    assert owner.is_gone(mine[:40] + "0" * 16)  # the number is another process's by now
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert owner.is_gone("%s%08x%016x" % (mine[:32], pid, 1))  # it ended, and nobody has fetched that yet
    os.waitpid(pid, 0)


def test_notice_is_json_like_every_event(tmp_path):
    path = _killed(tmp_path, before=lambda run: run.launch(1))
    with Ingester(script=["store"], always="500") as server:
        replay(tmp_path, server.url)
    line = path.read_bytes().splitlines()[-1][18:]
    assert (
        spool_format.is_goodbye(line)
        and spool_format.seq_of(line) == 2
        and json.loads(line)["type"] == "run_interrupted"
    )
