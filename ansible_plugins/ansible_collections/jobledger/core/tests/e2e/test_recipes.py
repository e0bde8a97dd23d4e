"""Every recipe for a resume that is printed or documented, run as it stands, on real Ansible and the real ingester.

A recipe must ask the host before it believes that a job runs: a record says running until somebody asks.
"""

from __future__ import annotations

import contextlib
import html
import json
import os
import re
import signal
import subprocess
import textwrap
import urllib.request

import pytest
import yaml
from ansible_collections.jobledger.core.plugins.lookup import job as lookup
from ansible_collections.jobledger.core.plugins.module_utils import processes
from tools import pages
from tools.controller import Controller
from tools.program import CHECKOUT, JAR, JOBLEDGER, Program, until

if not JAR.is_file() and "JOBLEDGER_JAR" not in os.environ:
    pytest.skip("the ingester is not built; ./mvnw -DskipTests package does it", allow_module_level=True)

UPGRADE = ("Upgrade databases", "Migrate schema")


@pytest.fixture
def program(tmp_path_factory):
    """An ingester for each test: the recipes name their jobs themselves."""
    with Program(tmp_path_factory.mktemp("data")) as running:
        yield running


class Site(Controller):
    """A controller with the hosts that the documents name. It ends what it started."""

    def __init__(self, root, program):
        super().__init__(root, ["db1", "localhost", "[databases]", "db1"])
        self.program = program

    def environment(self, url, **extra):
        # The usual directory: the recipes of the roles name it.
        return super().environment(
            url or self.program.url,
            **{
                "JOBLEDGER_TIMEOUT": "10",
                "JOBLEDGER_BUDGET": "60",
                "ANSIBLE_ASYNC_DIR": str(self.home / ".ansible_async"),
                **extra,
            },
        )

    def play(self, text, *arguments, name="site.yml"):
        """Run a playbook, or tasks in a play like those of the documents."""
        if "hosts:" not in text:
            text = "- name: Upgrade databases\n  hosts: db1\n  gather_facts: false\n  tasks:\n" + textwrap.indent(
                text, "    "
            )
        return self.playbook(text, *arguments, name=name)

    def started(self, play, job, command, host="db1"):
        """Start a job under a name, and return its record."""
        tasks = [{"name": job, "ansible.builtin.command": command, "async": 600, "poll": 0}]
        done = self.playbook(
            json.dumps([{"name": play, "hosts": host, "gather_facts": False, "tasks": tasks}]), name="start.yml"
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return self.program.job(host, play, job, "?nth=1")

    def ended(self, record):
        """Wait until the job has ended on its host; nobody tells the ledger."""
        until(lambda: '"rc"' in open(record["results_file"]).read())
        assert (
            self.program.job(record["host"], record["play"], record["job_name"], "?id=" + record["ansible_job_id"])[
                "status"
            ]
            == "running"
        )

    def history(self, play, job, host="db1"):
        return [
            one["status"]
            for one in self.program.jobs(
                "?host=%s&play=%s&job=%s" % (host, play.replace(" ", "%20"), job.replace(" ", "%20"))
            )
        ]


@pytest.fixture
def site(tmp_path, program):
    made = Site(tmp_path, program)
    yield made
    for job in program.jobs("?limit=100"):
        if job["ansible_job_id"]:
            family = processes.look().family(job["ansible_job_id"])
            for process in (*family.wrappers, *family.payload):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGKILL)


def ok(done):
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def waiting():
    """The recipes that wait for a job: their text, and the job's play, name and host."""
    found = [
        (block, UPGRADE + (("localhost" if "hosts: localhost" in block else "db1"),))
        for page in ("../README.md", "tutorial.md", "how-to/resume.md")
        for block in pages.snippets(page, "yaml")
        if "async_status" in block and "lookup(" in block and "Look for" not in block
    ]
    found += [
        (block, ("Upgrade databases", "upgrade_db", "db1")) for block in pages.snippets("reference/lookup.md", "yaml")
    ]
    return found


@pytest.mark.parametrize("recipe, name", waiting())
def test_recipe_that_waits_asks_the_host(site, recipe, name):
    play, job, host = name
    record = site.started(play, job, "true", host)
    site.ended(record)
    ok(site.play(recipe, name="recipe.yml"))
    assert site.program.job(host, play, job)["status"] == "succeeded"


def test_there_are_as_many_waiting_recipes_as_documents():
    assert len(waiting()) == 4


def starting():
    """The recipes that start a job unless it still runs: their text, and the job's name."""
    (howto,) = [block for block in pages.snippets("how-to/resume.md", "yaml") if "Look for" in block]
    return [(howto, "Migrate schema"), (_example("Look for an upgrade"), "upgrade_db")]


def _example(first):
    """The tasks of the lookup's documentation, from the one whose name begins so."""
    text = lookup.EXAMPLES
    return textwrap.dedent(text[text.index("    - name: " + first) :])


