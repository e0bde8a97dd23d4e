#!/usr/bin/python
# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""The step on the execution host: what the action start_once delivers in the place of Ansible's async wrapper.
Python 3.6 and later.
"""

DOCUMENTATION = r"""
module: fence_step
short_description: The step of start_once on the execution host
version_added: 0.1.0
description:
  - What the action M(jobledger.core.start_once) delivers to a host in the place of Ansible's async wrapper. Use that
    action; this module cannot be used by itself.
  - Checks, records and launches in one step, under one lock.
author:
  - Jobledger contributors (@jobledger)
options:
  order:
    description: What the action asks for.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Migrate schema
  jobledger.core.start_once:
    module: ansible.builtin.command
    args:
      cmd: /opt/db/migrate
    generation: "2026.4"
  async: 14400
  poll: 15
"""

RETURN = r"""
decision:
  description: What was decided.
  returned: always
  type: str
fence:
  description: Where the record is, and who started the job.
  returned: when there is a record
  type: dict
"""

import json
import os
import pwd
import shutil
import sys

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.jobledger.core.plugins.module_utils import fence_host, fence_layout, fence_start


class Invocation(object):
    """What Ansible puts on the command line of its async wrapper: id, limit, and how to run the payload."""

    def __init__(self, arguments):
        if len(arguments) < 4 or not arguments[0].startswith("j") or not arguments[1].replace(".", "", 1).isdigit():
            raise fence_host.Refused(_CHANGED)
        self.name = "%s.%d" % (arguments[0], os.getpid())
        self.limit = float(arguments[1])
        if arguments[2].lower() in ("true", "false"):
            # From 2.21 on: whether to keep the temporary directory, the payload's path, its command.
            self.path, self.command = arguments[3], arguments[4:]
            keep = arguments[2].lower() == "true"
        else:
            # Before: the payload's path, the file of its arguments or "_", and perhaps -preserve_tmp.
            self.path = arguments[2]
            self.command = _interpreter(self.path) + [self.path] + ([arguments[3]] if arguments[3] != "_" else [])
            keep = "-tmp-" not in os.path.dirname(self.path) or "-preserve_tmp" in arguments[4:]
        if not self.command or not os.path.isfile(self.path):
            raise fence_host.Refused(_CHANGED)
        self.tmpdir = None if keep else os.path.dirname(self.path)


_CHANGED = (
    "Ansible called the start step in a way that this version of jobledger.core does not know, so nothing was "
    "started: use a version of both that fit"
)

_WAY_OUT = "Set ansible_async_dir to a directory of the host that the task's user may write"


def _interpreter(path):
    with open(path, "rb") as file:
        head = file.read(1024)
    return head[2:].split(b"\n")[0].decode("utf-8", "surrogateescape").split() if head[:2] == b"#!" else []


def main():
    """Answer one call of the action. What is printed is the task's result, or what Ansible polls by."""
    module = AnsibleModule(argument_spec={"order": {"type": "dict", "required": True}}, supports_check_mode=True)
    order = module.params["order"]
    invocation = None
    try:
        if order["mode"] == "start":
            invocation = Invocation(sys.argv[1:])
        reply = _answer(order, invocation)
    except fence_host.Refused as refused:
        reply = dict(
            {"failed": True, "changed": False, "decision": "refused", "msg": "start_once refused: %s" % refused},
            **refused.facts,
        )
    except (OSError, fence_layout.Damaged) as error:
        reply = {
            "failed": True,
            "changed": False,
            "decision": "refused",
            "msg": "start_once refused: the fence on this host cannot be used, so nothing was started: %s" % error,
        }
    reply["fence_nonce"] = order["nonce"]
    if reply["decision"] != "started" and invocation is not None and invocation.tmpdir:
        shutil.rmtree(invocation.tmpdir, True)
    if invocation is not None:
        reply["_ansible_suppress_tmpdir_delete"] = invocation.tmpdir is not None
    sys.stdout.write("\n%s\n" % json.dumps(reply))
    sys.stdout.flush()
    raise SystemExit(0)  # Ansible takes a module that returns for one that forgot to answer


def _answer(order, invocation):
    machine = fence_host.machine_id(order.get("machine"))
    directory = fence_host.ready(order["dir"], machine, bool(order.get("volatile")), make=invocation is not None)
    fields = dict(order["fields"], run_as=pwd.getpwuid(os.geteuid()).pw_name)
    if invocation is not None:
        fields["async"] = invocation.limit
    wanted = fence_start.Order(fields, order["on_failed"], bool(order.get("whole")))
    if invocation is None:
        if directory is None:
            return {"decision": "started", "changed": True}
        answer = fence_start.look(_fence(directory, machine, fields), wanted)
        return dict(answer.facts(), changed=answer.decision == "started")
    link = os.path.join(_async_dir(order["async_dir"]), order.get("job_id") or invocation.name)
    answer = fence_start.start_once(
        _fence(directory, machine, fields), wanted, invocation.command, invocation.tmpdir, link
    )
    return _reply(answer, wanted.whole, link)


def _async_dir(path):
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as error:
        raise fence_host.Refused("the async directory %s cannot be made: %s. %s" % (path, error.strerror, _WAY_OUT))
    if not os.access(path, os.W_OK | os.X_OK):
        raise fence_host.Refused(
            "the async directory %s is not open to user %s. %s" % (path, pwd.getpwuid(os.geteuid()).pw_name, _WAY_OUT)
        )
    return path


def _fence(directory, machine, fields):
    return fence_layout.Fence(
        os.path.join(directory, "keys", fence_layout.key_hash(machine, fields["host"], fields["play"], fields["job"]))
    )


def _reply(answer, whole, link):
    facts = answer.facts()
    if answer.decision == fence_start.START:
        return dict(facts, started=True, finished=False, changed=True)
    own = {"ansible_job_id": os.path.basename(link), "results_file": link, "changed": False}
    if answer.decision == fence_start.ATTACH:
        # Who attaches polls by a name of its own, which Ansible may remove; the job's own is in `fence`.
        return dict(facts, started=True, finished=False, **own)
    found = answer.attempt.result()
    facts["fence"]["result"] = found is not None
    if found is not None and not whole:
        return dict(facts, **own)
    return dict(found or {}, **dict(facts, changed=False))


if __name__ == "__main__":
    main()
