# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Callback that sends what is known of every asynchronous job to a Jobledger ingester."""

DOCUMENTATION = r"""
name: recorder
type: notification
short_description: Records every asynchronous job of a run in a Jobledger ingester
version_added: 0.1.0
description:
  - Sends an event to the ingester when a job is started, checked, ended or cleaned up, so that it can be found again by
    host, play and name, from any controller, after this run is gone.
  - Every event is written to a spool file on the controller before it is sent. What a run could not deliver, because
    the
    ingester was away or because the run was killed, the next run delivers, or C(ansible-playbook
    jobledger.core.replay).
  - A run never fails because of it, and loses at most O(budget) seconds when the ingester is not there. What could not
    be
    delivered is told in one warning at the end.
  - Wrong settings are told in the same warning. Events are recorded all the same; without a usable address or token
    they stay in
    the spool, and the next run with right settings delivers them.
  - Standard output, standard error, commands and module arguments are not sent unless O(details) asks for them, and
    then without
    what O(redact) hides. C(no_log) is honoured always.
author:
  - Jobledger contributors (@jobledger)
requirements:
  - enable in configuration, C(callbacks_enabled = jobledger.core.recorder)
  - for C(ansible) (ad hoc), C(bin_ansible_callbacks = true) as well
extends_documentation_fragment:
  - jobledger.core.connection
options:
  run_name:
    description: Your own identifier of the run, such as a CI build or a change ticket. Many runs may share it.
    type: str
    env:
      - name: JOBLEDGER_RUN_NAME
    ini:
      - section: jobledger
        key: run_name
  labels:
    description: Labels of the run, as C(team=db,ticket=CHG-7).
    type: str
    default: ''
    env:
      - name: JOBLEDGER_LABELS
    ini:
      - section: jobledger
        key: labels
  timeout:
    description: Seconds that one attempt to reach the ingester may take, connect and answer together.
    type: str
    default: '1'
    env:
      - name: JOBLEDGER_TIMEOUT
    ini:
      - section: jobledger
        key: timeout
  budget:
    description: Seconds that the whole run may lose to an ingester that is absent, slow or failing.
    type: str
    default: '2'
    env:
      - name: JOBLEDGER_BUDGET
    ini:
      - section: jobledger
        key: budget
  spool_dir:
    description:
      - Directory of the spool files. It is made with mode 0700; others must not be able to write to it.
      - Default is C(jobledger/spool) below C(XDG_STATE_HOME), or below C(~/.local/state). Empty means no spool.
    type: str
    env:
      - name: JOBLEDGER_SPOOL_DIR
    ini:
      - section: jobledger
        key: spool_dir
  spool_max:
    description:
      - Bytes of disk that one run may use for its spool, as C(67108864) or C(64MiB). Polls are given up first, at 80 %
        of
        it, then context. Launches and ends of jobs are always spooled.
    type: str
    default: 64MiB
    env:
      - name: JOBLEDGER_SPOOL_MAX
    ini:
      - section: jobledger
        key: spool_max
  sync:
    description:
      - When a launch, an intent or the end of a job is synced to the controller's disk.
      - V(needed) syncs where nobody else has it, which is before the hook returns while the ingester does not answer,
        and a second later while it does, if it has not acknowledged the event by then. A power cut of the controller
        can take what was launched in that second.
      - V(always) syncs before each of these events is sent.
      - Whatever process dies, an event that a hook has written is not lost, with either.
    type: str
    default: needed
    env:
      - name: JOBLEDGER_SYNC
    ini:
      - section: jobledger
        key: sync
  poll_interval:
    description:
      - Least seconds between two events that say that one job still runs. The first sight and every change are always
        sent.
    type: str
    default: '10'
    env:
      - name: JOBLEDGER_POLL_INTERVAL
    ini:
      - section: jobledger
        key: poll_interval
  details:
    description:
      - What to record of each job besides its names and its end; by default nothing. Choices are the following four.
      - C(cmd) is the command, of modules that report one. C(stdout) and C(stderr) are what the job wrote.
        C(module_args) are the arguments of its module.
      - Another word is told in the warning at the end, and then nothing of all this is recorded. It is no error, so
        that no job is lost by it.
      - Secrets are hidden first, see O(redact). Of output the last 4,000 characters are kept, of a command the first
        2,000, of arguments
        4,000 in all.
      - Never of a task or result with C(no_log), nor of a job that another run started, since it may have had C(no_log)
        there.
    type: list
    elements: str
    default: []
    env:
      - name: JOBLEDGER_DETAILS
    ini:
      - section: jobledger
        key: details
  redact:
    description:
      - Regular expressions, one a line. What they match in O(details), in messages and in the command line of the run
        is replaced by C(***); where an
        expression has a group C((?P<secret>…)), only that group.
      - They are used besides the built-in ones, which know passwords, tokens, private keys, addresses with credentials
        and
        C(Authorization) headers.
    type: str
    default: ''
    env:
      - name: JOBLEDGER_REDACT
    ini:
      - section: jobledger
        key: redact
"""

