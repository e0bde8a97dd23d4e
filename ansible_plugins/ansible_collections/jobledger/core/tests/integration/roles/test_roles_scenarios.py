"""The example playbooks, each on every backend where it makes sense."""

from __future__ import annotations

import json
import sys
import urllib.request
from pathlib import Path
from urllib.parse import quote

import pytest
from tools import async_wrapper
from tools.ingester import Ingester, closed_port
from tools.program import until

# Ends when a file appears, and by itself after a while, so that no job outlives its test for long.
JOB = "timeout 60 sh -c 'until [ -e {gate} ]; do sleep 0.05; done; exit {rc}'"


def _job(tmp_path, rc=0):
    gate = tmp_path / "gate"
    return gate, {"job_command": JOB.format(gate=gate, rc=rc), "job_limit": 60}


def _ok(done):
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _failed(done):
    assert done.returncode == 2, done.stdout + done.stderr
    return " ".join(done.stdout.split())


def _started(controller) -> int:
    folder = controller.root / "async"
    return len(list(folder.iterdir())) if folder.exists() else 0


def test_job_is_started_once_and_then_checked_until_it_ends(controller, backend, job_name, tmp_path):
    gate, job = _job(tmp_path)
    # Several hosts at once are the same to every backend; one of them shows it.
    hosts, limit = (2, "all") if backend.kind == "filesystem" else (1, "h1")
    first = _ok(controller.run("start_or_check.yml", backend, "--limit", limit, job_name=job_name, **job))
    assert first.count("started %s on h" % job_name) == hosts
    second = _ok(controller.run("start_or_check.yml", backend, "--limit", limit, job_name=job_name, **job))
    assert second.count("still runs") == hosts and "started %s" % job_name not in second
    gate.touch()
    waited = _ok(controller.run("wait.yml", backend, "--limit", limit, job_name=job_name, check_every=0.1, checks=300))
    assert waited.count("ended with 0") == hosts and _started(controller) == hosts


def test_wait_for_a_job_that_was_never_started_fails(controller, make_backend, job_name):
    backend = make_backend("ingester")
    assert "%s was never started on h1" % job_name in _failed(
        controller.run("wait.yml", backend, "--limit", "h1", job_name=job_name)
    )


def test_each_parameter_is_a_job_of_its_own(controller, backend, job_name, tmp_path):
    gate, _unused = _job(tmp_path)
    controller.write("backup.sh", "until [ -e %s ]; do sleep 0.05; done\n" % gate)
    names = {
        "databases": [job_name + " a", job_name + " b"],
        "backup_command": "timeout 60 sh %s" % (controller.root / "backup.sh"),
    }
    first = _ok(controller.run("parameterised.yml", backend, "--limit", "h1", **names))
    assert first.count("saved in") == 2 and _started(controller) == 2
    if backend.kind == "filesystem":
        second = _ok(controller.run("parameterised.yml", backend, "--limit", "h1", **names))
        assert second.count("still runs") == 2 and _started(controller) == 2
    gate.touch()


def test_crash_is_told_from_a_running_job(controller, backend, job_name, tmp_path):
    gate, job = _job(tmp_path)
    _ok(controller.run("start_or_check.yml", backend, "--limit", "h1", job_name=job_name, **job))
    if backend.kind == "filesystem":
        assert "on h1 is running" in _ok(controller.run("crash.yml", backend, "--limit", "h1", job_name=job_name))
    for job in (controller.root / "async").iterdir():
        async_wrapper.kill(job.name)
    # The supervisor is dead; what it started ends by itself.
    gate.touch()
    assert "on h1 is killed" in _failed(controller.run("crash.yml", backend, "--limit", "h1", job_name=job_name))


def test_lost_unknown_and_overdue_jobs_are_told_apart(controller, make_backend, job_name, tmp_path):
    backend = make_backend("filesystem")
    gate, job = _job(tmp_path)
    assert "is unknown" in _ok(controller.run("crash.yml", backend, "--limit", "h1", job_name=job_name))
    _ok(controller.run("start_or_check.yml", backend, "--limit", "h1", job_name=job_name, **job))
    (state,) = Path(backend.variables["state_dir"]).rglob("*.json")
    record = json.loads(state.read_text(encoding="utf-8"))
    state.write_text(json.dumps(dict(record, started_at="2020-01-01T00:00:00.000000Z")), encoding="utf-8")
    assert "on h1 is overdue" in _failed(controller.run("crash.yml", backend, "--limit", "h1", job_name=job_name))
    for file in (controller.root / "async").iterdir():
        file.unlink()
    assert "on h1 is lost" in _failed(controller.run("crash.yml", backend, "--limit", "h1", job_name=job_name))
    # Not earlier: a job that ends writes its results file again.
    gate.touch()


