"""Client and sender against a real socket, without Ansible: every way an ingester can fail, and what it costs."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import time

import pytest
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery import resolver
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery.answers import usual
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery.client import Client, TransportError
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery.sender import Sender
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery.settings import Address
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery.spool_backlog import Backlog
from ansible_collections.jobledger.core.plugins.plugin_utils.recording.journal import Journal
from tools.certificates import Authority
from tools.ingester import BlackHole, Ingester, closed_port

# What a stalled machine may add to a wait. Hanging for good would cost more: the servers here hang for a minute.
SLACK = 10.0


def _sender(url, timeout=0.3, budget=0.6, **options):
    sender = Sender(Client(Address(url)), timeout, budget, **options)
    return sender, Journal(sender.add)


def _poll(journal, count=1, host="h"):
    for dummy in range(count):
        journal.write("job_polled", {"host": host, "ansible_job_id": "j1.1"})


@pytest.mark.parametrize(
    "behaviour, why",
    [
        ("hang", "no answer within"),
        ("drip", "no answer within"),
        ("500", "HTTP 500: disk on fire"),
        ("close", "in the middle"),
        ("html", "not from a Jobledger"),
        ("503_long", "HTTP 503"),
        ("401", "refused the token"),
    ],
)
def test_failing_ingester_keeps_the_events_and_the_budget(behaviour, why):
    with Ingester(always=behaviour) as server:
        sender, journal = _sender(server.url)
        began = time.monotonic()
        for dummy in range(50):
            _poll(journal)
            sender.flush()
        sender.finish()
        took = time.monotonic() - began
    assert sender.backlog.waiting == 50 and sender.backlog.delivered == 0 and why in sender.reason
    assert sender.spent <= 0.6 + SLACK and took < 2 + SLACK
    assert len(server.requests) <= 4  # the breaker is open: 50 flushes are not 50 attempts


def test_black_hole_is_bounded_by_timeout_and_budget():
    with BlackHole() as hole:
        sender, journal = _sender(hole.url, timeout=0.2, budget=0.5)
        _poll(journal)
        sender.flush()
        assert 0.15 < sender.spent < 0.3 + SLACK
        sender.finish()
        assert sender.spent <= 0.5 + SLACK and sender.reason.startswith("no answer within")


def test_hooks_own_work_is_paid_by_the_budget_while_the_ingester_fails_and_leaves_nine_tenths_of_it():
    sender, journal = _sender("http://127.0.0.1:%d" % closed_port(), timeout=1, budget=2)
    sender.charge(5)
    assert sender.spent == 0
    _poll(journal)
    sender.flush()
    failed = sender.spent
    sender.charge(0.15)
    sender.charge(0.15)
    assert sender.spent == pytest.approx(failed + 0.2)
    sender.healthy = True
    sender.charge(5)
    assert sender.left() == pytest.approx(1.8 - failed)


def test_budget_that_is_used_up_stops_all_attempts():
    with Ingester(always="hang") as server:
        sender, journal = _sender(server.url, timeout=0.1, budget=0.2, clock=iter(range(0, 100000, 100)).__next__)
        for dummy in range(10):
            _poll(journal)
            sender.flush()
        assert sender.spent < 0.2 + SLACK and len(server.requests) <= 3
        sender.finish()
        assert sender.spent <= 0.2 + SLACK


def test_retry_after_is_honoured_within_the_budget():
    with Ingester(script=["503"]) as server:
        sender, journal = _sender(server.url, budget=2)
        _poll(journal)
        sender.finish()
        assert sender.backlog.delivered == 1 and 0.2 <= sender.spent < 1 + SLACK


def test_named_events_of_a_400_are_dropped_and_the_rest_is_sent_in_order():
    with Ingester() as server:
        server.refuse_hosts = {"bad"}
        sender, journal = _sender(server.url)
        for host in ("a", "bad", "b", "bad", "c"):
            _poll(journal, host=host)
        sender.finish()
        assert (
            [event["host"] for event in server.events] == ["a", "b", "c"]
            and sender.backlog.refused == 2
            and sender.backlog.waiting == 0
        )


GOOD = {"index": 1, "field": "host", "detail": "is no host"}


@pytest.mark.parametrize(
    "status, body",
    [
        (400, {}),
        (400, {"detail": "something is wrong"}),
        (400, {"errors": []}),
        (400, {"errors": "all of them"}),
        (400, {"errors": {"index": 0, "detail": "x"}}),
        (400, {"errors": [GOOD, {"detail": "which one?"}]}),
        (400, {"errors": [GOOD, 7]}),
        (400, {"errors": [GOOD, None]}),
        (400, {"errors": [{"index": 1}]}),
        (400, {"errors": [{"index": 1, "detail": " "}]}),
        (400, {"errors": [{"index": 1, "detail": {"text": "x"}}]}),
        (400, {"errors": [dict(GOOD, index=5)]}),
        (400, {"errors": [dict(GOOD, index=-1)]}),
        (400, {"errors": [dict(GOOD, index=True)]}),
        (400, {"errors": [dict(GOOD, index="1")]}),
        (400, {"errors": [dict(GOOD, index=1.0)]}),
        (400, b'{"errors": [{'),
        (400, b"<html>Bad request</html>"),
        (422, {"detail": "something is wrong"}),
        (409, {"errors": [GOOD]}),
        (500, {"errors": [GOOD]}),
    ],
)
def test_answer_that_does_not_say_which_events_are_wrong_and_why_gives_none_up(status, body):
    with Ingester() as server:
        server.answers = [(status, body)]
        sender, journal = _sender(server.url, budget=30)
        _poll(journal, 5)
        sender.flush()
        sender.catch_up(answered=True)
        assert (sender.backlog.refused, sender.backlog.waiting, sender.healthy) == (0, 5, False) and len(
            server.requests
        ) == 1
        assert ("HTTP %d" % status) in sender.reason
        sender.finish()
        assert [event["seq"] for event in server.events] == [1, 2, 3, 4, 5]


def test_event_that_is_named_with_a_reason_is_given_up_alone():
    with Ingester() as server:
        server.answers = [
            (422, {"errors": [GOOD, dict(GOOD, detail="a second reason"), {"index": 3, "detail": "all of it"}]})
        ]
        sender, journal = _sender(server.url)
        _poll(journal, 5)
        sender.finish()
        assert [event["seq"] for event in server.events] == [1, 3, 5] and sender.backlog.refused == 2
        assert sender.reason == "the ingester refused an event: host is no host"


def test_single_event_that_a_proxy_finds_too_large_is_kept_and_one_that_the_ingester_names_a_limit_for_is_given_up():
    with Ingester() as server:
        server.answers = [(413, b"<html>Request Entity Too Large</html>")]
        sender, journal = _sender(server.url, budget=30)
        _poll(journal)
        sender.flush()
        sender.catch_up(answered=True)
        assert (sender.backlog.refused, sender.backlog.waiting) == (
            0,
            1,
        ) and "not from a Jobledger ingester (HTTP 413)" in sender.reason
    with Ingester() as server:
        server.answers = [(413, {"detail": "at most 1000 bytes (max-body)"})]
        sender, journal = _sender(server.url)
        _poll(journal)
        sender.finish()
        assert (sender.backlog.refused, sender.backlog.waiting) == (1, 0)


def test_413_halves_down_to_single_events():
    with Ingester() as server:
        server.max_events = 3
        sender, journal = _sender(server.url)
        _poll(journal, 20)
        sender.finish()
        assert len(server.events) == 20 and max(len(batch) for batch in server.batches) <= 3


def test_full_buffer_gives_up_polls_first_and_launches_last():
    backlog = Backlog(max_events=100)
    for number in range(300):
        backlog.add("job_started" if number % 10 == 0 else "job_polled", b"%d" % number)
    assert backlog.waiting <= 100 and backlog.waiting + backlog.dropped == 300
    assert sum(int(line) % 10 == 0 for line in backlog.batch(1000, 1 << 20)) == 30


def test_request_leaves_in_one_send():
    with Ingester() as server:
        client = Client(Address(server.url))
        client.request("POST", "/api/v1/events", b"[]")
        sent = []
        real = client._connection._sock

        class Spy:
            def sendall(self, data):
                sent.append(data)
                real.sendall(data)

            def __getattr__(self, name):
                return getattr(real, name)

        client._connection._sock = Spy()
        client.request("POST", "/api/v1/events", b"[]")
        client.close()
    assert len(sent) == 1 and sent[0].endswith(b"\r\n\r\n[]") and server.connections == 1


def test_forked_process_never_touches_the_parents_connection():
    with Ingester() as server:
        sender, journal = _sender(server.url, timeout=60, budget=120)
        _poll(journal)
        sender.flush()
        sender.catch_up(answered=True)
        child = os.fork()
        if child == 0:
            _poll(journal)
            sender.flush()
            sender.finish()
            os._exit(0 if sender.backlog.waiting == 1 else 1)
        assert os.waitpid(child, 0)[1] == 0
        _poll(journal)
        sender.finish()
        assert sender.backlog.delivered == 2 and len(server.requests) == 2 and server.connections == 1


def test_https_server_that_is_not_trusted_is_refused_and_a_trusted_one_is_used(tmp_path):
    made = subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=127.0.0.1",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
            "-keyout",
            "key.pem",
            "-out",
            "cert.pem",
        ],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if made.returncode:
        pytest.skip("openssl cannot make a certificate here")
    server = Ingester()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    server._server.socket = context.wrap_socket(server._server.socket, server_side=True)
    with server:
        url = server.url.replace("http:", "https:")
        with pytest.raises(TransportError, match="certificate is not trusted"):
            Client(Address(url)).request("POST", "/api/v1/events", b"[]", 2)
        trusting = Client(Address(url), ca_file=str(tmp_path / "cert.pem"))
        assert trusting.request("POST", "/api/v1/events", b"[]", 60).status == 200
        # A session ticket makes the socket readable: that is not the answer.
        server.script = ["hold"]
        trusting.send("POST", "/api/v1/events", b"[]", 60)
        assert trusting.receive(0) is None and trusting.receive(0.1) is None
        server.release.set()
        assert trusting.receive().status == 200 and server.connections == 1
        trusting.close()


def _launch(journal, count=1):
    for dummy in range(count):
        journal.write(
            "job_started", {"host": "h", "play": "p", "job": "j", "task": "t", "ansible_job_id": "j%d.1" % journal.seq}
        )


def _seqs(server) -> list[list[int]]:
    return [[event["seq"] for event in batch] for batch in server.batches]


def test_launches_that_come_while_one_is_on_its_way_share_the_next_request():
    with Ingester(script=["hold"]) as server:
        sender, journal = _sender(server.url, timeout=60, budget=120)
        for dummy in range(20):
            _launch(journal)
            sender.flush()  # would not come back, did it wait: the first answer is held
        assert sender.held_up and sender.backlog.waiting == 20 and server.events == []
        server.release.set()
        sender.catch_up()
        assert not sender.held_up and server.wait_for(lambda events: len(events) == 20)
        sender.finish()
    assert _seqs(server) == [[1], list(range(2, 21))] and sender.backlog.delivered == 20 and server.connections == 1


def test_more_launches_than_one_request_takes_have_all_left_when_the_next_task_begins():
    with Ingester() as server:
        sender, journal = _sender(server.url, timeout=60, budget=120)
        _launch(journal, 1234)
        sender.catch_up()
        assert server.wait_for(lambda events: len(events) == 1234)
        sender.finish()
    assert [len(batch) for batch in _seqs(server)] == [500, 500, 234]


def test_polls_are_no_reason_to_wait_for_an_answer():
    with Ingester(script=["hold"]) as server:
        sender, journal = _sender(server.url, timeout=60, budget=120)
        _launch(journal)
        sender.flush()
        _poll(journal, 3)
        sender.catch_up()
        assert sender.held_up and server.events == []
        server.release.set()
        sender.finish()
    assert _seqs(server) == [[1], [2, 3, 4]]


@pytest.mark.parametrize("behaviour", ["hang", "drip", "store_then_drop", "500"])
def test_request_that_gets_no_good_answer_is_sent_again_before_later_events(behaviour):
    with Ingester(script=[behaviour]) as server:
        sender, journal = _sender(server.url, timeout=0.2, budget=120)
        _launch(journal, 2)
        sender.flush()
        _launch(journal)
        give_up = time.monotonic() + 60
        while sender.backlog.waiting and time.monotonic() < give_up:
            sender.flush()
            time.sleep(0.01)
        assert sender.backlog.waiting == 0 and sender.backlog.delivered == 3
    assert [event["seq"] for event in server.events] == [1, 2, 3] and _seqs(server)[-1] == [1, 2, 3]


def test_connection_that_was_closed_while_nobody_looked_is_opened_again_once():
    with Ingester(script=["store_and_close", "store_and_close"]) as server:
        sender, journal = _sender(server.url, timeout=60, budget=120)
        for dummy in range(4):
            _launch(journal)
            sender.flush()
            sender.catch_up(answered=True)
        sender.finish()
    assert (
        [event["seq"] for event in server.events] == [1, 2, 3, 4] and sender.reason is None and server.connections == 3
    )


def test_answer_that_came_in_time_counts_however_late_it_is_read():
    with Ingester() as server:
        client = Client(Address(server.url))
        client.send("POST", "/api/v1/events", b"[]", 60)
        give_up = time.monotonic() + 60
        while not client._connection._sock.recv(1 << 16, socket.MSG_PEEK).endswith(b"}") and time.monotonic() < give_up:
            time.sleep(0.01)
        client._deadline = time.monotonic() - 30
        assert client.receive(0).status == 200 and client._connection is not None
        client.close()


USUAL = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"


def test_whole_and_usual_answer_is_read_at_once():
    found = usual(USUAL)
    assert (found.status, found.is_json, found.body, found.headers.get("Content-Length")) == (200, True, b"{}", "2")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        USUAL[:-1],
        USUAL + b"H",
        USUAL[:40],
        USUAL.replace(b"200", b"503"),
        USUAL.replace(b"1.1", b"1.0"),
        USUAL.replace(b": 2", b": 02"),
        USUAL.replace(b"content-length: 2", b"content-length: 2\r\nContent-Length: 2"),
        USUAL.replace(b"content-length: 2", b"x: y"),
        USUAL.replace(b"content-type", b"connection: close\r\ncontent-type"),
        USUAL.replace(b"content-type", b"Transfer-Encoding: chunked\r\ncontent-type"),
        USUAL.replace(b"content-length", b" folded\r\ncontent-length"),
        USUAL.replace(b"content-type:", b"content-type :"),
        b"not HTTP\r\n\r\n",
    ],
)
def test_answer_that_is_not_usual_is_left_to_http_client(data):
    assert usual(data) is None


def test_answer_of_a_request_that_was_given_up_is_not_taken_for_the_next_ones():
    with Ingester(script=["hold"]) as server:
        client = Client(Address(server.url))
        client.send("POST", "/api/v1/events", b"[]", 60)
        assert client.receive(0) is None
        server.records["/x"] = (200, "application/json", {"found": True})
        assert client.request("GET", "/x", timeout=60).body == b'{"found": true}' and server.connections == 2
        client.close()


def test_server_that_reads_nothing_does_not_hold_a_send_up():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        client = Client(Address("http://127.0.0.1:%d" % listener.getsockname()[1]))
        with pytest.raises(TransportError, match="no answer within 0.2 s") as failure:
            client.send("POST", "/api/v1/events", b" " * (64 << 20), 0.2)
        assert failure.value.seconds >= 0.2


def test_events_on_their_way_are_the_ones_that_are_settled_whatever_comes_meanwhile():
    """Without a spool, or with a full disk, events wait in memory; what is on its way there must not be given up or
    mixed up.
    """
    backlog = Backlog(max_events=10)
    for number in range(10):
        backlog.add("job_polled", b"%d" % number)
    assert len(backlog.batch(4, 1 << 20)) == 4
    for number in range(10, 30):
        backlog.add("job_polled", b"%d" % number)
    assert backlog.dropped > 0 and list(line for _kind, line, _start in backlog._loose)[:4] == [b"0", b"1", b"2", b"3"]
    waiting = backlog.waiting
    backlog.settle(4)
    assert (
        backlog.delivered == 4
        and backlog.waiting == waiting - 4
        and backlog.batch(1, 1 << 20)[0] not in (b"0", b"1", b"2", b"3")
    )


@pytest.mark.parametrize(
    "certificate, trusted, why",
    [
        ("elsewhere.example", True, "for another name \\(Hostname mismatch.*localhost.*set url to a name that it has"),
        ("localhost", False, "not trusted \\(.*set ca_file to"),
        ("expired", True, "not trusted \\(certificate has expired\\): it must be renewed"),
        (None, True, "TLS failed .*check the scheme and the port of url"),
    ],
)
def test_what_is_wrong_with_tls_is_told_though_nobody_listens_at_another_address_of_the_name(
    tmp_path, certificate, trusted, why
):
    ours, other = Authority(tmp_path, "ours"), Authority(tmp_path, "other")
    server = Ingester()
    if certificate:
        context = ours.server(
            "server",
            "localhost" if certificate == "expired" else certificate,
            days=(-3, -1) if certificate == "expired" else (-1, 2),
        )
        server._server.socket = context.wrap_socket(server._server.socket, server_side=True)
    with server:
        client = Client(
            Address("https://localhost:%d" % server._server.server_port), ca_file=str((ours if trusted else other).file)
        )
        with pytest.raises(TransportError, match=why):  # and not "connection refused" by ::1, which is tried last
            client.request("POST", "/api/v1/events", b"[]", 10)


def test_address_that_does_not_answer_is_told_rather_than_one_where_nobody_listens():
    with BlackHole() as hole:
        port = int(hole.url.rpartition(":")[2])
        client = Client(Address("http://localhost:%d" % port))
        client._resolved = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, ("127.0.0.1", closed_port())),
            *resolver.resolve("127.0.0.1", port, 1),
        ]
        with pytest.raises(TransportError, match="no answer within"):
            client.request("GET", "/", timeout=0.2)


def test_name_that_cannot_be_resolved_is_told():
    with pytest.raises(TransportError, match="cannot be resolved"):
        Client(Address("http://no-such-host.invalid:1")).request("GET", "/", timeout=5)


def test_one_event_costs_less_than_a_millisecond_of_own_cpu():
    with Ingester() as server:
        sender, journal = _sender(server.url)
        fields = {
            "host": "h1",
            "play": "p",
            "job": "j",
            "task": "t",
            "ansible_job_id": "j1.1",
            "results_file": "/x" * 40,
        }
        began = time.process_time()
        for dummy in range(2000):
            journal.write("job_polled", fields)
        took = time.process_time() - began
        sender.finish()
    assert took / 2000 < 0.001, took
    assert sender.backlog.delivered == 2000
