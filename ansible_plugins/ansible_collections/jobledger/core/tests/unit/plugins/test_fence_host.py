"""Where a fence may be: what is not known to be safe is refused, with the reason and the way out."""

from __future__ import annotations

import os
import stat

import pytest
from ansible_collections.jobledger.core.plugins.module_utils import fence_host, fence_layout
from tools.fence_site import FenceSite
from tools.program import until

ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become another user")
OTHER = 65534  # nobody


def as_other(work) -> str:
    """Run a function as another user, in a process of its own, and return what it returned or refused."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.setgroups([])
            os.setgid(OTHER)
            os.setuid(OTHER)
            try:
                said = str(work())
            except fence_host.Refused as refused:
                said = "refused: %s" % refused
            except BaseException as error:
                said = "broken: %r" % error
            os.write(writing, said.encode())
        finally:
            os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    return FenceSite.read(reading)  # a guardian that it left behind has the pipe, too


@pytest.fixture
def place(tmp_path):
    for folder in (tmp_path, *tmp_path.parents):
        if folder.owner() == "root" and str(folder) != "/" and "pytest" in str(folder):
            folder.chmod(0o755)
    return tmp_path


def test_it_is_made_for_its_owner_alone_and_belongs_to_its_machine(place):
    path = str(place / "lib" / "fence")
    assert fence_host.ready(path, "m1", make=False) is None and not os.path.exists(path)
    assert fence_host.ready(path, "m1") == path
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o755 and stat.S_IMODE(os.stat(path + "/keys").st_mode) == 0o700
    assert fence_host.ready(path, "m1") == path
    with pytest.raises(fence_host.Refused, match="was made on another machine"):
        fence_host.ready(path, "m2")


@pytest.mark.parametrize(
    "kind, said",
    [
        ("nfs4", "other machines may share"),
        ("fuse.sshfs", "other machines may share"),
        ("9p", "other machines may share"),
        ("tmpfs", "gone after a boot"),
        ("overlay", "gone after a boot"),
        (None, "cannot be told on what file system"),
    ],
)
def test_file_systems_that_do_not_hold_a_fence_are_refused_by_name(place, monkeypatch, kind, said):
    monkeypatch.setattr(fence_host, "file_system", lambda _path: kind)
    with pytest.raises(fence_host.Refused, match=said):
        fence_host.ready(str(place), "m1")
    if kind in ("tmpfs", "overlay"):
        assert fence_host.ready(str(place), "m1", volatile=True) == str(place)


def test_the_file_system_is_told_by_the_longest_mount(place):
    mounts = place / "mountinfo"
    device = os.stat(place).st_dev
    mounts.write_text(
        "1 0 0:1 / / rw - overlay overlay rw\n"
        "2 1 %d:%d / %s rw shared:1 - xfs /dev/sda rw\n"
        "3 1 0:9 / /proc rw - proc proc rw\n" % (os.major(device), os.minor(device), str(place).replace(" ", "\\040"))
    )
    assert fence_host.file_system(str(place), str(mounts)) == "xfs"
    assert fence_host.file_system(str(place), "/no/such/file") is None


def test_a_machine_without_a_name_is_refused(place):
    assert fence_host.machine_id("given", ()) == "given"
    (place / "id").write_text("abc\n")
    assert fence_host.machine_id(None, (str(place / "none"), str(place / "id"))) == "abc"
    with pytest.raises(fence_host.Refused, match="jobledger_fence_machine"):
        fence_host.machine_id(None, (str(place / "none"),))


@ROOT
def test_modes_and_owners_that_would_let_others_change_a_fence_are_refused(place):
    path = place / "fence"
    path.mkdir()
    path.chmod(0o777)
    with pytest.raises(fence_host.Refused, match="use mode 1777"):
        fence_host.ready(str(path), "m1")
    path.chmod(0o755)
    os.chown(path, OTHER, OTHER)
    with pytest.raises(fence_host.Refused, match="belongs to user"):
        fence_host.ready(str(path), "m1")


@ROOT
def test_another_user_is_told_how_to_be_let_in(place):
    said = as_other(lambda: fence_host.ready(str(place / "none" / "fence"), "m1"))
    assert said.startswith("refused: the fence directory") and "ansible -b -m ansible.builtin.file" in said
    fence_host.ready(str(place / "fence"), "m1")
    assert "is not open to user nobody" in as_other(lambda: fence_host.ready(str(place / "fence"), "m1"))


@ROOT
@pytest.mark.parametrize("mode", [0o1777, 0o2770])
def test_root_and_another_user_share_what_was_opened_to_them(place, mode):
    path = place / "fence"
    path.mkdir()
    os.chown(path, 0, OTHER)
    path.chmod(mode)
    assert as_other(lambda: fence_host.ready(str(path), "m1")) == str(path)
    assert fence_host.ready(str(path), "m1") == str(path)
    assert stat.S_IMODE(os.stat(path / "keys").st_mode) & 0o1000


@ROOT
@pytest.mark.parametrize("root_first", [True, False])
def test_a_job_of_root_is_attached_by_another_user_and_the_other_way_round(place, root_first):
    path = place / "fence"
    path.mkdir()
    path.chmod(0o1777)
    (place / "async").mkdir()
    (place / "async").chmod(0o777)
    place.chmod(0o777)
    fence_host.ready(str(path), "m1")
    site = FenceSite(place)
    site.starts.touch()
    site.starts.chmod(0o666)
    # Python's own folder may be closed to the other user; sh is not.
    command = [
        "/bin/sh",
        "-c",
        """echo "start $JOBLEDGER_JOB" >> %s; while ! test -e %s; do sleep 0.1; done; echo '{"rc": 0, "stdout":
        "done"}'
        """
        % (site.starts, site.gate),
    ]

    def other(name, generation="1"):
        return as_other(lambda: site._answer(name, site.order(generation), command))

    def root(name, generation="1"):
        return site.start(name, order=site.order(generation), command=command)

    first, second = (root, other) if root_first else (other, root)
    try:
        assert first("j1.1") == "started"
        assert second("j2.1") == "attached"
        site.open()
        until(lambda: site.fence.latest().state() == fence_layout.ENDED)
        assert site.seen("j2.1")["stdout"] == "done" and second("j3.1") == "already_succeeded"
        assert second("j4.1") == "already_succeeded" and len(site.started()) == 1
        assert second("j5.1", "2") == "started"
        until(lambda: site.fence.latest().state() == fence_layout.ENDED)
        assert first("j6.1", "2") == "already_succeeded"
    finally:
        site.open()
        site.kill_all()
