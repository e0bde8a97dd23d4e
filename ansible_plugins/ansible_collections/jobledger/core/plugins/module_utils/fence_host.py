# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Whether a directory can hold the fence of this machine. Runs on hosts, Python 3.6 and later, standard library only.

What is not known to be safe is refused, with the reason and the way out.
"""

import errno
import hashlib
import os
import pwd
import re
import sys

from ansible_collections.jobledger.core.plugins.module_utils import fence_layout as layout

_SHARED = re.compile(
    r"^(nfs\d*|cifs|smb\d*|smbfs|afs|ceph|lustre|gfs2?|ocfs2|beegfs|gpfs|9p|ncpfs|coda|pvfs2|orangefs|fuse(\..*)?)$"
)
_PASSING = re.compile(r"^(tmpfs|ramfs|overlay|overlayfs|aufs|unionfs|squashfs|devtmpfs)$")


class Refused(Exception):
    """Nothing was started; the text says why and what to do. `facts` go into the task's result."""

    def __init__(self, text, **facts):
        Exception.__init__(self, text)
        self.facts = facts


def machine_id(given=None, places=("/etc/machine-id", "/var/lib/dbus/machine-id")):
    """Return what names this machine. Raises Refused where nothing does."""
    for found in [given] + [layout.read_text(place) for place in places]:
        if found:
            return found
    raise Refused(
        "this host has no machine id, so a fence could not be told from another machine's: run "
        "systemd-machine-id-setup there, "
        "or set jobledger_fence_machine to a name that only this host has"
    )


def ready(path, machine, volatile=False, make=True):
    """Check the fence directory and return its real path; make it first where it is missing and may be made.

    `volatile` allows a file system that is gone after a boot. Raises Refused. With `make` False nothing is written, and
    None is returned for a directory that is not there yet.
    """
    if not sys.platform.startswith("linux"):
        raise Refused("a fence needs Linux on the execution host; this one runs %s" % sys.platform)
    if not os.path.isabs(path):
        raise Refused("the fence directory %r must be an absolute path" % path)
    if not os.path.lexists(path):
        if not make:
            return None
        _make(path)
    found = os.path.realpath(path)
    _check_owner(path, found)
    _check_file_system(found, volatile)
    if not os.access(found, os.R_OK | os.W_OK | os.X_OK):
        raise Refused(
            "the fence directory %s is not open to user %s. Whoever owns it may share it with a group (chgrp GROUP "
            "%s; chmod 2770 %s), or run the "
            "task with become" % (path, _user(os.geteuid()), path, path)
        )
    _check_machine(found, machine, make)
    if make:
        keys = os.path.join(found, "keys")
        if not os.path.isdir(keys):
            layout.make_dir(keys, found)
            if os.stat(found).st_mode & 0o022:
                os.chmod(keys, layout.dir_mode(found) | 0o1000)  # whose fence it is, only they may rename
    return found


def file_system(path, mounts="/proc/self/mountinfo"):
    """Return the type of the file system that holds a path, or None where it cannot be told."""
    best, kind = -1, None
    device = os.stat(path).st_dev
    wanted = "%d:%d" % (os.major(device), os.minor(device))
    for line in layout_lines(mounts):
        left, dummy, right = line.partition(" - ")
        parts = left.split()
        if len(parts) < 5 or not right:
            continue
        point = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal.group(1), 8)), parts[4])
        inside = path == point or path.startswith(point.rstrip("/") + "/")
        # The device decides; of several mounts of one device, or where the device is hidden, the longest path does.
        score = (1 << 20 if parts[2] == wanted else 0) + (len(point) if inside else 0)
        if (parts[2] == wanted or inside) and score >= best:
            best, kind = score, right.split()[0]
    return kind


def layout_lines(path):
    """Return the lines of a file of the system; none where it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read().splitlines()
    except OSError:
        return []


def _make(path):
    try:
        os.makedirs(path, 0o755)
        os.chmod(path, 0o755)
    except OSError as error:
        if error.errno == errno.EEXIST:
            return
        raise Refused(
            "the fence directory %s is not there, and user %s cannot make it (%s). Make it once as root (ansible -b "
            "-m ansible.builtin.file -a 'path=%s state=directory "
            "group=GROUP mode=2770'), run the task with become, or set jobledger_fence_dir"
            % (path, _user(os.geteuid()), error.strerror, path)
        )


def _check_owner(path, found):
    status = os.stat(found)
    if not os.path.isdir(found):
        raise Refused("the fence directory %s is not a directory" % path)
    if status.st_uid not in (0, os.geteuid()):
        raise Refused(
            "the fence directory %s belongs to user %s, who could change every fence in it. Let root own it, and open "
            "it to a group or to all (mode 2770 or 1777)" % (path, _user(status.st_uid))
        )
    if status.st_mode & 0o002 and not status.st_mode & 0o1000:
        raise Refused(
            "the fence directory %s may be changed by every user of the host: use mode 1777, or 2770 with a group"
            % path
        )


def _check_file_system(found, volatile):
    kind = file_system(found)
    if kind is None:
        raise Refused("it cannot be told on what file system the fence directory %s is" % found)
    if _SHARED.match(kind):
        raise Refused(
            "the fence directory %s is on %s, which other machines may share: its locks and its order of writes are "
            "not enough for a fence. "
            "Set jobledger_fence_dir to a local directory" % (found, kind)
        )
    if _PASSING.match(kind) and not volatile:
        raise Refused(
            "the fence directory %s is on %s, which is gone after a boot or with its container, and the fence with "
            "it. Set jobledger_fence_dir to a "
            "directory that stays (a volume), or jobledger_fence_volatile: true if that is what you want"
            % (found, kind)
        )


def _check_machine(found, machine, make):
    path = os.path.join(found, "fence.json")
    digest = hashlib.sha256(("jobledger fence " + machine).encode("utf-8")).hexdigest()
    record = layout.read_json(path)
    if record is None and make:
        temporary = "%s.%d.new" % (path, os.getpid())
        layout.write_json(
            temporary,
            {"format": layout.FORMAT, "machine": digest, "made_at": layout.now()},
            layout.file_mode(found) | 0o044,
        )
        try:
            os.link(temporary, path)
            layout.sync_dir(found)
        except OSError as error:
            if error.errno != errno.EEXIST:
                raise
        finally:
            layout.remove(temporary)
        record = layout.read_json(path)
    if record is None:
        return
    if record.get("format") != layout.FORMAT:
        raise Refused(
            "the fence directory %s has format %s; this collection knows format %s"
            % (found, record.get("format"), layout.FORMAT)
        )
    if record.get("machine") != digest:
        raise Refused(
            "the fence directory %s was made on another machine: it was copied, or is shared. Remove it if this "
            "machine is a copy; that ends the "
            "fences in it" % found
        )


def _user(uid):
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
