"""A label map as a DICOM segmentation, read back by pydicom frame by frame."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest

from engine.case.labelset import Label, default_labelset
from engine.core.errors import GeometryError, InputError, ResourceError
from engine.io.dicom import segmentation
from engine.io.dicom.references import References, references_of
from engine.io.dicom.segmentation import write_segmentation
from engine.io.export.handover import Handover
from engine.io.source import open_volume
from tests.support import dicom_corpus as corpus
from tests.support.planted import secrets_of

ODD = (9, 19, 27)
"""513 pixels a frame: not one frame but the first begins on a whole byte."""


def made(folder: Path, series: corpus.Series | None = None) -> tuple[Handover, References]:
    corpus.Series.write(series or corpus.Series(corpus.phantom(ODD)), folder)
    volume = open_volume(folder)
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 4, volume.grid.shape_zyx).astype(np.uint8)
    labels[2] = 0
    labels[5:, :, :4] = 5
    labels[labels == 2] = 0
    what = Handover("CT", labels, volume.grid, default_labelset(), ("net-1", "you"), (), "1.2")
    return what, references_of(folder, volume.info.uid_hash)


def read(path: Path) -> tuple[pydicom.Dataset, dict[tuple[str, float], np.ndarray]]:
    """Return the data set and its frames by label and place."""
    ds = pydicom.dcmread(path)
    bits = np.unpackbits(np.frombuffer(ds.PixelData, np.uint8), bitorder="little")
    size = ds.Rows * ds.Columns
    names = {s.SegmentNumber: s.SegmentLabel for s in ds.SegmentSequence}
    frames = {}
    for k, group in enumerate(ds.PerFrameFunctionalGroupsSequence):
        name = names[group.SegmentIdentificationSequence[0].ReferencedSegmentNumber]
        place = tuple(round(float(v), 3) for v in group.PlanePositionSequence[0].ImagePositionPatient)
        frames[name, place] = bits[k * size : (k + 1) * size].reshape(ds.Rows, ds.Columns)
    return ds, frames


def places(what: Handover) -> list[tuple[float, ...]]:
    return [tuple(round(float(v), 3) for v in what.grid.to_lps((z, 0, 0))) for z in range(what.labels.shape[0])]


@pytest.mark.parametrize(
    "series", [None, corpus.Series(corpus.phantom(ODD), orientation=corpus.oblique(20.0))], ids=["axial", "oblique"]
)
def test_every_voxel_of_every_label_comes_back_at_its_place(tmp_path: Path, series: corpus.Series | None) -> None:
    what, references = made(tmp_path / "s", series)
    ds, frames = read(write_segmentation(tmp_path / "x.dcm", what, references))
    assert [s.SegmentLabel for s in ds.SegmentSequence] == ["Right lung", "Ground-glass", "Effusion"]
    assert ds.NumberOfFrames == len(frames)
    for label in what.labelset:
        for z, place in enumerate(places(what)):
            wanted = what.labels[z] == label.id
            if wanted.any():
                np.testing.assert_array_equal(frames.pop((label.name, place)), wanted)
    assert not frames  # empty ones are left out
    shared = ds.SharedFunctionalGroupsSequence[0]
    cosines = [float(v) for v in shared.PlaneOrientationSequence[0].ImageOrientationPatient]
    assert cosines == pytest.approx([*what.grid.direction[2], *what.grid.direction[1]], abs=1e-6)
    measures = shared.PixelMeasuresSequence[0]
    assert [float(v) for v in measures.PixelSpacing] == pytest.approx(what.grid.spacing_zyx_mm[1:])
    assert float(measures.SpacingBetweenSlices) == pytest.approx(what.grid.spacing_zyx_mm[0])


def test_each_frame_points_at_the_image_it_was_drawn_on(tmp_path: Path) -> None:
    what, references = made(tmp_path / "s")
    ds, _ = read(write_segmentation(tmp_path / "x.dcm", what, references))
    sources = {d.SOPInstanceUID: d for d in (pydicom.dcmread(p) for p in (tmp_path / "s").iterdir())}
    for group in ds.PerFrameFunctionalGroupsSequence:
        image = group.DerivationImageSequence[0].SourceImageSequence[0]
        source = sources[image.ReferencedSOPInstanceUID]
        assert image.ReferencedSOPClassUID == source.SOPClassUID
        assert group.PlanePositionSequence[0].ImagePositionPatient == pytest.approx(source.ImagePositionPatient)
    first = next(iter(sources.values()))
    assert ds.StudyInstanceUID == first.StudyInstanceUID
    assert ds.ReferencedSeriesSequence[0].SeriesInstanceUID == first.SeriesInstanceUID
    assert ds.SeriesInstanceUID != first.SeriesInstanceUID


def test_planes_that_lie_between_images_point_at_the_series_only(tmp_path: Path) -> None:
    what, references = made(tmp_path / "s", corpus.tilted(12.0, hu=corpus.phantom(ODD)))
    ds, _ = read(write_segmentation(tmp_path / "x.dcm", what, references))
    pointing = [g for g in ds.PerFrameFunctionalGroupsSequence if "DerivationImageSequence" in g]
    planes = {tuple(g.PlanePositionSequence[0].ImagePositionPatient) for g in pointing}
    assert len(planes) <= 1  # the stack turns about one slice
    assert len(ds.ReferencedSeriesSequence[0].ReferencedInstanceSequence) == len(references.images)


def test_codes_colours_and_authors_are_told(tmp_path: Path) -> None:
    what, references = made(tmp_path / "s")
    ds, _ = read(write_segmentation(tmp_path / "x.dcm", what, references))
    codes = [s.SegmentedPropertyTypeCodeSequence[0] for s in ds.SegmentSequence]
    assert [(c.CodingSchemeDesignator, c.CodeValue) for c in codes] == [
        ("SCT", "3341006"),
        ("DCM", "112120"),
        ("SCT", "60046008"),
    ]
    assert {s.SegmentAlgorithmType for s in ds.SegmentSequence} == {"SEMIAUTOMATIC"}
    assert ds.SegmentSequence[0].SegmentAlgorithmName == "net-1"
    assert list(ds.SegmentSequence[1].RecommendedDisplayCIELabValue) == segmentation._lab((0xF0, 0xE4, 0x42))


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [((255, 255, 255), (100, 0, 0)), ((0, 0, 0), (0, 0, 0)), ((255, 0, 0), (54.29, 80.81, 69.89))],
)
def test_colours_are_those_of_the_textbook(rgb: tuple[int, int, int], lab: tuple[float, float, float]) -> None:
    light, a, b = segmentation._lab(rgb)  # B. Lindbloom: sRGB to CIELab, white point D50
    told = (light / 65535 * 100, a / 65535 * 255 - 128, b / 65535 * 255 - 128)
    assert told == pytest.approx(lab, abs=0.05)


@pytest.mark.parametrize(("authors", "kind"), [(("you",), "MANUAL"), (("net-1",), "AUTOMATIC"), ((), "MANUAL")])
def test_who_drew_decides_what_it_is_called(tmp_path: Path, authors: tuple[str, ...], kind: str) -> None:
    what, references = made(tmp_path / "s")
    what = Handover(what.name, what.labels, what.grid, what.labelset, authors)
    ds, _ = read(write_segmentation(tmp_path / "x.dcm", what, references))
    assert ds.SegmentSequence[0].SegmentAlgorithmType == kind
    assert ("SegmentAlgorithmName" in ds.SegmentSequence[0]) == (kind != "MANUAL")


def test_a_label_of_ones_own_is_a_lesion_with_its_name(tmp_path: Path) -> None:
    what, references = made(tmp_path / "s")
    labelset = what.labelset.adding(Label(77, "mine", "Narbe – 肺", "#123456"))
    labels = np.where(what.labels == 3, 77, what.labels).astype(np.uint8)
    ds, _ = read(write_segmentation(tmp_path / "x.dcm", Handover("CT", labels, what.grid, labelset), references))
    assert [s.SegmentLabel for s in ds.SegmentSequence] == ["Right lung", "Effusion", "Narbe – 肺"]
    assert ds.SegmentSequence[2].SegmentedPropertyTypeCodeSequence[0].CodeMeaning == "Lesion"


def test_no_patient_is_in_it(tmp_path: Path) -> None:
    what, references = made(tmp_path / "s", corpus.Series(corpus.phantom(ODD), tags=corpus.PATIENT))
    path = write_segmentation(tmp_path / "x.dcm", what, references)
    assert not secrets_of(path.read_bytes())
    ds, _ = read(path)
    assert (ds.PatientName, ds.PatientID, ds.PatientBirthDate, ds.AccessionNumber) == ("", "", "", "")


def test_nothing_to_write_a_foreign_grid_and_an_existing_file_are_refused(tmp_path: Path) -> None:
    what, references = made(tmp_path / "s")
    empty = Handover("CT", np.zeros_like(what.labels), what.grid, what.labelset)
    with pytest.raises(InputError, match="nothing to write"):
        write_segmentation(tmp_path / "x.dcm", empty, references)
    with pytest.raises(GeometryError):
        write_segmentation(tmp_path / "x.dcm", Handover("CT", what.labels[1:], what.grid, what.labelset), references)
    (tmp_path / "x.dcm").write_text("mine")
    with pytest.raises(InputError, match="exists"):
        write_segmentation(tmp_path / "x.dcm", what, references)
    assert (tmp_path / "x.dcm").read_text() == "mine"


def test_a_disk_that_loses_a_voxel_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    what, references = made(tmp_path / "s")
    whole = segmentation.file_bytes

    def torn(*words: object) -> bytes:
        raw = bytearray(whole(*words))  # type: ignore[arg-type]
        raw[-40] ^= 1
        return bytes(raw)

    monkeypatch.setattr(segmentation, "file_bytes", torn)
    with pytest.raises(ResourceError, match="reading it back"):
        write_segmentation(tmp_path / "x.dcm", what, references)
    assert [p.name for p in tmp_path.iterdir()] == ["s"]
