"""What a killed process left behind goes; what a living one uses, and what is not ours, stays."""

import os
import subprocess
import sys
import tempfile

import pytest

from engine.predict.scratch import scratch_folder


@pytest.fixture(autouse=True)
def _own_temporary_files(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_a_folder_of_a_killed_process_goes_with_what_is_in_it(tmp_path):
    code = (
        "import os, sys, tempfile; tempfile.tempdir = sys.argv[1]\n"
        "from engine.predict.scratch import scratch_folder\n"
        "(scratch_folder() / 'volume-1.i16').write_bytes(b'ct')\n"
        "os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    (left,) = tmp_path.iterdir()
    assert (left / "volume-1.i16").exists()
    folder = scratch_folder()
    assert not left.exists()
    assert list(tmp_path.iterdir()) == [folder]


def test_a_folder_in_use_stays_and_two_of_one_process_do_not_touch_each_other(tmp_path):
    folders = [scratch_folder(), scratch_folder(), scratch_folder()]
    assert sorted(tmp_path.iterdir()) == sorted(folders)


def test_what_has_no_owner_and_what_a_link_points_to_stays(tmp_path):
    (tmp_path / "groundglass-shared-new").mkdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "owner").write_text("{}")
    (tmp_path / "groundglass-shared-link").symlink_to(elsewhere)
    scratch_folder()
    assert (tmp_path / "groundglass-shared-new").is_dir()
    assert (elsewhere / "owner").exists()


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_nobody_else_can_read_it():
    assert scratch_folder().stat().st_mode & 0o077 == 0
