# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""The fence directory of an execution host: its paths, its records, and how to read and free it.

docs/reference/fence.md is the contract. Runs on hosts and on controllers, Python 3.6 and later, standard library only.
Nothing in here starts a job: that is `fence_start`. A fence is one job key; an attempt is one execution of it.
All functions raise OSError when the file system fails, and Damaged for a record that cannot be read.
"""

import datetime
import errno
import fcntl
import hashlib
import json
import os
import re

DEFAULT_DIR = "/var/lib/jobledger/fence"
FORMAT = 1
# Every process of a job carries its id under this name, so that it is found without comparing process ids.
MARK = "JOBLEDGER_JOB"
EMPTY, STARTING, RUNNING, ENDED, LOST = "empty", "starting", "running", "ended", "lost"
STATUSES = ("succeeded", "failed", "timed_out", "cancelled", "lost")
_ATTEMPT = re.compile("[0-9]{6}$")


class Damaged(Exception):
    """A record of the fence that cannot be read: the text names the file and the reason."""


def now():
    """Return the host's time, RFC 3339 in UTC with microseconds."""
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def read_text(path):
    """Return the text of a small file, or "" where it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(1 << 16).strip()
    except OSError:
        return ""


def boot_id():
    """Return which life of the machine this is; "" where the system does not say."""
    return read_text("/proc/sys/kernel/random/boot_id")


def key_hash(machine, host, play, job):
    """Return the name of a fence's folder: it says nothing of the names, and differs between machines."""
    return hashlib.sha256("\0".join((machine, host, play, job)).encode("utf-8", "surrogatepass")).hexdigest()


def read_json(path):
    """Return the record in a file; None where there is no such file. Raises Damaged."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ENOENT:
            return None
        raise
    with os.fdopen(descriptor, encoding="utf-8") as file:
        try:
            found = json.loads(file.read())
        except ValueError as error:
            raise Damaged("%s cannot be read: %s" % (path, error))
    if not isinstance(found, dict):
        raise Damaged("%s holds no record" % path)
    return found


def write_json(path, record, mode=0o600):
    """Put a record in the place of a file: whole or not at all, and on disk when this returns."""
    write_file(path, (json.dumps(record) + "\n").encode("ascii"), mode)
    sync_dir(os.path.dirname(path))


def write_file(path, data, mode=0o600):
    """Put bytes in the place of a file and sync them; the folder is not synced."""
    temporary = "%s.%d.tmp" % (path, os.getpid())
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, mode)
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        os.rename(temporary, path)
    except OSError:
        remove(temporary)
        raise


def sync_dir(path):
    """Make the names in a folder durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove(path):
    """Remove a file; one that is not there is removed."""
    try:
        os.unlink(path)
    except OSError as error:
        if error.errno != errno.ENOENT:
            raise


def open_lock(path, mode=0o600, create=True):
    """Return the descriptor of a lock file, not inherited by programs. Nothing is locked yet."""
    try:
        # Reading is enough to lock, so that who may only read a fence can still see whether its job lives.
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        if error.errno != errno.ENOENT or not create:
            raise
    descriptor = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    if os.fstat(descriptor).st_uid == os.geteuid():
        os.fchmod(descriptor, mode)
    return descriptor


def try_lock(descriptor, shared=False):
    """Return whether the lock was got. Nobody waits for a lock in here."""
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        return True
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            return False
        raise


def marked(job_id, proc="/proc"):
    """Return the ids of processes that carry the job's mark, as far as this user may see them. Linux only; else []."""
    wanted = ("%s=%s" % (MARK, job_id)).encode("utf-8")
    found = []
    for name in _listed(proc):
        if name.isdigit():
            try:
                with open("%s/%s/environ" % (proc, name), "rb") as file:
                    if wanted in file.read().split(b"\0"):
                        found.append(int(name))
            except OSError:  # gone meanwhile, or another user's
                continue
    return sorted(found)


class Fence(object):
    """One job key in a fence directory. `path` need not be there yet."""

    def __init__(self, path):
        self.path = path

    @property
    def names(self):
        """The key in words: host, play, job. None before the first start. Raises Damaged."""
        return read_json(os.path.join(self.path, "key.json"))

    @property
    def lock_path(self):
        """The lock that is held while it is decided whether to start."""
        return os.path.join(self.path, "lock")

    def attempts(self):
        """Return all attempts, the oldest first."""
        return [Attempt(os.path.join(self.path, name)) for name in sorted(_listed(self.path)) if _ATTEMPT.match(name)]

    def attempt(self, number):
        """Return the attempt with this number, 1, 2, 3 …; it need not be there."""
        return Attempt(os.path.join(self.path, "%06d" % number))

    def latest(self):
        """Return the newest attempt, or None."""
        found = self.attempts()
        return found[-1] if found else None


