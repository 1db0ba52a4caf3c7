"""Which way the patient faces, over the 3-D picture."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage, QPainter

from app.views import volume_marks
from app.views.colours import PLANE_COLOURS
from app.views.orbit import OrbitCamera
from app.views.volume_marks import _ARM_PX, _INSET_PX, draw_axes, draw_card

SIZE = 200


def canvas() -> QImage:
    image = QImage(SIZE, SIZE, QImage.Format.Format_RGB32)
    image.fill(QColor("black"))
    return image


def drawn(image: QImage) -> np.ndarray:
    flat = np.frombuffer(image.constBits(), np.uint8).reshape(SIZE, -1, 4)
    return flat[:, :SIZE, 2::-1].astype(int)


def letters(monkeypatch: pytest.MonkeyPatch, camera: OrbitCamera, *, known: bool = True) -> dict[str, tuple[int, int]]:
    """Return each letter and where its middle lies, right and up from the middle of the cross."""
    placed: dict[str, tuple[int, int]] = {}
    texts = volume_marks._TEXTS
    said: list[str] = []

    def image(lines: tuple[str, ...], *args: object, **keys: object) -> object:
        said.append(lines[0])
        return type(texts).image(texts, lines, *args, **keys)

    def at(_painter: object, words: object, x: float, y: float) -> None:
        centre_x, centre_y = _INSET_PX, SIZE - 1 - _INSET_PX
        placed[said[-1]] = (round(x + words.width / 2 - centre_x), round(centre_y - y - words.height / 2))

    with monkeypatch.context() as patched:
        patched.setattr(volume_marks, "_TEXTS", type("Spy", (), {"image": staticmethod(image)}))
        patched.setattr(volume_marks, "draw_at", at)
        picture = canvas()
        painter = QPainter(picture)
        draw_axes(painter, QRect(0, 0, SIZE, SIZE), camera, known=known)
        painter.end()
    return placed


@pytest.mark.parametrize(
    ("side", "to_the_right", "up"),
    [("front", "L", "H"), ("back", "R", "H"), ("left", "P", "H"), ("right", "A", "H"), ("top", "L", "P")],
)
def test_letters_stand_where_they_lead(qapp, monkeypatch, side: str, to_the_right: str, up: str) -> None:
    placed = letters(monkeypatch, OrbitCamera().viewed(side))
    reach = _ARM_PX + 9
    assert placed[to_the_right] == pytest.approx((reach, 0), abs=2)
    assert placed[up] == pytest.approx((0, reach), abs=2)


def test_without_known_sides_there_are_question_marks_only(qapp, monkeypatch) -> None:
    assert set(letters(monkeypatch, OrbitCamera(), known=False)) == {"?"}


def test_a_pane_too_small_for_the_cross_shows_the_picture_only(qapp) -> None:
    for size, seen in ((SIZE, True), (2 * _INSET_PX, False)):
        image = canvas()
        painter = QPainter(image)
        draw_axes(painter, QRect(0, 0, size, size), OrbitCamera(), known=True)
        painter.end()
        assert drawn(image).any() == seen


def test_arms_have_the_colours_of_their_planes(qapp) -> None:
    picture = canvas()
    painter = QPainter(picture)
    draw_axes(painter, QRect(0, 0, SIZE, SIZE), OrbitCamera(), known=True)
    painter.end()
    seen = drawn(picture)
    right = seen[round(SIZE - 1 - _INSET_PX), round(_INSET_PX + _ARM_PX / 2)]
    above = seen[round(SIZE - 1 - _INSET_PX - _ARM_PX / 2), round(_INSET_PX)]
    for colour, plane in ((right, "sagittal"), (above, "axial")):
        wanted = np.array(PLANE_COLOURS[plane].getRgb()[:3])
        share = colour @ wanted / (np.linalg.norm(colour) * np.linalg.norm(wanted))
        assert share > 0.995, plane


def test_a_card_writes_into_the_middle(qapp) -> None:
    picture = canvas()
    painter = QPainter(picture)
    draw_card(painter, picture.rect(), "No 3-D here", "This machine has no OpenGL.")
    painter.end()
    rows, columns = np.nonzero(drawn(picture).sum(axis=2))
    assert abs(rows.mean() - SIZE / 2) < 25
    assert abs(columns.mean() - SIZE / 2) < 12
