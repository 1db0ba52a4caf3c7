"""Everything of the chest that is not lung: skin to spine, and the table under it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.synth.space import Points, Real, coverage, ellipse, ellipsoid, over

if TYPE_CHECKING:
    from engine.synth.phantom import Painter

_VERTEBRA_MM = 24.0
_SPINE_MM = 62.0
"""Nothing of a vertebra lies farther from the midline."""
_AIR, _FAT, _MUSCLE, _SKIN = -1000.0, -102.0, 52.0, 35.0


def paint_body(painter: Painter, p: Points, k: int, lungs: Real) -> Real:
    """Return slice `k` in HU without the lungs, (y, x) float32."""
    surfaces = painter.surfaces
    width = painter.voxel_mm
    wide, narrow, fine = painter.wide.slice(k), painter.narrow.slice(k), painter.fine.slice(k)
    hu = np.full(lungs.shape, _AIR, np.float32)
    _table(hu, p, surfaces.skin_back_mm(), width)
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
    _belly(hu, p, cage, painter, narrow, fine)
    _heart(hu, p, painter, narrow, fine)
    _mediastinal_tubes(hu, painter, k, fine)
    _spine(hu, p, painter, narrow, fine)
    _bones(hu, p, painter, k, fine, coverage(skin + 5, width))
    return hu


def _table(hu: Real, p: Points, back_mm: float, width: float) -> None:
    top = p.y - (back_mm + 7 - 0.00042 * p.x * p.x)
    shell = np.minimum(np.abs(top), np.abs(top - 34 + 0.0007 * p.x * p.x)) - 1.6
    inside = np.maximum(np.maximum(-top, top - 34 + 0.0007 * p.x * p.x), np.abs(p.x) - 212)
    edge = np.abs(p.x) - 212
    over(hu, np.float32(-905), coverage(inside, width) * np.float32(1.0))
    over(hu, np.float32(-210), coverage(np.maximum(shell, edge), width))
    mattress = np.maximum(np.maximum(-(top + 7), top), edge)
    over(hu, np.float32(-935), coverage(mattress, width))


def _belly(hu: Real, p: Points, cage: Real, painter: Painter, narrow: Real, fine: Real) -> None:
    surfaces = painter.surfaces
    person = surfaces.person
    below = surfaces.diaphragm(p)
    if float(np.max(below)) < -12:
        return
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


def _heart(hu: Real, p: Points, painter: Painter, narrow: Real, fine: Real) -> None:
    surfaces = painter.surfaces
    person = surfaces.person
    heart = surfaces.heart(p)
    if float(np.min(heart)) > 6:
        return
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


def _mediastinal_tubes(hu: Real, painter: Painter, k: int, fine: Real) -> None:
    blood = painter.surfaces.person.blood_hu
    over(hu, np.float32(45), painter.tubes("gullet", k))
    over(hu, np.float32(blood) + 3 * fine, painter.tubes("blood", k))
    over(hu, np.float32(35), painter.tubes("windpipe_wall", k))
    over(hu, np.float32(-995), painter.tubes("windpipe", k))


def _spine(hu: Real, p: Points, painter: Painter, narrow: Real, fine: Real) -> None:
    surfaces = painter.surfaces
    bone = surfaces.person.bone
    width = painter.voxel_mm
    columns = np.flatnonzero((np.abs(p.x) < _SPINE_MM).any(axis=0))
    if not len(columns):
        return
    part = slice(int(columns[0]), int(columns[-1]) + 1)
    hu, narrow, fine = hu[:, part], narrow[:, part], fine[:, part]
    p = Points(*(v[:, part] if v.shape[1] > 1 else v for v in (p.x, p.y, p.z)))
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


def _bones(hu: Real, p: Points, painter: Painter, k: int, fine: Real, inside: Real) -> None:
    surfaces = painter.surfaces
    person = surfaces.person
    width = painter.voxel_mm
    over(hu, np.float32(115), painter.tubes("cartilage", k))
    over(hu, np.float32(620 * person.bone), painter.tubes("bone", k) * inside)
    over(hu, np.float32(210 * person.bone) + 30 * fine, painter.tubes("marrow", k) * inside)
    front = surfaces.cage(Points(np.zeros((1, 1), np.float32), p.y, p.z)) - 6.5
    half = np.where(surfaces.level(p.z) > 0.78, np.float32(26), np.float32(16))
    ends = np.maximum(p.z - surfaces.height(0.92), surfaces.height(0.30) - p.z)
    sternum = np.maximum(np.maximum(np.abs(front) - 5.0, np.abs(p.x) - half), np.maximum(ends, p.y + 20))
    over(hu, np.float32(380 * person.bone), coverage(sternum, width))
    over(hu, np.float32(140 * person.bone) + 20 * fine, coverage(sternum + 1.4, width))
