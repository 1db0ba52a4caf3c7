"""What is said of scans that are no chest CT, or doubtful ones, and of every real chest there is.

`python -m tests.benchmarks.guards DATA [WORD…]` prints a row for each input whose name holds one of the words: what
was read or made, then the codes. DATA is a folder of test data (`tests/support/shared_data.py`). No network runs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.case.volume import Notice, SeriesInfo, Volume, joined
from engine.core.errors import GroundglassError
from engine.geometry.grid import Grid
from engine.geometry.orient import Orientation
from engine.io.options import ReadOptions
from engine.io.source import open_volume, scan
from engine.predict.guards import check_grid, check_lungs, check_values
from engine.prep.lungs import find_lungs

TRAINED = (3.0, 2.5, 2.5)
Array = NDArray[np.float64]
Input = tuple[str, Callable[[], Volume]]
SHAPE, SPACING = (80, 128, 160), (3.0, 2.0, 2.0)


def main(words: list[str]) -> int:
    """Print the table."""
    data, wanted = Path(words[0]), words[1:]
    for name, make in (*files(data), *made(data), *chests(data)):
        if not wanted or any(word in name for word in wanted):
            print(f"| {name} | {said(make)} |", flush=True)
    return 0


def said(make: Callable[[], Volume]) -> str:
    """Return what is said of an input, in codes; a refusal in bold."""
    try:
        volume = make()
    except GroundglassError as error:
        return f"**not read**: {error.what}"
    turn = Orientation.of(volume.grid)
    hu, grid = turn.apply(volume.hu), turn.grid(volume.grid)
    notices = joined([n for n in volume.notices if n.severity != "info"], check_values(hu))
    if volume.has_hu and not any(n.severity == "refuse" for n in notices):
        notices = joined(notices, [*check_grid(grid, TRAINED), *check_lungs(find_lungs(hu, grid), grid)])
    gravest = {n.code: n for n in notices}  # the graver of two with one code comes last
    return ", ".join(_code(n) for n in gravest.values()) or "nothing"


def _code(notice: Notice) -> str:
    return f"**{notice.code}**" if notice.severity == "refuse" else notice.code


def files(data: Path) -> Iterator[Input]:
    """Yield every series of the DICOM archives, and the pictures."""
    for path in sorted((*data.glob("dicom/*.zip"), *data.glob("oddities/*.zip"))):
        for row in scan(path).rows:
            name = f"file {path.stem} series {row.number}"
            yield name, lambda row=row: open_volume(row)
    pictures = sorted(data.glob("evaluation/medseg_test48/images/*.jpg"))
    for path in pictures[:1]:
        yield "picture JPEG as it is", lambda path=path: open_volume(path)
    for path in pictures:
        yield f"picture as NIfTI 0..255 {path.stem}", lambda path=path: _picture(path)


def chests(data: Path) -> Iterator[Input]:
    """Yield every real chest kept as NIfTI."""
    for path in sorted(data.glob("*/*/ct.nii.gz")):
        yield f"chest {path.parent.parent.name}/{path.parent.name}", lambda path=path: open_volume(path)


def made(data: Path) -> Iterator[Input]:
    """Yield what is cut from real scans, and computed bodies that are no chest."""
    whole = data / "evaluation/COVID-CT-MD_P001/ct.nii.gz"
    low_dose, wide = data / "hosts_free/NLST_101287/ct.nii.gz", data / "normal/COVID-CT-MD_normal001/ct.nii.gz"
    for name, part in {"upper half": 0.5, "uppermost 8 %": 0.92}.items():
        yield f"part {name}", lambda part=part: _part(whole, part, 1.0)
    for name, part in {"lower half": 0.5, "lowest 12 %": 0.12, "lowest 4 %": 0.04}.items():
        yield f"part {name}", lambda part=part: _part(whole, 0.0, part)
    yield "part one slice", lambda: _part(whole, 0.5, 0.507)
    for step in (4, 5):
        yield f"part every {2 * step} mm", lambda step=step: _thinned(low_dose, step)
    for share in (0.3, 0.35, 0.45):
        yield f"part infant, {share} of the size", lambda share=share: _shrunk(wide, share)
    yield "part white-out", lambda: _white(whole)
    yield "made MR of a chest 0..4000", lambda: _mr(wide, 0)
    yield "made MR of a chest less 1024", lambda: _mr(wide, -1024)
    yield "made head", lambda: _body((48, 1100), (44, 35), air=((8, 20, 0),))
    yield "made belly with gas", lambda: _body((60, -100), (52, 45), air=((9, -10, 15), (7, 12, -20), (6, 0, 5)))
    yield "made blown-up bowel", lambda: _body((60, -100), (52, 45), air=((15, -12, 20), (16, 15, -20)))
    yield "made thigh", lambda: _body((50, -90), (44, 50), (12, 1200), (6, -60))
    yield "made air", lambda: _body()
    yield "made tube of air", lambda: _body((55, 120), air=((50, 0, 0),))
    yield "made water", lambda: _body((50, 0))


def _picture(path: Path) -> Volume:
    """Return a picture as the NIfTI reader gives it: grey levels 0 to 255, a single slice."""
    import tempfile

    import nibabel
    from PIL import Image

    grey = np.asarray(Image.open(path).convert("L"), dtype=np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "picture.nii.gz"
        nibabel.save(nibabel.Nifti1Image(grey.T[:, :, None], np.diag((0.8, 0.8, 5.0, 1.0))), out)  # pyright: ignore
        return open_volume(out, ReadOptions())


def _turned(path: Path) -> tuple[NDArray[np.int16], tuple[float, float, float]]:
    volume = open_volume(path)
    turn = Orientation.of(volume.grid)
    return turn.apply(volume.hu), turn.grid(volume.grid).spacing_zyx_mm


def _volume(hu: NDArray[np.generic], spacing: tuple[float, ...]) -> Volume:
    whole = np.ascontiguousarray(hu, dtype=np.int16)
    z, y, x = spacing
    return Volume(whole, Grid((whole.shape[0], whole.shape[1], whole.shape[2]), (z, y, x)), SeriesInfo("a", "nifti"))


def _part(path: Path, start: float, stop: float) -> Volume:
    hu, spacing = _turned(path)
    return _volume(hu[int(start * len(hu)) : max(int(start * len(hu)) + 1, int(stop * len(hu)))], spacing)


def _thinned(path: Path, step: int) -> Volume:
    hu, (z, y, x) = _turned(path)
    return _volume(hu[::step], (z * step, y, x))


def _shrunk(path: Path, share: float) -> Volume:
    hu, spacing = _turned(path)
    return _volume(hu, tuple(share * s for s in spacing))


def _white(path: Path) -> Volume:
    from engine.geometry.box import Box

    hu, spacing = _turned(path)
    lung = find_lungs(hu, Grid((hu.shape[0], hu.shape[1], hu.shape[2]), spacing)).mask_on(Box.whole(hu.shape))  # pyright: ignore
    return _volume(np.where(lung, np.minimum(30, hu + 880), hu), spacing)


def _mr(path: Path, shift: int) -> Volume:
    """Return a chest as MR may show it: fat bright, lung and bone dark, noise over it."""
    hu, spacing = _turned(path)
    grey = np.interp(hu, (-1024, -900, -500, -150, -50, 0, 40, 300), (0, 30, 200, 2600, 2400, 600, 900, 300))
    noise = np.random.default_rng(0).normal(0, 60, hu.shape)
    return _volume(np.clip(grey + noise, 0, 4000) + shift, spacing)


def _body(*rings: tuple[float, float], air: tuple[tuple[float, float, float], ...] = ()) -> Volume:
    """Return a cylinder of (radius mm, HU) with balls of gas (radius mm, y, x in voxels)."""
    z, y, x = np.ogrid[: SHAPE[0], : SHAPE[1], : SHAPE[2]]
    hu = np.full(SHAPE, -1000.0)
    for radius, value in rings:
        hu[np.broadcast_to(np.hypot(y - 64, x - 80) * SPACING[1] < 2 * radius, SHAPE)] = value
    for radius, dy, dx in air:
        ball = np.hypot(y - 64 - dy, x - 80 - dx) * SPACING[1] < 2 * radius
        hu[ball & (np.abs(z - 40) < 30)] = -1000
    return _volume(hu + np.random.default_rng(1).normal(0, 15, SHAPE), SPACING)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