def _refused(controller, backend, playbook, tmp_path, **more):
    _gate, job = _job(tmp_path)
    said = _failed(controller.run(playbook, backend, "--limit", "h1", **job, **more))
    assert "Nothing was started on h1" in said and _started(controller) == 0
    return said


@pytest.mark.parametrize("kind", ["oci-command", "oci-sdk", "oci-real-command"])
def test_auth_failure_in_a_bucket_names_the_profile(controller, make_backend, kind, tmp_path):
    backend = make_backend(kind)
    wrong = tmp_path / "wrong-config"
    text = Path(backend.variables["oci_config_file"]).read_text(encoding="ascii")
    wrong.write_text(text, encoding="ascii")
    backend.environment.update(FAKE_OCI_FAULT="not-authenticated")
    # A user whom OCI does not know: the signature is right and the key id is not.
    wrong.write_text(text.replace("user=", "user=x"), encoding="ascii")
    said = _refused(controller, backend, "auth_failure.yml", tmp_path, both_oci_config_file=str(wrong))
    assert "OCI does not accept the credentials of profile DEFAULT of %s" % wrong in said and "platform team" in said


def test_auth_failure_of_an_ingester_says_so(controller, make_backend, tmp_path):
    with Ingester(always="401") as server:
        backend = make_backend("filesystem")
        said = _refused(controller, backend, "auth_failure.yml", tmp_path, both_backend="ingester", both_url=server.url)
    assert "refused the token" in said


@pytest.mark.parametrize("kind", ["oci-command", "oci-sdk", "oci-real-command"])
def test_bucket_not_found_names_bucket_and_namespace(controller, make_backend, kind, tmp_path):
    said = _refused(controller, make_backend(kind), "bucket_not_found.yml", tmp_path, both_oci_bucket="no-such-bucket")
    assert "the bucket no-such-bucket does not exist in the namespace standin" in said and "Order the bucket" in said


def test_ingester_that_does_not_mirror_to_the_bucket_says_where_it_does(controller, make_backend, tmp_path):
    said = _refused(
        controller,
        make_backend("ingester"),
        "bucket_not_found.yml",
        tmp_path,
        both_backend="oci",
        both_oci_bucket="jobs",
    )
    assert (
        "does not mirror to the bucket jobs" in said
        and "its mirrors: file:///" in said
        and "--mirror oci://jobs" in said
    )


def test_permission_denied_in_a_bucket_names_the_policy(controller, make_backend, tmp_path):
    backend = make_backend("oci-command")
    backend.environment["FAKE_OCI_FAULT"] = "not-authorized"
    said = _refused(controller, backend, "permission_denied.yml", tmp_path)
    assert "permission denied" in said and "Allow group <GROUP> to manage objects" in said


def test_permission_denied_in_a_directory_names_the_file(controller, make_backend, tmp_path):
    # A file where a directory should be is refused to everybody, root included.
    (tmp_path / "state").touch()
    said = _refused(controller, make_backend("filesystem"), "permission_denied.yml", tmp_path)
    assert "cannot read the state file %s/state/h1/Upgrade databases/upgrade_db.json" % tmp_path in said


def test_network_down_to_an_ingester_fails_after_three_tries(controller, make_backend, tmp_path):
    url = "http://127.0.0.1:%d" % closed_port()
    said = _refused(
        controller, make_backend("filesystem"), "network_timeout.yml", tmp_path, both_backend="ingester", both_url=url
    )
    assert "connection refused, after 3 tries" in said and "See whether the network is up" in said


@pytest.mark.parametrize("kind", ["oci-command", "oci-sdk", "oci-real-command"])
def test_network_down_to_a_bucket_fails_after_three_tries(controller, make_backend, kind, tmp_path):
    backend = make_backend(kind)
    backend.environment.update(FAKE_OCI_FAULT="unreachable", OCI_CLI_ENDPOINT="http://127.0.0.1:%d" % closed_port())
    said = _refused(controller, backend, "network_timeout.yml", tmp_path)
    assert "cannot be reached" in said and "Given up after 3 tries" in said
    if kind == "oci-command":
        assert len(backend.log.read_text(encoding="utf-8").splitlines()) == 3


def test_passing_failure_of_a_bucket_is_tried_again(controller, make_backend, job_name, tmp_path):
    backend = make_backend("oci-command")
    gate, job = _job(tmp_path)
    gate.touch()
    backend.environment["FAKE_OCI_FAULT"] = "internal-error*2"
    _ok(controller.run("start_or_check.yml", backend, "--limit", "h1", job_name=job_name, **job))
    assert _started(controller) == 1


