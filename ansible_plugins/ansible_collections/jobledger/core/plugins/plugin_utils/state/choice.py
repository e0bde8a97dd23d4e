# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Which of the records under one name a load means. Pure functions, the same rule for every backend."""

from __future__ import annotations

from . import record as state_record
from .record import StateError

WAYS = "async_job_load_playbook_file, async_job_load_id, async_job_load_run_id or async_job_load_which"


class Choice:
    """What the caller says of which record is meant; an empty part says nothing. Raises StateError for a part that
    makes no sense.
    """

    def __init__(self, given: dict, prefix: str = "async_job_load_") -> None:
        self.playbook = given.get("playbook_file") or ""
        self.run_id = given.get("run_id") or ""
        self.id = given.get("id") or ""
        self.which = given.get("which") or ""
        self.nth = given.get("nth") or 0
        if self.which not in ("", "newest", "oldest"):
            raise StateError("%swhich is %r; it must be newest or oldest" % (prefix, self.which))
        if self.nth < 0:
            raise StateError("%snth must be 1 or more: 1 is the latest record of the name, 2 the one before" % prefix)
        if self.which and self.nth:
            raise StateError("%swhich and %snth cannot both be set: say it one way" % (prefix, prefix))

    @property
    def parameters(self) -> dict:
        """The same as parameters of a request to an ingester."""
        return {
            "playbook": self.playbook,
            "run_id": self.run_id,
            "id": self.id,
            "which": self.which,
            "nth": str(self.nth) if self.nth else "",
        }

    @property
    def said(self) -> bool:
        """Whether the caller said anything."""
        return any(self.parameters.values())


def choose(held: list[dict], own: str | None, choice: Choice) -> tuple[dict | None, str | None]:
    """Return the record that a load means, and the other playbook that saved it, or None for one's own. `held` are a
    file's records; `own` is the running playbook's file.

    Raises StateError where several could be meant.
    """
    fits = [
        record
        for record in held
        if record.get("check_mode") is not True
        and (not choice.playbook or choice.playbook in (record.get("playbook"), record.get("playbook_path")))
        and (not choice.id or record["ansible_job_id"] == choice.id)
    ]
    other = None
    if not (choice.playbook or choice.id or choice.nth):
        fits, other = _of_one_playbook(fits, own)
    fits.sort(key=state_record.started, reverse=True)
    if choice.nth:
        return (fits[choice.nth - 1] if len(fits) >= choice.nth else None), other
    running = [record for record in fits if record.get("status") == "running"]
    if len(running) > 1:
        # As a ledger does: whatever ran them must have ended those by now. Where that is true of all, the newest is
        # meant.
        running = [record for record in running if not state_record.outlived(record)] or running[:1]
    if len(running) > 1 and not choice.which:
        raise StateError(
            "%d open jobs have this name: %s. Say which with %s."
            % (len(running), "; ".join(map(_named, running[:20])), WAYS)
        )
    if running:
        return running[-1 if choice.which == "oldest" else 0], other
    return (fits[0] if fits else None), other


def others_warning(own: str, playbook: str, key) -> str:
    """Return the warning that a record is another playbook's."""
    return (
        "async_job_load: the record of %s was saved by the playbook %s, not by %s. Set async_job_load_playbook_file "
        "to say that it is meant." % (key, playbook, own)
    )


def several(playbooks) -> StateError:
    """Return the error that several other playbooks have a record of the name."""
    return StateError(
        "several playbooks have a record of this name, and this one has none: %s. Say which with "
        "async_job_load_playbook_file." % ", ".join(sorted(playbooks))
    )


def _of_one_playbook(held: list[dict], own: str | None) -> tuple[list[dict], str | None]:
    playbooks = {record.get("playbook") for record in held}
    for mine in (own, None):
        # A record that names no playbook is no other's.
        if mine in playbooks:
            return [record for record in held if record.get("playbook") == mine], None
    if len(playbooks) > 1:
        raise several(playbooks)
    return held, next(iter(playbooks)) if playbooks and own else None


def _named(record: dict) -> str:
    return "id=%s playbook=%s started_at=%s" % tuple(
        record.get(field) or "-" for field in ("ansible_job_id", "playbook", "started_at")
    )
