# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""The private seam of Ansible that start_once uses, in one place: docs/explanation/start-once.md is the decision
record.

`_execute_module` with `wrap_async` builds and delivers payload, environment and become, and asks `_configure_module`
for the wrapper. Here another wrapper is handed on. Whatever does not go that way is refused before it runs. Worker
processes only.
"""

from __future__ import annotations

import re

from ansible.plugins.action import ActionBase

STEP = "jobledger.core.fence_step"
_STOCK = ("ansible.legacy.async_wrapper", "ansible.builtin.async_wrapper", "async_wrapper")
_RUNS_NOTHING = re.compile(r"^\s*(?:/\S*/)?(?:chmod|chown|chgrp|setfacl|mkdir|rm|echo|test|\()\b|^\s*\(")


class SeamChanged(Exception):
    """This ansible-core does not launch async jobs in the way that is known here. Nothing was started."""


class FencedLaunch(ActionBase):
    """An action that can launch its module by the step of the fence instead of Ansible's async wrapper."""

    _order: dict | None = None
    _handed_on = False

    def launch(self, module_name: str, module_args: dict, task_vars: dict, order: dict) -> dict:
        """Deliver the module with the fence's step, run the step, and return what it answers. Raises SeamChanged."""
        for name in ("_execute_module", "_configure_module", "_low_level_execute_command"):
            if not callable(getattr(ActionBase, name, None)):
                raise SeamChanged("it has no %s" % name)
        self._order, self._handed_on = order, False
        try:
            reply = self._execute_module(
                module_name=module_name,
                module_args=dict(module_args),
                task_vars=task_vars,
                wrap_async=self._task.async_val,
            )
        finally:
            self._order = None
        if not self._handed_on and not reply.get("failed") and not reply.get("unreachable"):
            raise SeamChanged("it did not ask for its async wrapper")
        return reply

    def _configure_module(self, module_name, module_args, task_vars, *more, **named):
        if self._order is not None and module_name in _STOCK:
            self._handed_on = True
            return super()._configure_module(STEP, {"order": self._order}, task_vars, *more, **named)
        return super()._configure_module(module_name, module_args, task_vars, *more, **named)

    def _low_level_execute_command(self, cmd, *more, **named):
        if self._order is not None and not self._may_run(str(cmd)):
            raise SeamChanged("it would run the module without the fence's step")
        return super()._low_level_execute_command(cmd, *more, **named)

    def _may_run(self, command: str) -> bool:
        if "async_wrapper" in command:
            return False
        # The module's file may be named to prepare it; whatever runs it has to go through the step.
        return "AnsiballZ_" not in command or STEP.rsplit(".", 1)[1] in command or bool(_RUNS_NOTHING.match(command))
