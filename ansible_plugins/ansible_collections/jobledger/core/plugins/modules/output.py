#!/usr/bin/python
# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Module that reads what a running job has written so far."""

DOCUMENTATION = r"""
module: output
short_description: Reads what a job of start_once has written so far
version_added: 0.1.0
description:
  - Reads standard output or standard error of a command that M(jobledger.core.start_once) started with C(output=keep),
    while it runs and
    afterwards, by offset, whole, or its last lines.
  - For any other async job there is nothing to read while it runs, because Ansible's own wrapper keeps the output to
    itself until the job ends. The module then
    returns RV(kept=false) and says so.
  - Nothing is kept of a task with C(no_log). Nothing is changed.
author:
  - Jobledger contributors (@jobledger)
options:
  ansible_job_id:
    description: Name of the job on its host.
    type: str
    required: true
  results_file:
    description: Path of its results file, as the task that started it, or the ledger, has it.
    type: path
    required: true
  stream:
    description: Which of the two.
    type: str
    choices: [stdout, stderr]
    default: stdout
  offset:
    description:
      - The first byte to return, counted from the first that the command ever wrote. Default is the oldest that is
        kept.
      - To follow a job, give RV(next) of the time before.
    type: int
  lines:
    description: Return the last so many lines instead.
    type: int
  most:
    description: At most so many bytes.
    type: int
    default: 65536
attributes:
  check_mode:
    description: It only reads.
    support: full
"""

EXAMPLES = r"""
- name: The last 20 lines
  jobledger.core.output:
    ansible_job_id: "{{ job.ansible_job_id }}"
    results_file: "{{ job.results_file }}"
    lines: 20
  register: seen

- name: What came since
  jobledger.core.output:
    ansible_job_id: "{{ job.ansible_job_id }}"
    results_file: "{{ job.results_file }}"
    offset: "{{ seen.next }}"
"""

RETURN = r"""
kept:
  description: Whether output of this job is kept.
  returned: always
  type: bool
why:
  description: Why it is not, and what there is instead.
  returned: when it is not kept
  type: str
text:
  description: What was read. Bytes that are not UTF-8 are replaced.
  returned: when it is kept
  type: str
offset:
  description: Where RV(text) begins.
  returned: when it is kept
  type: int
next:
  description: Where the next read goes on.
  returned: when it is kept
  type: int
size:
  description: How many bytes the command has written in all.
  returned: when it is kept
  type: int
dropped:
  description: How many of the oldest bytes are not kept any more.
  returned: when it is kept
  type: int
ended:
  description: Whether the job has ended, so that no more will come.
  returned: always
  type: bool
"""


from ansible.module_utils.basic import AnsibleModule
from ansible_collections.jobledger.core.plugins.module_utils import fence_layout, job_files, looking, outputs


def main():
    """The module."""
    module = AnsibleModule(
        argument_spec={
            "ansible_job_id": {"type": "str", "required": True},
            "results_file": {"type": "path", "required": True},
            "stream": {"type": "str", "choices": ["stdout", "stderr"], "default": "stdout"},
            "offset": {"type": "int"},
            "lines": {"type": "int"},
            "most": {"type": "int", "default": 65536},
        },
        mutually_exclusive=[("offset", "lines")],
        supports_check_mode=True,
    )
    given = module.params
    if not 1 <= given["most"] <= outputs.MOST:
        module.fail_json(msg="most must be between 1 and %d bytes" % outputs.MOST)
    if (given["offset"] or 0) < 0 or (given["lines"] or 0) < 0:
        module.fail_json(msg="offset and lines must not be negative")
    path = given["results_file"]
    attempt = looking.attempt_of(path)
    try:
        if attempt is None:
            module.exit_json(
                changed=False, kept=False, why=outputs.explain(None), ended=job_files.read(path).kind == job_files.ENDED
            )
        # Asked first: what is written after the read would else never be fetched.
        ended = attempt.state() not in (fence_layout.RUNNING, fence_layout.STARTING)
        found = outputs.read(attempt, given["stream"], given["offset"], given["most"], given["lines"])
        module.exit_json(
            changed=False, kept=True, ended=ended, text=found.pop("data").decode("utf-8", "replace"), **found
        )
    except outputs.NotKept as error:
        module.exit_json(changed=False, kept=False, why=str(error), ended=ended)
    except (OSError, fence_layout.Damaged) as error:
        module.fail_json(
            msg="the output of %s cannot be read: %s. Become root, or the user who runs the job."
            % (given["ansible_job_id"], error)
        )


if __name__ == "__main__":
    main()
