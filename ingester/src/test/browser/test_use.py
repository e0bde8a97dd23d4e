"""What a person does on the pages: filters, pages on, reads names, copies, and watches."""

from __future__ import annotations

import json
import subprocess
import urllib.parse
from datetime import datetime, timezone

import history
import jinja2
import pytest
import yaml
from history import HOSTILE, HOSTILE_HOST
from test_every_page import JOB

HOSTILE_JOB = {"host": HOSTILE_HOST, "play": HOSTILE, "job": HOSTILE}


def job_page(job):
    return "/job?" + urllib.parse.urlencode(job)


def test_filters_are_a_form_and_an_address(page):
    page.open("/jobs")
    page.one("#f-host").send_keys("db2")
    page.one("input[name=status][value=overdue]").click()
    page.press("ENTER")
    page.until(lambda: page.path == "/jobs?host=db2&status=overdue")
    assert page.texts("table.jobs tbody [data-label=Job] a") == ["Migrate schema"]
    assert page.texts("table.jobs tbody .badge") == ["!overdue"]
    assert page.one("#f-host").get_property("value") == "db2"
    assert page.one("input[name=status][value=overdue]").is_selected()
    page.driver.find_element("link text", "Clear all filters").click()
    page.until(lambda: page.path == "/jobs")


def test_list_goes_on_where_it_ended(page):
    page.open("/jobs?limit=10&status=succeeded")
    jobs = "table.jobs tbody [data-label=Job] a"
    seen = [link.get_attribute("href") for link in page.all(jobs)]
    assert len(seen) == 10
    while page.all("a[rel=next]"):
        before = page.path
        page.one("a[rel=next]").click()
        page.until(lambda: page.path != before and "cursor=" in page.path)
        seen += [link.get_attribute("href") for link in page.all(jobs)]
    assert len(seen) > 10 and len(set(seen)) == len(seen)
    page.open("/jobs?limit=100&status=succeeded")
    assert [link.get_attribute("href") for link in page.all(jobs)] == seen


def test_hostile_name_is_shown_as_it_is_and_its_links_work(page):
    page.open("/jobs?" + urllib.parse.urlencode({"host": HOSTILE_HOST}))
    page.one("table.jobs tbody [data-label=Job] a").click()
    page.until(lambda: page.path.startswith("/job?"))
    heading = page.one("h1").text
    assert "<script>document.title='owned'</script>" in heading
    for mark in ("U+202E", "U+202C", "U+200B", "U+000A"):
        assert mark in heading
    assert "\u202e" not in page.driver.title
    page.all("h1 small a")[0].click()
    page.until(lambda: page.path.startswith("/host?"))
    assert page.one("h1").text.endswith("web<b>01</b>U+200F")


def test_dots_are_a_name_like_any_other(page):
    page.open("/jobs?host=..")
    page.one("table.jobs tbody [data-label=Job] a").click()
    page.until(lambda: page.path.startswith("/job?"))
    assert "a/b c" in page.one("h1").text


@pytest.mark.parametrize(
    "job", [JOB, HOSTILE_JOB, {"host": "..", "play": "..", "job": "a/b c"}], ids=["plain", "hostile", "dots"]
)
def test_snippets_do_what_they_say(page, job):
    page.open(job_page(job))
    task, curl, cli = page.run("return [...document.querySelectorAll('pre')].map(e => e.textContent)")
    got = json.loads(subprocess.run(["bash", "-c", curl], stdout=subprocess.PIPE, timeout=60, check=True).stdout)
    assert (got["host"], got["play"], got["job_name"]) == (job["host"], job["play"], job["job"])
    words = (
        subprocess.run(
            ["bash", "-c", "printf '%s\\0' " + cli.split(" ", 1)[1]], stdout=subprocess.PIPE, timeout=60, check=True
        )
        .stdout.decode()
        .split("\0")
    )
    assert words == ["jobs", "show", job["host"], job["play"], job["job"], ""]
    asked = []
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
    found = yaml.safe_load(task)[0]["vars"]["found"]
    environment.from_string(found).render(lookup=lambda *names, **options: asked.append((names, options)))
    assert asked == [(("jobledger.core.job", job["job"]), {"host": job["host"], "play": job["play"]})]


def test_output_is_searched_and_unfolded_without_scripts(page):
    page.scripts(False)
    page.open(job_page({"host": "cache1", "play": "Back up everything", "job": "Rotate logs"}))
    assert page.one("#stderr-1 .ansi-red").text == "error:"
    assert page.one("#stdout-120").is_displayed() and not page.one("#stdout-1").is_displayed()
    page.one("#o-stdout + details summary").click()
    page.until(lambda: page.one("#stdout-1").is_displayed())
    page.one("#f-find").send_keys("117.LOG")
    page.press("ENTER")
    page.until(lambda: "find=117.LOG" in page.path)
    assert page.texts("[id^=stdout-]") == ["rotating /var/log/app/117.log"]


