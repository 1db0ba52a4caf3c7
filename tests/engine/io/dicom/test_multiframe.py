from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest

from engine.core.errors import ChoiceNeeded
from engine.io.source import scan
from tests.support import dicom_corpus as corpus
from tests.support.reading import codes, volume_of


def test_shuffled_frames_are_put_in_order_with_their_own_rescale(tmp_path: Path) -> None:
    corpus.ODDITIES["enhanced"](tmp_path / "s")
    volume = volume_of(tmp_path / "s")
    assert volume.grid.spacing_zyx_mm == corpus.SPACING
    assert volume.grid.origin_lps == corpus.ORIGIN
    truth = corpus.phantom().astype(int)
    odd = np.arange(9) % 2 == 1  # stored with slope 2: even numbers only
    np.testing.assert_array_equal(volume.hu[~odd], truth[~odd])
    np.testing.assert_allclose(volume.hu[odd], truth[odd], atol=1)


@pytest.mark.parametrize("kind", ["rle", "jpeg2000"])
def test_compressed_frames_are_read(tmp_path: Path, kind: str) -> None:
    hu = corpus.phantom()
    ds = corpus.enhanced(hu)
    path = corpus.write_one(ds, tmp_path / "one")
    file = pydicom.dcmread(path)
    frames = [f.reshape(20, 26) for f in file.pixel_array]
    if kind == "rle":
        file.compress(pydicom.uid.RLELossless, encoding_plugin="pydicom", generate_instance_uid=False)
    else:
        encoded = [corpus.itk_frame(f, "JPEG2000") for f in frames]
        file.PixelData = pydicom.encaps.encapsulate([e[0] for e in encoded])
        file["PixelData"].VR, file["PixelData"].is_undefined_length = "OB", True
        file.file_meta.TransferSyntaxUID = encoded[0][1]
    file.save_as(path)
    np.testing.assert_allclose(volume_of(path).hu, hu, atol=1)


def test_frames_in_a_zip_are_read(tmp_path: Path) -> None:
    corpus.ODDITIES["enhanced"](tmp_path / "s")
    np.testing.assert_array_equal(
        volume_of(corpus.zipped(tmp_path / "s", tmp_path / "a.zip")).hu, volume_of(tmp_path / "s").hu
    )


def test_a_file_that_claims_frames_without_saying_where_they_lie_is_asked_about(tmp_path: Path) -> None:
    corpus.ODDITIES["malformed-multiframe"](tmp_path / "s")
    with pytest.raises(ChoiceNeeded) as question:
        volume_of(tmp_path / "s")
    assert question.value.key == "slice_spacing_mm"
    volume = volume_of(tmp_path / "s", slice_spacing_mm=1.25)
    np.testing.assert_array_equal(volume.hu, corpus.phantom())
    assert "positions-unknown" in codes(volume)


def test_more_frames_than_can_be_true_are_refused_by_name(tmp_path: Path) -> None:
    ds = corpus.enhanced()
    ds.NumberOfFrames = 2_000_000
    corpus.write_one(ds, tmp_path / "big")
    (tmp_path / "other").mkdir()
    corpus.Series().write(tmp_path / "other")
    (skipped,) = scan(tmp_path).skipped
    assert skipped.name == "big"
    assert "2000000" in skipped.reason


def test_a_file_with_fewer_frames_than_it_says_is_cut_short(tmp_path: Path) -> None:
    path = corpus.write_one(corpus.enhanced(), tmp_path / "one")
    path.write_bytes(path.read_bytes()[:-3000])
    (row,) = scan(path).rows
    assert not row.loadable
    assert "cut short" in row.reason
