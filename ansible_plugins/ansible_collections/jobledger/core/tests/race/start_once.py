#!/usr/bin/env python3
"""Races for the fence: seeded tries, and a history checker that decides.

    python3 ansible_plugins/ansible_collections/jobledger/core/tests/race/start_once.py --tries 500 --seed 1
    [--reboot-tries 100] [--ansible-tries 20 [--ansible VERSION] [--ledger away|h2|postgresql] [--host own|local]]

A try is two to five controllers at once on one host. The dice decide who is killed (controllers, start steps,
guardians, keepers, at a step or at a moment), who is stopped and woken, whether all of a job is killed, and how wrong
each clock is. Then the playbook is run again, and `history.py` judges. --tries drive the start step itself;
--reboot-tries do so on a host of its own that goes down and comes up (`rebooting.py`). --ansible-tries are real
ansible-playbook processes with the recorder on (`with_ansible.py`). Exit code 1 when a try went wrong; each is printed
with its seed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS.parents[3]), str(TESTS), str(TESTS / "race")]

import history  # noqa: E402
from ansible_collections.jobledger.core.plugins.module_utils import fence_host, fence_layout, fence_run, fence_start  # noqa: E402

STEPS = (
    "locked",
    "attempt_locked",
    "prepared",
    "before_fork",
    "forked",
    "guardian",
    "before_mark",
    "marked",
    "told",
    "payload_runs",
    "payload_ended",
    "before_switch",
    "switched",
)
# Steps that a keeper, or the guardian in its place, goes through while the job is theirs alone.
KEEPING = ("marked", "told", "payload_runs", "payload_ended", "before_switch")
PAYLOAD = """import json, os, sys, time
def tell(what):
    descriptor = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(descriptor, ("%s %s %s\\n" % (what, os.environ["JOBLEDGER_JOB"], sys.argv[3])).encode())
    os.close(descriptor)
