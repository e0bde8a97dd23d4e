"""The archive of a release does the main job without a checkout, without a build, and without the right to write
where it lies.
"""

from __future__ import annotations

import datetime
import hashlib
import io
import json
import os
import re
import subprocess
import tarfile
import zipfile
from pathlib import Path

PLAYBOOK = """\
- name: Upgrade databases
  hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - name: Migrate schema
      ansible.builtin.command: sleep 0.1
      async: 300
      poll: 0
"""
RESUME = """\
- name: Finish the upgrade
  hosts: localhost
  connection: local
  gather_facts: false
  vars:
    found: "{{ lookup('jobledger.core.job', 'Migrate schema', play='Upgrade databases') }}"
  tasks:
    - name: Wait for the migration
      ansible.builtin.async_status:
        jid: "{{ found.ansible_job_id }}"
      vars:
        ansible_async_dir: "{{ found.async_dir }}"
      register: job
      until: job is finished
      retries: 100
      delay: 0.2
"""


def run(*command, **more):
    done = subprocess.run(
        [str(word) for word in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        **more,
    )
    assert done.returncode == 0, "%s ended with %d:\n%s" % (command, done.returncode, done.stdout)
    return done.stdout


def test_main_job_from_the_archive_alone(release, serving, environment, tmp_path):
    """A playbook is recorded by the collection in the archive, resumed by name, and shown by the command."""
    (tmp_path / "start.yml").write_text(PLAYBOOK)
    (tmp_path / "resume.yml").write_text(RESUME)
    ansible = dict(
        environment,
        ANSIBLE_COLLECTIONS_PATH=str(release / "ansible_plugins"),
        ANSIBLE_COLLECTIONS_PATHS=str(release / "ansible_plugins"),
        ANSIBLE_CALLBACKS_ENABLED="jobledger.core.recorder",
        JOBLEDGER_URL=serving,
        ANSIBLE_LOCALHOST_WARNING="false",
    )
    ansible["PATH"] = os.path.dirname(os.sys.executable) + os.pathsep + ansible["PATH"]
    run("ansible-playbook", tmp_path / "start.yml", env=ansible, cwd=tmp_path)
    run("ansible-playbook", tmp_path / "resume.yml", env=ansible, cwd=tmp_path)

    shown = run(release / "jobledger", "jobs", "ls", "--url", serving, "-o", "json", env=environment, cwd=tmp_path)
    jobs = json.loads(shown)["jobs"]
    assert [(job["host"], job["play"], job["job_name"], job["status"]) for job in jobs] == [
        ("localhost", "Upgrade databases", "Migrate schema", "succeeded")
    ]


def test_archive_holds_what_it_should_and_nothing_else(archive):
    with tarfile.open(archive) as packed:
        members = packed.getmembers()
    top = archive.name[: -len(".tar.gz")]
    names = {member.name for member in members}
    assert {member.name.split("/")[0] for member in members} == {top}
    for name in (
        "jobledger",
        "jobledger.jar",
        "LICENSE",
        "NOTICE",
        "README.md",
        "completions/jobledger.bash",
        "completions/jobledger.fish",
        "service/systemd/jobledger.service",
        "service/etc/jobledger.properties",
        "docs/reference/settings.md",
        "ansible_plugins/ansible_collections/jobledger/core/plugins/callback/recorder.py",
    ):
        assert "%s/%s" % (top, name) in names
    assert not [
        name for name in names if "/tests/" in name or "__pycache__" in name or name.endswith((".pyc", ".java"))
    ]
    wrong = [member.name for member in members if member.isfile() and member.mode & 0o022]
    assert not wrong, "nobody but the owner may write these"
    run_by_all = {member.name for member in members if member.isfile() and member.mode & 0o111}
    assert run_by_all == {top + "/jobledger", top + "/jobledger-backup"}


def test_archive_says_nothing_of_when_and_by_whom_it_was_built(archive):
    """One time, no owner, one order: two builds of one commit give the same bytes."""
    pom = (Path(__file__).resolve().parents[2] / "pom.xml").read_text()
    stamp = re.search(r"<project.build.outputTimestamp>(.*)</project.build.outputTimestamp>", pom).group(1)
    wanted = datetime.datetime.fromisoformat(stamp.replace("Z", "+00:00"))
    with tarfile.open(archive) as packed:
        members = packed.getmembers()
        jar = packed.extractfile(next(member for member in members if member.name.endswith("/jobledger.jar"))).read()
    assert {member.mtime for member in members} == {int(wanted.timestamp())}
    assert {(member.uid, member.gid) for member in members} == {(0, 0)}
    with zipfile.ZipFile(io.BytesIO(jar)) as packed:
        assert {entry.date_time for entry in packed.infolist()} == {wanted.timetuple()[:6]}


def test_launcher_of_a_release_never_builds(release, environment):
    assert run(release / "jobledger", "--version", env=environment).startswith("jobledger ")
    assert not list(release.glob("cache")), "nothing is written into a release"
    # Through a link, as a package puts one into /usr/bin.
    link = os.path.join(environment["HOME"], "jobledger")
    os.symlink(release / "jobledger", link)
    assert "Exit codes" in run(link, "help", env=environment)


def test_backups_are_kept_in_number(release, serving, environment, tmp_path):
    """The oldest go, and what has another name stays."""
    kept = tmp_path / "backups"
    kept.mkdir()
    for name in ("ledger-20200101T000000Z.zip", "ledger-20210101T000000Z.zip", "ledger-of-mine.zip"):
        (kept / name).write_text("x")
    run(release / "jobledger-backup", kept, "2", env=dict(environment, JOBLEDGER_URL=serving))
    names = sorted(path.name for path in kept.iterdir())
    assert names[0] == "ledger-20210101T000000Z.zip" and names[-1] == "ledger-of-mine.zip" and len(names) == 3
    assert oct((kept / names[1]).stat().st_mode & 0o777) == "0o600"


def test_backup_that_fails_removes_nothing(release, environment, tmp_path):
    kept = tmp_path / "backups"
    kept.mkdir()
    (kept / "ledger-20200101T000000Z.zip").write_text("x")
    done = subprocess.run(
        [str(release / "jobledger-backup"), str(kept), "1"],
        env=dict(environment, JOBLEDGER_URL="http://127.0.0.1:9"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 1 and "127.0.0.1:9" in done.stdout
    assert [path.name for path in kept.iterdir()] == ["ledger-20200101T000000Z.zip"]


def test_checksums_are_right_where_they_were_made(archive):
    sums = archive.parent / "SHA256SUMS"
    if not sums.exists():
        return  # only a release has them
    for line in sums.read_text().splitlines():
        digest, name = line.split(maxsplit=1)
        assert hashlib.sha256((archive.parent / name.lstrip("*")).read_bytes()).hexdigest() == digest
