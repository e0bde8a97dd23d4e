# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""The results files of async jobs: read, told apart, listed, and marked as cancelled. Runs on managed hosts.

Python 3.6 and later. Nothing of a job's output leaves this file but its return code, and texts that Ansible itself
writes.
"""

import errno
import json
import os
import re
import stat
import uuid
from datetime import datetime, timezone

# The key that cancel puts into a results file. Every reader takes a result that has it for cancelled.
CANCELLED = "jobledger_cancelled"
# The name of a results file: what Ansible's wrapper makes of a random number and its pid.
JOB_ID = re.compile(r"j\d{1,15}\.\d{1,10}$")
MAX_BYTES = 256 << 20
_PLACEHOLDER = frozenset(("started", "finished", "ansible_job_id"))
# Texts that Ansible writes; a module's own message might be a secret.
_OWN_TEXTS = (
    "could not find job",
    "Timeout exceeded",
    "non-zero return code",
    "The command exited with a non-zero return code.",
)
_PROGRAM = re.compile(r"[A-Za-z0-9_.+-]{1,64}$")

RUNNING, ENDED, ABSENT, DAMAGED, HIDDEN = "running", "ended", "absent", "damaged", "hidden"


class Results(object):
    """What a results file says: `kind` is RUNNING, ENDED, ABSENT, DAMAGED or HIDDEN, `why` tells the last two.

    `end` holds status, rc, changed, message and cancelled of an ended job; `changed_at` and `owner` are the file's;
    `data` is all of it.
    """

    def __init__(self, kind, why=None, end=None, changed_at=None, owner=None, data=None):
        self.kind = kind
        self.why = why
        self.end = end
        self.changed_at = changed_at
        self.owner = owner
        self.data = data


def read(path):
    """Return the Results at `path`. Never raises for what is found there; a link is followed, as async_status does."""
    try:
        # Without O_NONBLOCK a pipe that somebody left there would block for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            return Results(ABSENT)
        return Results(HIDDEN, "%s cannot be read (%s)" % (path, error.strerror))
    try:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            return Results(DAMAGED, "%s is not a file" % path, None, about.st_mtime, about.st_uid)
        if about.st_size > MAX_BYTES:
            return Results(HIDDEN, "%s is larger than %d bytes" % (path, MAX_BYTES), None, about.st_mtime, about.st_uid)
        with os.fdopen(os.dup(descriptor), "rb") as file:
            text = file.read()
    except OSError as error:
        return Results(HIDDEN, "%s cannot be read (%s)" % (path, error.strerror))
    finally:
        os.close(descriptor)
    return told(text, path, about.st_mtime, about.st_uid)


def told(text, path="the results file", changed_at=None, owner=None):
    """Return the Results in a file's bytes."""
    if not text.strip():
        return Results(DAMAGED, "%s is empty" % path, None, changed_at, owner)
    try:
        data = json.loads(text.decode("utf-8", "surrogateescape"))
    except (ValueError, RecursionError):
        return Results(DAMAGED, "%s holds no JSON" % path, None, changed_at, owner)
    if not isinstance(data, dict):
        return Results(DAMAGED, "%s holds no object" % path, None, changed_at, owner)
    # A module may return `started` itself; async_status would then say for ever that the job runs.
    if "started" in data and not data.get("finished") and _PLACEHOLDER.issuperset(data):
        return Results(RUNNING, None, None, changed_at, owner, data)
    return Results(ENDED, None, _end(data), changed_at, owner, data)


def listing(directory, most):
    """Return the ids that have a results file in a directory, the newest first, at most so many, and how many were left
    off.

    Raises OSError where the directory cannot be read; one that is not there holds none.
    """
    try:
        names = [name for name in os.listdir(directory) if JOB_ID.match(name)]
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            return [], 0
        raise
    found = []
    for name in names:
        try:
            found.append((os.lstat(os.path.join(directory, name)).st_mtime, name))
        except OSError:
            pass  # removed meanwhile
    found.sort(reverse=True)
    return [name for _at, name in found[:most]], max(0, len(found) - most)


def program(data):
    """Return the base name of the command that a result is of; None where that is not plain to see."""
    words = data.get("cmd")
    first = (
        words[0]
        if isinstance(words, list) and words
        else words.split(None, 1)[0]
        if isinstance(words, str) and words.strip()
        else None
    )
    name = os.path.basename(first) if isinstance(first, str) else ""
    return name if _PROGRAM.match(name) else None


def mark_cancelled(path, job_id, mark, placeholder=True):
    """Write the results file of a job that was cancelled: async_status reads a failed job, every reader of ours a
    cancelled one.

    The file keeps its owner; a reader sees the old file or the new one. `placeholder` says that only a file without an
    end is replaced. Returns whether it was written. Raises OSError.
    """
    place = os.path.realpath(path)
    before = read(place)
    if placeholder and before.kind == ENDED:
        return False
    text = "cancelled by %s" % mark["by"] + (": %s" % mark["reason"] if mark.get("reason") else "")
    data = {"ansible_job_id": job_id, "failed": True, "changed": True, "msg": text, CANCELLED: mark}
    temporary = os.path.join(os.path.dirname(place), ".%s.%s" % (os.path.basename(place), uuid.uuid4()))
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            _keep_owner(descriptor, place)
            file.write(json.dumps(data).encode("ascii"))
            file.flush()
            os.fsync(descriptor)
        os.rename(temporary, place)
    except BaseException:
        os.unlink(temporary)
        raise
    return True


def moment(seconds):
    """Return a time in seconds since 1970 as RFC 3339 in UTC with microseconds; None for None."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _keep_owner(descriptor, path):
    try:
        about = os.stat(path)
    except OSError:
        return  # there is none: it belongs to who writes it
    if (about.st_uid, about.st_gid) != (os.geteuid(), os.getegid()):
        os.fchown(descriptor, about.st_uid, about.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(about.st_mode))


def _end(data):
    code = data.get("rc")
    code = int(code) if isinstance(code, int) and not isinstance(code, bool) and abs(code) < 2**53 else None
    said = data.get("msg") if isinstance(data.get("msg"), str) else ""
    mark = data.get(CANCELLED)
    if isinstance(mark, dict):
        status = "cancelled"
    elif said == "Timeout exceeded" and code is None:
        status = "timed_out"
    else:
        # As Ansible decides where nobody says otherwise.
        failed = data["failed"] if "failed" in data else code not in (None, 0)
        status = "failed" if failed else "succeeded"
    end = {"status": status}
    if code is not None:
        end["rc"] = code
    if isinstance(data.get("changed"), bool):
        end["changed"] = data["changed"]
    if status == "cancelled":
        end["cancelled"] = dict(
            (key, str(mark[key])[:1000]) for key in ("by", "reason", "at", "signal") if mark.get(key)
        )
        end["message"] = said[:1000]
    elif status != "succeeded" and said.startswith(_OWN_TEXTS):
        end["message"] = said[:1000]
    return end
