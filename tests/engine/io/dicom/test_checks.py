from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from engine.core.errors import ChoiceNeeded, DicomError
from tests.support import dicom_corpus as corpus
from tests.support.reading import codes, physical, volume_of


def with_gap(folder: Path, shape: tuple[int, int, int], missing: range) -> np.ndarray:
    series = corpus.Series(corpus.phantom(shape))
    series.slices = [ds for k, ds in enumerate(series.slices) if k not in missing]
    series.write(folder, shuffled=False)
    return series.hu


@pytest.mark.parametrize("count", [1, 3])
def test_a_few_missing_slices_are_interpolated_with_a_banner(tmp_path: Path, count: int) -> None:
    hu = with_gap(tmp_path / "s", (12, 20, 26), range(5, 5 + count))
    volume = volume_of(tmp_path / "s")
    assert volume.grid.shape_zyx == (12, 20, 26)
    assert volume.grid.spacing_zyx_mm == pytest.approx(corpus.SPACING)
    kept = [k for k in range(12) if not 5 <= k < 5 + count]
    np.testing.assert_array_equal(volume.hu[kept], hu[kept])
    share = 1 / (count + 1)
    truth = (1 - share) * hu[4].astype(float) + share * hu[5 + count]
    np.testing.assert_allclose(volume.hu[5], truth, atol=0.51)
    (notice,) = volume.notices
    assert (notice.code, notice.severity) == ("gap-filled", "warning")
    assert f"{count} slice" in notice.text
    assert "“IM0004”" in notice.text


def test_many_missing_slices_are_asked_about(tmp_path: Path) -> None:
    hu = with_gap(tmp_path / "s", (22, 20, 26), range(6, 16))
    with pytest.raises(ChoiceNeeded) as question:
        volume_of(tmp_path / "s")
    assert (question.value.flag, question.value.key) == ("--fill-gaps", "fill_gaps")
    assert "10 slices are missing" in question.value.why
    whole = volume_of(tmp_path / "s", fill_gaps="interpolate")
    assert whole.grid.shape_zyx[0] == 22
    assert whole.grid.spacing_zyx_mm[0] == pytest.approx(1.25)
    longest = volume_of(tmp_path / "s", fill_gaps="longest")
    np.testing.assert_array_equal(longest.hu, hu[:6])
    assert "gap-cut" in codes(longest)
    np.testing.assert_allclose(physical(longest, (0, 0, 0)), corpus.ORIGIN)


def test_the_longest_part_is_the_longest_wherever_it_lies(tmp_path: Path) -> None:
    hu = with_gap(tmp_path / "s", (22, 20, 26), range(4, 14))
    longest = volume_of(tmp_path / "s", fill_gaps="longest")
    np.testing.assert_array_equal(longest.hu, hu[14:])
    np.testing.assert_allclose(physical(longest, (0, 0, 0)), np.add(corpus.ORIGIN, (0, 0, 14 * 1.25)))


def test_a_slice_lost_kilometres_away_is_refused_even_with_consent(tmp_path: Path) -> None:
    at = [*(1.25 * np.arange(8)), 1e6]
    corpus.moved_to(corpus.Series(), at).write(tmp_path / "s")
    with pytest.raises(DicomError, match="not complete"):
        volume_of(tmp_path / "s", fill_gaps="interpolate")


def test_uneven_distances_are_resampled_to_the_finest_regular_grid(tmp_path: Path) -> None:
    at = np.array([0, 1.25, 2.5, 3.75, 5, 10, 15, 20, 25])
    series = corpus.moved_to(corpus.Series(), at)
    volume = volume_of(series.write(tmp_path / "s"))
    assert volume.grid.spacing_zyx_mm == pytest.approx(corpus.SPACING)
    assert volume.grid.shape_zyx[0] == 21
    flat = series.hu.reshape(9, -1).astype(float)
    truth = np.stack([np.interp(1.25 * np.arange(21), at, flat[:, k]) for k in range(flat.shape[1])], axis=1)
    np.testing.assert_allclose(volume.hu.reshape(21, -1), truth, atol=0.51)
    (notice,) = volume.notices
    assert notice.code == "spacing-resampled"
    assert "1.25 to 5.00 mm" in notice.text


@pytest.mark.parametrize("jitter", [0.004, 0.03])
def test_rounding_of_positions_is_no_reason_to_resample(tmp_path: Path, jitter: float) -> None:
    at = 1.25 * np.arange(9) + jitter * np.array([0, 1, -1, 1, 0, -1, 1, -1, 0])
    series = corpus.moved_to(corpus.Series(), at)
    volume = volume_of(series.write(tmp_path / "s"))
    np.testing.assert_array_equal(volume.hu, series.hu)
    assert codes(volume) == ([] if jitter < 0.01 else ["position-jitter"])


