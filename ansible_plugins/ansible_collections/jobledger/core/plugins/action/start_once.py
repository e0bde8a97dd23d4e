# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Action start_once: starts a module as an async job, at most once per job key and generation, or attaches to the
job that is there.
"""

from __future__ import annotations

import os
import time
import uuid

from ansible import constants
from ansible.utils.display import Display
from ansible_collections.jobledger.core.plugins.module_utils import fence_output
from ansible_collections.jobledger.core.plugins.module_utils.fence_layout import DEFAULT_DIR
from ansible_collections.jobledger.core.plugins.plugin_utils.acting import current_run, naming, request
from ansible_collections.jobledger.core.plugins.plugin_utils.acting.seam import STEP, FencedLaunch, SeamChanged
from ansible_collections.jobledger.core.plugins.plugin_utils.recording import launches
from ansible_collections.jobledger.core.plugins.plugin_utils.state.record import StateError

# The keys that this worker has asked for: a worker runs one task on one host, with all items of its loop.
_ASKED: dict = {}


class ActionModule(FencedLaunch):
    """Worker processes only. What it decides nothing about it fails with, and then nothing was started."""

    TRANSFERS_FILES = False

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._key = None

    def run(self, tmp=None, task_vars=None):
        """Return the launch, the attachment, the earlier success or the refusal; Ansible itself polls where `poll`
        is above 0.
        """
        self._supports_async = self._supports_check_mode = True
        variables = task_vars or {}
        # Up to 2.16 a task with both async and check mode is refused by the base class, though only looking is
        # harmless.
        result = {} if self._task.check_mode else super().run(tmp, variables)
        try:
            return dict(result, **self._act(variables))
        except request.BadRequest as error:
            return dict(result, failed=True, msg="start_once: %s" % error)
        except SeamChanged as error:
            return dict(
                result,
                failed=True,
                decision="refused",
                msg="start_once refused: this version of ansible-core is not known to jobledger.core: %s. Nothing was "
                "started" % error,
            )

    def _act(self, variables: dict) -> dict:
        given = self._given()
        self._check_connection()
        module, args = request.payload(given["module"], given["args"])
        self._check_module(given["module"], module)
        request.check_output(given, module)
        key = self._job_key(variables)
        order = self._order_of(given, module, args, key, variables)
        if self._task.check_mode:
            return self._look(order, variables)
        if order["fields"]["output"]:
            args = fence_output.wrap(args)

        def launch():
            if given["fence"] == "ledger":
                return self._claimed(order, variables, module, args)
            return self._checked(self.launch(module, args, variables, order), order)

        return self._settled(self._started(launch, variables, given["on_other"] == "wait"))

    def _given(self) -> dict:
        if not self._task.async_val:
            raise request.BadRequest("it needs async: the seconds that the job may run")
        _checked, given = self.validate_argument_spec(argument_spec=request.OPTIONS)
        return given

    def _check_connection(self) -> None:
        name = getattr(self._connection, "transport", None) or getattr(
            self._connection, "_load_name", "this connection"
        )
        shell = getattr(getattr(self._connection, "_shell", None), "SHELL_FAMILY", "sh")
        if (
            getattr(self._connection, "has_native_async", False)
            or getattr(self._connection, "always_pipeline_modules", False)
            or shell == "powershell"
        ):
            raise request.BadRequest(
                "the connection %s does not run Ansible's async wrapper (it has another way to run async tasks), so "
                "there is no fence: "
                "use ssh or local" % name
            )
        if getattr(self._connection, "force_persistence", False) or name in ("network_cli", "netconf", "httpapi"):
            raise request.BadRequest(
                "the connection %s runs modules on the controller, not on the host, so there is no fence: use ssh or "
                "local" % name
            )

    def _check_module(self, named: str, module: str) -> None:
        if module == request.COMMAND:
            return
        loader = self._shared_loader_obj.action_loader
        if loader.has_plugin(named, collection_list=self._task.collections):
            raise request.BadRequest(
                "%s is an action that works on the controller, too; only what runs on the host as a module can be "
                "started once. Name the module "
                "that it runs (for package: dnf5 or apt, for script: command with a file of the host)" % named
            )

    def _job_key(self, variables: dict) -> dict:
        if self._key is None:
            self._key = naming.job_key(self._task, variables, self._loader, self._templar.template, _warn)
            names = tuple(self._key[part] for part in ("host", "play", "job"))
            if _ASKED.setdefault((self._task._uuid, names), self) is not self:
                raise request.BadRequest(
                    "two items of this loop have the same job name %r, so they are one job. Give them names that "
                    "differ: loop_control label, or "
                    "vars: {jobledger_job: …} that uses the item" % names[2]
                )
        return self._key

    def _order_of(self, given: dict, module: str, args: dict, key: dict, variables: dict) -> dict:
        digest, parts = request.digests(module, args)
        fields = dict(
            key,
            generation=request.generation(given["generation"]),
            digest=digest,
            digests=parts,
            module=given["module"],
            by=current_run.who(),
            no_log=bool(self._task.no_log),
            output=None if self._task.no_log else given["output"],
            output_limit=given["output_limit"],
        )
        directory = given["fence_dir"] or self._variable(variables, "jobledger_fence_dir")
        async_dir, machine = self._async_dir(), self._variable(variables, "jobledger_fence_machine")
        weak = given["fence"] == "ledger"
        if weak and fields["generation"] is None:
            raise request.BadRequest("fence: ledger needs a generation: the ledger keeps one claim for each")
        return {
            "mode": "look" if self._task.check_mode else "start",
            "fields": fields,
            "on_failed": given["on_failed"],
            "nonce": uuid.uuid4().hex,
            "dir": directory or (os.path.join(async_dir, "jobledger-fence") if weak else DEFAULT_DIR),
            "volatile": weak or self._variable(variables, "jobledger_fence_volatile") or False,
            "machine": machine or (fields["execution_host"] if weak else None),
            "whole": bool(self._task.poll),
            "async_dir": async_dir,
        }

    def _async_dir(self) -> str:
        """Return where async_status will look. The host's own idea of `~` may differ: HOME need not be the user's."""
        return self._remote_expand_user(self.get_shell_option("async_dir", default="~/.ansible_async"))

    def _variable(self, variables: dict, name: str):
        source = variables
        if self._task.delegate_to:
            source = (variables.get("ansible_delegated_vars") or {}).get(self._task.delegate_to) or variables
        found = source.get(name)
        return self._templar.template(found) if isinstance(found, str) else found

    def _look(self, order: dict, variables: dict) -> dict:
        self._task.poll = 0  # there is nothing to wait for
        reply = self._checked(
            self._execute_module(module_name=STEP, module_args={"order": order}, task_vars=variables), order
        )
        self._remove_tmp_path(self._connection._shell.tmpdir)
        if "decision" not in reply:
            return reply
        found = {key: reply[key] for key in ("decision", "failed", "msg", "changed") if key in reply}
        # Who would start it, where nobody has: a task that tells it must not fail in a dry run.
        fence = reply.get("fence") or dict(order["fields"]["by"], generation=order["fields"]["generation"])
        # Without the id: whoever reads one, the recorder too, takes the job for this run's.
        shown = {key: value for key, value in fence.items() if key not in ("ansible_job_id", "results_file")}
        return dict(found, fence=shown, looked_only=True, skipped=False)

    def _started(self, launch, variables: dict, wait: bool) -> dict:
        until = time.monotonic() + self._task.async_val
        while True:
            reply = launch()
            if reply.get("decision") in ("started", "attached"):
                # Now, and not at the first poll: nobody else would know the job if this controller died before.
                item = naming.item(self._task, variables, self._templar.template)
                launches.tell(self._task, variables["inventory_hostname"], reply, item)
            if (
                not (wait and reply.get("decision") == "refused" and reply.pop("other", False))
                or time.monotonic() >= until
            ):
                reply.pop("other", None)
                reply.pop("busy", None)
                return reply
            time.sleep(max(1.0, float(self._task.poll or 0)))

    def _claimed(self, order: dict, variables: dict, module: str, args: dict) -> dict:
        """Launch where the host says that nothing is there, and the ledger accepts the claim."""
        # Imported here: most tasks need no HTTP.
        from ansible_collections.jobledger.core.plugins.plugin_utils.acting import ledger_fence
        from ansible_collections.jobledger.core.plugins.plugin_utils.delivery.record import RecordError

        try:
            fence = ledger_fence.LedgerFence(self._ledger(), order["fields"], order["on_failed"])
            while True:
                look = dict(order, mode="look")
                seen = self._checked(
                    self._execute_module(module_name=STEP, module_args={"order": look}, task_vars=variables), look
                )
                try:
                    claimed = {"job_id": fence.claim()} if seen.get("decision") == "started" else {}
                except ledger_fence.NotClaimed as error:
                    if error.answer is None:
                        time.sleep(1.0)
                        continue
                    self._remove_tmp_path(self._connection._shell.tmpdir)  # the step, which would do it, does not run
                    return error.answer or _refused(str(error))
                order.update(claimed)
                return self._checked(self.launch(module, args, variables, order), order)
        except (RecordError, StateError) as error:
            return _refused("the ledger decides whether this job may be started, and it cannot be asked: %s" % error)

    def _ledger(self):
        from ansible_collections.jobledger.core.plugins.plugin_utils.state.settings import Connection

        connection = Connection("", os.environ, constants.CONFIG_FILE)
        if not connection.url:
            raise request.BadRequest("fence: ledger needs an ingester: set JOBLEDGER_URL, or [jobledger] url")
        return connection.client(lambda text: None)

    def _checked(self, reply: dict, order: dict) -> dict:
        if reply.pop("fence_nonce", None) == order["nonce"]:
            return reply
        if reply.get("failed") or reply.get("unreachable"):
            return reply
        raise SeamChanged("the answer is not that of the fence's step")

    def _settled(self, reply: dict) -> dict:
        if reply.get("decision") == "already_succeeded":
            self._task.poll = 0  # the result is here already
            said = self._second_opinion(reply.get("fence") or {})
            if said:
                return {
                    "failed": True,
                    "changed": False,
                    "decision": "refused",
                    "msg": "start_once refused: %s" % said,
                    "fence": reply["fence"],
                }
        if reply.get("decision") != "started":
            reply["changed"] = False  # Ansible says of every async launch that it changed something
        return reply

    def _second_opinion(self, fence: dict) -> str | None:
        # Imported here: most tasks need no HTTP.
        from ansible_collections.jobledger.core.plugins.plugin_utils.acting import second_opinion
        from ansible_collections.jobledger.core.plugins.plugin_utils.state.settings import Connection

        try:
            connection = Connection("", os.environ, constants.CONFIG_FILE)
            return (
                second_opinion.contradiction(connection.client(lambda text: None), self._key, fence)
                if connection.url
                else None
            )
        except StateError:
            return None  # a ledger that cannot be asked has no say; the recorder tells what is wrong with its settings


def _warn(text: str) -> None:
    Display().warning("jobledger: %s" % text)


def _refused(why: str) -> dict:
    return {"failed": True, "changed": False, "decision": "refused", "msg": "start_once refused: %s" % why}
