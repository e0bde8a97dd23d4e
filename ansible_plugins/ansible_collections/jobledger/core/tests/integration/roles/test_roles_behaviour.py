"""What the two roles promise, whatever the playbook around them: values, names, hosts, modes of running."""

from __future__ import annotations

import json

import pytest
import yaml
from tools.controller import COLLECTIONS
from tools.ingester import Ingester

ROLES = COLLECTIONS / "ansible_collections" / "jobledger" / "core" / "roles"


def _role(what: str, **variables):
    return {
        "include_role": {"name": "jobledger.core.async_job_" + what},
        "vars": {"async_job_%s_%s" % (what, name): value for name, value in variables.items()},
    }


def _save(job, id="j1.2", host="{{ inventory_hostname }}", **more):
    return _role("save", job_name=job, ansible_job_id=id, host=host, **more)


def _load(job, **more):
    return _role("load", job_name=job, **more)


NAMES = (
    "found",
    "ansible_job_id",
    "host",
    "metadata",
    "status",
    "results_file",
    "async_dir",
    "execution_host",
    "record",
)
SHOW = {
    "copy": {
        "dest": "{{ playbook_dir }}/seen-{{ inventory_hostname }}.jsonl.{{ index | default(0) }}",
        "content": "{{ [%s] | to_json }}" % ", ".join("async_job_load_" + name for name in NAMES),
    }
}


def _show(index=0):
    return dict(SHOW, vars={"index": index})


def _run(controller, *tasks, play=None, arguments=(), **environment):
    plays = [dict({"name": "P", "hosts": "h1", "gather_facts": False, "tasks": list(tasks)}, **(play or {}))]
    return controller.playbook(json.dumps(plays), *arguments, **environment)


def _seen(controller, index=0, host="h1"):
    return dict(
        zip(NAMES, json.loads((controller.root / ("seen-%s.jsonl.%d" % (host, index))).read_text(encoding="utf-8")))
    )


def _ok(done):
    assert done.returncode == 0, done.stdout + done.stderr
    return done


ODD = [
    "two words",
    "a/b/../c",
    "..",
    ".hidden",
    "100%",
    'it\'s "quoted"',
    "größe 任务 🚀",
    "x" * 300,
    "[1]",
    "{'a': 1}",
    "True",
    "5",
    "1e3",
    "no",
    "-x",
    "{x} ${y}",
    "one\ntwo",
]


def test_odd_names_are_loaded_by_their_real_name_and_stay_in_the_state_directory(controller):
    before = set(controller.root.iterdir())
    check = {"assert": {"that": "async_job_load_found and async_job_load_record.job_name == item"}}
    controller.write(
        "one.yml",
        json.dumps(
            [
                _save("{{ item }}", id="j{{ index }}"),
                _load("{{ item }}"),
                check,
                {"assert": {"that": "async_job_load_ansible_job_id == 'j' ~ index"}},
            ]
        ),
    )
    tasks = [{"include_tasks": "one.yml", "loop": ODD, "loop_control": {"index_var": "index"}}]
    _ok(_run(controller, *tasks))
    state = controller.root / ".ansible_async_state"
    assert len(list((state / "h1" / "P").iterdir())) == len(ODD)
    assert {path.name for path in set(controller.root.iterdir()) - before} - {"site.yml", "one.yml"} <= {
        ".ansible_async_state",
        "home",
    }


@pytest.mark.parametrize("native", ["0", "1"])
def test_values_come_back_as_they_were_saved(controller, native):
    data = {
        "text": "{% raw %}{{ 1/0 }}{% endraw %}",
        "number": 5,
        "fraction": 1.5,
        "yes": True,
        "none": None,
        "list": [1, "2", {"a": []}],
        "as text": "5",
        "brackets": "[1, 2]",
        "quotes": 'it\'s "x"\nüñ',
        "long": "9" * 30,
    }
    done = _run(
        controller,
        _save("a", id="2472848566.{{ '371110' }}", metadata=data)
        if native == "0"
        else _save("a", id="{{ '2472848566.371110' | string }}", metadata=data),
        _load("a"),
        _show(),
        {"command": "echo {{ async_job_load_ansible_job_id }}", "register": "said"},
        {"assert": {"that": "said.stdout == '2472848566.371110'"}},
        {"assert": {"that": ["async_job_load_found is sameas true", "async_job_load_metadata is mapping"]}},
        ANSIBLE_JINJA2_NATIVE=native,
    )
    _ok(done)
    seen = _seen(controller)
    assert seen["metadata"] == dict(data, text="{{ 1/0 }}")
    assert (seen["found"], seen["ansible_job_id"], seen["host"], seen["status"]) == (
        True,
        "2472848566.371110",
        "h1",
        "running",
    )


