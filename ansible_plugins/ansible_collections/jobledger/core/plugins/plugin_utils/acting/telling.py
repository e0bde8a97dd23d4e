# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""From what was seen of jobs to the events of a run of its own, and to lines for people. Pure, but for `send`."""

from __future__ import annotations

import time

from ..delivery import record
from ..delivery.client import TransportError
from ..recording import evidence, names
from ..recording.journal import Journal

# So many events a request; the ingester takes more.
_BATCH = 500
_TRIES, _PAUSE = 3, 2.0
# What a proxy, or an ingester that is busy or out of room, answers for a while.
_PASSING = (429, 502, 503, 504, 507)
_SIGHTING = ("pid", "since", "cpu_seconds", "memory_bytes", "output_bytes", "processes", "stopped")


class Account:
    """Gathers what visits saw. `known` is {execution host: {job id: {host, title}}}; `of_id(job_id)` is what the
    ledger has under an id.
    """

    def __init__(self, known: dict, of_id) -> None:
        self._known = known
        self._of_id = of_id
        self.events: list[tuple[str, dict]] = []
        self.lines: list[str] = []
        self.counts: dict[str, int] = {}

    def visited(self, host: str, visit: dict) -> None:
        """One host was visited: `visit` is the result of the module look there."""
        known = self._known.get(host, {})
        for report in visit.get("jobs") or ():
            about = known.get(report["ansible_job_id"]) or {"host": host, "title": report["ansible_job_id"]}
            self._told(host, about, report, {})
        for report in visit.get("strangers") or ():
            self._stranger(host, report)
        for trouble in visit.get("troubles") or ():
            self.lines.append("%s: %s" % (host, trouble))
        if visit.get("left_off"):
            self.lines.append("%s: %d results files were not looked at" % (host, visit["left_off"]))

    def missed(self, host: str, why: str, unreached: bool = True) -> None:
        """A host could not be visited: its jobs stay as they are. `unreached` says that it did not answer, else it
        answered with an error.
        """
        for job_id, about in self._known.get(host, {}).items():
            if unreached:
                self._write("job_unreached", host, about["host"], job_id, {"message": names.message(why)})
            self._line(
                "unreached" if unreached else "failed",
                about["title"],
                host,
                "%s: %s" % ("unreachable" if unreached else "cannot be looked at", why),
            )

    def _stranger(self, host: str, report: dict) -> None:
        record_there = self._of_id(report["ansible_job_id"])
        if record_there is None:
            fence = report.get("fence") or {}
            title = adopted_name(report)
            named = (
                {
                    "play": names.name(fence["play"]),
                    "job": names.name(fence["job"]),
                    "task": names.name(fence.get("task")),
                    "generation": fence.get("generation"),
                    **evidence.limits(fence),
                }
                if fence.get("play") and fence.get("job")
                else {"job": names.name(title)}
            )
            about = {
                "host": fence.get("host") or host,
                "title": " / ".join(
                    (fence.get("host") or host, fence.get("play") or "unknown", fence.get("job") or title)
                ),
            }
            self._told(host, about, report, dict(named, adopted=True))
        elif record_there.get("status") in ("running", "lost", "closed") and report["state"] in ("alive", "ended"):
            # The ledger knows it, and less of it than its file says.
            self._told(
                host,
                {
                    "host": record_there["host"],
                    "title": " / ".join(str(record_there.get(key)) for key in ("host", "play", "job_name")),
                },
                report,
                {},
            )

    def _told(self, host: str, about: dict, report: dict, more: dict) -> None:
        state, job_id, fields = (
            report["state"],
            report["ansible_job_id"],
            dict(more, results_file=report.get("results_file")),
        )
        if state == "alive":
            fields["sighting"] = {key: report[key] for key in _SIGHTING if report.get(key) is not None}
            self._write("job_polled", host, about["host"], job_id, fields)
            self._line(
                "alive", about["title"], host, "alive since %s, %s" % (report.get("since") or "?", _usage(report)), more
            )
        elif state == "ended":
            fields.update(
                {key: report[key] for key in ("status", "rc", "changed", "message") if report.get(key) is not None}
            )
            fields["by"] = (report.get("cancelled") or {}).get("by")
            if report["status"] == "lost":
                fields["reason"] = "vanished"
            self._write("job_ended", host, about["host"], job_id, fields)
            code = "" if report.get("rc") is None else " (%s)" % report["rc"]
            self._line("ended", about["title"], host, "ended, %s%s" % (report["status"], code), more)
        elif state in ("gone", "absent"):
            fields.update(
                status="lost",
                reason="vanished" if state == "gone" else "no_results_file",
                message=names.message(report.get("why")),
            )
            self._write("job_ended", host, about["host"], job_id, fields)
            self._line(state, about["title"], host, "%s: %s" % (state, report.get("why") or "nobody runs it"), more)
        else:
            self._line(
                "unknown", about["title"], host, "unknown: %s" % (report.get("why") or "nothing can be told of it")
            )

    def _write(self, kind: str, execution_host: str, host: str, job_id: str, fields: dict) -> None:
        self.events.append(
            (
                kind,
                dict(
                    {"host": names.name(host), "execution_host": names.name(execution_host), "ansible_job_id": job_id},
                    **fields,
                ),
            )
        )

    def _line(self, state: str, title: str, host: str, what: str, adopted: object = False) -> None:
        for key in (state, "adopted") if adopted else (state,):
            self.counts[key] = self.counts.get(key, 0) + 1
        place = "" if title.startswith(host + " /") else " on " + host
        self.lines.append(names.message("%s%s: %s%s" % (title, place, "adopted, " if adopted else "", what)))