@pytest.mark.parametrize("recipe, job", starting())
def test_recipe_that_starts_asks_the_host_whether_the_job_still_runs(site, recipe, job):
    # The commands of the documents do not exist here: what is started ends at once, and nobody asks.
    ok(site.play(recipe))
    first = site.program.job("db1", "Upgrade databases", job)
    assert first["status"] == "running"
    site.ended(first)
    ok(site.play(recipe))
    assert site.history("Upgrade databases", job) == ["running", "failed"], (
        "the job that nobody had asked was asked, and started again"
    )
    site.ended(site.program.job("db1", "Upgrade databases", job))
    ok(site.play(_waits(recipe, job)))
    running = site.program.job("db1", "Upgrade databases", job)
    ok(site.play(recipe))
    assert site.program.job("db1", "Upgrade databases", job)["ansible_job_id"] == running["ansible_job_id"], (
        "a job that runs is not started beside itself"
    )
    os.unlink(running["results_file"])
    assert site.play(recipe).returncode == 2, "nobody can tell whether the job runs"
    assert len(site.history("Upgrade databases", job)) == 3


def _waits(recipe, job):
    """The recipe, with a command that does not end."""
    return re.sub(r"command: /\S+", "command: sleep 600", recipe)


def test_recipe_that_names_a_job(site):
    (recipe,) = [block for block in pages.snippets("how-to/resume.md", "yaml") if "jobledger_job" in block]
    ok(site.play(recipe, "-e", "version=7"))
    assert site.program.job("db1", "Upgrade databases", "upgrade to 7")["ansible_job_id"]


def test_start_of_the_tutorial(site):
    (start,) = [block for block in pages.snippets("tutorial.md", "yaml") if "poll: 0" in block and "hosts:" in block]
    ok(site.play(start))
    assert site.program.job("localhost", *UPGRADE)["ansible_job_id"]


def test_recipe_of_the_roles_starts_once_and_then_asks(site):
    recipe = pages.snippets("how-to/roles.md", "yaml")[0]
    ok(site.play(recipe))
    (job,) = site.program.jobs("?host=db1")
    site.ended(job)
    # The command does not exist here, so the job has failed, and the check of it says so.
    done = site.play(recipe)
    assert done.returncode == 2 and "Ask the host how it stands" in done.stdout, done.stdout
    assert [(one["ansible_job_id"], one["status"]) for one in site.program.jobs("?host=db1")] == [
        (job["ansible_job_id"], "failed")
    ]


def test_variables_of_the_migration_page(site):
    record = site.started("Upgrade databases", "upgrade_db", "true")
    (block,) = [block for block in pages.snippets("how-to/migrate.md", "yaml") if "lookup('jobledger" in block]
    ok(
        site.play(
            "- name: Upgrade databases\n  hosts: db1\n  gather_facts: false\n%s  tasks:\n    - assert: {that: "
            "found.ansible_job_id == '%s'}\n" % (textwrap.indent(block, "  "), record["ansible_job_id"])
        )
    )


def test_recipe_of_the_load_role(site):
    record = site.started("Upgrade databases", "upgrade_db", "true")
    site.ended(record)
    text = (CHECKOUT / "ansible_plugins/ansible_collections/jobledger/core/roles/async_job_load/README.md").read_text()
    (recipe,) = re.findall(r"^```yaml\n(.*?)^```$", text, re.M | re.S)
    ok(site.play(recipe, "-e", "async_job_load_backend=ingester"))
    assert site.program.job("db1", "Upgrade databases", "upgrade_db")["status"] == "succeeded"


def test_snippet_of_the_page_and_the_hint_of_the_command(site):
    record = site.started(*UPGRADE, "true")
    site.ended(record)
    shown = subprocess.run(
        [*JOBLEDGER, "jobs", "show", "db1", *UPGRADE, "--url", site.program.url],
        text=True,
        stdout=subprocess.PIPE,
        check=True,
    ).stdout
    (command,) = re.findall(r"^resume +(ansible .*)$", shown, re.M)
    # The reader's own inventory stands where the line says INVENTORY.
    (site.root / "INVENTORY").symlink_to("hosts.ini")
    done = pages.run(command, site)
    assert done.returncode == 0 and '"finished": ' in done.stdout, done.stdout + done.stderr
    with urllib.request.urlopen(
        site.program.url + "/job?host=db1&play=Upgrade%20databases&job=Migrate%20schema", timeout=10
    ) as answer:
        page = answer.read().decode()
    (task,) = [
        text for text in map(html.unescape, re.findall(r"<pre[^>]*>(.*?)</pre>", page, re.S)) if "async_status" in text
    ]
    assert yaml.safe_load(re.sub(r"<[^>]+>", "", task))
    ok(site.play(re.sub(r"<[^>]+>", "", task), name="snippet.yml"))
    assert site.program.job("db1", *UPGRADE)["status"] == "succeeded"
