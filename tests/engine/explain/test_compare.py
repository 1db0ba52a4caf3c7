"""Where two networks disagree: each is asked at its own spacing, and the answers meet on one grid."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import Cancelled, InputError
from engine.core.progress import CancelToken
from engine.explain import compare
from engine.explain.compare import common_labels, disagreement, probabilities_on
from engine.explain.doubt import probabilities
from engine.explain.window import window_at
from engine.geometry.grid import Grid
from engine.nets.checkpoint import load
from tests.support.models import ByDensity, in_unit, named_model, quick_chest, tiny_model


def oblique(shape: tuple[int, int, int], spacing: tuple[float, float, float]) -> Grid:
    """A grid stored (x, z, y), turned by 20 degrees about z, with two axes backwards."""
    c, s = np.cos(np.radians(20)), np.sin(np.radians(20))
    return Grid(shape, spacing, (70.0, -30.0, 90.0), ((-c, -s, 0.0), (0.0, 0.0, -1.0), (-s, c, 0.0)))


def test_the_largest_difference_of_a_common_label_counts() -> None:
    rng = np.random.default_rng(1)
    mine, theirs = rng.random((3, 2, 3, 4)).astype(np.float32), rng.random((2, 2, 3, 4)).astype(np.float32)
    theirs[:, 0, 0, 0] = np.nan
    found = disagreement(mine, ("a", "b", "c"), theirs, ("c", "a"))
    for z, y, x in np.ndindex(2, 3, 4):
        pairs = ((mine[2, z, y, x], theirs[0, z, y, x]), (mine[0, z, y, x], theirs[1, z, y, x]))
        wanted = 0.0 if (z, y, x) == (0, 0, 0) else max(abs(float(a) - float(b)) for a, b in pairs)
        assert found[z, y, x] == pytest.approx(wanted, abs=1e-6)


def test_networks_without_a_common_label_are_not_compared() -> None:
    assert common_labels(named_model(("a", "b")), named_model(("c", "b"))) == ("b",)
    with pytest.raises(InputError, match="no label in common"):
        common_labels(named_model(("a",)), named_model(("b", "c")))


def test_the_same_network_on_its_own_window_says_the_same(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    grid = oblique((40, 20, 44), (2.0, 3.0, 1.5))
    hu = rng.integers(-1000, 200, grid.shape_zyx).astype(np.int16)
    model = tiny_model(tmp_path / "tiny.safetensors")
    network, card = load(model.path)
    window = window_at(hu, grid, card, grid.centre_lps)
    told = probabilities_on(hu, grid, model, window.grid)
    assert np.isfinite(told).all()
    np.testing.assert_allclose(told, probabilities(network, card, window.x), atol=1e-4)


@pytest.mark.parametrize("spacing", [(4.0, 3.5, 5.0), (0.0, 2.5, 2.5)])
def test_what_is_said_lies_where_it_belongs(
    spacing: tuple[float, float, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rule instead of a network; the scan is dense beyond a plane, the target a window on another grid."""
    grid = oblique((60, 30, 50), (1.5, 3.0, 2.0))
    points = grid.to_lps(np.stack(np.meshgrid(*map(np.arange, grid.shape_zyx), indexing="ij"), -1))
    normal = np.array([0.6, 0.0, 0.8])
    far = points @ normal - np.array(grid.centre_lps) @ normal
    hu = np.where(far > 0, -100, -800).astype(np.int16)
    monkeypatch.setattr(compare, "open_engine", lambda *_: ByDensity(in_unit(-300, 100)))
    model = named_model(("dense",), spacing=spacing)
    left, posterior, superior = (float(v) for v in grid.to_lps((20, 4, 12)))
    target = Grid((9, 12, 10), (5.0, 3.0, 3.0), (left - 22, posterior - 8, superior - 50))
    there = target.to_lps(np.stack(np.meshgrid(*map(np.arange, target.shape_zyx), indexing="ij"), -1))
    index = grid.to_index(there)
    inside = ((index >= 0) & (index <= np.array(grid.shape_zyx) - 1)).all(axis=-1)
    side = there @ normal - np.array(grid.centre_lps) @ normal
    told = probabilities_on(hu, grid, model, target)[0]
    dense, thin = inside & (side > 6), inside & (side < -6)
    assert min(dense.sum(), thin.sum()) > 50
    assert told[dense].min() > 0.95
    assert told[thin].max() < 0.05


def test_where_the_scan_ends_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    hu, grid, _ = quick_chest((20, 40, 48), (4.0, 6.0, 6.0))
    monkeypatch.setattr(compare, "open_engine", lambda *_: ByDensity(in_unit(-1100, 3000)))
    target = Grid((4, 5, 6), (4.0, 6.0, 6.0), tuple(float(v) for v in grid.to_lps((18, 20, 20))))  # type: ignore[arg-type]
    told = probabilities_on(hu, grid, named_model(("any",)), target)[0]
    assert np.isfinite(told[:2]).all()
    assert np.isnan(told[2:]).all()


def test_stop_is_heard(tmp_path: Path) -> None:
    hu, grid, _ = quick_chest((20, 40, 48), (4.0, 6.0, 6.0))
    stop = CancelToken()
    stop.cancel()
    with pytest.raises(Cancelled):
        probabilities_on(hu, grid, tiny_model(tmp_path / "tiny.safetensors"), grid, cancel=stop)
