# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Action behind the roles async_job_save and async_job_load. All of it runs on the controller; no host is contacted."""

from __future__ import annotations

import contextlib
import os
import sys

from ansible import constants
from ansible import context as cli_context
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.jobledger.core.plugins.plugin_utils.state import choice as state_choice
from ansible_collections.jobledger.core.plugins.plugin_utils.state import known as state_known
from ansible_collections.jobledger.core.plugins.plugin_utils.state import record as state_record
from ansible_collections.jobledger.core.plugins.plugin_utils.state.files import StateFiles
from ansible_collections.jobledger.core.plugins.plugin_utils.state.record import StateError

_TEXT = {"type": "str", "default": ""}
_ARGUMENTS = {
    "operation": {"type": "str", "required": True, "choices": ["save", "load"]},
    "job_name": _TEXT,
    "host": _TEXT,
    "playbook_name": _TEXT,
    "ansible_job_id": {"type": "raw"},
    "metadata": {"type": "raw"},
    "status": {"type": "raw"},
    "results_file": _TEXT,
    "execution_host": _TEXT,
    "started_at": _TEXT,
    "run_id": _TEXT,
    "playbook_file": _TEXT,
    "id": _TEXT,
    "which": _TEXT,
    "nth": {"type": "int", "default": 0},
    "backend": {"type": "str", "default": "filesystem"},
    "state_dir": _TEXT,
    "url": _TEXT,
    "oci_bucket": _TEXT,
    "oci_namespace": _TEXT,
    "oci_profile": _TEXT,
    "oci_config_file": _TEXT,
    "oci_region": _TEXT,
    "s3_bucket": _TEXT,
    "s3_prefix": _TEXT,
    "s3_profile": _TEXT,
    "s3_region": _TEXT,
    "s3_endpoint": _TEXT,
    "s3_ca_file": _TEXT,
    "ara_url": _TEXT,
    "ara_user": _TEXT,
    "ara_password_file": _TEXT,
    "ara_ca_file": _TEXT,
    "retries": {"type": "int", "default": 3},
    "retry_pause": {"type": "float", "default": 2},
    "timeout": {"type": "float", "default": 10},
}


