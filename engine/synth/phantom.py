"""Painting a synthetic chest slice by slice, in HU, with its labels.

Everything implicit (skin, muscle, organs, lungs) is evaluated on one slice at a time, so the arrays stay
in the cache of the processor; tubes (vessels, airways, bones) are stamped into slabs of a few slices.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.core.types import LabelArray
from engine.geometry.grid import Grid
from engine.synth.body import paint_body
from engine.synth.lesions import CORE_FROM, HAZE_FROM_HU, Disease, fluid, lump, opacity, plate
from engine.synth.person import Person
from engine.synth.skeleton import great_tubes, ribs
from engine.synth.space import NoiseField, Points, Pose, Real, body_to_index, coverage, over, slice_points
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

    def tubes(self, name: str, k: int) -> Real:
        """Return the share of each voxel of slice `k` that the tubes called `name` fill."""
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
        return self._slabs[name][k - start]

    def slice(self, k: int) -> Painted:
        """Return slice `k` of the grid."""
        p = slice_points(self.grid, self.pose, k)
        lungs = self.surfaces.lungs(p)
        lungs = np.broadcast_to(lungs, self.grid.shape_zyx[1:]).copy()
        margin = self.tubes("margin", k)
        lungs = np.maximum(lungs, (margin - 0.5) * np.float32(2 * self.voxel_mm))
        hu = paint_body(self, p, k, lungs)
        labels, sides = self._paint_lungs(hu, p, k, lungs)
        return Painted(hu, labels, sides)

    def _paint_lungs(self, hu: Real, p: Points, k: int, lungs: Real) -> tuple[LabelArray, LabelArray]:
        wide, narrow, fine = self.wide.slice(k), self.narrow.slice(k), self.fine.slice(k)
        inside = coverage(lungs, self.voxel_mm)
        tissue = self._parenchyma(p, lungs, wide, narrow, fine)
        haze, core, core_hu = self._opacities(p, k, wide, narrow)
        tissue += haze * (1 + np.float32(0.22) * fine + np.float32(0.10) * narrow)
        np.minimum(tissue, -60, out=tissue)
        over(tissue, core_hu + 14 * fine, core)
        vessel = self.tubes("vessels", k)
        over(tissue, np.float32(self.surfaces.person.blood_hu * 0.9), vessel)
        over(tissue, np.float32(-120), self.tubes("walls", k) * np.float32(0.8))
        over(tissue, np.float32(-985), self.tubes("lumens", k))
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
        sheet = np.minimum(np.abs(_major_fissure(self.surfaces, p) + wide * 1.5), _minor_fissure(self.surfaces, p))
        tissue = tissue + 190 * np.exp(-((sheet / np.float32(0.7 * max(1.0, self.voxel_mm))) ** 2)) / max(
            1.0, self.voxel_mm
        )
        for band in self.disease.bands:
            tissue = tissue + plate(band, p, wide)
        return np.broadcast_to(tissue, lungs.shape).astype(np.float32)

    def _opacities(self, p: Points, k: int, wide: Real, narrow: Real) -> tuple[Real, Real, Real]:
        shape = self.grid.shape_zyx[1:]
        haze, core = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        core_hu = np.zeros(shape, np.float32)
        for lesion in self.disease.lesions:
            window = self._window(lesion.centre, 1.9 * max(lesion.radii_mm), k)
            if window is None:
                continue
            rows, columns = window
            near = Points(*(_cut(v, rows, columns) for v in (p.x, p.y, p.z)))
            more, solid = opacity(lesion, near, wide[window], narrow[window])
            if lesion.paving:
                lines = np.exp(-((narrow[window] / np.float32(0.16)) ** 2))
                more = more + lines * np.float32(lesion.paving) * (more > HAZE_FROM_HU)
            np.maximum(haze[window], more, out=haze[window])
            denser = solid > core[window]
            core_hu[window] = np.where(denser, np.float32(lesion.core_hu), core_hu[window])
            np.maximum(core[window], solid, out=core[window])
        return haze, core, core_hu

    def _window(self, centre: tuple[float, float, float], reach_mm: float, k: int) -> tuple[slice, slice] | None:
        index = body_to_index(self.grid, self.pose, np.asarray([centre]))[0]
        reach = reach_mm / np.asarray(self.grid.spacing_zyx_mm)
        if abs(index[0] - k) > reach[0]:
            return None
        low = np.maximum(np.floor(index - reach), 0).astype(int)
        high = np.minimum(np.ceil(index + reach) + 1, self.grid.shape_zyx).astype(int)
        if (high[1:] <= low[1:]).any():
            return None
        return slice(low[1], high[1]), slice(low[2], high[2])

    def _fluids(self, p: Points, lungs: Real) -> tuple[Real, Real]:
        nearest = np.full(lungs.shape, 1e3, np.float32)
        hu = np.zeros(lungs.shape, np.float32)
        for effusion in self.disease.effusions:
            distance = fluid(effusion, self.surfaces, p, lungs)
            hu = np.where(distance < nearest, np.float32(effusion.hu), hu)
            nearest = np.minimum(nearest, distance)
        return nearest, hu


def _cut(values: Real, rows: slice, columns: slice) -> Real:
    if values.shape[0] > 1:
        values = values[rows]
    return values[:, columns] if values.shape[1] > 1 else values


def _major_fissure(surfaces: Surfaces, p: Points) -> Real:
    """Return the distance to the oblique fissure, which runs from high behind to low in front."""
    depth = surfaces.person.depth
    lift = np.where(p.x < 0, surfaces.height(0.42), surfaces.height(0.45))
    return (p.z - lift - np.float32(1.05) * (p.y - 5 * depth)) * np.float32(0.69)


def _minor_fissure(surfaces: Surfaces, p: Points) -> Real:
    """Return the distance to the level fissure of the right lung, in front of the oblique one."""
    distance = np.abs(p.z - surfaces.height(0.48) + 0.08 * p.y)
    absent = (p.x > 0) | (_major_fissure(surfaces, p) < 0)
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
