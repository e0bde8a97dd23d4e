"""Each snippet on starting a job once, run as it is printed: how-to, reference and the README's first example."""

from __future__ import annotations

import json
import re

import pytest
from tools import pages
from tools.controller import Controller
from tools.program import CHECKOUT

MIGRATE = """#!/bin/sh
echo "$@" >> "$STARTS"
test ! -e "$BROKEN"
"""


@pytest.fixture
def site(tmp_path):
    """A controller whose databases have a program db-migrate, and a fence directory of their own."""
    controller = Controller(tmp_path)
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "db-migrate").write_text(MIGRATE)
    (tools / "db-migrate").chmod(0o755)
    controller.inventory("h1 jobledger_fence_dir=%s" % (tmp_path / "fence"), "[databases]", "h1")
    return controller


def run(site, command, **environment):
    found = site.environment(None)
    return pages.run(
        command,
        site,
        STARTS=str(site.root / "starts"),
        BROKEN=str(site.root / "broken"),
        PATH="%s:%s" % (site.root / "bin", found["PATH"]),
        **environment,
    )


def started(site) -> list:
    return (site.root / "starts").read_text().splitlines() if (site.root / "starts").exists() else []


def quick(text: str) -> str:
    """Return the playbook with a shorter pause between two looks: the only thing that tests change."""
    return re.sub(r"poll: 15$", "poll: 1", text, flags=re.M)


def test_the_how_to(site):
    first, prepare, failed, later = pages.snippets("how-to/start-once.md", "yaml")
    again, restart = pages.snippets("how-to/start-once.md", "console")
    site.write("prepare.yml", prepare)
    done = run(site, "ansible-playbook prepare.yml", ANSIBLE_BECOME_METHOD="su")
    assert done.returncode == 0 or "become" in done.stdout, done.stdout + done.stderr
    site.write("site.yml", quick(first))
    for _time in range(2):
        done = run(site, again)
        assert done.returncode == 0, done.stdout + done.stderr
    assert started(site) == ["--to 2026.4"]
    site.write("site.yml", quick(failed))
    (site.root / "broken").write_text("")
    assert run(site, again.replace("2026.4", "2026.5")).returncode == 2
    (site.root / "broken").unlink()
    refused = run(site, again.replace("2026.4", "2026.5"))
    assert refused.returncode == 2 and "this job is not started again" in refused.stdout
    done = run(site, restart.replace("2026.4", "2026.5"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert started(site) == ["--to 2026.4", "--to 2026.5", "--to 2026.5"]
    site.write("site.yml", later)
    done = run(site, "ansible-playbook site.yml")
    assert done.returncode == 0 and started(site)[-1] == "--rebuild", done.stdout + done.stderr


def test_a_dry_run_of_each_snippet_starts_nothing_and_does_not_fail(site):
    (reference,) = pages.snippets("reference/start_once.md", "yaml")
    first, _prepare, failed, later = pages.snippets("how-to/start-once.md", "yaml")
    for text in (reference, first, failed, later):
        site.write("site.yml", quick(text))
        done = run(site, "ansible-playbook site.yml --check -e release=2026.4")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "changed=" in done.stdout and not (site.root / "fence").exists()
    assert started(site) == []


def test_the_reference_and_the_readme(site):
    (reference,) = pages.snippets("reference/start_once.md", "yaml")
    site.write("site.yml", quick(reference))
    done = run(site, "ansible-playbook site.yml -e release=2026.4")
    assert done.returncode == 0 and re.search(r"started: started by \S+ from \S+", done.stdout), (
        done.stdout + done.stderr
    )
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    first = re.search(r"^```yaml\n(.*?)^```$", readme, re.M | re.S).group(1)
    assert "jobledger.core.start_once" in first
    site.write("site.yml", quick(first))
    done = run(site, "ansible-playbook site.yml -e release=2026.4")
    assert done.returncode == 0 and "changed=0" in done.stdout, done.stdout + done.stderr
    assert started(site) == ["--to 2026.4"]


def test_ansible_doc_knows_what_the_reference_says(site):
    done = run(site, "ansible-doc --json -t module jobledger.core.start_once")
    assert done.returncode == 0, done.stderr
    options = json.loads(done.stdout)["jobledger.core.start_once"]["doc"]["options"]
    page = (CHECKOUT / "docs" / "reference" / "start_once.md").read_text(encoding="utf-8")
    told = set(
        re.findall(
            r"`(\w+)`",
            " ".join(line.split("|")[1] for line in page.split("| variable")[0].splitlines() if line.startswith("| `")),
        )
    )
    assert told == set(options)