tell("start")
time.sleep(float(sys.argv[2]))
tell("end")
print(json.dumps({"changed": True, "rc": 0, "stdout": "done"}))
"""


class Try:
    """One try: a host's fence in a folder of its own."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.seed = seed
        self.tag = "%d%d" % (os.getpid(), seed)  # races that run at the same time must not find each other by a mark
        self.dice = random.Random(seed)
        self.folder = folder
        self.history = folder / "history"
        self.outcomes = folder / "outcomes"
        self.stopped = folder / "stopped"
        for made in (self.outcomes, self.stopped, folder / "keys"):
            made.mkdir(parents=True)
        (folder / "payload.py").write_text(PAYLOAD)
        self.fence = fence_layout.Fence(str(folder / "keys" / fence_layout.key_hash("m", "h1", "Play", "job")))
        self.allowed = {"lost": False, "busy": False, "killed": False}
        self.keeper_killed = False
        self.did: list = []

    def run(self) -> history.Verdict:
        """Play the try to its end and judge it."""
        dice = self.dice
        count = dice.randint(2, 5)
        generations = ["1"] if dice.random() < 0.7 else ["1", "2"]
        controllers = {}
        for index in range(count):
            name = "c%d" % index
            controllers[name] = self._controller(
                name, generations[0] if index == 0 else dice.choice(generations), self._trouble(name)
            )
            if dice.random() < 0.4:
                time.sleep(dice.random() * 0.1)
        killed = self._disturb(controllers)
        self._settle(controllers)
        last = self._again(generations[-1])
        outcomes = {
            path.stem: json.loads(path.read_text()) for path in self.outcomes.glob("c*.json") if path.stem not in killed
        }
        for name in controllers:
            if name not in killed and name not in outcomes:
                outcomes[name] = {"decision": "nothing", "message": "no outcome was written"}
        verdict = history.judge(self.history.read_text() if self.history.exists() else "", outcomes, last, self.allowed)
        verdict.counts["controllers"] += count
        verdict.counts["killed controllers"] += len(killed)
        self._restart(verdict, last, last["generation"])
        return verdict

    def _trouble(self, name: str):
        """Choose what happens to the processes of this controller's start: (step, signal), or None."""
        dice = self.dice
        if dice.random() < 0.5:
            return None
        step_at, act = dice.choice(STEPS), dice.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGSTOP))
        self.did.append("%s %s at %s" % (name, act.name, step_at))
        if act is signal.SIGSTOP:
            self.allowed["busy"] = True
        else:
            self.allowed["killed"] = True
            self.keeper_killed = self.keeper_killed or step_at in KEEPING
        return step_at, act

    def _at_step(self, trouble):
        """Return the function that every step of a start calls."""
        step_at, act = trouble or (None, None)

        def at_step(step):
            if step != step_at or (self.stopped / step_at).exists():
                return
            if act == signal.SIGSTOP:
                (self.stopped / ("%d" % os.getpid())).write_text("")
            else:
                (self.stopped / step_at).write_text("")  # whoever takes over is spared
            os.kill(os.getpid(), act)

        return at_step

    def _controller(self, name: str, generation: str, trouble) -> int:
        child = os.fork()
        if child:
            return child
        try:
            os.setpgid(0, 0)
            outcome = self._as_controller(name, generation, trouble, 20.0)
            temporary = self.outcomes / (name + ".tmp")
            temporary.write_text(json.dumps(outcome))
            os.rename(temporary, self.outcomes / (name + ".json"))
        except BaseException as error:
            (self.outcomes / (name + ".json")).write_text(
                json.dumps({"decision": "broken", "message": repr(error), "generation": generation})
            )
        finally:
            os._exit(0)

    def _as_controller(self, name: str, generation: str, trouble, patience: float, on_failed: str = "fail") -> dict:
        """Do what Ansible does: run the start step in a process of the host, then poll one's own link, then remove
        it.
        """
        link = self.folder / "async" / ("j%s.%s" % (name, self.tag))
        said = self._step(name, generation, trouble, on_failed, str(link))
        reply = json.loads(said or b'{"decision": "killed", "message": "the start step was killed"}')
        reply["generation"] = generation
        if reply["decision"] == "killed":
            # As a task that failed: its controller runs the playbook again.
            return self._as_controller(name + "x", generation, None, patience, on_failed)
        if reply["decision"] == "refused":
            return reply
        until = time.monotonic() + patience
        reply.update(finished=False, stdout=None)
        while time.monotonic() < until:
            try:
                found = json.loads(link.read_text())
            except FileNotFoundError:
                return dict(reply, decision="could not find job")
            if found["finished"]:
                link.unlink()
                return dict(reply, finished=True, stdout=found.get("stdout"), message=found.get("msg") or "")
            time.sleep(0.02)
        return reply

    def _step(self, name: str, generation: str, trouble, on_failed: str, link: str) -> bytes:
        """Run the start step in a process of the host; return what it says, nothing where it was killed."""
        reading, writing = os.pipe()
        step = os.fork()
        if not step:
            try:
                os.setpgid(0, 0)
                os.close(reading)
                os.write(writing, self._say(name, generation, trouble, on_failed, link))
            finally:
                os._exit(0)
        os.close(writing)
        os.waitpid(step, 0)
        os.set_blocking(reading, False)  # a guardian inherits the pipe, so its end says nothing
        try:
            return os.read(reading, 1 << 16)
        except BlockingIOError:
            return b""
        finally:
            os.close(reading)

    def _say(self, name: str, generation: str, trouble, on_failed: str, link: str) -> bytes:
        """In the process of the start step: do it, with a clock of its own, and return what it says."""
        self.dice = random.Random("%d %s" % (self.seed, name))
        skew = self.dice.choice((-86400, -30, 0, 0, 30, 86400))
        fence_layout.now = lambda: time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime(time.time() + skew))
        fence_run.step = self._at_step(trouble)
        return json.dumps(self._start(generation, on_failed, link)).encode()

    def _start(self, generation: str, on_failed: str, link: str) -> dict:
        fields = {
            "host": "h1",
            "play": "Play",
            "job": "job",
            "task": "job",
            "generation": generation,
            "digest": "d",
            "digests": {},
            "by": {},
            "async": 60,
        }
        command = [
            sys.executable,
            "-S",
            str(self.folder / "payload.py"),
            str(self.history),
            "%.3f" % (self.dice.random() * 0.4),
            generation,
        ]
        try:
            answer = fence_start.start_once(
                self.fence, fence_start.Order(fields, on_failed, patience=60.0), command, None, link
            )
            return {"decision": answer.decision, "message": ""}
        except fence_host.Refused as refused:
            return {"decision": "refused", "message": str(refused)}

    def _disturb(self, controllers: dict) -> set:
        dice, killed = self.dice, set()
        for name, pid in controllers.items():
            if dice.random() < 0.25:
                time.sleep(dice.random() * 0.15)
                killed.add(name)
                self.did.append("%s killed" % name)
                _signal(pid, signal.SIGKILL)
        if dice.random() < 0.25:
            time.sleep(dice.random() * 0.3)
            names = dice.choice((["keeper"], ["guardian"], ["keeper", "guardian", "payload"], ["payload"]))
            self.did.append("killed: %s" % ", ".join(names))
            # The result is in the hands of two: when a step kills the one and this the other, it goes with them.
            if names[-1] == "payload" or self.keeper_killed:
                self.allowed["lost"] = True
            self.allowed["killed"] = True
            for attempt in self.fence.attempts():
                processes = attempt.processes
                for name in names:
                    self._signal_there(processes.get(name), signal.SIGKILL)
                if len(names) == 3 and attempt.start:
                    for pid in fence_layout.marked(attempt.start["job_id"]):
                        _signal(pid, signal.SIGKILL)
        return killed

    def _settle(self, controllers: dict) -> None:
        """Wake whoever was stopped, until all controllers are done; when all that kept a job was killed, run the
        playbook meanwhile.
        """
        waiting, since = dict(controllers), time.monotonic()
        while waiting:
            for name, pid in list(waiting.items()):
                if os.waitpid(pid, os.WNOHANG)[0]:
                    del waiting[name]
            self._wake(0.2)
            if self.allowed["killed"] and time.monotonic() - since > 2:
                since = time.monotonic()
                for attempt in self.fence.attempts():
                    if attempt.state() == fence_layout.LOST:
                        fence_start.finish_lost(attempt)
            time.sleep(0.02)

    def _wake(self, after: float) -> None:
        for path in self.stopped.iterdir():
            # Again and again: it may have been kept from stopping itself until after the first time.
            if path.name.isdigit() and time.time() - path.stat().st_mtime > after:
                self._signal_there(int(path.name), signal.SIGCONT)

    def _signal_there(self, pid, which) -> None:
        """Send a signal to a process that the host knows by this id."""
        _signal(pid, which)

    def _again(self, generation: str) -> dict:
        """Run the playbook again, as an operator does, until it is neither busy nor refused for another generation
        that still runs.
        """
        outcome, until = {"decision": "nothing", "message": ""}, time.monotonic() + 40
        for number in range(1000):
            if time.monotonic() > until:
                break
            self._wake(0.0)
            outcome = self._in_child("c%d9" % number, generation, "fail")
            if "generations go only forward" in outcome["message"]:
                generation = "1" if generation == "2" else "2"  # the other was the later one, as this host saw them
                continue
            passing = ("just being started", "being decided", "another generation of this job runs", "come to its end")
            if (
                outcome["decision"] == "already_succeeded"
                or outcome["decision"] == "refused"
                and not any(text in outcome["message"] for text in passing)
            ):
                break
        return dict(outcome, generation=generation)

    def _restart(self, verdict, last: dict, generation: str) -> None:
        """Where the job was lost, being told to restart must start it, once, and end it."""
        if last["decision"] != "refused":
            return
        verdict.counts["lost, as reported"] += 1
        for pid in [
            pid
            for attempt in self.fence.attempts()
            if attempt.start
            for pid in fence_layout.marked(attempt.start["job_id"])
        ]:
            _signal(pid, signal.SIGKILL)
        before = self.history.read_text() if self.history.exists() else ""
        outcome = self._in_child("r0", generation, "restart")
        after = self.history.read_text()[len(before) :] if self.history.exists() else ""
        if outcome["decision"] != "started" or outcome.get("stdout") != "done" or after.count("start ") != 1:
            verdict.note(
                "told to restart, it %s (%s); history since: %r" % (outcome["decision"], outcome["message"], after)
            )

    def _in_child(self, name: str, generation: str, on_failed: str) -> dict:
        path = self.outcomes / ("x%s.json" % name)
        child = os.fork()
        if not child:
            try:
                path.write_text(json.dumps(self._as_controller(name, generation, None, 20.0, on_failed)))
            finally:
                os._exit(0)
        while not os.waitpid(child, os.WNOHANG)[0]:
            self._wake(0.2)
            time.sleep(0.005)
        return json.loads(path.read_text())

    def clear(self) -> None:
        """End what is left."""
        self._wake(0.0)
        for attempt in self.fence.attempts():
            for pid in attempt.processes.values():
                _signal(pid if isinstance(pid, int) else None, signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)


