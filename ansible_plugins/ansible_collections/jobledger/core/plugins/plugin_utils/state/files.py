# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""State files in a directory of the controller: `<host>/<playbook name>/<job>.json`.

The same tree as the ingester's directory mirror. Safe from many processes at once: readers see the old file or the new
one.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import uuid

from . import paths
from . import record as state_record
from .record import Key, StateError

# A leading dot is escaped in every name, so no record can have such a path.
_TEMPORARY = ".tmp-"


class StateFiles:
    """The tree below `root`, which need not exist. Building it does no I/O."""

    # Whether what is put is merged with what is known of the job already.
    merges = False

    def __init__(self, root: str) -> None:
        self._root = root

    def place(self, key: Key) -> str:
        """Return the path of a key's file."""
        return os.path.join(self._root, *paths.record_path(key.host, key.play, key.job).split("/"))

    @contextlib.contextmanager
    def locked(self, key: Key):
        """Keep other processes of this machine from changing a key's file between a `get` and a `put`."""
        directory = os.path.dirname(self.place(key))
        with contextlib.suppress(OSError):  # what is wrong with the place, the reading and the writing say
            _make_directory(directory)
        with _held(directory):
            yield

    def get(self, key: Key) -> dict | None:
        """Return what the file of a key holds, see `state_record.split`, None when there is no file. Raises
        StateError for a damaged or unreadable one.
        """
        path = self.place(key)
        try:
            data = _read(path)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _failure("read", path, error) from None
        return state_record.parse(data, key, path)

    def put(self, key: Key, record: dict) -> None:
        """Write the record; when this returns it survives a loss of power. Raises StateError."""
        path = self.place(key)
        try:
            _make_directory(os.path.dirname(path))
            _write(path, state_record.dump(record))
        except OSError as error:
            raise _failure("write", path, error) from None

    def names(self, host: str | None = None):
        """Yield the relative path of each record, of one host where it is given. Raises StateError."""
        try:
            hosts = [paths.segment(host)] if host else sorted(os.listdir(self._root))
            for place in hosts:
                for play in _folders(os.path.join(self._root, place)):
                    for file in sorted(os.listdir(os.path.join(self._root, place, play))):
                        if file.endswith(".json") and not file.startswith("."):
                            yield "/".join((place, play, file))
        except FileNotFoundError:
            return
        except OSError as error:
            raise _failure("list", error.filename or self._root, error) from None

    def raw(self, name: str) -> bytes | None:
        """Return the bytes of a record by its relative path; None when it is gone. Raises StateError."""
        try:
            return _read(os.path.join(self._root, *name.split("/")))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _failure("read", os.path.join(self._root, name), error) from None

    def remove(self, name: str, data: bytes) -> bool:
        """Remove a record that still is `data`; return whether it went. Raises StateError."""
        path = os.path.join(self._root, *name.split("/"))
        try:
            with _held(os.path.dirname(path)):
                if _read(path) != data:
                    return False
                os.unlink(path)
            _sync(os.path.dirname(path))
            return True
        except FileNotFoundError:
            return True
        except OSError as error:
            raise _failure("remove", path, error) from None


@contextlib.contextmanager
def _held(directory: str):
    try:
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        yield
        return
    try:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _folders(path: str) -> list[str]:
    if not os.path.isdir(path):
        return []
    return sorted(name for name in os.listdir(path) if os.path.isdir(os.path.join(path, name)))


def _read(path: str) -> bytes:
    # Without O_NONBLOCK a pipe that somebody left there would block for ever.
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise StateError("the state file %s is not a file; remove what is there" % path)
        return file.read(state_record.MAX_BYTES + 1)


def _write(path: str, data: bytes) -> None:
    directory = os.path.dirname(path)
    temporary = os.path.join(directory, _TEMPORARY + str(uuid.uuid4()))
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        os.replace(temporary, path)
    except BaseException:
        try:
            os.unlink(temporary)
        except FileNotFoundError:
            pass
        raise
    _sync(directory)


def _make_directory(directory: str) -> None:
    # A new directory is only safe once its parent is synced too, up to the first that was there.
    if os.path.isdir(directory):
        return
    parent = os.path.dirname(directory)
    _make_directory(parent)
    try:
        os.mkdir(directory, 0o700)
    except FileExistsError:
        # Another host of the same play was quicker; if it is no directory, the write says so.
        pass
    _sync(parent)


def _sync(directory: str) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _failure(operation: str, path: str, error: OSError) -> StateError:
    return StateError(
        "cannot %s the state file %s on the controller: %s. See that the state directory is on a file system "
        "with room, and belongs to the user who runs ansible-playbook." % (operation, path, error.strerror)
    )
