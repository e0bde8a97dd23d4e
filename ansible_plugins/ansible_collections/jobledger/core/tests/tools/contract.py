"""The wire contract of docs/reference/events.md as checks. Written from that page, not from the plugins."""

from __future__ import annotations

import re

ID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")
AT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
NAMES = {"host", "play", "job", "task", "execution_host"}
STATUS = {"succeeded", "failed", "timed_out", "cancelled", "lost"}
# What a later event says instead of the id of a job whose id no_log hides.
_SEEN = {"launch": int}
_PLACE = {
    "host": str,
    "ansible_job_id": str,
    "execution_host": str,
    "play": str,
    "playbook": str,
    "playbook_path": str,
    "task": str,
    "job": str,
    "results_file": str,
}
_FENCE = {"decision": str, "generation": str}
_PLACE.update(_FENCE)
_LAUNCH = dict(
    _PLACE,
    label=str,
    action=str,
    check_mode=bool,
    no_log=bool,
    attempt=int,
    remote_user=str,
    become_user=str,
    connection=str,
    intent=int,
    details=dict,
    **{"async": int, "poll": int},
)
_INTENT = {
    key: value
    for key, value in _LAUNCH.items()
    if key not in ("ansible_job_id", "results_file", "label", "attempt", "intent", "details", *_FENCE)
}
_FOUND = {"started_at": str, "action": str, "no_log": bool, "async": int}
_HIDDEN = dict(_LAUNCH, reason=str)
del _HIDDEN["ansible_job_id"], _HIDDEN["results_file"], _HIDDEN["details"]
DETAILS = {"cmd": str, "stdout": str, "stderr": str, "module_args": dict}
FIELDS = {
    "run_started": {
        "kind": str,
        "run_name": str,
        "playbook": str,
        "playbook_path": str,
        "user": str,
        "controller": str,
        "pid": int,
        "ansible_version": str,
        "check_mode": bool,
        "limit": str,
        "tags": list,
        "skip_tags": list,
        "argv": list,
        "labels": dict,
    },
    "play_started": {"play": str, "playbook": str, "playbook_path": str, "strategy": str},
    "job_started": _LAUNCH,
    "job_polled": dict(_PLACE, **_SEEN, **_FOUND, sighting=dict, adopted=bool),
    "job_ended": dict(
        _PLACE,
        **_SEEN,
        **_FOUND,
        status=str,
        verdict=str,
        module_status=str,
        reason=str,
        by=str,
        rc=int,
        message=str,
        changed=bool,
        adopted=bool,
        details=dict,
    ),
    "job_unreached": {"host": str, "ansible_job_id": str, "execution_host": str, "message": str},
    "job_cleaned": dict(_PLACE, **_SEEN),
    "job_unresumable": _HIDDEN,
    "job_intended": _INTENT,
    "job_not_started": dict(_FENCE, host=str, play=str, job=str, task=str, execution_host=str, intent=int, reason=str),
    "run_alive": {},
    "run_finished": {"stats": dict},
    "run_interrupted": {"reason": str},
}
REQUIRED = {
    "run_started": {"kind"},
    "play_started": {"play"},
    "run_alive": set(),
    "run_finished": {"stats"},
    "run_interrupted": {"reason"},
    "job_started": {"host", "play", "job", "task", "ansible_job_id"},
    "job_polled": {"host"},
    "job_ended": {"host", "status"},
    "job_cleaned": {"host"},
    "job_unresumable": {"host", "play", "job", "task", "reason"},
    "job_unreached": {"host", "ansible_job_id"},
    "job_intended": {"host", "play", "job", "task", "no_log"},
    "job_not_started": {"host", "play", "job", "task", "intent", "reason"},
}


def problems(event: object) -> list[str]:
    """Return what is wrong with one event; nothing for a right one. A field the page does not name counts as wrong."""
    if not isinstance(event, dict):
        return ["not an object"]
    found = [] if ID.match(str(event.get("run_id"))) else ["run_id"]
    seq = event.get("seq")
    if not isinstance(seq, int) or isinstance(seq, bool) or not 1 <= seq < 2**53:
        found.append("seq")
    if not AT.match(str(event.get("at"))):
        found.append("at")
    kind = event.get("type")
    if kind not in FIELDS:
        return found + ["type"]
    given = {key: value for key, value in event.items() if key not in ("type", "run_id", "seq", "at")}
    if kind in ("job_polled", "job_ended", "job_cleaned") and ("ansible_job_id" in given) == ("launch" in given):
        found.append("ansible_job_id or launch, one of them")
    found += ["%s missing" % key for key in REQUIRED[kind] - set(given)]
    for key, value in given.items():
        wanted = FIELDS[kind].get(key)
        if wanted is None:
            found.append("%s is not in the contract" % key)
        elif not isinstance(value, wanted) or wanted is int and isinstance(value, bool):
            found.append("%s is %r" % (key, value))
        elif key in NAMES and not _is_name(value):
            found.append("%s is no name: %r" % (key, value))
    return found + _values(given) + _acts(kind, given)


DECISION = {"started", "attached", "already_succeeded", "refused"}
SIGHTING = {"pid": int, "since": str, "cpu_seconds": (int, float), "memory_bytes": int, "output_bytes": int}


def _acts(kind: str, given: dict) -> list[str]:
    found = ["decision"] if given.get("decision", "started") not in DECISION else []
    found += (
        ["reason"]
        if kind == "job_ended" and given.get("reason", "vanished") not in ("vanished", "no_results_file")
        else []
    )
    seen = given.get("sighting", {})
    found += [
        "sighting." + key for key, value in seen.items() if key in SIGHTING and not isinstance(value, SIGHTING[key])
    ]
    found += ["sighting.since"] if not AT.match(seen.get("since", "2026-11-20T10:30:45.123456Z")) else []
    return found + [key for key in ("generation", "by") if not 1 <= len(given.get(key, "x")) <= 1000]


def _values(given: dict) -> list[str]:
    found = []
    if given.get("status", "lost") not in STATUS:
        found.append("status")
    if (
        "verdict" in given
        and given["verdict"] != given.get("status")
        or given.get("verdict", "failed") not in ("succeeded", "failed")
    ):
        found.append("verdict")
    if "module_status" in given and ("verdict" not in given or given["module_status"] not in ("succeeded", "failed")):
        found.append("module_status")
    if given.get("kind", "adhoc") not in ("playbook", "adhoc"):
        found.append("kind")
    if not 1 <= len(given.get("ansible_job_id", "x")) <= 255:
        found.append("ansible_job_id")
    if len(given.get("message", "")) > 1000 or "\n" in given.get("message", ""):
        found.append("message")
    found += [
        "details." + key
        for key, value in given.get("details", {}).items()
        if not isinstance(value, DETAILS.get(key, ())) or not value
    ]
    found += ["details under no_log"] if given.get("no_log") and "details" in given else []
    for key in ("tags", "skip_tags", "argv"):
        found += [key] if not all(isinstance(word, str) for word in given.get(key, [])) else []
    for host, counters in given.get("stats", {}).items():
        found += (
            []
            if set(counters) == {"ok", "changed", "failures", "unreachable", "skipped", "rescued", "ignored"}
            else [host]
        )
    return found


def _is_name(value: str) -> bool:
    try:
        return 0 < len(value.encode("utf-8")) <= 4096 and "\0" not in value
    except UnicodeEncodeError:
        return False
