"""What is asked of the ledger, and what it is told: without Ansible and without hosts."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from urllib.parse import parse_qsl

import pytest
from ansible_collections.jobledger.core.plugins.plugin_utils.acting import asking, telling
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery import record
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery.answers import Answer
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery.client import TransportError
from tools import contract

NOW = datetime(2026, 11, 29, 12, tzinfo=timezone.utc)


class Ledger:
    """Answers as an ingester does, a page of two jobs at a time. `runs` are the controllers of runs; `script` fails
    POSTs first.
    """

    address = "http://ledger"

    def __init__(self, jobs=(), runs=None, script=()):
        self.jobs, self.runs, self.script = list(jobs), runs or {}, list(script)
        self.asked: list[str] = []
        self.got: list[dict] = []

    def request(self, method, path, body=None, timeout=1.0):
        self.asked.append(path)
        if method == "POST":
            trouble = self.script.pop(0) if self.script else 200
            if trouble == "down":
                raise TransportError("connection refused")
            if trouble != 200:
                return self._answer(trouble, {"title": "Busy", "detail": "try later"})
            self.got += json.loads(body)
            return self._answer(200, {"received": 1})
        if path.startswith("/api/v1/runs/"):
            return self._answer(200, {"controller": self.runs.get(path.rpartition("/")[2])})
        given = dict(parse_qsl(path.partition("?")[2]))
        start = int(given.get("cursor", 0))
        found = [job for job in self.jobs if given.get("ansible_job_id") in (None, job["ansible_job_id"])]
        return self._answer(
            200, {"jobs": found[start : start + 2], "next": str(start + 2) if start + 2 < len(found) else None}
        )

    @staticmethod
    def _answer(status, body):
        return Answer(status, {"Content-Type": "application/json"}, json.dumps(body).encode(), 0.0)


def _job(number, seen="2026-11-29T11:00:00.000000Z", **more):
    return dict(
        {
            "host": "db%d" % number,
            "play": "P",
            "job_name": "j",
            "ansible_job_id": "j%d.1" % number,
            "execution_host": "db%d" % number,
            "results_file": "/a/j%d.1" % number,
            "status": "running",
            "save_time": seen,
            "run_id": "r1",
            "connection": "ssh",
        },
        **more,
    )


def _ask(ledger, seconds=900, most=100):
    return asking.Question(ledger, 1, "ci-1").unseen(seconds, most, NOW)


def test_open_jobs_are_asked_page_by_page_and_sorted_by_execution_host():
    ledger = Ledger(
        [
            _job(1),
            _job(2, execution_host="db1"),
            _job(3),
            _job(4, "2026-11-29T11:50:00.000000Z"),
            _job(5, ansible_job_id=None),
        ]
    )
    found = _ask(ledger)
    assert {host: [job["ansible_job_id"] for job in jobs] for host, jobs in found["hosts"].items()} == {
        "db1": ["j1.1", "j2.1"],
        "db3": ["j3.1"],
    }
    assert found["known"]["db1"]["j2.1"] == {"host": "db2", "title": "db2 / P / j"} and (
        found["asked"],
        found["nameless"],
        found["left_off"],
    ) == (3, 1, False)
    assert len(ledger.asked) == 3 and "status=open" in ledger.asked[0]


def test_last_sighting_counts_where_the_ledger_has_it():
    assert _ask(Ledger([_job(1, last_seen_at="2026-11-29T11:59:00.000000Z")]))["asked"] == 0


def test_number_of_jobs_is_bounded():
    found = _ask(Ledger([_job(number) for number in range(1, 8)]), most=3)
    assert (found["asked"], found["left_off"]) == (3, True)


@pytest.mark.parametrize("more", [{"connection": "local"}, {"execution_host": "localhost"}])
def test_job_that_a_controller_ran_on_itself_is_only_asked_there(more):
    jobs = [_job(1, **more), _job(2, **dict(more, run_id="r2")), _job(3, **dict(more, run_id=None))]
    found = _ask(Ledger(jobs, {"r1": "ci-1", "r2": "ci-2"}))
    assert found["elsewhere"] == ["db2 / P / j"] and sum(map(len, found["hosts"].values())) == 2


def test_ambiguous_name_is_refused():
    class Several(Ledger):
        def request(self, method, path, body=None, timeout=1.0):
            return self._answer(200, dict(_job(1), ambiguous=True, candidates=[{"playbook": "a.yml"}]))

    question = asking.Question(Several(), 1, "ci-1")
    for which in ({}, {"playbook": "a.yml"}):
        with pytest.raises(record.RecordError, match="a.yml"):
            question.named("db1", "P", "j", **which)


def test_name_is_asked_with_what_narrows_it():
    class One(Ledger):
        def request(self, method, path, body=None, timeout=1.0):
            self.asked.append(path)
            return self._answer(200, _job(1))

    ledger = One()
    assert (
        asking.Question(ledger, 1, "ci-1").named("db1", "P", "j", playbook="a.yml")["job"]["ansible_job_id"] == "j1.1"
    )
    assert ledger.asked == ["/api/v1/jobs/db1/P/j?playbook=a.yml"]


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("15m", 900), (" 2h ", 7200), ("7d", 604800), (0, 0)]
)
def test_times_are_understood(text, seconds):
    assert asking.duration("x", text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-1h", "1.5h", "1w", None])
def test_what_is_no_time_is_named(text):
    with pytest.raises(asking.AskError, match="settle_x must be a time"):
        asking.duration("settle_x", text)


KNOWN = {"db1": {"j1.1": {"host": "db1", "title": "db1 / P / j"}, "j2.1": {"host": "web", "title": "web / P / k"}}}
FENCE = {"host": "db1", "play": "P", "job": "Migrate", "task": "Migrate schema", "generation": "7"}


def _account(*reports, strangers=(), ledger=None):
    account = telling.Account(KNOWN, (ledger or {}).get)
    account.visited(
        "db1", {"jobs": list(reports), "strangers": list(strangers), "troubles": ["/x cannot be read"], "left_off": 3}
    )
    return account


def _report(state, job_id="j1.1", **more):
    return dict({"ansible_job_id": job_id, "state": state, "results_file": "/a/" + job_id}, **more)


@pytest.mark.parametrize(
    ("report", "kind", "fields"),
    [
        (
            _report(
                "alive", pid=7, since="2026-11-29T10:00:00.000000Z", cpu_seconds=1.5, memory_bytes=9, stopped=False
            ),
            "job_polled",
            {
                "sighting": {
                    "pid": 7,
                    "since": "2026-11-29T10:00:00.000000Z",
                    "cpu_seconds": 1.5,
                    "memory_bytes": 9,
                    "stopped": False,
                }
            },
        ),
        (_report("alive", since=None), "job_polled", {"sighting": {}}),
        (
            _report("ended", status="failed", rc=3, changed=True, message="non-zero return code"),
            "job_ended",
            {"status": "failed", "rc": 3, "changed": True, "message": "non-zero return code"},
        ),
        (
            _report("ended", status="cancelled", cancelled={"by": "ann@ci-1"}, message="cancelled by ann"),
            "job_ended",
            {"status": "cancelled", "by": "ann@ci-1", "message": "cancelled by ann"},
        ),
        (
            _report("ended", status="lost", message="gone"),
            "job_ended",
            {"status": "lost", "reason": "vanished", "message": "gone"},
        ),
        (
            _report("gone", why="no process"),
            "job_ended",
            {"status": "lost", "reason": "vanished", "message": "no process"},
        ),
        (
            _report("absent", why="no file"),
            "job_ended",
            {"status": "lost", "reason": "no_results_file", "message": "no file"},
        ),
    ],
)
def test_each_state_becomes_one_event(report, kind, fields):
    account = _account(report)
    assert account.events == [
        (
            kind,
            dict(
                {
                    "host": "db1",
                    "execution_host": "db1",
                    "ansible_job_id": "j1.1",
                    "results_file": "/a/j1.1",
                    "by": None,
                }
                if kind == "job_ended" and report["state"] == "ended"
                else {"host": "db1", "execution_host": "db1", "ansible_job_id": "j1.1", "results_file": "/a/j1.1"},
                **fields,
            ),
        )
    ]
    assert account.lines[0].startswith("db1 / P / j: ") and account.lines[1:] == [
        "db1: /x cannot be read",
        "db1: 3 results files were not looked at",
    ]


def test_what_cannot_be_told_is_no_event():
    account = _account(_report("unknown", why="become root"))
    assert account.events == [] and account.lines[0] == "db1 / P / j: unknown: become root"


def test_delegated_job_is_told_under_its_own_host():
    account = _account(_report("alive", "j2.1"))
    assert (account.events[0][1]["host"], account.events[0][1]["execution_host"]) == ("web", "db1") and account.lines[
        0
    ].startswith("web / P / k on db1: alive")


def test_stranger_is_adopted_and_one_of_a_fence_keeps_its_names():
    account = _account(
        strangers=[
            _report("alive", "j8.1", program="migrate", module="command"),
            _report("gone", "j9.1", fence=FENCE, why="lock is free"),
        ]
    )
    (_kind, first), (kind, second) = account.events
    assert (first["adopted"], first["job"], "play" in first) == (True, "migrate j8.1", False)
    assert (kind, second["adopted"], second["play"], second["job"], second["task"], second["generation"]) == (
        "job_ended",
        True,
        "P",
        "Migrate",
        "Migrate schema",
        "7",
    )
    assert account.counts == {"alive": 1, "gone": 1, "adopted": 2}


def test_stranger_that_the_ledger_knows_is_only_told_where_the_ledger_knows_less():
    ledger = {
        "j7.1": {"status": "lost", "host": "db1", "play": "P", "job_name": "j"},
        "j8.1": {"status": "succeeded", "host": "db1", "play": "P", "job_name": "j"},
    }
    account = _account(
        strangers=[
            _report("ended", "j7.1", status="succeeded", rc=0),
            _report("ended", "j8.1", status="failed"),
            _report("gone", "j7.1", why="x"),
        ],
        ledger=ledger,
    )
    ((kind, fields),) = account.events
    assert (kind, fields["ansible_job_id"], fields["status"]) == (
        "job_ended",
        "j7.1",
        "succeeded",
    ) and "adopted" not in fields


def test_host_that_was_missed_changes_no_job():
    account = telling.Account(KNOWN, {}.get)
    account.missed("db1", "timed out")
    assert [kind for kind, _fields in account.events] == ["job_unreached"] * 2 and account.counts == {"unreached": 2}
    account = telling.Account(KNOWN, {}.get)
    account.missed("db1", "python is missing", unreached=False)
    assert account.events == [] and account.counts == {"failed": 2}


def test_what_is_told_keeps_to_the_contract():
    account = _account(
        _report("alive", pid=7, cpu_seconds=1.5, memory_bytes=9),
        _report("gone", why="x"),
        _report("ended", status="cancelled", cancelled={"by": "ann"}),
        strangers=[_report("alive", "j8.1", program="x"), _report("ended", "j9.1", status="failed", rc=3, fence=FENCE)],
    )
    account.missed("db1", "timed out")
    ledger = Ledger()
    telling.send(ledger, telling.run({"kind": "playbook", "playbook": "settle"}, account.events), 1)
    assert [contract.problems(event) for event in ledger.got] == [[]] * len(ledger.got) and len(ledger.got) == 9
    assert [event["seq"] for event in ledger.got] == list(range(1, 10)) and len(
        {event["run_id"] for event in ledger.got}
    ) == 1


def test_busy_or_absent_ledger_is_asked_again_and_then_named():
    pauses: list = []
    ledger = Ledger(script=["down", 503])
    telling.send(ledger, telling.run({}, []), 1, pauses.append)
    assert len(ledger.got) == 2 and len(pauses) == 2
    with pytest.raises(record.RecordError, match="cannot be asked"):
        telling.send(Ledger(script=["down"] * 3), telling.run({}, []), 1, pauses.append)
    with pytest.raises(record.RecordError, match="HTTP 503: try later"):
        telling.send(Ledger(script=[503] * 3), telling.run({}, []), 1, pauses.append)


def test_large_account_is_told_in_several_requests():
    ledger = Ledger()
    telling.send(ledger, telling.run({}, [("job_polled", {"host": "h", "ansible_job_id": "j"})] * 1200), 1)
    assert len(ledger.got) == 1202 and len(ledger.asked) == 3
