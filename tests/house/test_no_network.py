"""Nothing leaves the machine: not a connection, not the look-up of a name, in any process of the program."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.house.tree import ROOT

# Read by Python itself at the start of every process below the one we start.
WATCH = """
import os, sys

def _watch(event, arguments):
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        told = f"{event} {arguments[0]}"
    elif event in ("socket.connect", "socket.sendto", "socket.bind") and isinstance(arguments[1], tuple):
        told = f"{event} {arguments[1]}"
    else:
        return
    with open(os.environ["NETWORK_LOG"], "a") as log:
        log.write(told + "\\n")

sys.addaudithook(_watch)
with open(os.environ["NETWORK_LOG"] + ".started", "a") as log:
    log.write("x")
"""


class Watched:
    """Runs Python with every use of the network written down."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "network.log"
        (folder / "watch").mkdir()
        (folder / "watch" / "sitecustomize.py").write_text(WATCH)
        # Some libraries keep quiet on a build server only.
        quiet = {"CI", "GITHUB_ACTIONS", "DO_NOT_TRACK", "BUILD_ID"}
        self.variables = {name: value for name, value in os.environ.items() if name not in quiet}
        self.variables |= {
            "PYTHONPATH": os.pathsep.join((str(folder / "watch"), str(ROOT))),
            "NETWORK_LOG": str(self.log),
            "GROUNDGLASS_HOME": str(folder / "home"),
            "HOME": str(folder / "user"),
            "QT_QPA_PLATFORM": "offscreen",
        }
        (folder / "user").mkdir()

    def run(self, *words: str) -> list[str]:
        """Run ``python WORDS`` to a good end and return what it asked of the network."""
        out = subprocess.run(
            [sys.executable, *words], cwd=ROOT, env=self.variables, capture_output=True, text=True, check=False
        )
        assert out.returncode == 0, out.stderr[-2000:]
        assert self.log.with_name("network.log.started").exists(), "the watch did not start"
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A small chest of three ellipsoids as NIfTI: enough for every step to run."""
    import nibabel as nib

    z, y, x = np.mgrid[-1:1:36j, -1:1:80j, -1:1:96j]
    hu = np.full(z.shape, -1000, np.int16)
    hu[(y / 0.8) ** 2 + (x / 0.9) ** 2 < 1] = 40
    for side in (-0.42, 0.42):
        hu[(z / 0.9) ** 2 + (y / 0.55) ** 2 + ((x - side) / 0.32) ** 2 < 1] = -850
    hu[((z - 0.1) / 0.3) ** 2 + (y / 0.2) ** 2 + ((x - 0.45) / 0.12) ** 2 < 1] = -550
    path = tmp_path / "chest.nii.gz"
    nib.save(nib.Nifti1Image(hu.transpose(2, 1, 0), np.diag([-3.4, -3.4, 6.0, 1.0])), path)
    return path


def test_a_look_up_would_be_seen(watched: Watched) -> None:
    seen = watched.run("-c", "import socket; socket.getaddrinfo('localhost', 80)")
    assert seen == ["socket.getaddrinfo localhost"]


def test_a_look_up_in_a_child_process_would_be_seen(watched: Watched) -> None:
    child = "import socket; socket.getaddrinfo('localhost', 1)"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    assert watched.run("-c", code) == ["socket.getaddrinfo localhost"]


def test_doctor_asks_nobody(watched: Watched) -> None:
    code = "import sys; from app.entry import main; sys.exit(0 if main(['doctor']) in (0, 3) else 1)"
    assert watched.run("-c", code) == []


@pytest.mark.slow
def test_segmenting_and_looking_leave_the_network_alone(watched: Watched, study: Path, tmp_path: Path) -> None:
    mask, picture = tmp_path / "mask.nii.gz", tmp_path / "window.png"
    assert watched.run("-m", "app.entry", "segment", str(study), "-o", str(mask)) == []
    assert mask.exists()
    shown = watched.run("-m", "app.entry", "open", str(study), "--mask", str(mask), "--screenshot", str(picture))
    assert shown == []
    assert picture.exists()


def test_nothing_is_written_into_the_users_own_folder_by_doctor(watched: Watched, tmp_path: Path) -> None:
    code = "import sys; from app.entry import main; main(['doctor']); sys.exit(0)"
    watched.run("-c", code)
    assert list((tmp_path / "user").iterdir()) == []