EXAMPLES = r"""
ansible.cfg: |
  [defaults]
  callbacks_enabled = jobledger.core.recorder

  [jobledger]
  url = http://127.0.0.1:8740
"""

import atexit
import functools
import operator
import os
import threading
import time
import uuid

from ansible.executor import task_result
from ansible.plugins.callback import CallbackBase

# Ansible compiles what it loads of a collection anew in each run. So all else is loaded when there is something to
# record, or to deliver: `_open`.
from ansible_collections.jobledger.core.plugins.plugin_utils.acting import current_run
from ansible_collections.jobledger.core.plugins.plugin_utils.delivery import whereabouts
from ansible_collections.jobledger.core.plugins.plugin_utils.recording import only_one

_FLUSH_AFTER = 2.0
_ALIVE_EVERY = 60.0
# From 2.19 on a result has public names, and builds what `result` gives only when it is asked for.
_PUBLIC = hasattr(task_result, "CallbackTaskResult")
_task_of = operator.attrgetter("task" if _PUBLIC else "_task")
_parts = operator.attrgetter(*(("host", "task") if _PUBLIC else ("_host", "_task")))
_data = operator.attrgetter("result" if _PUBLIC else "_result")


def _guarded(hook):
    """A hook that never raises: a run must not be changed by an error in here. Errors are counted for the warning."""

    @functools.wraps(hook)
    def guard(self, *args, **kwargs):
        if self._active:
            with self._turn:
                self._safely(hook, *args, **kwargs)

    return guard


