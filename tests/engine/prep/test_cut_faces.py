"""The edge of a volume cuts lungs, or only a windpipe or the bowel."""

from __future__ import annotations

import numpy as np
import pytest

from engine.prep.cut_faces import cut_faces

SHAPE, SPACING = (12, 60, 90), np.array([3.0, 3.2, 2.9])


def disc(centre: tuple[int, int], radius: float) -> np.ndarray:
    y, x = np.ogrid[: SHAPE[1], : SHAPE[2]]
    return (y - centre[0]) ** 2 + (x - centre[1]) ** 2 < radius**2


def chest(*pieces: tuple[int, np.ndarray, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return lung, body and HU of a body with pieces of air (slice, where, HU)."""
    hu = np.full(SHAPE, -1000, np.int16)
    hu[:, disc((30, 45), 28)] = 40
    lung = np.zeros(SHAPE, bool)
    for z, where, value in pieces:
        lung[z, where] = True
        hu[z, where] = value
    return lung, (hu > -320), hu


@pytest.mark.parametrize(("z", "face"), [(0, "feet"), (-1, "head")])
def test_lung_at_an_end_is_told_with_its_area(z: int, face: str) -> None:
    where = disc((30, 30), 9)
    (found,) = cut_faces(*chest((z, where, -850)), SPACING).items()
    assert found == (face, pytest.approx(where.sum() * 3.2 * 2.9 / 100))


def test_the_windpipe_at_the_top_is_no_cut_lung() -> None:
    assert cut_faces(*chest((-1, disc((30, 45), 3.5), -870)), SPACING) == {}


def test_gas_of_the_bowel_at_the_bottom_is_no_cut_lung() -> None:
    assert cut_faces(*chest((0, disc((30, 45), 12), -985)), SPACING) == {}


def test_beside_the_windpipe_lung_is_still_seen_and_alone_measured() -> None:
    lung = disc((30, 28), 8)
    found = cut_faces(*chest((-1, lung, -900), (-1, disc((30, 52), 3.5), -900)), SPACING)
    assert found["head"] == pytest.approx(lung.sum() * 3.2 * 2.9 / 100)


def test_a_child_is_measured_by_its_own_size() -> None:
    """The same picture with half the spacing: 4 cm² of lung are no trace in a small body."""
    found = cut_faces(*chest((-1, disc((30, 28), 8), -850)), SPACING / 2.5)
    assert set(found) == {"head"}
    assert found["head"] < 4


def test_lung_at_the_side_of_the_picture_is_told() -> None:
    lung, body, hu = chest()
    lung[3:9, 20:40, -1] = True
    found = cut_faces(lung, body, hu, SPACING)
    assert found == {"left": pytest.approx(6 * 20 * 3.0 * 3.2 / 100)}
