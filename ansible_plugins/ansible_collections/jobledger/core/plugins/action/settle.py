# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""The controller's side of settle and cancel: asks the ledger for jobs, and tells it what was seen of them. No host
is contacted.
"""

from __future__ import annotations

import getpass
import os
import socket

from ansible import constants
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.jobledger.core.plugins.plugin_utils.acting import asking, telling
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery import record, settings
from ansible_collections.jobledger.core.plugins.plugin_utils.recording import names, redact, run_info
from ansible_collections.jobledger.core.plugins.plugin_utils.state.record import StateError
from ansible_collections.jobledger.core.plugins.plugin_utils.state.settings import Connection

_DEFAULT_URL = "http://127.0.0.1:8740"
_TEXT = {"type": "str", "default": ""}
_ARGUMENTS = {
    "operation": {"type": "str", "required": True, "choices": ["ask", "find", "tell"]},
    "unseen_for": {"type": "str", "default": "15m"},
    "most": {"type": "int", "default": 5000},
    "host": _TEXT,
    "play": _TEXT,
    "job": _TEXT,
    "playbook": _TEXT,
    "run_id": _TEXT,
    "plan": {"type": "dict", "default": {}},
    "registered": {"type": "str", "default": "jobledger_seen"},
    "visits": {"type": "dict"},
    "freed": {"type": "dict", "default": {}},
    "url": _TEXT,
    "timeout": {"type": "float", "default": 10},
}


class ActionModule(ActionBase):
    """Asks or tells the ledger. In check mode it asks, and tells nothing."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp=None, task_vars=None):
        """Return the task's result; a failed one has a message that says what to do."""
        result = super().run(tmp, task_vars)
        _checked, given = self.validate_argument_spec(argument_spec=_ARGUMENTS)
        client = None
        try:
            connection = Connection(given["url"], os.environ, constants.CONFIG_FILE)
            if not connection.url:
                connection = Connection(_DEFAULT_URL, os.environ, constants.CONFIG_FILE)
            client = connection.client(lambda text: Display().warning("jobledger: %s" % text))
            timeout = settings.seconds("timeout", given["timeout"], 0.1, 600)
            question = asking.Question(client, timeout, names.name(socket.gethostname()))
            result.update(getattr(self, "_" + given["operation"])(question, client, timeout, given, task_vars or {}))
        except (StateError, settings.SettingError, asking.AskError, record.RecordError) as error:
            # Returned, not raised: a raised one is shown with a traceback by older versions.
            result.update(failed=True, msg="jobledger.core.settle: %s" % error)
        finally:
            if client is not None:
                client.close()
        return result

    def _ask(self, question, _client, _timeout, given, task_vars):
        if not 1 <= given["most"] <= 1_000_000:
            raise asking.AskError("most must be between 1 and 1000000")
        found = question.unseen(asking.duration("unseen_for", given["unseen_for"]), given["most"])
        return dict(found, changed=False, strange_hosts=_strange(found, task_vars), me=_me())

    def _find(self, question, _client, _timeout, given, task_vars):
        found = question.named(
            *(given[part] for part in ("host", "play", "job")), given["playbook"] or None, given["run_id"] or None
        )
        if found["elsewhere"]:
            raise asking.AskError("%s ran on another controller itself: do this there" % found["elsewhere"][0])
        strange = _strange(found, task_vars)
        if strange:
            raise asking.AskError(
                "%s runs on %s, which the inventory does not know" % (asking.title(found["job"]), strange[0]["host"])
            )
        if found["job"]["status"] in asking.FINAL:
            raise asking.AskError("%s has ended: it is %s" % (asking.title(found["job"]), found["job"]["status"]))
        return dict(found, changed=False, strange_hosts=[], me=_me())

    def _tell(self, question, client, timeout, given, task_vars):
        plan = given["plan"]
        account = telling.Account(plan.get("known") or {}, question.of_id)
        for host, visit in sorted(self._visits(given, task_vars).items()):
            if visit.get("unreachable"):
                account.missed(host, visit.get("msg") or "the host cannot be reached")
            elif visit.get("failed"):
                account.missed(host, visit.get("msg") or "the visit failed", unreached=False)
            elif not visit.get("skipped"):
                account.visited(host, visit)
        for strange in plan.get("strange_hosts") or ():
            account.lines.append(
                "%s: the inventory does not know this host (%d open jobs)" % (strange["host"], strange["jobs"])
            )
        for title in plan.get("elsewhere") or ():
            account.lines.append("%s: it ran on another controller itself; settle it there" % title)
        if plan.get("left_off"):
            account.lines.append("more jobs are open than were looked at: settle again")
        freed = given["freed"] if given["freed"].get("title") else {}
        if freed:
            account.lines.append("%s: its fence was freed: %s" % (freed["title"], freed.get("reason")))
        if (account.events or freed) and not self._task.check_mode:
            labels = {"fence_freed": freed["title"], "fence_freed_reason": freed.get("reason") or ""} if freed else {}
            started = run_info.of_run(
                os.environ.get("JOBLEDGER_RUN_NAME"), labels, redact.Redactor(redact.compiled(None))
            )
            started.update(playbook="settle", kind="playbook")
            telling.send(client, telling.run(started, account.events), timeout)
        return {
            "changed": bool(account.events or freed),
            "lines": account.lines,
            "counts": account.counts,
            "told": len(account.events),
        }

    @staticmethod
    def _visits(given, task_vars) -> dict:
        if given["visits"] is not None:
            return given["visits"]
        hostvars, found = task_vars.get("hostvars"), {}
        for host in task_vars.get("ansible_play_hosts_all") or ():
            # As they are: templating the results of a thousand hosts would take longer than all visits.
            visit = hostvars.raw_get(host).get(given["registered"])
            if isinstance(visit, dict):
                found[host] = visit
        return found


def _strange(found: dict, task_vars: dict) -> list:
    known = set((task_vars.get("groups") or {}).get("all") or ()) | {"localhost", "127.0.0.1", "::1"}
    return [{"host": host, "jobs": len(jobs)} for host, jobs in sorted(found["hosts"].items()) if host not in known]


def _me() -> str:
    try:
        user = getpass.getuser()
    except Exception:  # a container's user often has no passwd entry; the kind of error depends on the Python version
        user = str(os.getuid())
    return names.name("%s@%s" % (user, socket.gethostname()))
