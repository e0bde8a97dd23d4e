#!/usr/bin/python
# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Module that looks at the async jobs of one host, all of them in one visit. It never ends any."""

DOCUMENTATION = r"""
module: look
short_description: Looks at the async jobs of a host, without touching them
version_added: 0.1.0
description:
  - Tells for each job whether it is alive (since when, with which processor time and memory), has ended (how), is gone
    (its results file
    says that it runs, and no process of it is there), has no results file, or cannot be told.
  - One visit is enough for all jobs of a host. Nothing is changed, and no job is ever ended.
  - Also finds jobs that nobody asked about, by the results files in the async directories. This is what the playbook
    C(jobledger.core.settle) does on each host.
  - Of a job's output it returns nothing, and of its messages only those that Ansible itself writes.
  - Needs Linux on the host, and Python 3.6 or later. To see jobs of several users, use C(become) to become root.
author:
  - Jobledger contributors (@jobledger)
options:
  jobs:
    description: The jobs to look at.
    type: list
    elements: dict
    default: []
    suboptions:
      ansible_job_id:
        description: Name of the job on its host.
        type: str
        required: true
      results_file:
        description: Path of its results file, as the task that started it has it. Without it, only a job that is alive
          is found.
        type: path
  strangers:
    description: Also look for jobs that are not in O(jobs).
    type: bool
    default: false
  directories:
    description:
      - Async directories to look for them in.
      - The directories of O(jobs), and C(.ansible_async) in the homes of the host's users, are looked into as well.
    type: list
    elements: path
    default: []
  fence_dir:
    description: Where C(jobledger.core.start_once) keeps its fences on the host. Jobs that it started are looked for
      there.
    type: path
    default: /var/lib/jobledger/fence
  finish_lost:
    description: Write into the fence of a job of C(start_once) that the job is lost, where nobody holds it and no
      result came. Nothing else is ever written.
    type: bool
    default: false
  newer_than:
    description: Only those whose file was written in the last so many seconds, or that are alive.
    type: int
    default: 604800
  most:
    description: At most so many of a directory, the newest first.
    type: int
    default: 1000
attributes:
  check_mode:
    description: It only reads, and writes nothing down.
    support: full
"""

EXAMPLES = r"""
- name: How does the job stand?
  jobledger.core.look:
    jobs:
      - ansible_job_id: "{{ job.ansible_job_id }}"
        results_file: "{{ job.results_file }}"
  register: seen

- name: Which jobs are on this host?
  jobledger.core.look:
    strangers: true
  become: true
  register: seen
"""

RETURN = r"""
jobs:
  description: One report for each job that was asked about, in the same order.
  returned: always
  type: list
  elements: dict
  contains:
    ansible_job_id: {description: Name of the job on its host., type: str}
    results_file: {description: Path of its results file., type: str}
    state: {description: 'C(alive), C(ended), C(gone), C(absent) or C(unknown).', type: str}
    why: {description: 'Why it is gone, absent or unknown.', type: str}
    since: {description: Since when its first process is there., type: str}
    cpu_seconds: {description: Processor time of its processes., type: float}
    memory_bytes: {description: Memory that is theirs at this moment; what they share is counted for each., type: int}
    processes: {description: How many there are., type: int}
    stopped: {description: Whether all of them are stopped., type: bool}
    status: {description: 'How it ended: C(succeeded), C(failed), C(timed_out) or C(cancelled).', type: str}
    rc: {description: Its return code., type: int}
    cancelled: {description: 'Who cancelled it, when and why.', type: dict}
    rebooted: {description: Whether the host was booted since the results file was written., type: bool}
    output_bytes: {description: 'What its output files hold, with C(output: keep).', type: int}
    fence: {description: 'Of a job of C(start_once) that nobody asked about, what its fence says of it.', type: dict}
    user: {description: To whom its results file belongs., type: str}
strangers:
  description: The same for jobs that nobody asked about.
  returned: always
  type: list
  elements: dict
left_off:
  description: How many results files were not looked at, because O(most) was reached.
  returned: always
  type: int
troubles:
  description: Directories that cannot be read.
  returned: always
  type: list
  elements: str
boot_id:
  description: Differs from boot to boot.
  returned: always
  type: str
"""

import os
import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.jobledger.core.plugins.module_utils import fence_layout, fence_start, looking, processes


def main():
    """The module."""
    module = AnsibleModule(
        argument_spec={
            "jobs": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {"ansible_job_id": {"type": "str", "required": True}, "results_file": {"type": "path"}},
            },
            "strangers": {"type": "bool", "default": False},
            "directories": {"type": "list", "elements": "path", "default": []},
            "fence_dir": {"type": "path", "default": fence_layout.DEFAULT_DIR},
            "finish_lost": {"type": "bool", "default": False},
            "newer_than": {"type": "int", "default": 604800},
            "most": {"type": "int", "default": 1000},
        },
        supports_check_mode=True,
    )
    asked = [dict(job, results_file=job["results_file"] or "") for job in module.params["jobs"]]
    try:
        finish = fence_start.finish_lost if module.params["finish_lost"] and not module.check_mode else None
        look = looking.Look(finish=finish)
    except processes.NoProcesses as error:
        module.fail_json(
            msg="the jobs of this host cannot be looked at: %s. Use async_status, which reads what the job itself "
            "wrote." % error
        )
    reports, strangers, troubles, left = look.jobs(asked), [], [], 0
    if module.params["strangers"]:
        known = set(job["ansible_job_id"] for job in asked)
        since = time.time() - module.params["newer_than"]
        strangers, troubles, left = look.strangers(
            _directories(asked, module.params["directories"]), known, module.params["most"], since
        )
        fenced, unread = look.fenced(module.params["fence_dir"], known, since)
        strangers, troubles = strangers + fenced, troubles + unread
    module.exit_json(
        changed=False,
        jobs=reports,
        strangers=strangers,
        troubles=troubles,
        left_off=left,
        boot_id=look.snapshot.boot_id,
    )


def _directories(asked, given):
    found = {}
    for path in (
        [os.path.dirname(job["results_file"]) for job in asked if looking.attempt_of(job["results_file"]) is None]
        + given
        + [looking.own_directory()]
        + looking.homes()
    ):
        if path:
            found.setdefault(os.path.realpath(path), path)
    return sorted(found.values())


if __name__ == "__main__":
    main()