def test_job_that_cannot_be_saved_is_told_with_its_id(controller, make_backend, tmp_path):
    """The worst moment: the job runs, and the place where its id should go is gone."""
    backend = make_backend("filesystem")
    gate, job = _job(tmp_path)
    gate.touch()
    done = controller.run(
        "permission_denied.yml", backend, "--limit", "h1", async_job_save_state_dir=str(tmp_path / "hosts.ini"), **job
    )
    (results,) = (controller.root / "async").iterdir()
    assert "upgrade_db runs on h1 as %s but is not saved" % results.name in _failed(done)


# A ring: each way to keep state gives to one and takes from another.
RING = [
    ("filesystem", "ingester"),
    ("ingester", "oci-command"),
    ("oci-command", "filesystem"),
    ("filesystem", "oci-sdk"),
    ("oci-sdk", "ingester"),
    ("ingester", "oci-ingester"),
    ("oci-ingester", "filesystem"),
    ("filesystem", "s3-boto"),
    ("s3-boto", "ara"),
    ("ara", "filesystem"),
]


@pytest.mark.parametrize(("kind_from", "kind_to"), RING)
def test_job_saved_by_one_backend_is_carried_to_another(
    controller, make_backend, kind_from, kind_to, job_name, tmp_path
):
    start, goal = make_backend(kind_from), make_backend(kind_to)
    environment = dict(start.environment, **goal.environment)
    environment.pop("JOBLEDGER_URL", None)
    sides = [
        dict(side.variables, url=side.variables.get("url") or side.environment.get("JOBLEDGER_URL", "none"))
        for side in (start, goal)
    ]
    gate, job = _job(tmp_path)
    gate.touch()
    _ok(controller.run("start_or_check.yml", start, "--limit", "h1", job_name=job_name, **job))
    plain = dict(ansible_python_interpreter=sys.executable, job_name=job_name, first=sides[0], second=sides[1])
    carried = controller.command(
        "ansible-playbook", "mixed_backends.yml", "--limit", "h1", "-e", json.dumps(plain), **environment
    )
    assert "was carried over" in _ok(carried)
    assert _started(controller) == 1


def test_directory_of_the_roles_is_read_through_by_an_ingester(controller, make_backend, job_name, tmp_path, served):
    mirror = served.data / "mirror"
    filesystem = make_backend("filesystem")
    filesystem.variables["state_dir"] = str(mirror)
    gate, job = _job(tmp_path)
    gate.touch()
    _ok(controller.run("start_or_check.yml", filesystem, "--limit", "h1", job_name=job_name, **job))
    assert "ended with 0" in _ok(
        controller.run(
            "wait.yml", make_backend("ingester"), "--limit", "h1", job_name=job_name, check_every=0.1, checks=300
        )
    )


def test_mirror_of_an_ingester_is_read_by_the_roles(controller, make_backend, job_name, tmp_path, served):
    filesystem = make_backend("filesystem")
    filesystem.variables["state_dir"] = str(served.data / "mirror")
    gate, job = _job(tmp_path)
    gate.touch()
    _ok(controller.run("start_or_check.yml", make_backend("ingester"), "--limit", "h1", job_name=job_name, **job))
    until((served.data / "mirror" / "h1" / "Upgrade databases" / (job_name + ".json")).exists)
    assert "ended with 0" in _ok(
        controller.run("wait.yml", filesystem, "--limit", "h1", job_name=job_name, check_every=0.1, checks=300)
    )


def test_directory_copied_into_a_bucket_resumes_from_there(controller, make_backend, job_name, tmp_path):
    filesystem, bucket = make_backend("filesystem"), make_backend("oci-command")
    gate, job = _job(tmp_path)
    gate.touch()
    _ok(controller.run("start_or_check.yml", filesystem, "--limit", "h1", job_name=job_name, **job))
    state = Path(filesystem.variables["state_dir"])
    for file in state.rglob("*.json"):
        (bucket.store / str(file.relative_to(state)).replace("/", "%2F").replace(" ", "%20")).write_bytes(
            file.read_bytes()
        )
    assert "ended with 0" in _ok(
        controller.run("wait.yml", bucket, "--limit", "h1", job_name=job_name, check_every=0.1, checks=300)
    )


def test_tree_of_two_levels_is_migrated(controller, make_backend, tmp_path):
    old = tmp_path / "old tree" / "h1"
    old.mkdir(parents=True)
    (old / "upgrade_db.json").write_text(
        '{"job_name":"upgrade_db","host":"h1","ansible_job_id":"j1.22","save_time":"2023-01-01T10:00:00Z",'
        '"metadata":{"ticket":"CHG-7"}}',
        encoding="ascii",
    )
    backend = make_backend("filesystem")
    _ok(controller.run("migrate_two_levels.yml", backend, old_tree=str(old.parent)))
    controller.write(
        "load.yml",
        """
- name: Upgrade databases
  hosts: h1
  gather_facts: false
  tasks:
    - include_role: {name: jobledger.core.async_job_load}
      vars: {async_job_load_job_name: upgrade_db}
    - debug: msg="{{ async_job_load_ansible_job_id }} {{ async_job_load_metadata.ticket }}"
""",
    )
    assert "j1.22 CHG-7" in _ok(controller.run("load.yml", backend))


