from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from engine.case.volume import Volume
from engine.core.atomic import explain_os_error
from engine.core.errors import Cancelled, DicomError, ResourceError
from engine.core.progress import CancelToken
from engine.io.dicom.read import moved, outward
from engine.io.files import memory
from engine.io.files.members import DiskFile
from engine.io.source import open_volume, scan
from tests.support import dicom_corpus as corpus
from tests.support.reading import by_itk, codes, volume_of

PLANES = {
    "axial": corpus.AXIAL,
    "feet-up": (1.0, 0.0, 0.0, 0.0, -1.0, 0.0),
    "prone": (-1.0, 0.0, 0.0, 0.0, -1.0, 0.0),
    "coronal": (1.0, 0.0, 0.0, 0.0, 0.0, -1.0),
    "sagittal": (0.0, 1.0, 0.0, 0.0, 0.0, -1.0),
    "oblique": corpus.oblique(20.0),
    "steep": corpus.oblique(-50.0),
}


@pytest.mark.parametrize("plane", PLANES)
def test_a_clean_series_is_the_array_and_grid_of_simpleitk(tmp_path: Path, plane: str) -> None:
    series = corpus.Series(orientation=PLANES[plane])
    folder = series.write(tmp_path / "s")
    volume = volume_of(folder)
    array, grid = by_itk(folder)
    np.testing.assert_array_equal(volume.hu, array)
    assert volume.grid.matches(grid, tol_mm=1e-4)
    np.testing.assert_allclose(volume.grid.spacing_zyx_mm, grid.spacing_zyx_mm, rtol=1e-5)
    np.testing.assert_allclose(volume.grid.direction, grid.direction, atol=1e-6)
    np.testing.assert_allclose(volume.grid.origin_lps, grid.origin_lps, atol=1e-6)
    assert codes(volume) == []


def _axis_parallel() -> list[tuple[float, ...]]:
    units = [tuple(sign * float(k == axis) for k in range(3)) for axis in range(3) for sign in (1.0, -1.0)]
    return [(*row, *column) for row in units for column in units if abs(float(np.dot(row, column))) < 0.5]


def test_each_of_the_24_ways_to_lie_in_the_scanner_is_the_one_of_simpleitk(tmp_path: Path) -> None:
    planes = _axis_parallel()
    assert len(planes) == 24
    for k, plane in enumerate(planes):
        folder = corpus.Series(corpus.phantom((3, 5, 4)), orientation=plane).write(tmp_path / str(k))
        volume = volume_of(folder)
        array, grid = by_itk(folder)
        np.testing.assert_array_equal(volume.hu, array, err_msg=str(plane))
        assert volume.grid.matches(grid, tol_mm=1e-4), plane


def test_the_middle_is_shown_first_and_the_rest_comes_outward(tmp_path: Path) -> None:
    series = corpus.Series(corpus.phantom((31, 20, 26)))
    folder = series.write(tmp_path / "s")
    first: list[Volume] = []
    ranges: list[tuple[int, int]] = []

    def started(volume: Volume) -> None:
        first.append(volume)
        np.testing.assert_array_equal(volume.hu[15], series.hu[15])
        assert (volume.hu[[0, 30]] == -1024).all()
        assert not volume.hu.flags.writeable

    def filled(start: int, stop: int) -> None:
        ranges.append((start, stop))
        np.testing.assert_array_equal(first[0].hu[start:stop], series.hu[start:stop])

    volume = open_volume(folder, started=started, filled=filled)
    assert np.shares_memory(volume.hu, first[0].hu)
    assert first[0].grid == volume.grid
    assert not volume.hu.flags.writeable
    assert sorted(z for a, b in ranges for z in range(a, b)) == list(range(31))
    distance = [min(abs(15 - a), abs(15 - (b - 1))) for a, b in ranges]
    assert distance == sorted(distance)


def test_progress_is_told_in_slices(tmp_path: Path) -> None:
    told: list[tuple[float, float]] = []

    class Telling:
        def update(self, done: float, total: float, text: str = "") -> None:
            told.append((done, total))

    (row,) = scan(corpus.Series().write(tmp_path / "s")).rows
    open_volume(row, progress=Telling())
    assert told[-1] == (9, 9)