def test_id_that_became_a_number_is_refused(controller):
    done = _run(controller, _save("a", id="{{ 2472848566.371110 }}"), ANSIBLE_JINJA2_NATIVE="1")
    assert done.returncode == 2 and "digits may be lost" in done.stdout
    assert not (controller.root / ".ansible_async_state").exists()


def test_load_leaves_nothing_of_an_earlier_one_behind(controller):
    damaged = controller.root / ".ansible_async_state" / "h1" / "P" / "damaged.json"
    damaged.parent.mkdir(parents=True)
    damaged.write_text("{", encoding="ascii")
    failing = {
        "block": [_load("damaged")],
        "rescue": [
            {"copy": {"dest": "{{ playbook_dir }}/why", "content": "{{ ansible_failed_result.msg }}"}},
            _show(3),
        ],
    }
    _ok(
        _run(
            controller,
            _save("a", metadata={"k": 1}, results_file="/d/j1.2"),
            _load("a"),
            _show(1),
            _load("never"),
            _show(2),
            _load("a"),
            failing,
        )
    )
    nothing = dict(dict.fromkeys(NAMES, ""), found=False, metadata={}, record={})
    assert _seen(controller, 1)["found"] is True and _seen(controller, 1)["async_dir"] == "/d"
    assert _seen(controller, 2) == nothing and _seen(controller, 3) == nothing
    assert str(damaged) in (controller.root / "why").read_text(encoding="utf-8")


def test_results_file_of_the_launch_is_saved_without_being_asked_for(controller):
    launch = {"command": "true", "async": 10, "poll": 0, "register": "job", "loop": [1, 2]}
    one = _save("a", id="{{ job.results[1].ansible_job_id }}")
    wait = {
        "async_status": {"jid": "{{ async_job_load_ansible_job_id }}"},
        "vars": {"ansible_async_dir": "{{ async_job_load_async_dir }}"},
        "register": "end",
        "until": "end.finished | bool",
        "retries": 100,
        "delay": 0.1,
    }
    _ok(_run(controller, launch, one, _load("a"), _show(), wait))
    seen = _seen(controller)
    assert seen["results_file"] == "%s/%s" % (controller.root / "async", seen["ansible_job_id"])
    assert seen["record"]["playbook"] == "site.yml"


def test_saving_the_same_again_changes_nothing(controller):
    _ok(_run(controller, _save("a", metadata={"k": 1})))
    (file,) = (controller.root / ".ansible_async_state").rglob("*.json")
    first = file.read_text(encoding="utf-8")
    done = _ok(_run(controller, _save("a", metadata={"k": 1})))
    assert "changed=0" in done.stdout and file.read_text(encoding="utf-8") == first
    done = _ok(_run(controller, _save("a", metadata={"k": 2})))
    assert (
        "changed=1" in done.stdout
        and json.loads(file.read_text(encoding="utf-8"))["started_at"] == json.loads(first)["started_at"]
    )


def test_check_mode_reads_and_does_not_write(controller):
    _ok(_run(controller, _save("a")))
    say = {"debug": {"msg": "{{ async_job_save_state_file }}"}}
    done = _ok(
        _run(
            controller,
            _load("a"),
            {"assert": {"that": "async_job_load_found"}},
            _save("b"),
            say,
            arguments=("--check",),
        )
    )
    assert (
        "changed=1" in done.stdout
        and str(controller.root / ".ansible_async_state" / "h1" / "P" / "b.json") in done.stdout
    )
    assert len(list((controller.root / ".ansible_async_state").rglob("*.json"))) == 1


