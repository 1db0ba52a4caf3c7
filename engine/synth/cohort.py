"""Synthetic cases from a seed: the same seed and options give the same voxels on every machine.

A case is a whole chest or a slab, straight or tilted, with thin or thick slices, with or without
disease. `make_case` is the one door; the cohort is a list of seeds.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

import numpy as np

from engine.core.errors import InputError
from engine.core.progress import CancelToken, NoProgress, Progress
from engine.core.types import FloatZyx, HuArray, IndexZyx, LabelArray
from engine.geometry.grid import Grid
from engine.synth.lesions import Disease
from engine.synth.person import Person
from engine.synth.phantom import Painter
from engine.synth.scanner import Scanner, scan
from engine.synth.space import Pose
from engine.synth.surfaces import Surfaces

PAINTER_VERSION = 1
"""Raised whenever the same seed gives other voxels."""
Kind = Literal["random", "normal", "ground_glass", "consolidation", "effusion", "mixed"]
KINDS: tuple[Kind, ...] = ("random", "normal", "ground_glass", "consolidation", "effusion", "mixed")
_RANDOM_KINDS: tuple[Kind, ...] = ("normal", "ground_glass", "consolidation", "effusion", "mixed")
_RANDOM_SHARES = (0.10, 0.32, 0.20, 0.10, 0.28)
_COARSEST_MM = 2.6
"""Thicker slices are averaged from thinner ones, as a scanner does."""


@dataclass(frozen=True)
class SyntheticCase:
    """A chest whose truth is known.

    Args:
        hu: (z, y, x) int16 HU.
        labels: (z, y, x) uint8: 1 right lung, 2 left lung, 3 ground-glass, 4 consolidation, 5 effusion.
        lungs: (z, y, x) uint8: 1 right and 2 left, with the lesions inside and without effusion.
        grid: Where the voxels lie, LPS.
        parameters: All that was drawn, ready for JSON.
    """

    hu: HuArray
    labels: LabelArray
    lungs: LabelArray
    grid: Grid
    parameters: dict[str, Any] = field(repr=False)


def make_case(  # noqa: PLR0913 - one door, each argument fixes what else is drawn
    seed: int,
    *,
    spacing_zyx_mm: FloatZyx | None = None,
    shape_zyx: IndexZyx | None = None,
    kind: Kind = "random",
    slab: bool | None = None,
    tilt_deg: float | None = None,
    scanner: Scanner | None = None,
    clean: bool = False,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> SyntheticCase:
    """Return the synthetic case of `seed`.

    Args:
        seed: Not negative. Everything not fixed by the other arguments is drawn from it.
        spacing_zyx_mm: Voxel spacing; drawn (0.6 to 1.0 mm in plane, 0.6 to 8 mm slices) if None.
        shape_zyx: Voxels; what covers the chest if None. Smaller shapes are centred on the lungs.
        kind: Which disease.
        slab: Only part of the chest; drawn (one in six) if None.
        tilt_deg: Angle between the patient and the axes of the grid; drawn (mostly 0) if None.
        scanner: Kernel and noise; drawn if None.
        clean: Without blur and noise.
        progress: Told at the start and after every slice.
        cancel: Looked at before every slice.

    Raises:
        InputError: an argument is out of range.
        Cancelled: by the token.

    Cost: processor seconds on one core: 2 to grow the vessels, then 0.08 a slice of 512 × 512.
    """
    _check(seed, spacing_zyx_mm, shape_zyx, kind)
    rng = np.random.default_rng(np.random.SeedSequence([0x67676C61, seed]))
    body_rng, disease_rng, pose_rng, scan_rng, texture_rng, noise_rng = rng.spawn(6)
    surfaces = Surfaces(Person.draw(body_rng))
    chosen = _draw_kind(disease_rng) if kind == "random" else kind
    disease = _draw_disease(surfaces, disease_rng, chosen)
    pose = _draw_pose(pose_rng)
    drawn_scanner = Scanner.draw(scan_rng)
    settings = replace(scanner or drawn_scanner)
    grid = _draw_grid(surfaces, pose, scan_rng, spacing_zyx_mm, shape_zyx, slab=slab, tilt_deg=tilt_deg)
    quiet = replace(settings, blur_mm=0.0, sharpen=0.0, noise_hu=0.0) if clean else settings
    told, token = progress or NoProgress(), cancel or CancelToken()
    told.update(0, grid.shape_zyx[0], "Growing vessels and airways")
    token.check()
    fine_grid, group = _finer(grid)
    painter = Painter(surfaces, disease, fine_grid, pose, texture_rng)
    hu, labels, lungs = _painted(painter, grid, group, quiet, noise_rng, told, token)
    parameters = {
        "seed": seed,
        "kind": chosen,
        "person": asdict(surfaces.person),
        "disease": asdict(disease),
        "pose": asdict(pose),
        "scanner": asdict(quiet),
    }
    return SyntheticCase(hu, labels, lungs, grid, parameters)


def _painted(
    painter: Painter,
    grid: Grid,
    group: int,
    scanner: Scanner,
    rng: np.random.Generator,
    progress: Progress,
    cancel: CancelToken,
) -> tuple[HuArray, LabelArray, LabelArray]:
    """Return HU, labels and lungs on `grid`, each slice the mean of `group` slices of the painter."""
    hu = np.empty(grid.shape_zyx, np.int16)
    labels = np.empty(grid.shape_zyx, np.uint8)
    lungs = np.empty(grid.shape_zyx, np.uint8)
    for k in range(grid.shape_zyx[0]):
        cancel.check()
        parts = [painter.slice(k * group + i) for i in range(group)]
        middle = parts[group // 2]
        ideal = middle.hu if group == 1 else np.asarray(np.mean([part.hu for part in parts], axis=0, dtype=np.float32))
        hu[k] = scan(ideal, scanner, grid.spacing_zyx_mm[1:], rng)
        labels[k], lungs[k] = middle.labels, middle.lungs
        progress.update(k + 1, grid.shape_zyx[0], "Painting the synthetic chest")
    return hu, labels, lungs


def _check(seed: int, spacing: FloatZyx | None, shape: IndexZyx | None, kind: str) -> None:
    if seed < 0:
        raise InputError("The seed of a synthetic case is negative.", f"It is {seed}.", "Give 0 or more.")
    if spacing is not None and not all(0.3 <= s <= 12 for s in spacing):
        raise InputError(
            "A synthetic case cannot have this spacing.",
            f"It is {spacing} mm (z, y, x); 0.3 to 12 mm can be painted.",
            "Choose a spacing in that range.",
        )
    if shape is not None and (len(shape) != 3 or min(shape) < 1):
        raise InputError(
            "A synthetic case cannot have this shape.", f"It is {shape}; three axes of at least 1 are needed.", ""
        )
    if kind not in KINDS:
        raise InputError(f"There is no kind of case called “{kind}”.", "", f"Choose one of: {', '.join(KINDS)}.")


def _draw_kind(rng: np.random.Generator) -> Kind:
    return _RANDOM_KINDS[int(rng.choice(len(_RANDOM_KINDS), p=_RANDOM_SHARES))]


def _draw_disease(surfaces: Surfaces, rng: np.random.Generator, kind: Kind) -> Disease:
    many = int(1 + rng.integers(0, 4) + (rng.integers(0, 14) if rng.random() < 0.6 else 0))
    lesions = {"normal": 0, "effusion": 0}.get(kind, many)
    solid = {"ground_glass": 0.0, "consolidation": 0.85}.get(kind, 0.4)
    wet = {
        "effusion": 1 + int(rng.random() < 0.4),
        "mixed": int(rng.random() < 0.6),
        "consolidation": int(rng.random() < 0.25),
    }
    return Disease.draw(surfaces, rng, lesions=lesions, consolidation=solid, effusions=wet.get(kind, 0))


def _draw_pose(rng: np.random.Generator) -> Pose:
    x, y, z = (float(v) for v in rng.normal(0, (8, 12, 200)))
    yaw, roll, pitch = (float(v) for v in rng.normal(0, (2.5, 1.8, 1.8)))
    return Pose((x, y, z), yaw, roll, pitch)


def _draw_grid(
    surfaces: Surfaces,
    pose: Pose,
    rng: np.random.Generator,
    spacing: FloatZyx | None,
    shape: IndexZyx | None,
    *,
    slab: bool | None,
    tilt_deg: float | None,
) -> Grid:
    plane = float(rng.uniform(0.6, 0.95))
    slices = float(rng.choice([0.6, 1.0, 1.25, 2.0, 2.5, 3.0, 5.0, 8.0]))
    partly = bool(rng.random() < 1 / 6)
    angle = float(rng.normal(0, 12)) if rng.random() < 0.15 else 0.0
    part = rng.uniform(0.25, 0.6), rng.uniform(0.1, 0.9)
    used = spacing or (slices, plane, plane)
    tilt = np.deg2rad(angle if tilt_deg is None else tilt_deg)
    low, high = surfaces.bottom_mm - 14, surfaces.height(1.0) + 16
    if partly if slab is None else slab:
        span = (high - low) * part[0]
        low += (high - low - span) * part[1]
        high = low + span
    person = surfaces.person
    half_x = 140 * person.width + person.muscle_mm + person.fat_mm + 30
    half_y = 95 * person.depth + person.muscle_mm + person.fat_mm + 26
    size = (high - low, 2 * half_y, 2 * half_x)
    voxels = shape or tuple(int(np.ceil(n / s)) for n, s in zip(size, used, strict=True))
    nz, ny, nx = (int(n) for n in voxels)
    rows = np.array([[0, -np.sin(tilt), np.cos(tilt)], [0, np.cos(tilt), np.sin(tilt)], [1.0, 0, 0]], dtype=np.float64)
    centre = pose.to_lps(np.array([0.0, 4.0, (low + high) / 2]))
    origin = centre - ((np.array([nz, ny, nx]) - 1) / 2 * np.asarray(used)) @ rows
    direction = tuple(tuple(float(v) for v in row) for row in rows)
    return Grid((nz, ny, nx), used, tuple(float(v) for v in origin), direction)  # type: ignore[arg-type]


def _finer(grid: Grid) -> tuple[Grid, int]:
    """Return the grid that is painted and how many of its slices make one slice of `grid`."""
    thickness = grid.spacing_zyx_mm[0]
    if thickness <= _COARSEST_MM:
        return grid, 1
    group = 3 if thickness <= 3 * _COARSEST_MM else 5
    nz, ny, nx = grid.shape_zyx
    step = thickness / group
    shift = -(group - 1) / 2 * step * np.asarray(grid.direction[0])
    x, y, z = (float(v) for v in np.asarray(grid.origin_lps) + shift)
    return Grid((nz * group, ny, nx), (step, *grid.spacing_zyx_mm[1:]), (x, y, z), grid.direction), group