def test_cancelling_stops_between_two_slices(tmp_path: Path) -> None:
    token = CancelToken()
    (row,) = scan(corpus.Series(corpus.phantom((30, 20, 26))).write(tmp_path / "s")).rows
    seen: list[tuple[int, int]] = []

    def filled(start: int, stop: int) -> None:
        seen.append((start, stop))
        token.cancel()

    with pytest.raises(Cancelled):
        open_volume(row, filled=filled, cancel=token)
    assert len(seen) == 1


@pytest.mark.parametrize("broken", [[4], [2, 6], [8], [0]])
def test_a_compressed_slice_that_turns_out_damaged_counts_as_missing(tmp_path: Path, broken: list[int]) -> None:
    corpus.ODDITIES["jpeg2000"](tmp_path / "s")
    for k in broken:
        path = tmp_path / "s" / f"IM{k:04d}"
        data = path.read_bytes()
        at = data.index(b"\xff\x4f\xff\x51")
        path.write_bytes(data[:at] + b"\0" * 60 + data[at + 60 :])
    volume = volume_of(tmp_path / "s")
    truth = corpus.phantom().astype(float)
    for k in range(9):
        if k not in broken:
            np.testing.assert_array_equal(volume.hu[volume.hu.shape[0] - 9 + k], truth[k])
        elif 0 < k < 8:
            np.testing.assert_allclose(volume.hu[k], (truth[k - 1] + truth[k + 1]) / 2, atol=0.51)
        else:
            assert (volume.hu[k] == -1024).all()
    text = next(n.text for n in volume.notices if n.code == "slice-damaged")
    assert all(f"“IM{k:04d}”" in text for k in broken)


