"""The spool's half of the damage matrix: whatever happens to a file, what is whole is delivered, the rest is set aside,
counted and reported.

Seeded: JOBLEDGER_DAMAGE_SEED repeats a run, JOBLEDGER_DAMAGE_ROUNDS makes it longer. A failure names the seed, the kind
and the round.
"""

from __future__ import annotations

import json
import os
import random
import uuid

import pytest
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery import owner, spool_format, spool_leftovers
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery.client import Answer
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery.sender import Sender
from tools.fault_site import SOAK

SEED = int(os.environ.get("JOBLEDGER_DAMAGE_SEED") or 20261129)
ROUNDS = int(os.environ.get("JOBLEDGER_DAMAGE_ROUNDS") or (1000 if SOAK else 25))
KINDS = [
    "bit flipped",
    "range zeroed",
    "cut",
    "extended with garbage",
    "missing",
    "two swapped",
    "yesterday's copy put back",
]


class Ledger:
    """Stands for client and ingester: keeps what it gets, and answers as one that stores everything."""

    usable = True

    def __init__(self) -> None:
        self.events: dict[tuple, dict] = {}

    def request(self, _method, _path, body, _timeout):
        batch = json.loads(body)
        for event in batch:
            self.events.setdefault((event["run_id"], event["seq"]), event)
        return Answer(200, {"Content-Type": "application/json"}, b'{"received":%d}' % len(batch), 0.0)

    def close(self) -> None:
        """Nothing is open."""


class Spool:
    """The file of a run that was killed: `lines` are its events, of which the first `settled` had been delivered."""

    def __init__(self, chance, events: int = 12) -> None:
        self.run_id = str(uuid.UUID(int=chance.getrandbits(128), version=4))
        self.name = self.run_id + ".spool"
        self.lines = [
            json.dumps(
                {
                    "type": "job_started",
                    "run_id": self.run_id,
                    "seq": number,
                    "at": "2026-11-20T10:00:00.000000Z",
                    "job": "x" * chance.randrange(300),
                },
                separators=(",", ":"),
            ).encode()
            for number in range(1, events + 1)
        ]
        self.settled = chance.randrange(events)

    def places(self, count: int | None = None) -> list[tuple[int, int]]:
        """Where each record begins and ends, its line feed left out."""
        found, at = [], spool_format.HEADER_SIZE
        for line in self.lines[:count]:
            found.append((at, at + len(line) + spool_format.OVERHEAD - 1))
            at = found[-1][1] + 1
        return found

    def bytes(self, count: int | None = None) -> bytes:
        """The file when it had `count` events, all of them by default."""
        settled = min(self.settled, len(self.lines[:count]))
        position = self.places()[settled - 1][1] + 1 if settled else spool_format.HEADER_SIZE
        head = spool_format.Head(self.run_id, OWNER, position, settled)
        return spool_format.header(head) + b"".join(map(spool_format.record, self.lines[:count]))


def _dead_owner() -> str:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return "%s%08x%016x" % (owner.mine()[:32], pid, 1)


OWNER = _dead_owner()


def _deliver(directory) -> tuple[Ledger, list]:
    ledger = Ledger()
    sender = Sender(ledger, 60, 600)
    return ledger, spool_leftovers.deliver([str(directory)], lambda backlog: sender.insist(backlog, 600), count=True)


def _damage(kind: str, chance, file: Spool) -> tuple[bytes, range]:
    """Return the file's bytes with one damage, and which bytes of the original it took."""
    data = file.bytes()
    place = chance.randrange(len(data))
    if kind == "bit flipped":
        return data[:place] + bytes([data[place] ^ 1 << chance.randrange(8)]) + data[place + 1 :], range(
            place, place + 1
        )
    if kind == "range zeroed":
        stop = min(len(data), place + chance.randrange(1, 900))
        return data[:place] + bytes(stop - place) + data[stop:], range(place, stop)
    if kind == "cut":
        return data[:place], range(place, len(data))
    garbage = (
        bytes(chance.randrange(256) for _ in range(chance.randrange(20, 500)))
        if chance.random() < 0.7
        else bytes(chance.randrange(1, 500))
    )
    return data + garbage, range(len(data), len(data) + len(garbage))


