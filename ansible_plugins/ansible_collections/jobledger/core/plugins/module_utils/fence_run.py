# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""The processes that keep one job: guardian, keeper, payload. Runs on hosts, Python 3.6 and later, standard library
only.

All are forked with the attempt's lock open, so that the lock is held as long as one of them lives. The keeper marks the
attempt, runs the payload and records its end. When the keeper is killed, the guardian goes on in its place.
"""

import errno
import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

from ansible_collections.jobledger.core.plugins.module_utils import fence_layout as layout
from ansible_collections.jobledger.core.plugins.module_utils import fence_output, job_files

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE, errno.ENOMEM)
_RESERVE = 1 << 16
_QUIET = 2.0  # seconds to wait for more output once the payload has exited and something else holds its pipe


def step(_name):
    """Called at every step of a start; tests put a kill in its place."""


class Work(object):
    """What is to be run: `command` (list), `limit` in seconds, `tmpdir` to remove at the end or None."""

    def __init__(self, attempt, start, command, limit, tmpdir):
        self.attempt = attempt
        self.start = start
        self.command = command
        self.limit = limit
        self.tmpdir = tmpdir
        self.began = time.monotonic()


class _Output(object):
    """What the payload prints, kept in memory files, so that neither a killed keeper nor a full disk takes it.

    The payload holds the writing end of a pipe as well: its end tells a guardian, who is not its parent, that the
    payload has ended.
    """

    def __init__(self, attempt):
        self.out, self.err = _memory_file(attempt), _memory_file(attempt)
        self.ending, self.alive = os.pipe()
        self.over = False

    def wait(self, seconds):
        """Wait at most so long for the payload's end; return whether it came."""
        if not self.over and select.select([self.ending], [], [], max(0.0, seconds))[0]:
            self.over = os.read(self.ending, 1) == b""
        return self.over

    def text(self):
        return tuple(_whole(descriptor).decode("utf-8", "surrogateescape") for descriptor in (self.out, self.err))


def _memory_file(attempt):
    if hasattr(os, "memfd_create"):
        return os.memfd_create("jobledger", os.MFD_CLOEXEC)
    file = tempfile.TemporaryFile(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else attempt.path)
    try:
        return fcntl.fcntl(file.fileno(), fcntl.F_DUPFD_CLOEXEC, 3)
    finally:
        file.close()


def _whole(descriptor):
    found, size = [], os.fstat(descriptor).st_size
    while sum(len(part) for part in found) < size:
        part = os.pread(descriptor, 1 << 20, sum(len(part) for part in found))
        if not part:
            break
        found.append(part)
    return b"".join(found)


def spawn(work, held, unwanted):
    """Fork the guardian and return the reading end of a pipe: "M" comes when the attempt is marked, text when it could
    not be.

    `held` is the attempt's lock, `unwanted` what the new processes must not keep open. The caller must not unlock.
    """
    reading, telling = os.pipe()
    step("before_fork")
    if os.fork():
        os.close(telling)
        return reading
    try:
        os.setsid()
        os.close(reading)
        for descriptor in unwanted:
            os.close(descriptor)
        _silence()
        os.umask(0o022)
        step("guardian")
        _guard(work, held, telling)
    finally:
        os._exit(0)


def _silence():
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)


def _guard(work, held, telling):
    # The kernel sends it to a stopped keeper whose guardian dies: its process group is an orphan then.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    output = _Output(work.attempt)
    keeper = os.fork()
    if not keeper:
        try:
            _keep(work, held, telling, output)
        finally:
            os._exit(0)
    os.close(telling)
    os.close(output.alive)
    _wait(keeper)
    if work.attempt.was_marked() and not work.attempt.has_ended():
        # Its keeper is gone, but not what the payload prints: the job goes on, and its result is still to come.
        step("guardian_takes_over")
        timed_out = _follow(work, output, None)
        payload = work.attempt.processes.get("payload")
        if timed_out and payload in layout.marked(work.start["job_id"]):
            _kill_group(payload)
        end(work, output.text(), None, timed_out, "guardian")
    _leave(work)


