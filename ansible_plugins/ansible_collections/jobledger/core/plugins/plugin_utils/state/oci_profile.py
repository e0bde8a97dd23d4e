# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Reads just enough of an OCI configuration to say what is wrong with it, before the SDK or the CLI says it in their
words.

Reads files of the controller; safe on any thread.
"""

from __future__ import annotations

import configparser
import os

from .record import StateError


class Profile:
    """Where the credentials come from: `file`, `name`, and `auth`, one of the CLI's words, `api_key` by default."""

    def __init__(self, file: str, name: str, region: str, environment) -> None:
        """An empty `file` is OCI_CONFIG_FILE of the environment, or ~/.oci/config. `auth` is OCI_CLI_AUTH."""
        self.file = os.path.expanduser(
            file or environment.get("OCI_CONFIG_FILE") or environment.get("OCI_CLI_CONFIG_FILE") or "~/.oci/config"
        )
        self.name = name or "DEFAULT"
        self.region = region
        self.endpoint = environment.get("OCI_CLI_ENDPOINT", "")
        self.auth = environment.get("OCI_CLI_AUTH") or "api_key"

    def __str__(self) -> str:
        return "profile %s of %s" % (self.name, self.file) if self.from_file else self.auth.replace("_", " ")

    @property
    def from_file(self) -> bool:
        """Whether the credentials are in the configuration file, and not the machine's own."""
        return self.auth in ("api_key", "security_token")

    def check(self, prefix: str) -> dict:
        """Return the profile's entries; empty when the file plays no part. `prefix` begins the role's variables.

        Raises StateError that names the file and what is missing. The key file is looked at, not read.
        """
        if not self.from_file:
            return {}
        parser = configparser.ConfigParser(interpolation=None)
        try:
            with open(self.file, encoding="utf-8") as text:
                parser.read_file(text)
        except FileNotFoundError:
            raise StateError(
                "the OCI configuration file %s does not exist. Make it with 'oci setup config', or name yours in "
                "%soci_config_file "
                "or OCI_CONFIG_FILE." % (self.file, prefix)
            ) from None
        except OSError as error:
            raise StateError(
                "the OCI configuration file %s cannot be read: %s." % (self.file, error.strerror)
            ) from None
        except (configparser.Error, UnicodeDecodeError):
            raise StateError(
                "the OCI configuration file %s is not an INI file. Make it anew with 'oci setup config'." % self.file
            ) from None
        if self.name != "DEFAULT" and not parser.has_section(self.name):
            known = (["DEFAULT"] if parser.defaults() else []) + parser.sections()
            raise StateError(
                "the OCI configuration file %s has no profile %s; it has: %s. Set %soci_profile."
                % (self.file, self.name, ", ".join(known) or "none", prefix)
            )
        entries = dict(parser.items(self.name))
        self._complete(entries, prefix)
        return entries

    def _complete(self, entries: dict, prefix: str) -> None:
        token = "security_token_file" in entries
        needed = ("tenancy", "fingerprint", "key_file") + (("security_token_file",) if token else ("user",))
        missing = [name for name in needed if not entries.get(name)]
        if not (entries.get("region") or self.region or self.endpoint):
            missing.append("region")
        if missing:
            raise StateError(
                "%s lacks %s. Add what the console shows under 'API keys', or run 'oci setup repair-config'."
                % (self, ", ".join(missing))
            )
        for name in ("key_file", "security_token_file")[: 2 if token else 1]:
            path = os.path.expanduser(entries[name])
            if not os.access(path, os.R_OK):
                raise StateError("%s names the %s %s, which does not exist or cannot be read." % (self, name, path))
