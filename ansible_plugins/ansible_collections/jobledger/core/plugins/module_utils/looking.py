# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""One look at the async jobs of this host: which are alive, which have ended, which are gone, and which nobody asked
about.

Reading only, unless it is told to write down what is lost. Runs on managed hosts; Python 3.6 and later.
"""

import os
import pwd

from . import fence_layout, job_files, processes

ALIVE, ENDED, GONE, ABSENT, UNKNOWN = "alive", "ended", "gone", "absent", "unknown"


class Look(object):
    """A look at one moment. `see()` returns the processes of this moment.

    A job of `start_once` is told by its fence's lock, any other by its processes and its results file.
    """

    def __init__(self, see=processes.look, user=None, finish=None):
        """`finish(attempt)` writes down that a job of `start_once` is lost. Raises NoProcesses where this host's
        processes cannot be seen.
        """
        self._see = see
        self._finish = finish
        self._user = os.geteuid() if user is None else user
        # The processes first and the files after them: whatever had ended before has written its file by then.
        self.snapshot = see()

    def jobs(self, asked):
        """Return what became of each job in `asked`: dictionaries with ansible_job_id, and results_file where that
        is known.
        """
        found = [self._one(job) for job in asked]
        if any(report["state"] in (GONE, ABSENT) for report in found):
            # A job may have been started between the two looks; one that is gone stays gone.
            self.snapshot = self._see()
            found = [
                self._one(job) if report["state"] in (GONE, ABSENT) else report for job, report in zip(asked, found)
            ]
        return found

    def strangers(self, directories, known, most, not_before):
        """Return the jobs that have a file in some directories and that are not `known`: their reports, what could not
        be read, and how
        many files were not looked at.

        At most so many, the newest first; files that were last written before a time (seconds since 1970) only while
        the job is alive.
        """
        reports, troubles, left = [], [], 0
        for directory in directories:
            try:
                ids, more = job_files.listing(directory, most)
            except OSError as error:
                troubles.append("%s cannot be read (%s)" % (directory, error.strerror))
                continue
            left += more
            asked = [
                {"ansible_job_id": job_id, "results_file": os.path.join(directory, job_id)}
                for job_id in ids
                if job_id not in known
            ]
            # A link into a fence is one controller's name for a job that the fence itself names.
            asked = [job for job in asked if attempt_of(job["results_file"]) is None]
            for report in self.jobs(asked):
                if (
                    report["state"] == ALIVE
                    or report.get("changed_at")
                    and report["changed_at"] >= job_files.moment(not_before)
                ):
                    reports.append(report)
        return reports, troubles, left

    def fenced(self, directory, known, not_before):
        """Return the jobs below a fence directory that are not `known`, with the names that the fence has of them, and
        what cannot be read.

        Such a job was started by `start_once`, and no controller lived to tell of it. Old ones as in `strangers`.
        """
        reports, troubles = [], []
        for attempt in (attempt for fence in fence_layout.fences(directory) for attempt in fence.attempts()):
            try:
                start = attempt.start
                if not start or start.get("job_id") in known or not attempt.was_marked():
                    continue
                report = self._attempt(
                    {"ansible_job_id": start["job_id"], "results_file": attempt.results_file()}, attempt
                )
            except (OSError, fence_layout.Damaged) as error:
                troubles.append("the fence %s cannot be read (%s)" % (attempt.path, error))
                continue
            if report["state"] == ALIVE or (start.get("started_at") or "") >= job_files.moment(not_before):
                report["fence"] = dict(
                    (key, start.get(key))
                    for key in ("host", "play", "job", "task", "generation", "started_at", "async", "no_log", "module")
                )
                report["fence"]["by"] = start.get("by")
                reports.append(report)
        return reports, troubles

    def _one(self, job):
        attempt = attempt_of(job.get("results_file") or "")
        if attempt is not None:
            try:
                return self._attempt(job, attempt)
            except (OSError, fence_layout.Damaged) as error:
                return {
                    "ansible_job_id": job["ansible_job_id"],
                    "results_file": job["results_file"],
                    "state": UNKNOWN,
                    "why": "the job's fence cannot be read (%s)" % error,
                }
        return self._stock(job)

    def _attempt(self, job, attempt):
        report = {
            "ansible_job_id": job["ansible_job_id"],
            "results_file": job["results_file"],
            "user": (attempt.start or {}).get("run_as"),
        }
        state = attempt.state()
        if state == fence_layout.ENDED:
            end = attempt.end or {}
            report.update(
                state=ENDED,
                finished_at=end.get("ended_at"),
                **dict((key, end[key]) for key in ("status", "rc", "message") if end.get(key) is not None),
            )
            if end.get("status") == "cancelled":
                report["cancelled"] = dict(
                    (key, value) for key, value in (attempt.cancelled or {}).items() if key in ("by", "reason", "at")
                )
        elif state in (fence_layout.RUNNING, fence_layout.STARTING):
            report.update(self._living(attempt))
        else:
            left = fence_layout.marked(job["ansible_job_id"], self.snapshot.root)
            report.update(
                state=GONE,
                rebooted=bool(
                    self.snapshot.boot_id
                    and (attempt.start or {}).get("boot_id") not in (None, "", self.snapshot.boot_id)
                ),
                left=left,
            )
            report["why"] = (
                "it was given up before its payload could run"
                if state == fence_layout.EMPTY
                else "the host was booted since it was started"
                if report["rebooted"]
                else "nobody holds its lock, and no result came"
            )
            report["why"] += "; processes that it started go on: %s" % ", ".join(map(str, left)) if left else ""
            if state == fence_layout.LOST and self._finish is not None:
                report["why"] += self._written_down(attempt)
        return report

    def _written_down(self, attempt):
        try:
            self._finish(attempt)
            return ""
        except OSError as error:
            return "; that cannot be written into its fence (%s)" % error.strerror

    def _living(self, attempt):
        start, hints = attempt.start or {}, attempt.processes
        pids = set(fence_layout.marked(start.get("job_id"), self.snapshot.root))
        if hints.get("boot_id") == self.snapshot.boot_id:
            pids.update(hints.get(name) for name in ("guardian", "keeper", "payload"))
        found = (
            self.snapshot.usage([self.snapshot.processes[pid] for pid in pids if pid in self.snapshot.processes]) or {}
        )
        # Its lock is held: that is what proves it alive. What it uses is seen only as far as this user may look.
        living = dict(
            {"state": ALIVE, "module": start.get("module"), "program": None, "pid": hints.get("keeper"), "since": None},
            **found,
        )
        living["since"] = start.get("started_at") or job_files.moment(living["since"])
        sizes = [
            os.path.getsize(attempt.file(stream))
            for stream in ("stdout.1", "stdout", "stderr.1", "stderr")
            if os.path.isfile(attempt.file(stream))
        ]
        if sizes:
            living["output_bytes"] = sum(sizes)
        return living

    def _stock(self, job):
        job_id, path = job["ansible_job_id"], job.get("results_file") or ""
        report = {"ansible_job_id": job_id, "results_file": path or None}
        results = (
            job_files.read(path)
            if path
            else job_files.Results(job_files.HIDDEN, "the ledger does not know where its results file is")
        )
        report.update(changed_at=job_files.moment(results.changed_at), user=_name(results.owner))
        if results.kind == job_files.ENDED:
            report.update(
                state=ENDED,
                program=job_files.program(results.data),
                module=None,
                finished_at=report["changed_at"],
                **results.end,
            )
            return report
        family = self.snapshot.family(job_id)
        if family:
            report.update(
                state=ALIVE,
                pid=family.all[0].pid,
                module=family.module,
                program=family.program,
                **self.snapshot.usage(family.all),
            )
            report["since"] = job_files.moment(report["since"])
            report["user"] = report["user"] or _name(family.all[0].owner)
            return report
        report.update(self._nobody(path, results))
        return report

    def _nobody(self, path, results):
        if results.kind == job_files.HIDDEN:
            return {"state": UNKNOWN, "why": "%s, and no process of it was seen" % results.why}
        if not self.snapshot.complete and results.owner != self._user:
            return {"state": UNKNOWN, "why": "this user sees only its own processes: become root, or the job's user"}
        if results.kind == job_files.ABSENT:
            return {"state": ABSENT, "why": "there is no %s, and no process of it" % path}
        what = "the results file says started" if results.kind == job_files.RUNNING else results.why
        booted = (
            self.snapshot.boot_time is not None
            and results.changed_at is not None
            and results.changed_at < self.snapshot.boot_time
        )
        return {
            "state": GONE,
            "rebooted": booted,
            "why": "%s, and %s" % (what, "the host was booted since" if booted else "no process of the job is there"),
        }


def attempt_of(path):
    """Return the attempt of a fence that a results file, or a controller's link to it, leads to; None for any other
    file.
    """
    return fence_layout.of_results_file(os.path.realpath(path)) or fence_layout.of_results_file(path) if path else None


def own_directory():
    """Return the async directory of the user who looks."""
    return os.path.expanduser("~/.ansible_async")


def homes(directory=".ansible_async", users=None):
    """Return the async directories below the homes of this host's users that are there, as far as this user may
    look.
    """
    found = []
    for user in pwd.getpwall() if users is None else users:
        path = os.path.join(user.pw_dir, directory)
        if os.path.isabs(path) and os.path.isdir(path) and path not in found:
            found.append(path)
    return found


def _name(owner):
    if owner is None:
        return None
    try:
        return pwd.getpwuid(owner).pw_name
    except KeyError:
        return str(owner)
