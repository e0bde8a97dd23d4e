# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Ends one async job on request: finds its processes, asks them to stop, and writes down who wanted it. Runs on managed
hosts.

Python 3.6 and later. A signal goes only to a process that is, at that moment, still the one that was seen.
"""

import errno
import os
import shutil
import signal
import time

from . import fence_layout, job_files, processes

CANCELLED, ENDED, GONE, ABSENT = "cancelled", "ended", "gone", "absent"
# Between two looks at what is left: soon at first, then seldom, since a look reads every process of the host.
_PAUSE, _LONGEST_PAUSE = 0.05, 1.0
# A killed process is gone at once, unless the kernel holds it.
_KILL_SECONDS = 10
# For the wrapper to write the result of a module that has ended by itself.
_OWN_END_SECONDS = 5


class CannotCancel(Exception):
    """The job was not cancelled; the text says why and what to do."""


class Job(object):
    """The job to cancel: its id, its results file, and who wants it (`mark`: by, reason, at)."""

    def __init__(self, job_id, path, mark, see=processes.look, send=os.kill, clock=time.monotonic, pause=time.sleep):
        self._job_id = job_id
        self._path = path
        self._mark = mark
        self._see = see
        self._send = send
        self._clock = clock
        self._pause = pause
        self._frozen = []

    def cancel(self, grace, only_look=False):
        """End the job and return what became of it: a dictionary with `outcome` and, where it ended by itself, its end.

        TERM first, then KILL after `grace` seconds. A job that has ended keeps its own end. Raises CannotCancel.
        """
        try:
            return self._cancel(grace, only_look)
        except OSError as error:
            if error.errno == errno.EPERM:
                raise CannotCancel(
                    "this user may not end the job's processes: become root, or the user who runs the job"
                )
            raise CannotCancel("%s. Look at the job, then cancel it again" % (error.strerror or error))
        finally:
            # Whatever happened, a wrapper that still has something to write must not stay stopped.
            self._thaw()

    def _cancel(self, grace, only_look):
        snapshot = self._see()
        ended = self._own_end()
        if ended:
            return ended
        family = self._family(snapshot)
        if not family:
            return self._nobody(snapshot)
        if only_look:
            return {"outcome": CANCELLED, "processes": len(family.all)}
        family = self._freeze(family)
        if family is None:
            return self._own_end()
        how = self._stop(family, grace)
        self._finish(family)
        mark = dict(self._mark, signal=how)
        if not job_files.mark_cancelled(self._path, self._job_id, mark):
            return self._own_end()
        self._tidy(family)
        return {
            "outcome": CANCELLED,
            "signal": how,
            "processes": len(family.all),
            "cancelled": mark,
            "status": "cancelled",
        }

    def _own_end(self):
        results = job_files.read(self._path)
        if results.kind == job_files.ENDED:
            return dict(results.end, outcome=ENDED, finished_at=job_files.moment(results.changed_at))
        return None

    def _family(self, snapshot):
        family = snapshot.family(self._job_id)
        owner = job_files.read(self._path).owner
        for process in family.wrappers:
            # Anybody can give a process the arguments of a wrapper.
            if owner is not None and process.owner != owner:
                raise CannotCancel(
                    "process %d looks like this job, but belongs to user %d, and the results file to user %d: nothing "
                    "was ended" % (process.pid, process.owner, owner)
                )
        return family

    def _nobody(self, snapshot):
        results = job_files.read(self._path)
        if results.kind == job_files.HIDDEN:
            raise CannotCancel("%s: become root, or the user who runs the job" % results.why)
        if not snapshot.complete and results.owner != os.geteuid():
            raise CannotCancel("this user sees only its own processes: become root, or the user who runs the job")
        if results.kind == job_files.ABSENT:
            return {"outcome": ABSENT, "why": "there is no %s, and no process of the job" % self._path}
        if results.kind == job_files.ENDED:
            return self._own_end()
        return {"outcome": GONE, "why": "no process of the job is there any more"}

    def _freeze(self, family):
        """Stop the wrappers, so that they write no result while the job is ended; None when the job ended by itself
        meanwhile.
        """
        until = self._clock() + _OWN_END_SECONDS
        while True:
            snapshot = self._see()
            family = self._family(snapshot)
            for process in family.wrappers:
                self._signal(snapshot, process, signal.SIGSTOP)
                self._frozen.append((snapshot, process))
            if self._own_end():
                return None
            snapshot = self._see()
            family = self._family(snapshot)
            if [process for process in family.payload if not process.dead] or self._clock() >= until:
                return family
            # The module has ended, and its result is on its way; or it is only about to start.
            self._thaw()
            self._pause(_PAUSE)

    def _stop(self, family, grace):
        """End all that the wrappers started; return the signal that it took."""
        for name, number, seconds in (("TERM", signal.SIGTERM, grace), ("KILL", signal.SIGKILL, _KILL_SECONDS)):
            until, told, pause = self._clock() + seconds, set(), _PAUSE
            while True:
                snapshot = self._see()
                left = snapshot.relatives([process for process in family.wrappers if snapshot.still(process)])
                left += [
                    process
                    for process in family.payload
                    if snapshot.still(process) and process.pid not in [other.pid for other in left]
                ]
                if not left:
                    return name if told or name == "TERM" else "TERM"
                # The module comes last: where a cancel is interrupted, it still waits for its command, and nothing is
                # orphaned.
                wrappers = set(process.pid for process in family.wrappers)
                command = [process for process in left if process.parent not in wrappers]
                for process in command or left:
                    # One that came later is told, too.
                    if (process.pid, process.began) not in told:
                        told.add((process.pid, process.began))
                        self._signal(snapshot, process, number)
                        if process.state in ("T", "t"):
                            self._signal(snapshot, process, signal.SIGCONT)
                if self._clock() >= until:
                    break
                self._pause(min(pause, until - self._clock()))
                pause = min(_LONGEST_PAUSE, pause * 1.5)
        raise CannotCancel(
            "these processes do not end, even by KILL: %s" % ", ".join(str(process.pid) for process in left)
        )

    def _finish(self, family):
        snapshot = self._see()
        for process in family.wrappers:
            self._signal(snapshot, process, signal.SIGKILL)
        until = self._clock() + _KILL_SECONDS
        while any(snapshot.still(process) for process in family.wrappers):
            if self._clock() >= until:
                raise CannotCancel(
                    "the job's wrapper does not end, even by KILL: %s"
                    % ", ".join(str(process.pid) for process in family.wrappers)
                )
            self._pause(_PAUSE)

    @staticmethod
    def _tidy(family):
        """Remove the module's temporary directory, as its wrapper would have done."""
        for process in family.wrappers:
            path = process.leaves
            try:
                if path and not os.path.islink(path) and os.stat(path).st_uid == process.owner:
                    shutil.rmtree(path, ignore_errors=True)
            except OSError:
                pass  # it is gone

    def _thaw(self):
        frozen, self._frozen = self._frozen, []
        for snapshot, process in frozen:
            try:
                self._signal(snapshot, process, signal.SIGCONT)
            except OSError:
                pass  # what could be stopped can be continued, unless it has ended

    def _signal(self, snapshot, process, number):
        # Pids are used again: only this look, a moment ago, says that it is still the same process.
        if snapshot.still(process):
            try:
                self._send(process.pid, number)
            except OSError as error:
                if error.errno != errno.ESRCH:
                    raise


