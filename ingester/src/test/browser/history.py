"""A history that looks like a site's: runs, plays and jobs in every state, and names that try to break out of a
page.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
import uuid
from datetime import datetime, timedelta, timezone

# Markup, a direction override, characters without width, quotes, a path, an end of an attribute, and length.
HOSTILE = (
    "<script>document.title='owned'</script> \u202egnp.exe\u202c zero\u200bwidth \"'`{{ 7*7 }} ../../etc & \n line"
    + " long" * 60
)
HOSTILE_HOST = "web<b>01</b>\u200f"


class Run:
    """Events of one run, numbered in their order; `send` posts them."""

    def __init__(self, url: str, now: datetime, name: str, playbook: str, hours: float, **more) -> None:
        self.url, self.now, self.events = url, now, []
        self.id = str(uuid.uuid5(uuid.NAMESPACE_URL, name + playbook))
        self.playbook = playbook
        self.add(
            "run_started",
            hours,
            kind="playbook",
            run_name=name,
            playbook=playbook,
            playbook_path="/srv/ansible/" + playbook,
            user="deploy",
            controller="ci-7",
            pid=4711,
            ansible_version="2.19.4",
            argv=["ansible-playbook", "-l", "prod", "-e", "***", playbook],
            **more,
        )

    def add(self, type: str, hours: float, **fields) -> None:
        """Add an event that happened `hours` ago."""
        at = (self.now - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        self.events.append({"type": type, "run_id": self.id, "seq": len(self.events) + 1, "at": at, **fields})

    def play(self, play: str, hours: float) -> None:
        self.add("play_started", hours, play=play, playbook=self.playbook)

    def job(
        self,
        host: str,
        play: str,
        job: str,
        hours: float,
        limit: int = 14400,
        end: str | None = None,
        took: float = 0.1,
        **more,
    ) -> str:
        """Add a job that started `hours` ago and, with `end`, ended `took` hours later. Returns its Ansible id."""
        job_id = "j%012d.%d" % (
            uuid.uuid5(uuid.NAMESPACE_URL, "%s %s %s %s" % (host, play, job, hours)).int % 10**12,
            len(self.events),
        )
        extra = {key: more.pop(key) for key in ("rc", "message", "details") if key in more}
        self.add(
            "job_started",
            hours,
            host=host,
            play=play,
            job=job,
            task=job,
            ansible_job_id=job_id,
            action="ansible.builtin.command",
            playbook=self.playbook,
            playbook_path="/srv/ansible/" + self.playbook,
            results_file="/home/deploy/.ansible_async/" + job_id,
            poll=0,
            remote_user="deploy",
            **{"async": limit},
            **more,
        )
        if end:
            self.add(
                "job_ended",
                hours - took,
                host=host,
                ansible_job_id=job_id,
                status=end,
                **extra,
                **({"execution_host": more["execution_host"]} if "execution_host" in more else {}),
            )
        return job_id

    def polled(self, host: str, job_id: str, hours: float) -> None:
        self.add("job_polled", hours, host=host, ansible_job_id=job_id)

    def finish(self, hours: float, *hosts: str) -> None:
        self.add(
            "run_finished",
            hours,
            stats={
                host: {"ok": 7, "changed": 3, "failures": 0, "unreachable": 0, "skipped": 2, "rescued": 0, "ignored": 0}
                for host in hosts
            },
        )

    def send(self, skip: tuple = ()) -> Run:
        """Post the events, all but those of these numbers."""
        post(self.url, [event for event in self.events if event["seq"] not in skip])
        return self


def post(url: str, events: list[dict]) -> None:
    """Store events; fails unless all are taken."""
    request = urllib.request.Request(
        url + "/api/v1/events", json.dumps(events).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 200


def shown(url: str, run: Run) -> Run:
    """Wait until the run is in the records, which are worked out behind the acknowledgement, and return it."""
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(url + "/api/v1/runs/" + run.id, timeout=30):
                return run
        except urllib.error.HTTPError as refused:
            if refused.code != 404 or time.monotonic() > deadline:
                raise
        time.sleep(0.1)  # between two looks


def write(url: str, hostile_too: bool = True) -> dict:
    """Write the history, with the names that try to break out or without them; returns the runs by a short name."""
    now = datetime.now(timezone.utc)
    night = Run(url, now, "nightly-2214", "site.yml", 9, labels={"team": "db", "ticket": "CHG-4711"})
    night.play("Back up everything", 9)
    for number, host in enumerate(["db1", "db2", "db3", "web01", "web02", "web03"]):
        night.job(
            host,
            "Back up everything",
            "Back up (orders)",
            8.9 - number * 0.1,
            end="succeeded",
            took=0.7 + 0.2 * number,
            rc=0,
        )
        night.job(
            host,
            "Back up everything",
            "Back up (customers)",
            8.8 - number * 0.1,
            end="succeeded",
            took=0.4 + 0.1 * number,
            rc=0,
        )
    night.job(
        "cache1",
        "Back up everything",
        "Rotate logs",
        7.5,
        end="failed",
        took=0.05,
        rc=1,
        message="gzip: /var/log/cache.log: No space left on device",
        details={
            "cmd": "logrotate --verbose --force /etc/logrotate.conf",
            "stdout": "\n".join("rotating /var/log/app/%03d.log" % number for number in range(1, 120))
            + "\n\x1b[1;31mrotating /var/log/cache.log\x1b[0m",
            "stderr": "\x1b[31merror:\x1b[0m gzip: /var/log/cache.log: No space left on device\n",
        },
    )
    for night_before in range(1, 9):
        earlier = Run(url, now, "nightly-%d" % (2214 - night_before), "site.yml", 9 + 24 * night_before)
        earlier.job(
            "db1",
            "Back up everything",
            "Back up (orders)",
            8.9 + 24 * night_before,
            end="succeeded",
            took=0.2 + 0.01 * night_before,
            rc=0,
        )
        earlier.finish(8 + 24 * night_before, "db1")
        earlier.send()
    night.finish(6, "db1", "db2", "db3", "web01", "web02", "web03", "cache1")

    upgrade = Run(url, now, "CHG-4711", "upgrade.yml", 3, labels={"team": "db"})
    upgrade.play("Upgrade databases", 3)
    running = upgrade.job("db1", "Upgrade databases", "Migrate schema", 1.4)
    for step in range(4):
        upgrade.polled("db1", running, 1.3 - step * 0.3)
    upgrade.job("db2", "Upgrade databases", "Migrate schema", 2.9, limit=3600)
    upgrade.job(
        "db3",
        "Upgrade databases",
        "Migrate schema",
        2.8,
        end="failed",
        took=1.1,
        rc=2,
        message='duplicate key value violates unique constraint "customers_pkey"',
    )
    upgrade.job(
        "db1",
        "Upgrade databases",
        "Rebuild index",
        2.6,
        end="timed_out",
        took=1.0,
        message="async task did not complete within the requested time - 3600s",
    )
    upgrade.job(
        "vip", "Upgrade databases", "Drain connections", 2.5, end="succeeded", took=0.3, rc=0, execution_host="lb1"
    )
    upgrade.add(
        "job_intended",
        1.2,
        host="db3",
        play="Upgrade databases",
        job="Rotate secrets",
        task="Rotate secrets",
        no_log=True,
    )

    lost = Run(url, now, "hotfix-17", "hotfix.yml", 5)
    lost.play("Hotfix", 5)
    lost.job("web02", "Hotfix", "Compile assets", 4.9, end="lost", took=1.5, message="could not find job")
    lost.add(
        "job_unresumable",
        4.7,
        host="web03",
        play="Hotfix",
        job="Rotate keys",
        task="Rotate keys",
        no_log=True,
        reason="no_log hides the id of a job that is not polled",
        **{"async": 600, "poll": 0},
    )
    lost.add("run_alive", 4.5)
    lost.job("web03", "Hotfix", "Warm up caches", 4.4, end="succeeded", took=0.2, rc=0)
    lost.finish(4, "web02", "web03")

    runs = {"night": night.send(), "upgrade": upgrade.send(), "lost": shown(url, lost.send(skip=(6,)))}
    if not hostile_too:
        return runs
    hostile = Run(url, now, HOSTILE, "..", 2)
    hostile.play(HOSTILE, 2)
    hostile.job(HOSTILE_HOST, HOSTILE, HOSTILE, 1.9, end="failed", took=0.5, rc=1, message=HOSTILE)
    hostile.job("..", "..", "a/b c", 1.8, end="succeeded", took=0.6, rc=0)
    hostile.finish(1, "..", HOSTILE_HOST)
    return runs | {"hostile": shown(url, hostile.send())}
