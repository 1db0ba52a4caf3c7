"""The identities of the images a segmentation points at."""

from __future__ import annotations

from pathlib import Path

import pydicom
import pytest

from engine.core.errors import DicomError, InputError
from engine.io.dicom.references import references_of
from engine.io.source import open_volume
from tests.support import dicom_corpus as corpus
from tests.support.image_files import ct, nifti


def test_study_series_and_every_image_are_found(tmp_path: Path) -> None:
    corpus.Series(corpus.phantom((4, 20, 26))).write(tmp_path / "s" / "other")
    folder = corpus.Series().write(tmp_path / "s" / "mine")
    volume = open_volume(folder)
    told = [pydicom.dcmread(path) for path in folder.iterdir()]
    found = references_of(tmp_path / "s", volume.info.uid_hash)
    assert (found.study, found.series) == (told[0].StudyInstanceUID, told[0].SeriesInstanceUID)
    assert found.frame_of_reference == told[0].get("FrameOfReferenceUID", "")
    assert {image.sop_instance for image in found.images} == {ds.SOPInstanceUID for ds in told}
    assert {image.frame for image in found.images} == {0}


def test_frames_of_one_file_are_numbered(tmp_path: Path) -> None:
    corpus.ODDITIES["enhanced"](tmp_path / "s")
    found = references_of(tmp_path / "s", open_volume(tmp_path / "s").info.uid_hash)
    assert sorted(image.frame for image in found.images) == list(range(1, len(found.images) + 1))
    assert len({image.sop_instance for image in found.images}) == 1


def test_another_series_and_other_formats_are_refused(tmp_path: Path) -> None:
    folder = corpus.Series().write(tmp_path / "s")
    with pytest.raises(InputError, match="not in"):
        references_of(folder, "0123456789abcdef")
    path = nifti(tmp_path / "a.nii", ct())
    with pytest.raises(DicomError, match="no DICOM study"):
        references_of(path, open_volume(path).info.uid_hash)


def test_images_without_identities_are_refused(tmp_path: Path) -> None:
    folder = corpus.Series().write(tmp_path / "s")
    uid_hash = open_volume(folder).info.uid_hash
    for path in folder.iterdir():
        ds = pydicom.dcmread(path)
        del ds.StudyInstanceUID
        ds.save_as(path)
    with pytest.raises(DicomError, match="which study"):
        references_of(folder, uid_hash)
