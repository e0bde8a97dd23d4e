"""Documentation of the action async_job_clean, which does the work on the controller. There is nothing to run on a
host.
"""

from __future__ import annotations

DOCUMENTATION = r"""
module: async_job_clean
short_description: Removes old records of asynchronous jobs that have ended
version_added: 0.1.0
description:
  - What the role P(jobledger.core.async_job_clean#role) is made of. Use the role.
  - Runs on the controller, without a connection to the host. In check mode it removes nothing.
  - Never removes the record of an open job, and never one that cannot be read.
author:
  - Jobledger contributors
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
  backend:
    description: Where records are kept.
    type: str
    default: filesystem
    choices: [filesystem, oci, ingester]
  state_dir:
    description: Directory of the controller; a relative one is beside the playbook.
    type: str
  url:
    description: Address of the ingester; the word C(none) means that none is used.
    type: str
  oci_bucket:
    description: Name of a bucket that exists.
    type: str
  oci_namespace:
    description: Its namespace.
    type: str
  oci_profile:
    description: Profile of the OCI configuration file.
    type: str
  oci_config_file:
    description: The OCI configuration file.
    type: str
  oci_region:
    description: Region, when it is not the profile's.
    type: str
  retries:
    description: How often to try when the network fails.
    type: int
    default: 3
  retry_pause:
    description: Seconds between two tries.
    type: float
    default: 2
  timeout:
    description: Seconds that one try may take.
    type: float
    default: 10
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

if __name__ == "__main__":
    raise SystemExit("async_job_clean runs on the controller, as an action; this file only documents it")
