"""What the observer costs a playbook: wall time, and the time inside its hooks, with no callback, ours, ARA's, and
one that only appends a line.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import time

from harness.bench import CHECKOUT
from harness.network import BlackHole, Proxy
from harness.peer import Ara, Postgres, ansible
from harness.process import Unavailable, free_port
from harness.report import Section
from harness.stats import Sample, ratio

HERE = CHECKOUT / "bench" / "ansible"
OURS = "jobledger.core.recorder"


class Play:
    """One of the three plays: `hosts` hosts, and tasks that a function writes."""

    def __init__(self, bench, name: str, hosts: int, tasks: list[dict]):
        self.name = name
        self.directory = bench.path("play")
        self.directory.mkdir(parents=True)
        play = [{"name": "Bench " + name, "hosts": "all", "gather_facts": False, "tasks": tasks}]
        (self.directory / "site.yml").write_text(json.dumps(play))
        names = "\n".join("host%04d" % number for number in range(hosts))
        (self.directory / "hosts").write_text(
            "[all]\n%s\n[all:vars]\nansible_connection=instant\nansible_python_interpreter=/usr/bin/python3\n" % names
        )


def plays(bench) -> list[Play]:
    """(a) many quick tasks, (b) asynchronous tasks, (c) many hosts with one loop of asynchronous items."""
    a_hosts, a_tasks = bench.size((50, 20), (20, 10), (2, 1))
    b_hosts, b_tasks = bench.size((20, 10), (10, 5), (2, 1))
    job = {"ansible.builtin.command": "/bin/true", "async": 600, "poll": 0}
    return [
        Play(
            bench,
            "(a) %d hosts × %d quick tasks" % (a_hosts, a_tasks),
            a_hosts,
            [{"name": "Quick %d" % i, "ansible.builtin.command": "/bin/true"} for i in range(a_tasks)],
        ),
        Play(
            bench,
            "(b) %d hosts × %d async tasks" % (b_hosts, b_tasks),
            b_hosts,
            [dict(job, name="Job %d" % i) for i in range(b_tasks)],
        ),
        Play(
            bench,
            "(c) %d hosts × loop of 5" % bench.size(500, 40, 2),
            bench.size(500, 40, 2),
            [dict(job, name="Jobs", loop=[1, 2, 3, 4, 5])],
        ),
    ]


class Runner:
    """Runs plays with one callback or none."""

    def __init__(self, bench, place):
        self.bench = bench
        self.place = place
        self._ara = subprocess.run(
            [str(place / "python"), "-m", "ara.setup.callback_plugins"], stdout=subprocess.PIPE, text=True
        ).stdout.strip()

    def run(self, play: Play, callback: str, url: str = "") -> dict:
        """Run a play; return wall and CPU seconds of the run and what its hooks took. Raises Unavailable when the
        play fails.
        """
        scratch = self.bench.path("run")
        scratch.mkdir(parents=True)
        enabled = {"none": "", "floor": "line_floor", "ours": OURS, "ara": "ara_default"}[callback]
        # ARA's callback needs no enabling: where it is found, it works.
        paths = [str(HERE / "callback_plugins")] + ([self._ara] if callback == "ara" else [])
        (scratch / "ansible.cfg").write_text(
            "\n".join(
                [
                    "[defaults]",
                    "callbacks_enabled = " + enabled if enabled else "",
                    "forks = 5",
                    "callback_plugins = " + ":".join(paths),
                    "connection_plugins = %s" % (HERE / "connection_plugins"),
                    "collections_path = %s" % (CHECKOUT / "ansible_plugins"),
                    "local_tmp = %s" % (scratch / "tmp"),
                    "retry_files_enabled = false",
                    "[jobledger]",
                    "url = " + url,
                    "spool_dir = %s" % (scratch / "spool"),
                    "[ara]",
                    "api_client = http",
                    "api_server = " + url,
                    "",
                ]
            )
        )
        settings = {
            key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "JOBLEDGER_", "ARA_"))
        }
        settings.update(
            ANSIBLE_CONFIG=str(scratch / "ansible.cfg"),
            BENCH_HOOKS="recorder,ara_default,line_floor",
            BENCH_HOOKS_FILE=str(scratch / "hooks.json"),
            BENCH_FLOOR_FILE=str(scratch / "floor.txt"),
            HOME=str(scratch),
            PYTHONDONTWRITEBYTECODE="1",
        )
        before, began = os.times(), time.monotonic()
        done = subprocess.run(
            [
                str(self.place / "python"),
                str(HERE / "timed_playbook.py"),
                "-i",
                str(play.directory / "hosts"),
                str(play.directory / "site.yml"),
            ],
            env=settings,
            cwd=scratch,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=1800,
        )
        wall, after = time.monotonic() - began, os.times()
        if done.returncode:
            raise Unavailable("the play failed: %s" % done.stdout[-400:])
        cpu = after.children_user + after.children_system - before.children_user - before.children_system
        return dict(json.loads((scratch / "hooks.json").read_text()), run_wall=wall, run_cpu=cpu)


def run(bench) -> Section:
    """Measure all plays; callbacks take turns, and the order turns with every round."""
    section = Section("observer", "Observer cost")
    runner = Runner(bench, ansible(bench))
    rounds = bench.size(3, 3, 1)
    with contextlib.ExitStack() as stack:
        ours = stack.enter_context(bench.ingester("--mirror", "none"))
        bench.warm(ours.url)
        urls = {"none": "", "floor": "", "ours": ours.url}
        for name, database in (("ara", contextlib.nullcontext), ("ara on PostgreSQL", lambda: Postgres(bench))):
            try:
                urls[name] = stack.enter_context(Ara(bench, runner.place, stack.enter_context(database()))).url
            except (Unavailable, OSError) as why:
                section.notes.append("%s: not available, %s." % (name, why))
        for play in plays(bench):
            _measure(section, runner, play, urls, rounds)
        _networks(bench, section, runner, plays(bench)[1], ours)
    return section


def _measure(section: Section, runner: Runner, play: Play, urls: dict, rounds: int) -> None:
    got: dict[str, list[dict]] = {name: [] for name in urls}
    for number in range(rounds):
        order = list(urls)
        order = order[number % len(order) :] + order[: number % len(order)]
        for name in order:
            got[name].append(runner.run(play, name.split()[0], urls[name]))
            runner.bench.say(
                "  %s %s: %.2f s, hooks %.3f s" % (play.name, name, got[name][-1]["run_wall"], got[name][-1]["wall"])
            )
    plain = Sample("s", [one["run_wall"] for one in got["none"]])
    short = play.name[:3]
    hooks = {}
    for name, runs in got.items():
        wall = Sample("s", [one["run_wall"] for one in runs])
        section.row("%s, %s: run" % (play.name, name), wall, "%.3f × no callback" % ratio(wall, plain))
        if name != "none":
            hooks[name] = section.row(
                "%s, %s: in its hooks" % (play.name, name),
                Sample("s", [one["wall"] for one in runs]),
                "CPU %.3f s" % Sample("s", [one["cpu"] for one in runs]).median,
            )
    ours = got["ours"]
    section.bar(
        "%s run, ours" % short, 1.02, ratio(Sample("s", [one["run_wall"] for one in ours]), plain), "× no callback"
    )
    section.bar(
        "%s hooks, ours" % short, 0.1, ratio(hooks["ours"], hooks["ara"]) if "ara" in hooks else None, "× ARA's"
    )
    events = [one for one in ours if one["events"]]
    if short != "(a)":
        for kind in ("wall", "cpu"):
            value = Sample("ms", [1000 * one["forwarding_" + kind] / one["events"] for one in events]).median
            section.bar("%s %s of a forwarded event" % (short, kind), 1, value, "ms")
    if ours[0]["quiet_results"] and short == "(a)":
        for kind in ("wall", "cpu"):
            value = Sample("ms", [1000 * one["quiet_" + kind] / one["quiet_results"] for one in ours]).median
            section.bar("%s %s of a result that is not forwarded" % (short, kind), 0.02, value, "ms")


def _networks(bench, section: Section, runner: Runner, play: Play, ours) -> None:
    rounds = bench.size(3, 2, 1)
    port = int(ours.url.rpartition(":")[2])
    with Proxy(port, 0.1) as far, BlackHole() as hole:
        cases = {"absent": free_port(), "black-holed": hole.port, "100 ms away": far.port}
        plain = Sample("s")
        took = {name: (Sample("s"), Sample("s")) for name in cases}
        for _ in range(rounds):
            plain.add(runner.run(play, "none")["run_wall"])
            for name, number in cases.items():
                one = runner.run(play, "ours", "http://127.0.0.1:%d" % number)
                took[name][0].add(one["run_wall"])
                took[name][1].add(one["wall"])
    for name, (wall, hooks) in took.items():
        section.row("%s, ingester %s: run" % (play.name, name), wall, "%.3f × no callback" % ratio(wall, plain))
        section.row("%s, ingester %s: in its hooks" % (play.name, name), hooks)
        if name != "100 ms away":
            section.bar(
                "hooks of a run, ingester %s" % name,
                2.1,
                hooks.median,
                "s",
                note="the budget of a run is 2 s; the rest is for hooks that send nothing",
            )
