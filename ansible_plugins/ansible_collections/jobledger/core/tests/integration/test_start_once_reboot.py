"""start_once on a host of its own that goes down and comes up again. Skipped, saying so, where there can be none."""

from __future__ import annotations

import json
import os
import re
import signal
from pathlib import Path

import pytest
from tools import managed_host
from tools.controller import Controller
from tools.program import until

pytestmark = pytest.mark.skipif(
    managed_host.missing() is not None,
    reason="NOT SHOWN: a managed host of its own needs %s" % managed_host.missing(),
)

PLAYBOOK = """
- name: Upgrade
  hosts: far
  gather_facts: false
  tasks:
    - name: Migrate
      jobledger.core.start_once:
        module: ansible.builtin.shell
        args: {cmd: "echo $JOBLEDGER_JOB $(hostname) >> ROOT/starts; while ! test -e ROOT/gate; do sleep 0.1; done; echo done"}
        generation: 1
        on_failed: "{{ on_failed | default('fail') }}"
      async: 900
      poll: 1
      register: job
    - name: Tell
      ansible.builtin.copy: {content: "{{ job | to_json }}", dest: "ROOT/told"}
"""


@pytest.fixture
def far(tmp_path):
    with managed_host.ManagedHost(tmp_path / "far") as host:
        yield host
        (tmp_path / "gate").write_text("")


def controller(root: Path, name: str, host) -> Controller:
    found = Controller(root / name)
    found.inventory(host.line())
    return found


def kill(run) -> None:
    workers = Path("/proc/%d/task/%d/children" % (run.pid, run.pid)).read_text().split()
    for pid in (run.pid, *map(int, workers)):
        os.kill(pid, signal.SIGKILL)
    run.communicate()


def starts(root: Path) -> list:
    return (root / "starts").read_text().splitlines() if (root / "starts").exists() else []


def test_a_login_reads_no_start_files_of_this_machine(far):
    (far.home / ".bashrc").write_text("sleep 1000")
    said = far.command("echo ~; id -un; getent passwd root | cut -d: -f6")
    assert said.stdout.split() == [str(far.home), "root", str(far.home)], said.stdout + said.stderr


def test_a_host_that_was_started_again_reports_the_job_lost_and_starts_it_only_when_told(tmp_path, far, ingester):
    text = PLAYBOOK.replace("ROOT", str(tmp_path))
    first = controller(tmp_path, "a", far).start(text, url=ingester.url)
    until(lambda: first.poll() is not None or starts(tmp_path), 300)
    assert starts(tmp_path)[0].endswith(" far")
    kill(first)
    far.stop()
    down = controller(tmp_path, "b", far).playbook(text, url=ingester.url)
    assert down.returncode == 4 and "unreachable=1" in down.stdout, down.stdout + down.stderr
    far.start()
    again = controller(tmp_path, "c", far).playbook(text, url=ingester.url)
    said = " ".join(again.stdout.split())
    assert again.returncode == 2 and "was lost (the host was started again while the job ran)" in said, said
    assert re.search(r"started 20\S+Z by \S+ from \S+, run [0-9a-f-]{36}", said) and len(starts(tmp_path)) == 1
    (tmp_path / "gate").write_text("")
    told = controller(tmp_path, "d", far).playbook(text, "-e", "on_failed=restart", url=ingester.url)
    assert told.returncode == 0, told.stdout + told.stderr
    assert json.loads((tmp_path / "told").read_text())["stdout"] == "done" and len(starts(tmp_path)) == 2


def test_a_host_that_stood_still_goes_on_and_its_job_is_attached(tmp_path, far):
    text = PLAYBOOK.replace("ROOT", str(tmp_path))
    first = controller(tmp_path, "a", far).start(text)
    until(lambda: first.poll() is not None or starts(tmp_path), 300)
    far.freeze()
    second = controller(tmp_path, "b", far).start(text)
    kill(first)
    far.thaw()
    until(lambda: second.poll() is not None or list((tmp_path / "b" / "async").glob("j*")), 300)
    (tmp_path / "gate").write_text("")
    said = second.communicate(timeout=300)
    assert second.returncode == 0, said
    told = json.loads((tmp_path / "told").read_text())
    assert (told["decision"], told["stdout"]) == ("attached", "done") and len(starts(tmp_path)) == 1
