# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""The settings that the roles share with the callback: the environment, then ansible.cfg. Reads one file; safe on
any thread.
"""

from __future__ import annotations

import configparser
import os

from ..delivery import access, settings
from ..delivery.client import Client
from ..delivery.record import MAX_ANSWER
from .record import StateError


class Connection:
    """How to reach the ingester: `url` (empty: none is set) and what goes with it."""

    def __init__(self, url: str, environment, config_file: str | None) -> None:
        """`url` is the role's own; the word none means that no ingester is to be used. `config_file` is ansible.cfg."""
        ini = _section(config_file)
        given = url or environment.get("JOBLEDGER_URL") or ini.get("url", "")
        self.url = "" if url.strip().lower() == "none" else given.strip()
        for name in ("token_file", "ca_file", "client_cert", "client_key"):
            ini[name] = _beside(config_file, ini.get(name))
        self._option = access.of_environment(environment, ini, url=self.url)

    def client(self, warn) -> Client:
        """Return a client that is not connected yet. Raises StateError for a setting that makes no sense.

        `warn` is called with a text for what works but should be mended.
        """
        try:
            return access.client(self._option, warn, MAX_ANSWER)
        except settings.SettingError as error:
            raise StateError("the ingester's %s" % error) from None


def _section(config_file: str | None) -> dict:
    # As Ansible reads it, so that one line in ansible.cfg means the same to the roles, the callback and the lookup.
    parser = configparser.ConfigParser(inline_comment_prefixes=(";",), interpolation=None)
    try:
        if config_file:
            parser.read(config_file, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        # Ansible itself refuses such a file before any task runs.
        return {}
    return dict(parser.items("jobledger")) if parser.has_section("jobledger") else {}


def _beside(config_file: str | None, path: str | None) -> str | None:
    if not path:
        return None
    return os.path.join(os.path.dirname(config_file or ""), os.path.expanduser(path))
