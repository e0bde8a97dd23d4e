# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""The state file of the save and load roles: how a record is made, merged, written as JSON and read back.

The same JSON in a directory, in a bucket and in the ingester. Pure functions without I/O, safe on any thread.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone

STATUSES = ("running", "succeeded", "failed", "timed_out", "cancelled", "lost")
# How strong each is: a job's own result is never replaced by less.
_STRENGTH = {"running": 0, "closed": 1, "lost": 2, "timed_out": 3, "cancelled": 4, "failed": 4, "succeeded": 4}
MAX_BYTES = 4_000_000
MAX_NAME_BYTES = 4096
MAX_DEPTH = 32
# In a file, the other records of the same name.
OTHERS = "others"
# It becomes a file name in the job directory of a managed host, so nothing that leaves the directory may pass.
_JOB_ID = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,254}")


class StateError(Exception):
    """A record cannot be saved or loaded; the text says what is wrong and what to do. It never holds a secret."""


class Key:
    """The job key: `host`, `play` and `job`, each a name as the wire contract has it."""

    def __init__(self, host: str, play: str, job: str, prefix: str = "") -> None:
        """`prefix` begins the variables' names in messages. Raises StateError for a name that cannot be one."""
        self.host = _name(prefix + ("host_filter" if prefix.endswith("load_") else "host"), host)
        self.play = _name(prefix + "playbook_name", play)
        self.job = _name(prefix + "job_name", job)

    def __str__(self) -> str:
        return " / ".join(_shown(part) for part in (self.host, self.play, self.job))


def job_id(value: object, variable: str = "ansible_job_id") -> str:
    """Return a job's id as text. Raises StateError for what is none, and for a float: its last digits may be lost."""
    if isinstance(value, float):
        raise StateError(
            "%s came as a number, and digits may be lost on the way (jinja2_native makes numbers of text): "
            'write it as "{{ job.ansible_job_id | string }}" where the job was started' % variable
        )
    text = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    if not _JOB_ID.fullmatch(text):
        raise StateError(
            "%s is no job id: give the ansible_job_id of the task that started the job, letters, digits, dots, "
            "dashes and underscores only (got %r)" % (variable, _shown(value))
        )
    return text


def metadata(value: object, variable: str = "metadata") -> dict:
    """Return the operator's metadata as plain JSON data. Text is read as JSON. Raises StateError for what is no
    dictionary.
    """
    for dummy in range(2):
        if isinstance(value, str):
            try:
                value = json.loads(value) if value.strip() else {}
            except (ValueError, RecursionError):
                break
    if not isinstance(value, dict):
        raise StateError("%s must be a dictionary, such as {ticket: CHG-7}" % variable)
    if _depth(value) > MAX_DEPTH:
        raise StateError("%s is nested deeper than %d levels" % (variable, MAX_DEPTH))
    return value


