"""The ids of an automation platform reach the ledger by themselves, and what the operator says goes before them."""

from __future__ import annotations

PLAYBOOK = """\
- name: Upgrade
  hosts: all
  tasks:
    - name: Migrate
      ansible.builtin.command: "true"
      async: 60
      poll: 1
"""
TOWER = '{"tower_job_id": 812, "tower_workflow_job_id": 40, "tower_user_name": "ann"}'


def _run_started(ingester):
    (event,) = ingester.of("run_started")
    return event["run_name"], event["labels"]


def test_extra_vars_of_a_platform_name_the_run(controller, ingester):
    done = controller.playbook(PLAYBOOK, "-e", TOWER, url=ingester.url)
    assert done.returncode == 0, done.stdout + done.stderr
    assert _run_started(ingester) == (
        "awx-workflow-40",
        {"ci": "awx", "ci_pipeline": "40", "ci_job": "812", "ci_user": "ann"},
    )


def test_the_operator_s_own_name_and_labels_go_first(controller, ingester):
    own = {"JOBLEDGER_RUN_NAME": "CHG-7", "JOBLEDGER_LABELS": "ci_user=bob,team=db"}
    done = controller.playbook(PLAYBOOK, "-e", TOWER, url=ingester.url, **own)
    assert done.returncode == 0, done.stdout + done.stderr
    assert _run_started(ingester) == (
        "CHG-7",
        {"ci": "awx", "ci_pipeline": "40", "ci_job": "812", "ci_user": "bob", "team": "db"},
    )


def test_an_ad_hoc_command_too(controller, ingester):
    done = controller.command(
        "ansible",
        "all",
        "-B60",
        "-P1",
        "-a",
        "true",
        url=ingester.url,
        ANSIBLE_LOAD_CALLBACK_PLUGINS="1",
        GITLAB_CI="true",
        CI_PIPELINE_ID="991",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert _run_started(ingester) == ("gitlab-pipeline-991", {"ci": "gitlab", "ci_pipeline": "991"})