@pytest.mark.parametrize("cosines", [False, True])
@pytest.mark.parametrize("degrees", [5.0, -5.0, 20.0])
def test_a_tilted_stack_is_set_upright(tmp_path: Path, degrees: float, cosines: bool) -> None:
    series = corpus.tilted(degrees, cosines=cosines)
    volume = volume_of(series.write(tmp_path / "s"))
    assert codes(volume) == ["tilt-corrected"]
    assert f"{abs(degrees):.1f}°" in volume.notices[0].text
    assert volume.grid.spacing_zyx_mm == pytest.approx(corpus.SPACING, abs=1e-6)
    # Every pixel is found at the place its own slice gave it, to linear interpolation.
    for k, ds in enumerate(series.slices):
        along_row, along_column = np.array(ds.ImageOrientationPatient[:3]), np.array(ds.ImageOrientationPatient[3:])
        rows, columns = np.meshgrid(np.arange(2, 18), np.arange(2, 24), indexing="ij")
        place = (
            np.array(ds.ImagePositionPatient)
            + 0.7 * rows[..., None] * along_column
            + 0.8 * columns[..., None] * along_row
        )
        index = np.moveaxis(volume.grid.to_index(place), -1, 0)
        np.testing.assert_allclose(index[0], k, atol=1e-4)
        found = ndimage.map_coordinates(volume.hu[k].astype(float), index[1:], order=1)
        smooth = ndimage.map_coordinates(
            _twice_interpolated(series.hu[k], index[1][0, 0] - 2), [rows, columns], order=1
        )
        np.testing.assert_allclose(found, smooth, atol=1.5)


def _twice_interpolated(image: np.ndarray, shift: float) -> np.ndarray:
    """Return what moving by a fraction of a pixel and looking back at the old places leaves of an image."""
    share = shift % 1
    kernel = np.convolve([share, 1 - share], [1 - share, share])
    return ndimage.correlate1d(image.astype(float), kernel, axis=0, mode="nearest")


def test_the_volume_of_a_ball_in_a_tilted_stack_is_right_to_one_percent(tmp_path: Path) -> None:
    shape, spacing = (40, 60, 56), corpus.SPACING
    z, y, x = np.indices(shape)
    angle = np.radians(20.0)
    mm = [z * 1.25 - 25, y * 0.7 + z * 1.25 * np.tan(angle) - 30, x * 0.8 - 22]
    inside = mm[0] ** 2 + mm[1] ** 2 + mm[2] ** 2 < 12.0**2
    series = corpus.tilted(20.0, hu=np.where(inside, 0, -1000).astype(np.int16))
    volume = volume_of(series.write(tmp_path / "s"))
    millilitres = float(((volume.hu.astype(float).clip(-1000, 0) + 1000) / 1000).sum()) * volume.grid.voxel_ml
    assert spacing == pytest.approx(volume.grid.spacing_zyx_mm)
    assert millilitres == pytest.approx(4 / 3 * np.pi * 1.2**3, rel=0.01)


def test_padding_does_not_bleed_into_a_tilted_stack(tmp_path: Path) -> None:
    series = corpus.tilted(20.0, hu=np.full(corpus.SHAPE, 40, dtype=np.int16))
    for ds in series.slices:
        hu = np.full(corpus.SHAPE[1:], 40, dtype=np.int16)
        hu[:6] = -2000
        corpus.put_hu(ds, hu, intercept=-3024)
    volume = volume_of(series.write(tmp_path / "s"))
    assert set(np.unique(volume.hu)) == {-1024, 40}


@pytest.mark.parametrize("thickness", [0.0, 5.0, None])
def test_slice_thickness_never_makes_the_geometry(tmp_path: Path, thickness: float | None) -> None:
    folder = corpus.Series(tags={"SliceThickness": thickness}).write(tmp_path / "s")
    assert volume_of(folder).grid.spacing_zyx_mm == corpus.SPACING


def test_a_missing_pixel_spacing_is_asked_about_and_then_marked(tmp_path: Path) -> None:
    corpus.ODDITIES["no-pixel-spacing"](tmp_path / "s")
    with pytest.raises(ChoiceNeeded) as question:
        volume_of(tmp_path / "s")
    assert question.value.key == "pixel_spacing_mm"
    assert "ImagerPixelSpacing (0018,1164) is 0.9 mm" in question.value.why
    volume = volume_of(tmp_path / "s", pixel_spacing_mm=0.8)
    assert volume.grid.spacing_zyx_mm == (1.25, 0.8, 0.8)
    assert "pixel-spacing-unknown" in codes(volume)


def test_thick_slices_are_told(tmp_path: Path) -> None:
    volume = volume_of(corpus.Series(spacing=(8.0, 0.7, 0.8)).write(tmp_path / "s"))
    assert codes(volume) == ["coarse"]


def test_a_single_slice_has_its_real_thickness(tmp_path: Path) -> None:
    volume = volume_of(corpus.Series(corpus.phantom((1, 20, 26))).write(tmp_path / "s"))
    assert volume.grid.shape_zyx == (1, 20, 26)
    assert volume.grid.spacing_zyx_mm == corpus.SPACING
    assert codes(volume) == ["single-slice"]


def test_slices_that_do_not_lie_above_each_other_are_refused(tmp_path: Path) -> None:
    series = corpus.Series()
    for k, ds in enumerate(series.slices):
        ds.ImagePositionPatient = [200.0 * k, 0, 1.25 * k]
    with pytest.raises(DicomError, match="do not lie above each other"):
        volume_of(series.write(tmp_path / "s"))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_file_cut_short_counts_as_a_missing_slice_and_is_named(tmp_path: Path, share: float) -> None:
    series = corpus.Series()
    folder = series.write(tmp_path / "s", shuffled=False)
    data = (folder / "IM0004").read_bytes()
    (folder / "IM0004").write_bytes(data[: int(len(data) * share)])
    volume = volume_of(folder)
    assert volume.grid.shape_zyx == corpus.SHAPE
    np.testing.assert_allclose(volume.hu[4], (series.hu[3].astype(float) + series.hu[5]) / 2, atol=0.51)
    assert "gap-filled" in codes(volume)
    if share > 0.5:  # enough of the header is left to know what the file was
        assert any(n.code == "slice-damaged" and "“IM0004”" in n.text for n in volume.notices)
