"""Everything of the chest that is not lung: skin to spine, and the table under it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from engine.synth.space import Points, Real, Window, coverage, ellipse, ellipsoid, over
from engine.synth.surfaces import Surfaces

_VERTEBRA_MM = 24.0
_TABLE_HALF_MM = 212.0
_SPINE_HALF_MM = 44.0
"""Nothing of a vertebra lies farther from the midline."""
AIR_HU = -1000.0
_FAT, _MUSCLE, _SKIN = -102.0, 52.0, 35.0


@dataclass(frozen=True)
class Part:
    """A window of the slice that is being painted.

    Args:
        hu: (y, x) float32, a view of the slice; it is painted in place.
        points: Of its voxels.
        wide: (y, x) float32 noise of some 15 mm.
        narrow: The same of some 5 mm.
        fine: The same of some 2.5 mm.
        k: Which slice.
        window: Where in the slice.
    """

    hu: Real
    points: Points
    wide: Real
    narrow: Real
    fine: Real
    k: int
    window: Window

    def cut(self, window: Window) -> Part:
        """Return the part of this part that `window` names."""
        noises = (self.wide[window], self.narrow[window], self.fine[window])
        rows, columns = (
            slice(mine.start + inner.start, mine.start + inner.stop)
            for mine, inner in zip(self.window, window, strict=True)
        )
        return Part(self.hu[window], self.points.cut(window), *noises, self.k, (rows, columns))


class Painter(Protocol):
    """What the painting of a body asks of the chest it belongs to; see `engine.synth.phantom`."""

    surfaces: Surfaces
    voxel_mm: float

    def tubes(self, name: str, part: Part) -> Real:
        """Return the share of each voxel of `part` that the tubes called `name` fill."""
        ...

    def window(self, distance: Callable[[Points], Real], part: Part) -> Part | None:
        """Return what of `part` holds a structure, None if nothing does."""
        ...


def paint_body(painter: Painter, part: Part) -> None:
    """Paint everything inside the skin but the lungs."""
    surfaces = painter.surfaces
    width = painter.voxel_mm
    hu, p, wide, narrow, fine = part.hu, part.points, part.wide, part.narrow, part.fine
    cage = surfaces.cage(p)
    muscle = surfaces.muscle(p, cage)
    skin = surfaces.body(p, muscle)
    over(hu, np.float32(_SKIN), coverage(skin, width))
    fat = _FAT + 7 * narrow + 5 * fine
    over(hu, fat, coverage(skin + 2.2, width))
    if surfaces.person.breast_mm:
        gland = np.clip((narrow + 0.4 * wide) * 0.6, 0, 0.8) * coverage(skin + 12, 8) * coverage(-muscle + 6, 6)
        over(hu, np.float32(20), gland * (p.y < 0))
    over(hu, _MUSCLE + 5 * narrow + 5 * fine, coverage(muscle, width))
    planes = np.exp(-(((cage - 9.5 - 1.5 * wide) / 0.9) ** 2)) * 0.55 + np.clip(narrow - 1.7, 0, 0.6)
    over(hu, np.float32(_FAT), planes * coverage(muscle + 3, width))
    over(hu, np.float32(_FAT) + 8 * narrow, coverage(cage + 1.5, width))
    _belly(painter, part)
    _heart(painter, part)
    _mediastinal_tubes(painter, part)
    _spine(painter, part)
    _bones(painter, part, coverage(skin + 5, width))


def paint_table(painter: Painter, part: Part) -> None:
    """Paint the table with its mattress under the back."""
    back_mm, width = painter.surfaces.skin_back_mm(), painter.voxel_mm

    def around(p: Points) -> Real:
        top = p.y - (back_mm + 7 - 0.00042 * p.x * p.x)
        return np.maximum(np.maximum(-(top + 7), top - 36 + 0.0007 * p.x * p.x), np.abs(p.x) - _TABLE_HALF_MM)

    found = painter.window(around, part)
    if found is None:
        return
    hu, p = found.hu, found.points
    top = p.y - (back_mm + 7 - 0.00042 * p.x * p.x)
    edge = np.abs(p.x) - _TABLE_HALF_MM
    base = top - 34 + 0.0007 * p.x * p.x
    shell = np.minimum(np.abs(top), np.abs(base)) - 1.6
    inside = np.maximum(np.maximum(-top, base), edge)
    over(hu, np.float32(-905), coverage(inside, width) * np.float32(1.0))
    over(hu, np.float32(-210), coverage(np.maximum(shell, edge), width))
    mattress = np.maximum(np.maximum(-(top + 7), top), edge)
    over(hu, np.float32(-935), coverage(mattress, width))


def _belly(painter: Painter, part: Part) -> None:
    surfaces = painter.surfaces
    person = surfaces.person
    found = painter.window(lambda p: np.maximum(surfaces.cage(p) + 1.5, 1.0 - surfaces.diaphragm(p)), part)
    if found is None:
        return
    hu, p, narrow, fine = found.hu, found.points, found.narrow, found.fine
    cage, below = surfaces.cage(p), surfaces.diaphragm(p)
    width = painter.voxel_mm
    inside = np.maximum(cage + 1.5, -(below - 1.0))
    over(hu, np.float32(_MUSCLE), coverage(inside, width) * coverage(below - 4.5, width))
    organ = np.maximum(cage + 3.5, -(below - 3.0))
    liver = np.maximum(organ, p.x - 28 + 0.35 * (p.y + 20) + 4 * narrow * 0.2)
    over(hu, 58 + 0.12 * (person.blood_hu - 40) + 3 * fine, coverage(liver, width))
    stomach = np.maximum(organ, ellipsoid(p.x - 62, p.y + 22, p.z + 52, (44.0, 50.0, 46.0)))
    filled = np.where(p.y + 10 > 0, np.float32(22), np.float32(-960))
    over(hu, np.float32(40), coverage(stomach, width))
    over(hu, filled, coverage(stomach + 4.0, width))
    spleen = np.maximum(organ, ellipsoid(p.x - 88 * person.width, p.y - 42, p.z + 62, (34.0, 46.0, 52.0)))
    over(hu, 50 + 0.2 * (person.blood_hu - 40) + 3 * fine, coverage(spleen, width))


def _heart(painter: Painter, part: Part) -> None:
    surfaces = painter.surfaces
    person = surfaces.person
    found = painter.window(surfaces.heart, part)
    if found is None:
        return
    hu, p, narrow, fine = found.hu, found.points, found.narrow, found.fine
    heart = surfaces.heart(p)
    width = painter.voxel_mm
    above = surfaces.diaphragm(p) - 1.0
    outer = np.maximum(heart + 1.0, above)
    over(hu, np.float32(_FAT) + 10 * narrow, coverage(outer, width))
    over(hu, np.float32(20), coverage(np.abs(np.maximum(heart + 1.5, above)) - 0.6, width) * np.float32(0.8))
    wall = np.maximum(heart + 5.5 + 2.2 * narrow, above + 3)
    myocardium = 46 + 0.25 * (person.blood_hu - 42)
    over(hu, np.float32(myocardium) + 3 * fine, coverage(wall, width))
    chamber = np.maximum(heart + 15 + 2.5 * narrow, above + 8)
    over(hu, np.float32(person.blood_hu) + 3 * fine, coverage(chamber, width))


def _mediastinal_tubes(painter: Painter, part: Part) -> None:
    blood = painter.surfaces.person.blood_hu
    over(part.hu, np.float32(45), painter.tubes("gullet", part))
    over(part.hu, np.float32(blood) + 3 * part.fine, painter.tubes("blood", part))
    over(part.hu, np.float32(35), painter.tubes("windpipe_wall", part))
    over(part.hu, np.float32(-995), painter.tubes("windpipe", part))


def _spine(painter: Painter, part: Part) -> None:
    surfaces = painter.surfaces
    bone = surfaces.person.bone
    width = painter.voxel_mm

    def around(p: Points) -> Real:  # from the front of the bodies to the tips of the spinous processes
        return np.maximum(np.abs(p.x) - _SPINE_HALF_MM, np.abs(p.y - surfaces.spine_y(p.z) - 24) - 42)

    found = painter.window(around, part)
    if found is None:
        return
    hu, p, narrow, fine = found.hu, found.points, found.narrow, found.fine
    dy = p.y - surfaces.spine_y(p.z)
    phase = np.mod(p.z, np.float32(_VERTEBRA_MM)) - np.float32(_VERTEBRA_MM / 2)
    waist = np.float32(2.2) * (1 - (phase / np.float32(_VERTEBRA_MM / 2)) ** 2)
    block = ellipse(p.x, dy, 18.0 - waist, 15.0 - waist)
    disc = np.abs(phase) - np.float32(_VERTEBRA_MM / 2 - 2.4)
    lamina = np.maximum(np.abs(ellipse(p.x, dy - 22, 12.5, 10.0)) - 2.6, np.abs(phase) - 9)
    spinous = np.maximum(np.abs(p.x) - 3.2, np.abs(dy - 42 + 0.8 * phase) - 13)
    spinous = np.maximum(spinous, np.abs(phase) - 9)
    across = ellipsoid(np.abs(p.x) - 24, dy - 24 - 0.12 * np.abs(p.x), phase, (14.0, 5.5, 6.0))
    parts = np.minimum(np.minimum(lamina, spinous), across)
    over(hu, np.float32(520 * bone), coverage(parts, width))
    over(hu, np.float32(230 * bone) + 25 * narrow, coverage(parts + 2.0, width))
    over(hu, np.float32(28), coverage(ellipse(p.x, dy - 22, 9.5, 7.5), width))
    over(hu, np.float32(460 * bone), coverage(block, width))
    over(hu, np.float32(175 * bone) + 30 * narrow + 22 * fine, coverage(block + 1.5, width))
    over(hu, np.float32(430 * bone), coverage(block + 1.0, width) * np.exp(-((disc / 1.1) ** 2)))
    over(hu, np.float32(85), coverage(block, width) * coverage(-disc, width))


def _bones(painter: Painter, part: Part, inside: Real) -> None:
    bone = painter.surfaces.person.bone
    over(part.hu, np.float32(115), painter.tubes("cartilage", part))
    over(part.hu, np.float32(620 * bone), painter.tubes("bone", part) * inside)
    over(part.hu, np.float32(210 * bone) + 30 * part.fine, painter.tubes("marrow", part) * inside)
    _sternum(painter, part)


def _sternum(painter: Painter, part: Part) -> None:
    surfaces = painter.surfaces
    bone = surfaces.person.bone
    width = painter.voxel_mm

    def around(p: Points) -> Real:
        ends = np.maximum(p.z - surfaces.height(0.92), surfaces.height(0.30) - p.z)
        return np.maximum(np.maximum(np.abs(p.x) - 26, ends), p.y + 20)

    found = painter.window(around, part)
    if found is None:
        return
    hu, p, fine = found.hu, found.points, found.fine
    front = surfaces.cage(Points(np.zeros((1, 1), np.float32), p.y, p.z)) - 6.5
    half = np.where(surfaces.level(p.z) > 0.78, np.float32(26), np.float32(16))
    ends = np.maximum(p.z - surfaces.height(0.92), surfaces.height(0.30) - p.z)
    sternum = np.maximum(np.maximum(np.abs(front) - 5.0, np.abs(p.x) - half), np.maximum(ends, p.y + 20))
    over(hu, np.float32(380 * bone), coverage(sternum, width))
    over(hu, np.float32(140 * bone) + 20 * fine, coverage(sternum + 1.4, width))
