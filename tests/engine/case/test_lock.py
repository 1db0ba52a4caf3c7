"""One window at a time; a killed one does not keep the case for ever."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from engine.case.lock import CaseLock, process_started
from engine.core.errors import InputError


@pytest.fixture
def path(tmp_path):
    return tmp_path / "cases" / "ab12.lock"


def test_a_living_process_keeps_it(path):
    lock = CaseLock(path)
    assert not lock.held
    lock.acquire()
    assert lock.held
    with pytest.raises(InputError, match="already open in another window") as caught:
        CaseLock(path).acquire()
    assert str(os.getpid()) in caught.value.why
    assert caught.value.fix
    lock.release()
    CaseLock(path).acquire()
    assert [p.name for p in path.parent.iterdir()] == ["ab12.lock"]


def test_nobody_but_the_user_can_read_it(path):
    CaseLock(path).acquire()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_the_lock_of_a_killed_process_is_taken_over(path):
    code = (
        "import sys; from pathlib import Path; from engine.case.lock import CaseLock;"
        "CaseLock(Path(sys.argv[1])).acquire(); print('mine', flush=True); sys.stdin.read()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout.readline() == "mine\n"
    with pytest.raises(InputError):
        CaseLock(path).acquire()
    child.kill()
    child.communicate()
    mine = CaseLock(path)
    mine.acquire()
    assert json.loads(path.read_text())["pid"] == os.getpid()
    assert [p.name for p in path.parent.iterdir()] == ["ab12.lock"]


@pytest.mark.skipif(os.name != "posix", reason="only there does a dead process stay listed until it is asked after")
def test_a_dead_process_that_nobody_asked_after_does_not_keep_it(path):
    code = (
        "import sys; from pathlib import Path; from engine.case.lock import CaseLock;"
        "CaseLock(Path(sys.argv[1])).acquire()"
    )
    child = subprocess.Popen([sys.executable, "-c", code, str(path)])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    try:
        assert not CaseLock(path).held
    finally:
        child.wait()


def test_a_new_process_with_an_old_number_does_not_keep_it(path):
    starts = {os.getpid(): 1000.0}
    CaseLock(path, started=starts.get).acquire()
    starts[os.getpid()] = 9000.0
    assert not CaseLock(path, started=starts.get).held
    CaseLock(path, started=starts.get).acquire()


def test_a_process_that_may_not_be_asked_counts_as_alive(path):
    CaseLock(path, started=lambda _: 1000.0).acquire()
    assert CaseLock(path, started=lambda _: 0.0).held


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"pid": "x"}', '{"started": 2}'])
def test_a_torn_lock_is_taken_over(path, text):
    path.parent.mkdir()
    path.write_text(text)
    lock = CaseLock(path)
    assert not lock.held
    lock.acquire()
    assert lock.held


def test_a_lock_of_another_machine_is_left_alone(path):
    path.parent.mkdir()
    path.write_text(json.dumps({"pid": 1, "started": 1.0, "host": "elsewhere"}))
    with pytest.raises(InputError, match="another machine") as caught:
        CaseLock(path).acquire()
    assert str(path) in caught.value.fix


def test_releasing_leaves_the_lock_of_somebody_else(path):
    first = CaseLock(path)
    first.acquire()
    path.write_text(json.dumps({"pid": os.getpid(), "started": None, "host": "x"}))
    first.release()
    assert path.exists()
    CaseLock(path).release()
    assert path.exists()


def test_it_works_on_a_disk_without_links(path, monkeypatch):
    def no_links(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    lock = CaseLock(path)
    lock.acquire()
    with pytest.raises(InputError):
        CaseLock(path).acquire()
    lock.release()
    assert [p.name for p in path.parent.iterdir()] == []


def test_a_fresh_lock_of_a_faster_window_is_put_back(path):
    """Two windows find the same stale lock; the other has already replaced it when this one moves it away."""
    path.parent.mkdir()
    stale = json.dumps({"pid": 1, "started": 5.0, "host": "?"})
    fresh = None
    asked = []

    def started(pid):
        asked.append(pid)
        if asked == [os.getpid(), 999_999]:  # between the look at the stale lock and its removal
            path.write_text(fresh)
            return None
        return None if pid == 999_999 else 7.0

    lock = CaseLock(path, started=started)
    probe = CaseLock(path.with_name("probe"), started=lambda _: 7.0)
    probe.acquire()
    host = json.loads(path.with_name("probe").read_text())["host"]
    stale = json.dumps({"pid": 999_999, "started": 5.0, "host": host})
    fresh = json.dumps({"pid": 12345, "started": 7.0, "host": host})
    path.write_text(stale)
    with pytest.raises(InputError, match="12345"):
        lock.acquire()
    assert path.read_text() == fresh


def test_a_process_that_is_gone_has_no_start():
    assert process_started(os.getpid()) > 1e9
    assert process_started(2**22 + 12345) is None


def test_a_process_of_somebody_else_counts_as_alive(monkeypatch):
    import psutil

    def denied(pid):
        raise psutil.AccessDenied(pid)

    monkeypatch.setattr(psutil, "Process", denied)
    assert process_started(1) == 0.0


def test_a_stale_lock_that_is_gone_by_now_is_no_trouble(path):
    """Two windows find the same stale lock; the other has taken it away and was closed again."""
    path.parent.mkdir()
    host = json.loads(_own_text(path))["host"]
    path.write_text(json.dumps({"pid": 999_999, "started": 5.0, "host": host}))

    def started(pid):
        if pid == 999_999:
            path.unlink()
            return None
        return 7.0

    lock = CaseLock(path, started=started)
    lock.acquire()
    assert json.loads(path.read_text())["pid"] == os.getpid()


def _own_text(path) -> str:
    probe = CaseLock(path.with_name("probe"))
    probe.acquire()
    text = path.with_name("probe").read_text()
    probe.release()
    return text
