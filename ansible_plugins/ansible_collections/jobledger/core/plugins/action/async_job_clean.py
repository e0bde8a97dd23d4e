# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Action behind the role async_job_clean. All of it runs on the controller; no host is contacted."""

from __future__ import annotations

from ansible.plugins.action import ActionBase
from ansible_collections.jobledger.core.plugins.action import async_job_state as state
from ansible_collections.jobledger.core.plugins.plugin_utils.acting import asking
from ansible_collections.jobledger.core.plugins.plugin_utils.state import clean
from ansible_collections.jobledger.core.plugins.plugin_utils.state.record import StateError

_PREFIX = "async_job_clean_"
_ARGUMENTS = dict(
    {
        name: spec
        for name, spec in state._ARGUMENTS.items()
        if name
        in (
            "job_name",
            "host",
            "playbook_name",
            "backend",
            "state_dir",
            "url",
            "oci_bucket",
            "oci_namespace",
            "oci_profile",
            "oci_config_file",
            "oci_region",
            "s3_bucket",
            "s3_prefix",
            "s3_profile",
            "s3_region",
            "s3_endpoint",
            "s3_ca_file",
            "ara_url",
            "ara_user",
            "ara_password_file",
            "ara_ca_file",
            "retries",
            "retry_pause",
            "timeout",
        )
    },
    older_than={"type": "str", "required": True},
    statuses={"type": "list", "elements": "str", "default": []},
    dry_run={"type": "bool", "default": True},
)


class ActionModule(state.ActionModule):
    """Removes old records of jobs that have ended, or shows which would go. In check mode it only shows."""

    def run(self, tmp=None, task_vars=None):
        """Return the task's result; a failed one has a message that says what to do."""
        result = ActionBase.run(self, tmp, task_vars)
        _checked, given = self.validate_argument_spec(argument_spec=_ARGUMENTS)
        try:
            result.update(
                self._clean(dict(given, playbook_file="", run_id="", check_mode=False, id="", which="", nth=0))
            )
        except (StateError, asking.AskError) as error:
            # Returned, not raised: a raised one is shown with a traceback by older versions.
            result.update(failed=True, msg="jobledger.core.async_job_clean: %s" % error)
        return result

    def _clean(self, given) -> dict:
        seconds = asking.duration(_PREFIX + "older_than", given["older_than"])
        wanted = clean.Wanted(
            given["host"], given["playbook_name"], given["job_name"], seconds, given["statuses"], prefix=_PREFIX
        )
        backend = self._backend(given, _PREFIX)
        only_look = given["dry_run"] or self._task.check_mode
        if backend.merges:
            return self._prune(backend, wanted, seconds, given["statuses"], only_look)
        found = clean.sweep(backend, wanted, only_look)
        return {
            "changed": bool(found.records) and not given["dry_run"],
            "records": found.records,
            "removed": 0 if only_look else len(found.records),
            "damaged": found.damaged,
            "kept": found.changed,
        }

    @staticmethod
    def _prune(backend, wanted, seconds, statuses, only_look) -> dict:
        answer = backend.prune("%ds" % seconds, statuses, wanted.narrowing, only_look)
        jobs = sum((answer.get("jobs") or {}).values())
        return {
            "changed": bool(jobs) and not only_look,
            "records": [],
            "removed": 0 if only_look else jobs,
            "damaged": [],
            "kept": [],
            "ledger": answer,
        }
