"""Every command that the product prints for a person is run as it is printed. INVENTORY stands for the reader's own."""

from __future__ import annotations

import os
import re
import shlex
import subprocess

import pytest
from tools import async_wrapper
from tools.controller import BIN, Controller
from tools.program import JAR, JOBLEDGER, Program

if not JAR.is_file() and "JOBLEDGER_JAR" not in os.environ:
    pytest.skip("the ingester is not built; ./mvnw -DskipTests package does it", allow_module_level=True)

PLAYBOOK = """
- name: Upgrade
  hosts: h1
  gather_facts: false
  tasks:
    - {name: Long, ansible.builtin.command: sleep 600, async: 900, poll: 0}
    - {name: Late, ansible.builtin.command: sleep 600, async: 1, poll: 0}
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A ledger that knows two jobs of a host, one of them past its deadline, and their controller."""
    root = tmp_path_factory.mktemp("printed")
    controller = Controller(root / "controller")
    (controller.root / "hosts.ini").rename(controller.root / "INVENTORY")
    with Program(root / "data") as program:
        done = controller.playbook(PLAYBOOK, "-i", "INVENTORY", url=program.url, ANSIBLE_INVENTORY="/nowhere")
        assert done.returncode == 0, done.stdout + done.stderr
        yield program, controller
        for job in (controller.root / "async").glob("j*"):
            async_wrapper.end(job.name)


def _jobledger(program, *words: str) -> str:
    done = subprocess.run(
        [*JOBLEDGER, *words, "--url", program.url],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout


def _as_printed(place, command: str, *codes: int) -> str:
    """Run a command in a shell, where no inventory but the one that it names is known."""
    program, controller = place
    environment = controller.environment(program.url, ANSIBLE_INVENTORY="/nowhere")
    environment["PATH"] = "%s:%s" % (BIN, environment["PATH"])
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=controller.root,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode in (codes or (0,)), "%s\n%s" % (command, done.stdout)
    return done.stdout


def _printed(text: str, start: str) -> str:
    (found,) = re.findall(r"^.*?\b(%s .*)$" % re.escape(start), text, re.MULTILINE)
    return found.strip()


def test_the_line_that_asks_an_open_job_how_it_stands(place):
    line = _printed(_jobledger(place[0], "jobs", "show", "h1", "Upgrade", "Long"), "ansible")
    assert '"ansible_job_id": "%s"' % place[0].job("h1", "Upgrade", "Long")["ansible_job_id"] in _as_printed(
        place, line
    )


def test_the_line_for_a_job_past_its_deadline(place):
    job = place[0].job("h1", "Upgrade", "Late")
    said = _jobledger(place[0], "jobs", "ls", "--overdue")
    assert job["ansible_job_id"] in _as_printed(place, _printed(said, "ansible"), 0, 2)
    # Ansible's wrapper has ended it meanwhile, most often; then the answer is a failure.


def test_what_a_wait_says_of_settling(place):
    said = _jobledger(place[0], "jobs", "wait", "h1", "Upgrade", "Long", "--timeout", "1s")
    line = re.findall(r"(ansible-playbook jobledger\.core\.settle .*)$", said, re.MULTILINE)[0]
    assert "PLAY RECAP" in _as_printed(place, line)


def test_the_task_of_a_job_s_page(place):
    """The page has a task, and commands for curl and this program."""
    import html
    import urllib.request

    program, controller = place
    with urllib.request.urlopen(program.url + "/job?host=h1&play=Upgrade&job=Long", timeout=30) as answer:
        page = html.unescape(answer.read().decode())
    (curl,) = re.findall(r"curl -fsS [^\s<]+", page)
    assert (
        '"job_name":"Long"' in subprocess.run(["sh", "-c", curl], stdout=subprocess.PIPE, text=True, check=True).stdout
    )
    (show,) = re.findall(r"\./jobledger jobs show [^<\n]+", page)
    assert "Long" in _jobledger(program, *shlex.split(show)[1:])
    (task,) = re.findall(r"- name: Wait for a job that was started earlier\n(?:  .*\n?)+", page)
    book = controller.write(
        "page.yml",
        "- hosts: h1\n  gather_facts: false\n  tasks:\n"
        + "".join(
            "    %s\n" % line
            for line in task.replace("retries: 1000", "retries: 1").replace("delay: 15", "delay: 0").splitlines()
        ),
    )
    said = _as_printed(place, "ansible-playbook -i INVENTORY %s" % book, 2)
    assert "FAILED - RETRYING" in said and program.job("h1", "Upgrade", "Long")["ansible_job_id"] in said


def test_what_the_recorder_says_of_spools_that_are_left(place):
    program, controller = place
    done = controller.playbook(
        PLAYBOOK.replace("Upgrade", "Away"), "-i", "INVENTORY", url="http://127.0.0.1:9", name="away.yml"
    )
    (line,) = set(re.findall(r"ansible-playbook jobledger\.core\.replay", " ".join(done.stderr.split())))
    controller.for_any_ledger()
    _as_printed(place, line)
    assert controller.left() == [] and program.job("h1", "Away", "Long")["status"] == "running"


def test_the_command_that_cancels(place):
    said = _jobledger(place[0], "jobs", "cancel", "h1", "Upgrade", "Long", "--reason", "it's wrong")
    _as_printed(place, _printed(said, "ansible-playbook"))
    assert place[0].job("h1", "Upgrade", "Long")["status"] == "cancelled"
