# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Lookup that delivers what earlier runs left in the spool: what the playbook jobledger.core.replay is made of."""

DOCUMENTATION = r"""
name: replay
author:
  - Jobledger contributors (@jobledger)
version_added: 0.1.0
short_description: Delivers what earlier runs left in the spool
description:
  - Sends the events of runs that are over, and that could not be delivered by the run itself, to the ingester.
  - It works on the controller. Spools of runs that are still going are left alone. To do it twice is harmless.
extends_documentation_fragment:
  - jobledger.core.connection
options:
  _terms:
    description: There are none. What is to be delivered is in the spool; terms that are given are ignored.
    type: list
    elements: str
    required: false
  spool_dir:
    description:
      - Directory of the spool files.
      - Default is C(jobledger/spool) below C(XDG_STATE_HOME), or below C(~/.local/state).
    type: str
    env:
      - name: JOBLEDGER_SPOOL_DIR
    ini:
      - section: jobledger
        key: spool_dir
  was:
    description:
      - Addresses that this ledger had before. A spool is for the ledger at the address that its run was given, and is
        delivered to no other.
    type: list
    elements: str
    default: []
  timeout:
    description: Seconds that one request may take.
    type: float
    default: 10
  seconds:
    description: Seconds to lose, in all, to an ingester that is absent, slow or failing.
    type: float
    default: 60
"""

EXAMPLES = r"""
- debug:
    msg: "{{ query('jobledger.core.replay') | map(attribute='text') }}"
"""

RETURN = r"""
_raw:
  description: One entry for each spool.
  type: list
  elements: dict
  contains:
    text: {description: What became of it., type: str}
    left: {description: How many events are still in it; -1 when it cannot be read., type: int}
    delivered: {description: How many were delivered., type: int}
"""

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase
from ansible.utils.display import Display
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery import (
    access,
    replay,
    settings,
    spool_place,
    whereabouts,
)


class LookupModule(LookupBase):
    """`query('jobledger.core.replay')`. Runs in whatever process evaluates the template."""

    def run(self, terms, variables=None, **kwargs):
        """Return what became of each spool. Raises AnsibleError for a setting that cannot be used."""
        self.set_options(var_options=variables, direct=kwargs)
        try:
            directory = whereabouts.spool_dir(self.get_option("spool_dir"))
            if directory is None:
                raise settings.SettingError("spool_dir is empty: there is no spool to deliver")
            client = access.client(self.get_option, lambda text: Display().warning("jobledger: %s" % text))
            was = [settings.Address(url) for url in self.get_option("was")]
            place = spool_place.Place(directory, client.address)
            outcomes, reason = replay.deliver(
                place,
                client,
                settings.seconds("timeout", self.get_option("timeout"), 0.01, 600),
                settings.seconds("seconds", self.get_option("seconds"), 0, 86400),
                was,
            )
        except settings.SettingError as error:
            raise AnsibleError("jobledger.core.replay: %s" % error) from None
        for path, count in place.others(was):
            Display().warning("jobledger: %d spools in %s are for another ledger, and stay there." % (count, path))
        return [
            {"text": replay.line(outcome, reason), "left": outcome.left, "delivered": outcome.delivered}
            for outcome in outcomes
        ]
