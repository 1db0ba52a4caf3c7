"""NIfTI as it comes: right ones agree with ITK, wrong ones are named, doubtful ones are asked about."""

from __future__ import annotations

import gzip
import random
import shutil
from contextlib import suppress
from itertools import permutations, product

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.core.errors import Cancelled, ChoiceNeeded, FormatError, GroundglassError, InputError, ResourceError
from engine.core.progress import CancelToken
from engine.geometry.grid import Grid
from engine.geometry.points import affine_ras, as_direction
from engine.io.files import inflate
from engine.io.nifti.read import FORMAT, peek, read_raw
from engine.io.options import ReadOptions
from engine.io.sitk_bridge import array_of, grid_of
from tests.support.grids import oblique_grid, turned
from tests.support.image_files import ct, field, nifti, patch

read_volume = FORMAT.volume


def codes(volume) -> set[str]:
    return {notice.code for notice in volume.notices}


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "b.hdr"])
def test_values_and_grid_are_those_itk_reads(tmp_path, name):
    if name == "b.hdr":
        pair = nib.Nifti1Pair(ct().T, affine_ras(oblique_grid()))
        pair.set_qform(pair.affine, 1)
        pair.set_sform(pair.affine, 1)
        nib.save(pair, tmp_path / "b.hdr")
    else:
        nifti(tmp_path / name, ct())
    volume = read_volume(tmp_path / name)
    image = sitk.ReadImage(str(tmp_path / name))
    np.testing.assert_array_equal(volume.hu, array_of(image))
    assert volume.grid.matches(grid_of(image), 1e-4)
    assert volume.grid.matches(oblique_grid(), 1e-4)
    assert codes(volume) <= {"slope-ignored"}
    assert volume.has_hu
    assert volume.orientation_known
    assert volume.info.kind == "nifti"
    shape, spacing = peek(tmp_path / name)
    assert shape == volume.grid.shape_zyx
    assert spacing == pytest.approx(volume.grid.spacing_zyx_mm, abs=1e-6)


@pytest.mark.parametrize(
    "direction",
    [
        as_direction(turned(degrees)[list(axes)] * np.array(signs)[:, None])
        for axes in permutations(range(3))
        for signs in product((1, -1), repeat=3)
        for degrees in ((0, 0, 0), (13, -6, 4))
    ],
)
def test_all_48_turns_lie_where_itk_and_nibabel_say(tmp_path, direction):
    grid = Grid((4, 6, 5), (2.5, 0.7, 1.2), (-123.4, 87.6, -211.9), direction)
    path = nifti(tmp_path / "a.nii", ct((4, 6, 5)), grid)
    volume = read_volume(path)
    assert volume.grid.matches(grid, 1e-4)
    assert volume.grid.matches(grid_of(sitk.ReadImage(str(path))), 1e-3)
    np.testing.assert_allclose(affine_ras(volume.grid), nib.load(path).affine, atol=1e-4)


def test_the_image_half_of_a_pair_finds_its_header_and_says_when_it_is_gone(tmp_path):
    nib.save(nib.Nifti1Pair(ct().T, affine_ras(oblique_grid())), tmp_path / "b.hdr")
    np.testing.assert_array_equal(read_volume(tmp_path / "b.img").hu, ct())
    (tmp_path / "b.img").unlink()
    with pytest.raises(FormatError, match=r"other is missing.*“b.img”"):
        read_volume(tmp_path / "b.hdr")