class ActionModule(ActionBase):
    """Saves or loads one record. In check mode it reads, and writes nothing."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp=None, task_vars=None):
        """Return the task's result; a failed one has a message that says what to do."""
        result = super().run(tmp, task_vars)
        _checked, given = self.validate_argument_spec(argument_spec=_ARGUMENTS)
        prefix = "async_job_%s_" % given["operation"]
        try:
            key = state_record.Key(given["host"], given["playbook_name"], given["job_name"], prefix)
            backend = self._backend(given, prefix)
            work = self._save if given["operation"] == "save" else self._load
            result.update(work(backend, key, given, prefix, task_vars or {}))
        except StateError as error:
            # Returned, not raised: a raised one is shown with a traceback by older versions.
            result.update(failed=True, msg="jobledger.core.%s: %s" % (prefix.rstrip("_"), error))
        return result

    def _save(self, backend, key, given, prefix, task_vars) -> dict:
        job_id = state_record.job_id(given["ansible_job_id"], prefix + "ansible_job_id")
        started = state_record.time(given["started_at"], prefix + "started_at")
        # A job of the past was not started by the playbook that saves it now.
        known = {
            "playbook": None if started else _playbook(),
            "started_at": started,
            "results_file": given["results_file"] or None,
            "execution_host": given["execution_host"] or None,
        }
        known = dict(state_known.launch(task_vars, job_id), **{name: value for name, value in known.items() if value})
        known.update(state_known.status(given["status"], prefix + "status"))
        record = state_record.make(key, job_id, state_record.metadata(given["metadata"], prefix + "metadata"), known)
        return {"changed": self._write(backend, key, record), "state_file": backend.place(key)}

    def _write(self, backend, key, record) -> bool:
        """Write what the record changes; return whether it changes anything."""
        if backend.merges:
            # And knows the job's start better than the time of saving.
            state_record.dump(record)
            if not self._task.check_mode:
                backend.put(key, record)
            return True
        with contextlib.nullcontext() if self._task.check_mode else backend.locked(key):
            merged = state_record.merge(backend.get(key), record, state_record.now())
            if merged is not None and not self._task.check_mode:
                backend.put(key, merged)
        return merged is not None

    @staticmethod
    def _load(backend, key, given, prefix, task_vars) -> dict:
        choice, own = state_choice.Choice(given, prefix), _playbook()
        record, other = (
            backend.find(key, own)
            if backend.merges
            else state_choice.choose(state_record.split(backend.get(key)), own, choice)
        )
        if other:
            Display().warning("jobledger: %s" % state_choice.others_warning(own, other, key))
        found = record or {}
        job = {
            name: found.get(name) or ""
            for name in ("ansible_job_id", "host", "status", "results_file", "execution_host")
        }
        job.update(metadata=found.get("metadata") or {}, async_dir=state_record.async_dir(found))
        # Below `job`, so that no callback takes this task for the one that started the job.
        return {"changed": False, "found": record is not None, "job": job, "record": found}

    def _backend(self, given, prefix):
        name = given["backend"]
        if name not in ("filesystem", "oci", "s3", "ara", "ingester"):
            raise StateError("%sbackend is %r; it must be filesystem, oci, s3, ara or ingester" % (prefix, name))
        if name == "filesystem":
            return StateFiles(self._state_dir(given["state_dir"], prefix))
        return self._remote(name, given, prefix)

    @staticmethod
    def _remote(name, given, prefix):
        # Imported here: every task of every host runs in a fork of its own, and most need neither HTTP nor OCI.
        from ansible_collections.jobledger.core.plugins.plugin_utils.state import bucket as state_oci
        from ansible_collections.jobledger.core.plugins.plugin_utils.state.ingester import StateIngester
        from ansible_collections.jobledger.core.plugins.plugin_utils.state.oci_profile import Profile
        from ansible_collections.jobledger.core.plugins.plugin_utils.state.settings import Connection

        retry = _retry(given, prefix)
        if name == "ara":
            from ansible_collections.jobledger.core.plugins.plugin_utils.state import ara

            return ara.StateAra(ara.Server(given, os.environ, prefix), retry, given["timeout"])
        connection = Connection(given["url"], os.environ, constants.CONFIG_FILE)
        which = state_choice.Choice(given, prefix)
        if name == "ingester":
            if not connection.url:
                raise StateError(
                    "no ingester is set: set %surl, JOBLEDGER_URL, or url in the section [jobledger] of ansible.cfg"
                    % prefix
                )
            return StateIngester(connection.client(_warn), retry, given["timeout"], which)
        if name == "s3":
            return _s3(given, prefix, connection, retry, which)
        if not given["oci_bucket"]:
            raise StateError("%soci_bucket is missing: the oci backend needs the name of a bucket that exists" % prefix)
        if connection.url:
            return StateIngester(
                connection.client(_warn), retry, given["timeout"], which, given["oci_bucket"], given["oci_namespace"]
            )
        profile = Profile(given["oci_config_file"], given["oci_profile"], given["oci_region"], os.environ)
        return state_oci.connect(
            given["oci_bucket"],
            given["oci_namespace"],
            profile,
            retry,
            given["timeout"],
            prefix,
            sys.executable,
            os.environ,
        )

    def _state_dir(self, given: str, prefix: str) -> str:
        if not given.strip():
            raise StateError("%sstate_dir is empty: name a directory of the controller" % prefix)
        # The directory of the playbook, as for every relative path in a task that runs locally; not where the command
        # was typed.
        return os.path.normpath(os.path.join(os.path.abspath(self._loader.get_basedir()), os.path.expanduser(given)))


def _s3(given, prefix, connection, retry, which):
    from ansible_collections.jobledger.core.plugins.plugin_utils.state import s3
    from ansible_collections.jobledger.core.plugins.plugin_utils.state.ingester import StateIngester

    if not given["s3_bucket"]:
        raise StateError("%ss3_bucket is missing: the s3 backend needs the name of a bucket that exists" % prefix)
    if connection.url:
        client = connection.client(_warn)
        return StateIngester(client, retry, given["timeout"], which, given["s3_bucket"], scheme="s3")
    place = s3.Place(given, os.environ)
    return s3.connect(place, retry, given["timeout"], prefix, sys.executable, os.environ)


def _warn(text: str) -> None:
    Display().warning("jobledger: %s" % text)


def _playbook() -> str | None:
    named = cli_context.CLIARGS.get("args") or ()
    # Of several playbooks on one command line, the current one cannot be told from here.
    return (
        os.path.basename(named[0]) if len(named) == 1 and str(named[0]).endswith((".yml", ".yaml", ".json")) else None
    )


def _retry(given: dict, prefix: str):
    from ansible_collections.jobledger.core.plugins.plugin_utils.state.retry import Retry

    for name, least, most in (("retries", 1, 100), ("retry_pause", 0, 3600), ("timeout", 0.1, 600)):
        if not least <= given[name] <= most:
            raise StateError("%s%s must be between %s and %s" % (prefix, name, least, most))
    return Retry(given["retries"], given["retry_pause"])
