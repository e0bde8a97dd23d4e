"""Tries of the race suite with real ansible-playbook processes and the recorder.

The host is local, or one of its own that is reached by ssh, rebooted, and stopped and woken as a whole. The ledger is
away for good, or there is one that goes away and comes back, also as an older copy of itself; then the ledger has to
know every job in the end, too.
"""

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
import ledgers
from tools import managed_host

TESTS = Path(__file__).resolve().parents[1]
COLLECTIONS = TESTS.parents[3]
# Seconds after which a run of Ansible is taken for one that hangs; what it and its children are is told then.
_PATIENCE = 600
PLAYBOOK = """
- name: PLAY
  hosts: far
  gather_facts: false
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
      delegate_to: localhost
      vars: {ansible_connection: local, ansible_remote_tmp: "ROOT/{{ me }}/remote"}
"""


def run_tries(chosen, total: Counter) -> int:
    """Run tries as the command line says; print those that went wrong and return their number."""
    sys.path.insert(0, str(TESTS.parents[3]))
    import devenv

    why = managed_host.missing() if chosen.host == "own" else None
    if why:
        raise SystemExit("a host of its own needs %s" % why)
    programs, wrong = devenv.ensure(chosen.ansible), 0
    root = Path(tempfile.mkdtemp(prefix="jobledger-race-"))
    try:
        with ledgers.KINDS[chosen.ledger](root) as ledger:
            until = time.monotonic() + chosen.minutes * 60
            for seed in range(chosen.seed, chosen.seed + chosen.ansible_tries):
                if time.monotonic() > until:
                    break
                (root / ("%d" % seed)).mkdir()
                place = AnsibleTry(seed, root / ("%d" % seed), programs, ledger, chosen.host == "own")
                began = time.monotonic()
                verdict = place.run()
                total.update(verdict.counts)
                total["tries with ansible"] += 1
                total.update(place.kinds())
                did = ", ".join(place.did)
                print("seed %d, %.0f s [%s]" % (seed, time.monotonic() - began, did), file=sys.stderr, flush=True)
                if verdict.wrong:
                    wrong += 1
                    print("ansible, seed %d: %s [%s]" % (seed, "; ".join(verdict.wrong), did), flush=True)
    finally:
        if wrong and os.environ.get("JOBLEDGER_RACE_KEEP"):
            print("left for a look: %s" % root)
        else:
            shutil.rmtree(root, ignore_errors=True)
    return wrong


