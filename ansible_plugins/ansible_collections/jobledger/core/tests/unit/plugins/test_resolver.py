"""The name lookup: bounded, in a process of its own, and only where there is something to look up."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery import resolver
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery.client import Client, TransportError
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery.sender import Sender
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery.settings import Address
from tools.ingester import Ingester, closed_port


@pytest.fixture
def lookups(monkeypatch):
    """The children that were started to look a name up."""
    started = []

    class Popen(subprocess.Popen):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            started.append(self)

    monkeypatch.setattr(subprocess, "Popen", Popen)
    return started


def answering(monkeypatch, code: str) -> None:
    """Let the child run another program."""
    monkeypatch.setattr(resolver, "_command", [sys.executable, "-I", "-S", "-c", code])


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "fe80::1%lo", "localhost", "LOCALHOST."])
def test_literal_address_and_localhost_need_no_lookup(lookups, host):
    places = [place for _family, _kind, _protocol, place in resolver.resolve(host, 8740, 0.001)]
    assert places and all(place[1] == 8740 for place in places) and not lookups
    if "local" in host.lower():
        assert {place[0] for place in places} == {"127.0.0.1", "::1"}


def test_name_is_looked_up_as_the_system_does_it(lookups):
    name = socket.gethostname()
    try:
        expected = socket.getaddrinfo(name, 8740, type=socket.SOCK_STREAM)
    except OSError:
        pytest.skip("this machine cannot resolve its own name")
    assert resolver.resolve(name, 8740, 60) == [(entry[0], entry[1], entry[2], entry[4]) for entry in expected]
    assert len(lookups) == 1 and lookups[0].returncode == 0


def test_resolver_that_hangs_is_killed_when_the_time_is_up(monkeypatch, lookups):
    answering(monkeypatch, "import time; time.sleep(600)")
    client = Client(Address("http://ingester.example:8740"))
    with pytest.raises(TransportError, match="the host's name was not resolved within 0.2 s") as failure:
        client.request("POST", "/api/v1/events", b"[]", 0.2)
    (child,) = lookups
    assert child.returncode == -9 and failure.value.seconds >= 0.2


def test_time_of_a_resolver_that_hangs_is_charged_to_the_budget(monkeypatch, lookups):
    answering(monkeypatch, "import time; time.sleep(600)")
    sender = Sender(Client(Address("http://ingester.example:8740")), 0.2, 0.5)
    for number in range(50):
        sender.add("job_polled", b"%d" % number)
        sender.flush()
    sender.finish()
    assert sender.backlog.waiting == 50 and sender.spent >= 0.2 and 1 <= len(lookups) <= 5
    assert {child.returncode for child in lookups} == {-9}


@pytest.mark.parametrize("code", ["import sys; sys.exit(3)", "print('nonsense')", "print('[]')"])
def test_lookup_that_finds_nothing_is_told(monkeypatch, code):
    answering(monkeypatch, code)
    with pytest.raises(TransportError, match="cannot be resolved"):
        Client(Address("http://ingester.example:8740")).request("GET", "/", timeout=60)


def test_name_that_was_found_is_not_looked_up_again(monkeypatch, lookups):
    with Ingester() as server:
        port = int(server.url.rsplit(":", 1)[1])
        answering(monkeypatch, "print('[[2, 1, 6, [\"127.0.0.1\", %d]]]')" % port)
        client = Client(Address("http://ingester.example:%d" % port))
        for dummy in range(3):
            assert client.request("POST", "/api/v1/events", b"[]", 60).status == 200
            client.close()
    assert len(lookups) == 1


def test_first_address_that_answers_is_used(monkeypatch):
    with Ingester() as server:
        port = int(server.url.rsplit(":", 1)[1])
        answering(
            monkeypatch,
            'print(\'[[2, 1, 6, ["127.0.0.1", %d]], [2, 1, 6, ["127.0.0.1", %d]]]\')' % (closed_port(), port),
        )
        assert (
            Client(Address("http://ingester.example:%d" % port)).request("POST", "/api/v1/events", b"[]", 60).status
            == 200
        )
