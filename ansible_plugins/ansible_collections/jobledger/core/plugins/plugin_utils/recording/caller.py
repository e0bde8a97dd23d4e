# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Which automation platform or CI system runs this playbook, and by which ids. Pure functions without I/O.

All systems give the same labels: `ci` (which system), `ci_pipeline`, `ci_job`, `ci_project`, `ci_user`, `ci_url`. The
name of the run is that of the whole pipeline, workflow or build, because all its runs share it.
"""

from __future__ import annotations

from typing import Mapping, NamedTuple

_LONGEST = 1024


class Caller(NamedTuple):
    """What the ids of the system are: a name for the run, and labels. None and {} where a person runs the playbook."""

    run_name: str | None
    labels: dict


def find(environment: Mapping, extra_vars: Mapping) -> Caller:
    """Return what the first system that knows this run says of it."""
    for system, ask in _SYSTEMS:
        found = ask(_Words(environment), _Words(extra_vars))
        if found:
            labels = {"ci": system}
            labels.update(("ci_" + key, value) for key, value in found[1].items() if value)
            return Caller("%s-%s" % (system, found[0]), labels)
    return Caller(None, {})


class _Words:
    # Values as short texts; "" for what is not there, or is no text and no number.

    def __init__(self, given: Mapping) -> None:
        self._given = given

    def __call__(self, *names: str) -> str:
        for name in names:
            value = self._given.get(name)
            if isinstance(value, (str, int)) and not isinstance(value, bool) and str(value).strip():
                return str(value).strip()[:_LONGEST]
        return ""

    def within(self, name: str) -> "_Words":
        value = self._given.get(name)
        return _Words(value if isinstance(value, Mapping) else {})


def _awx(env: _Words, extra: _Words) -> tuple | None:
    # JOB_ID alone may be anybody's.
    job = extra("awx_job_id", "tower_job_id") or env("AWX_JOB_ID")
    if not job and env("AWX_PRIVATE_DATA_DIR", "AWX_HOST"):
        job = env("JOB_ID", "AD_HOC_COMMAND_ID")
    if not job:
        return None
    workflow = extra("awx_workflow_job_id", "tower_workflow_job_id")
    host = env("AWX_HOST").rstrip("/")
    return "workflow-" + workflow if workflow else "job-" + job, {
        "pipeline": workflow,
        "job": job,
        "project": extra("awx_job_template_name", "tower_job_template_name"),
        "user": extra("awx_user_name", "tower_user_name"),
        "url": "%s/#/jobs/%s" % (host, job) if host else "",
    }


def _gitlab(env: _Words, _extra: _Words) -> tuple | None:
    if not env("GITLAB_CI") or not env("CI_PIPELINE_ID"):
        return None
    return "pipeline-" + env("CI_PIPELINE_ID"), {
        "pipeline": env("CI_PIPELINE_ID"),
        "job": env("CI_JOB_ID"),
        "project": env("CI_PROJECT_PATH"),
        "user": env("GITLAB_USER_LOGIN"),
        "url": env("CI_JOB_URL"),
    }


def _github(env: _Words, _extra: _Words) -> tuple | None:
    run, project = env("GITHUB_RUN_ID"), env("GITHUB_REPOSITORY")
    if not env("GITHUB_ACTIONS") or not run:
        return None
    return "run-" + run, {
        "pipeline": run,
        "job": env("GITHUB_JOB"),
        "project": project,
        "user": env("GITHUB_ACTOR"),
        "url": "%s/%s/actions/runs/%s" % (env("GITHUB_SERVER_URL"), project, run) if env("GITHUB_SERVER_URL") else "",
    }


def _jenkins(env: _Words, _extra: _Words) -> tuple | None:
    if not env("JENKINS_URL") or not env("BUILD_NUMBER"):
        return None
    return "%s-%s" % (env("JOB_NAME") or "build", env("BUILD_NUMBER")), {
        "pipeline": env("BUILD_NUMBER"),
        "job": env("STAGE_NAME"),
        "project": env("JOB_NAME"),
        "user": env("BUILD_USER_ID"),
        "url": env("BUILD_URL"),
    }


def _semaphore(env: _Words, extra: _Words) -> tuple | None:
    told = extra.within("semaphore_vars").within("task_details")
    task = env("SEMAPHORE_TASK_DETAILS_ID") or told("id")
    if not task:
        return None
    return "task-" + task, {
        "job": task,
        "user": env("SEMAPHORE_TASK_DETAILS_USERNAME") or told("username"),
        "url": env("SEMAPHORE_TASK_DETAILS_URL") or told("url"),
    }


def _rundeck(env: _Words, _extra: _Words) -> tuple | None:
    execution = env("RD_JOB_EXECID")
    if not execution:
        return None
    return "execution-" + execution, {
        "pipeline": execution,
        "job": env("RD_JOB_NAME"),
        "project": env("RD_JOB_PROJECT"),
        "user": env("RD_JOB_USERNAME"),
        "url": env("RD_JOB_URL"),
    }


# A platform that runs Ansible goes before a CI system that may have started it.
_SYSTEMS = (
    ("awx", _awx),
    ("semaphore", _semaphore),
    ("rundeck", _rundeck),
    ("gitlab", _gitlab),
    ("github", _github),
    ("jenkins", _jenkins),
)
