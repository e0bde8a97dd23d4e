"""A host's fence without Ansible: start steps as processes of their own, which can be killed at every step."""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback

from ansible_collections.jobledger.core.plugins.module_utils import fence_host, fence_layout, fence_run, fence_start

# Every step of a start, in order: in the start step, the guardian, the keeper.
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
PAYLOAD = """import json, os, sys, time
with open(sys.argv[1], "a") as file:
    file.write("start %s\\n" % os.environ["JOBLEDGER_JOB"])
until = sys.argv[2]
while until and not os.path.exists(until):
    time.sleep(0.01)
print(json.dumps({"changed": True, "rc": int(sys.argv[3]), "stdout": "done"}))
"""


class FenceSite:
    """One host's fence, and a payload that writes down each of its starts."""

    def __init__(self, root) -> None:
        self.root = root
        self.tag = str(
            os.getpid()
        )  # ends every job's id: processes of tests that run at the same time are told apart by it
        self.starts = root / "starts"
        self.gate = root / "gate"
        self.links = root / "async"
        self.program = root / "payload.py"
        self.program.write_text(PAYLOAD)
        (root / "fence").mkdir(exist_ok=True)
        os.makedirs(root / "fence" / "keys", exist_ok=True)
        self.fence = fence_layout.Fence(str(root / "fence" / "keys" / fence_layout.key_hash("m", "h1", "Play", "job")))

    def order(self, generation="1", digest="d", on_failed="fail", patience=5.0, **fields) -> fence_start.Order:
        """Return what a controller asks for."""
        known = dict(
            {
                "host": "h1",
                "play": "Play",
                "job": "job",
                "task": "job",
                "generation": generation,
                "digest": digest,
                "digests": {"cmd": digest},
                "by": {"controller": "c1", "user": "ann"},
                "async": 60,
            },
            **fields,
        )
        return fence_start.Order(known, on_failed, patience=patience)

    def command(self, gate=True, code=0) -> list:
        """Return the payload's command; with `gate` it runs until `open` is called."""
        return [sys.executable, "-S", str(self.program), str(self.starts), str(self.gate) if gate else "", str(code)]

    def open(self) -> None:
        """Let payloads end."""
        self.gate.write_text("")

    def start(self, name: str, kill_at: str | None = None, order=None, command=None):
        """Run one start step in a process of its own and return its answer: a decision, "refused: …", or None when it
        was killed.

        The process that reaches the step `kill_at` is killed there: the start step itself, its guardian or its keeper.
        """
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            try:
                os.close(reading)
                if kill_at:
                    fence_run.step = fence_start.run.step = lambda step: (
                        os.kill(os.getpid(), signal.SIGKILL) if step == kill_at else None
                    )
                answer = self._answer(name, order or self.order(), command or self.command())
                os.write(writing, answer.encode())
            finally:
                os._exit(0)
        os.close(writing)
        os.waitpid(child, 0)
        said = self.read(reading)
        return said or None

    def begin(self, name: str, order=None, command=None):
        """As `start`, without waiting: return (process id, pipe that brings the answer)."""
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            try:
                os.close(reading)
                os.write(writing, self._answer(name, order or self.order(), command or self.command()).encode())
            finally:
                os._exit(0)
        os.close(writing)
        return child, reading

    def _answer(self, name, order, command) -> str:
        try:
            return fence_start.start_once(
                self.fence, order, command, None, str(self.links / (name + self.tag))
            ).decision
        except fence_host.Refused as refused:
            return "refused: %s" % refused
        except BaseException:
            return "broken: %s" % traceback.format_exc()

    @staticmethod
    def read(descriptor) -> str:
        """Return what a start step said, which has ended."""
        # Guardians inherit the pipe from a start step that is killed before they close it, so its end says nothing.
        os.set_blocking(descriptor, False)
        try:
            return os.read(descriptor, 1 << 16).decode()
        except BlockingIOError:
            return ""
        finally:
            os.close(descriptor)

    def started(self) -> list:
        """Return the ids that payloads wrote when they began."""
        return (
            [line.split()[1][: -len(self.tag)] for line in self.starts.read_text().splitlines()]
            if self.starts.exists()
            else []
        )

    def marked(self, name: str) -> list:
        """Return the processes that carry the mark of the job that this start step launched."""
        return fence_layout.marked(name + self.tag)

    def seen(self, name: str) -> dict:
        """Return what async_status would read by a controller's own link."""
        found = json.loads((self.links / (name + self.tag)).read_text())
        return dict(found, ansible_job_id=found["ansible_job_id"][: -len(self.tag)])

    def processes(self) -> list:
        """Return the processes of all jobs of this site: guardians, keepers and payloads."""
        found = set()
        for attempt in self.fence.attempts():
            found.update(pid for name, pid in attempt.processes.items() if isinstance(pid, int) and _is_alive(pid))
            start = attempt.start
            found.update(fence_layout.marked(start["job_id"]) if start else ())
        return sorted(found)

    def kill_all(self) -> None:
        """Kill every process of every job, as a host that goes down does."""
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


def _is_alive(pid: int) -> bool:
    try:
        with open("/proc/%d/stat" % pid, encoding="utf-8") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
