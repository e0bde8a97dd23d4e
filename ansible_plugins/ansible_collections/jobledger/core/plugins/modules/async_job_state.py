# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Documentation of the action async_job_state, which does the work on the controller. There is nothing to run on a
host.
"""

DOCUMENTATION = r"""
module: async_job_state
short_description: Saves or loads the record of one asynchronous job
version_added: 0.1.0
description:
  - What the roles P(jobledger.core.async_job_save#role) and P(jobledger.core.async_job_load#role) are made of. Use the
    roles.
  - Runs on the controller, without a connection to the host, also with C(become). No package is needed on a host.
  - In check mode it reads and does not write.
extends_documentation_fragment:
  - jobledger.core.backend
author:
  - Jobledger contributors (@jobledger)
options:
  operation:
    description: What to do.
    type: str
    required: true
    choices: [save, load]
  job_name:
    description: The job's name.
    type: str
  host:
    description: The host that the job is saved under.
    type: str
  playbook_name:
    description: The second level of the path.
    type: str
  ansible_job_id:
    description: Name of the job on its host, as text.
    type: raw
  metadata:
    description: The operator's own data, a dictionary or JSON text.
    type: raw
  started_at:
    description: When the job started, for a job of the past. Empty is now.
    type: str
    default: ''
  status:
    description: How the job stands, a word or the registered result of C(async_status).
    type: raw
  results_file:
    description: The job's results file. Default is what a registered result of the play says.
    type: str
  execution_host:
    description: Where the job runs, when it is not O(host).
    type: str
  run_id:
    description: With an ingester, the run whose job is meant.
    type: str
  playbook_file:
    description: The file name of the playbook whose job is meant.
    type: str
  id:
    description: The C(ansible_job_id) of the job that is meant.
    type: str
  which:
    description: Of several open jobs, C(newest) or C(oldest).
    type: str
  nth:
    description: Which of all jobs of the name, by their start. C(1) is the latest, C(0) says nothing.
    type: int
    default: 0
"""

EXAMPLES = r"""
- name: Save a job
  ansible.builtin.include_role:
    name: jobledger.core.async_job_save
  vars:
    async_job_save_job_name: upgrade_db
    async_job_save_ansible_job_id: "{{ job.ansible_job_id }}"
    async_job_save_host: "{{ inventory_hostname }}"
"""

RETURN = r"""
state_file:
  description: Where the record was saved.
  returned: save
  type: str
found:
  description: Whether there is a record.
  returned: load
  type: bool
job:
  description: What a resume needs; empty values when there is no record.
  returned: load
  type: dict
record:
  description: The whole record.
  returned: load
  type: dict
"""
