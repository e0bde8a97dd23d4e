# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Frees a fence by hand, and removes what ended jobs of `start_once` left behind. Runs on managed hosts; Python 3.6 and
later.

Nothing is removed below a lock that somebody holds, and never the record of an end: `already_succeeded` stays known.
"""

import os
import re
import shutil
import stat

from . import fence_layout, job_files

_TEMPORARY = re.compile(r"ansible-tmp-[\w.-]+$")


class CannotFree(Exception):
    """The fence was not freed; the text says why."""


def free(directory, wanted, by, reason):
    """Free the fence of `wanted`: HOST / PLAY / JOB as it is shown, or the id of its newest job. Return its title and
    job id.

    Raises CannotFree for a fence that is not there, is held, or that two keys could mean.
    """
    found = []
    for fence in fence_layout.fences(directory):
        attempt = fence.latest()
        title = _title(fence)
        if attempt is not None and wanted in (title, (attempt.start or {}).get("job_id")):
            found.append((title, attempt))
    if not found:
        raise CannotFree("there is no fence of %r in %s" % (wanted, directory))
    if len(found) > 1:
        raise CannotFree("%d fences are called %r: give the job's id" % (len(found), wanted))
    title, attempt = found[0]
    if not fence_layout.free(attempt, by, reason):
        raise CannotFree("the job of %s lives: cancel it first" % title)
    return {"title": title, "ansible_job_id": (attempt.start or {}).get("job_id"), "attempt": attempt.path}


def tidy(directory, links_in, seconds, now, only_look=False):
    """Remove results, output, temporary directories and links of jobs that ended longer ago than `seconds`.

    `links_in` are async directories with links of controllers. Return the paths and what could not be removed, as two
    lists.
    """
    before = job_files.moment(now - seconds)
    removed, troubles = [], []
    for fence in fence_layout.fences(directory):
        for attempt in fence.attempts():
            try:
                removed += _tidy_attempt(attempt, before, only_look)
            except (OSError, fence_layout.Damaged) as error:
                troubles.append("%s: %s" % (attempt.path, error))
    for folder in links_in:
        removed += _tidy_links(folder, before, only_look, troubles)
    return removed, troubles


def _tidy_attempt(attempt, before, only_look):
    if not _over(attempt, before):
        return []
    lock = fence_layout.open_lock(attempt.file("lock"), fence_layout.file_mode(attempt.path))
    try:
        # A process of the job may outlive its end; whatever it holds stays.
        if not fence_layout.try_lock(lock):
            return []
        start = attempt.start or {}
        paths = [
            attempt.file(*parts, start["job_id"])
            for parts in (("ended",), ("ended", "attached"), ("ended", "already"))
            if start.get("job_id")
        ]
        paths += [
            attempt.file(name)
            for name in ("stdout", "stdout.1", "stdout.dropped", "stderr", "stderr.1", "stderr.dropped", "tee.py")
        ]
        gone = [path for path in paths if os.path.lexists(path)]
        if not only_look:
            for path in gone:
                fence_layout.remove(path)
        return gone + _tidy_start(attempt, start, only_look)
    finally:
        os.close(lock)


def _tidy_start(attempt, start, only_look):
    gone = []
    link, temporary = start.get("link"), start.get("tmpdir")
    if link and os.path.islink(link) and _leads_to(link, attempt):
        gone.append(link)
        if not only_look:
            fence_layout.remove(link)
    if temporary and _TEMPORARY.match(os.path.basename(temporary)) and _is_directory(temporary):
        gone.append(temporary)
        if not only_look:
            shutil.rmtree(temporary, ignore_errors=True)
    return gone


def _tidy_links(folder, before, only_look, troubles):
    gone = []
    for name in _listed(folder, troubles):
        path = os.path.join(folder, name)
        try:
            about = os.lstat(path)
            if not stat.S_ISLNK(about.st_mode) or job_files.moment(about.st_mtime) > before:
                continue
            attempt = fence_layout.of_results_file(os.readlink(path))
            # Of a job that still has something to say, the link may be the only way that its controller knows.
            if attempt is None or os.path.isdir(attempt.path) and not _over(attempt, before):
                continue
            if not only_look:
                os.unlink(path)
            gone.append(path)
        except (OSError, fence_layout.Damaged) as error:
            troubles.append("%s: %s" % (path, error))
    return gone


def _over(attempt, before):
    """Whether it ended before a time, and nobody holds it."""
    return attempt.has_ended() and ((attempt.end or {}).get("ended_at") or "~") <= before and not attempt.is_held()


def _listed(folder, troubles):
    try:
        return [name for name in sorted(os.listdir(folder)) if job_files.JOB_ID.match(name)]
    except OSError as error:
        if os.path.lexists(folder):
            troubles.append("%s: %s" % (folder, error.strerror))
        return []


def _leads_to(link, attempt):
    found = fence_layout.of_results_file(os.readlink(link))
    return found is not None and os.path.realpath(found.path) == os.path.realpath(attempt.path)


def _is_directory(path):
    # No link is followed: what it leads to is not ours.
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except OSError:
        return False


def _title(fence):
    names = fence.names or {}
    return " / ".join(" ".join(str(names.get(key) or "?").split()) for key in ("host", "play", "job"))
