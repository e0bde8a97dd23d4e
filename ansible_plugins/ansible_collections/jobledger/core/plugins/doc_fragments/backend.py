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
    choices: [filesystem, oci, s3, ara, ingester]
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
  s3_bucket:
    description: Name of the bucket, for C(s3).
    type: str
  s3_prefix:
    description: What begins the keys of its objects, when the bucket is reached without an ingester.
    type: str
  s3_profile:
    description: Profile of C(~/.aws/credentials).
    type: str
  s3_region:
    description: Region, when it is not the profile's.
    type: str
  s3_endpoint:
    description: Whole URL of a store that is not AWS.
    type: str
  s3_ca_file:
    description: Authorities to trust, in PEM.
    type: str
  ara_url:
    description: Address of the ARA server, for C(ara).
    type: str
  ara_user:
    description: User of ARA's basic authentication.
    type: str
  ara_password_file:
    description: File whose first line is the password.
    type: str
  ara_ca_file:
    description: Authorities to trust for ARA, in PEM.
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
