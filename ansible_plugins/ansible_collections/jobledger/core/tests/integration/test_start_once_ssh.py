"""start_once over ssh, to an sshd of this test's own on loopback. Skipped, saying so, where there is no sshd."""

from __future__ import annotations

import getpass
import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from tools.controller import Controller
from tools.ingester import closed_port
from tools.program import until

SSHD = shutil.which("sshd") or ("/usr/sbin/sshd" if os.path.exists("/usr/sbin/sshd") else None)
pytestmark = pytest.mark.skipif(
    SSHD is None or shutil.which("ssh") is None,
    reason="NOT SHOWN: start_once over ssh needs sshd and ssh (Debian: openssh-server)",
)

PLAYBOOK = """
- name: Upgrade
  hosts: far
  gather_facts: false
  vars: {jobledger_fence_dir: ROOT/fence}
  tasks:
    - name: Migrate schema
      jobledger.core.start_once:
        module: ansible.builtin.shell
        args: {cmd: "echo $JOBLEDGER_JOB >> ROOT/starts; while ! test -e ROOT/gate; do sleep 0.1; done; echo done"}
        generation: 1
      async: 900
      poll: 1
      register: job
    - name: Tell
      ansible.builtin.copy: {content: "{{ job | to_json }}", dest: "ROOT/told.{{ me }}"}
"""
CONFIG = """
Port PORT
ListenAddress 127.0.0.1
HostKey ROOT/host_key
AuthorizedKeysFile ROOT/user_key.pub
PidFile ROOT/sshd.pid
StrictModes no
UsePAM no
PasswordAuthentication no
Subsystem sftp internal-sftp
SetEnv HOME=ROOT/home
"""


def serve(root: Path) -> subprocess.Popen:
    """Start the sshd and wait until it listens."""
    with open(root / "sshd.log", "wb") as log:
        server = subprocess.Popen([SSHD, "-D", "-e", "-f", str(root / "sshd_config")], stderr=log)
    until(lambda: server.poll() is not None or b"listening" in (root / "sshd.log").read_bytes())
    assert server.poll() is None, (root / "sshd.log").read_text()
    return server


def kill(run) -> None:
    """End a controller with its workers, as a power cut does."""
    workers = Path("/proc/%d/task/%d/children" % (run.pid, run.pid)).read_text().split()
    for pid in (run.pid, *map(int, workers)):
        os.kill(pid, signal.SIGKILL)
    run.communicate()


@pytest.fixture
def group():
    """A control group of its own; killed and removed at the end."""
    with open("/proc/mounts", encoding="utf-8") as file:
        mounts = [line.split()[1] for line in file if line.split()[2] == "cgroup2"]
    made = Path(mounts[0] if mounts else "/nowhere") / ("jobledger-%d" % os.getpid())
    try:
        made.mkdir()
    except OSError as error:
        pytest.skip("NOT SHOWN: a session that is killed whole needs a control group of its own (%s)" % error)
    yield made
    (made / "cgroup.kill").write_text("1")
    until(lambda: not (made / "cgroup.procs").read_text())
    made.rmdir()


@pytest.fixture
def far(tmp_path):
    """A controller whose host is reached by ssh."""
    os.makedirs("/run/sshd", exist_ok=True) if os.geteuid() == 0 else None
    for name in ("host_key", "user_key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / name)], check=True)
    # A home of its own: a login shell reads start files there, and those of whoever runs the tests may take any time.
    (tmp_path / "home").mkdir()
    port = closed_port()
    (tmp_path / "sshd_config").write_text(CONFIG.replace("ROOT", str(tmp_path)).replace("PORT", str(port)))
    server = serve(tmp_path)

    def controller(name: str) -> Controller:
        found = Controller(tmp_path / name)
        found.inventory(
            "far ansible_host=127.0.0.1 ansible_port=%d ansible_connection=ssh ansible_user=%s "
            "ansible_ssh_private_key_file=%s "
            "ansible_ssh_common_args='-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o ControlMaster=no "
            "-o ControlPath=none'" % (port, getpass.getuser(), tmp_path / "user_key")
        )
        return found

    yield tmp_path, controller
    (tmp_path / "gate").write_text("")
    server.terminate()
    server.wait()


def test_a_login_has_a_home_of_its_own(far):
    root, controller = far
    said = controller("home").command("ansible", "far", "-m", "ansible.builtin.raw", "-a", "echo home is ~")
    assert "home is %s/home" % root in said.stdout, said.stdout + said.stderr


def test_a_job_outlives_its_connection_and_is_attached_by_the_next_run(far):
    root, controller = far
    text = PLAYBOOK.replace("ROOT", str(root))
    first = controller("a").start(text, "-e", "me=a")
    until(lambda: (root / "starts").exists(), 300)
    kill(first)
    second = controller("b").start(text, "-e", "me=b")
    until(lambda: list((root / "b" / "async").glob("j*")), 300)
    (root / "gate").write_text("")
    said = second.communicate(timeout=300)
    assert second.returncode == 0, said
    told = json.loads((root / "told.b").read_text())
    assert (told["decision"], told["stdout"]) == ("attached", "done") and len(
        (root / "starts").read_text().split()
    ) == 1
    assert not list((root / "b" / "remote").glob("ansible-tmp-*"))


def test_a_session_that_is_killed_with_all_its_processes_leaves_a_job_that_is_reported_lost(far, group):
    """As systemd-logind does with KillUserProcesses=yes, and systemd with a service of KillMode=control-group."""
    root, controller = far
    (group / "cgroup.procs").write_text((root / "sshd.pid").read_text())
    text = PLAYBOOK.replace("ROOT", str(root))
    first = controller("a").start(text, "-e", "me=a")
    until(lambda: (root / "starts").exists(), 300)
    (group / "cgroup.kill").write_text("1")
    kill(first)  # it would wait for the host until the job's time is over
    until(lambda: not (group / "cgroup.procs").read_text())
    server = serve(root)
    try:
        again = controller("b").playbook(text, "-e", "me=b")
        said = " ".join(again.stdout.split())
        assert again.returncode == 2 and "was lost (the job's processes are gone, and no result came" in said, said
        assert len((root / "starts").read_text().split()) == 1
    finally:
        server.terminate()
        server.wait()
