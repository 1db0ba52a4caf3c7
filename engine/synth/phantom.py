"""Painting a synthetic chest slice by slice, in HU, with its labels.

Everything implicit (skin, muscle, organs, lungs) is evaluated on one slice at a time, and only in the window
of it that holds the structure, so the arrays stay in the cache of the processor; tubes (vessels, airways,
bones) are stamped into slabs of a few slices.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.core.types import LabelArray, PointLps
from engine.geometry.grid import Grid
from engine.synth.body import AIR_HU, Part, paint_body, paint_table
from engine.synth.lesions import CORE_FROM, HAZE_FROM_HU, Disease, fluid, lump, opacity, plate
from engine.synth.person import Person
from engine.synth.skeleton import great_tubes, ribs
from engine.synth.space import (
    NoiseField,
    Points,
    Pose,
    Real,
    Window,
    body_to_index,
    coverage,
    over,
    slice_points,
    window_of,
)
from engine.synth.surfaces import Surfaces
from engine.synth.trees import AIRWAY, ARTERY, VEIN, TreeKind, grow, points_in_lung
from engine.synth.tubes import Tubes, stamp

RIGHT, LEFT, GROUND_GLASS, CONSOLIDATION, EFFUSION = 1, 2, 3, 4, 5
_SLAB = 8
_COARSE_MM = 1.9
"""Voxels up to this size show every vessel."""


@dataclass(frozen=True)
class Painted:
    """One slice.

    Args:
        hu: (y, x) float32, before the scanner's blur and noise.
        labels: (y, x) uint8 label ids.
        lungs: (y, x) uint8, 1 right and 2 left, lesions included and effusion left out.
    """

    hu: Real
    labels: LabelArray
    lungs: LabelArray


class Painter:
    """A chest on a grid.

    Args:
        surfaces: Its shape.
        disease: What is wrong with it.
        grid: Where the voxels lie.
        pose: Where the body lies.
        rng: Source of trees and textures.
    """

    def __init__(
        self,
        surfaces: Surfaces,
        disease: Disease,
        grid: Grid,
        pose: Pose,
        rng: np.random.Generator,
    ) -> None:
        self.surfaces = surfaces
        self.disease = disease
        self.grid = grid
        self.pose = pose
        self.voxel_mm = float(np.cbrt(np.prod(grid.spacing_zyx_mm)))
        self._tubes = {name: self._on_grid(t) for name, t in _all_tubes(surfaces, rng, _detail(self.voxel_mm)).items()}
        shape, spacing = grid.shape_zyx, grid.spacing_zyx_mm
        self.wide = NoiseField(rng, shape, spacing, 15.0)
        self.narrow = NoiseField(rng, shape, spacing, 5.5)
        self.fine = NoiseField(rng, shape, spacing, 2.6)
        self._slab_start = -1
        self._slabs: dict[str, Real] = {}

    def _on_grid(self, tubes: Tubes) -> Tubes:
        return Tubes(body_to_index(self.grid, self.pose, tubes.points), tubes.radii_mm)

    def tubes(self, name: str, part: Part) -> Real:
        """Return the share of each voxel of `part` that the tubes called `name` fill."""
        k = part.k
        start = k // _SLAB * _SLAB
        if start != self._slab_start:
            self._slab_start = start
            nz, ny, nx = self.grid.shape_zyx
            depth = min(_SLAB, nz - start)
            self._slabs = {}
            for key, tubes in self._tubes.items():
                canvas = np.zeros((depth, ny, nx), dtype=np.float32)
                stamp(canvas, tubes, self.grid.spacing_zyx_mm, start)
                self._slabs[key] = canvas
        return self._slabs[name][k - start][part.window]

    def slice(self, k: int) -> Painted:
        """Return slice `k` of the grid."""
        whole = self._whole(k)
        paint_table(self, whole)
        body = self.window(self.surfaces.outside, whole)
        if body is not None:
            paint_body(self, body)
        labels, sides = np.zeros(whole.hu.shape, np.uint8), np.zeros(whole.hu.shape, np.uint8)
        lungs = self.window(self.surfaces.lungs, whole)
        if lungs is not None:
            labels[lungs.window], sides[lungs.window] = self._paint_lungs(lungs)
        return Painted(whole.hu, labels, sides)

    def _whole(self, k: int) -> Part:
        shape = self.grid.shape_zyx[1:]
        everywhere = slice(0, shape[0]), slice(0, shape[1])
        noises = self.wide.slice(k), self.narrow.slice(k), self.fine.slice(k)
        return Part(np.full(shape, AIR_HU, np.float32), slice_points(self.grid, self.pose, k), *noises, k, everywhere)

    def window(self, distance: Callable[[Points], Real], part: Part) -> Part | None:
        """Return what of `part` holds a structure, None if nothing does; see :func:`window_of`."""
        found = window_of(distance, part.points, part.hu.shape, self.grid.spacing_zyx_mm[1:])
        return None if found is None else part.cut(found)

    def _paint_lungs(self, part: Part) -> tuple[LabelArray, LabelArray]:
        hu, p, wide, narrow, fine = part.hu, part.points, part.wide, part.narrow, part.fine
        lungs = np.broadcast_to(self.surfaces.lungs(p), hu.shape)
        lungs = np.maximum(lungs, (self.tubes("margin", part) - 0.5) * np.float32(2 * self.voxel_mm))
        inside = coverage(lungs, self.voxel_mm)
        tissue = self._parenchyma(p, lungs, wide, narrow, fine)
        haze, core, core_hu = self._opacities(part)
        tissue += haze * (1 + np.float32(0.22) * fine + np.float32(0.10) * narrow)
        np.minimum(tissue, -60, out=tissue)
        over(tissue, core_hu + 14 * fine, core)
        over(tissue, np.float32(self.surfaces.person.blood_hu * 0.9), self.tubes("vessels", part))
        over(tissue, np.float32(-120), self.tubes("walls", part) * np.float32(0.8))
        over(tissue, np.float32(-985), self.tubes("lumens", part))
        for nodule in self.disease.nodules:
            over(tissue, np.float32(nodule.hu), coverage(lump(nodule, p, narrow), self.voxel_mm))
        water, water_hu = self._fluids(p, lungs)
        squeezed = np.exp(-np.maximum(water, 0) * np.float32(1 / 3.5)) * (water < 30)
        over(tissue, np.float32(-60), squeezed * np.float32(0.8))
        wet = coverage(water, self.voxel_mm)
        over(tissue, water_hu, wet)
        over(hu, tissue, inside)
        side = np.where(p.x < 0, np.uint8(RIGHT), np.uint8(LEFT))
        aerated = (inside > 0.5) & (wet < 0.5)
        sides = np.where(aerated, side, np.uint8(0)).astype(np.uint8)
        labels = sides.copy()
        labels[aerated & (haze >= HAZE_FROM_HU)] = GROUND_GLASS
        labels[aerated & (core >= CORE_FROM)] = CONSOLIDATION
        labels[(inside > 0.5) & (wet >= 0.5)] = EFFUSION
        return labels, sides

    def _parenchyma(self, p: Points, lungs: Real, wide: Real, narrow: Real, fine: Real) -> Real:
        person = self.surfaces.person
        back = np.clip((p.y + 90 * person.depth) / (180 * person.depth), 0, 1)
        tissue = person.lung_hu + person.gravity_hu * back + 9 * wide + 14 * narrow + 22 * fine
        if self.disease.dependent_hu:
            rim = np.exp(np.minimum(lungs, 0) * np.float32(1 / 6))
            tissue = tissue + self.disease.dependent_hu * rim * np.clip(back * 4 - 3, 0, 1) * (1 + 0.3 * narrow)
        if person.emphysema:
            hole = np.clip((wide + 0.6 * narrow) * 2 - 2 * (1.6 - 3 * person.emphysema), 0, 1)
            tissue = tissue + hole * (-965 - tissue)
        major = _major_fissure(self.surfaces, p)
        sheet = np.minimum(np.abs(major + wide * 1.5), _minor_fissure(self.surfaces, p, major))
        tissue = tissue + 190 * np.exp(-((sheet / np.float32(0.7 * max(1.0, self.voxel_mm))) ** 2)) / max(
            1.0, self.voxel_mm
        )
        for band in self.disease.bands:
            tissue = tissue + plate(band, p, wide)
        return np.broadcast_to(tissue, lungs.shape).astype(np.float32)

    def _opacities(self, part: Part) -> tuple[Real, Real, Real]:
        shape = part.hu.shape
        haze, core = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        core_hu = np.zeros(shape, np.float32)
        for lesion in self.disease.lesions:
            window = self._around(lesion.centre, 1.9 * max(lesion.radii_mm), part)
            if window is None:
                continue
            near = part.cut(window)
            more, solid = opacity(lesion, near.points, near.wide, near.narrow)
            if lesion.paving:
                lines = np.exp(-((near.narrow / np.float32(0.16)) ** 2))
                more = more + lines * np.float32(lesion.paving) * (more > HAZE_FROM_HU)
            np.maximum(haze[window], more, out=haze[window])
            denser = solid > core[window]
            core_hu[window] = np.where(denser, np.float32(lesion.core_hu), core_hu[window])
            np.maximum(core[window], solid, out=core[window])
        return haze, core, core_hu

    def _around(self, centre: PointLps, reach_mm: float, part: Part) -> Window | None:
        """Return the window of `part` within `reach_mm` of a point, None if there is none."""
        index = body_to_index(self.grid, self.pose, np.asarray([centre]))[0]
        reach = reach_mm / np.asarray(self.grid.spacing_zyx_mm)
        if abs(index[0] - part.k) > reach[0]:
            return None
        first = np.array([side.start for side in part.window])
        low = np.maximum(np.floor(index - reach)[1:] - first, 0).astype(int)
        high = np.minimum(np.ceil(index + reach)[1:] + 1 - first, part.hu.shape).astype(int)
        if (high <= low).any():
            return None
        return slice(low[0], high[0]), slice(low[1], high[1])

    def _fluids(self, p: Points, lungs: Real) -> tuple[Real, Real]:
        nearest = np.full(lungs.shape, 1e3, np.float32)
        hu = np.zeros(lungs.shape, np.float32)
        for effusion in self.disease.effusions:
            distance = fluid(effusion, self.surfaces, p, lungs)
            hu = np.where(distance < nearest, np.float32(effusion.hu), hu)
            nearest = np.minimum(nearest, distance)
        return nearest, hu


def _major_fissure(surfaces: Surfaces, p: Points) -> Real:
    """Return the distance to the oblique fissure, which runs from high behind to low in front."""
    depth = surfaces.person.depth
    lift = np.where(p.x < 0, surfaces.height(0.42), surfaces.height(0.45))
    return (p.z - lift - np.float32(1.05) * (p.y - 5 * depth)) * np.float32(0.69)


def _minor_fissure(surfaces: Surfaces, p: Points, major: Real) -> Real:
    """Return the distance to the level fissure of the right lung, in front of the oblique one."""
    distance = np.abs(p.z - surfaces.height(0.48) + 0.08 * p.y)
    absent = (p.x > 0) | (major < 0)
    return np.where(absent, np.float32(1e3), distance)


def _all_tubes(surfaces: Surfaces, rng: np.random.Generator, detail: float) -> dict[str, Tubes]:
    great = great_tubes(surfaces, rng)
    bones = ribs(surfaces, rng)
    vessels: list[Tubes] = []
    airways: list[Tubes] = []
    for left, hilum in ((False, great.hilum_right), (True, great.hilum_left)):
        heading = np.array([1.0 if left else -1.0, 0.15, -0.35])
        heading /= np.linalg.norm(heading)
        for kind, offset, out in (
            (ARTERY, [0, -6, 6], vessels),
            (VEIN, [0, -10, -14], vessels),
            (AIRWAY, [0, 0, 0], airways),
        ):
            targets = points_in_lung(surfaces, rng, _ends(kind, detail), left=left, margin_mm=4.0)
            out.append(grow(hilum + np.asarray(offset), heading, targets, kind, rng))
    tree = Tubes.join(airways)
    lumen = Tubes(tree.points, np.maximum(tree.radii_mm - 0.25, 0.4))
    wall = Tubes(tree.points, tree.radii_mm + 0.15 + 0.12 * tree.radii_mm)
    return {
        "vessels": Tubes.join(vessels),
        "lumens": Tubes.join([lumen, great.airway.wider(-0.2)]),
        "walls": Tubes.join([wall, great.airway.wider(1.4)]),
        "windpipe": great.airway,
        "windpipe_wall": great.airway.wider(1.6),
        "margin": Tubes.join([great.blood.wider(2.2), great.gullet.wider(1.5), great.airway.wider(3.0)]),
        "blood": great.blood,
        "gullet": great.gullet,
        "bone": bones.bone,
        "marrow": bones.bone.wider(-1.3),
        "cartilage": bones.cartilage,
    }


def _detail(voxel_mm: float) -> float:
    """Return the share of the vessels worth painting: on coarse voxels the finest are not to be seen."""
    return float(np.clip((_COARSE_MM / voxel_mm) ** 2, 0.05, 1.0))


def _ends(kind: TreeKind, detail: float) -> int:
    return max(8, int(kind.ends * detail))


def new_chest(rng: np.random.Generator) -> Surfaces:
    """Return the surfaces of a random adult."""
    return Surfaces(Person.draw(rng))
