"""`groundglass sample`: the study on disk is the study that was painted."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from engine.cli import sample
from engine.core.errors import InputError
from engine.geometry.grid import Grid
from engine.synth import demo as sample_study

GRID = Grid((4, 6, 9), (2.5, 0.8, 0.7), (-10.0, 20.0, -30.0), ((0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0)))


@pytest.fixture
def painted(monkeypatch: pytest.MonkeyPatch) -> sample_study.Demo:
    """A small study in the place of the large one."""
    rng = np.random.default_rng(5)
    hu = rng.integers(-1000, 400, GRID.shape_zyx).astype(np.int16)
    labels = rng.integers(0, 6, GRID.shape_zyx).astype(np.uint8)
    made = sample_study.Demo(hu, labels, GRID)
    monkeypatch.setattr(sample_study, "demo", lambda **_: made)
    return made


def test_another_library_reads_the_values_and_the_place(painted: sample_study.Demo, tmp_path: Path) -> None:
    import nibabel as nib

    assert sample.main(["-o", str(tmp_path / "ct.nii.gz"), "--truth", str(tmp_path / "truth.nii.gz")]) == 0
    ct, truth = nib.load(tmp_path / "ct.nii.gz"), nib.load(tmp_path / "truth.nii.gz")
    np.testing.assert_array_equal(np.asarray(ct.dataobj).transpose(2, 1, 0), painted.hu)
    np.testing.assert_array_equal(np.asarray(truth.dataobj).transpose(2, 1, 0), painted.labels)
    np.testing.assert_allclose(ct.header.get_zooms(), (0.7, 0.8, 2.5), rtol=1e-6)
    corner_ras = nib.affines.apply_affine(ct.affine, (8, 5, 3))
    corner_lps = np.array(GRID.origin_lps) + (np.array((3, 5, 8)) * GRID.spacing_zyx_mm) @ np.array(GRID.direction)
    np.testing.assert_allclose(corner_ras * (-1, -1, 1), corner_lps, atol=1e-4)


def test_a_file_that_is_there_stays(painted: sample_study.Demo, tmp_path: Path) -> None:
    path = tmp_path / "ct.nii.gz"
    path.write_bytes(b"mine")
    with pytest.raises(InputError):
        sample.main(["-o", str(path)])
    assert path.read_bytes() == b"mine"
    assert sample.main(["-o", str(path), "--overwrite"]) == 0


def test_an_unknown_ending_is_refused_before_anything_is_painted(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        sample.main(["-o", str(tmp_path / "ct.bmp")])


def test_a_program_reads_where_it_is(
    painted: sample_study.Demo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sample.main(["-o", str(tmp_path / "ct.nrrd"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"files": [str(tmp_path / "ct.nrrd")]}
