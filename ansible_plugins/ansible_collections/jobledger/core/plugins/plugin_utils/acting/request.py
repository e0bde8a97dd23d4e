# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""What a start_once task asks for, checked. Pure functions, safe on any thread."""

from __future__ import annotations

import hashlib
import json

from ansible_collections.jobledger.core.plugins.module_utils import fence_output

OPTIONS = {
    "module": {"type": "str", "required": True},
    "args": {"type": "dict", "default": {}},
    "generation": {"type": "raw"},
    "on_failed": {"type": "str", "default": "fail", "choices": ["fail", "restart"]},
    "on_other": {"type": "str", "default": "refuse", "choices": ["refuse", "wait"]},
    "output": {"type": "str", "choices": ["keep"]},
    "output_limit": {"type": "int", "default": fence_output.LIMIT},
    "fence_dir": {"type": "str"},
    "fence": {"type": "str", "default": "host", "choices": ["host", "ledger"]},
}
COMMAND = "ansible.legacy.command"
_COMMANDS = {"command": False, "shell": True}


class BadRequest(ValueError):
    """The task asks for something that cannot be; the text says what and which way out there is."""


def payload(module: str, args: dict) -> tuple:
    """Return (module, arguments) as Ansible's own action would run it: shell is command by another name."""
    short = module.rsplit(".", 1)[-1]
    if module in (short, "ansible.builtin." + short, "ansible.legacy." + short) and short in _COMMANDS:
        args = dict(args)
        if _COMMANDS[short]:
            if "argv" in args:
                raise BadRequest("ansible.builtin.shell has no argv: give cmd")
            args["_uses_shell"] = True
        if "cmd" in args:
            args["_raw_params"] = args.pop("cmd")
        if args.get("_raw_params") and args.get("argv"):
            raise BadRequest("give either cmd or argv, not both")
        if not args.get("_raw_params") and not args.get("argv"):
            raise BadRequest("%s needs args with cmd" % module)
        return COMMAND, args
    return module, args


def check_output(given: dict, module: str) -> None:
    """Raises BadRequest for output that cannot be kept."""
    if given["output"] and module != COMMAND:
        raise BadRequest("output: keep is for command and shell; what other modules write is their result")
    if given["output_limit"] < fence_output.LEAST_LIMIT:
        raise BadRequest("output_limit must be at least %d bytes" % fence_output.LEAST_LIMIT)


def generation(value) -> str | None:
    """Return the generation as text; None for none. Raises BadRequest for what is no name."""
    if value is None:
        return None
    if isinstance(value, (dict, list, bool)):
        raise BadRequest("generation must be a text or a number, such as a release")
    text = str(value).strip()
    if not text:
        raise BadRequest("generation is empty: leave it out where a job that has ended may be started again")
    if len(text) > 255 or any(ord(char) < 32 for char in text):
        raise BadRequest("generation must have at most 255 characters and no control characters")
    if text.startswith("__omit_place_holder__"):
        return None
    return text


def digests(module: str, args: dict) -> tuple:
    """Return (digest of all, {name: digest}): whether it is the same work, and what of it changed."""
    parts = {name: _digest(value) for name, value in args.items() if not name.startswith("_ansible_")}
    parts["module"] = _digest(module)
    return _digest(parts), parts


def _digest(value) -> str:
    return hashlib.sha256(
        json.dumps(value, sort_keys=True, default=str, separators=(",", ":")).encode("utf-8", "surrogatepass")
    ).hexdigest()
