# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""What Ansible shows of runs, tasks and jobs, turned into events. Nothing here waits for a network or an ingester.

`launches` is the way in for actions, which run in worker processes: `launches.tell(…)` tells of a launch at once.
"""
