#!/usr/bin/python
# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Module that ends one async job of a host on request."""

DOCUMENTATION = r"""
module: cancel
short_description: Cancels an async job on its host
version_added: 0.1.0
description:
  - Finds the processes of a job by the job's id, sees that they are that job, sends them TERM and, after a time, KILL.
    Then it writes a
    results file that C(async_status) reads as failed, and that Jobledger's plugins read as C(cancelled), with who and
    why.
  - A job that has ended keeps its own end, and nothing is sent to anybody. A job that nobody runs any more is left as
    it is.
  - The playbook C(jobledger.core.cancel) finds the job by name, calls this, and tells the ledger.
  - What a job started in a session of its own, and left alone there, does not belong to the job any more and is not
    ended.
  - Needs Linux on the host, and Python 3.6 or later. Become root, or the user who runs the job.
author:
  - Jobledger contributors (@jobledger)
options:
  ansible_job_id:
    description: Name of the job on its host.
    type: str
    required: true
  results_file:
    description: Path of its results file, as the task that started it has it.
    type: path
    required: true
  grace:
    description: Seconds between TERM and KILL.
    type: int
    default: 30
  by:
    description: Who wants it. Default is the user of the module on the host.
    type: str
  reason:
    description: Why.
    type: str
    default: ''
attributes:
  check_mode:
    description: It only looks, and says what it would do.
    support: full
"""

EXAMPLES = r"""
- name: Cancel the job that this play started
  jobledger.core.cancel:
    ansible_job_id: "{{ job.ansible_job_id }}"
    results_file: "{{ job.results_file }}"
    reason: wrong database
  become: true
"""

RETURN = r"""
job:
  description: What became of the job.
  returned: always
  type: dict
  contains:
    ansible_job_id: {description: Name of the job on its host., type: str}
    results_file: {description: Path of its results file., type: str}
    outcome:
      description: >-
        C(cancelled); C(ended), when it had ended by itself; C(gone), when no process of it was there; C(absent),
        without a results file, too.
      type: str
    signal: {description: 'C(TERM) or C(KILL), whichever it took.', type: str}
    processes: {description: How many processes it had., type: int}
    cancelled: {description: 'Who cancelled it, when and why.', type: dict}
    status: {description: How it ended., type: str}
    rc: {description: 'Its return code, when it ended by itself.', type: int}
    why: {description: What was seen of a job that nobody runs., type: str}
"""

import getpass
import os
import signal
import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.jobledger.core.plugins.module_utils import ending, fence_start, job_files, looking, processes


def main():
    """The module."""
    module = AnsibleModule(
        argument_spec={
            "ansible_job_id": {"type": "str", "required": True},
            "results_file": {"type": "path", "required": True},
            "grace": {"type": "int", "default": 30},
            "by": {"type": "str"},
            "reason": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    job_id, path = module.params["ansible_job_id"], module.params["results_file"]
    if not path.startswith("/") or os.path.basename(path) != job_id:
        module.fail_json(
            msg="results_file must be the whole path of the job's results file, and end in the job's id; %s does not"
            % path
        )
    if not 0 <= module.params["grace"] <= 3600:
        module.fail_json(msg="grace must be between 0 and 3600 seconds")
    # So that a module that is ended itself leaves no wrapper stopped.
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, lambda *_arguments: module.fail_json(msg="ended by a signal"))
    mark = {
        "by": module.params["by"] or getpass.getuser(),
        "reason": module.params["reason"],
        "at": job_files.moment(time.time()),
    }
    try:
        attempt = looking.attempt_of(path)
        job = (
            ending.Job(job_id, path, mark)
            if attempt is None
            else ending.FencedJob(attempt, mark, fence_start.finish_lost)
        )
        found = job.cancel(module.params["grace"], module.check_mode)
    except (ending.CannotCancel, processes.NoProcesses) as error:
        module.fail_json(msg="the job %s was not cancelled: %s." % (job_id, str(error).rstrip(".")))
    # Below `job`, so that no callback takes this task for the one that started the job.
    module.exit_json(
        changed=found["outcome"] == ending.CANCELLED, job=dict(found, ansible_job_id=job_id, results_file=path)
    )


if __name__ == "__main__":
    main()
