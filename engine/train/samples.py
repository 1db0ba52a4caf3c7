"""Where training cases come from: the synthetic cohort, painted once and kept on disk, or a folder of cases.

A sample is a chest on the recipe's spacing, cut above and below the lungs. Lungs and lesions are kept apart,
because lesions lie inside the lungs and each label is an output of its own.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine.core.atomic import replacing
from engine.core.errors import InputError
from engine.core.progress import CancelToken, NoProgress, Progress
from engine.core.types import FloatZyx, HuArray, LabelArray, MaskArray
from engine.geometry.box import Box
from engine.geometry.grid import Grid
from engine.geometry.resample import labels_to, volume_to
from engine.synth.cohort import PAINTER_VERSION, SyntheticCase, make_case

if TYPE_CHECKING:
    from engine.synth.hosts.anatomy import Host

INFECTION = 250
"""An id in `Sample.ids` where ground-glass or consolidation was drawn as one."""
UNKNOWN = 255
"""An id in `Sample.labels` where nothing is known and nothing is learned."""
LABEL_KEYS = ("lung_right", "lung_left", "ground_glass", "consolidation", "effusion")
_BEYOND_MM = 24.0
"""What a sample holds above and below the lungs; in the plane it holds everything. The predictor's box grows to
its window, which is wider than a chest: what it will see there, table and arms and air, must be learned from."""
_CUT_VERSION = 2
"""Goes up when the same painted chest is cut or resampled in another way: samples kept on disk are then made anew."""
_SLICES_MM = (2.0, 2.0, 2.0, 1.25, 3.0, 5.0)
"""Slice spacings of the synthetic scans before they are resampled; thick ones lose detail, as in life."""
_FINER = 0.6
"""Voxels of a synthetic scan over those of a sample, in the plane."""


@dataclass(frozen=True)
class Sample:
    """One training case.

    Args:
        name: For messages and the split.
        hu: (z, y, x) int16 HU.
        labels: (z, y, x) uint8 ids 1 … 5; what lies inside the lungs hides them.
        lungs: (z, y, x) uint8, 1 right and 2 left with the lesions inside.
        annotated: Keys of the labels that were drawn in this case.
        infection: (z, y, x) where the case has one mask for ground-glass and consolidation together.
    """

    name: str
    hu: HuArray
    labels: LabelArray
    lungs: LabelArray
    annotated: frozenset[str] = frozenset(LABEL_KEYS)
    infection: MaskArray | None = None

    @property
    def known(self) -> frozenset[str]:
        """Keys of all labels this case can teach: those drawn, and what follows from them."""
        follow = {"lung": {"lung_right", "lung_left"}, "infection": {"ground_glass", "consolidation"}}
        found = {key for key, parts in follow.items() if parts <= self.annotated}
        return self.annotated | found | ({"infection"} if self.infection is not None else set())

    @property
    def ids(self) -> LabelArray:
        """(z, y, x) `labels` with the common mask as one more id, INFECTION."""
        return self.labels if self.infection is None else np.where(self.infection, np.uint8(INFECTION), self.labels)


def synthetic(
    folder: Path,
    seeds: Sequence[int],
    spacing_zyx_mm: FloatZyx,
    *,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> list[Path]:
    """Paint the synthetic cases of `seeds` that `folder` lacks, and return the paths of all.

    Args:
        folder: Where they are kept; a subfolder per painter version and spacing is made.
        seeds: Which cases.
        spacing_zyx_mm: Spacing of the samples.
        progress: Told after every case.
        cancel: Looked at after every slice.

    Cost: about 5 s and 12 MiB a case at 2 × 1.5 × 1.5 mm.
    """
    home = folder / f"painter-{PAINTER_VERSION}-{_CUT_VERSION}" / _written(spacing_zyx_mm)
    told = progress or NoProgress()
    paths: list[Path] = []
    for done, seed in enumerate(seeds):
        path = home / f"{seed:06d}.npz"
        if not path.exists():
            told.update(done, len(seeds), "Painting synthetic chests")
            _write(path, synthetic_sample(seed, spacing_zyx_mm, cancel=cancel))
        paths.append(path)
    told.update(len(seeds), len(seeds), "Synthetic chests are ready")
    return paths


def painted(
    scan: Path,
    folder: Path,
    seeds: Sequence[int],
    spacing_zyx_mm: FloatZyx,
    *,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> list[Path]:
    """Paint disease into a scan once per seed, unless `folder` has it already, and return the paths of all.

    Args:
        scan: Folder with a ``ct.nii.gz`` that shows lungs, or a host packed from one.
        folder: Where they are kept; a subfolder per painter version, spacing and content of the scan is made.
        seeds: What is painted.
        spacing_zyx_mm: Spacing of the samples.
        progress: Told after every case.
        cancel: Looked at before every case.

    Raises:
        InputError: the scan is missing or shows too little lung.
    """
    from engine.synth.hosts.paint import HOST_PAINTER_VERSION, paint_host

    home = folder / f"hosts-{HOST_PAINTER_VERSION}-{_CUT_VERSION}" / _written(spacing_zyx_mm)
    home /= _hash_of(scan)  # folders of the same name elsewhere hold other patients
    paths = [home / f"{scan.name}-{seed:06d}.npz" for seed in seeds]
    told, token = progress or NoProgress(), cancel or CancelToken()
    if all(path.exists() for path in paths):
        return paths
    host = host_at(scan)
    for done, (seed, path) in enumerate(zip(seeds, paths, strict=True)):
        token.check()
        told.update(done, len(paths), f"Painting into {scan.name}")
        if not path.exists():
            _write(path, sample_of(paint_host(host, seed), spacing_zyx_mm, path.stem))
    told.update(len(paths), len(paths), f"Painted into {scan.name}")
    return paths


def host_at(scan: Path) -> Host:
    """Return the chest in a folder as a host, from its scan or as it was packed.

    Raises:
        InputError: the scan is missing or shows too little lung.
    """
    from engine.io.case_folders import read_scan
    from engine.synth.hosts.anatomy import host_of
    from engine.synth.hosts.packed import HOST_FILE, read_host

    if (scan / HOST_FILE).exists():
        return read_host(scan / HOST_FILE)
    volume = read_scan(scan)
    return host_of(volume.hu, volume.grid, scan.name)


def _hash_of(scan: Path) -> str:
    from engine.io.case_folders import scan_hash
    from engine.synth.hosts.packed import HOST_FILE

    packed = scan / HOST_FILE
    return hashlib.sha256(packed.read_bytes()).hexdigest()[:16] if packed.exists() else scan_hash(scan)


def _written(spacing_zyx_mm: FloatZyx) -> str:
    return "x".join(f"{s:g}" for s in spacing_zyx_mm)


def synthetic_sample(seed: int, spacing_zyx_mm: FloatZyx, *, cancel: CancelToken | None = None) -> Sample:
    """Return the synthetic case of `seed` as a sample: scanned, resampled to the spacing, cut to the lungs."""
    slices = _SLICES_MM[seed % len(_SLICES_MM)]
    _, y, x = spacing_zyx_mm
    scanned = (slices, _FINER * y, _FINER * x)
    return sample_of(make_case(seed, spacing_zyx_mm=scanned, cancel=cancel), spacing_zyx_mm, f"synthetic-{seed:06d}")


def sample_of(case: SyntheticCase, spacing_zyx_mm: FloatZyx, name: str) -> Sample:
    """Return a synthetic case resampled to a spacing and cut above and below its lungs and effusions."""
    target = case.grid.resized(spacing_zyx_mm)
    hu = volume_to(case.hu, case.grid, target)
    labels = labels_to(case.labels, case.grid, target)
    lungs = labels_to(case.lungs, case.grid, target)
    part = _slab_of_lungs((lungs > 0) | (labels > 0), target).slices
    return Sample(name, hu[part].copy(), labels[part].copy(), lungs[part].copy())


def _slab_of_lungs(mask: MaskArray, grid: Grid) -> Box:
    whole = Box.whole(grid.shape_zyx)
    found = Box.of_mask(mask)
    if found is None:
        return whole
    room = int(np.ceil(_BEYOND_MM / grid.spacing_zyx_mm[0]))
    (z0, _, _), (z1, _, _) = found.start_zyx, found.stop_zyx
    _, ny, nx = grid.shape_zyx
    return Box((z0 - room, 0, 0), (z1 + room, ny, nx)).clipped(grid.shape_zyx)


def _write(path: Path, sample: Sample) -> None:
    with replacing(path) as temporary, temporary.open("wb") as stream:
        np.savez(stream, hu=sample.hu, labels=sample.labels, lungs=sample.lungs)


def read(path: Path) -> Sample:
    """Return the sample kept in `path`.

    Raises:
        InputError: the file is damaged; it is enough to delete it.
    """
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            return Sample(path.stem, stored["hu"], stored["labels"], stored["lungs"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(
            f"The prepared case “{path.name}” cannot be read.",
            f"{error}.",
            "Delete it; it is made again at the next training.",
        ) from error
