# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""The processes of this host, as /proc shows them, and which of them are one async job. Runs on managed hosts.

Reading only; nothing here sends a signal. Python 3.6 and later. No process is ever named by its pid alone: pids are
used again.
"""

import os
import re

# How Ansible starts the wrapper of a job: python …/async_wrapper.py j889214147243 3600 /path/to/module.py _
# [-preserve_tmp]
_WRAPPER = re.compile(r"(?:AnsiballZ_)?async_wrapper(?:\.py)?$")
_MODULE = re.compile(r"(?:AnsiballZ_)?(?P<name>[A-Za-z_][A-Za-z0-9_.]*?)(?:\.py)?$")
_FIRST_ARGUMENTS = 5
_PROGRAM = re.compile(r"[A-Za-z0-9_.+-]{1,64}$")


class Process(object):
    """One process at the moment of the look. `began` counts clock ticks since the boot; with `pid` it names a
    process for good.
    """

    __slots__ = ("pid", "parent", "group", "session", "owner", "state", "began", "ticks", "pages", "arguments")

    def __init__(self, pid, parent, group, session, owner, state, began, ticks, pages, arguments):
        self.pid = pid
        self.parent = parent
        self.group = group
        self.session = session
        self.owner = owner
        self.state = state
        self.began = began
        self.ticks = ticks
        self.pages = pages
        self.arguments = arguments

    @property
    def dead(self):
        """Whether it has ended and only waits to be reaped."""
        return self.state in ("Z", "X")

    @property
    def wraps(self):
        """The first part of the id of the job that this process wraps, such as j889214147243; None for any other
        process.
        """
        words = self.arguments
        for place, word in enumerate(words[:_FIRST_ARGUMENTS]):
            if _WRAPPER.match(os.path.basename(word)) and len(words) > place + 4 and words[place + 2].isdigit():
                return words[place + 1]
        return None

    @property
    def module(self):
        """The module that a wrapper runs, such as `command`; None where that cannot be read."""
        words = self.arguments
        for place, word in enumerate(words[:_FIRST_ARGUMENTS]):
            if _WRAPPER.match(os.path.basename(word)) and len(words) > place + 3:
                return module_name(words[place + 3])
        return None

    @property
    def leaves(self):
        """The temporary directory that a wrapper removes when its module has ended; None where it leaves it to
        somebody else.
        """
        words = self.arguments
        for place, word in enumerate(words[:_FIRST_ARGUMENTS]):
            if _WRAPPER.match(os.path.basename(word)) and len(words) > place + 3:
                path = os.path.dirname(words[place + 3])
                return (
                    path
                    if os.path.basename(path).startswith("ansible-tmp-") and "-preserve_tmp" not in words[place + 5 :]
                    else None
                )
        return None

    @property
    def program(self):
        """The base name of what runs, without any argument: arguments may hold secrets. None when that looks odd."""
        name = os.path.basename(self.arguments[0]) if self.arguments else ""
        return name if _PROGRAM.match(name) else None


class Snapshot(object):
    """All processes that could be seen at one moment.

    `complete` is False where this user sees only processes of its own (hidepid), `boot_time` is in seconds since 1970,
    None when it is not known; `boot_id` differs from boot to boot.
    """

    def __init__(self, processes, complete, boot_time, boot_id, tick, page, root):
        self.processes = dict((process.pid, process) for process in processes)
        self.complete = complete
        self.boot_time = boot_time
        self.boot_id = boot_id
        self.root = root
        self._tick = tick
        self._page = page
        self._wrappers = {}
        for process in processes:
            number = process.wraps
            if number is not None and not process.dead:
                self._wrappers.setdefault(number, []).append(process)

    def family(self, job_id):
        """Return the Family of an async job of Ansible's own wrapper, by the job's whole id."""
        wrappers = self._wrappers.get(job_id.partition(".")[0], [])
        return Family(wrappers, self.relatives(wrappers))

    def relatives(self, roots):
        """Return those that some processes started and that still belong to them: children, their groups, and their
        session.

        The session counts only where it is the roots' own: nobody in it is older than they are.
        """
        if not roots:
            return []
        living = [process for process in self.processes.values() if not process.dead]
        oldest = min(process.began for process in roots)
        found = dict((process.pid, process) for process in roots)
        sessions = set(process.session for process in roots)
        own = set(
            session
            for session in sessions
            if all(process.began >= oldest for process in living if process.session == session)
        )
        grown = True
        while grown:
            # A group belongs to the job when its leader was started by the job.
            groups = set(process.group for process in found.values() if process.group == process.pid)
            more = [
                process
                for process in living
                if process.pid not in found
                and (process.parent in found or process.group in groups or process.session in own)
                and process.began >= oldest
            ]
            found.update((process.pid, process) for process in more)
            grown = bool(more)
        rest = set(process.pid for process in roots)
        return sorted(
            (process for process in found.values() if process.pid not in rest),
            key=lambda process: (process.began, process.pid),
        )

    def usage(self, processes):
        """Return since when (seconds since 1970), processor seconds and bytes of memory of some processes; None when
        there is none.
        """
        living = [process for process in processes if not process.dead]
        if not living:
            return None
        began = min(process.began for process in living)
        return {
            "since": None if self.boot_time is None else self.boot_time + began / float(self._tick),
            "cpu_seconds": sum(process.ticks for process in living) / float(self._tick),
            "memory_bytes": sum(process.pages for process in living) * self._page,
            "processes": len(living),
            "stopped": all(process.state in ("T", "t") for process in living),
        }

    def still(self, process):
        """Return whether a process is still there at this moment, and is the same one, and has not ended."""
        now = _read(self.root, process.pid)
        return now is not None and now.began == process.began and not now.dead


class Family(object):
    """The processes of one job: Ansible's `wrappers` (one that watches the time, one that waits for the module) and
    the `payload`.
    """

    def __init__(self, wrappers, payload):
        self.wrappers = wrappers
        self.payload = payload

    def __bool__(self):
        return bool(self.wrappers)

    @property
    def all(self):
        """Wrappers and payload."""
        return self.wrappers + self.payload

    @property
    def module(self):
        """The module that the job runs, such as `command`; None where that cannot be read."""
        return self.wrappers[0].module if self.wrappers else None

    @property
    def program(self):
        """The base name of the program that the module started; None when there is none yet, or the module itself is
        the work.
        """
        for process in self.payload:
            if not any("ansible-tmp" in word or "AnsiballZ_" in word for word in process.arguments):
                return process.program
        return None


class NoProcesses(Exception):
    """The processes of this host cannot be read; the text says why."""


def look(root="/proc", privileged=None):
    """Return a Snapshot of now. Raises NoProcesses where there is no /proc. `privileged` says whether this user sees
    everybody's.
    """
    try:
        pids = [int(name) for name in os.listdir(root) if name.isdigit()]
        boot_time = _boot_time(root)
    except OSError as error:
        raise NoProcesses("%s cannot be read (%s)" % (root, error.strerror))
    if not pids or boot_time is None:
        raise NoProcesses("%s is not there, or is not Linux's" % root)
    found = [process for process in (_read(root, pid) for pid in pids) if process is not None]
    if privileged is None:
        privileged = os.geteuid() == 0 or _readable(os.path.join(root, "1", "cmdline"))
    return Snapshot(
        found,
        privileged,
        boot_time,
        _text(os.path.join(root, "sys", "kernel", "random", "boot_id")),
        _tick(),
        _page(),
        root,
    )


def module_name(path):
    """Return a module's name from the file that Ansible made of it: command of …/AnsiballZ_command.py; None for
    anything odd.
    """
    found = _MODULE.match(os.path.basename(path))
    return found.group("name") if found and len(found.group("name")) <= 64 else None


def _read(root, pid):
    place = os.path.join(root, str(pid))
    try:
        with open(os.path.join(place, "stat"), "rb") as file:
            text = file.read().decode("utf-8", "replace")
        with open(os.path.join(place, "cmdline"), "rb") as file:
            words = file.read().decode("utf-8", "surrogateescape")
        owner = os.stat(place).st_uid
    except (OSError, IOError):
        # It ended meanwhile, or it is somebody else's and hidden: `complete` tells of that.
        return None
    # The second field is the program's name in brackets, and may hold brackets and blanks itself.
    fields = text[text.rfind(")") + 2 :].split()
    if len(fields) < 22:
        return None
    arguments = words.split("\0")[:-1] if words.endswith("\0") else [words] if words else []
    return Process(
        pid,
        int(fields[1]),
        int(fields[2]),
        int(fields[3]),
        owner,
        fields[0],
        int(fields[19]),
        sum(int(field) for field in fields[11:15]),
        int(fields[21]),
        arguments,
    )


def _boot_time(root):
    with open(os.path.join(root, "stat"), "rb") as file:
        for line in file:
            if line.startswith(b"btime "):
                return int(line.split()[1])
    return None


def _readable(path):
    try:
        with open(path, "rb") as file:
            file.read(1)
        return True
    except (OSError, IOError):
        return False


def _text(path):
    try:
        with open(path, "rb") as file:
            return file.read(100).decode("ascii", "replace").strip() or None
    except (OSError, IOError):
        return None


def _tick():
    return os.sysconf("SC_CLK_TCK")


def _page():
    return os.sysconf("SC_PAGE_SIZE")
