"""The lookup plugin on real Ansible, asking a real socket."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from tools.ingester import PROBLEM, BlackHole, closed_port

PLAY = """
- name: %s
  hosts: h1
  gather_facts: false
  tasks:
    - %s
"""
RECORD = {
    "job_name": "upgrade_db",
    "host": "h1",
    "ansible_job_id": "j889214147243.9938",
    "play": "P",
    "playbook": "site.yml",
    "execution_host": "h1",
    "results_file": "/x/j889214147243.9938",
    "async_dir": "/x",
    "status": "running",
    "ambiguous": False,
    "candidates": [],
    "overdue": False,
    "metadata": {},
    "source": "ledger",
}


def _show(controller, ingester, expression, play="P", **extra):
    task = json.dumps({"copy": {"dest": "out", "content": "{{ %s }}" % expression}})
    return controller.playbook(
        PLAY % (json.dumps(play), task), JOBLEDGER_URL=getattr(ingester, "url", ingester), **extra
    )


def _out(controller):
    return (controller.root / "out").read_text(encoding="utf-8")


def test_job_is_found_by_current_host_and_play(controller, ingester):
    ingester.records["/api/v1/jobs/h1/P/upgrade_db"] = (200, "application/json", RECORD)
    done = _show(
        controller,
        ingester,
        "lookup('jobledger.core.job', 'upgrade_db').ansible_job_id ~ ' ' ~ "
        "lookup('jobledger.core.job', 'upgrade_db').async_dir",
    )
    assert done.returncode == 0, done.stdout
    assert _out(controller) == "j889214147243.9938 /x"


@pytest.mark.parametrize("native", ["0", "1"])
@pytest.mark.parametrize("written", ["2472848566.371110", 2472848566.5])
def test_id_that_looks_like_a_number_stays_text(controller, ingester, native, written):
    body = (
        b'{"job_name":"x","ansible_job_id":2472848566.371110}'
        if isinstance(written, float)
        else dict(RECORD, ansible_job_id=written)
    )
    ingester.records["/api/v1/jobs/h1/P/x"] = (200, "application/json", body)
    done = controller.playbook(
        """
- name: P
  hosts: h1
  gather_facts: false
  vars: {job: "{{ lookup('jobledger.core.job', 'x') }}"}
  tasks:
    - async_status: {jid: "{{ job.ansible_job_id }}"}
      ignore_errors: true
      register: r
    - copy: {dest: out, content: "{{ r.ansible_job_id }}."}
""",
        JOBLEDGER_URL=ingester.url,
        ANSIBLE_JINJA2_NATIVE=native,
    )
    assert done.returncode == 0, done.stdout
    assert _out(controller) == "2472848566.371110."


def test_hostile_names_are_asked_for_as_they_are(controller, ingester):
    names = ["..", ".", "a/b", "größe 🚀", 'it\'s "x"', "one\ntwo", "100%2F", "?a=b&c#d", "x" * 300]
    controller.write("names.json", json.dumps({"names": names}))
    done = controller.playbook(
        """
- hosts: h1
  gather_facts: false
  vars_files: [names.json]
  tasks:
    - debug: {msg: "{{ query('jobledger.core.job', *names, host='a/b', play='..', default=7) }}"}