class CallbackModule(CallbackBase):
    """The hooks. Ansible calls them one at a time, from two threads of the main process; `_heard` comes from a third,
    so each takes its turn.
    """

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "jobledger.core.recorder"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._active = False
        self._turn = threading.RLock()
        self._watch = None  # the notes of launches, in a run with a task that leaves some
        self._pid = os.getpid()
        self._run_id = str(uuid.uuid4())
        self._journal = self._sender = self._place = None  # there once something is recorded
        self._resident = False  # whether somebody else delivers
        self._watching = None  # the Observer, in a run with a job
        self._early: list = []  # what was to be told before that: (what to call, its argument, when)
        self._spools = None  # the spool's directory
        self._errors = 0
        self._first_error = None
        self._play = None
        self._play_context = None
        self._where = {}
        self._run_told = False
        self._warned = False
        self._urgent = False
        self._quiet_since = time.monotonic()
        self._waiting_since = None
        self._due = 0.0  # when the next hook is to deliver, though it has nothing to say itself
        self._followed: dict = {}  # by name, the hosts whose latest task is an async one
        self._quiet_task = None  # the id of the latest task that plainly concerns no job, on any host
        self._leftovers: list = []
        self._leftovers_tried = False
        self._last_kind = None
        self._playbooks = 0
        self._went_well = False  # the last recap: Ansible ends after a playbook that did not go well
        self._playbook = None  # the first one
        self._platform = None  # the run's name and labels by the platform that runs it
        self._wrong: list = []  # what is to be said of settings that cannot be used

    def set_options(self, task_keys=None, var_options=None, direct=None):
        """See whether there is anything to do. The other settings are read when there is something to record."""
        super().set_options(task_keys=task_keys, var_options=var_options, direct=direct)
        if not self.get_option("url"):
            self.disabled = True
            return
        if not only_one.claim(self):
            self.disabled = True
            self._display.warning(
                "jobledger: the recorder is loaded twice; this run is recorded once. Enable it by one name: "
                "callbacks_enabled = jobledger.core.recorder, and no copy of it in callback_plugins."
            )
            return
        self._spools = whereabouts.spool_dir(self.get_option("spool_dir"))
        current_run.announce(self._run_id, self._run_name)
        self._active = True
        # Interrupted runs end without v2_playbook_on_stats; what waits can still be sent when the process ends.
        atexit.register(self._at_exit)

    def _open(self):
        """Read and check the settings, make what records and delivers, and tell what there was to tell before.

        A setting that cannot be used is told at the end of the run; it keeps no event from being recorded.
        """
        from ansible_collections.jobledger.core.plugins.plugin_utils.delivery import access, settings
        from ansible_collections.jobledger.core.plugins.plugin_utils.delivery.known_head import KnownHead
        from ansible_collections.jobledger.core.plugins.plugin_utils.delivery.sender import Sender
        from ansible_collections.jobledger.core.plugins.plugin_utils.delivery.spool_backlog import Backlog
        from ansible_collections.jobledger.core.plugins.plugin_utils.recording import journal, redact

        read = functools.partial(self._read, settings)
        client = self._client(settings)
        self._labels = read("labels", settings.labels, {}, "the run has none")
        timeout = read("timeout", functools.partial(settings.seconds, "timeout", least=0.01, most=60), 1.0, "it is 1")
        budget = read("budget", functools.partial(settings.seconds, "budget", least=0, most=600), 2.0, "it is 2")
        self._interval = read(
            "poll_interval", functools.partial(settings.seconds, "poll_interval", least=0, most=86400), 10.0, "it is 10"
        )
        spool_max = read(
            "spool_max", functools.partial(settings.size, "spool_max", least=1 << 16), 64 << 20, "it is 64MiB"
        )
        always_sync = read("sync", settings.sync, False, "it is needed")
        self._kinds = read("details", settings.details, (), "none are recorded")
        self._redactor = read(
            "redact", settings.redactor, redact.HidesAll(), "no details are recorded, and all messages are hidden"
        )
        self._address = client.address
        self._place = self._place_of_spools(settings)
        open_spool = functools.partial(self._place.create, self._run_id) if self._place else None
        self._resident = self._place is not None and self._place.has_resident()
        if self._resident:
            client = access.Resting(client.address)
            self._leftovers_tried = True
        backlog = Backlog(open_spool, limit=spool_max, patience=budget)
        self._urgent_kinds = journal.URGENT
        self._journal = journal.Journal(self._take, run_id=self._run_id)
        self._sender = Sender(client, timeout, budget, backlog, always_sync=always_sync)
        self._sender.tell(KnownHead.of(self._place, client.address))
        early, self._early = self._early, []
        for tell, given, at in early:
            tell(given, at)

    @property
    def _observer(self):
        """What follows jobs; made when the first one comes."""
        if self._watching is None:
            self._opened()
            from ansible_collections.jobledger.core.plugins.plugin_utils.recording import (
                details,
                jobs,
                journal,
                observer,
            )

            hides_all = type(self._redactor).__name__ == "HidesAll"
            self._watching = observer.Observer(
                self._journal,
                jobs.Jobs(self._journal, self._interval, time.monotonic),
                self._context,
                journal.utc_now,
                details.Details(() if hides_all else self._kinds, self._redactor),
            )
            self._followed = self._watching.followed
        return self._watching

    def _opened(self):
        if self._journal is None:
            self._open()

    def _tell(self, tell, given):
        """Call `tell(given, when)`; when nothing is recorded yet, once there is something else to tell."""
        if self._journal is None:
            self._early.append((tell, given, time.time()))
        else:
            tell(given, time.time())

    def _place_of_spools(self, settings):
        if self._spools is None:
            return None
        from ansible_collections.jobledger.core.plugins.plugin_utils.delivery import spool_place

        try:
            address = settings.Address(self.get_option("url"))  # known though its token, say, cannot be read
        except settings.SettingError:
            address = None
        return spool_place.Place(self._spools, address, chosen=self.get_option("spool_dir") is not None)

    def _client(self, settings):
        from ansible_collections.jobledger.core.plugins.plugin_utils.delivery import access

        try:
            return access.client(self.get_option, lambda text: self._display.warning("jobledger: %s" % text))
        except settings.SettingError as error:
            return access.Unreachable(str(error))

    def _read(self, settings, name, reader, otherwise, meanwhile):
        try:
            return reader(self.get_option(name))
        except settings.SettingError as error:
            self._wrong.append("%s; %s." % (error, meanwhile))
            return otherwise

    @property
    def untold(self):
        """Whether no hook of this recorder has been called yet."""
        return self._active and not self._early and not (self._journal and self._journal.seq)

    def set_play_context(self, play_context):
        self._play_context = play_context

    def v2_playbook_on_start(self, playbook):
        self._playbooks += 1
        self._active = not _is_replay(playbook)
        self._playbook = self._playbook or playbook
        self._began(playbook)

    @_guarded
    def _began(self, playbook):
        self._tell(self._tell_playbook, playbook)

    @_guarded
    def v2_playbook_on_play_start(self, play):
        self._catch_up()
        self._play = play
        self._tell(self._tell_play, play)

    # At the latest when the next task begins, the launches of the one before are on disk and on their way.

    @_guarded
    def v2_playbook_on_task_start(self, task, is_conditional):
        self._between_tasks()

    @_guarded
    def v2_playbook_on_handler_task_start(self, task):
        self._between_tasks()

    # Two hooks come for every task on every host. For a task that concerns no job they end here, after a look at its
    # id: a worker
    # was just forked, so that each object that is touched costs a copied page as well. So the look is written out four
    # times, and
    # only a result looks at the clock: what is due has left when the task began, or leaves with the first result.

    def v2_runner_on_start(self, host, task):
        if task._uuid != self._quiet_task or self._followed and host.name in self._followed:
            self._started(host, task)

    def v2_runner_on_ok(self, result):
        if _task_of(result)._uuid != self._quiet_task or time.monotonic() >= self._due:
            self._result(result, True)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        if _task_of(result)._uuid != self._quiet_task or time.monotonic() >= self._due:
            self._result(result, False)

    def v2_runner_item_on_ok(self, result):
        if _task_of(result)._uuid != self._quiet_task or time.monotonic() >= self._due:
            self._result(result, True, item=True)

    def v2_runner_item_on_failed(self, result):
        if _task_of(result)._uuid != self._quiet_task or time.monotonic() >= self._due:
            self._result(result, False, item=True)

    # There is no v2_runner_on_unreachable: that a host cannot be reached does not end what runs there.

    @_guarded
    def v2_runner_on_skipped(self, result):
        host, task = _parts(result)
        if task.async_val:
            self._observer.skipped(host, task)

    @_guarded
    def v2_runner_retry(self, result):
        host, task = _parts(result)
        if task.async_val:
            self._observer.retried(host, task, _data(result))
        elif _is_status_check(task):
            self._observer.checked(host, task, _data(result), False, retry=True)

    @_guarded
    def v2_runner_on_async_poll(self, result):
        host, task = _parts(result)
        self._observer.polled(host, _data(result), task)

    @_guarded
    def v2_runner_on_async_ok(self, result):
        host, task = _parts(result)
        self._observer.awaited(host, task, _data(result), True)

    @_guarded
    def v2_runner_on_async_failed(self, result):
        host, task = _parts(result)
        self._observer.awaited(host, task, _data(result), False)

    @_guarded
    def v2_playbook_on_stats(self, stats):
        self._take_notes()
        self._catch_up()
        recap = {host: stats.summarize(host) for host in stats.processed}
        self._went_well = not any(counters["failures"] or counters["unreachable"] for counters in recap.values())
        self._tell(self._tell_recap, recap)

    @_guarded
    def _started(self, host, task):
        if task.async_val:
            if self._observer.task_started(host, task):
                if task.action.endswith("start_once"):
                    self._watch_launches()
                self._sender.catch_up()  # an intent goes ahead of its job, and the next hook may be long in coming
            return
        self._followed.pop(host.name, None)
        # A result's task is a copy with its templates filled in. What is plainly no job as it is written is none on any
        # host.
        if not _is_status_check(task) and "{{" not in task.action:
            self._quiet_task = task._uuid

    @_guarded
    def _result(self, result, ok, item=False):
        host, task = _parts(result)
        if task.async_val:
            self._observer.launched(host, task, _data(result), ok, item)
        elif _is_status_check(task):
            self._observer.checked(host, task, _data(result), ok)

    @_guarded
    def _heard(self):
        self._take_notes()

    def _watch_launches(self):
        # Before the first worker is forked that may leave a note; without a spool there is no place for one.
        if self._watch is None and self._sender.backlog.path:
            from ansible_collections.jobledger.core.plugins.plugin_utils.delivery.launch_watch import LaunchWatch
            from ansible_collections.jobledger.core.plugins.plugin_utils.recording import launches

            self._watch = LaunchWatch(self._sender.backlog.path, self._journal.run_id, self._heard)
            launches.offer(self._leave_note)

    def _leave_note(self, task, host_name, result, item):
        event = self._observer.note(task, host_name, result, item)
        return event is not None and self._watch.leave(event)

    def _safely(self, hook, *args, **kwargs):
        began, before = time.monotonic(), self._sender.spent if self._sender else 0.0
        try:
            hook(self, *args, **kwargs)
        except Exception as error:
            self._note(error)
        try:
            self._deliver()  # what a hook wrote before it failed as well
        except Exception as error:
            self._note(error)
        if self._sender:
            self._sender.charge(time.monotonic() - began - (self._sender.spent - before))

    def _context(self, host, task):
        from ansible_collections.jobledger.core.plugins.plugin_utils.recording import journal, task_context

        where = {key: value for key, value in self._where.items() if value is not None}
        return task_context.TaskContext(
            where, self._play, self._play_context, host, task, journal.utc_now(), self._warn_once
        )

    def _tell_playbook(self, playbook, at):
        from ansible_collections.jobledger.core.plugins.plugin_utils.recording import run_info

        self._where = run_info.playbook_of(playbook)
        self._tell_run(at)

    def _tell_play(self, play, at):
        from ansible_collections.jobledger.core.plugins.plugin_utils.recording import names

        self._tell_run(at)
        self._where = dict(self._where, play=names.name(play.get_name()) or "unnamed")
        self._journal.write("play_started", dict(self._where, strategy=names.name(play.strategy)), at)

    def _tell_recap(self, recap, at):
        from ansible_collections.jobledger.core.plugins.plugin_utils.recording import run_info

        self._tell_run(at)
        self._journal.write("run_finished", {"stats": run_info.stats_of(recap)}, at)

    def _tell_run(self, at):
        if self._run_told:
            return
        from ansible_collections.jobledger.core.plugins.plugin_utils.recording import run_info

        self._run_told = True
        labels = dict(self._by_platform().labels, **self._labels)
        started = run_info.of_run(self._run_name(), labels, self._redactor)
        self._journal.write("run_started", dict(started, **self._where), at)

    def _run_name(self):
        return self.get_option("run_name") or self._by_platform().run_name

    def _by_platform(self):
        if self._platform is None:
            from ansible_collections.jobledger.core.plugins.plugin_utils.recording import caller, run_info

            self._platform = caller.find(os.environ, run_info.extra_vars_of(self._playbook))
        return self._platform

    def _catch_up(self):
        if self._sender:
            self._sender.catch_up()

    def _take(self, kind, line):
        # The journal's sink. The events of one hook leave together, when the hook is done.
        self._sender.add(kind, line)
        self._last_kind = kind
        self._urgent = self._urgent or kind in self._urgent_kinds
        self._quiet_since = time.monotonic()
        if self._waiting_since is None:
            self._waiting_since = self._quiet_since

    def _deliver(self):
        if self._journal is None:
            self._due = float("inf")
            return
        now = time.monotonic()
        if now - self._quiet_since >= _ALIVE_EVERY and self._run_told:
            self._journal.write("run_alive")
            self._urgent = True
        late = self._waiting_since is not None and now - self._waiting_since >= _FLUSH_AFTER
        if self._urgent or late or now >= self._sender.sync_due:
            self._sender.flush()
            self._urgent = self._sender.held_up
            self._waiting_since = time.monotonic() if self._sender.backlog.waiting else None
        self._due = self._next_delivery()

    def _next_delivery(self):
        if self._urgent:
            return 0.0
        due = min(self._quiet_since + _ALIVE_EVERY, self._sender.sync_due)
        return due if self._waiting_since is None else min(due, self._waiting_since + _FLUSH_AFTER)

    def _between_tasks(self):
        self._catch_up()
        if not self._leftovers_tried:
            self._try_leftovers()

    def _try_leftovers(self):
        # Early, because this run may be the one that resumes what a dead one started; half, because it has its own to
        # do.
        if self._journal is None and not whereabouts.any_spool(self._spools):
            self._leftovers_tried = True
            return
        self._opened()
        if self._leftovers_in(self._place) and not self._told_all():
            return
        self._leftovers_tried = True
        self._deliver_leftovers(self._sender.left(reserve=True) / 2)

    def _told_all(self):
        self._sender.catch_up(answered=True)
        return self._sender.healthy and not self._sender.backlog.waiting

    def _leftovers_in(self, place):
        from ansible_collections.jobledger.core.plugins.plugin_utils.delivery import spool_leftovers

        return place is not None and spool_leftovers.found(place.to_read(), self._sender.backlog.path)

    def _deliver_leftovers(self, seconds):
        if not self._leftovers_in(self._place):
            return
        from ansible_collections.jobledger.core.plugins.plugin_utils.delivery import spool_leftovers

        until = time.monotonic() + seconds
        # What is left of the first round is told anew by the second.
        self._leftovers = [outcome._replace(left=0) for outcome in self._leftovers] + spool_leftovers.deliver(
            self._place.to_read(), lambda backlog: self._sender.deliver(backlog, max(0.0, until - time.monotonic()))
        )

    def _note(self, error):
        self._errors += 1
        if self._first_error is None:
            # The error's text is left out: it may quote what the run keeps secret.
            trace = error.__traceback__
            while trace.tb_next is not None:
                trace = trace.tb_next
            self._first_error = "%s in %s:%d" % (
                type(error).__name__,
                os.path.basename(trace.tb_frame.f_code.co_filename),
                trace.tb_lineno,
            )

    def _warn_once(self, text):
        if not self._warned:
            self._warned = True
            self._display.warning("jobledger: %s" % text)

    def _at_exit(self):
        if os.getpid() != self._pid:
            return
        with self._turn:
            self._active = False
            if self._watch is not None:
                self._watch.stop()
            if self._early or self._journal is not None:
                self._end()

    def _end(self):
        self._try(self._opened)
        if self._sender is not None:
            steps = (self._take_notes, self._say_goodbye, self._sender.finish, self._last_leftovers, self._sender.close)
            for step in (*steps, self._sender.backlog.finish):
                self._try(step)
            self._report()

    def _try(self, step):
        try:
            step()
        except Exception as error:
            self._note(error)

    def _take_notes(self):
        if self._watch is not None:
            self._watch.take(self._observer.noted)

    def _say_goodbye(self):
        # Ctrl-C and errors that end Ansible itself come without v2_playbook_on_stats, or before a further playbook
        # began.
        if not self._run_told:
            return
        from ansible_collections.jobledger.core.plugins.plugin_utils.recording import run_info

        if self._last_kind != "run_finished":
            self._journal.write("run_interrupted", {"reason": "it ended before its recap"})
        elif self._went_well and self._playbooks < run_info.playbooks():
            self._journal.write(
                "run_interrupted",
                {"reason": "it ended before playbook %d of %d began" % (self._playbooks + 1, run_info.playbooks())},
            )

    def _last_leftovers(self):
        if self._sender.healthy and not self._sender.backlog.waiting:
            self._deliver_leftovers(self._sender.left())

    def _report(self):
        sender = self._sender
        self._display.vvv(
            "jobledger: run %s: events %d, delivered %d, seconds lost %.3f"
            % (self._journal.run_id, self._journal.seq, sender.backlog.delivered, sender.spent)
        )
        parts = [self._undelivered(), *self._wrong]
        if self._errors:
            parts.append("%d internal errors, the first: %s." % (self._errors, self._first_error))
        text = " ".join(filter(None, parts))
        if text:
            self._display.warning("jobledger: %s" % text)

    def _undelivered(self):
        if self._resident:
            if self._place.has_resident() and not self._sender.backlog.in_memory_only:
                return ""  # what is in the spool is on its way
            self._sender.reason = "the resident deliverer has gone"
        from ansible_collections.jobledger.core.plugins.plugin_utils.delivery.report import final_warning

        moved = self._place.trouble if self._place else None
        return final_warning(
            self._sender, self._journal.seq, self._address, self._leftovers, moved, first=self._pid == 1
        )


def _is_replay(playbook):
    if not str(getattr(playbook, "_file_name", "")).endswith("replay.yml"):
        return False
    from ansible_collections.jobledger.core.plugins.plugin_utils.recording import run_info

    return run_info.is_replay(playbook)


def _is_status_check(task):
    return task.action.endswith("async_status")
