"""One look at the async jobs of this host: which are alive, which have ended, which are gone, and which nobody asked about.

Reading only. Runs on managed hosts; Python 3.6 and later.
"""

import os
import pwd

from . import job_files, processes

ALIVE, ENDED, GONE, ABSENT, UNKNOWN = "alive", "ended", "gone", "absent", "unknown"


class Look(object):
    """A look at one moment. `see()` returns the processes of this moment, `fences` finds the jobs of start_once by their id."""

    def __init__(self, see=processes.look, fences=None, user=None):
        """Raises NoProcesses where the processes of this host cannot be seen."""
        self._see = see
        self._fences = fences
        self._user = os.geteuid() if user is None else user
        # The processes first and the files after them: whatever had ended before has written its file by then.
        self.snapshot = see()

    def jobs(self, asked):
        """Return what became of each job in `asked`: dictionaries with ansible_job_id, and results_file where that is known."""
        found = [self._one(job) for job in asked]
        if any(report["state"] in (GONE, ABSENT) for report in found):
            # A job may have been started between the two looks; one that is gone stays gone.
            self.snapshot = self._see()
            found = [self._one(job) if report["state"] in (GONE, ABSENT) else report for job, report in zip(asked, found)]
        return found

    def strangers(self, directories, known, most, not_before):
        """Return the jobs that have a file in some directories and that are not `known`: their reports, what could not be read, and how
        many files were not looked at.

        At most so many, the newest first; files that were last written before a time (seconds since 1970) only while the job is alive.
        """
        reports, troubles, left = [], [], 0
        for directory in directories:
            try:
                ids, more = job_files.listing(directory, most)
            except OSError as error:
                troubles.append("%s cannot be read (%s)" % (directory, error.strerror))
                continue
            left += more
            asked = [{"ansible_job_id": job_id, "results_file": os.path.join(directory, job_id)} for job_id in ids if job_id not in known]
            for report in self.jobs(asked):
                if report["state"] == ALIVE or report.get("changed_at") and report["changed_at"] >= job_files.moment(not_before):
                    reports.append(report)
        return reports, troubles, left

    def _one(self, job):
        job_id, path = job["ansible_job_id"], job.get("results_file") or ""
        report = {"ansible_job_id": job_id, "results_file": path or None}
        results = job_files.read(path) if path else job_files.Results(job_files.HIDDEN, "the ledger does not know where its results file is")
        report.update(changed_at=job_files.moment(results.changed_at), user=_name(results.owner))
        if results.kind == job_files.ENDED:
            report.update(state=ENDED, program=job_files.program(results.data), module=None, finished_at=report["changed_at"], **results.end)
            return report
        family = self._family(job_id, path)
        if family:
            report.update(state=ALIVE, pid=family.all[0].pid, module=family.module, program=family.program, **self.snapshot.usage(family.all))
            report["since"] = job_files.moment(report["since"])
            report["user"] = report["user"] or _name(family.all[0].owner)
            return report
        report.update(self._nobody(path, results))
        return report

    def _family(self, job_id, path):
        if self._fences is not None:
            found = self._fences(job_id, path, self.snapshot)
            if found is not None:
                return found
        return self.snapshot.family(job_id)

    def _nobody(self, path, results):
        if results.kind == job_files.HIDDEN:
            return {"state": UNKNOWN, "why": "%s, and no process of it was seen" % results.why}
        if not self.snapshot.complete and results.owner != self._user:
            return {"state": UNKNOWN, "why": "this user sees only its own processes: become root, or the job's user"}
        if results.kind == job_files.ABSENT:
            return {"state": ABSENT, "why": "there is no %s, and no process of it" % path}
        what = "the results file says started" if results.kind == job_files.RUNNING else results.why
        booted = self.snapshot.boot_time is not None and results.changed_at is not None and results.changed_at < self.snapshot.boot_time
        return {"state": GONE, "rebooted": booted,
                "why": "%s, and %s" % (what, "the host was booted since" if booted else "no process of the job is there")}


def homes(directory=".ansible_async", users=None):
    """Return the async directories below the homes of this host's users that are there, as far as this user may look."""
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
