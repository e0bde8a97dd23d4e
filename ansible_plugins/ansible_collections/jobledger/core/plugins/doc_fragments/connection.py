# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Options that every plugin that talks to the ingester shares."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type


class ModuleDocFragment(object):
    """Documentation of the address, the token and the TLS files."""

    DOCUMENTATION = r"""
options:
  url:
    description:
      - Address of the ingester, C(http) or C(https), without user name or password.
    type: str
    default: http://127.0.0.1:8740
    env:
      - name: JOBLEDGER_URL
    ini:
      - section: jobledger
        key: url
  token:
    description:
      - Bearer token, where the ingester asks for one. It is sent to the ingester and never shown.
    type: str
    env:
      - name: JOBLEDGER_TOKEN
    ini:
      - section: jobledger
        key: token
  token_file:
    description:
      - File that holds the token and nothing else. It should be readable by its owner only. I(token) goes first.
    type: path
    env:
      - name: JOBLEDGER_TOKEN_FILE
    ini:
      - section: jobledger
        key: token_file
  ca_file:
    description:
      - PEM file with the certificates that an C(https) ingester is verified against. Default is what the system trusts.
    type: path
    env:
      - name: JOBLEDGER_CA_FILE
    ini:
      - section: jobledger
        key: ca_file
  client_cert:
    description:
      - PEM file with the certificate that is shown to an ingester that asks for one.
    type: path
    env:
      - name: JOBLEDGER_CLIENT_CERT
    ini:
      - section: jobledger
        key: client_cert
  client_key:
    description:
      - PEM file with the key of I(client_cert), not encrypted. Default is the same file.
    type: path
    env:
      - name: JOBLEDGER_CLIENT_KEY
    ini:
      - section: jobledger
        key: client_key
"""
