"""What holds for each page: it is rendered, its policy is kept, it fits a phone, and everybody can use it."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from importlib import resources
from pathlib import Path

import pytest
from history import HOSTILE, HOSTILE_HOST

JOB = {"host": "db1", "play": "Upgrade databases", "job": "Migrate schema"}
PAGES = {
    "overview": "/",
    "overview-week": "/?window=7d",
    "jobs": "/jobs",
    "jobs-filtered": "/jobs?host=db1&status=open&execution_host=db1",
    "runs": "/runs",
    "run": "/runs/{upgrade}",
    "run-with-gaps": "/runs/{lost}",
    "runs-compared": "/runs/{night}/compare/{upgrade}",
    "run-hostile": "/runs/{hostile}",
    "job": "/job?" + urllib.parse.urlencode(JOB),
    "job-failed": "/job?"
    + urllib.parse.urlencode({"host": "cache1", "play": "Back up everything", "job": "Rotate logs"}),
    "job-slow": "/job?"
    + urllib.parse.urlencode({"host": "db1", "play": "Back up everything", "job": "Back up (orders)"}),
    "job-hostile": "/job?" + urllib.parse.urlencode({"host": HOSTILE_HOST, "play": HOSTILE, "job": HOSTILE}),
    "hosts": "/hosts",
    "host": "/host?host=db1",
    "host-hostile": "/host?" + urllib.parse.urlencode({"host": HOSTILE_HOST}),
    "mirrors": "/mirrors",
}
REFUSALS = {
    "/nowhere": 404,
    "/jobs?status=sleeping": 400,
    "/runs/00000000-0000-4000-8000-000000000000": 404,
    "/job?host=db1": 400,
    "/host?host=nobody": 404,
}
CHECKOUT = Path(__file__).resolve().parents[4]
AXE = resources.files("axe_playwright_python").joinpath("axe.min.js")


def path(site, name):
    """The address of a page of the history."""
    return PAGES[name].format(**{key: run.id for key, run in site.items()})


@pytest.mark.parametrize("name", PAGES)
def test_page_is_whole_accessible_and_fits_a_phone(page, site, name):
    page.open(path(site, name))
    assert page.driver.title.endswith("· Jobledger")
    assert page.one("h1").text
    assert page.run("return getComputedStyle(document.querySelector('header.top')).borderBottomStyle") == "solid", (
        "the style did not arrive"
    )
    assert len(page.all("nav.main a[aria-current=page]")) == 1
    assert page.run("return document.title") != "owned"
    accessible(page)
    page.look(dark=True)
    accessible(page, "color-contrast")
    page.look(width=360, height=740)
    assert page.run("return document.documentElement.scrollWidth") <= 360
    wide = page.run(
        "return [...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > 361 && "
        "!e.closest('.vh, thead')).map(e => e.outerHTML.slice(0, 90))"
    )
    assert wide == []
    accessible(page)


def accessible(page, *rules: str) -> None:
    """Fail with what axe finds: WCAG 2.2 AA and the best practices, or only these rules."""
    page.driver.execute_cdp_cmd(
        "Runtime.evaluate", {"expression": "window.axe || (() => {%s})(); 0" % AXE.read_text(encoding="utf-8")}
    )
    chosen = (
        {"type": "rule", "values": list(rules)}
        if rules
        else {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    )
    found = page.driver.execute_async_script(
        "const done = arguments[1]; axe.run({runOnly: arguments[0], resultTypes: ['violations']}).then(r => "
        "done(r.violations), e => done([{id: String(e), nodes: []}]))",
        chosen,
    )
    assert [
        (rule["id"], [node["html"][:200] + " " + node.get("failureSummary", "")[:300] for node in rule["nodes"][:3]])
        for rule in found
    ] == []


@pytest.mark.parametrize("address", REFUSALS)
def test_refusal_is_a_page_with_what_the_problem_says(page, url, address):
    page.open(address)
    complaints = page.complaints()
    assert all(str(REFUSALS[address]) in complaint for complaint in complaints), complaints
    shown = page.one("main").text
    assert str(REFUSALS[address]) in shown
    assert page.one("[role=alert]").text
    accessible(page)
    if address == "/nowhere":
        request = urllib.request.Request(url + address, headers={"Accept": "application/json"})
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=30)
        problem = json.load(refused.value)
        assert problem["detail"] in shown and problem["hint"] in shown


def test_pictures(page, site, request):
    """Not a test of itself: keeps pictures for the documentation where they are asked for."""
    folder = request.config.getoption("--pictures")
    if not folder:
        pytest.skip("no --pictures")
    folder = CHECKOUT / folder
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("overview", "jobs", "run", "job", "job-failed"):
        for kind, look in {"": {}, "-dark": {"dark": True}, "-phone": {"width": 360, "height": 740}}.items():
            if kind and name != "overview":
                continue
            page.look(**look)
            page.open(path(site, name))
            page.until(lambda: page.run("return document.readyState") == "complete")
            (folder / ("page-%s%s.png" % (name, kind))).write_bytes(page.picture(740 if kind == "-phone" else 900))