def _failing_disk(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    real = DiskFile.read

    def read(file: DiskFile, offset: int = 0, count: int | None = None) -> bytes:
        if offset and file.name in names:
            raise explain_os_error(OSError(5, "Input/output error"), Path(file.name), act="read")
        return real(file, offset, count)

    monkeypatch.setattr(DiskFile, "read", read)


def test_a_scratch_on_the_disc_costs_one_slice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    series = corpus.Series()
    folder = series.write(tmp_path / "s", shuffled=False)
    _failing_disk(monkeypatch, "IM0002")
    volume = volume_of(folder)
    np.testing.assert_allclose(volume.hu[2], (series.hu[1].astype(float) + series.hu[3]) / 2, atol=0.51)
    assert codes(volume) == ["slice-damaged"]


def test_a_disk_that_went_away_is_a_matter_of_resources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = corpus.Series().write(tmp_path / "s", shuffled=False)
    _failing_disk(monkeypatch, *(f"IM{k:04d}" for k in range(9)))
    with pytest.raises(ResourceError, match="Input/output error"):
        volume_of(folder)


def test_a_long_compressed_series_is_read_by_two_workers(tmp_path: Path) -> None:
    series = corpus.Series(corpus.phantom((34, 12, 14)))
    (tmp_path / "s").mkdir()
    for k, ds in enumerate(series.slices):
        corpus.write_compressed(ds, tmp_path / "s" / f"{k}", "rle")
    np.testing.assert_array_equal(volume_of(tmp_path / "s").hu, series.hu)


def test_a_series_with_many_damaged_slices_is_refused_by_name(tmp_path: Path) -> None:
    corpus.ODDITIES["jpeg2000"](tmp_path / "s")
    for k in (0, 1, 2, 6, 7):
        path = tmp_path / "s" / f"IM{k:04d}"
        path.write_bytes(path.read_bytes().replace(b"\xff\x4f\xff\x51", b"\0\0\0\0"))
    with pytest.raises(DicomError, match=r"More than 3 images cannot be read: “IM000"):
        volume_of(tmp_path / "s")


def test_many_damaged_slices_are_interpolated_with_consent(tmp_path: Path) -> None:
    corpus.ODDITIES["jpeg2000"](tmp_path / "s")
    for k in (1, 2, 3, 6, 7):
        path = tmp_path / "s" / f"IM{k:04d}"
        path.write_bytes(path.read_bytes().replace(b"\xff\x4f\xff\x51", b"\0\0\0\0"))
    volume = volume_of(tmp_path / "s", fill_gaps="interpolate")
    truth = corpus.phantom().astype(float)
    np.testing.assert_array_equal(volume.hu[[0, 4, 5, 8]], truth[[0, 4, 5, 8]])
    np.testing.assert_allclose(volume.hu[2], (truth[0] + truth[4]) / 2, atol=0.51)
    np.testing.assert_allclose(volume.hu[6], (2 * truth[5] + truth[8]) / 3, atol=0.51)


def test_a_series_larger_than_memory_is_refused_with_both_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (row,) = scan(corpus.Series().write(tmp_path / "s")).rows
    monkeypatch.setattr(memory, "free_bytes", lambda: 1 << 20)
    with pytest.raises(ResourceError, match=r"26 × 20 × 9 voxels need 0 MiB; 1 MiB are free"):
        open_volume(row)


def test_nothing_that_names_the_patient_comes_through(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    series = corpus.Series(tags={**corpus.PATIENT, "SeriesDescription": "Thorax QUILLFEATHER zebulon 777123"})
    del series.slices[5]
    folder = series.write(tmp_path / "s")
    found = scan(folder)
    volume = volume_of(folder)
    told = [repr(found.rows[0]), repr(volume.info), repr(volume.notices), caplog.text, repr(found.skipped)]
    broken = corpus.Series(tags={**corpus.PATIENT, "Modality": "MR"}).write(tmp_path / "mr")
    for bad in (broken,):
        with pytest.raises(Exception) as error:
            volume_of(bad)
        told.append(str(error.value) + repr(error.value.__dict__))
    text = " ".join(told).casefold()
    for value in corpus.PATIENT.values():
        for word in value.split("^"):
            assert word.casefold() not in text
    assert series.uid not in text
    assert "thorax" in found.rows[0].description.casefold()
    assert volume.info.name == "CT 8 slices 1.3 mm"


def test_the_same_series_has_the_same_hash_and_another_one_another(tmp_path: Path) -> None:
    series = corpus.Series()
    one = volume_of(series.write(tmp_path / "a")).info.uid_hash
    again = volume_of(series.write(tmp_path / "b")).info.uid_hash
    other = volume_of(corpus.Series().write(tmp_path / "c")).info.uid_hash
    assert one == again != other
    assert len(one) == 16


@pytest.mark.parametrize(("position", "cosines"), [("HFP", PLANES["prone"]), ("FFS", (-1.0, 0, 0, 0, 1.0, 0))])
def test_left_and_back_follow_the_cosines_not_the_array_order(
    tmp_path: Path, position: str, cosines: tuple[float, ...]
) -> None:
    series = corpus.Series(orientation=cosines, tags={"PatientPosition": position})
    volume = volume_of(series.write(tmp_path / "s"))
    one = series.slices[3]
    truth = np.array(one.ImagePositionPatient) + 0.7 * 5 * np.array(cosines[3:]) + 0.8 * 11 * np.array(cosines[:3])
    index = np.rint(volume.grid.to_index(truth)).astype(int)
    assert volume.hu[tuple(index)] == series.hu[3, 5, 11]
    assert volume.info.patient_position == position
    assert codes(volume) == (["prone"] if position == "HFP" else [])


def test_a_scan_of_another_part_of_the_body_is_told(tmp_path: Path) -> None:
    folder = corpus.Series(tags={"BodyPartExamined": "HEAD", "SeriesDescription": "Skull"}).write(tmp_path / "s")
    assert codes(volume_of(folder)) == ["not-chest"]


@given(count=st.integers(1, 60), share=st.floats(0, 0.999))
def test_outward_covers_every_slice_once(count: int, share: float) -> None:
    ranges = list(outward(count, int(count * share)))
    assert sorted(z for a, b in ranges for z in range(a, b)) == list(range(count))


@given(shift=st.tuples(st.floats(0, 6), st.floats(0, 6)), shape=st.tuples(st.integers(2, 7), st.integers(2, 7)))
def test_moving_an_image_is_linear_interpolation_with_nothing_outside(
    shift: tuple[float, float], shape: tuple[int, int]
) -> None:
    image = np.random.default_rng(3).normal(size=shape).astype(np.float32)
    target = (shape[0] + int(np.ceil(shift[0])), shape[1] + int(np.ceil(shift[1])))
    padded = np.zeros(target, dtype=np.float32)
    padded[: shape[0], : shape[1]] = image
    truth = ndimage.shift(np.pad(padded, 8), shift, order=1)[8:-8, 8:-8]
    np.testing.assert_allclose(moved(image, shift, target), truth, atol=2e-3)
