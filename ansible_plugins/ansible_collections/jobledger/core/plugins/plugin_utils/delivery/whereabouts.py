# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Where spools may be, whether there are any, and whether a resident delivers them. Small, because each run asks at its
start. Safe on any thread.
"""

from __future__ import annotations

import errno
import fcntl
import os
import time

_LOCK = ".deliverer"
_SHARED, _ALONE = fcntl.LOCK_SH | fcntl.LOCK_NB, fcntl.LOCK_EX | fcntl.LOCK_NB
_FLAGS = os.O_NOFOLLOW | os.O_CLOEXEC


def spool_dir(value: str | None, environment=None) -> str | None:
    """Return the spool's directory as an absolute path: by default below the XDG state home; None when it is set to
    nothing.
    """
    if value is None:
        state = (os.environ if environment is None else environment).get("XDG_STATE_HOME") or ""
        base = state if os.path.isabs(state) else os.path.join(os.path.expanduser("~"), ".local", "state")
        return os.path.join(base, "jobledger", "spool")
    return os.path.abspath(os.path.expanduser(str(value))) if str(value).strip() else None


def fallback(environment=None) -> str:
    """Return the directory for spools where none can be written in the one above."""
    return os.path.join(
        (os.environ if environment is None else environment).get("TMPDIR") or "/tmp", "jobledger-%d" % os.geteuid()
    )


def any_spool(directory: str | None, environment=None) -> bool:
    """Return whether there is any spool, for whatever ledger; True where that cannot be seen."""
    if directory is None:
        return False
    return any(_holds_spools(place, 1) for place in (directory, fallback(environment)))


def has_resident(directory: str) -> bool:
    """Return whether a resident delivers the spools of this directory."""
    try:
        fd = os.open(os.path.join(directory, _LOCK), os.O_RDONLY | _FLAGS)
    except OSError:
        return False
    try:
        fcntl.lockf(fd, _SHARED)
        return False
    except OSError as error:
        return error.errno in (errno.EACCES, errno.EAGAIN)
    finally:
        os.close(fd)


def become_resident(directory: str, tries: int = 20, sleep=time.sleep) -> int | None:
    """Become the resident of this directory for as long as the process lives: return the lock's descriptor, None where
    there is another one. Raises OSError.
    """
    fd = os.open(os.path.join(directory, _LOCK), os.O_RDWR | os.O_CREAT | _FLAGS, 0o600)
    for _try in range(tries):  # a run that looks whether somebody is here holds the lock for a moment
        try:
            fcntl.lockf(fd, _ALONE)
            return fd
        except OSError as error:
            if error.errno not in (errno.EACCES, errno.EAGAIN):
                raise
        sleep(0.05)
    os.close(fd)
    return None


def _holds_spools(directory: str, deeper: int) -> bool:
    try:
        with os.scandir(directory) as entries:
            return any(
                entry.name.endswith(".spool")
                or deeper
                and entry.is_dir(follow_symlinks=False)
                and _holds_spools(entry.path, 0)
                for entry in entries
            )
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
