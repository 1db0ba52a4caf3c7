from __future__ import annotations

import sys
from pathlib import Path

import pytest

from engine.core.errors import ResourceError
from engine.io.files import memory


def test_what_fits_is_let_through_and_what_does_not_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda: 1 << 30)
    memory.demand_volume((300, 512, 512), "It")
    with pytest.raises(ResourceError, match=r"512 × 512 × 3000 voxels need 1500 MiB; 1024 MiB are free"):
        memory.demand_volume((3000, 512, 512), "It")


def test_free_memory_is_told_in_bytes() -> None:
    assert 1 << 20 < memory.free_bytes() < 1 << 50


def test_without_psutil_the_kernel_is_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "psutil", None)
    told = tmp_path / "meminfo"
    told.write_text("MemTotal: 9000 kB\nMemAvailable:    5000 kB\n")
    monkeypatch.setattr(memory, "_MEMINFO", told)
    assert memory.free_bytes() == 5000 * 1024
    told.write_text("nothing of use")
    assert memory.free_bytes() == memory._GUESSED_BYTES
    told.unlink()
    assert memory.free_bytes() == memory._GUESSED_BYTES


def test_what_fits_leaves_room_for_the_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda: memory._SPARE_BYTES + 3 * 512 * 512 * 100)
    assert memory.slices_that_fit(512, 512) == 100
    assert memory.fits((150, 512, 512))
    assert not memory.fits((151, 512, 512))
    monkeypatch.setattr(memory, "free_bytes", lambda: 0)
    assert memory.slices_that_fit(512, 512) == 0
    assert not memory.fits((1, 1, 1))
