# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""What a run says of itself: who, where, with which command line. Reads Ansible's context; does no network I/O."""

from __future__ import annotations

import getpass
import os
import socket
import sys
from pathlib import Path

from ansible import context
from ansible.release import __version__ as ansible_version

from . import argv, names

_COLLECTION = Path(__file__).resolve().parents[3]
_REPLAY = str(_COLLECTION / "playbooks" / "replay.yml")


def is_adhoc() -> bool:
    """Return whether this is `ansible` (or a console) rather than `ansible-playbook`."""
    return "module_name" in context.CLIARGS


def playbooks() -> int:
    """Return how many playbooks the command line names; 0 for an ad-hoc run."""
    return 0 if is_adhoc() else len(context.CLIARGS.get("args") or ())


def playbook_of(playbook) -> dict:
    """Return `playbook` (file name) and `playbook_path` (absolute) of a playbook; nothing for an ad-hoc run."""
    path = getattr(playbook, "_file_name", None)
    if not path or is_adhoc():
        return {}
    return {"playbook": names.name(os.path.basename(path)), "playbook_path": names.name(os.path.abspath(path))}


def extra_vars_of(playbook) -> dict:
    """Return the variables that were given with the command, by `-e` or by the platform that runs it."""
    plays = playbook.get_plays() if hasattr(playbook, "get_plays") else ()
    manager = plays[0].get_variable_manager() if plays else None
    return getattr(manager, "extra_vars", None) or {}


def is_replay(playbook) -> bool:
    """Return whether this is the collection's own playbook that delivers spools: a look at the post is none of the
    events in it.
    """
    path = getattr(playbook, "_file_name", None)
    return bool(path) and os.path.realpath(path) == _REPLAY


def of_run(run_name: str | None, labels: dict, redactor) -> dict:
    """Return the fields of `run_started` but for the playbook. What `redactor` finds in the command line is hidden
    as well.
    """
    arguments = context.CLIARGS
    return {
        "kind": "adhoc" if is_adhoc() else "playbook",
        "run_name": names.name(run_name),
        "user": _user(),
        "controller": names.name(socket.gethostname()),
        "pid": os.getpid(),
        "ansible_version": ansible_version,
        "check_mode": bool(arguments.get("check")),
        "limit": names.name(arguments.get("subset")),
        "tags": _tags(arguments.get("tags"), "all"),
        "skip_tags": _tags(arguments.get("skip_tags"), None),
        "argv": [redactor.text(names.clean(word)) for word in argv.redacted(sys.argv)],
        "labels": {names.clean(key): names.clean(value) for key, value in labels.items()} or None,
    }


def stats_of(recap: dict) -> dict:
    """Return the recap of a playbook, Ansible's summary by host, under the contract's names."""
    return {
        names.clean(host): {
            key: int(value)
            for key, value in recap[host].items()
            if key in ("ok", "changed", "failures", "unreachable", "skipped", "rescued", "ignored")
        }
        for host in sorted(recap)
    }


def _user() -> str | None:
    try:
        return names.name(getpass.getuser())
    except Exception:  # a container's user often has no passwd entry; the kind of error depends on the Python version
        return str(os.getuid())


def _tags(given, default: str | None) -> list | None:
    found = [names.clean(tag) for tag in given or ()]
    return None if not found or found == [default] else found
