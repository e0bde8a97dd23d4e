# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Documentation of the action async_job_clean, which does the work on the controller. There is nothing to run on a
host.
"""

DOCUMENTATION = r"""
module: async_job_clean
short_description: Removes old records of asynchronous jobs that have ended
version_added: 0.1.0
description:
  - What the role P(jobledger.core.async_job_clean#role) is made of. Use the role.
  - Runs on the controller, without a connection to the host. In check mode it removes nothing.
  - Never removes the record of an open job, and never one that cannot be read.
extends_documentation_fragment:
  - jobledger.core.backend
author:
  - Jobledger contributors (@jobledger)
options:
  older_than:
    description: How long ago the job must have ended, such as C(12h) or C(30d).
    type: str
    required: true
  job_name:
    description: Name of the job, or a shell pattern.
    type: str
  host:
    description: The host that jobs were saved under, or a shell pattern.
    type: str
  playbook_name:
    description: The second level of the path, or a shell pattern.
    type: str
  statuses:
    description: Only jobs that ended so. Empty is any end.
    type: list
    elements: str
    choices: [succeeded, failed, timed_out, cancelled, lost, closed]
    default: []
  dry_run:
    description: Only show what would go.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Remove what ended more than 90 days ago
  ansible.builtin.include_role:
    name: jobledger.core.async_job_clean
  vars:
    async_job_clean_older_than: 90d
    async_job_clean_dry_run: false
"""

RETURN = r"""
records:
  description: The records that went, or would go, each with its place.
  returned: always
  type: list
  elements: dict
removed:
  description: How many went.
  returned: always
  type: int
damaged:
  description: Places of records that cannot be read; they stay.
  returned: always
  type: list
  elements: str
kept:
  description: Places of records that were saved anew meanwhile.
  returned: always
  type: list
  elements: str
ledger:
  description: With an ingester, its own answer.
  returned: with an ingester
  type: dict
"""
