# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""The jobs of one run whose id `no_log` hides: the event that told of each stands for its id.

Pure bookkeeping without I/O and without Ansible. Not thread-safe; Ansible calls callbacks one at a time.
"""

from __future__ import annotations

from . import evidence

_NAMES = ("host", "execution_host", "play", "playbook", "playbook_path", "task", "job")


class HiddenJob:
    """One such job, and what this run has said about it."""

    __slots__ = ("fields", "registers", "task_id", "rank", "cleaned")

    def __init__(self, fields: dict, register, task_id: object) -> None:
        self.fields = fields
        # From 2.21 on a task may register parts of its result under several names, and has a dictionary of them.
        self.registers = tuple(register) if isinstance(register, dict) else (register,) if register else ()
        self.task_id = task_id
        self.rank = 0
        self.cleaned = False


class HiddenJobs:
    """Writes `job_unresumable` to a journal, and what becomes of those jobs: the status alone, as `no_log` asks."""

    def __init__(self, journal) -> None:
        self._journal = journal
        self._by_host: dict[str, list[HiddenJob]] = {}

    def started(self, launch: dict, register, task_id: object, at=None) -> HiddenJob:
        """A job was started whose id is not shown. `register` is the task's: what keeps the result; `at` defaults to
        now.
        """
        self._journal.write("job_unresumable", launch, at)
        fields = {key: launch[key] for key in _NAMES if launch.get(key) is not None}
        job = HiddenJob(dict(fields, launch=self._journal.seq), register, task_id)
        self._by_host.setdefault(launch["host"], []).append(job)
        return job

    def find(self, host: str, job_id: str, variable) -> HiddenJob | None:
        """Return the job that a check of this id looks at: the one whose registered result has the id.

        `variable(name)` returns a variable of the host. It is asked only where this run has started such jobs.
        """
        jobs = self._by_host.get(host, ())
        for register in {name for job in jobs for name in job.registers}:
            ids = _ids(variable(register))
            if job_id in ids:
                # A later task, or attempt, that registers under the same name has overwritten the earlier result.
                latest = [job for job in jobs if register in job.registers]
                same = [job for job in latest if job.task_id == latest[-1].task_id][-len(ids) :]
                return same[ids.index(job_id)] if len(same) == len(ids) else None
        return None

    def ended(self, job: HiddenJob, status: str) -> None:
        """The job's end was seen: write `job_ended` unless evidence as strong was written before."""
        if evidence.RANK[status] > job.rank and not (status == "lost" and job.cleaned):
            job.rank = evidence.RANK[status]
            self._journal.write("job_ended", dict(job.fields, status=status))

    def cleaned(self, job: HiddenJob) -> None:
        """The results file was removed: write `job_cleaned`, once."""
        if not job.cleaned:
            job.cleaned = True
            self._journal.write("job_cleaned", job.fields)


def _ids(registered) -> list[str]:
    if isinstance(registered, str):
        return [registered]
    if not isinstance(registered, dict):
        return []
    results = registered.get("results")
    entries = results if isinstance(results, list) else [registered]
    return [found for entry in entries if isinstance(entry, dict) for found in [evidence.job_id(entry)] if found]