def test_no_host_is_contacted_and_become_plays_no_part(controller):
    """The connection fails for every task that would use one."""
    play = {
        "become": True,
        "become_user": "nobody-here",
        "vars": {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1},
    }
    _ok(_run(controller, _save("a"), _load("a"), {"assert": {"that": "async_job_load_found"}}, play=play))


def test_many_hosts_at_once_each_have_their_own_record(controller):
    hosts = ["n%02d" % number for number in range(12)]
    controller.inventory(*hosts)
    tasks = [
        _save("a", id="j-{{ inventory_hostname }}"),
        _load("a"),
        {"assert": {"that": "async_job_load_ansible_job_id == 'j-' ~ inventory_hostname"}},
    ]
    _ok(_run(controller, *tasks, play={"hosts": "all", "strategy": "free"}, ANSIBLE_FORKS="6"))
    assert sorted(path.name for path in (controller.root / ".ansible_async_state").iterdir()) == hosts


def test_run_once_and_delegation_save_under_the_host_that_is_named(controller):
    block = {
        "run_once": True,
        "delegate_to": "localhost",
        "block": [
            {
                "import_role": {"name": "jobledger.core.async_job_save"},
                "vars": {
                    "async_job_save_job_name": "a",
                    "async_job_save_ansible_job_id": "j7",
                    "async_job_save_host": "h2",
                },
            }
        ],
    }
    _ok(
        _run(
            controller,
            block,
            _load("a", host_filter="h2"),
            {"assert": {"that": "async_job_load_ansible_job_id == 'j7' and async_job_load_host == 'h2'"}},
            play={"hosts": "all"},
        )
    )
    assert [path.name for path in (controller.root / ".ansible_async_state").iterdir()] == ["h2"]


def test_relative_state_directory_is_beside_the_playbook(controller):
    controller.write(
        "deep/site.yml",
        json.dumps([{"name": "P", "hosts": "h1", "gather_facts": False, "tasks": [_save("a", state_dir="state")]}]),
    )
    _ok(controller.command("ansible-playbook", "deep/site.yml"))
    assert (controller.root / "deep" / "state" / "h1" / "P" / "a.json").exists()


def test_playbook_name_is_the_second_level(controller):
    _ok(
        _run(
            controller,
            _save("a", playbook_name="site/α"),
            _load("a"),
            {"assert": {"that": "not async_job_load_found"}},
            _load("a", playbook_name="site/α"),
            {"assert": {"that": "async_job_load_found"}},
        )
    )
    assert (controller.root / ".ansible_async_state" / "h1" / "site%2Fα" / "a.json").exists()


BUCKET = {"backend": "oci", "oci_bucket": "b"}
DIRECT = dict(BUCKET, oci_namespace="n")
REFUSED = [
    (
        {"backend": "redis"},
        "value of async_job_load_backend must be one of: filesystem, oci, s3, ara, ingester, got: redis",
    ),
    ({"job_name": ""}, "async_job_load_job_name is empty"),
    ({"job_name": "  "}, "async_job_load_job_name is empty"),
    ({"playbook_name": ""}, "async_job_load_playbook_name is empty"),
    ({"host_filter": ""}, "async_job_load_host_filter is empty"),
    ({"state_dir": ""}, "async_job_load_state_dir is empty"),
    ({"backend": "ingester"}, "no ingester is set: set async_job_load_url, JOBLEDGER_URL"),
    ({"backend": "ingester", "url": "ftp://x"}, "the ingester's url must begin with http://"),
    ({"backend": "oci"}, "async_job_load_oci_bucket is missing"),
    ({"backend": "s3"}, "async_job_load_s3_bucket is missing"),
    ({"backend": "ara"}, "no ARA server is set: set async_job_load_ara_url or ARA_API_SERVER"),
    ({"backend": "ara", "ara_url": "http://me:x@ara"}, "async_job_load_ara_url must be an address"),
    (
        {"backend": "ara", "ara_url": "http://ara", "ara_password_file": "/no/such"},
        "async_job_load_ara_password_file /no/such cannot be read",
    ),
    (dict(BUCKET, retries=0), "async_job_load_retries must be between 1 and 100"),
    (BUCKET, "async_job_load_oci_namespace is missing"),
    (dict(DIRECT, oci_config_file="/no/such/file"), "the OCI configuration file /no/such/file does not exist"),
    (
        dict(DIRECT, oci_profile="NOPE"),
        "has no profile NOPE; it has: DEFAULT, OTHER, BAD. Set async_job_load_oci_profile",
    ),
    (dict(DIRECT, oci_profile="OTHER"), "lacks fingerprint, key_file, user"),
    (DIRECT, "names the key_file /no/key.pem, which does not exist"),
    (dict(DIRECT, oci_profile="BAD"), "is no private key in PEM"),
]