@pytest.mark.parametrize("kind", KINDS[:4])
def test_damaged_file_gives_all_that_is_whole_and_keeps_the_rest(tmp_path, kind):
    for number in range(ROUNDS):
        chance = random.Random("%d %s %d" % (SEED, kind, number))
        told = "seed %d, %s, round %d" % (SEED, kind, number)
        file, directory = Spool(chance), tmp_path / str(number)
        directory.mkdir(mode=0o700)
        data, taken = _damage(kind, chance, file)
        (directory / file.name).write_bytes(data)
        ledger, outcomes = _deliver(directory)
        head_is_whole = taken.start >= spool_format.HEADER_SIZE
        first = file.settled if head_is_whole else 0
        # A cut that takes more than was settled leaves a position outside of the file: then all of it is sent again.
        first = (
            0
            if kind == "cut" and head_is_whole and file.settled and file.places()[file.settled - 1][1] + 1 > len(data)
            else first
        )
        hit = [start < taken.stop and taken.start < stop for start, stop in file.places()]
        whole = [seq for seq, was in enumerate(hit, 1) if not was]
        got = sorted(seq for _run, seq in ledger.events)
        (outcome,) = outcomes
        told_over = [event for event in ledger.events.values() if event["type"] == "run_interrupted"]
        real = [seq for seq in got if ledger.events[file.run_id, seq]["type"] != "run_interrupted"]
        # A bit of a line feed may be hit, which costs no event; and settled ones are not sent again.
        assert real == [seq for seq in whole if seq > first], told
        assert all(ledger.events[file.run_id, seq] == json.loads(file.lines[seq - 1]) for seq in real), told
        # Where neither the head nor an event tells a number, nobody can know the next one.
        assert len(told_over) == (head_is_whole and bool(real or file.settled)) and (outcome.left, outcome.trouble) == (
            0,
            None,
        ), (told, outcome)
        lost = (
            any(was and seq > first for seq, was in enumerate(hit, 1)) and kind != "cut" or kind.startswith("extended")
        )
        assert (outcome.damaged > 0) >= lost and ("damaged" in _line(outcome)) == (outcome.damaged > 0), (told, outcome)
        _set_aside(directory, outcome.damaged, told)


def _line(outcome) -> str:
    from ansible_collections.jobledger.core.plugins.plugin_utils.delivery import replay

    return replay.line(outcome, None)


def _set_aside(directory, count: int, told: str) -> None:
    """What was damaged, and nothing else, is left of the file: in the dead letters."""
    left = sorted(path.name for path in directory.iterdir())
    assert [name.rpartition(".")[2] for name in left] == ["dead"] * (count > 0), (told, left)
    entries = [json.loads(line) for path in directory.iterdir() for line in path.read_text().splitlines()]
    assert len(entries) == count and {entry["reason"] for entry in entries} <= {"damaged in the spool"}, told


@pytest.mark.parametrize("kind", KINDS[4:])
def test_file_that_is_not_the_one_that_was_written_gives_its_events_once(tmp_path, kind):
    for number in range(ROUNDS):
        chance = random.Random("%d %s %d" % (SEED, kind, number))
        told = "seed %d, %s, round %d" % (SEED, kind, number)
        directory = tmp_path / str(number)
        directory.mkdir(mode=0o700)
        files = [Spool(chance) for _ in range(3)]
        for file in files:
            (directory / file.name).write_bytes(file.bytes())
        count = chance.randrange(1, 12)
        if kind == "missing":
            (directory / files.pop().name).unlink()
        elif kind == "two swapped":
            (directory / files[0].name).write_bytes(files[1].bytes())
            (directory / files[1].name).write_bytes(files[0].bytes())
        else:
            (directory / files[0].name).write_bytes(files[0].bytes(count))
        ledger, outcomes = _deliver(directory)
        assert all((outcome.left, outcome.damaged, outcome.trouble) == (0, 0, None) for outcome in outcomes), (
            told,
            outcomes,
        )
        assert len(outcomes) == len(files) and list(directory.iterdir()) == [], told
        for file in files:
            end = count if kind.startswith("yesterday") and file is files[0] else len(file.lines)
            wanted = set(range(min(file.settled, end) + 1, end + 2))
            assert {seq for run, seq in ledger.events if run == file.run_id} == wanted, told
            assert ledger.events[file.run_id, end + 1]["type"] == "run_interrupted", told


def test_no_playbook_fails_for_a_directory_of_damaged_spools(controller, ingester):
    chance = random.Random(SEED)
    controller.spool.mkdir(parents=True, mode=0o700)
    for kind in KINDS[:4]:
        for _ in range(3):
            file = Spool(chance)
            (controller.spool / file.name).write_bytes(_damage(kind, chance, file)[0])
    done = controller.playbook(
        "[{hosts: all, gather_facts: false, tasks: [{debug: }]}]",
        url=ingester.url,
        JOBLEDGER_BUDGET="60",
        JOBLEDGER_TIMEOUT="20",
    )
    text = " ".join(done.stderr.split())
    assert done.returncode == 0 and text.count("jobledger:") == 1 and "were set aside in" in text, done.stderr
    assert not list(controller.spool.rglob("*.spool")) and list(controller.spool.glob("*.dead"))
    ingester.wrong.clear()  # the damaged runs' events are made up