def now() -> str:
    """Return the time: RFC 3339, UTC, microseconds."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def make(key: Key, job: str, extra: dict, known: dict) -> dict:
    """Return a new record, without times: `extra` is the operator's metadata, `known` other fields, absent ones as
    None.
    """
    record = {"job_name": key.job, "host": key.host, "ansible_job_id": job, "metadata": extra, "play": key.play}
    record.update({name: value for name, value in known.items() if value is not None})
    return record


def split(held: dict | None) -> list[dict]:
    """Return the records that a file holds: the latest saved, then the others of the same name. None holds a list
    itself.

    A file holds others where several playbooks saved a job under one name, or where a mirror shows several open jobs.
    """
    if held is None:
        return []
    first = {name: value for name, value in held.items() if name != OTHERS}
    return [first, *(held.get(OTHERS) or ())]


def merge(previous: dict | None, record: dict, at: str) -> dict | None:
    """Return what to write over the file `previous`, or None when that says the same already.

    What is known of the same job stays known: its start, its status, its playbook, fields that other writers added.
    Another job's record of the same playbook is replaced whole, unless it is of a job that started later; records of
    other playbooks stay beside it. `at` is the time of saving.
    """
    held = split(previous)
    mine = _own(held, record)
    merged = _merge_one(mine, record, at)
    if merged is None:
        return None
    others = [other for other in held if other is not mine]
    return dict(merged, **{OTHERS: others}) if others else merged


def _own(held: list[dict], record: dict) -> dict | None:
    same = [other for other in held if other.get("ansible_job_id") == record["ansible_job_id"]]
    playbook = record.get("playbook")
    of_playbook = [other for other in held if other.get("playbook") == playbook] if playbook else held
    # A record that names no playbook may be anybody's.
    unknown = [other for other in held if not other.get("playbook")]
    return next(iter(same or of_playbook or unknown), None)


def _merge_one(previous: dict | None, record: dict, at: str) -> dict | None:
    if previous is not None and previous.get("ansible_job_id") == record["ansible_job_id"]:
        merged = dict(previous, **_as_strong(previous, record, at))
        if previous.get("playbook"):
            merged["playbook"] = previous["playbook"]  # the one that started it, whoever saves it again
        if merged == previous:
            return None
    else:
        merged = dict(
            {"execution_host": record["host"], "started_at": at},
            **_as_strong({}, dict({"status": "running"}, **record), at),
        )
        told = record.get("started_at")
        if told and previous is not None and started(previous) > _moment(told):
            return None
    return dict(merged, save_time=at)


def _as_strong(previous: dict, record: dict, at: str) -> dict:
    """Return `record` without a status that is weaker than what is known, and with the time of an end that is new."""
    status, before = record.get("status"), previous.get("status") or "running"
    if status is None:
        return record
    # A job that is seen alive is not lost, whoever said so.
    if status != before and (
        _STRENGTH.get(status, 0) <= _STRENGTH.get(before, 0)
        and not (status == "running" and before in ("lost", "closed"))
    ):
        return {name: value for name, value in record.items() if name not in ("status", "rc", "message")}
    if status == "running":
        return dict(record, **({"finished_at": None} if previous.get("finished_at") else {}))
    return dict(record, finished_at=previous.get("finished_at") or at)


def started(record: dict) -> datetime:
    """Return when a record's job started, as well as it says; a record that does not say is the oldest."""
    return _moment(record.get("started_at") or record.get("save_time"))


def outlived(record: dict, now: datetime | None = None) -> bool:
    """Return whether a job that is said to run is past its deadline by more than clocks and Ansible's steps explain."""
    deadline = _moment(record.get("deadline"))
    return deadline != _NEVER and deadline + _DOUBT < (now or datetime.now(timezone.utc))


def time(value: str, variable: str) -> str | None:
    """Return an RFC 3339 time as it is given, None for an empty one. Raises StateError for anything else."""
    if value and _moment(value) == _NEVER:
        raise StateError("%s must be a time such as 2026-11-20T10:30:45Z, with its zone" % variable)
    return value or None


_DOUBT = timedelta(minutes=5)
_NEVER = datetime.min.replace(tzinfo=timezone.utc)


def _moment(text: str | None) -> datetime:
    try:
        # Before 3.11, Python knows neither Z nor fractions other than of three or six digits.
        found = re.fullmatch(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)", text or "")
        day, clock, fraction, zone = found.groups()
        return datetime.fromisoformat(
            "%sT%s.%s%s" % (day, clock, ((fraction or "") + "000000")[:6], "+00:00" if zone in "Zz" else zone)
        )
    except (AttributeError, ValueError):
        return _NEVER


def dump(record: dict) -> bytes:
    """Return the record as a file's bytes. Raises StateError for what JSON in UTF-8 cannot say."""
    try:
        data = (json.dumps(record, ensure_ascii=False, allow_nan=False, indent=2) + "\n").encode("utf-8")
    except UnicodeEncodeError:
        raise StateError("the metadata holds text that is not valid Unicode") from None
    except (TypeError, ValueError):
        raise StateError("the metadata holds a value that JSON does not have, such as NaN") from None
    if len(data) > MAX_BYTES:
        raise StateError("the record is larger than %d bytes: put less into the metadata" % MAX_BYTES)
    return data


