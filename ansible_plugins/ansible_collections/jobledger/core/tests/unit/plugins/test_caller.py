"""Who runs a playbook: the ids that automation platforms and CI systems give, as run name and labels."""

from __future__ import annotations

import pytest
from ansible_collections.jobledger.core.plugins.plugin_utils.recording import caller

AWX = {"JOB_ID": "812", "AWX_HOST": "https://awx.example.com/", "AWX_PRIVATE_DATA_DIR": "/tmp/awx_812"}
GITLAB = {
    "GITLAB_CI": "true",
    "CI_PIPELINE_ID": "991",
    "CI_JOB_ID": "7001",
    "CI_PROJECT_PATH": "ops/db",
    "GITLAB_USER_LOGIN": "ann",
    "CI_JOB_URL": "https://git.example.com/ops/db/-/jobs/7001",
}
GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_RUN_ID": "55",
    "GITHUB_JOB": "deploy",
    "GITHUB_REPOSITORY": "ops/db",
    "GITHUB_ACTOR": "ann",
    "GITHUB_SERVER_URL": "https://git.example.com",
}
JENKINS = {
    "JENKINS_URL": "https://ci.example.com/",
    "JOB_NAME": "ops/db",
    "BUILD_NUMBER": "17",
    "BUILD_URL": "https://ci.example.com/job/ops/17/",
}
RUNDECK = {
    "RD_JOB_EXECID": "9",
    "RD_JOB_NAME": "Upgrade",
    "RD_JOB_PROJECT": "db",
    "RD_JOB_USERNAME": "ann",
    "RD_JOB_URL": "https://rd.example.com/execution/9",
}


@pytest.mark.parametrize(
    "environment, extra_vars, run_name, labels",
    [
        (
            AWX,
            {},
            "awx-job-812",
            {"ci": "awx", "ci_job": "812", "ci_url": "https://awx.example.com/#/jobs/812"},
        ),
        (
            {},
            {
                "tower_job_id": 812,
                "tower_workflow_job_id": 40,
                "tower_job_template_name": "Upgrade",
                "tower_user_name": "ann",
            },
            "awx-workflow-40",
            {"ci": "awx", "ci_job": "812", "ci_pipeline": "40", "ci_project": "Upgrade", "ci_user": "ann"},
        ),
        ({"AWX_JOB_ID": "3"}, {}, "awx-job-3", {"ci": "awx", "ci_job": "3"}),
        ({"AD_HOC_COMMAND_ID": "4", "AWX_HOST": ""}, {}, None, {}),
        (
            GITLAB,
            {},
            "gitlab-pipeline-991",
            {
                "ci": "gitlab",
                "ci_pipeline": "991",
                "ci_job": "7001",
                "ci_project": "ops/db",
                "ci_user": "ann",
                "ci_url": "https://git.example.com/ops/db/-/jobs/7001",
            },
        ),
        (
            GITHUB,
            {},
            "github-run-55",
            {
                "ci": "github",
                "ci_pipeline": "55",
                "ci_job": "deploy",
                "ci_project": "ops/db",
                "ci_user": "ann",
                "ci_url": "https://git.example.com/ops/db/actions/runs/55",
            },
        ),
        (
            JENKINS,
            {},
            "jenkins-ops/db-17",
            {
                "ci": "jenkins",
                "ci_pipeline": "17",
                "ci_project": "ops/db",
                "ci_url": "https://ci.example.com/job/ops/17/",
            },
        ),
        (
            {},
            {"semaphore_vars": {"task_details": {"id": 6, "username": "ann"}}},
            "semaphore-task-6",
            {"ci": "semaphore", "ci_job": "6", "ci_user": "ann"},
        ),
        (
            RUNDECK,
            {},
            "rundeck-execution-9",
            {
                "ci": "rundeck",
                "ci_pipeline": "9",
                "ci_job": "Upgrade",
                "ci_project": "db",
                "ci_user": "ann",
                "ci_url": "https://rd.example.com/execution/9",
            },
        ),
        ({"JOB_ID": "3", "BUILD_NUMBER": "4", "CI_PIPELINE_ID": "5", "CI": "true"}, {}, None, {}),
        ({}, {"awx_job_id": True, "semaphore_vars": "no"}, None, {}),
    ],
)
def test_the_ids_of_each_system(environment, extra_vars, run_name, labels):
    assert caller.find(environment, extra_vars) == (run_name, labels)


def test_a_platform_goes_before_the_ci_system_that_started_it():
    assert caller.find(dict(GITLAB, **AWX), {}).labels["ci"] == "awx"


def test_what_is_too_long_is_cut():
    assert len(caller.find({"AWX_JOB_ID": "3" * 5000}, {}).labels["ci_job"]) == 1024
