"""Segmenting a CT: any orientation, spacing and size; slabs are the result; cancel; warnings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.errors import Cancelled, InputError
from engine.core.progress import CancelToken
from engine.geometry.box import Box
from engine.geometry.grid import Grid
from engine.geometry.points import as_direction
from engine.predict import segment as segment_module
from engine.predict.backends import EngineRequest, OutOfMemory
from engine.predict.segment import Segmentation, SegmentOptions, segment
from engine.prep.normalise import Intensity
from tests.support.grids import turned
from tests.support.models import ByDensity, in_unit, named_model, quick_chest, tiny_model

LUNG, DENSE = in_unit(-1000, -300), in_unit(-300, -40)
RULE = named_model(("lung", "consolidation"))
PERMUTATIONS = [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]


def rule() -> ByDensity:
    return ByDensity(LUNG, DENSE)


def turned_about(hu: np.ndarray, grid: Grid, axes: tuple[int, int, int], flips: tuple[bool, bool, bool]):
    """Store the same patient in another array order."""
    moved = hu.transpose(axes)[tuple(slice(None, None, -1) if f else slice(None) for f in flips)]
    rows = np.array(grid.direction)[list(axes)] * np.where(flips, -1, 1)[:, None]
    first = [0.0, 0.0, 0.0]
    for axis, flip in zip(axes, flips, strict=True):
        first[axis] = (grid.shape_zyx[axis] - 1) if flip else 0
    spacing = tuple(grid.spacing_zyx_mm[a] for a in axes)
    return np.ascontiguousarray(moved), Grid(moved.shape, spacing, tuple(grid.to_lps(first)), as_direction(rows))


def back(labels: np.ndarray, axes: tuple[int, int, int], flips: tuple[bool, bool, bool]) -> np.ndarray:
    unflipped = labels[tuple(slice(None, None, -1) if f else slice(None) for f in flips)]
    return unflipped.transpose(np.argsort(axes))


def test_every_voxel_gets_its_label() -> None:
    hu, grid, truth = quick_chest()
    result = segment(hu, grid, model=RULE, engine=rule())
    inside = truth > 0
    assert (result.labels[inside] == truth[inside]).mean() > 0.999
    assert isinstance(result, Segmentation)
    assert result.labels.dtype == np.uint8
    assert result.labels.shape == hu.shape
    assert result.windows > 0
    assert result.device_text == "a rule"


@settings(max_examples=12)
@given(axes=st.sampled_from(PERMUTATIONS), flips=st.tuples(st.booleans(), st.booleans(), st.booleans()))
def test_the_answer_does_not_depend_on_how_the_array_is_stored(
    axes: tuple[int, int, int], flips: tuple[bool, bool, bool]
) -> None:
    hu, grid, _ = quick_chest((28, 36, 44), (6.0, 6.2, 7.1), noise_hu=25)
    expected = segment(hu, grid, model=RULE, engine=rule()).labels
    other, other_grid = turned_about(hu, grid, axes, flips)
    got = segment(other, other_grid, model=RULE, engine=rule())
    assert (back(got.labels, axes, flips) == expected).all()


def test_an_oblique_patient_keeps_right_and_left() -> None:
    hu, grid, truth = quick_chest()
    oblique = replace(grid, direction=as_direction(turned((12, -9, 20))))
    labels = segment(hu, oblique, model=RULE, engine=rule()).labels
    assert (labels[truth == 1] == 1).mean() > 0.99


@pytest.mark.parametrize("spacing", [None, (5.0, 4.0, 4.4), (6.0, 5.0, 5.0), (2.5, 3.0, 3.0)])
def test_slabs_put_together_are_the_result(spacing: tuple[float, float, float] | None) -> None:
    hu, grid, _ = quick_chest(noise_hu=140)
    other, other_grid = turned_about(hu, grid, (2, 0, 1), (True, False, True))
    model = named_model(("lung", "consolidation"), spacing=spacing)
    together = np.zeros_like(other, dtype=np.uint8)
    seen: list[Box] = []

    def on_slab(box: Box, labels: np.ndarray) -> None:
        together[box.slices] = labels
        seen.append(box)

    result = segment(other, other_grid, model=model, engine=rule(), on_slab=on_slab)
    assert (together == result.labels).all()
    assert len(seen) > 2


@pytest.mark.parametrize("spacing", [(4.0, 3.5, 3.5), (1.7, 2.2, 2.2)])
def test_at_another_spacing_the_border_stays_where_it_was(spacing: tuple[float, float, float]) -> None:
    from scipy import ndimage

    hu, grid, truth = quick_chest((60, 84, 108), (3.3, 2.7, 2.9))
    model = named_model(("lung",), spacing=spacing)
    halfway = in_unit(-1000, -405)  # between lung and body, so that the border is where the voxels change
    labels = segment(hu, grid, model=model, engine=ByDensity(halfway), options=SegmentOptions(cleaning=None)).labels
    left = truth == 2
    found = (labels > 0) & ndimage.binary_dilation(left, iterations=4)
    assert 2 * (found & left).sum() / (found.sum() + left.sum()) > 0.97
    shift = np.subtract(np.argwhere(found).mean(0), np.argwhere(left).mean(0)) * grid.spacing_zyx_mm
    assert np.abs(shift).max() < 0.3


@pytest.mark.parametrize("shape", [(1, 40, 52), (3, 40, 52), (40, 20, 52), (2, 20, 24)])
def test_volumes_smaller_than_the_window_are_served(shape: tuple[int, int, int]) -> None:
    hu, grid, truth = quick_chest((40, 40, 52), (5.0, 6.0, 6.0))
    at = [(n - m) // 2 for n, m in zip(hu.shape, shape, strict=True)]
    part = Box(tuple(at), tuple(a + m for a, m in zip(at, shape, strict=True)))
    # so small a piece is no chest by itself
    result = segment(hu[part.slices], grid.crop(part), model=RULE, engine=rule(), options=SegmentOptions(anyway=True))
    inside = truth[part.slices] > 0
    assert ((result.labels > 0) == inside)[inside].mean() > 0.99


def test_probabilities_are_those_of_the_network_on_the_box() -> None:
    hu, grid, _ = quick_chest()
    result = segment(hu, grid, model=RULE, engine=rule(), options=SegmentOptions(probabilities=True))
    assert result.probabilities is not None
    assert list(result.probabilities) == ["lung", "consolidation"]
    lung = result.probabilities["lung"]
    assert lung.shape == result.box.shape
    x = Intensity().apply(hu[result.box.slices])
    expected = 1 / (1 + np.exp(-40 * ((LUNG[1] - LUNG[0]) / 2 - np.abs(x - sum(LUNG) / 2))))
    asked = lung > 1e-4  # windows without lung were not asked about
    assert np.abs(lung - expected)[asked].max() < 1e-3


def test_windows_without_lung_are_skipped() -> None:
    hu, grid, truth = quick_chest((60, 100, 130), (4.0, 3.0, 3.0))
    model = named_model(("lung",), patch=(8, 16, 16))
    result = segment(hu, grid, model=model, engine=ByDensity(LUNG))
    assert result.windows_skipped > 0
    lung = (truth == 1) | (truth == 2)
    assert (result.labels > 0)[lung].all()


def test_the_whole_picture_is_looked_at_on_request() -> None:
    hu, grid, _ = quick_chest()
    result = segment(hu, grid, model=RULE, engine=rule(), options=SegmentOptions(whole=True))
    assert result.box == Box.whole(hu.shape)
    assert result.windows_skipped == 0


def test_a_cancel_before_the_end_leaves_no_result() -> None:
    hu, grid, _ = quick_chest()
    token = CancelToken()

    class Stop:
        def update(self, done: float, total: float, text: str = "") -> None:
            if done == 2:
                token.cancel()

    with pytest.raises(Cancelled):
        segment(hu, grid, model=RULE, engine=rule(), progress=Stop(), cancel=token)


def test_a_cancel_is_seen_while_cleaning_up() -> None:
    hu, grid, _ = quick_chest()
    token = CancelToken()

    class Stop:
        def update(self, done: float, total: float, text: str = "") -> None:
            if text == "Cleaning up":
                token.cancel()

    with pytest.raises(Cancelled):
        segment(hu, grid, model=RULE, engine=rule(), progress=Stop(), cancel=token)


def test_a_card_lost_on_the_way_is_replaced_by_the_cpu_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    hu, grid, _ = quick_chest()
    expected = segment(hu, grid, model=RULE, engine=rule())

    class Card(ByDensity):
        asked = 0

        def infer(self, window: np.ndarray, cancel: CancelToken | None = None) -> np.ndarray:
            self.asked += 1
            if self.asked == 3:
                raise OutOfMemory("The card failed.", "Its driver does not answer.", "")
            return super().infer(window, cancel)

    devices: list[str] = []

    def opened(request: EngineRequest, *_: object, **__: object) -> ByDensity:
        devices.append(request.device)
        return rule()

    monkeypatch.setattr(segment_module, "open_engine", opened)
    got = segment(hu, grid, model=RULE, engine=Card(LUNG, DENSE))
    assert devices == ["cpu"]
    assert (got.labels == expected.labels).all()
    assert "Its driver does not answer. The rest was computed on the CPU." in got.warnings


def test_the_source_is_never_written_to() -> None:
    hu, grid, _ = quick_chest()
    hu.setflags(write=False)
    before = hu.copy()
    segment(hu, grid, model=RULE, engine=rule())
    assert (hu == before).all()


def test_pictures_with_eight_bits_are_refused() -> None:
    hu, grid, _ = quick_chest()
    grey = np.interp(hu, (-1350, 150), (0, 255)).astype(np.int16)
    with pytest.raises(InputError, match="no Hounsfield units"):
        segment(grey, grid, model=RULE, engine=rule())


def test_a_scan_that_ends_in_the_lungs_says_so() -> None:
    hu, grid, _ = quick_chest()
    part = Box((15, 0, 0), (40, 56, 72))
    result = segment(hu[part.slices], grid.crop(part), model=RULE, engine=rule())
    assert any("lowest slice" in w for w in result.warnings)


def test_openvino_and_torch_give_the_same_labels(tmp_path: Path) -> None:
    hu, grid, _ = quick_chest((20, 40, 48), (8.0, 6.0, 6.0), noise_hu=30)
    model = tiny_model(tmp_path / "t.safetensors")
    options = [SegmentOptions(device="cpu", backend=b, threads=1, precision="fp32") for b in ("openvino", "torch")]
    a, b = (segment(hu, grid, model=model, options=o) for o in options)
    assert (a.labels == b.labels).mean() > 0.9995
    assert np.bincount(b.labels.ravel(), minlength=6)[1:].sum() > 0
    assert a.windows == b.windows > 1


def test_air_that_frames_a_picture_is_no_lung_whatever_the_network_says() -> None:
    hu, grid, truth = quick_chest((40, 60, 80), (5.0, 5.0, 5.0))
    first = int(np.flatnonzero((truth > 0).any(axis=(0, 2)))[0])
    seen, lungs = hu[:, first + 1 :], truth[:, first + 1 :] > 0  # the picture cuts the lungs, its frame touches them
    framed = np.full((40, 76, 80), -1024, np.int16)
    inside = np.zeros(framed.shape, bool)
    at = (slice(None), slice(10, 10 + seen.shape[1]))
    framed[at], inside[at] = seen, True
    there = Grid(framed.shape, grid.spacing_zyx_mm, grid.origin_lps)
    labels = segment(framed, there, model=named_model(("lung",)), engine=ByDensity(in_unit(-1100, -405))).labels
    assert not labels[~inside].any()
    assert (labels[at][lungs] > 0).mean() > 0.97
