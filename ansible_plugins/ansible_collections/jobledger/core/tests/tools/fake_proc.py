"""A directory that looks like /proc, with the processes that a test puts there."""

from __future__ import annotations

from pathlib import Path

WRAPPER = ["/usr/bin/python3", "/home/deploy/.ansible/tmp/ansible-tmp-1.2-3-4/AnsiballZ_async_wrapper.py"]
BOOTED = 1_700_000_000


class FakeProc:
    """Processes below `root`. A tick is 1/100 s, as nearly everywhere."""

    def __init__(self, root: Path, booted: int = BOOTED, boot_id: str = "b-1") -> None:
        self.root = root
        (root / "sys/kernel/random").mkdir(parents=True, exist_ok=True)
        self.boot(booted, boot_id)
        self.add(1, ["/sbin/init"], parent=0, began=1)

    def boot(self, at: int, boot_id: str) -> None:
        """The host was booted then, under this id."""
        (self.root / "stat").write_text("cpu 1 2 3\nbtime %d\nprocesses 5\n" % at)
        (self.root / "sys/kernel/random/boot_id").write_text(boot_id + "\n")

    def add(
        self,
        pid: int,
        arguments: list[str],
        parent: int = 1,
        group: int | None = None,
        session: int | None = None,
        began: int = 1000,
        state: str = "S",
        ticks: int = 100,
        pages: int = 10,
        name: str = "a (b) c",
    ) -> None:
        """Put a process there."""
        place = self.root / str(pid)
        place.mkdir(exist_ok=True)
        fields = [
            state,
            parent,
            group or pid,
            session or pid,
            0,
            -1,
            0,
            0,
            0,
            0,
            0,
            ticks,
            0,
            0,
            0,
            20,
            0,
            1,
            0,
            began,
            4096,
            pages,
            0,
        ]
        (place / "stat").write_text("%d (%s) %s\n" % (pid, name, " ".join(map(str, fields))))
        (place / "cmdline").write_bytes("".join(word + "\0" for word in arguments).encode())

    def remove(self, *pids: int) -> None:
        """They have ended."""
        for pid in pids:
            for file in (self.root / str(pid)).iterdir():
                file.unlink()
            (self.root / str(pid)).rmdir()

    def job(
        self,
        number: str,
        watcher: int = 100,
        module: str = "command",
        program: list[str] | None = None,
        began: int = 5000,
    ) -> list[int]:
        """Put an async job there as Ansible starts it, and return its pids: watcher, runner, module, and the program
        where one is given.
        """
        words = [
            *WRAPPER,
            number,
            "3600",
            "/home/deploy/.ansible/tmp/ansible-tmp-1.2-3-4/AnsiballZ_%s.py" % module,
            "_",
        ]
        session = watcher - 1  # whoever called setsid has ended
        self.add(watcher, words, group=session, session=session, began=began)
        self.add(watcher + 1, words, parent=watcher, session=session, began=began)
        self.add(
            watcher + 2, [WRAPPER[0], words[4]], parent=watcher + 1, group=watcher + 1, session=session, began=began + 5
        )
        if program:
            self.add(watcher + 3, program, parent=watcher + 2, group=watcher + 1, session=session, began=began + 9)
        return list(range(watcher, watcher + (4 if program else 3)))
