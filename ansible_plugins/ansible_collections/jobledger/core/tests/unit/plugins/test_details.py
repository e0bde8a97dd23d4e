"""What may be recorded of a job besides its names: nothing by default, redacted, cut, and never under no_log."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery import settings
from ansible_collections.jobledger.core.plugins.plugin_utils.recording import details, redact
from ansible_collections.jobledger.core.plugins.plugin_utils.recording.details import Details
from ansible_collections.jobledger.core.plugins.plugin_utils.recording.journal import MAX_WITH_DETAILS, Journal
from ansible_collections.jobledger.core.plugins.plugin_utils.recording.redact import Redactor

SECRET = "hunter2-Zx9"
KEY = "-----BEGIN RSA PRIVATE KEY-----\n%s\n%s\n-----END RSA PRIVATE KEY-----" % (
    "MIIEpAIBAAKCAQEA" * 4,
    SECRET.replace("-", "") * 5,
)
SECRETS = [
    "password=%s",
    "DB_PASSWORD=%s ./migrate",
    "export PGPASSWD='%s'",
    'password="%s x"',
    "Password: %s",
    "passphrase : %s y",
    '{"password": "%s", "user": "x"}',
    "{'token': '%s'}",
    'echo {\\"api_key\\": \\"%s\\"}',
    "--password %s",
    "--password=%s",
    "--db-password '%s z'",
    "-token %s",
    "--api-key %s",
    "secret_key => %s",
    "aws_secret_access_key=%s",
    "client_secret: %s",
    "?user=x&token=%s&y=1",
    "https://deploy:%s@git.example/x.git",
    "postgres://u:%s@db/x",
    "https://%s@github.example",
    "amqp://u:%s#@h",
    "https://u:%s/b@h",
    "Authorization: Bearer %s",
    "authorization=Basic %s",
    'curl -H "Authorization: token %s" u',
    '"Authorization": "Bearer %s"',
    "Authorization: Digest username=u, response=%s",
    "Cookie: session=%s; x=y",
    "Bearer %s",
    "curl -u admin:%s http://x",
    "curl --user admin:%s x",
    "mysql -h db -u root -p%s x",
    "sshpass -p %s ssh x",
    "sshpass -p'%s q' ssh x",
    "CREATE USER x IDENTIFIED BY '%s'",
    "alter user x identified by %s",
    "vault_token=%s",
    "TOKEN=%s",
    "account-key=%s",
]
LOOKS = [
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
    "ghp_" + "a1B2" * 9,
    "github_pat_" + "x" * 60,
    "glpat-" + "x" * 20,
    "xoxb-123456789012-abc",
    "hvs." + "C" * 40,
    "AKIAIOSFODNN7EXAMPLEKEY",
    "$6$salt.salt$" + "h" * 86,
    KEY,
    KEY.replace("RSA ", ""),
    KEY.partition("\n")[2],
    KEY.rpartition("\n")[0],
]
HARMLESS = [
    "/opt/db/migrate --to 42 --verbose",
    "user=deploy host=db1",
    "2026-11-20 10:00:00 INFO all 12 tables are done",
    "http://db1.example:8740/api?x=1",
    "cat /etc/passwd.bak.d/readme",
    "the password was changed",
    "mysql -h db -e 'select 1'",
    "tokens were renewed",
    "a@b.example",
    "scp a user@host:/x",
]


@pytest.mark.parametrize("template", SECRETS)
def test_secret_is_hidden_and_the_rest_is_not(template):
    shown = Redactor().text("before\n" + template % SECRET + "\nafter")
    assert SECRET not in shown and redact.HIDDEN in shown, shown
    assert shown.startswith("before\n") and shown.endswith("\nafter"), shown


@pytest.mark.parametrize("text", LOOKS)
def test_what_looks_like_a_secret_is_hidden(text):
    shown = Redactor().text(text)
    assert shown.replace(redact.HIDDEN, "").strip() == "", shown


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_text_stays_as_it_is(text):
    assert Redactor().text(text) == text


def test_what_is_hidden_stays_hidden():
    text = "\n".join(template % SECRET for template in SECRETS)
    once = Redactor().text(text)
    assert SECRET not in once and SECRET not in Redactor().text(once)


def test_expressions_of_the_operator_come_besides_the_built_in_ones():
    redactor = settings.redactor("CHG-\\d+\n\n  pin (?P<secret>\\d{4}) \n")
    assert redactor.text("CHG-77 pin 1234 ok password=x") == "*** pin *** ok password=***"


@pytest.mark.parametrize(
    "text, why", [("(", "not a regular expression"), ("ok\n[", "'\\['"), ("x*", "matches the empty text")]
)
def test_expression_that_is_none_is_named(text, why):
    with pytest.raises(settings.SettingError, match=why):
        settings.redactor(text)


def test_kind_that_there_is_not_is_named():
    assert settings.details([" cmd", "stdout "]) == ["cmd", "stdout"] and settings.details(None) == []
    with pytest.raises(
        settings.SettingError, match="details may name cmd, stdout, stderr, module_args; 'argv' is none of them"
    ):
        settings.details(["cmd", "argv"])


def test_values_with_a_secret_name_are_hidden_whatever_they_are():
    shown = Redactor().value(
        {
            "login_password": "x",
            "nested": [{"api_key": ["a", "b"], "size": 3, "ok": True}],
            "token": None,
            "url": "http://u:p@h",
        }
    )
    assert shown == {
        "login_password": "***",
        "nested": [{"api_key": "***", "size": 3, "ok": True}],
        "token": None,
        "url": "http://***@h",
    }


RESULT = {
    "cmd": ["mysql", "--password", "%s y" % SECRET, "x"],
    "stdout": "line\n" * 5000 + "Password: %s\nlast" % SECRET,
    "stderr": "\x1b[31mpass\x1b[0mword=%s\x00\r\n" % SECRET,
    "rc": 0,
    "invocation": {
        "module_args": {"_raw_params": "mysql --password %s" % SECRET, "chdir": None, "creates": "/x", "size": 7}
    },
}


def test_by_default_nothing_is_taken():
    assert (
        Details().of_end(RESULT) is None
        and Details().of_launch(SimpleNamespace(no_log=False, action="command", args={"_raw_params": "true"})) is None
    )


@pytest.mark.parametrize("kind", details.KINDS)
def test_only_what_was_asked_for_is_taken_redacted(kind):
    found = Details([kind]).of_end(RESULT)
    assert set(found) == {kind} and SECRET not in json.dumps(found)
    text = found[kind] if kind != "module_args" else found[kind]["_raw_params"]
    assert redact.HIDDEN in text


def test_output_keeps_its_end_and_a_command_its_beginning():
    found = Details(details.KINDS).of_end(dict(RESULT, cmd="start " + "x" * 10_000))
    assert (
        len(found["stdout"]) == details.MAX_OUTPUT
        and found["cmd"].startswith("start x")
        and len(found["cmd"]) == details.MAX_CMD
    )
    assert found["stderr"] == "password=***" + "\n" and found["module_args"] == {
        "_raw_params": "mysql --password ***",
        "creates": "/x",
        "size": 7,
    }


def test_secret_at_the_edge_of_what_is_looked_at_is_cut_off_with_its_line():
    text = "x" * 9 + "\npassword=" + SECRET * 3000 + "\nend"
    assert SECRET not in Details(["stdout"]).of_end({"stdout": text})["stdout"]


def test_large_arguments_are_left_out_the_largest_first():
    found = Details(["module_args"]).of_end(
        {"invocation": {"module_args": {"content": "y" * 100_000, "list": ["z" * 3000, "z" * 3000], "dest": "/etc/x"}}}
    )["module_args"]
    assert (
        found["dest"] == "/etc/x"
        and found["content"].startswith("(left out: 10000")
        and len(json.dumps(found)) <= details.MAX_ARGUMENTS
    )


@pytest.mark.parametrize(
    "result",
    [
        dict(RESULT, censored="the output has been hidden"),
        dict(RESULT, _ansible_no_log=True),
        {},
        {"stdout": 3, "cmd": {"a": 1}, "invocation": "x"},
        {"invocation": {"module_args": {"jid": "j1.1", "mode": "status", "_async_dir": "~"}}},
    ],
)
def test_hidden_and_shapeless_results_give_nothing(result):
    assert Details(details.KINDS).of_end(result) is None


@pytest.mark.parametrize(
    "args",
    [
        {"_raw_params": "run %s" % "--password " + SECRET},
        {"cmd": "run --password " + SECRET},
        {"argv": ["run", "--password", SECRET]},
    ],
)
def test_launch_shows_the_command(args):
    task = SimpleNamespace(no_log=False, action="ansible.builtin.command", args=args)
    assert Details(["cmd"]).of_launch(task) == {"cmd": "run --password ***"}


@pytest.mark.parametrize(
    "change",
    [
        {"no_log": True},
        {"no_log": "{{ hide }}"},
        {"action": "copy"},
        {"args": {"_raw_params": "echo {{ x }}"}},
        {"args": None},
    ],
)
def test_launch_that_hides_or_is_no_command_or_is_still_a_template_shows_nothing(change):
    task = SimpleNamespace(**dict({"no_log": False, "action": "shell", "args": {"_raw_params": "true"}}, **change))
    assert Details(["cmd"]).of_launch(task) is None


def test_event_that_would_be_refused_for_its_size_goes_without_its_details():
    lines = []
    journal = Journal(lambda _kind, line: lines.append(json.loads(line)))
    journal.write("job_ended", {"job": "x", "details": {"stdout": "y" * MAX_WITH_DETAILS}})
    journal.write("job_ended", {"job": "x", "details": {"stdout": "ж" * 8000}})  # long only as it is escaped
    assert "details" not in lines[0] and lines[0]["job"] == "x" and len(lines[1]["details"]["stdout"]) == 8000
