from __future__ import annotations

from pathlib import Path

import pytest

from engine.io.rows import SeriesRow
from engine.io.source import scan
from tests.support import dicom_corpus as corpus


def only_row(folder: Path) -> SeriesRow:
    (row,) = scan(folder).rows
    return row


def test_a_row_tells_what_the_table_shows(tmp_path: Path) -> None:
    row = only_row(corpus.Series().write(tmp_path / "s"))
    assert (row.number, row.kind, row.modality, row.kernel, row.date) == (1, "dicom", "CT", "B40f", "2021-03-04")
    assert (row.slices, row.rows, row.columns, row.thickness_mm) == (9, 20, 26, 1.25)
    assert row.spacing_zyx_mm == corpus.SPACING
    assert (row.description, row.orientation, row.loadable) == ("Thorax 1.25", "axial", True)


def series(folder: Path, count: int, **tags: object) -> None:
    spacing = (float(tags.pop("spacing", 1.25)), 0.7, 0.8)  # type: ignore[arg-type]
    corpus.Series(corpus.phantom((count, 8, 9)), spacing=spacing, tags=tags).write(folder)


def test_the_thin_axial_chest_in_a_lung_kernel_is_taken(tmp_path: Path) -> None:
    series(tmp_path / "a", 20, SeriesDescription="Thorax 5.0", spacing=5.0, ConvolutionKernel="B30f")
    series(tmp_path / "b", 40, SeriesDescription="Thorax 1.25", ConvolutionKernel="B30f")
    series(tmp_path / "c", 40, SeriesDescription="Thorax lung", ConvolutionKernel="B60f")
    series(tmp_path / "d", 40, SeriesDescription="Abdomen", BodyPartExamined="ABDOMEN")
    series(tmp_path / "e", 3, SeriesDescription="Thorax test")
    series(tmp_path / "f", 40, SeriesDescription="Thorax MIP", ImageType=["DERIVED", "SECONDARY", "AXIAL", "MIP"])
    found = scan(tmp_path)
    assert found.best == 0
    assert [r.description for r in found.rows][:3] == ["Thorax lung", "Thorax 1.25", "Thorax 5.0"]
    assert [r.number for r in found.rows] == [1, 2, 3, 4, 5, 6]
    assert {r.description for r in found.rows if r.is_chest_ct} == {
        "Thorax lung",
        "Thorax 1.25",
        "Thorax 5.0",
        "Thorax MIP",
    }


def test_an_mr_of_the_chest_never_beats_a_ct(tmp_path: Path) -> None:
    series(tmp_path / "a", 40, Modality="MR", SOPClassUID="1.2.840.10008.5.1.4.1.1.4", SeriesDescription="Chest lung")
    series(tmp_path / "b", 12, SeriesDescription="", BodyPartExamined="")
    found = scan(tmp_path)
    assert [r.modality for r in found.rows] == ["CT", "MR"]
    assert found.rows[1].loadable
    assert "looking only" in found.rows[1].reason


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.88.67"}, "structured report"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.104.1"}, "embedded document"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.66.4"}, "segmentation"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7", "RescaleSlope": None}, "secondary capture"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, "localizer"),
        ({"SamplesPerPixel": 3}, "colour picture"),
    ],
)
def test_what_is_no_volume_is_listed_with_the_reason(tmp_path: Path, tags: dict[str, object], reason: str) -> None:
    row = only_row(corpus.Series(tags=tags).write(tmp_path / "s"))
    assert not row.loadable
    assert reason in row.reason


def test_a_document_without_pixels_is_listed_not_opened(tmp_path: Path) -> None:
    ds = corpus.Series(tags={"SOPClassUID": "1.2.840.10008.5.1.4.1.1.104.1"}).slices[0]
    for name in ("PixelData", "Rows", "Columns", "ImagePositionPatient"):
        delattr(ds, name)
    corpus.write([ds], tmp_path / "s")
    row = only_row(tmp_path / "s")
    assert "embedded document" in row.reason


def test_video_is_listed_with_its_syntax(tmp_path: Path) -> None:
    path = corpus.write_one(corpus.Series().slices[0], tmp_path / "one")
    path.write_bytes(path.read_bytes().replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.9\0"))
    row = only_row(tmp_path)
    assert "transfer syntax 1.2.840.10008.1.2.9" in row.reason
