# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""What the play's variables already say of a job that is about to be saved. Pure functions."""

from __future__ import annotations

from ..recording import evidence
from . import record

# Views of all hosts' variables, which would be templated whole.
_VIEWS = ("hostvars", "vars", "groups")


def launch(variables: dict, job_id: str) -> dict:
    """Return `results_file` of the registered result that started this job; empty when no variable holds it.

    Thus a playbook that saves no more than the id still lets a resume find the job's directory.
    """
    for name, value in variables.items():
        if isinstance(value, dict) and name not in _VIEWS:
            for result in (value, *_items(value)):
                if isinstance(result, dict) and result.get("ansible_job_id") == job_id and result.get("results_file"):
                    return {"results_file": str(result["results_file"])}
    return {}


def status(given: object, variable: str = "status") -> dict:
    """Return `status`, and `rc` and `message` where they are seen, of a word or of the registered result of
    `async_status`.

    Empty for an empty value. Raises StateError for anything else.
    """
    if given is None or given == "" or given == {}:
        return {}
    if isinstance(given, dict):
        finding = evidence.of_status_check(given, not given.get("failed"))
        if finding.kind == evidence.ALIVE:
            return {"status": "running"}
        if finding.kind == evidence.ENDED:
            found = {
                "status": finding.status,
                "rc": finding.details.get("rc"),
                "message": finding.details.get("message"),
            }
            if not evidence.may_be_told(found["message"]) and finding.status != "cancelled":
                del found["message"]
            return {name: value for name, value in found.items() if value is not None}
        raise record.StateError(
            "%s is a result that does not tell how the job stands: give what async_status returned" % variable
        )
    if given not in record.STATUSES:
        raise record.StateError(
            "%s is %r; it must be one of %s, or the registered result of async_status"
            % (variable, given, ", ".join(record.STATUSES))
        )
    return {"status": str(given)}


def _items(value: dict) -> tuple:
    results = value.get("results")
    return tuple(results) if isinstance(results, (list, tuple)) else ()
