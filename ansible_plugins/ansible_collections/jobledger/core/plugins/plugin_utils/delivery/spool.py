# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""The spool's directory and its files, one a run: who may write one, who may drain one, and what survives.

A file is locked with a POSIX record lock for as long as its run lives. Such a lock belongs to one process: forked
workers do not inherit it (as they would with flock), and the kernel drops it when the process dies, however it dies.
Its price: the process must never open and close a file that it holds a second time. `_held` sees to that.

Not thread-safe; Ansible calls callbacks one at a time.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import stat
import time

from . import owner, spool_format

_NAME = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.spool")
_NEW = re.compile(r"\.[0-9a-f-]{36}\.new")
_NOTE = re.compile(r"([0-9a-f-]{36})\.[0-9a-f-]{36}\.launch")
_STALE_SECONDS = 3600
_FLAGS = os.O_NOFOLLOW | os.O_CLOEXEC
_sync_data = getattr(os, "fdatasync", os.fsync)
_held: dict[tuple[int, int], int] = {}  # (device, inode) of what this process has locked, and the process's id


class SpoolError(OSError):
    """The directory cannot be used for a spool; the text says why."""


class SpoolFile:
    """One spool, open and locked by this process. `end` is its size, `position` where the first unsettled event is.

    `head` is what its head said when it was opened, None where that is damaged; `seq` the highest number of an event
    that is settled or was never in the file, `over` whether the last settled one was the run's goodbye.

    Every method but `close` raises OSError. After one in `append`, the file is as it was before.
    """

    def __init__(self, fd: int, path: str, key: tuple[int, int]) -> None:
        self.path = path
        self._fd = fd
        self._key = key
        self._directory_synced = False
        self.end = os.fstat(fd).st_size
        self.head, self._first = spool_format.head_of(os.pread(fd, spool_format.HEADER_SIZE, 0), self.end)
        self.position = self.head.position if self.head else min(self._first, self.end)
        self.seq = self.head.seq if self.head else 0
        self.over = bool(self.head) and self.head.over

    @property
    def dead_path(self) -> str:
        """Where the events go that the ingester refuses, with the reason, and what is damaged."""
        return self.path[: -len(".spool")] + ".dead"

    def append(self, line: bytes) -> int:
        """Write one event at the end and return its offset. It is in the kernel's hands then, not yet on disk."""
        data = spool_format.record(line)
        try:
            _write(self._fd, data, self.end)
        except OSError:
            # The next record is written over what is torn; cut off, it cannot be taken for anything after a crash
            # either.
            _quietly(os.ftruncate, self._fd, self.end)
            raise
        start, self.end = self.end, self.end + len(data)
        return start

    def sync(self) -> None:
        """Wait until all events, and once the file's name, are on disk."""
        _sync_data(self._fd)
        if not self._directory_synced:
            _sync_directory(os.path.dirname(self.path))
            self._directory_synced = True

    def settle(self, position: int) -> None:
        """Write down that all events before `position` need not be sent again, and `seq` and `over`. Not synced: to
        send twice is harmless.
        """
        self.position = position
        # A head that was damaged, or is of an earlier version, is left as it is.
        if self.head is not None and self._first == spool_format.HEADER_SIZE:
            self.head = self.head._replace(position=position, seq=self.seq, over=self.over)
            _write(self._fd, spool_format.header(self.head), 0)

    def note(self, seq: int) -> None:
        """An event with this number went on its way without this file. Never raises: the file is what matters less
        then.
        """
        self.seq = max(self.seq, seq)
        _quietly(self.settle, self.position)

    def cut(self, end: int) -> None:
        """Give up what is behind `end`: a record that was not wholly written. Then another one can follow."""
        if end < self.end:
            if end < self.position:
                self.settle(end)
            os.ftruncate(self._fd, end)
            self.end = end

    def restart(self) -> None:
        """Give the disk space back. All events must be settled."""
        # In this order: dying in between leaves a file whose events are sent once more.
        self.settle(self._first)
        os.ftruncate(self._fd, self._first)
        self.end = self._first

    def read(self, start: int) -> tuple[list, int]:
        """Return the pieces of about one chunk from `start`, and where to read on."""
        return spool_format.read(self._fd, start, self.end)

    def read_raw(self, start: int, end: int) -> bytes:
        """Return damaged bytes as they stand, at most 64 KiB of them."""
        return os.pread(self._fd, min(end - start, 1 << 16), start)

    def set_aside(self, content: bytes, reason: str) -> None:
        """Append an event, or damaged bytes, to the dead-letter file: one JSON object a line."""
        entry = {"at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "reason": reason}
        try:
            entry["event"] = json.loads(content)
        except (ValueError, RecursionError):
            entry["bytes"] = content.decode("latin-1")
        fd = os.open(self.dead_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | _FLAGS, 0o600)
        try:
            os.write(fd, json.dumps(entry).encode("ascii") + b"\n")
            _sync_data(fd)
        finally:
            os.close(fd)

    def postpone(self) -> None:
        """Let the other spools have their turn first the next time."""
        os.utime(self._fd)

    def remove(self) -> None:
        """Delete the file, while it is locked: whoever waits for it sees that it is gone."""
        os.unlink(self.path)
        self.close()

    def close(self) -> None:
        """Leave the file to others. Does nothing in a forked process: the file is not its own."""
        if self._fd >= 0 and _held.get(self._key) == os.getpid():
            del _held[self._key]
            os.close(self._fd)
            self._fd = -1


def create(directory: str, run_id: str) -> SpoolFile:
    """Return a new, locked spool for a run; the directory is made where it is missing. Raises OSError."""
    prepare(directory)
    path = os.path.join(directory, run_id + ".spool")
    # Born under a name that nobody drains: between its birth and its lock it would look like a dead run's.
    newborn = os.path.join(directory, ".%s.new" % run_id)
    fd = os.open(newborn, os.O_RDWR | os.O_CREAT | os.O_EXCL | _FLAGS, 0o600)
    key = None
    try:
        key = _lock(fd)
        if key is None:
            raise SpoolError(errno.EAGAIN, "another process holds the new spool")
        _write(fd, spool_format.header(spool_format.Head(run_id, owner.mine(), spool_format.HEADER_SIZE)), 0)
        os.rename(newborn, path)
        return SpoolFile(fd, path, key)
    except BaseException:
        _held.pop(key, None)
        _quietly(os.unlink, newborn)
        os.close(fd)
        raise


def take(path: str) -> SpoolFile | None:
    """Return a dead run's spool, locked; None when its run lives, another process drains it, or it is gone. Raises
    OSError.
    """
    try:
        info = os.lstat(path)
        if not stat.S_ISREG(info.st_mode) or info.st_uid != os.geteuid():
            raise SpoolError(errno.EPERM, "it is not a file of this user")
        if _held.get((info.st_dev, info.st_ino)) == os.getpid():
            return None
        fd = os.open(path, os.O_RDWR | _FLAGS)
    except FileNotFoundError:
        return None
    key = None
    try:
        key = _lock(fd)
        # Who had it before may have delivered everything and removed it, between the open and the lock.
        if key is not None and os.fstat(fd).st_nlink > 0:
            return SpoolFile(fd, path, key)
    except BaseException:
        _drop(fd, key)
        raise
    _drop(fd, key)
    return None


def waiting(directory: str) -> list[str]:
    """Return the paths of all spools, live ones as well, the longest untouched first. Empty when there is no
    directory.
    """
    found = []
    try:
        with os.scandir(directory) as entries:
            for entry in entries:
                try:
                    if _NAME.fullmatch(entry.name):
                        found.append((entry.stat(follow_symlinks=False).st_mtime, entry.path))
                    elif _is_litter(entry, directory):
                        _quietly(os.unlink, entry.path)
                except FileNotFoundError:
                    continue
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [path for _when, path in sorted(found)]


def _is_litter(entry, directory: str) -> bool:
    """Whether its process died within the first microseconds, so it holds nothing; or it is a note of a launch that a
    worker left when the run had been delivered already.
    """
    note = _NOTE.fullmatch(entry.name)
    if note is None and not _NEW.fullmatch(entry.name):
        return False
    old = time.time() - entry.stat(follow_symlinks=False).st_mtime > _STALE_SECONDS
    return old and (note is None or not os.path.exists(os.path.join(directory, note[1] + ".spool")))


def prepare(directory: str) -> None:
    """Make the directory, for its owner alone. Raises OSError when that fails or when it is not safe to use."""
    os.makedirs(directory, mode=0o700, exist_ok=True)
    info = os.stat(directory)
    if info.st_uid != os.geteuid():
        raise SpoolError(errno.EPERM, "the directory belongs to another user")
    if info.st_mode & 0o022:
        raise SpoolError(errno.EPERM, "others may write to the directory; it must be 0700")


def _lock(fd: int) -> tuple[int, int] | None:
    try:
        fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EAGAIN):
            return None
        raise
    info = os.fstat(fd)
    _held[info.st_dev, info.st_ino] = os.getpid()
    return info.st_dev, info.st_ino


def _drop(fd: int, key) -> None:
    _held.pop(key, None)
    os.close(fd)


def _write(fd: int, data: bytes, at: int) -> None:
    done = 0
    while done < len(data):
        written = os.pwrite(fd, data[done:], at + done)
        if written <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        done += written


def _sync_directory(path: str) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _quietly(call, *arguments) -> None:
    try:
        call(*arguments)
    except OSError:
        pass  # the caller is about to report, or has given up, what matters