""",
        url=ingester.url,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    asked = [request["path"] for request in ingester.requests if "/jobs/" in request["path"]]
    wanted = ["%2E%2E", "%2E"] + [quote(name, safe="") for name in names[2:]]
    assert asked == ["/api/v1/jobs/a%%2Fb/%%2E%%2E/%s" % name for name in wanted]


def test_playbook_and_run_id_are_passed_on(controller, ingester):
    _show(
        controller,
        ingester,
        "lookup('jobledger.core.job', 'j', play='Q', playbook='site a.yml', run_id='r', default=1)",
    )
    assert ingester.requests[0]["path"] == "/api/v1/jobs/h1/Q/j?playbook=site%20a.yml&run_id=r"


def test_absent_job_is_the_default_or_an_error_with_detail_and_hint(controller, ingester):
    done = _show(controller, ingester, "lookup('jobledger.core.job', 'j', default={}) | length")
    assert done.returncode == 0 and _out(controller) == "0"
    done = _show(controller, ingester, "lookup('jobledger.core.job', 'j', default=none) is none")
    assert done.returncode == 0 and _out(controller) == "True"
    done = _show(controller, ingester, "lookup('jobledger.core.job', 'j')")
    assert done.returncode == 2
    said = " ".join(done.stdout.split()) + " ".join(done.stderr.split())
    assert "h1 / P / j: No job is recorded under this name. List what is known" in said


def test_option_that_does_not_exist_is_refused_and_nothing_is_asked(controller, ingester):
    done = _show(controller, ingester, "lookup('jobledger.core.job', 'j', hst='h2', default=1)")
    assert (
        done.returncode == 2
        and "there is no option hst; there are: ca_file, check_mode, client_cert, client_key, default, host"
        in done.stdout + done.stderr
    )
    assert not [request for request in ingester.requests if request["path"].startswith("/api/v1/jobs/")]


def test_ambiguous_job_names_the_candidates_whatever_narrowed_it(controller, ingester):
    both = [
        dict(RECORD, playbook=name, run_id=name, started_at="2026-11-20T10:00:00.000000Z")
        for name in ("a.yml", "b.yml")
    ]
    body = dict(RECORD, ambiguous=True, candidates=both, candidates_total=2)
    ingester.records["/api/v1/jobs/h1/P/j"] = ingester.records["/api/v1/jobs/h1/P/j?playbook=a.yml"] = (
        200,
        "application/json",
        body,
    )
    for which in ("", ", playbook='a.yml'"):
        done = _show(controller, ingester, "lookup('jobledger.core.job', 'j'%s).status" % which)
        said = " ".join((done.stdout + done.stderr).split())
        assert (
            done.returncode == 2
            and "2 open jobs have this name: id=j889214147243.9938 run_id=a.yml playbook=a.yml" in said
        )
        assert "Say which with id=, run_id=, playbook= or which=newest." in said


@pytest.mark.parametrize(
    "given, query",
    [
        ("id='j7.7'", "id=j7.7"),
        ("which='oldest'", "which=oldest"),
        ("nth=2", "nth=2"),
        ("check_mode=true", "check_mode=true"),
        ("check_mode=false", ""),
        ("run_id='r', id='j 7'", "run_id=r&id=j%207"),
    ],
)
def test_which_job_is_meant_is_passed_on(controller, ingester, given, query):
    path = "/api/v1/jobs/h1/P/j" + ("?" + query if query else "")
    ingester.records[path] = (200, "application/json", RECORD)
    done = _show(controller, ingester, "lookup('jobledger.core.job', 'j', %s).status" % given)
    assert done.returncode == 0 and _out(controller) == "running", done.stdout


def test_nth_below_one_and_an_unknown_which_are_refused(controller, ingester):
    done = _show(controller, ingester, "lookup('jobledger.core.job', 'j', nth=0).status")
    assert done.returncode == 2 and "nth must be 1 or more" in " ".join((done.stdout + done.stderr).split())
    done = _show(controller, ingester, "lookup('jobledger.core.job', 'j', which='first').status")
    assert done.returncode == 2 and "newest" in done.stdout + done.stderr


@pytest.mark.parametrize(
    "status, kind, body, said",
    [
        (200, "text/html", b"<html>", "is not a Jobledger ingester"),
        (200, "application/json", b"[1", "is not a Jobledger ingester"),
        (404, "text/html", b"<html>", "is not a Jobledger ingester"),
        (401, PROBLEM, {"title": "No token"}, "refused the token"),
        (503, PROBLEM, {"detail": "It is stopping"}, "HTTP 503: It is stopping."),
        (200, "application/json", {}, "without ansible_job_id"),
    ],
)
def test_answers_that_are_no_record_are_clear_errors_even_with_a_default(
    controller, ingester, status, kind, body, said
):
    ingester.records["/api/v1/jobs/h1/P/j"] = (status, kind, body)
    done = _show(controller, ingester, "lookup('jobledger.core.job', 'j', default=1, token='hunter2')")
    assert done.returncode == 2 and said in " ".join((done.stdout + done.stderr).replace("\\n", " ").split())
    assert "hunter2" not in done.stdout.replace("token='hunter2'", "") and "Traceback" not in done.stderr


def test_refused_and_silent_ingester_are_clear_errors(controller):
    done = _show(controller, "http://127.0.0.1:%d" % closed_port(), "lookup('jobledger.core.job', 'j')")
    assert done.returncode == 2 and "connection refused" in done.stdout + done.stderr
    with BlackHole() as hole:
        done = _show(controller, hole.url, "lookup('jobledger.core.job', 'j')", JOBLEDGER_LOOKUP_TIMEOUT="0.3")
    assert done.returncode == 2 and "no answer within 0.3 s" in done.stdout + done.stderr


def test_recorded_job_is_resumed_by_another_controller(controller, ingester):
    """The main job: one run starts it, another one finds it by name and waits for its end, in the directory where it
    is.
    """
    done = controller.playbook(
        """
- name: Upgrade
  hosts: h1
  gather_facts: false
  tasks: [{name: upgrade, command: sleep 1, async: 60, poll: 0, vars: {ansible_async_dir: "{{ playbook_dir }}/of its
  own"}}]
""",
        url=ingester.url,
    )
    assert done.returncode == 0, done.stdout
    (job,) = ingester.of("job_started")
    ingester.records["/api/v1/jobs/h1/Upgrade/upgrade"] = (
        200,
        "application/json",
        dict(RECORD, ansible_job_id=job["ansible_job_id"], async_dir=job["results_file"].rsplit("/", 1)[0]),
    )
    done = controller.playbook(
        """
- name: Resume
  hosts: h1
  gather_facts: false
  tasks:
    - ansible.builtin.async_status: {jid: "{{ job.ansible_job_id }}"}
      delegate_to: "{{ job.execution_host }}"
      vars:
        job: "{{ lookup('jobledger.core.job', 'upgrade', play='Upgrade') }}"
        ansible_async_dir: "{{ job.async_dir }}"
      register: result
      until: result is finished
      retries: 50
      delay: 1
""",
        url=ingester.url,
        name="resume.yml",
    )
    assert done.returncode == 0, done.stdout
    (ended,) = ingester.of("job_ended", ansible_job_id=job["ansible_job_id"])
    assert ended["status"] == "succeeded" and ended["execution_host"] == "h1" and ended["run_id"] != job["run_id"]
