"""What the play's variables already say of a job that is about to be saved. Pure functions."""

from __future__ import annotations

# Views of all hosts' variables, which would be templated whole.
_VIEWS = ("hostvars", "vars", "groups")


def launch(variables: dict, job_id: str) -> dict:
    """Return `results_file` of the registered result that started this job; empty when no variable holds it.

    Thus a playbook that saves no more than the id still lets a resume find the job's directory.
    """
    for name, value in variables.items():
        if isinstance(value, dict) and name not in _VIEWS:
            for result in (value, *_items(value)):
                if isinstance(result, dict) and result.get("ansible_job_id") == job_id and result.get("results_file"):
                    return {"results_file": str(result["results_file"])}
    return {}


def _items(value: dict) -> tuple:
    results = value.get("results")
    return tuple(results) if isinstance(results, (list, tuple)) else ()