def _refusals(controller, cases, **environment) -> list[str]:
    """Load with each of the variables, in one run, and return what each failure says."""
    why = {"copy": {"dest": "{{ playbook_dir }}/why.{{ index }}", "content": "{{ ansible_failed_result.msg }}"}}
    tasks = [
        {
            "block": [
                _load(
                    **dict(
                        {"job": "a"},
                        **{("job" if name == "job_name" else name): value for name, value in variables.items()},
                    )
                )
            ],
            "rescue": [dict(why, vars={"index": index})],
        }
        for index, variables in enumerate(cases)
    ]
    _ok(_run(controller, *tasks, **environment))
    return [(controller.root / ("why.%d" % index)).read_text(encoding="utf-8") for index in range(len(cases))]


def test_wrong_variables_and_credentials_are_refused_by_name(controller, make_backend):
    backend = make_backend("oci-command")
    rest = "tenancy=t\nregion=r\nuser=u\nfingerprint=f\nkey_file="
    bad = controller.write("bad.pem", "not a key")
    config = controller.write(
        "config",
        "[DEFAULT]\n%s/no/key.pem\n[OTHER]\nuser=\nfingerprint=\nkey_file=\n[BAD]\nkey_file=%s\n" % (rest, bad),
    )
    said = _refusals(
        controller, [variables for variables, _said in REFUSED], OCI_CONFIG_FILE=str(config), **backend.environment
    )
    assert [(wanted, text) for (_variables, wanted), text in zip(REFUSED, said) if wanted not in text] == []


def test_without_any_way_to_a_bucket_the_three_ways_are_named(controller, make_backend):
    make_backend("oci-command")
    (said,) = _refusals(controller, [DIRECT], PATH="/usr/bin:/bin")
    assert (
        "(1) An ingester with --mirror oci://BUCKET" in said
        and "(2) The Python package oci" in said
        and "(3) The oci command on the PATH" in said
    )


def test_job_name_is_required(controller):
    done = _run(controller, _role("load"))
    assert done.returncode == 2 and "missing required arguments: async_job_load_job_name" in done.stdout


def test_objects_of_a_bucket_carry_what_tools_list(controller, make_backend):
    backend = make_backend("oci-command")
    _ok(
        _run(
            controller,
            _save("größe", **backend.variables),
            {"assert": {"that": "async_job_save_state_file == 'oci://jobs/h1/P/größe.json'"}},
            **backend.environment,
        )
    )
    put = next(call for call in map(json.loads, backend.log.read_text(encoding="utf-8").splitlines()) if "put" in call)
    assert json.loads(put[put.index("--metadata") + 1]) == {
        "ansible-job-id": "j1.2",
        "ansible-host": "h1",
        "ansible-job-name": "gr%C3%B6%C3%9Fe",
    }
    assert put[put.index("--content-type") + 1] == "application/json"


def test_url_none_goes_past_the_ingester_that_is_set(controller, make_backend):
    backend = make_backend("oci-command")
    _ok(
        _run(
            controller,
            _save("a", **dict(backend.variables, url="none")),
            JOBLEDGER_URL="http://127.0.0.1:9",
            **backend.environment,
        )
    )
    assert len(list(backend.store.iterdir())) == 1


