# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Lookup that finds a job's record by host, play and name, so that it can be resumed."""

DOCUMENTATION = r"""
name: job
author:
  - Jobledger contributors (@jobledger)
version_added: 0.1.0
short_description: Finds a recorded job by host, play and name
description:
  - Asks the ingester for the record of a job, with all that a resume needs.
  - A job that is open answers before one that has ended. Where several are open, the lookup fails and names them,
    unless it is told which.
  - Jobs of dry runs do not answer, unless O(check_mode=true).
  - Nothing is changed, on the ingester or on the host.
extends_documentation_fragment:
  - jobledger.core.connection
options:
  _terms:
    description: Names of jobs. A job's name is its task's name, or its C(jobledger_job); a loop item adds C( (label)).
    required: true
  host:
    description: Host of the job, as the inventory names it. Default is the current host.
    type: str
  play:
    description: Name of the play that started the job. Default is the name of the current play.
    type: str
  playbook:
    description: File name of the playbook that started the job, where plays of several playbooks have the same name.
    type: str
  run_id:
    description: The run that started the job.
    type: str
  id:
    description: The C(ansible_job_id) of the job that is meant.
    type: str
  which:
    description: Of several open jobs, the one that is meant. Where one or none is open, it changes nothing.
    type: str
    choices: [newest, oldest]
  nth:
    description: Which of all jobs of the name, open or not, by their start. C(1) is the latest, C(2) the one before.
    type: int
  check_mode:
    description: Whether a job of a dry run is meant.
    type: bool
    default: false
  default:
    description: What to return for a job that is not recorded. Without it, that is an error.
    type: raw
  timeout:
    description: Seconds to wait for the ingester, connect and answer together.
    type: float
    default: 10
    env:
      - name: JOBLEDGER_LOOKUP_TIMEOUT
    ini:
      - section: jobledger
        key: lookup_timeout
"""

EXAMPLES = r"""
- name: Resume a job that another run started
  hosts: db1
  gather_facts: false
  tasks:
    - name: Wait for the upgrade
      ansible.builtin.async_status:
        jid: "{{ job.ansible_job_id }}"
      delegate_to: "{{ job.execution_host }}"
      vars:
        job: "{{ lookup('jobledger.core.job', 'upgrade_db', play='Upgrade databases') }}"
        ansible_async_dir: "{{ job.async_dir }}"
      register: result
      until: result is finished
      retries: 360
      delay: 10

    - name: Look for an upgrade that was started before
      ansible.builtin.set_fact:
        found: "{{ lookup('jobledger.core.job', 'upgrade_db', default={}) }}"

    # The record says running until somebody asks, so the host is asked.
    - name: Ask the host whether it still runs
      ansible.builtin.async_status:
        jid: "{{ found.ansible_job_id }}"
      vars:
        ansible_async_dir: "{{ found.async_dir }}"
      register: asked
      failed_when: false
      when: found.status | default('absent') == 'running'

    - name: Stop where nobody can tell
      ansible.builtin.fail:
        msg: "The upgrade was started, and its results file is gone. See whether it runs, then run this playbook again."
      when: "'could not find job' in asked.msg | default('')"

    - name: Start it, unless it still runs
      ansible.builtin.command: /usr/local/bin/upgrade
      async: 3600
      poll: 0
      vars:
        jobledger_job: upgrade_db
      when: asked is skipped or asked is finished
"""

RETURN = r"""
_raw:
  description: One record for each term.
  type: list
  elements: dict
  contains:
    ansible_job_id: {description: Name of the job on its host., type: str}
    job_name: {description: The name it was found by., type: str}
    host: {description: Host as in the inventory., type: str}
    execution_host: {description: Where it really runs; differs under C(delegate_to)., type: str}
    results_file: {description: Path of the results file there., type: str}
    async_dir: {description: Directory of the results file; what C(ansible_async_dir) must be to resume., type: str}
    status: {description: 'C(running), C(succeeded), C(failed), C(timed_out) or C(lost).', type: str}
    overdue: {description: Whether it runs past its deadline., type: bool}
    started_at: {description: When it was started., type: str}
    deadline: {description: When its C(async) limit ends., type: str}
    source: {description: Where the record was found., type: str}
"""

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase
from ansible.release import __version__ as ansible_version
from ansible.utils.display import Display
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery import access, record, settings

if tuple(int(part) for part in ansible_version.split(".")[:2]) < (2, 19):
    # Native Jinja makes numbers of text that looks like one; an id such as 2472848566.371110 would lose its last digit.
    from ansible.utils.native_jinja import NativeJinjaText as _Text
else:
    _Text = str

_OPTIONS = frozenset(access.OPTIONS + ("default", "host", "play", "timeout") + record.WHICH)
_DISPLAY = Display()


class LookupModule(LookupBase):
    """`lookup('jobledger.core.job', name, …)`. Runs in whatever process evaluates the template; keeps no connection."""

    def run(self, terms, variables=None, **kwargs):
        """Return one record (dict) for each term. Raises AnsibleError that says what is wrong and what to do."""
        # Ansible passes over names it does not know: a mistyped host= or playbook= would resume another job.
        unknown = set(kwargs) - _OPTIONS
        if unknown:
            raise AnsibleError(
                "jobledger.core.job: there is no option %s; there are: %s"
                % (", ".join(sorted(unknown)), ", ".join(sorted(_OPTIONS)))
            )
        self.set_options(var_options=variables, direct=kwargs)
        variables = variables or {}
        host = self.get_option("host") or variables.get("inventory_hostname")
        play = self.get_option("play") or variables.get("ansible_play_name")
        try:
            client = access.client(
                self.get_option, lambda text: _DISPLAY.warning("jobledger: %s" % text), record.MAX_ANSWER
            )
            timeout = settings.seconds("timeout", self.get_option("timeout"), 0.01, 600)
        except settings.SettingError as error:
            raise AnsibleError("jobledger.core.job: %s" % error) from None
        try:
            return [self._one(client, timeout, host, play, term, kwargs) for term in terms]
        finally:
            client.close()

    def _one(self, client, timeout, host, play, term, given):
        which = {name: self.get_option(name) for name in record.WHICH}
        which["check_mode"] = "true" if which["check_mode"] else None
        if which["nth"] is not None and which["nth"] < 1:
            raise self._failure(
                host, play, term, "nth must be 1 or more: 1 is the latest job of the name, 2 the one before"
            )
        try:
            path = record.path_of(
                *(_text(part) for part in (host, play, term)), **{name: _text(value) for name, value in which.items()}
            )
            found = record.fetch(client, path, timeout)
            unclear = record.ambiguity(found)
            if unclear:
                raise record.RecordError(unclear)
        except record.Absent as error:
            if "default" in given:
                return self.get_option("default")
            raise self._failure(host, play, term, error) from None
        except record.RecordError as error:
            raise self._failure(host, play, term, error) from None
        found["ansible_job_id"] = _Text(found["ansible_job_id"])
        return found

    @staticmethod
    def _failure(host, play, term, error):
        return AnsibleError("jobledger.core.job: %s / %s / %s: %s" % (host, play, term, error))


def _text(value):
    if value is None:
        return None
    text = str(value)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise record.RecordError("a name is not valid Unicode") from None
    return text
