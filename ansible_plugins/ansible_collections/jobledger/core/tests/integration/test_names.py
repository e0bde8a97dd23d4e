"""A job's name is what the playbook says, templated for each host: the same in every run, whoever is first in the
play.
"""

from __future__ import annotations

import pytest

PLAYBOOK = """
- name: Up
  hosts: n1,n2
  gather_facts: false
  vars: {mine: "of {{ inventory_hostname }}"}
  tasks:
    - name: Local {{ inventory_hostname }}
      ansible.builtin.command: sleep 0.2
      async: 300
      poll: 0
    - name: Again {{ inventory_hostname }}
      ansible.builtin.command: "true"
      async: 300
      poll: 0
      loop: [1, 2]
    - name: Item {{ item }} {{ mine }}
      ansible.builtin.command: "true"
      async: 300
      poll: 0
      loop: ["{{ inventory_hostname }}-a"]
    - name: Delegated {{ inventory_hostname }}
      ansible.builtin.command: "true"
      async: 300
      poll: 0
      delegate_to: n9
    - name: Waited {{ inventory_hostname }}
      ansible.builtin.command: "true"
      async: 300
      poll: 1
    - name: Hidden {{ inventory_hostname }}
      ansible.builtin.command: "true"
      async: 300
      poll: 0
      no_log: true
    - name: Skipped {{ inventory_hostname }}
      ansible.builtin.command: "true"
      async: 300
      poll: 1
      when: false
    - name: Nothing {{ of_the_kind }}
      ansible.builtin.command: "true"
      async: 300
      poll: 0
    - name: "{% if true %}Statement {{ inventory_hostname }}{% endif %}"
      ansible.builtin.command: "true"
      async: 300
      poll: 0
    - include_tasks: more.yml
      vars: {given: "for {{ inventory_hostname }}"}
    - include_role: {name: worker}
      vars: {given: "for {{ inventory_hostname }}"}
    - command: "true"
      changed_when: true
      notify: handle
  handlers:
    - name: Handled {{ inventory_hostname }}
      listen: handle
      ansible.builtin.command: "true"
      async: 300
      poll: 0
"""
ONE = "- {name: '%s {{ inventory_hostname }} {{ given }}', command: 'true', async: 300, poll: 0}\n"


def _wanted(host: str) -> list[str]:
    return sorted(
        [
            "Local " + host,
            "Again %s (1)" % host,
            "Again %s (2)" % host,
            "Item {0}-a of {0}".format(host),
            "Delegated " + host,
            "Waited " + host,
            "Hidden " + host,
            "Nothing {{ of_the_kind }}",
            "Statement " + host,
            "Included {0} for {0}".format(host),
            "Role {0} for {0}".format(host),
            "Handled " + host,
        ]
    )


def test_each_host_has_its_own_names_whatever_gives_them(controller, ingester):
    controller.inventory("n1", "n2", "[other]", "n9")
    controller.write("more.yml", ONE % "Included")
    controller.write("roles/worker/tasks/main.yml", ONE % "Role")
    done = controller.playbook(PLAYBOOK, url=ingester.url)
    assert done.returncode == 0, done.stdout + done.stderr
    for host in ("n1", "n2"):
        launches = ingester.of("job_started", host=host) + ingester.of("job_unresumable", host=host)
        assert sorted(event["job"] for event in launches) == _wanted(host)
        assert all(host in event["task"] or event["task"] == "Nothing {{ of_the_kind }}" for event in launches)
        assert {event["task"] for event in ingester.of("job_intended", host=host)} == {
            kind + host for kind in ("Waited ", "Hidden ", "Skipped ")
        }
        assert [event["job"] for event in ingester.of("job_ended", host=host)] == ["Waited " + host]
        assert [event["job"] for event in ingester.of("job_not_started", host=host)] == ["Skipped " + host]


SHORT = """
- name: Up
  hosts: all
  gather_facts: false
  strategy: "{{ how | default('linear') }}"
  serial: "{{ at_once | default(99) }}"
  tasks:
    - {name: "Local {{ inventory_hostname }}", command: "true", async: 300, poll: 0}
"""


@pytest.mark.parametrize(
    "arguments", [("-e", "at_once=1"), ("--limit", "n2,n3"), ("-e", "how=free")], ids=["serial", "limit", "free"]
)
def test_names_are_the_same_in_every_kind_of_run(controller, ingester, arguments):
    controller.inventory("n1", "n2", "n3")
    done = controller.playbook(SHORT, *arguments, url=ingester.url)
    assert done.returncode == 0, done.stdout + done.stderr
    hosts = ["n2", "n3"] if "--limit" in arguments else ["n1", "n2", "n3"]
    assert sorted((event["host"], event["job"]) for event in ingester.of("job_started")) == [
        (host, "Local " + host) for host in hosts
    ]


def test_what_is_omitted_is_no_name(controller, ingester):
    """Up to 2.18 `{{ omit }}` gives a text that is another one in each run; later versions refuse it."""
    tasks = [
        """
    - name: Task {0}
      command: "true"
      async: 30
      poll: 0
      vars: {{jobledger_job: "{1}"}}
""".format(number, text)
        for number, text in enumerate(["{{ omit }}", "{{ nowhere | default(omit) }}"])
    ]
    tasks.append("""
    - name: "{{ omit }}"
      command: "true"
      async: 30
      poll: 0
    - name: Labelled
      command: "true"
      async: 30
      poll: 0
      loop: [1]
      loop_control: {label: "{{ omit }}"}
""")
    done = controller.playbook("- hosts: all\n  gather_facts: false\n  tasks:%s" % "".join(tasks), url=ingester.url)
    assert [event["job"] for event in ingester.of("job_started")][:3] == ["Task 0", "Task 1", "command"], (
        done.stdout,
        done.stderr,
    )
    names = [event[key] for event in ingester.of("job_started") for key in ("job", "task", "label") if key in event]
    assert not [name for name in names if "omit" in name.lower()] and "jobledger" not in done.stderr, (
        names,
        done.stderr,
    )
