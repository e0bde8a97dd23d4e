#!/usr/bin/python
# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Module that looks after the fences of start_once on one host: frees one by hand, and removes what is old."""

DOCUMENTATION = r"""
module: fence
short_description: Frees a fence of start_once by hand, and removes what ended jobs left behind
version_added: 0.1.0
description:
  - M(jobledger.core.start_once) starts a job at most once per key and generation; a fence on the host remembers that.
    To free it means that the
    same work may be started again, whatever became of it. That is an act of a person, with a reason, and it is written
    down beside the fence.
  - Removes results, kept output, temporary directories and controllers' links of jobs that ended long ago. That they
    ended, and how, stays known.
  - Nothing is touched below a lock that a job holds.
  - The playbook C(jobledger.core.settle) calls it with C(fence_free) and C(fence_tidy).
author:
  - Jobledger contributors (@jobledger)
options:
  dir:
    description: Where C(start_once) keeps its fences on the host.
    type: path
    default: /var/lib/jobledger/fence
  free:
    description: The fence to free, as C(HOST / PLAY / JOB) or by the id of its newest job.
    type: str
  reason:
    description: Why it is freed. Required with O(free).
    type: str
  by:
    description: Who frees it. Default is the user of the module on the host.
    type: str
  tidy:
    description: Remove what jobs left that ended longer ago than so many seconds.
    type: int
  directories:
    description: Async directories in which links of controllers are removed, besides C(.ansible_async) in the homes of
      the host's users.
    type: list
    elements: path
    default: []
attributes:
  check_mode:
    description: It only looks, and says what it would do. A fence is not freed.
    support: full
"""

EXAMPLES = r"""
- name: The host was reinstalled, so that job may be started again
  jobledger.core.fence:
    free: db1 / Upgrade databases / Migrate schema
    reason: db1 was restored from yesterday's image
  become: true

- name: Remove what jobs left that ended more than 30 days ago
  jobledger.core.fence:
    tidy: 2592000
  become: true
"""

RETURN = r"""
freed:
  description: The fence that was freed, with its title and the id of its newest job.
  returned: with O(free)
  type: dict
removed:
  description: The paths that were removed, or would be.
  returned: with O(tidy)
  type: list
  elements: str
troubles:
  description: What could not be removed.
  returned: with O(tidy)
  type: list
  elements: str
"""

import getpass
import os
import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.jobledger.core.plugins.module_utils import fence_layout, looking, tidying


def main():
    """The module."""
    module = AnsibleModule(
        argument_spec={
            "dir": {"type": "path", "default": fence_layout.DEFAULT_DIR},
            "free": {"type": "str"},
            "reason": {"type": "str"},
            "by": {"type": "str"},
            "tidy": {"type": "int"},
            "directories": {"type": "list", "elements": "path", "default": []},
        },
        required_one_of=[("free", "tidy")],
        required_by={"free": ("reason",)},
        supports_check_mode=True,
    )
    given, result = module.params, {"changed": False}
    try:
        if given["free"] is not None:
            if not (given["reason"] or "").strip():
                module.fail_json(msg="reason is empty: say why the same work may be started again")
            if not module.check_mode:
                result["freed"] = tidying.free(
                    given["dir"], given["free"], given["by"] or getpass.getuser(), given["reason"]
                )
            result["changed"] = True
        if given["tidy"] is not None:
            if given["tidy"] < 0:
                module.fail_json(msg="tidy must not be negative")
            places = {}
            for path in given["directories"] + [looking.own_directory()] + looking.homes():
                places.setdefault(os.path.realpath(path), path)
            removed, troubles = tidying.tidy(
                given["dir"], sorted(places.values()), given["tidy"], time.time(), module.check_mode
            )
            result.update(removed=removed, troubles=troubles, changed=result["changed"] or bool(removed))
    except tidying.CannotFree as error:
        module.fail_json(msg="nothing was freed: %s." % error)
    except (OSError, fence_layout.Damaged) as error:
        module.fail_json(msg="the fence cannot be read or written: %s." % error)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
