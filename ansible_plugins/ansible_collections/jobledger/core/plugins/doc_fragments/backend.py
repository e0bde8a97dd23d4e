# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Options that every module shares that keeps or removes records: where they are, and how to reach them."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type


class ModuleDocFragment(object):
    """Documentation of the backend, its place, and the patience with it."""

    DOCUMENTATION = r"""
options:
  backend:
    description: Where records are kept.
    type: str
    default: filesystem
    choices: [filesystem, oci, ingester]
  state_dir:
    description: Directory of the controller; a relative one is beside the playbook.
    type: str
  url:
    description: Address of the ingester; the word C(none) means that none is used.
    type: str
  oci_bucket:
    description: Name of a bucket that exists.
    type: str
  oci_namespace:
    description: Its namespace.
    type: str
  oci_profile:
    description: Profile of the OCI configuration file.
    type: str
  oci_config_file:
    description: The OCI configuration file.
    type: str
  oci_region:
    description: Region, when it is not the profile's.
    type: str
  retries:
    description: How often to try when the network fails.
    type: int
    default: 3
  retry_pause:
    description: Seconds between two tries.
    type: float
    default: 2
  timeout:
    description: Seconds that one try may take.
    type: float
    default: 10
"""
