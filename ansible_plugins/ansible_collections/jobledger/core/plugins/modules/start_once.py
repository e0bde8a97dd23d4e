# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Documentation of the action start_once, which does the work. What runs on the host is fence_step."""

DOCUMENTATION = r"""
module: start_once
short_description: Starts a module as an async job, at most once per job key and generation
version_added: 0.1.0
description:
  - Runs a module with C(async), and makes sure on the execution host that it is started at most once for its job key
    (host, play, job name) and generation, whoever
    runs the playbook, from however many controllers.
  - A job that runs already is waited for instead. One that has succeeded is not started again. So after any crash the
    whole recovery is to run the playbook again.
  - What decides is the fence, a directory on the execution host. Neither a ledger nor a clock is needed for it.
  - Needs C(async). With C(poll) above 0 it waits, and its result is the module's own, also when another controller
    started the job. With C(poll=0) it goes on at once.
  - In check mode it only looks.
author:
  - Jobledger contributors (@jobledger)
options:
  module:
    description:
      - The module to run, any that Ansible can run with C(async). M(ansible.builtin.command) and
        M(ansible.builtin.shell) are known.
      - Other actions that work on the controller, too, are refused. Name the module itself instead.
    type: str
    required: true
  args:
    description: The module's arguments.
    type: dict
    default: {}
  generation:
    description:
      - What makes it the same work when the playbook runs again, such as a release. Generations go only forward, in the
        order in which the host sees them.
      - Without it, a job that has ended may be started again.
    type: raw
  on_failed:
    description:
      - What to do when this generation has failed, ran out of its time, was cancelled or was lost before. Without a
        generation, when the last start was lost.
      - V(fail) fails the task and says so. V(restart) starts the job again.
    type: str
    default: fail
    choices: [fail, restart]
  on_other:
    description: What to do while another generation of the job runs. V(refuse) fails the task; V(wait) waits for its
      end, at most the seconds of C(async).
    type: str
    default: refuse
    choices: [refuse, wait]
  output:
    description:
      - V(keep) writes what M(ansible.builtin.command) or M(ansible.builtin.shell) prints into files of the host while
        it runs, for M(jobledger.core.output). The result is the same.
      - With C(no_log) nothing is kept.
    type: str
    choices: [keep]
  output_limit:
    description: Bytes to keep of each stream; the oldest go.
    type: int
    default: 67108864
  fence_dir:
    description: The fence directory on the execution host. Better a variable of the inventory, C(jobledger_fence_dir),
      since all runs have to use the same.
    type: str
  fence:
    description:
      - What decides. V(host) is the fence on the execution host, and the only one that is sure.
      - V(ledger) is for hosts that cannot keep a fence, such as containers that will be gone. The job is claimed in the
        ledger by one conditional event, and the host's record may be on a passing file system, by default in the async
        directory. Weaker - a ledger that was restored from an older copy has forgotten its claims. Needs
        O(generation), and an ingester that answers.
    type: str
    default: host
    choices: [host, ledger]
notes:
  - The connection must run Ansible's async wrapper, as ssh and local do. Others, such as winrm and psrp, are refused.
  - Hosts need Linux, Python 3.6 or later, and a local file system for the fence directory.
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
  sample: attached
ansible_job_id:
  description: The job's id. With C(poll=0), of a job that another controller started, an id of this controller for the
    same job.
  returned: when there is a job
  type: str
results_file:
  description: Path of the results file on the execution host.
  returned: when there is a job
  type: str
started:
  description: Whether the job was started.
  returned: when there is a job
  type: bool
finished:
  description: Whether it has ended.
  returned: when there is a job
  type: bool
fence:
  description: Who started the job, when, in which run, and how it ended. In check mode, where nobody has started it,
    who would.
  returned: when the host has a record of the job, and in check mode
  type: dict
  contains:
    ansible_job_id: {description: The job's own id., type: str}
    attempt: {description: Folder of this execution in the fence directory., type: str}
    controller: {description: From where it was started., type: str}
    user: {description: Who started it., type: str}
    run_id: {description: The run that started it; null when its recorder was off., type: str}
    run_name: {description: That run's own name., type: str}
    generation: {description: Its generation., type: str}
    started_at: {description: When it was started., type: str}
    async: {description: Seconds that it may run., type: float}
    ended_at: {description: When it ended., type: str}
    status: {description: How it ended., type: str}
    result: {description: 'For C(already_succeeded), whether the result is still there.', type: bool}
looked_only:
  description: True in check mode, where nothing is started.
  returned: check mode
  type: bool
"""
