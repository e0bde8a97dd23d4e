# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""The job key of a task in a worker process, by the code that the recorder uses in the main process, so that both
agree.

Worker processes only.
"""

from __future__ import annotations

import hashlib
from types import SimpleNamespace

from ..recording import names
from ..recording.task_context import TaskContext


class _Worker:
    """What TaskContext asks of a play: the task's variables, which a worker already has."""

    def __init__(self, loader, variables: dict) -> None:
        self._loader = loader
        self._variables = variables

    def get_variable_manager(self) -> "_Worker":
        return self

    def get_vars(self, play, host, task) -> dict:
        return self._variables


def job_key(task, variables: dict, loader, template, warn) -> dict:
    """Return host, play, job and task of the job that this task, or this item of its loop, starts.

    `template(text)` evaluates the label of a loop item. Under `no_log` an item's label is replaced by its digest.
    """
    host = str(variables["inventory_hostname"])
    worker = _Worker(loader, variables)
    context = TaskContext({}, worker, None, SimpleNamespace(name=host), task, None, warn)
    result = item(task, variables, template)
    launch = context.launch(task, result)
    play = names.name(variables.get("ansible_play_name")) or "unnamed"
    named = {"host": launch["host"], "play": play, "job": launch["job"], "task": launch["task"]}
    return dict(named, execution_host=launch["execution_host"] or launch["host"])


def item(task, variables: dict, template) -> dict:
    """Return what Ansible will add to the result of a loop's item; {} where the task is no loop."""
    if not task.loop_with and task.loop is None:
        return {}
    variable = variables.get("ansible_loop_var") or getattr(task.loop_control, "loop_var", None) or "item"
    if variable not in variables:
        return {}
    label = getattr(task.loop_control, "label", None)
    shown = template(label) if label else variables[variable]
    if task.no_log:
        shown = "item %s" % hashlib.sha256(str(shown).encode("utf-8", "surrogatepass")).hexdigest()[:12]
    result = {"ansible_loop_var": variable, variable: variables[variable], "_ansible_item_label": shown}
    result.update((key, variables[key]) for key in ("ansible_index_var", "ansible_loop") if key in variables)
    index = variables.get("ansible_index_var")
    if index and index in variables:
        result[index] = variables[index]
    return result