class AnsibleTry:
    """One try: two to four controllers, one host, and what happens to them."""

    def __init__(self, seed: int, root: Path, programs: Path, ledger, own_host: bool) -> None:
        self.play = "Upgrade %d" % seed
        self.root = root
        self.dice = random.Random(seed)
        self.did: list = []
        self._programs = programs
        self._ledger = ledger
        self._host = managed_host.ManagedHost(root / "far") if own_host else None
        self._rebooted = False
        (root / "outcomes").mkdir()
        text = PLAYBOOK.replace("ROOT", str(root)).replace("PLAY", self.play)
        (root / "site.yml").write_text(text.replace("SECONDS", "%.1f" % (self.dice.random() * 5)))

    def run(self) -> history.Verdict:
        """Play the try to its end and judge it."""
        self._ledger.prepare(self.dice)
        if self._host is not None:
            self._host.start()
        try:
            self._inventory()
            return self._run()
        finally:
            if self._host is not None:
                self._host.stop()

    def kinds(self) -> Counter:
        """Return how often each disturbance came."""
        return Counter(what for what in self.did if not what.startswith("c"))

    def _run(self) -> history.Verdict:
        runs = {"c%d" % index: self._start("c%d" % index) for index in range(self.dice.randint(2, 4))}
        killed = self._disturb_controllers(runs)
        self._disturb_host()
        self._ledger.disturb(self.dice, self.did)
        if not self._rebooted:
            self._wait(runs)
        # After a reboot those who wait learn of the loss by whoever runs the playbook again.
        last = self._again()
        unreached = self._wait(runs)
        outcomes = {path.stem: _outcome(path) for path in (self.root / "outcomes").glob("c*.json")}
        silent = killed | (unreached if self._rebooted else set())
        for name in runs:
            if name not in silent and name not in outcomes:
                outcomes[name] = {"decision": "nothing", "message": "no outcome was written"}
        told = {name: outcome for name, outcome in outcomes.items() if name not in silent}
        lines = (self.root / "history").read_text() if (self.root / "history").exists() else ""
        allowed = {
            "lost": self._rebooted,
            "killed": bool(killed) or self._rebooted,
            "busy": "stopped" in " ".join(self.did) or self._rebooted,
        }
        verdict = history.judge(lines, told, _as_again(last), allowed)
        history.judge_ledger(verdict, lines, self._settled(lines), allowed)
        verdict.counts["controllers"] += len(runs)
        verdict.counts["killed controllers"] += len(killed)
        verdict.counts["unreached"] += len(unreached)
        verdict.counts["lost, as reported"] += last["decision"] == "refused"
        return verdict

    def _disturb_controllers(self, runs: dict) -> set:
        dice, killed = self.dice, set()
        for name, run in runs.items():
            if dice.random() < 0.4:
                time.sleep(dice.random() * 6)
                killed.add(name)
                self.did.append("%s killed" % name)
                _kill(run)
            elif dice.random() < 0.3:
                time.sleep(dice.random() * 3)
                self.did.append("%s stopped and woken" % name)
                os.killpg(run.pid, signal.SIGSTOP)
                time.sleep(dice.random() * 2)
                os.killpg(run.pid, signal.SIGCONT)
        return killed

    def _disturb_host(self) -> None:
        if self._host is None:
            return
        dice = self.dice
        if dice.random() < 0.3:
            time.sleep(dice.random() * 3)
            self.did.append("host stopped and woken")
            self._host.freeze()
            time.sleep(dice.random() * 2)
            self._host.thaw()
        if dice.random() < 0.5:
            time.sleep(dice.random() * 6)
            self.did.append("host rebooted")
            self._rebooted = True
            self._host.stop()
            time.sleep(dice.random())
            self._host.start()

    def _again(self) -> dict:
        """Run the playbook again, as an operator does, until it has an answer that is not about to pass."""
        outcome = {"decision": "nothing", "message": "the playbook that was run again told nothing"}
        for number in range(5):
            name = "last%d" % number
            self._finish(self._start(name))
            path = self.root / "outcomes" / (name + ".json")
            if path.exists():
                outcome = _outcome(path)
                passing = ("just being started", "being decided", "come to its end")
                if not any(text in outcome["message"] for text in passing):
                    break
        return dict(outcome, generation="1")

    def _settled(self, lines: str):
        """Return what the ledger has of the play, after a settle where something is open or unknown."""
        began = {line.split()[1] for line in lines.splitlines()}
        jobs = self._ledger.jobs(self.play)
        if jobs is None:
            return None
        if {job["ansible_job_id"] for job in jobs} >= began and all(job["status"] != "running" for job in jobs):
            return jobs
        self.did.append("settled")
        more = ("-e", "settle_unseen_for=0s", "-e", "settle_hosts=far")
        self._finish(self._start("settle", "jobledger.core.settle", *more))
        return self._ledger.jobs(self.play)

    def _wait(self, runs: dict) -> set:
        return {name for name, run in runs.items() if self._finish(run) == 4}

    def _finish(self, run) -> int:
        try:
            return run.wait(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            self.did.append("%s did not end: %s" % (" ".join(run.args[3:6]), "; ".join(map(_shown, _family(run.pid)))))
            _kill(run)
            return run.wait()

    def _inventory(self) -> None:
        if self._host is None:
            line = "far ansible_connection=local jobledger_fence_dir=%s/fence ansible_python_interpreter=%s" % (
                self.root,
                self._programs / "python",
            )
        else:
            line = self._host.line(python=str(self._programs / "python"))
        (self.root / "hosts.ini").write_text("%s\n" % line)

    def _start(self, name: str, playbook: str = "site.yml", *more: str):
        home = self.root / name
        home.mkdir()
        environment = {
            key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "JOBLEDGER_", "XDG_"))
        }
        environment.update(
            HOME=str(home),
            ANSIBLE_ASYNC_DIR=str(home / "async"),
            ANSIBLE_REMOTE_TEMP=str(home / "remote"),
            ANSIBLE_COLLECTIONS_PATH=str(COLLECTIONS),
            LC_ALL="C.UTF-8",
            ANSIBLE_CALLBACKS_ENABLED="jobledger.core.recorder",
            JOBLEDGER_URL=self.dice.choice(self._ledger.urls),
            JOBLEDGER_SPOOL_DIR=str(self.root / "spool"),
            PYTHONDONTWRITEBYTECODE="1",
            ANSIBLE_LOCALHOST_WARNING="0",
            ANSIBLE_PIPELINING="1",
        )
        if "2.14" in str(self._programs):
            environment["ANSIBLE_COLLECTIONS_PATHS"] = str(COLLECTIONS)
        with open(home / "said", "wb") as said:
            return subprocess.Popen(
                [str(self._programs / "ansible-playbook"), "-i", "hosts.ini", playbook, "-e", "me=" + name, *more],
                cwd=self.root,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )


def _as_again(last: dict) -> dict:
    # Where all controllers were killed before the start, the last one is the first: it started the job, and saw its
    # end.
    return (
        dict(last, decision="already_succeeded")
        if last["decision"] in ("started", "attached") and last.get("stdout") == "done"
        else last
    )


def _kill(run) -> None:
    # Newer workers lead groups of their own: all that descends from the controller goes, but for what has left it.
    for pid in _family(run.pid):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def _family(pid: int) -> list:
    """Return a process and all that descends from it."""
    pids, found = [pid], [pid]
    while found:
        pid = found.pop()
        try:
            children = [int(child) for child in Path("/proc/%d/task/%d/children" % (pid, pid)).read_text().split()]
        except OSError:
            continue
        found += children
        pids += children
    return pids


def _shown(pid: int) -> str:
    try:
        words = Path("/proc/%d/cmdline" % pid).read_bytes().split(b"\0")
        return "%d %s" % (pid, b" ".join(words).decode("utf-8", "replace")[-160:])
    except OSError:
        return "%d is gone" % pid


def _outcome(path: Path) -> dict:
    told = json.loads(path.read_text())
    return {
        "decision": told.get("decision") or ("unreachable" if told.get("unreachable") else "failed"),
        "message": told.get("msg") or "",
        "finished": bool(told.get("finished")),
        "stdout": told.get("stdout"),
        "generation": "1",
    }
