"""The collection works from its archive alone: no checkout, no network, on whatever ansible-core runs these tests."""

from __future__ import annotations

import re
import shlex

SITE = """\
- name: Upgrade databases
  hosts: all
  gather_facts: false
  tasks:
    - name: Migrate schema
      jobledger.core.start_once:
        module: command
        args:
          cmd: sh -c 'echo started >> /srv/starts'
        generation: "1"
      async: 60
      poll: 1
    - name: Rebuild the index
      ansible.builtin.command: "true"
      async: 60
      poll: 0
      register: index
    - name: Save its id
      ansible.builtin.include_role:
        name: jobledger.core.async_job_save
      vars:
        async_job_save_job_name: index
        async_job_save_host: "{{ inventory_hostname }}"
        async_job_save_ansible_job_id: "{{ index.ansible_job_id }}"
"""
RESUME = """\
- name: Upgrade databases
  hosts: all
  gather_facts: false
  tasks:
    - name: Load the id
      ansible.builtin.include_role:
        name: jobledger.core.async_job_load
      vars:
        async_job_load_job_name: index
        async_job_load_host: "{{ inventory_hostname }}"
    - name: Wait for it
      ansible.builtin.async_status:
        jid: "{{ async_job_load_ansible_job_id }}"
      register: seen
      until: seen is finished
      retries: 100
      delay: 0.2
"""
# The machine is gone when the test is over, and so is what start_once wrote there.
HOST = "ansible_connection=local ansible_python_interpreter={{ansible_playbook_python}} jobledger_fence_volatile=true"
PLUGINS = {
    "callback": ["recorder"],
    "lookup": ["job", "replay"],
    "module": ["start_once", "settle", "look", "cancel", "fence", "output", "async_job_state", "async_job_clean"],
    "role": ["async_job_save", "async_job_load", "async_job_clean", "ingester", "controller"],
}


def test_it_works_from_its_archive_alone_and_offline(machine, collection, checkout):
    machine.sh("mount -t tmpfs none %s" % shlex.quote(str(checkout / "ansible_plugins")))
    del machine.environment["ANSIBLE_COLLECTIONS_PATH"]
    machine.environment.update(ANSIBLE_CALLBACKS_ENABLED="jobledger.core.recorder", ANSIBLE_INVENTORY="/srv/hosts")
    machine.write("/srv/hosts", "db1 %s\n" % HOST)
    machine.write("/srv/site.yml", SITE)
    machine.write("/srv/resume.yml", RESUME)

    def offline(command: str) -> str:
        return machine.sh("cd /srv; exec unshare --net sh -ec 'ip link set lo up 2>/dev/null || true; %s'" % command)

    offline("ansible-galaxy collection install %s" % collection)
    for kind, names in PLUGINS.items():
        said = offline("ansible-doc -t %s %s" % (kind, " ".join("jobledger.core." + name for name in names)))
        assert not re.search(r"(WARNING|ERROR).*jobledger[./]core", said), said
    first = " ".join(offline("ansible-playbook site.yml").split())
    assert "events are kept in /root/.local/state/jobledger/spool" in first, first
    offline("ansible-playbook resume.yml site.yml")
    assert machine.sh("cat /srv/starts") == "started\n", "what is started once is started once"
    left = machine.run("unshare", "--net", "ansible-playbook", "jobledger.core.replay")
    assert left.returncode == 2 and "Some events are still in the spool" in left.stdout, left.stdout