def _keep(work, held, telling, output):
    attempt = work.attempt
    os.setpgid(0, 0)
    try:
        mode = layout.file_mode(attempt.path)
        layout.write_json(
            attempt.file("process.json"),
            {"guardian": os.getppid(), "keeper": os.getpid(), "boot_id": layout.boot_id()},
            mode,
        )
        reserve(attempt)
        step("before_mark")
        layout.write_json(attempt.file("exec"), {"at": layout.now(), "boot_id": layout.boot_id()}, mode)
    except Exception as error:  # nothing has run: say so, and let the lock go
        _tell(telling, ("F%s" % error).encode("utf-8", "replace"))
        return
    step("marked")
    _tell(telling, b"M")
    os.close(telling)
    step("told")
    payload, failure = _run(work, held, output)
    os.close(output.alive)
    if payload is None:
        end(work, None, None, False, "keeper", failure)
        _leave(work)
        return
    step("payload_runs")
    try:
        layout.write_json(
            attempt.file("process.json"),
            {"guardian": os.getppid(), "keeper": os.getpid(), "payload": payload.pid, "boot_id": layout.boot_id()},
            mode,
        )
    except OSError:
        pass  # only for those who look; a full disk must not end the job
    timed_out = _follow(work, output, payload)
    if timed_out:
        _kill_group(payload.pid)
    elif not _exits(work, payload):
        timed_out = True
        _kill_group(payload.pid)
    code = payload.wait()
    step("payload_ended")
    end(work, output.text(), code, timed_out, "keeper")
    _leave(work)


def _run(work, held, output):
    environment = dict(os.environ, **{layout.MARK: work.start["job_id"], "JOBLEDGER_ATTEMPT": work.attempt.path})
    environment.update(fence_output.environment(work.attempt, work.start, sys.executable))
    try:
        return subprocess.Popen(
            work.command,
            stdin=subprocess.DEVNULL,
            stdout=output.out,
            stderr=output.err,
            env=environment,
            pass_fds=(held, output.alive),
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
        ), None
    except OSError as error:
        return None, {"failed": True, "cmd": " ".join(work.command), "msg": str(error)}


def _follow(work, output, payload):
    """Wait until the payload has ended; return True when its time was over before."""
    gone = None
    while not output.wait(min(1.0, max(0.0, work.limit - (time.monotonic() - work.began)))):
        if time.monotonic() - work.began >= work.limit:
            return True
        if payload is not None and payload.poll() is not None:
            # Something that it started has inherited the pipe: that does not keep the module's result waiting.
            gone = gone or time.monotonic()
            if time.monotonic() - gone >= _QUIET:
                return False
    return False


def _exits(work, payload):
    """Wait for a payload that has closed its pipes; return False when its time is over before."""
    try:
        payload.wait(max(0.0, work.limit - (time.monotonic() - work.began)))
        return True
    except subprocess.TimeoutExpired:
        return False


def end(work, text, code, timed_out, by, result=None):
    """Record the end, whatever it takes: a full disk is waited for."""
    attempt, found = work.attempt, None
    if timed_out:
        status, found = "timed_out", {"failed": True, "msg": "Timeout exceeded"}
    elif result is not None:
        status, found = "failed", result
    else:
        found = module_result(text, work.command)
        if work.start.get("output") == "keep":
            found = fence_output.result(attempt, found)
        status = "failed" if failed(found) else "succeeded"
        if not text[0].strip():
            status = "lost" if code is None else "failed"
            found = {"failed": True, "msg": _silent(code), "stderr": text[1]}
    pause = 0.1
    while True:
        try:
            record(attempt, work.start, status, found, by, result=bool(text and text[0].strip()) and not timed_out)
            return
        except OSError as error:
            if error.errno not in _NO_ROOM:
                return  # the fence was removed under the job: there is nobody to tell
        _give_back(attempt)
        time.sleep(pause)
        pause = min(30.0, pause * 2)