def _signal(pid, which) -> None:
    try:
        if pid:
            os.kill(pid, which)
    except ProcessLookupError:
        pass


def run_tries(tries: int, seed: int, total: Counter, kind=Try) -> int:
    """Run tries of the start step; print those that went wrong and return their number."""
    wrong = 0
    for number in range(seed, seed + tries):
        place = kind(number, Path(tempfile.mkdtemp(prefix="jobledger-race-")) / "host")
        try:
            verdict = place.run()
        finally:
            place.clear()
        total.update(verdict.counts)
        if verdict.wrong:
            wrong += 1
            print(
                "%s, seed %d: %s [%s]" % (kind.__name__, number, "; ".join(verdict.wrong), ", ".join(place.did)),
                flush=True,
            )
    return wrong


def main() -> int:
    """The command line; see the top of this file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tries", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--reboot-tries", type=int, default=0, help="needs root: the host has namespaces of its own")
    parser.add_argument("--ansible-tries", type=int, default=0)
    parser.add_argument("--ansible", metavar="VERSION", default=None)
    parser.add_argument("--ledger", choices=("away", "h2", "postgresql"), default="away")
    parser.add_argument("--host", choices=("local", "own"), default="local", help="own: by ssh, and it is rebooted")
    parser.add_argument("--minutes", type=float, default=1e6, help="begin no try of real Ansible after that")
    chosen = parser.parse_args()
    total: Counter = Counter()
    began = time.monotonic()
    wrong = run_tries(chosen.tries, chosen.seed, total)
    if chosen.reboot_tries:
        import rebooting

        wrong += run_tries(chosen.reboot_tries, chosen.seed, total, rebooting.RebootTry)
    if chosen.ansible_tries:
        import with_ansible

        wrong += with_ansible.run_tries(chosen, total)
    print(
        "%d tries, seeds from %d: %d wrong. %s. %.0f s"
        % (
            chosen.tries + chosen.reboot_tries + total["tries with ansible"],
            chosen.seed,
            wrong,
            ", ".join("%s %d" % entry for entry in sorted(total.items())),
            time.monotonic() - began,
        )
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
