"""The processes by which Ansible keeps an async job running on its host."""

from __future__ import annotations

import os
import signal
import subprocess

from ansible_collections.jobledger.core.plugins.module_utils import processes

from tools.program import until


def kill(job_id: str) -> None:
    """Kill Ansible's supervisor of the job, all its processes, and return when they are gone. What it started goes
    on.
    """
    assert _processes(job_id), "nothing supervises %s" % job_id

    def gone() -> bool:
        left = _processes(job_id)
        for process in left:
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                pass  # the first of them ends by itself soon after the launch
        return not left

    until(gone)


def end(job_id: str) -> None:
    """Kill all processes of the job, as a host that goes down does, and return when they are gone."""

    def gone() -> bool:
        left = processes.look().family(job_id).all
        for process in left:
            try:
                os.kill(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass  # the first of them ends by itself soon after the launch
        return not left

    until(gone)


def _processes(job_id: str) -> list[int]:
    # The wrapper is called with the first part of the id.
    listed = subprocess.run(
        ["pgrep", "-f", "async_wrapper.* %s " % job_id.split(".")[0]], stdout=subprocess.PIPE, text=True, check=False
    )
    return [int(line) for line in listed.stdout.split()]