def test_job_that_took_longer_than_usual_says_so(page):
    page.open(job_page({"host": "db1", "play": "Back up everything", "job": "Back up (orders)"}))
    assert "times as long as usual" in page.one(".note.overdue").text
    assert len(page.all(".durations svg a")) == 9


def test_part_of_a_runs_time_line_is_a_link(page, site):
    page.open("/runs/" + site["night"].id)
    before = page.texts(".bars .axis a")
    page.all(".bars .axis a")[1].click()
    page.until(lambda: "from=" in page.path)
    assert page.texts(".bars .axis a") != before
    page.driver.find_element("link text", "Whole run").click()
    page.until(lambda: "from=" not in page.path)
    assert page.texts(".bars .axis a") == before


def test_keyboard_reaches_everything(page):
    page.open("/")
    page.press("TAB")
    assert page.run("return document.activeElement.className") == "skip"
    assert page.run("return document.activeElement.getBoundingClientRect().top") >= 0
    page.press("ENTER")
    page.until(lambda: page.path.endswith("#main"))
    page.press("TAB")
    assert page.run("return document.activeElement.closest('.figures') !== null")
    assert page.run("return getComputedStyle(document.activeElement).outlineStyle") == "solid"
    reached = set()
    for _ in range(200):
        page.press("TAB")
        here = page.run(
            "const e = document.activeElement; return e.closest('svg') ? 'bar' : e.closest('.windows') ? 'window' : "
            "e.closest('table.runs') ? 'run' : ''"
        )
        reached.add(here)
        if {"bar", "window", "run"} <= reached:
            break
    assert {"bar", "window", "run"} <= reached


def test_bar_of_the_picture_leads_to_its_job(page):
    page.open("/")
    bar = next(
        link
        for link in page.all("table.bars svg a")
        if link.get_dom_attribute("aria-label").startswith("Rebuild index, timed out")
    )
    page.open(bar.get_dom_attribute("href"))
    assert "Rebuild index" in page.one("h1").text


def test_pages_work_without_scripts(page):
    page.scripts(False)
    page.open("/jobs?host=db1")
    assert len(page.all("table.jobs tbody tr")) >= 4
    page.all("table.jobs tbody [data-label=Job] a")[0].click()
    assert page.one("h1").text and len(page.all("pre")) == 3
    page.open("/jobs")
    page.one("#f-job").send_keys("Rotate logs")
    page.one("form.filters button").click()
    page.until(lambda: page.path == "/jobs?job=Rotate+logs")
    assert page.texts("table.jobs tbody [data-label=Host] a") == ["cache1"]


def test_snippet_can_be_copied(page):
    page.open(job_page(JOB))
    button = page.all("button.copy")[1]
    page.driver.execute_cdp_cmd(
        "Browser.grantPermissions", {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    )
    button.click()
    page.until(lambda: button.text in ("Copied", "Selected"))


def test_change_is_seen_live_and_leaves_the_reader_alone(page, url):
    page.open("/jobs?play=Live")
    page.until(lambda: page.one("#live").text == "live")
    assert page.all("table.jobs") == []
    page.run(
        "window.mark = 1; document.querySelector('details').open = true; document.getElementById('f-host').value = "
        "'typing'; document.getElementById('f-host').focus()"
    )
    run = history.Run(url, datetime.now(timezone.utc), "live-1", "live.yml", 0)
    job = run.job("web09", "Live", "Watch me", 0)
    run.send()
    page.until(lambda: page.texts("table.jobs tbody .badge") == ["▸running"])
    run.add("job_ended", 0, host="web09", ansible_job_id=job, status="succeeded", rc=0)
    run.send()
    page.until(lambda: page.texts("table.jobs tbody .badge") == ["✓succeeded"])
    assert page.run(
        "return [window.mark, document.querySelector('details').open, document.getElementById('f-host').value, "
        "document.activeElement.id]"
    ) == [1, True, "typing", "f-host"]


def test_overview_is_live_too(page, url):
    page.open("/")
    page.until(lambda: page.one("#live").text == "live")
    before = page.one(".figures .failed b").text
    run = history.Run(url, datetime.now(timezone.utc), "live-2", "live.yml", 0)
    run.job("web10", "Live", "Break", 0, end="failed", took=0, rc=1)
    run.send()
    page.until(lambda: page.one(".figures .failed b").text == str(int(before) + 1))
