"""Which of two series shows the lungs, when their headers say the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import Cancelled
from engine.core.progress import CancelToken
from engine.io.dicom.lungs_seen import lung_share, share_in, spread
from engine.io.source import best_row, scan
from tests.support import dicom_corpus as corpus
from tests.support.shared_data import shared_data

SHAPE = (14, 60, 84)


def belly(shape: tuple[int, int, int] = SHAPE, *, bases: int = 0) -> np.ndarray:
    """The phantom without lungs but for its last slices; with a table of foam and a cloth, and gas in the gut."""
    hu = corpus.phantom(shape)
    lungs = (hu < -500) & (hu > -980)
    z, y, x = np.indices(shape)
    gone = lungs & (z < shape[0] - bases)
    hu[gone] = 30
    hu[(y > shape[1] * 0.94) & (y < shape[1] - 1)] = -900  # foam
    hu[(y == round(shape[1] * 0.94)) | (y == shape[1] - 1)] = 60  # and its shell
    hu[:, 1] = np.where(hu[:, 1] < -500, -250, hu[:, 1])  # a cloth over him
    hu[(abs(y - 30) < 3) & (abs(x - 50) < 3) & (hu > 0)] = -1000
    return hu.astype(np.int16)


def two(tmp_path: Path, chest: dict[str, str], other: dict[str, str], *, bases: int = 3) -> Path:
    tags = {"SeriesDescription": "PET-CT", "ProtocolName": "", "BodyPartExamined": ""}
    corpus.Series(belly(bases=bases), tags=tags | other).write(tmp_path / "s" / "a")
    corpus.Series(corpus.phantom(SHAPE), tags=tags | chest).write(tmp_path / "s" / "b")
    return tmp_path / "s"


@pytest.mark.parametrize(
    ("chest", "other"),
    [
        ({}, {}),
        ({}, {"ConvolutionKernel": "LUNG"}),
        ({"SliceThickness": "5"}, {}),
    ],
)
def test_of_two_series_of_one_name_the_one_with_more_lung_is_taken(
    tmp_path: Path, chest: dict[str, str], other: dict[str, str]
) -> None:
    found = scan(two(tmp_path, chest, other))
    assert best_row(found).handle[0].member.path_inside.startswith("b/")
    assert [row.number for row in found.rows] == [1, 2]


def test_a_belly_is_no_chest_although_its_header_names_no_part(tmp_path: Path) -> None:
    found = scan(two(tmp_path, {}, {}, bases=0))
    assert [row.is_chest_ct for row in found.rows] == [True, False]


def test_a_named_chest_beats_a_named_belly_without_a_look_at_pixels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.io.dicom.lungs_seen.lung_share", lambda *_: pytest.fail("a picture was read"))
    found = scan(two(tmp_path, {"SeriesDescription": "Thorax"}, {"SeriesDescription": "Abdomen"}))
    assert best_row(found).description == "Thorax"
    scan(corpus.Series(corpus.phantom(SHAPE)).write(tmp_path / "alone"))


def test_of_two_pictures_of_one_chest_the_thinner_in_a_lung_kernel_is_still_taken(tmp_path: Path) -> None:
    tags = {"SeriesDescription": "CT", "ProtocolName": "", "BodyPartExamined": ""}
    corpus.Series(corpus.phantom(SHAPE), tags=tags | {"ConvolutionKernel": "B30f"}).write(tmp_path / "s" / "a")
    corpus.Series(corpus.phantom(SHAPE, seed=1), tags=tags | {"ConvolutionKernel": "B70f"}).write(tmp_path / "s" / "b")
    assert best_row(scan(tmp_path / "s")).kernel == "B70f"


def test_table_cloth_and_gas_are_no_lung() -> None:
    assert share_in(belly()[3]) < 0.02
    assert share_in(corpus.phantom(SHAPE)[3]) > 0.25
    assert share_in(np.full((40, 50), -1000, np.int16)) == 0.0
    assert share_in(np.full((40, 50), 30, np.int16)) == 0.0


def test_the_share_is_that_of_the_drawing() -> None:
    rows, columns = np.indices((400, 500))
    u, v = rows / 199.5 - 1, columns / 249.5 - 1
    hu = np.full((400, 500), -1000, np.int16)
    hu[u**2 + v**2 < 0.8] = 40
    hu[u**2 + v**2 < 0.2] = -850
    assert share_in(hu) == pytest.approx(0.25, abs=0.02)


def test_slices_are_taken_from_one_end_to_the_other_in_order_of_place(tmp_path: Path) -> None:
    (row,) = scan(corpus.Series(corpus.phantom((30, 20, 26))).write(tmp_path / "s")).rows
    taken = spread(row.handle)
    heights = [one.position[2] for one in taken]
    assert heights == sorted(heights)
    whole = sorted(one.position[2] for one in row.handle)
    assert heights[0] in whole[:4]
    assert heights[-1] in whole[-4:]
    without = [replace(one, position=None) for one in row.handle]
    assert [one.instance for one in spread(without)] == sorted(one.instance for one in spread(without))


def test_damaged_slices_are_left_out_and_a_series_of_them_tells_nothing(tmp_path: Path) -> None:
    folder = corpus.Series(corpus.phantom(SHAPE)).write(tmp_path / "s")
    (row,) = scan(folder).rows
    whole = lung_share(row.handle)
    for path in sorted(folder.iterdir())[:3]:
        path.unlink()
    assert whole == pytest.approx(lung_share(row.handle), abs=0.05)
    for path in folder.iterdir():
        path.unlink()
    assert lung_share(row.handle) is None


def test_it_can_be_cancelled(tmp_path: Path) -> None:
    (row,) = scan(corpus.Series(corpus.phantom(SHAPE)).write(tmp_path / "s")).rows
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        lung_share(row.handle, token)


def test_of_a_real_folder_with_belly_and_chest_the_chest_is_taken() -> None:
    found = scan(shared_data("dicom", "ge_discovery_ls_acrin-flt-breast-001.zip"))
    heights = [one.position[2] for one in best_row(found).handle]
    assert min(heights) >= -375.0
