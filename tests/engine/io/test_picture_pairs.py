"""Pictures with masks: what their values mean, and what is refused."""

import numpy as np
import pytest
import SimpleITK as sitk

from engine.core.errors import FormatError, InputError
from engine.io import picture_pairs as pairs

MEANING = '[labels]\n1 = "ground_glass"\n"#008000" = "consolidation"\n'


def _save(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    sitk.WriteImage(sitk.GetImageFromArray(pixels, isVector=pixels.ndim == 3), str(path))


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for name in ("1", "2", "10"):
        _save(tmp_path / "images" / f"{name}.png", rng.integers(0, 256, (30, 40), np.uint8))
        _save(tmp_path / "labels" / f"{name}.png", rng.integers(0, 2, (30, 40), np.uint8))
    (tmp_path / "labels.toml").write_text(MEANING)
    return tmp_path


def test_pairs_come_in_the_order_a_person_counts(folder):
    assert pairs.holds_pictures(folder)
    assert [pair.name for pair in pairs.picture_pairs(folder)] == ["1", "2", "10"]


def test_grey_masks_and_grey_values(folder):
    found = pairs.read_pair(pairs.picture_pairs(folder)[0], pairs.read_meaning(folder))
    grey = sitk.GetArrayFromImage(sitk.ReadImage(str(folder / "images" / "1.png"))).astype(float)
    drawn = sitk.GetArrayFromImage(sitk.ReadImage(str(folder / "labels" / "1.png")))
    assert np.abs(found.hu - (-1000 + grey * 1400 / 255)).max() <= 0.5
    assert np.array_equal(found.masks["ground_glass"], drawn == 1)
    assert not found.masks["consolidation"].any()
    assert found.spacing_yx_mm == (7.5, 7.5)


def test_colours_of_a_mask(folder):
    colours = np.zeros((30, 40, 3), np.uint8)
    colours[5:9, 5:9] = (0, 128, 0)
    _save(folder / "labels" / "2.png", colours)
    found = pairs.read_pair(pairs.picture_pairs(folder)[1], pairs.read_meaning(folder))
    assert found.masks["consolidation"].sum() == 16
    assert found.masks["consolidation"][6, 6]
    assert not found.masks["ground_glass"].any()


@pytest.mark.parametrize("value", [7, (1, 2, 3)])
def test_a_value_without_a_meaning_is_named(folder, value):
    shape = (30, 40) if isinstance(value, int) else (30, 40, 3)
    _save(folder / "labels" / "1.png", np.broadcast_to(np.array(value, np.uint8), shape).copy())
    with pytest.raises(FormatError) as caught:
        pairs.read_pair(pairs.picture_pairs(folder)[0], pairs.read_meaning(folder))
    assert ("7" if isinstance(value, int) else "#010203") in caught.value.why


def test_a_picture_without_a_mask_is_named(folder):
    (folder / "labels" / "10.png").unlink()
    with pytest.raises(InputError, match=r"10\.png"):
        pairs.picture_pairs(folder)


@pytest.mark.parametrize("text", [None, "][", "x = 1", '[labels]\n1 = "spleen"', '[labels]\nred = "lung"'])
def test_without_a_meaning_nothing_is_learned(folder, text):
    (folder / "labels.toml").unlink()
    if text is not None:
        (folder / "labels.toml").write_text(text)
    with pytest.raises(InputError):
        pairs.read_meaning(folder)


def test_a_mask_of_another_size_and_a_damaged_picture_are_refused(folder):
    _save(folder / "labels" / "1.png", np.zeros((31, 40), np.uint8))
    (folder / "images" / "2.png").write_bytes(b"\x89PNG\r\n\x1a\n, but no more")
    meaning = pairs.read_meaning(folder)
    first, second, _ = pairs.picture_pairs(folder)
    with pytest.raises(FormatError, match="differ in size"):
        pairs.read_pair(first, meaning)
    with pytest.raises(FormatError, match="cannot be read"):
        pairs.read_pair(second, meaning)
