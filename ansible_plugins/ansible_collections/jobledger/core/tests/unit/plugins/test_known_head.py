"""The last head of a ledger: kept for the next run, told with each batch, and no reason for a run to fail."""

from __future__ import annotations

import os

import pytest
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery import spool_place
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery.client import Client
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery.known_head import KnownHead
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery.sender import Sender
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery.settings import Address
from ansible_collections.jobledger.core.plugins.plugin_utils.recording.journal import Journal
from tools.ingester import Ingester


def _head(epoch, entry):
    return "%d-%d-%s" % (epoch, entry, "0f" * 32)


def _directory(tmp_path, address):
    """Return the spools' directory of a ledger, as a run makes it."""
    place = spool_place.Place(str(tmp_path), address)
    os.mkdir(place.to_read()[0])
    return place


def _run(server, place, polls=1):
    address = Address(server.url)
    sender = Sender(Client(address), 5, 10)
    sender.tell(KnownHead.of(place, address))
    journal = Journal(sender.add)
    for dummy in range(polls):
        journal.write("job_polled", {"host": "h", "ansible_job_id": "j1.1"})
        sender.catch_up(answered=True)
    sender.finish()
    sender.close()
    return sender


def _told(server):
    return [request["headers"].get("Jobledger-Head") for request in server.requests]


def test_what_the_ledger_answered_is_told_with_the_next_batch_and_by_the_next_run(tmp_path):
    with Ingester() as server:
        server.heads = [_head(1, 5), _head(1, 6), _head(1, 7)]
        place = _directory(tmp_path, Address(server.url))
        _run(server, place, polls=2)
        _run(server, place)
        assert _told(server) == [None, _head(1, 5), _head(1, 6)]
        other = Address("http://elsewhere.example:8740")
        assert KnownHead.of(_directory(tmp_path, other), other).load().text is None


@pytest.mark.parametrize(
    "answered", [None, 7, "1-5", "0-5-" + "0f" * 32, _head(1, 5) + "\r\nX: y", _head(1, 5).upper()]
)
def test_what_is_no_head_is_passed_over(tmp_path, answered):
    with Ingester() as server:
        server.heads = [_head(1, 4), answered]
        place = _directory(tmp_path, Address(server.url))
        assert _run(server, place, polls=2).backlog.waiting == 0
        _run(server, place)
        assert _told(server) == [None, _head(1, 4), _head(1, 4)]


def test_an_earlier_head_never_takes_the_place_of_a_later_one(tmp_path):
    address = Address("http://127.0.0.1:8740")
    place = _directory(tmp_path, address)
    slow, quick = KnownHead.of(place, address).load(), KnownHead.of(place, address).load()
    slow.heard(_head(2, 3))
    quick.heard(_head(2, 9))
    quick.store()
    slow.store()
    assert KnownHead.of(place, address).load().text == _head(2, 9)
    quick.heard(_head(3, 1))
    quick.store()
    assert KnownHead.of(place, address).load().text == _head(3, 1)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"1-5-zz\n", b"x" * 100_000])
def test_a_damaged_file_is_as_if_it_were_not_there_and_is_written_anew(tmp_path, content):
    with Ingester() as server:
        server.heads = [_head(1, 8)]
        place = _directory(tmp_path, Address(server.url))
        file = os.path.join(place.to_read()[0], "head")
        with open(file, "wb") as damaged:
            damaged.write(content)
        _run(server, place)
        assert _told(server) == [None]
        assert KnownHead.of(place, Address(server.url)).load().text == _head(1, 8)
        assert os.stat(file).st_mode & 0o777 == 0o600


def test_without_a_place_and_where_nothing_can_be_written_a_run_is_the_same(tmp_path):
    with Ingester() as server:
        server.heads = [_head(1, 8), _head(1, 9)]
        place = _directory(tmp_path, Address(server.url))
        os.mkdir(os.path.join(place.to_read()[0], "head"))
        for where in (None, place):
            assert _run(server, where).backlog.waiting == 0
        assert _told(server) == [None, None]