def test_ambiguous_key_fails_with_the_candidates_unless_told_which(controller):
    record = {
        "job_name": "a",
        "host": "h1",
        "play": "P",
        "ansible_job_id": "j1",
        "ambiguous": True,
        "candidates": [
            {"playbook": "a.yml", "run_id": "r1", "ansible_job_id": "j1"},
            {"playbook": "b.yml", "run_id": "r2", "ansible_job_id": "j2"},
        ],
    }
    with Ingester() as server:
        server.records["/api/v1/jobs/h1/P/a"] = (200, "application/json", record)
        server.records["/api/v1/jobs/h1/P/a?playbook=b.yml"] = (
            200,
            "application/json",
            dict(record, ansible_job_id="j2", ambiguous=False),
        )
        done = _run(controller, _load("a", backend="ingester", url=server.url))
        said = " ".join(done.stdout.split())
        assert (
            done.returncode == 2
            and "id=j1 run_id=r1 playbook=a.yml" in said
            and "async_job_load_playbook_file, async_job_load_id" in said
        )
        _ok(
            _run(
                controller,
                _load("a", backend="ingester", url=server.url, playbook_file="b.yml"),
                {"assert": {"that": "async_job_load_ansible_job_id == 'j2'"}},
            )
        )


@pytest.mark.parametrize("kind", ["filesystem", "oci-command", "ingester"])
def test_each_playbook_finds_its_own_job_and_a_single_others_with_a_warning(controller, make_backend, kind, job_name):
    backend = make_backend(kind)

    def run(name, *tasks):
        return controller.playbook(
            json.dumps([{"name": "P", "hosts": "h1", "gather_facts": False, "tasks": list(tasks)}]),
            name=name,
            **backend.environment,
        )

    def loads(name, expected, **more):
        done = _ok(
            run(
                name,
                _load(job_name, **dict(backend.variables, **more)),
                {"assert": {"that": "async_job_load_ansible_job_id == '%s'" % expected}},
            )
        )
        return " ".join((done.stdout + done.stderr).split())

    _ok(run("a.yml", _save(job_name, id="j1", **backend.variables)))
    said = loads("b.yml", "j1")
    assert "was saved by the playbook a.yml, not by b.yml" in said
    _ok(run("b.yml", _save(job_name, id="j2", **backend.variables)))
    assert "was saved by" not in loads("a.yml", "j1") + loads("b.yml", "j2") + loads(
        "c.yml", "j1", playbook_file="a.yml"
    ) + loads("c.yml", "j2", id="j2")
    done = run("c.yml", _load(job_name, **backend.variables))
    said = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 2 and "a.yml" in said and "b.yml" in said and "async_job_load_playbook_file" in said


def test_metadata_and_place_survive_the_ingester(controller, make_backend, job_name, served):
    backend = make_backend("ingester")
    _ok(
        _run(
            controller,
            _save(
                job_name,
                metadata={"ticket": "CHG-7", "list": [1]},
                results_file="/d/j1.2",
                execution_host="other",
                **backend.variables,
            ),
            _load(job_name, **backend.variables),
            _show(),
            {"debug": {"msg": "{{ async_job_save_state_file }}"}},
            **backend.environment,
        )
    )
    seen = _seen(controller)
    assert (seen["metadata"], seen["async_dir"], seen["execution_host"], seen["status"]) == (
        {"ticket": "CHG-7", "list": [1]},
        "/d",
        "other",
        "running",
    )


def test_callback_does_not_take_a_role_for_a_job(controller):
    with Ingester() as server:
        _ok(
            _run(
                controller,
                _save("a"),
                _load("a"),
                ANSIBLE_CALLBACKS_ENABLED="jobledger.core.recorder",
                JOBLEDGER_URL=server.url,
            )
        )
        assert server.wait_for(lambda events: any(event["type"] == "run_finished" for event in events))
    assert not [event for event in server.events if event["type"].startswith("job_")]


@pytest.mark.parametrize("role", ["save", "load"])
def test_argument_spec_says_what_the_defaults_are(role):
    folder = ROLES / ("async_job_" + role)
    defaults = yaml.safe_load((folder / "defaults" / "main.yml").read_text(encoding="utf-8"))
    options = yaml.safe_load((folder / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"][
        "main"
    ]["options"]
    assert {name: option["default"] for name, option in options.items() if "default" in option} == defaults
    assert {name for name, option in options.items() if option.get("required")} == set(options) - set(defaults)
    assert all(name.startswith("async_job_%s_" % role) and option["description"] for name, option in options.items())
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert [name for name in options if "`%s`" % name not in readme] == []
    assert yaml.safe_load((folder / "meta" / "main.yml").read_text(encoding="utf-8"))["dependencies"] == []