def parse(data: bytes, key: Key, place: str) -> dict:
    """Return the record in `data`, found at `place` under `key`; absent fields take what the key says.

    Raises StateError that names the place and what is wrong there.
    """
    try:
        record = _read(data)
        _check(record, key)
    except ValueError as error:
        raise StateError(
            "the state file %s is damaged: %s. Mend it, or remove it if the job may be started again." % (place, error)
        ) from None
    for one in (record, *(record.get(OTHERS) or ())):
        one.update(
            host=one.get("host") or key.host, play=one.get("play") or key.play, job_name=one.get("job_name") or key.job
        )
        one["metadata"] = one.get("metadata") or {}
        one["status"] = one.get("status") or "running"
        one["execution_host"] = one.get("execution_host") or one["host"]
    return record


def async_dir(record: dict) -> str:
    """Return the directory of the results file on the execution host; empty when it is not known."""
    path = record.get("results_file") or ""
    return path.rpartition("/")[0]


def _read(data: bytes) -> dict:
    if not data.strip():
        raise ValueError("it is empty")
    if len(data) > MAX_BYTES:
        raise ValueError("it is larger than %d bytes" % MAX_BYTES)
    try:
        record = json.loads(data.decode("utf-8-sig"), parse_float=_Written)
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except ValueError as error:
        raise ValueError("it is not JSON (%s)" % error) from None
    if not isinstance(record, dict):
        raise ValueError("it is not a JSON object")
    if isinstance(record.get("ansible_job_id"), _Written):
        record["ansible_job_id"] = record["ansible_job_id"].text
    return _plain(record)


def _check(record: dict, key: Key) -> None:
    others = record.get(OTHERS)
    if not isinstance(others, (list, type(None))) or not all(isinstance(other, dict) for other in others or ()):
        raise ValueError("its %s is not a list of records" % OTHERS)
    for one in (record, *(others or ())):
        _check_one(one, key)


def _check_one(record: dict, key: Key) -> None:
    try:
        record["ansible_job_id"] = job_id(record.get("ansible_job_id"))
    except StateError:
        raise ValueError("it has no usable ansible_job_id") from None
    for field in (
        "host",
        "play",
        "job_name",
        "status",
        "results_file",
        "execution_host",
        "save_time",
        "started_at",
        "playbook",
    ):
        if not isinstance(record.get(field), (str, type(None))):
            raise ValueError("its %s is not text" % field)
    if not isinstance(record.get("metadata"), (dict, type(None))):
        raise ValueError("its metadata is not an object")
    for field, wanted in (("host", key.host), ("play", key.play), ("job_name", key.job)):
        if record.get(field) and record[field] != wanted:
            raise ValueError("it is the record of another job, its %s is %s" % (field, _shown(record[field])))


class _Written(float):
    """A number that remembers its digits: an old file may hold the id 2472848566.371110 as one."""

    def __new__(cls, text: str) -> "_Written":
        number = super().__new__(cls, text)
        number.text = text
        return number


def _plain(value):
    if isinstance(value, dict):
        return {name: _plain(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    return float(value) if isinstance(value, _Written) else value


def _depth(value) -> int:
    deepest, level = 0, [value]
    while level and deepest <= MAX_DEPTH:
        deepest += 1
        level = [
            entry
            for parent in level
            for entry in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(entry, (dict, list))
        ]
    return deepest


def _name(variable: str, value: str) -> str:
    try:
        size = len(value.encode("utf-8"))
    except UnicodeEncodeError:
        raise StateError("%s is not valid Unicode" % variable) from None
    if not value.strip():
        raise StateError(
            "%s is empty: a job is saved and found by host, playbook name and job name, each of at least one "
            "visible character" % variable
        )
    if size > MAX_NAME_BYTES or "\0" in value:
        raise StateError("%s must be at most %d bytes and hold no NUL" % (variable, MAX_NAME_BYTES))
    return value


def _shown(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 120 else text[:117] + "..."