@pytest.mark.parametrize("kept", [0.001, 0.1, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_a_file_cut_short_is_refused_by_name(tmp_path, name, kept):
    path = nifti(tmp_path / name, ct())
    data = path.read_bytes()
    path.write_bytes(data[: max(1, int(len(data) * kept))])
    with pytest.raises(FormatError, match=rf"“{name}” is (cut short|no NIfTI)"):
        read_volume(path)


def test_every_flipped_bit_of_the_compressed_voxels_is_noticed(tmp_path):
    path = nifti(tmp_path / "a.nii.gz", ct())
    good = path.read_bytes()
    dice = random.Random(4)
    for _ in range(150):
        bit = dice.randrange(10 * 8, len(good) * 8)  # past gzip's own header, whose bits mean nothing
        bad = bytearray(good)
        bad[bit // 8] ^= 1 << bit % 8
        path.write_bytes(bytes(bad))
        with pytest.raises(FormatError, match=r"is (damaged|cut short)"):
            read_volume(path)


@pytest.mark.parametrize(("content", "says"), [(b"", "is empty"), (b"\x00" * 4000, "no NIfTI"), (b"hello", "no NIfTI")])
def test_no_content_and_no_nifti_are_told_apart(tmp_path, content, says):
    (tmp_path / "a.nii").write_bytes(content)
    with pytest.raises(FormatError, match=says):
        read_volume(tmp_path / "a.nii")


def test_names_do_not_matter(tmp_path):
    packed = nifti(tmp_path / "a.nii.gz", ct())
    plain = nifti(tmp_path / "b.nii", ct())
    shutil.copy(packed, tmp_path / "c.nii")
    shutil.copy(plain, tmp_path / "d.nii.gz")
    shutil.copy(plain, tmp_path / "肺 ü")
    for name in ("c.nii", "d.nii.gz", "肺 ü"):
        np.testing.assert_array_equal(read_volume(tmp_path / name).hu, ct())


def test_voxels_without_a_number_become_air_and_are_counted(tmp_path):
    values = ct().astype(np.float32)
    values[1, 2, 3], values[4, 5, 6], values[2, 2, 2] = np.nan, np.inf, -np.inf
    volume = read_volume(nifti(tmp_path / "a.nii", values))
    assert volume.hu[1, 2, 3] == volume.hu[4, 5, 6] == volume.hu[2, 2, 2] == -1024
    notice = next(n for n in volume.notices if n.code == "values-not-finite")
    assert notice.text.startswith("3 voxels")
    assert notice.severity == "warning"


def test_qform_and_sform_with_different_spacing_are_asked_about(tmp_path):
    path = nifti(tmp_path / "a.nii.gz", ct(), Grid((9, 14, 11), (3.0, 0.7, 0.7)))
    patch(path, pixdim=(1, 0.7, 0.7, 1.5, 0, 0, 0, 0))
    with pytest.raises(ChoiceNeeded) as asked:
        read_volume(path)
    assert (asked.value.flag, asked.value.key) == ("--geometry", "geometry")
    assert [c.value for c in asked.value.choices] == ["sform", "qform"]
    assert "3 mm" in asked.value.choices[0].text
    assert "1.5 mm" in asked.value.choices[1].text
    sform = read_volume(path, ReadOptions(geometry="sform"))
    qform = read_volume(path, ReadOptions(geometry="qform"))
    assert sform.grid.spacing_zyx_mm[0] == pytest.approx(3.0)
    assert qform.grid.spacing_zyx_mm[0] == pytest.approx(1.5)
    assert "geometry-chosen" in codes(sform)


def test_a_flipped_sform_is_asked_about_and_the_answer_holds(tmp_path):
    path = nifti(tmp_path / "a.nii", ct(), Grid((9, 14, 11), (2.0, 0.7, 0.7)))
    x, y, z, t = field(path, "srow_x")
    patch(path, srow_x=(-x, y, z, t))
    with pytest.raises(ChoiceNeeded):
        read_volume(path)
    by_sform = read_volume(path, ReadOptions().answered("geometry", "sform")).grid
    by_qform = read_volume(path, ReadOptions().answered("geometry", "qform")).grid
    assert by_sform.direction[2][0] == pytest.approx(-by_qform.direction[2][0])


def test_a_sheared_sform_is_offered_after_a_straight_qform(tmp_path):
    path = nifti(tmp_path / "a.nii", ct())
    x, y, z, t = field(path, "srow_y")
    patch(path, srow_y=(x, y, z + 0.5, t))
    with pytest.raises(ChoiceNeeded) as asked:
        read_volume(path)
    assert [c.value for c in asked.value.choices] == ["qform", "sform"]


def test_a_tilted_volume_is_put_at_right_angles_and_says_so(tmp_path):
    grid = Grid((12, 20, 9), (2.5, 0.8, 1.1), (-20.0, 35.0, 110.0))
    index = np.stack(np.meshgrid(*[np.arange(n) for n in grid.shape_zyx], indexing="ij"), axis=-1)
    tilt = 2.5 * np.tan(np.radians(15))
    points = grid.to_lps(index) + np.array([0, 1, 0]) * (index[..., :1] * tilt)
    ramp = lambda p: p @ np.array([4.0, 9.0, -3.0]) - 900
    path = nifti(tmp_path / "a.nii", np.rint(ramp(points)).astype(np.int16), grid, qform_code=0)
    x, y, _, t = field(path, "srow_y")
    patch(path, srow_y=(x, y, -tilt, t))
    volume = read_volume(path)
    assert "shear-corrected" in codes(volume)
    assert any("15.0°" in n.text for n in volume.notices)
    found = volume.grid.to_lps(np.stack(np.meshgrid(*[np.arange(n) for n in volume.grid.shape_zyx], indexing="ij"), -1))
    source = found - np.array([0, 1, 0]) * ((found[..., 2:] - 110.0) / 2.5 * tilt)
    at = grid.to_index(source)
    inside = ((at >= 0.01) & (at <= np.array(grid.shape_zyx) - 1.01)).all(axis=-1)
    assert inside.sum() > 1000
    assert np.abs(np.maximum(ramp(found), -1024) - volume.hu)[inside].max() <= 1.01


@pytest.mark.parametrize(("shear", "code"), [(1e-5, "axes-straightened"), (1e-3, "axes-straightened"), (1e-7, None)])
def test_a_tiny_shear_is_straightened(tmp_path, shear, code):
    path = nifti(tmp_path / "a.nii", ct(), Grid((9, 14, 11), (1.0, 1.0, 1.0)), qform_code=0)
    x, y, z, t = field(path, "srow_x")
    patch(path, srow_x=(x, y, z + shear, t))
    volume = read_volume(path)
    rows = np.array(volume.grid.direction)
    np.testing.assert_allclose(rows @ rows.T, np.eye(3), atol=1e-12)
    assert (code in codes(volume)) if code else "axes-straightened" not in codes(volume)
    np.testing.assert_array_equal(volume.hu, ct())


def test_without_any_orientation_left_and_right_are_a_guess(tmp_path):
    path = nifti(tmp_path / "a.nii", ct(), qform_code=0, sform_code=0)
    volume = read_volume(path)
    assert not volume.orientation_known
    assert "orientation-unknown" in codes(volume)
    itk = grid_of(sitk.ReadImage(str(path)))
    assert volume.grid.spacing_zyx_mm == pytest.approx(itk.spacing_zyx_mm, abs=1e-6)
    assert volume.grid.direction == itk.direction


def test_without_any_spacing_millilitres_mean_nothing(tmp_path):
    path = nifti(tmp_path / "a.nii", ct(), qform_code=0, sform_code=0, pixdim=(1, 0, 0, 0, 0, 0, 0, 0))
    assert {"orientation-unknown", "spacing-unknown"} <= codes(read_volume(path))


def test_pixdim_that_differs_from_the_sform_is_noted(tmp_path):
    path = nifti(tmp_path / "a.nii", ct(), Grid((9, 14, 11), (3.0, 0.7, 0.7)), qform_code=0)
    patch(path, pixdim=(1, 0.7, 0.7, 1.5, 0, 0, 0, 0))
    volume = read_volume(path)
    assert volume.grid.spacing_zyx_mm[0] == pytest.approx(3.0)
    assert "pixdim-differs" in codes(volume)


@pytest.mark.parametrize(("unit", "factor"), [(1, 1000.0), (2, 1.0), (3, 0.001)])
def test_metres_and_micrometres_become_millimetres(tmp_path, unit, factor):
    grid = Grid((9, 14, 11), (2.0, 0.5, 0.5), (10.0, 20.0, 30.0))
    shrunk = Grid(
        grid.shape_zyx, tuple(s / factor for s in grid.spacing_zyx_mm), tuple(o / factor for o in grid.origin_lps)
    )
    volume = read_volume(nifti(tmp_path / "a.nii", ct(), shrunk, units=unit))
    assert volume.grid.matches(grid, 1e-3)


def test_slope_and_intercept_are_applied(tmp_path):
    stored = (ct() + 1024).astype(np.uint16)
    volume = read_volume(nifti(tmp_path / "a.nii", stored, scl=(1.0, -1024.0)))
    np.testing.assert_array_equal(volume.hu, ct())
    half = read_volume(nifti(tmp_path / "b.nii", (ct() * 2).astype(np.int16), scl=(0.5, 0.0)))
    np.testing.assert_array_equal(half.hu, ct())


@pytest.mark.parametrize("slope", [0.0, float("nan")])
def test_a_slope_of_nothing_means_none_and_is_noted(tmp_path, slope):
    volume = read_volume(nifti(tmp_path / "a.nii", ct(), scl=(slope, 0.0)))
    np.testing.assert_array_equal(volume.hu, ct())
    assert next(n for n in volume.notices if n.code == "slope-ignored").severity == "info"


def test_a_ct_without_its_offset_is_asked_about(tmp_path):
    stored = (ct() + 1024).astype(np.uint16)
    path = nifti(tmp_path / "a.nii", stored)
    with pytest.raises(ChoiceNeeded) as asked:
        read_volume(path)
    assert (asked.value.flag, asked.value.choices[0].value) == ("--rescale", "minus-1024")
    np.testing.assert_array_equal(read_volume(path, ReadOptions(rescale="minus-1024")).hu, ct())
    np.testing.assert_array_equal(read_volume(path, ReadOptions(rescale="as-is")).hu, stored)


def test_padding_does_not_hide_a_missing_offset(tmp_path):
    stored = (ct() + 1024).astype(np.int16)
    stored[:, 0] = -2000
    with pytest.raises(ChoiceNeeded):
        read_volume(nifti(tmp_path / "a.nii", stored))


@pytest.mark.parametrize(("low", "high", "dtype"), [(0, 255, np.uint8), (0, 255, np.int16), (0, 1, np.float32)])
def test_a_windowed_picture_can_be_looked_at_but_holds_no_hu(tmp_path, low, high, dtype):
    values = np.random.default_rng(0).uniform(low, high, (5, 6, 7)).astype(dtype)
    volume = read_volume(nifti(tmp_path / "a.nii", values))
    assert not volume.has_hu
    assert "grey-8bit" in codes(volume)
    assert volume.hu.max() - volume.hu.min() > 200


def test_padding_below_air_becomes_air(tmp_path):
    values = ct()
    values[:, :, 0] = -3024
    volume = read_volume(nifti(tmp_path / "a.nii", values))
    assert volume.hu.min() == -1024
    assert "padding-clamped" in codes(volume)
    assert (volume.hu[:, :, 0] == -1024).all()


@pytest.mark.parametrize(
    ("datatype", "said"),
    [(32, "complex"), (128, "RGB"), (2304, "RGBA"), (1792, "complex"), (1, "bits"), (77, "unknown")],
)
def test_complex_and_coloured_voxels_are_refused(tmp_path, datatype, said):
    path = nifti(tmp_path / "a.nii", ct(), datatype=datatype)
    with pytest.raises(FormatError, match=f"{said}.*datatype {datatype}"):
        read_volume(path)


def test_one_of_several_time_points_is_asked_for(tmp_path):
    frames = np.stack([ct(seed=k) for k in range(3)])
    image = nib.Nifti1Image(frames.T, affine_ras(oblique_grid()))
    nib.save(image, tmp_path / "a.nii.gz")
    with pytest.raises(ChoiceNeeded) as asked:
        read_volume(tmp_path / "a.nii.gz")
    assert asked.value.key == "time_point"
    for k in range(3):
        np.testing.assert_array_equal(read_volume(tmp_path / "a.nii.gz", ReadOptions(time_point=k)).hu, frames[k])
    with pytest.raises(FormatError, match="no time point 3"):
        read_volume(tmp_path / "a.nii.gz", ReadOptions(time_point=3))


def test_a_single_time_point_is_no_question(tmp_path):
    nib.save(nib.Nifti1Image(ct()[None].T, affine_ras(oblique_grid())), tmp_path / "a.nii")
    np.testing.assert_array_equal(read_volume(tmp_path / "a.nii").hu, ct())


def test_vectors_per_voxel_are_refused(tmp_path):
    nib.save(nib.Nifti1Image(np.zeros((3, 4, 5, 1, 3), np.int16), np.eye(4)), tmp_path / "a.nii")
    with pytest.raises(FormatError, match="vector"):
        read_volume(tmp_path / "a.nii")


def test_a_single_image_is_for_looking(tmp_path):
    volume = read_volume(nifti(tmp_path / "a.nii", ct((1, 14, 11)), oblique_grid((1, 14, 11))))
    assert "single-slice" in codes(volume)
    nib.save(nib.Nifti1Image(ct((1, 14, 11))[0].T, np.eye(4)), tmp_path / "b.nii")
    assert read_volume(tmp_path / "b.nii").grid.shape_zyx == (1, 14, 11)


@pytest.mark.parametrize(("spacing", "warned"), [(5.0, False), (5.1, True), (10.0, True)])
def test_thick_slices_are_warned_about(tmp_path, spacing, warned):
    volume = read_volume(nifti(tmp_path / "a.nii", ct(), Grid((9, 14, 11), (spacing, 0.7, 0.7))))
    assert ("coarse" in codes(volume)) == warned


@pytest.mark.parametrize(
    "dim", [(3, -4, 5, 6, 1, 1, 1, 1), (3, 0, 5, 6, 1, 1, 1, 1), (9, 4, 5, 6, 1, 1, 1, 1), (0,) * 8]
)
def test_impossible_dimensions_are_named(tmp_path, dim):
    path = nifti(tmp_path / "a.nii.gz", ct(), dim=dim)
    with pytest.raises(FormatError, match=r"dimensions \(dim\)"):
        read_volume(path)


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_a_header_that_claims_more_than_there_can_be_is_refused_without_allocating(tmp_path, name, monkeypatch):
    path = nifti(tmp_path / name, ct(), dim=(3, 32767, 32767, 32767, 1, 1, 1, 1))
    monkeypatch.setattr(np, "empty", lambda *a, **k: pytest.fail("allocated"))
    with pytest.raises(FormatError, match="32767 × 32767 × 32767"):
        read_volume(path)


@pytest.mark.parametrize("offset", [-1.0, 10.0, 352.5, float("nan"), float("inf"), 1e30])
def test_an_absurd_beginning_of_the_voxels_is_named(tmp_path, offset):
    path = nifti(tmp_path / "a.nii", ct(), vox_offset=offset)
    with pytest.raises(FormatError, match="vox_offset"):
        read_volume(path)


def test_voxels_beyond_the_end_are_a_file_cut_short(tmp_path):
    with pytest.raises(FormatError, match="cut short"):
        read_volume(nifti(tmp_path / "a.nii", ct(), vox_offset=1e6))


def test_too_little_memory_is_told_with_both_numbers(tmp_path, monkeypatch):
    path = nifti(tmp_path / "a.nii", ct())
    monkeypatch.setattr(inflate, "available_bytes", lambda: (256 << 20) + 100)
    with pytest.raises(ResourceError, match=r"GiB.*GiB are free"):
        read_volume(path)


def test_big_endian_and_nifti_2_are_read(tmp_path):
    image = nib.Nifti2Image(ct().T, affine_ras(oblique_grid()))
    nib.save(image, tmp_path / "a.nii")
    volume = read_volume(tmp_path / "a.nii")
    np.testing.assert_array_equal(volume.hu, ct())
    assert volume.grid.matches(oblique_grid(), 1e-6)
    swapped = nib.Nifti1Image(ct().T, affine_ras(oblique_grid()), nib.Nifti1Header(endianness=">"))
    swapped.set_data_dtype(">i2")
    nib.save(swapped, tmp_path / "b.nii")
    assert (tmp_path / "b.nii").read_bytes()[:4] == b"\x00\x00\x01\x5c"
    np.testing.assert_array_equal(read_volume(tmp_path / "b.nii").hu, ct())


def test_reading_stops_when_told(tmp_path):
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        read_volume(nifti(tmp_path / "a.nii", ct()), cancel=cancel)


def test_a_missing_file_is_a_sentence(tmp_path):
    with pytest.raises(GroundglassError) as caught:
        read_volume(tmp_path / "gone.nii")
    assert "gone.nii" in caught.value.what


def test_the_same_voxels_have_the_same_hash_and_no_name_in_them(tmp_path):
    one = read_volume(nifti(tmp_path / "Doe.nii", ct())).info
    two = read_volume(nifti(tmp_path / "Roe.nii.gz", ct())).info
    other = read_volume(nifti(tmp_path / "c.nii", ct(seed=9))).info
    assert one.uid_hash == two.uid_hash != other.uid_hash
    assert one.name == "CT 9 slices 2.5 mm"


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.binary(min_size=348, max_size=348), st.lists(st.tuples(st.integers(0, 347), st.integers(0, 255)), max_size=6))
def test_no_header_makes_anything_but_a_volume_or_a_sentence(tmp_path, noise, changes):
    path = nifti(tmp_path / "a.nii", ct((3, 4, 5)), oblique_grid((3, 4, 5)))
    good = path.read_bytes()
    for head in (b"\x5c\x01\x00\x00" + noise[4:344] + b"n+1\x00", bytearray(good[:348])):
        head = bytearray(head)
        for at, value in changes:
            head[at] = value
        path.write_bytes(bytes(head) + good[348:])
        with suppress(InputError):
            volume = read_volume(path, ReadOptions(rescale="as-is", geometry="sform", time_point=0))
            assert np.isfinite(volume.grid.to_lps((0, 0, 0))).all()


def test_raw_values_are_left_alone(tmp_path):
    raw = read_raw(nifti(tmp_path / "a.nii", ct().astype(np.float32)))
    assert raw.array.dtype == np.float32
    np.testing.assert_array_equal(raw.array, ct())


def test_trailing_gzip_rubbish_is_no_silent_success(tmp_path):
    path = nifti(tmp_path / "a.nii.gz", ct())
    path.write_bytes(path.read_bytes() + b"rubbish!")
    with pytest.raises(FormatError):
        read_volume(path)
    path.write_bytes(gzip.compress(b"not a header at all"))
    with pytest.raises(FormatError, match="no NIfTI"):
        read_volume(path)


@pytest.mark.parametrize(
    "fields", [{"srow_x": (1e30, 0, 0, 0)}, {"pixdim": (1, 1e38, 1, 1, 0, 0, 0, 0)}, {"scl": (1e38, 1e38)}]
)
def test_absurd_numbers_are_no_numbers(tmp_path, fields):
    path = nifti(tmp_path / "a.nii", ct().astype(np.float32), qform_code=int("pixdim" in fields), **fields)
    if "pixdim" in fields:
        patch(path, sform_code=0)
    try:
        volume = read_volume(path, ReadOptions(rescale="as-is"))
    except InputError:
        return
    assert volume.notices
