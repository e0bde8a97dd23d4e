"""Fills ARA's database with results, by ARA's own models in bulk, and prints the paths that ask for them, one a line.

    python ara_fill.py RESULTS PATHS

Runs with the interpreter and the settings of ARA's API server, before that is started. The history is of the kind that
`Bench generate` makes: runs of 40 results (two tasks on 20 hosts) spread over 90 days, eight teams of 625 hosts; the
same number gives the same history.
"""

import datetime
import json
import random
import sys
import urllib.parse
import uuid
import zlib

import django

TEAMS = ["db", "web", "storage", "payments", "search", "platform", "edge", "mail"]
STEPS = [
    "Dump schema",
    "Migrate schema",
    "Rebuild index",
    "Install packages",
    "Run smoke tests",
    "Copy archive",
    "Vacuum",
    "Warm the cache",
]
END = datetime.datetime(2026, 11, 20, tzinfo=datetime.timezone.utc)
HOSTS = 20
PATHS = 10_000


def packed(value) -> bytes:
    """A value as ARA keeps it."""
    return zlib.compress(json.dumps(value).encode())


def fill(results: int) -> list:
    """Add whole runs of 40 results until there are as many; return (host, task) of each, in the order of their
    starts.
    """
    from ara.api import models

    dice = random.Random(1)
    runs = max(1, (results + 39) // 40)
    content = models.FileContent.objects.create(sha1="0" * 40, contents=packed("- hosts: all\n"))
    asked, rows = [], []
    for number in range(runs):
        at = END - datetime.timedelta(days=90) * (1 - number / runs)
        team, step, first = dice.choice(TEAMS), dice.choice(STEPS), dice.randrange(625)
        state = {
            "started": at,
            "ended": at + datetime.timedelta(hours=1),
            "duration": datetime.timedelta(hours=1),
            "status": "completed",
        }
        playbook = models.Playbook.objects.create(
            ansible_version="2.19.14", path="/srv/%s/site.yml" % team, arguments=packed({}), user="deploy", **state
        )
        file = models.File.objects.create(path=playbook.path, content=content, playbook=playbook)
        play = models.Play.objects.create(
            name="Upgrade %s servers" % team, uuid=uuid.UUID(int=number), playbook=playbook, **state
        )
        tasks = models.Task.objects.bulk_create(
            models.Task(
                name=name,
                action="command",
                lineno=1,
                tags=packed([]),
                handler=False,
                play=play,
                file=file,
                playbook=playbook,
                **state,
            )
            for name in (step, step + " (check)")
        )
        hosts = models.Host.objects.bulk_create(
            models.Host(
                name="%s%04d.dc%d.example.com" % (team, (first + i) % 625, 1 + (first + i) % 3),
                facts=packed({}),
                playbook=playbook,
            )
            for i in range(HOSTS)
        )
        for host in hosts:
            for task in tasks:
                job = "j%d.%d" % (dice.randrange(10**11, 10**12), dice.randrange(300, 99999))
                rows.append(
                    models.Result(
                        content=packed(
                            {
                                "ansible_job_id": job,
                                "changed": True,
                                "started": 1,
                                "finished": 0,
                                "results_file": "/home/deploy/.ansible_async/" + job,
                            }
                        ),
                        changed=True,
                        host=host,
                        task=task,
                        play=play,
                        playbook=playbook,
                        **dict(state, status="ok"),
                    )
                )
                asked.append((host.name, task.name))
    models.Result.objects.bulk_create(rows, batch_size=500)
    return asked


def main() -> None:
    """See the top of this file."""
    django.setup()
    from django.db import transaction

    with transaction.atomic():
        asked = fill(int(sys.argv[1]))
    with open(sys.argv[2], "w", encoding="utf-8") as paths:
        for host, task in random.Random(2).choices(asked, k=PATHS):
            paths.write(
                "/api/v1/results?%s\n"
                % urllib.parse.urlencode({"host_name": host, "task_name": task, "order": "-started", "limit": 1})
            )


if __name__ == "__main__":
    main()
