"""start_once with become: root and another user share one fence, both ways round. Skipped, saying so, where this
cannot be shown.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from tools.controller import Controller
from tools.program import until

OTHER = "nobody"
PYTHON = "/usr/bin/python3"
pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("sudo") is None or not os.path.exists(PYTHON),
    reason="NOT SHOWN: start_once with become needs root, sudo and %s" % PYTHON,
)

PLAYBOOK = """
- name: Upgrade
  hosts: all
  gather_facts: false
  become: true
  become_user: "{{ who }}"
  vars:
    jobledger_fence_dir: ROOT/fence
    ansible_async_dir: "ROOT/async-{{ who }}"
    ansible_python_interpreter: PYTHON
  tasks:
    - name: Migrate
      jobledger.core.start_once:
        module: ansible.builtin.shell
        args: {cmd: "echo $(id -un) >> ROOT/open/starts; while ! test -e ROOT/open/gate; do sleep 0.1; done; echo done"}
        generation: "{{ release | default(1) }}"
      async: 900
      poll: 1
      register: job
    - name: Tell
      ansible.builtin.copy: {content: "{{ job | to_json }}", dest: "ROOT/open/told.{{ who }}"}
"""


class Shared:
    """A host's folder that both users may enter."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name, mode in (("fence", 0o755), ("open", 0o1777), ("async-root", 0o755), ("async-" + OTHER, 0o755)):
            (root / name).mkdir()
            os.chmod(root / name, mode)
        shutil.chown(root / ("async-" + OTHER), OTHER)

    def share(self, mode: int, group: str) -> None:
        """Open the fence directory, as the how-to says."""
        shutil.chown(self.root / "fence", "root", group)
        os.chmod(self.root / "fence", mode)

    def controller(self, name: str) -> Controller:
        found = Controller(self.root / name)
        found.inventory("h1")
        return found

    def text(self) -> str:
        return PLAYBOOK.replace("ROOT", str(self.root)).replace("PYTHON", PYTHON)

    def begin(self, user: str, url: str | None = None):
        # Below a remote_tmp of the controller's own, another user could not read the module.
        return self.controller(user).start(
            self.text(), "-e", "who=" + user, url=url, ANSIBLE_REMOTE_TEMP="/var/tmp/jobledger-%d" % os.getpid()
        )

    def starts(self) -> list:
        return (self.root / "open/starts").read_text().split() if (self.root / "open/starts").exists() else []

    def open(self) -> None:
        (self.root / "open/gate").write_text("")

    def told(self, user: str) -> dict:
        return json.loads((self.root / "open" / ("told." + user)).read_text())


@pytest.fixture
def shared():
    root = Path(tempfile.mkdtemp(prefix="jobledger-become-", dir="/var/tmp"))
    os.chmod(root, 0o755)
    found = Shared(root)
    yield found
    found.open()
    shutil.rmtree(root)
    shutil.rmtree("/var/tmp/jobledger-%d" % os.getpid(), ignore_errors=True)


@pytest.mark.parametrize("first, second", [("root", OTHER), (OTHER, "root")])
@pytest.mark.parametrize("mode, group", [(0o1777, "root"), (0o2770, "nogroup")])
def test_one_user_starts_and_the_other_attaches_and_both_get_the_result(shared, ingester, first, second, mode, group):
    shared.share(mode, group)
    runs = [shared.begin(first)]
    until(lambda: runs[0].poll() is not None or shared.starts(), 300)
    runs.append(shared.begin(second, ingester.url))
    until(lambda: runs[1].poll() is not None or ingester.of("job_polled"), 300)
    shared.open()
    for run in runs:
        said = run.communicate(timeout=300)
        assert run.returncode == 0, said
    assert shared.starts() == [first]
    assert [shared.told(user)["decision"] for user in (first, second)] == ["started", "attached"]
    assert [shared.told(user)["stdout"] for user in (first, second)] == ["done", "done"]
    again = shared.begin(second)
    assert again.communicate(timeout=300) and again.returncode == 0
    assert shared.told(second)["decision"] == "already_succeeded" and shared.told(second)["stdout"] == "done"


def test_a_fence_of_root_alone_refuses_another_user_and_says_how_to_share_it(shared):
    (shared.root / "fence/keys").mkdir(mode=0o700)
    run = shared.begin(OTHER)
    said = " ".join(run.communicate(timeout=300)[0].split())
    assert run.returncode == 2 and "is not open to user %s" % OTHER in said and "chmod 2770" in said, said
    assert shared.starts() == []
