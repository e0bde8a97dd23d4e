# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""An async task on one host, from its start to its last result: names, limits and how it runs.

Made only for async tasks, because gathering a task's variables costs about as much as starting it. Main process only.
"""

from __future__ import annotations

from ansible.template import Templar

from . import names

_MOST = 2**53 - 1  # a larger number is not the same one to every reader of JSON


class TaskContext:
    """One async task on one host. `where` has the run's `playbook`, `playbook_path` and `play`.

    `warn(text)` is called when a `jobledger_job` cannot be used. Building it never raises for a user's mistake.
    """

    def __init__(self, where: dict, play, play_context, host, task, at, warn) -> None:
        self.host = host.name
        self.task = task
        self.mark = at  # when the launch that comes next was begun: the task's start, then the end of the item before
        self.current_id: str | None = None
        self.retries_seen = 0
        self.intent: int | None = None  # the number of the event that said that this task may start a job
        self.attempts_pending: list = []  # launches of a loop whose item is not known yet
        self.is_loop = bool(task.loop_with or task.loop is not None)
        self._name = _written_name(task)
        self._where = where
        self._play_context = play_context
        self._warn = warn
        manager = play.get_variable_manager()
        self._loader = manager._loader
        self._vars = _gathered(manager, play, host, task)

    def variable(self, key: str):
        """Return a variable of the task as it is written, its template not evaluated; None when there is none."""
        return self._vars.get(key)

    def launch(self, task, result: dict) -> dict:
        """Return the fields of `job_started` for a result of this task (`{}` when none is there yet)."""
        loop_variable = result.get("ansible_loop_var")
        item = self._item_vars(result, loop_variable)
        label = result.get("_ansible_item_label", result.get(loop_variable)) if loop_variable else None
        label = names.name(label) if label is not None and "censored" not in result else None
        delegated = _delegated(result)
        task_name = self._task_name(item)
        fields = {
            "host": names.name(self.host),
            "execution_host": self._execution_host(task, delegated, item),
            "task": task_name,
            "job": self._job_name(item, loop_variable, label, task_name),
            "label": names.cut(label, names.MAX_LABEL_BYTES) if label else None,
            "action": names.name(task.action),
            "async": _integer(task.async_val),
            "poll": _integer(task.poll),
            "check_mode": bool(task.check_mode),
            "no_log": task.no_log is True or "censored" in result,
        }
        fields.update(self._where)
        fields.update(self._how(task, delegated))
        return fields

    def place(self, task, result: dict) -> str | None:
        """Return the host that the job of a result really runs on."""
        return self._execution_host(
            task, _delegated(result), self._item_vars(result, result.get("ansible_loop_var"))
        ) or names.name(self.host)

    def _job_name(self, item: dict, loop_variable: str | None, label: str | None, task_name: str) -> str:
        # No label is added when the name's own text uses the loop variable: then it differs by item already.
        text = self._vars.get("jobledger_job")
        found = None
        if text is not None and (item or not names.mentions(text, self._loop_variable())):
            found = self._jobledger_job(text, item)
        if found is None:
            text, found = self._name, task_name
        return found if names.mentions(text, loop_variable) else names.with_label(found, label)

    def _jobledger_job(self, text, item: dict) -> str | None:
        try:
            given = self._template(text, item)
            found = names.name(given)
            if found:
                return found
            if given and given == self._vars.get("omit"):
                return None  # a way to say that there is none
            why = "it is empty" if not given else "a part of it is omitted"
        except Exception as error:  # whatever a template can raise, the task's name is still there
            if _says_omit(error):
                return None
            # The error's text is left out: it may quote a variable's value.
            why = "its template fails (%s)" % type(error).__name__
        self._warn(
            "jobledger_job of task %r on host %s cannot be used: %s. The task's name is used instead."
            % (self._task_name({}), self.host, why)
        )
        return None

    def _task_name(self, item: dict) -> str:
        name = self._name
        if name and _is_template(name):
            try:
                name = self._template(name, item)
            except Exception as error:  # as Ansible does, show the name as it is written
                name = None if _says_omit(error) else self._name
        return names.name(name) or names.name(self.task.action) or "unnamed"

    def _execution_host(self, task, delegated: dict, item: dict) -> str | None:
        for found in (delegated.get("ansible_delegated_host"), task.delegate_to):
            if found and "{{" not in str(found):
                return names.name(found)
        if task.delegate_to:
            try:
                return names.name(self._template(task.delegate_to, item))
            except Exception:  # not known yet: the item's own result will tell
                return None
        return names.name(self.host)

    def _how(self, task, delegated: dict) -> dict:
        context = self._play_context
        if task.delegate_to:
            # The other host's own variables are not in this task's; the result has the few that matter.
            user, connection = delegated.get("ansible_user"), delegated.get("ansible_connection")
        else:
            user = (
                self._variable("ansible_user", "ansible_ssh_user")
                or task.remote_user
                or getattr(context, "remote_user", None)
            )
            # As it is written: from 2.19 on a result's task has it resolved to `ansible.builtin.…` in some hooks only.
            connection = (
                self._variable("ansible_connection") or self.task.connection or getattr(context, "connection", None)
            )
        become = self._variable("ansible_become")
        become_user = None
        if task.become if become is None else str(become).lower() in ("true", "yes", "1", "on"):
            become_user = (
                self._variable("ansible_become_user")
                or task.become_user
                or getattr(context, "become_user", None)
                or "root"
            )
        return {"remote_user": _plain(user), "connection": _plain(connection), "become_user": _plain(become_user)}

    def _variable(self, *candidates: str):
        for key in candidates:
            found = self._vars.get(key)
            if found is None or found == "":
                continue
            try:
                return self._template(found, {}) if isinstance(found, str) and "{{" in found else found
            except Exception:  # not known; the connection itself would have failed if it mattered
                continue
        return None

    def _loop_variable(self) -> str | None:
        if not self.is_loop:
            return None
        return getattr(self.task.loop_control, "loop_var", None) or "item"

    @staticmethod
    def _item_vars(result: dict, loop_variable: str | None) -> dict:
        if not loop_variable:
            return {}
        found = {key: result[key] for key in ("ansible_loop_var", "ansible_index_var", "ansible_loop") if key in result}
        for key in (loop_variable, result.get("ansible_index_var")):
            if key and key in result:
                found[key] = result[key]
        return found

    def _template(self, text, item: dict):
        return Templar(loader=self._loader, variables=dict(self._vars, **item) if item else self._vars).template(text)


def _written_name(task):
    # From 2.19 on `name` is templated once, for the first host; what stands in the playbook has to be templated for
    # each.
    written = task.get_ds()
    name = written.get("name") if isinstance(written, dict) else None
    return name if isinstance(name, str) and _is_template(name) else task.name


def _is_template(text: str) -> bool:
    return "{{" in text or "{%" in text


def _says_omit(error: Exception) -> bool:
    return type(error).__name__ == "AnsibleValueOmittedError"  # from 2.19 on; earlier versions give a text, see names


def _delegated(result: dict) -> dict:
    found = result.get("_ansible_delegated_vars")
    return found if isinstance(found, dict) else {}


def _gathered(manager, play, host, task) -> dict:
    options = {"play": play, "host": host, "task": task}
    if "include_delegate_to" in manager.get_vars.__code__.co_varnames:
        options["include_delegate_to"] = False  # up to 2.18 it would evaluate the task's loop a second time
    return manager.get_vars(**options)


def _integer(value) -> int | None:
    try:
        return max(-_MOST, min(_MOST, int(value)))
    except (TypeError, ValueError, OverflowError):
        return None  # still a template


def _plain(value) -> str | None:
    return names.name(value) if isinstance(value, (str, int)) and "{{" not in str(value) else None