class FencedJob(object):
    """A job of `start_once` to cancel: its attempt, and who wants it. `finish(attempt)` writes down what became of
    one that nobody holds.
    """

    def __init__(self, attempt, mark, finish, see=processes.look, send=os.kill, clock=time.monotonic, pause=time.sleep):
        self._attempt = attempt
        self._mark = mark
        self._finish = finish
        self._see = see
        self._send = send
        self._clock = clock
        self._pause = pause

    def cancel(self, grace, only_look=False):
        """As `Job.cancel`. The request is written into the fence first, so that whoever keeps the job records it as
        cancelled.
        """
        try:
            return self._cancel(grace, only_look)
        except fence_layout.Damaged as error:
            raise CannotCancel("the job's fence is damaged: %s" % error)
        except OSError as error:
            if error.errno in (errno.EPERM, errno.EACCES):
                raise CannotCancel("this user may not end the job: become root, or the user who runs it")
            raise CannotCancel("%s. Look at the job, then cancel it again" % (error.strerror or error))

    def _cancel(self, grace, only_look):
        attempt = self._attempt
        state, job_id = attempt.state(), (attempt.start or {}).get("job_id")
        if state == fence_layout.ENDED:
            return self._ended()
        left = self._left(job_id)
        if state not in (fence_layout.RUNNING, fence_layout.STARTING) and not left:
            if not only_look:
                self._finish(attempt)
            return {"outcome": GONE, "why": "nobody holds the job's lock, and no process of it is there"}
        if only_look:
            return {"outcome": CANCELLED, "processes": len(left)}
        fence_layout.ask_cancel(attempt, self._mark["by"], self._mark.get("reason") or "")
        if not left and attempt.state() == fence_layout.RUNNING:
            self._wait(lambda: self._left(job_id) or attempt.state() != fence_layout.RUNNING, _OWN_END_SECONDS)
            if not self._left(job_id) and attempt.state() == fence_layout.RUNNING:
                raise CannotCancel("none of the job's processes can be seen: become root, or the user who runs it")
        how, count = self._stop(job_id, grace), len(left)
        self._wait(lambda: attempt.state() not in (fence_layout.RUNNING, fence_layout.STARTING), _KILL_SECONDS)
        self._finish(attempt)
        if attempt.state() != fence_layout.ENDED:
            raise CannotCancel("its processes are gone, but its end is not written down yet: settle it later")
        found = self._ended()
        if found.get("status") != "cancelled":
            return found
        return dict(found, outcome=CANCELLED, signal=how, processes=count, cancelled=dict(self._mark, signal=how))

    def _ended(self):
        end = self._attempt.end or {}
        return dict(
            ((key, end[key]) for key in ("status", "rc", "message") if end.get(key) is not None),
            outcome=ENDED,
            finished_at=end.get("ended_at"),
        )

    def _left(self, job_id):
        snapshot = self._see()
        return [
            (snapshot, snapshot.processes[pid])
            for pid in fence_layout.marked(job_id, snapshot.root)
            if pid in snapshot.processes and not snapshot.processes[pid].dead
        ]

    def _stop(self, job_id, grace):
        for name, number, seconds in (("TERM", signal.SIGTERM, grace), ("KILL", signal.SIGKILL, _KILL_SECONDS)):
            until, told, pause = self._clock() + seconds, set(), _PAUSE
            while True:
                left = self._left(job_id)
                if not left:
                    return name
                # The module first: it must not report the end of its command as a result of its own.
                for snapshot, process in sorted(left, key=lambda pair: pair[1].began):
                    if (process.pid, process.began) not in told and snapshot.still(process):
                        told.add((process.pid, process.began))
                        self._signal(process, number)
                if self._clock() >= until:
                    break
                self._pause(min(pause, until - self._clock()))
                pause = min(_LONGEST_PAUSE, pause * 1.5)
        raise CannotCancel(
            "these processes do not end, even by KILL: %s" % ", ".join(str(process.pid) for _snapshot, process in left)
        )

    def _signal(self, process, number):
        try:
            self._send(process.pid, number)
            if process.state in ("T", "t") and number != signal.SIGKILL:
                self._send(process.pid, signal.SIGCONT)
        except OSError as error:
            if error.errno != errno.ESRCH:
                raise

    def _wait(self, condition, seconds):
        until = self._clock() + seconds
        while not condition() and self._clock() < until:
            self._pause(_PAUSE)
