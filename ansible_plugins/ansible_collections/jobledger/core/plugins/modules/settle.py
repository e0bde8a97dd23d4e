# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Documentation of the action settle, which does the work on the controller. There is nothing to run on a host."""

DOCUMENTATION = r"""
module: settle
short_description: Asks the ledger for jobs to look at, and tells it what was seen
version_added: 0.1.0
description:
  - The controller's part of the playbooks C(jobledger.core.settle) and C(jobledger.core.cancel). Use the playbooks.
  - Runs on the controller, without a connection to a host. What it tells is written to the ledger as a run of its own.
  - In check mode it asks, and tells nothing.
author:
  - Jobledger contributors (@jobledger)
options:
  operation:
    description: C(ask) returns open jobs by execution host; C(find) returns one job by name; C(tell) writes down what
      M(jobledger.core.look) saw.
    type: str
    required: true
    choices: [ask, find, tell]
  unseen_for:
    description: For C(ask), jobs that nobody has seen for so long, such as C(90s), C(15m), C(2h), C(7d).
    type: str
    default: 15m
  most:
    description: For C(ask), at most so many jobs, the oldest first.
    type: int
    default: 5000
  host:
    description: For C(find), the job's host.
    type: str
    default: ''
  play:
    description: For C(find), the job's play.
    type: str
    default: ''
  job:
    description: For C(find), the job's name.
    type: str
    default: ''
  playbook:
    description: For C(find), the file name of the playbook that started it, where plays of several playbooks have the
      same name.
    type: str
    default: ''
  run_id:
    description: For C(find), the run that started it.
    type: str
    default: ''
  plan:
    description: For C(tell), what C(ask) or C(find) returned.
    type: dict
    default: {}
  registered:
    description: For C(tell), the variable in which each host of the play has what the module look returned.
    type: str
    default: jobledger_seen
  visits:
    description: For C(tell), the same by host, where it is not in a variable of each host.
    type: dict
  freed:
    description: For C(tell), the fence that M(jobledger.core.fence) freed, with the reason; it goes into the labels of
      the run.
    type: dict
    default: {}
  url:
    description: Address of the ingester. Empty is C(JOBLEDGER_URL), or C(url) in the section C([jobledger]) of
      C(ansible.cfg), or C(http://127.0.0.1:8740).
    type: str
    default: ''
  timeout:
    description: Seconds that one request may take.
    type: float
    default: 10
"""

EXAMPLES = r"""
- name: Which jobs has nobody seen for an hour?
  jobledger.core.settle:
    operation: ask
    unseen_for: 1h
  run_once: true
  register: plan
"""

RETURN = r"""
hosts:
  description: What to look at, by execution host.
  returned: ask, find
  type: dict
known:
  description: What the ledger calls these jobs.
  returned: ask, find
  type: dict
strange_hosts:
  description: Execution hosts that the inventory does not know.
  returned: ask, find
  type: list
  elements: dict
elsewhere:
  description: Jobs that another controller ran on itself.
  returned: ask, find
  type: list
  elements: str
job:
  description: The job that was found.
  returned: find
  type: dict
me:
  description: Who asks, as user@controller.
  returned: ask, find
  type: str
lines:
  description: What was seen, one line a job.
  returned: tell
  type: list
  elements: str
counts:
  description: How many jobs were seen in each state.
  returned: tell
  type: dict
told:
  description: How many events the ledger got.
  returned: tell
  type: int
"""
