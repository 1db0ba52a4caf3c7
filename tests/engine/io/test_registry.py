from __future__ import annotations

import gzip
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.core.registry import Registry
from engine.io import registry
from engine.io.masks.read import read_mask
from engine.io.registry import FORMATS, WRITERS, sniff
from engine.io.source import open_volume, scan
from tests.support import dicom_corpus as corpus


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".nrrd", ".mha"])
def test_images_are_told_by_their_first_bytes(tmp_path: Path, suffix: str) -> None:
    import SimpleITK as sitk

    path = tmp_path / f"image{suffix}"
    sitk.WriteImage(sitk.GetImageFromArray(np.zeros((3, 4, 5), dtype=np.int16)), str(path))
    kind = {".nii": "nifti", ".nii.gz": "nifti", ".nrrd": "nrrd", ".mha": "mha"}[suffix]
    assert sniff(path.read_bytes()[:512]) == kind


def test_dicom_and_zip_are_told_by_their_first_bytes(tmp_path: Path) -> None:
    path = corpus.write_one(corpus.Series().slices[0], tmp_path / "x.nii.gz")
    assert sniff(path.read_bytes()[:512]) == "dicom"
    zipped = corpus.zipped(corpus.Series().write(tmp_path / "s"), tmp_path / "x.dcm")
    assert sniff(zipped.read_bytes()[:512]) == "zip"


@pytest.mark.parametrize(
    "head", [b"", b"\x1f\x8b", b"\x1f\x8b\x08\0garbage", gzip.compress(b"text", mtime=0), b"%PDF-1.4", bytes(600)]
)
def test_anything_else_is_nothing_we_know(head: bytes) -> None:
    assert sniff(head) is None


def test_what_can_be_written_can_be_opened() -> None:
    suffixes = {FORMATS.get(kind).suffix for kind in FORMATS}
    assert suffixes <= set(WRITERS)
    assert {suffix.removesuffix(".gz") for suffix in WRITERS} == suffixes


_PLAIN = """
import numpy as np
from engine.io.images.format import ImageFormat
from engine.io.images.raw import RawImage

def _size(path):
    return tuple(int(n) for n in path.read_bytes().split(b"\\n")[1].split())

def peek(path):
    return _size(path), (2.5, 0.75, 0.5)

def read_raw(path, options=None, *, cancel=None):
    data = path.read_bytes().split(b"\\n", 2)[2]
    array = np.frombuffer(data, dtype="<i2").reshape(_size(path)).copy()
    return RawImage(array, np.diag((2.5, 0.75, 0.5))[:, ::-1].copy(), np.array([1.0, 2.0, 3.0]), "plain")

FORMAT = ImageFormat(".plain", lambda head: head.startswith(b"PLAIN\\n"), peek, read_raw)
"""


def test_a_format_is_one_file_and_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As docs/contributing.md promises: nothing else needs to know."""
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "plain_format.py").write_text(_PLAIN)
    monkeypatch.syspath_prepend(str(tmp_path / "code"))
    table = {kind: FORMATS.entry(kind) for kind in FORMATS} | {"plain": "plain_format:FORMAT"}
    monkeypatch.setattr(registry.FORMATS, "_entries", Registry("image format", table)._entries)
    hu = np.random.default_rng(3).integers(-1000, 400, (4, 6, 5)).astype("<i2")
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "scan.bin").write_bytes(b"PLAIN\n4 6 5\n" + hu.tobytes())
    (folder / "lesion.bin").write_bytes(b"PLAIN\n4 6 5\n" + (hu > 0).astype("<i2").tobytes())
    (folder / "readme.txt").write_text("no image")

    found = scan(folder)
    assert [row.description for row in found.rows] == ["scan.bin", "lesion.bin"]
    volume = open_volume(found.rows[0])
    zipped = tmp_path / "data.zip"
    corpus.zipped(folder, zipped)
    mask = read_mask(folder / "lesion.bin", volume.grid)
    monkeypatch.delitem(sys.modules, "plain_format")

    np.testing.assert_array_equal(volume.hu, hu)
    np.testing.assert_array_equal(open_volume(zipped).hu, hu)
    assert volume.grid.spacing_zyx_mm == (2.5, 0.75, 0.5)
    assert volume.info.kind == "plain"
    np.testing.assert_array_equal(mask.index > 0, hu > 0)