class Attempt(object):
    """One execution: the folder of one number below a fence."""

    def __init__(self, path):
        self.path = path

    @property
    def number(self):
        """Its number, 1, 2, 3 …"""
        return int(os.path.basename(self.path))

    def file(self, *parts):
        """Return the path of one of its files."""
        return os.path.join(self.path, *parts)

    @property
    def start(self):
        """The record of its start: job_id, generation, digest, started_at, boot_id, by … None before it was begun.
        Raises Damaged.
        """
        return read_json(self.file("start.json"))

    @property
    def processes(self):
        """What is known of its processes, to look for them; never a proof. {} where nothing is known."""
        return read_json(self.file("process.json")) or {}

    @property
    def end(self):
        """How it ended: status, ended_at, rc, message, by. None while it has not. Raises Damaged."""
        return read_json(self.file("ended", "end.json")) if self.has_ended() else None

    @property
    def cancelled(self):
        """The request to cancel it: by, reason, at; or None. Raises Damaged."""
        return read_json(self.file("cancel.json"))

    @property
    def freed(self):
        """The act that freed it: by, reason, at; or None. Raises Damaged."""
        return read_json(self.file("freed.json"))

    def has_ended(self):
        """Return whether its end is recorded. The link is the one thing that is switched."""
        try:
            return os.readlink(self.file("now")) == "ended"
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.EINVAL):
                return False
            raise

    def was_marked(self):
        """Return whether the point of no return was passed: the payload may have run."""
        return os.path.lexists(self.file("exec"))

    def is_held(self):
        """Return whether a process holds the lock: it is being started, or it lives."""
        try:
            descriptor = open_lock(self.file("lock"), create=False)
        except OSError as error:
            if error.errno == errno.ENOENT:
                return False
            raise
        try:
            # Shared: two who look must not take each other for the job.
            return not try_lock(descriptor, shared=True)
        finally:
            os.close(descriptor)

    def state(self):
        """Return EMPTY, STARTING, RUNNING, ENDED or LOST. LOST is seen here, not written down."""
        if self.has_ended():
            return ENDED
        held, marked_before = self.is_held(), self.was_marked()
        if held:
            return RUNNING if marked_before else STARTING
        # It may have been marked, or have ended, between the two looks; who holds nothing can do neither any more.
        if self.has_ended():
            return ENDED
        return LOST if self.was_marked() else EMPTY

    def results_file(self, view=None):
        """Return the path that async_status reads. `view` is None for who started it, "attached" or "already"."""
        parts = ["now"] + ([view] if view else []) + [self.start["job_id"]]
        return self.file(*parts)

    def result(self):
        """Return the module's result with the job's id; None while it runs, or where the result was removed. Raises
        Damaged.
        """
        if not self.has_ended():
            return None
        job_id = self.start["job_id"]
        found = read_json(self.file("ended", job_id))
        return found if found is not None else read_json(self.file("ended", "already", job_id))

    def output(self, stream, offset=0, most=1 << 20):
        """Return bytes of "stdout" or "stderr" from an offset; None where no output is kept."""
        try:
            with open(self.file(stream), "rb") as file:
                file.seek(offset)
                return file.read(most)
        except OSError as error:
            if error.errno == errno.ENOENT:
                return None
            raise


def fences(directory):
    """Return every fence in a fence directory."""
    keys = os.path.join(directory, "keys")
    return [Fence(os.path.join(keys, name)) for name in sorted(_listed(keys)) if re.match("[0-9a-f]{64}$", name)]


def find(directory, job_id):
    """Return the attempt whose job has this id, or None. Records that cannot be read are passed over."""
    for fence in fences(directory):
        for attempt in fence.attempts():
            try:
                start = attempt.start
            except Damaged:
                continue
            if start and start.get("job_id") == job_id:
                return attempt
    return None


def of_results_file(path):
    """Return the attempt that a results file (its path in the ledger) belongs to; None when it is not below a fence."""
    found = re.match(r"(.*/keys/[0-9a-f]{64}/[0-9]{6})/(?:now|running|ended)/", path or "")
    return Attempt(found.group(1)) if found else None


def ask_cancel(attempt, by, reason):
    """Write down that the job is to be cancelled, before its processes are killed: its end then says `cancelled`."""
    write_json(attempt.file("cancel.json"), {"by": by, "reason": reason, "at": now()}, file_mode(attempt.path))


def free(attempt, by, reason):
    """Let another start of the same generation happen, whatever became of this one. Returns False where it is still
    held.

    The fence's promise ends here for this attempt; the reason stays written beside it.
    """
    descriptor = open_lock(attempt.file("lock"), file_mode(attempt.path))
    try:
        if not try_lock(descriptor):
            return False
        write_json(attempt.file("freed.json"), {"by": by, "reason": reason, "at": now()}, file_mode(attempt.path))
        return True
    finally:
        os.close(descriptor)


def dir_mode(shared_as):
    """Return the mode of a new folder: open to those to whom `shared_as` is open for writing. Never sticky."""
    found = os.stat(shared_as).st_mode
    mode = 0o700
    if found & 0o020:
        mode |= 0o070 | (found & 0o2000)
    if found & 0o002:
        mode |= 0o007
    return mode


def file_mode(shared_as):
    """Return the mode of a new file, likewise."""
    return dir_mode(shared_as) & 0o666


def make_dir(path, shared_as):
    """Make one folder with the mode that belongs to it; one that is there is left as it is."""
    try:
        os.mkdir(path, 0o700)
    except OSError as error:
        if error.errno == errno.EEXIST:
            return
        raise
    os.chmod(path, dir_mode(shared_as))


def _listed(path):
    try:
        return os.listdir(path)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            return []
        raise
