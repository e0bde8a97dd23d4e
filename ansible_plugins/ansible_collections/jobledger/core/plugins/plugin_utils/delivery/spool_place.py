# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Where a run's spool is, and where those of earlier runs may be.

Below the spool's directory each ledger has one of its own, named by its address. What is for one ledger is never sent
to another: staging's events do not reach production under production's token. A file in the spool's directory itself
is for no ledger by name, because the settings of its run named none; whoever has an address next takes it.

Where no spool can be written there, it is below $TMPDIR, in a directory of this user that nobody else can reach. Safe
on any thread.
"""

from __future__ import annotations

import errno
import os
import stat

from ..state import paths
from . import spool, whereabouts

# A disk that is full now has room later; another directory would only hide that.
_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


class Place:
    """The spools of one user for one ledger. `address` is the ledger's, None where the settings name none.

    `chosen` says that the user named the directory; else it is below a home that need not be this user's.
    """

    def __init__(self, directory: str, address, chosen: bool = True, environment=None) -> None:
        self.directory = directory
        self._address = address
        self._chosen = chosen
        self._fallback = whereabouts.fallback(environment)
        self.trouble: str | None = None  # why the spool is not where it should be

    def create(self, run_id: str):
        """Return a new, locked spool for a run. Raises OSError when there is no place for one."""
        try:
            if not self._chosen:
                _not_in_a_strange_home(self.directory)
            return self._create(self.directory, run_id)
        except OSError as error:
            if error.errno in _FULL:
                raise
            self.trouble = (error.strerror or type(error).__name__).lower()
        try:
            _only_ours(self._fallback)
            return self._create(self._fallback, run_id)
        except OSError:
            self.trouble, trouble = None, self.trouble
            raise spool.SpoolError(errno.EACCES, trouble) from None

    def own(self) -> str:
        """Return this ledger's directory, made where it is missing. Raises OSError."""
        spool.prepare(self.directory)
        spool.prepare(_of(self.directory, self._address))
        return _of(self.directory, self._address)

    def has_resident(self) -> bool:
        """Return whether a resident delivers what is spooled here."""
        return whereabouts.has_resident(_of(self.directory, self._address))

    def to_read(self, was=()) -> list[str]:
        """Return the directories in which spools for this ledger may be; `was` are addresses that it had before."""
        found = []
        for directory in (self.directory, self._fallback):
            if directory == self.directory or _is_ours(directory):
                found += [_of(directory, address) for address in (self._address, *was) if address is not None]
                found.append(directory)
        return list(dict.fromkeys(found))

    def others(self, was=()) -> list[tuple[str, int]]:
        """Return what is for other ledgers: the name of each one's directory, and how many spools are in it."""
        mine, found = self.to_read(was), []
        for directory in mine:
            try:
                with os.scandir(directory) as entries:
                    names = [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
            except OSError:
                continue
            found += [(path, len(spool.waiting(path))) for path in sorted(names) if path not in mine]
        return [(path, count) for path, count in found if count]

    def _create(self, directory: str, run_id: str):
        spool.prepare(directory)
        return spool.create(_of(directory, self._address), run_id)


def _of(directory: str, address) -> str:
    return directory if address is None else os.path.join(directory, paths.segment(str(address)))


def _not_in_a_strange_home(directory: str) -> None:
    """Under sudo HOME may be another user's: what root makes there, that user could not use any more."""
    while not os.path.lexists(directory):
        directory = os.path.dirname(directory)
    if os.geteuid() == 0 and os.stat(directory).st_uid != 0:
        raise spool.SpoolError(errno.EPERM, "the home belongs to another user")


def _only_ours(directory: str) -> None:
    try:
        os.mkdir(directory, 0o700)
    except FileExistsError:
        pass
    if not _is_ours(directory):
        raise spool.SpoolError(errno.EPERM, "%s is not a directory of this user alone" % directory)


def _is_ours(directory: str) -> bool:
    try:
        info = os.lstat(directory)
    except OSError:
        return False
    return stat.S_ISDIR(info.st_mode) and info.st_uid == os.geteuid() and not info.st_mode & 0o077