def adopted_name(report: dict) -> str:
    """Return the name of a job that nobody named: its program or module, and its id."""
    what = report.get("program") or report.get("module") or "job"
    return "%s %s" % (what, report["ansible_job_id"])


def run(started: dict, events: list, journal=None) -> list[bytes]:
    """Return the lines of a whole run that says these events: numbered, stamped, as JSON."""
    lines: list[bytes] = []
    journal = journal or Journal(lambda _kind, line: lines.append(line))
    journal.write("run_started", started)
    for kind, fields in events:
        journal.write(kind, fields)
    journal.write("run_finished", {"stats": {}})
    return lines


def send(client, lines: list[bytes], timeout: float, sleep=time.sleep) -> None:
    """Deliver a run to the ingester; when this returns all of it is on disk there. Raises RecordError."""
    for start in range(0, len(lines), _BATCH):
        body = b"[" + b",".join(lines[start : start + _BATCH]) + b"]"
        record.ask(_Patient(client, sleep), "POST", "/api/v1/events", timeout, body)


class _Patient:
    """A client that asks again when the network, or a busy server, fails it."""

    def __init__(self, client, sleep) -> None:
        self._client = client
        self._sleep = sleep
        self.address = client.address

    def request(self, method: str, path: str, data: bytes | None = None, timeout: float = 1.0):
        for left in range(_TRIES - 1, -1, -1):
            try:
                answer = self._client.request(method, path, data, timeout)
                if answer.status not in _PASSING or not left:
                    return answer
            except TransportError:
                if not left:
                    raise
            self._sleep(_PAUSE)
        raise ValueError("at least one try is needed")


def _usage(report: dict) -> str:
    parts = []
    if report.get("cpu_seconds") is not None:
        parts.append("%.0f s of processor time" % report["cpu_seconds"])
    if report.get("memory_bytes") is not None:
        parts.append("%.0f MiB" % (report["memory_bytes"] / 1048576))
    if report.get("output_bytes") is not None:
        parts.append("%d bytes of output" % report["output_bytes"])
    if report.get("stopped"):
        parts.append("stopped")
    return ", ".join(parts) or "its lock is held"
