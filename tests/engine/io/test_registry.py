from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from engine.io.registry import PEEKS, READERS, sniff
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


def test_both_tables_name_the_same_kinds() -> None:
    assert list(READERS) == list(PEEKS)
    for kind in READERS:
        assert callable(READERS.get(kind))
        assert callable(PEEKS.get(kind))
