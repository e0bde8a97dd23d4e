"""A test-only action: start_once that tells of its launch by the public way, from its worker."""

from __future__ import annotations

from ansible_collections.jobledger.core.plugins.action.start_once import ActionModule as StartOnce
from ansible_collections.jobledger.core.plugins.plugin_utils.recording import launches


class ActionModule(StartOnce):
    """See the top of this file."""

    def _started(self, module, args, variables, order, wait):
        reply = super()._started(module, args, variables, order, wait)
        launches.tell(self._task, variables["inventory_hostname"], reply)
        return reply
