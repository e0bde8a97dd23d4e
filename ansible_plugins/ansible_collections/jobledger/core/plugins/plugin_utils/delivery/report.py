# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""The one warning at the end of a run: what was not delivered, where it is, and what to do. Pure; safe on any
thread.
"""

from __future__ import annotations

import os

HOW = "The next run here delivers them, or at once: ansible-playbook jobledger.core.replay."


def final_warning(sender, events: int, address, leftovers, moved: str | None = None, first: bool = False) -> str:
    """Return the warning, or an empty text when there is nothing to say. `events` were recorded; `leftovers` are
    Outcomes. `moved` is why the spool is not where it should be; `first` says that this is a container's first process.

    `address` is None where the settings name no ingester that can be asked; the sender's reason says which setting is
    wrong.
    """
    backlog = sender.backlog
    given_up = backlog.dropped_polls + backlog.dropped_context + backlog.dropped
    parts = []
    missing = backlog.waiting + backlog.refused + given_up
    if missing:
        parts.append(
            "%d of %d events were not delivered to %s: %s. The run itself is not affected."
            % (missing, events, address or "the ingester", sender.reason or "the time budget was used up")
        )
    parts += _kept(backlog, moved, first) + _lost(backlog, given_up) + _others(leftovers)
    if backlog.waiting and address:
        parts.append("Check that the ingester runs there (jobledger serve), and JOBLEDGER_URL or [jobledger] url.")
    return " ".join(parts)


def _kept(backlog, moved: str | None, first: bool) -> list[str]:
    found = []
    spooled = backlog.waiting - backlog.in_memory_only
    if spooled:
        found.append("%d events are kept in %s. %s" % (spooled, backlog.path, HOW))
        if moved:
            found.append("They are there because the spool's own directory cannot be used: %s." % moved)
        if first:
            found.append("A container may take its files with it: put spool_dir on a volume.")
    if backlog.refused:
        found.append(
            "%d refused events are in %s." % (backlog.refused, backlog.dead_path)
            if backlog.dead_path
            else "%d events were refused." % backlog.refused
        )
    return found


def _lost(backlog, given_up: int) -> list[str]:
    found = []
    if backlog.trouble:
        found.append(
            "The spool could not be used for everything (%s)%s."
            % (backlog.trouble, ": %d events were sent without it" % backlog.unspooled if backlog.unspooled else "")
        )
    if backlog.in_memory_only or backlog.dropped:
        found.append("%d events are lost." % (backlog.in_memory_only + backlog.dropped))
    if given_up > backlog.dropped:
        found.append(
            "spool_max was reached: %d polls and %d events of context were given up, no launch and no end of a job."
            % (backlog.dropped_polls, backlog.dropped_context)
        )
    if backlog.damaged:
        found.append(
            "%d places of the spool were damaged; what stood there is in %s." % (backlog.damaged, backlog.dead_path)
        )
    return found


def _others(leftovers) -> list[str]:
    found = []
    left = [outcome for outcome in leftovers if outcome.left]
    if left:
        why = next((outcome.trouble for outcome in left if outcome.trouble), None)
        found.append(
            "%d spools of earlier runs are left in %s%s. Deliver them: ansible-playbook jobledger.core.replay."
            % (len(left), os.path.dirname(left[0].path), " (%s)" % why if why else "")
        )
    aside = sum(outcome.refused + outcome.damaged for outcome in leftovers)
    if aside:
        found.append(
            "%d refused or damaged events of earlier runs were set aside in %s, in files named .dead."
            % (aside, os.path.dirname(leftovers[0].path))
        )
    return found
