# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""The command line of a run, without its secrets.

What is not known to be harmless is hidden: a new option of a later Ansible is redacted until it is listed here.
Pure functions without I/O, safe on any thread.
"""

from __future__ import annotations

import os

HIDDEN = "***"

_FLAGS = frozenset(
    (
        "--become",
        "--ask-become-pass",
        "--ask-pass",
        "--ask-vault-password",
        "--ask-vault-pass",
        "--check",
        "--diff",
        "--flush-cache",
        "--force-handlers",
        "--help",
        "--list-hosts",
        "--list-tags",
        "--list-tasks",
        "--one-line",
        "--step",
        "--syntax-check",
        "--verbose",
        "--version",
    )
)
_SHOWN = frozenset(
    (
        "--background",
        "--become-method",
        "--become-user",
        "--connection",
        "--forks",
        "--inventory",
        "--inventory-file",
        "--limit",
        "--module-name",
        "--module-path",
        "--playbook-dir",
        "--poll",
        "--skip-tags",
        "--start-at-task",
        "--tags",
        "--task-timeout",
        "--timeout",
        "--tree",
        "--user",
    )
)
_HIDDEN_VALUES = frozenset(
    (
        "--args",
        "--become-password-file",
        "--become-pass-file",
        "--connection-password-file",
        "--conn-pass-file",
        "--extra-vars",
        "--key-file",
        "--private-key",
        "--scp-extra-args",
        "--sftp-extra-args",
        "--ssh-common-args",
        "--ssh-extra-args",
        "--vault-id",
        "--vault-pass-file",
        "--vault-password-file",
    )
)
_ALL = _FLAGS | _SHOWN | _HIDDEN_VALUES
_SHORT_FLAGS = frozenset("bkKCDhovJ")
_SHORT_SHOWN = frozenset("BcfilmMPtTu")


def redacted(arguments: list[str]) -> list[str]:
    """Return the command line with every value that may be a secret replaced by `***`; the program by its name."""
    if not arguments:
        return []
    shown, rest = [os.path.basename(arguments[0])], list(arguments[1:])
    while rest:
        argument = rest.pop(0)
        if argument == "--":
            return shown + [argument] + rest
        if argument.startswith("--"):
            _long(argument, rest, shown)
        elif argument.startswith("-") and len(argument) > 1:
            _short(argument, rest, shown)
        else:
            shown.append(argument)
    return shown


def _long(argument: str, rest: list[str], shown: list[str]) -> None:
    option, equals, value = argument.partition("=")
    # argparse accepts any unambiguous beginning of an option; a beginning of both kinds counts as secret.
    meant = [option] if option in _ALL else [known for known in _ALL if known.startswith(option)]
    if meant and all(known in _FLAGS for known in meant) and not equals:
        shown.append(option)
        return
    harmless = bool(meant) and all(known in _SHOWN for known in meant)
    if equals:
        shown.append("%s=%s" % (option, value if harmless else HIDDEN))
        return
    shown.append(option)
    # The word after an unknown option may be its value; one that starts with a dash is only known to be a value
    # where the option is known to take one.
    if rest and (meant or not rest[0].startswith("-")):
        following = rest.pop(0)
        shown.append(following if harmless else HIDDEN)


def _short(argument: str, rest: list[str], shown: list[str]) -> None:
    for position, letter in enumerate(argument[1:], start=1):
        if letter in _SHORT_FLAGS:
            continue
        attached = argument[position + 1 :]
        harmless = letter in _SHORT_SHOWN
        if attached:
            shown.append(argument[: position + 1] + (attached if harmless else HIDDEN))
            return
        shown.append(argument)
        if rest:
            following = rest.pop(0)
            shown.append(following if harmless else HIDDEN)
        return
    shown.append(argument)
