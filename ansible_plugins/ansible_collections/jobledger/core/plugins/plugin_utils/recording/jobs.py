# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""The jobs of one run: which are known, what was already said about each, and what is still worth an event.

Pure bookkeeping without I/O and without Ansible. Not thread-safe; Ansible calls callbacks one at a time.
"""

from __future__ import annotations

from . import evidence

_NAMES = (
    "host",
    "execution_host",
    "play",
    "playbook",
    "playbook_path",
    "task",
    "job",
    "results_file",
    "decision",
    "generation",
)
# What the fence on the host says of a job that this run did not start: its launch may never have been told.
_FENCED = ("started_at", "async", "action", "no_log")
FOUND = ("attached", "already_succeeded")


class Job:
    """One execution, and what this run has said about it."""

    __slots__ = ("fields", "no_log", "mine", "started", "rank", "module_status", "missed", "cleaned", "said_at")

    def __init__(self, fields: dict, no_log: bool, mine: bool) -> None:
        self.fields = fields
        self.no_log = no_log
        self.mine = mine
        self.started = False
        self.rank = 0  # of the strongest end that was told, `lost` left out
        self.module_status: str | None = None
        self.missed: set = set()  # the places where checks did not find it, since it was last seen alive
        self.cleaned = False
        self.said_at: float | None = None


class Jobs:
    """Writes `job_*` events to a journal, each once: `(execution host, job id)` names a job.

    `poll_interval` is the least time in seconds between two `job_polled` of one job; `clock` counts seconds.
    """

    def __init__(self, journal, poll_interval: float, clock) -> None:
        self._journal = journal
        self._poll_interval = poll_interval
        self._clock = clock
        self._known: dict[tuple[str, str], Job] = {}
        self._places: dict[str, set[str]] = {}

    def known(self, place: str, job_id: str) -> Job | None:
        """Return what is known of the job on this execution host."""
        return self._known.get((place, job_id))

    def find(self, place: str, job_id: str) -> Job | None:
        """Return the job on this execution host, or else the only one with that id: a host may have two names."""
        exact = self._known.get((place, job_id))
        if exact is None and len(self._places.get(job_id, ())) == 1:
            (other,) = self._places[job_id]
            return self._known[other, job_id]
        return exact

    def started(self, launch: dict, job_id: str, at=None) -> Job:
        """The launch was seen: write `job_started` unless it was written before. `launch` has the event's fields."""
        job = self._remember(launch, job_id, bool(launch.get("no_log")), mine=True)
        job.fields.update(named(launch))
        job.no_log = job.no_log or bool(launch.get("no_log"))
        job.mine = True
        if not job.started:
            self._journal.write("job_started", dict(launch, ansible_job_id=job_id), at)
            job.started = True
            job.said_at = self._clock()
        return job

    def polled(self, where: dict, job_id: str, no_log: bool = False, mine: bool = False) -> None:
        """The job was seen alive: write `job_polled` at the first sight, and then not more often than the interval."""
        job = self.find(_place(where), job_id) or self._remember(where, job_id, no_log, mine)
        now = self._clock()
        if job.rank or not job.missed and job.said_at is not None and now - job.said_at < self._poll_interval:
            return
        job.missed.clear()
        job.said_at = now
        self._journal.write("job_polled", self._description(job, where, job_id))

    def ended(self, where: dict, job_id: str, finding: evidence.Finding) -> None:
        """The job's end was seen: write `job_ended` unless evidence as strong was written before."""
        lost = finding.status == "lost"
        # "Not found" on one host says nothing of a job that runs on another; its result does, wherever it is read.
        job = self.known(_place(where), job_id) if lost else self.find(_place(where), job_id)
        if job is None:
            if lost and any(
                self._known[other, job_id].rank or not self._known[other, job_id].missed
                for other in self._places.get(job_id, ())
            ):
                return
            job = self._remember(where, job_id, False, mine=False)
        event = self._description(job, where, job_id)
        if lost:
            # Where the check looked, which need not be where the job is: the ledger tells the two apart.
            event["results_file"] = where.get("results_file") or event.get("results_file")
            if job.rank or job.cleaned or event["results_file"] in job.missed:
                return
            job.missed.add(event["results_file"])
        elif finding.rank <= job.rank:
            return
        else:
            job.rank = finding.rank
        event["status"] = finding.status
        if finding.verdict:
            event["verdict"] = finding.status
            event["module_status"] = finding.module_status or job.module_status
        elif finding.status in ("succeeded", "failed"):
            job.module_status = finding.status
        event.update(_told(job, finding.details))
        self._journal.write("job_ended", event)

    def cleaned(self, where: dict, job_id: str) -> None:
        """The results file was removed: write `job_cleaned`, once."""
        job = self.find(_place(where), job_id) or self._remember(where, job_id, False, mine=False)
        if not job.cleaned:
            job.cleaned = True
            self._journal.write("job_cleaned", self._description(job, where, job_id))

    def _remember(self, where: dict, job_id: str, no_log: bool, mine: bool) -> Job:
        place = _place(where)
        job = self._known.get((place, job_id))
        if job is None:
            fields = named(where)
            job = self._known[place, job_id] = Job(fields, no_log, mine)
            self._places.setdefault(job_id, set()).add(place)
        return job

    @staticmethod
    def _description(job: Job, where: dict, job_id: str) -> dict:
        # What the launch said is the truth: a status check only recomputes the results file, and may get it wrong.
        event = {} if job.mine else named(where)
        event.update(job.fields)
        if not job.mine and where.get("results_file"):
            event["results_file"] = where["results_file"]  # an earlier check may have looked elsewhere
        event["ansible_job_id"] = job_id
        return event


def named(launch: dict) -> dict:
    """Return of a launch what every event of its job has: whose job it is, and where its results file stands."""
    keys = _NAMES + _FENCED if launch.get("decision") in FOUND else _NAMES
    return {key: launch[key] for key in keys if launch.get(key) is not None}


def _place(where: dict) -> str:
    return where.get("execution_host") or where["host"]


def _told(job: Job, details: dict) -> dict:
    if job.no_log:
        return {}
    if job.mine:
        return details
    # A job of another run may have had no_log there, which cannot be seen here.
    told = {key: value for key, value in details.items() if key != "details"}
    # What cancel wrote is told as well: it is who wanted it, and why.
    if not evidence.may_be_told(told.get("message")) and "by" not in told:
        told.pop("message", None)
    return told
