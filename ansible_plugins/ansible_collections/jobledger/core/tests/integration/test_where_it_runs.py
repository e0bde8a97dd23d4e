# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Where playbooks are run from: under timeout, as cron does, with a terminal, in a session of its own, and as the first
process of a container.
"""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest
from tools.ingester import closed_port

JOB = "- {name: P, hosts: all, gather_facts: false, tasks: [{name: one, command: 'true', async: 30, poll: 0}]}"
# What is left of the environment under cron: no LANG, no TERM, a short PATH.
CRON = ("env", "-u", "LC_ALL", "-u", "LANG", "-u", "TERM", "-u", "LOGNAME", "PATH=/usr/bin:/bin", "SHELL=/bin/sh")
FIRST = ("unshare", "--fork", "--pid", "--mount-proc")
WAYS = {
    "timeout": ("timeout", "-k", "5", "300"),
    "cron": CRON,
    "a session of its own": ("setsid", "--wait"),
    "no terminal and nice": ("nohup", "nice"),
    "the first process": FIRST,
}


def _can(prefix) -> bool:
    if shutil.which(prefix[0]) is None:
        return False
    return prefix is not FIRST or subprocess.run([*FIRST, "true"], capture_output=True).returncode == 0


@pytest.mark.parametrize("way", WAYS)
def test_job_is_recorded_and_nothing_is_left(controller, ingester, way):
    if not _can(WAYS[way]):
        pytest.skip("not to be had here: %s" % WAYS[way][0])
    controller.prefix = WAYS[way]
    done = controller.playbook(JOB, url=ingester.url)
    assert done.returncode == 0 and "jobledger" not in done.stderr, done.stderr
    assert len(ingester.of("job_started")) == len(ingester.of("run_finished")) == 1
    assert controller.left_files() == [] and ingester.wrong == []


def test_first_process_of_a_container_is_told_to_keep_its_spool_on_a_volume(controller):
    if not _can(FIRST):
        pytest.skip("no process namespace to be had here")
    controller.prefix = FIRST
    done = controller.playbook(JOB, url="http://127.0.0.1:%d" % closed_port(), JOBLEDGER_BUDGET="0.2")
    text = " ".join(done.stderr.split())
    assert done.returncode == 0 and "put spool_dir on a volume" in text and len(controller.left()) == 1, text


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be in another user's home")
def test_root_in_another_user_s_home_keeps_its_spool_below_tmpdir(controller):
    os.chown(controller.home, 12345, 12345)
    done = controller.playbook(JOB, url="http://127.0.0.1:%d" % closed_port(), JOBLEDGER_BUDGET="0.2")
    text = " ".join(done.stderr.split())
    assert done.returncode == 0 and "the home belongs to another user" in text, text
    assert len(list(controller.tmp.rglob("*.spool"))) == 1 and not (controller.home / ".local").exists()