def record(attempt, start, status, found, by, result):
    """Write the result and the end, then switch to them in one step. The caller holds the lock."""
    cancelled = attempt.cancelled
    if cancelled and not result:
        status, found = (
            "cancelled",
            {
                "failed": True,
                "msg": "cancelled by %s: %s" % (cancelled.get("by"), cancelled.get("reason")),
                job_files.CANCELLED: cancelled,
            },
        )
    mode = layout.file_mode(attempt.path)
    message = found.get("msg") if status != "succeeded" and not (start.get("no_log") and result) else None
    ending = {
        "status": status,
        "ended_at": layout.now(),
        "rc": found.get("rc") if isinstance(found.get("rc"), int) else None,
        "message": message[:1000] if isinstance(message, str) else None,
        "by": by,
        "result": result,
    }
    for folder in ("ended", "ended/attached", "ended/already"):
        layout.make_dir(attempt.file(folder), attempt.path)
    for folder, decision in (
        ("ended", "started"),
        ("ended/attached", "attached"),
        ("ended/already", "already_succeeded"),
    ):
        whole = dict(found, **view(attempt, start, decision, ending))
        if decision == "already_succeeded":
            whole["changed"] = False
        layout.write_file(attempt.file(folder, start["job_id"]), json.dumps(whole).encode("ascii"), mode)
        layout.sync_dir(attempt.file(folder))
    layout.write_json(attempt.file("ended", "end.json"), ending, mode)
    step("before_switch")
    switch(attempt, "ended")
    step("switched")
    _give_back(attempt)


def switch(attempt, target):
    """Make `now` point to a folder, in one step, and durable."""
    layout.remove(attempt.file("next"))
    os.symlink(target, attempt.file("next"))
    os.rename(attempt.file("next"), attempt.file("now"))
    layout.sync_dir(attempt.path)


def view(attempt, start, decision, ending=None):
    """Return what a results file says besides the module's result: whose job it is, and how it ended."""
    by = start.get("by") or {}
    fence = {
        "attempt": attempt.path,
        "ansible_job_id": start["job_id"],
        "results_file": attempt.file("now", start["job_id"]),
        "generation": start.get("generation"),
        "started_at": start.get("started_at"),
        "async": start.get("async"),
        "controller": by.get("controller"),
        "user": by.get("user"),
        "run_id": by.get("run_id"),
        "run_name": by.get("run_name"),
    }
    if ending:
        fence.update(status=ending["status"], ended_at=ending["ended_at"])
    return {
        "started": True,
        "finished": bool(ending),
        "ansible_job_id": start["job_id"],
        "results_file": fence["results_file"],
        "decision": decision,
        "fence": fence,
    }


def module_result(text, command):
    """Return what a module printed, as Ansible's own wrapper understands it."""
    out, err = text
    try:
        lines = out.splitlines()
        first = next(index for index, line in enumerate(lines) if line.strip().startswith("{"))
        last = max(index for index, line in enumerate(lines) if line.strip().endswith("}"))
        found = json.loads("\n".join(lines[first : last + 1]))
        if not isinstance(found, dict):
            raise ValueError("the module printed no object")
    except (ValueError, StopIteration):
        return {"failed": True, "cmd": " ".join(command), "data": out, "stderr": err, "msg": traceback.format_exc()}
    junk = [line for line in lines[last + 1 :] if line.strip()]
    if junk:
        warnings = found.get("warnings") or []
        found["warnings"] = (warnings if isinstance(warnings, list) else [warnings]) + [
            "Module invocation had junk after the JSON data: %s" % "\n".join(junk)
        ]
    if err:
        found["stderr"] = err
    return found


def failed(found):
    """Return whether Ansible takes this result for a failure."""
    if "failed" in found:
        return bool(found["failed"])
    return str(found.get("rc", 0)) != "0"


def reserve(attempt):
    """Keep room for the end of the job, so that a disk that fills meanwhile does not take it."""
    descriptor = os.open(attempt.file("reserve"), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.posix_fallocate(descriptor, 0, _RESERVE)
    except OSError as error:
        if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL):
            raise
    finally:
        os.close(descriptor)


def _give_back(attempt):
    try:
        layout.remove(attempt.file("reserve"))
    except OSError:
        pass


def _silent(code):
    if code is None:
        return "the job's processes are gone, and no result came from its module"
    if code < 0:
        return "the module was ended by signal %d and gave no result" % -code
    return "the module ended with code %d and gave no result" % code


def _leave(work):
    if work.tmpdir:
        shutil.rmtree(work.tmpdir, True)


def _tell(descriptor, what):
    try:
        os.write(descriptor, what)
    except OSError:
        pass  # whoever started it is gone; the job is not


def _wait(child):
    while True:
        try:
            return os.waitpid(child, 0)
        except InterruptedError:
            continue


def _kill_group(leader):
    try:
        os.killpg(leader, signal.SIGKILL)
    except (OSError, TypeError):
        pass
