"""Tries of the race suite with real ansible-playbook processes: the recorder is on, and its ledger is away."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import history

TESTS = Path(__file__).resolve().parents[1]
COLLECTIONS = TESTS.parents[3]
PLAYBOOK = """
- name: Upgrade
  hosts: all
  gather_facts: false
  vars: {jobledger_fence_dir: "ROOT/fence"}
  tasks:
    - name: Migrate
      jobledger.core.start_once:
        module: ansible.builtin.shell
        args: {cmd: "echo start $JOBLEDGER_JOB 1 >> ROOT/history; sleep SECONDS; echo end $JOBLEDGER_JOB 1 >> ROOT/history; echo done"}
        generation: 1
      async: 300
      poll: 1
      register: job
      ignore_errors: true
    - name: Tell
      ansible.builtin.copy: {content: "{{ job | to_json }}", dest: "ROOT/outcomes/{{ me }}.json"}
"""


def run_tries(tries: int, seed: int, version: str | None, total: Counter) -> int:
    """Run tries on one version of ansible-core; print those that went wrong and return their number."""
    sys.path.insert(0, str(TESTS.parents[3]))
    import devenv

    programs = devenv.ensure(version)
    wrong = 0
    for number in range(seed, seed + tries):
        folder = Path(tempfile.mkdtemp(prefix="jobledger-race-"))
        try:
            verdict, did = _try(number, folder, programs)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        total.update(verdict.counts)
        total["tries with ansible"] += 1
        if verdict.wrong:
            wrong += 1
            print("ansible, seed %d: %s [%s]" % (number, "; ".join(verdict.wrong), ", ".join(did)), flush=True)
    return wrong


def _try(seed: int, folder: Path, programs: Path):
    dice, did = random.Random(seed), []
    (folder / "outcomes").mkdir()
    (folder / "site.yml").write_text(
        PLAYBOOK.replace("ROOT", str(folder)).replace("SECONDS", "%.1f" % (dice.random() * 4))
    )
    (folder / "hosts.ini").write_text(
        "h1 ansible_connection=local ansible_python_interpreter=%s\n" % (programs / "python")
    )
    runs = {"c%d" % index: _start(folder, programs, "c%d" % index) for index in range(dice.randint(2, 4))}
    killed = set()
    for name, run in runs.items():
        if dice.random() < 0.4:
            time.sleep(dice.random() * 6)
            killed.add(name)
            did.append("%s killed" % name)
            _kill(run)
        elif dice.random() < 0.3:
            time.sleep(dice.random() * 3)
            did.append("%s stopped and woken" % name)
            os.killpg(run.pid, signal.SIGSTOP)
            time.sleep(dice.random() * 2)
            os.killpg(run.pid, signal.SIGCONT)
    for run in runs.values():
        run.wait()
    _start(folder, programs, "last").wait()
    outcomes = {path.stem: _outcome(path) for path in (folder / "outcomes").glob("*.json")}
    last = dict(
        outcomes.pop("last", {"decision": "nothing", "message": "the playbook that was run again told nothing"}),
        generation="1",
    )
    for name in runs:
        if name not in killed and name not in outcomes:
            outcomes[name] = {"decision": "nothing", "message": "no outcome was written"}
    told = {name: outcome for name, outcome in outcomes.items() if name not in killed}
    lines = (folder / "history").read_text() if (folder / "history").exists() else ""
    verdict = history.judge(
        lines, told, _as_again(last), {"lost": False, "killed": bool(killed), "busy": "stopped" in " ".join(did)}
    )
    verdict.counts["controllers"] += len(runs)
    verdict.counts["killed controllers"] += len(killed)
    return verdict, did


def _as_again(last: dict) -> dict:
    # Where all controllers were killed before the start, the last one is the first: it started the job, and saw its
    # end.
    return (
        dict(last, decision="already_succeeded")
        if last["decision"] in ("started", "attached") and last.get("stdout") == "done"
        else last
    )


def _start(folder: Path, programs: Path, name: str):
    home = folder / name
    home.mkdir()
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "JOBLEDGER_"))}
    environment.update(
        HOME=str(home),
        ANSIBLE_ASYNC_DIR=str(home / "async"),
        ANSIBLE_REMOTE_TEMP=str(home / "remote"),
        ANSIBLE_COLLECTIONS_PATH=str(COLLECTIONS),
        LC_ALL="C.UTF-8",
        ANSIBLE_CALLBACKS_ENABLED="jobledger.core.recorder",
        JOBLEDGER_URL="http://127.0.0.1:9",
        PYTHONDONTWRITEBYTECODE="1",
        ANSIBLE_LOCALHOST_WARNING="0",
    )
    if "2.14" in str(programs):
        environment["ANSIBLE_COLLECTIONS_PATHS"] = str(COLLECTIONS)
    with open(home / "said", "wb") as said:
        return subprocess.Popen(
            [str(programs / "ansible-playbook"), "-i", "hosts.ini", "site.yml", "-e", "me=" + name],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _kill(run) -> None:
    # Newer workers lead groups of their own: all that descends from the controller goes, but for what has left it.
    pids, found = [run.pid], [run.pid]
    while found:
        pid = found.pop()
        try:
            children = [int(child) for child in Path("/proc/%d/task/%d/children" % (pid, pid)).read_text().split()]
        except OSError:
            continue
        found += children
        pids += children
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def _outcome(path: Path) -> dict:
    told = json.loads(path.read_text())
    return {
        "decision": told.get("decision") or "failed",
        "message": told.get("msg") or "",
        "finished": bool(told.get("finished")),
        "stdout": told.get("stdout"),
        "generation": "1",
    }