@pytest.mark.parametrize("kind", ["filesystem", "ingester"])
def test_crashed_job_does_not_stay_running_in_the_records(controller, make_backend, kind, job_name, tmp_path):
    backend = make_backend(kind)
    gate, job = _job(tmp_path)
    _ok(controller.run("start_or_check.yml", backend, "--limit", "h1", job_name=job_name, **job))
    if backend.kind == "filesystem":
        assert "on h1 is alive" in _ok(controller.run("settle.yml", backend, "--limit", "h1", job_name=job_name))
    for results in (controller.root / "async").iterdir():
        async_wrapper.end(results.name)
    assert "on h1 is gone" in _ok(controller.run("settle.yml", backend, "--limit", "h1", job_name=job_name))
    controller.write("show.yml", SHOW)
    assert "status=lost" in _ok(controller.run("show.yml", backend, job_name=job_name))
    gate.touch()


SHOW = """
- name: Upgrade databases
  hosts: h1
  gather_facts: false
  tasks:
    - include_role: {name: jobledger.core.async_job_load}
      vars: {async_job_load_job_name: "{{ job_name }}"}
    - debug: msg="status={{ async_job_load_status }}"
"""


@pytest.mark.parametrize("kind", ["filesystem", "oci-command", "oci-sdk", "oci-real-command"])
def test_old_records_go_and_open_ones_stay(controller, make_backend, kind, job_name, tmp_path):
    backend = make_backend(kind)
    controller.write(
        "save.yml",
        json.dumps(
            [
                {
                    "name": "Upgrade databases",
                    "hosts": "h1",
                    "gather_facts": False,
                    "tasks": [
                        {
                            "include_role": {"name": "jobledger.core.async_job_save"},
                            "loop": [[job_name + " over", "succeeded"], [job_name + " open", "running"]],
                            "vars": {
                                "async_job_save_job_name": "{{ item[0] }}",
                                "async_job_save_ansible_job_id": "j1.1",
                                "async_job_save_host": "h1",
                                "async_job_save_status": "{{ item[1] }}",
                            },
                        }
                    ],
                }
            ]
        ),
    )
    _ok(controller.run("save.yml", backend))
    assert ") would go" not in _ok(controller.run("clean.yml", backend, "--limit", "h1", keep="1h"))
    shown = _ok(controller.run("clean.yml", backend, "--limit", "h1", keep="0s"))
    assert "%s over on h1 (succeeded) would go" % job_name in shown and "%s open" % job_name not in shown
    gone = _ok(controller.run("clean.yml", backend, "--limit", "h1", keep="0s", async_job_clean_dry_run=False))
    assert "%s over on h1 (succeeded) is removed" % job_name in gone
    controller.write("show.yml", SHOW)
    assert "status=running" in _ok(controller.run("show.yml", backend, job_name=job_name + " open"))
    assert "status=running" not in _ok(controller.run("show.yml", backend, job_name=job_name + " over"))


def test_ledger_is_cleaned_by_name_too(controller, make_backend, job_name):
    backend = make_backend("ingester")
    url = backend.environment["JOBLEDGER_URL"] + "/api/v1/jobs/h1/Upgrade%20databases/"
    for name, status in (("over", "succeeded"), ("other", "failed"), ("open", "running")):
        body = {"ansible_job_id": "j2020." + name, "status": status, "started_at": "2020-11-20T10:00:00Z"}
        put = urllib.request.Request(
            url + quote("%s %s" % (job_name, name)),
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
            method="PUT",
        )
        urllib.request.urlopen(put, timeout=30).close()
    names = {"async_job_clean_job_name": job_name + " o[vp]*", "keep": "1d"}
    controller.write("show.yml", SHOW)
    _ok(controller.run("clean.yml", backend, "--limit", "h1", **names))
    assert "status=succeeded" in _ok(controller.run("show.yml", backend, job_name=job_name + " over"))
    _ok(controller.run("clean.yml", backend, "--limit", "h1", async_job_clean_dry_run=False, **names))
    with urllib.request.urlopen(backend.environment["JOBLEDGER_URL"] + "/api/v1/jobs?host=h1", timeout=30) as answer:
        left = {job["job_name"] for job in json.load(answer)["jobs"]}
    # A mirror keeps its copy, and there a lookup still finds it.
    assert {name for name in left if name.startswith(job_name)} == {job_name + " other", job_name + " open"}
    _ok(controller.run("clean_all.yml", backend, "--limit", "h1"))
