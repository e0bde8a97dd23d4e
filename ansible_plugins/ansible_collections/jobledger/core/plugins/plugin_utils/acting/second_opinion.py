# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""What the ledger says of a job that the host calls a success: a play may have judged otherwise. Worker processes only.

The ledger is not needed for a decision. One that is away, or knows nothing, has no say.
"""

from __future__ import annotations

from ..delivery import record
from ..recording import names

_SECONDS = 2.0
_CONTRADICTS = ("failed", "timed_out", "cancelled")


def contradiction(client, key: dict, fence: dict) -> str | None:
    """Return what to say where the ledger's record of this very job has another end; None where it agrees or cannot
    be asked.
    """
    try:
        found = record.fetch(client, record.path_of(key["host"], key["play"], key["job"]), _SECONDS)
    except record.RecordError:
        return None
    if found.get("ansible_job_id") != fence.get("ansible_job_id") or found.get("status") not in _CONTRADICTS:
        return None
    told = names.message(found.get("message"))
    return (
        "the host says that job %s has succeeded (%s), and the ledger at %s says that it has %s%s, as run %s saw it. "
        "Look at it; then set a new generation, or free the fence with "
        "jobledger.core.settle"
        % (
            fence.get("ansible_job_id"),
            fence.get("attempt"),
            client.address,
            _WORDS[found["status"]],
            " (%s)" % told if told else "",
            found.get("run_id"),
        )
    )


_WORDS = {"failed": "failed", "timed_out": "run out of its time", "cancelled": "been cancelled"}
