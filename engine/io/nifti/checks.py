"""Which geometry of a NIfTI header holds. A header has up to three, and they need not agree.

sform (any affine), qform (a rotation, with pixdim as spacing), or neither (pixdim only). Where both are set
and put the corners of the volume at different places, only the user knows: ITK takes the qform when the
scales differ, nibabel the sform, and the volume or the side differs between them.
"""

from __future__ import annotations

import numpy as np

from engine.case.volume import Notice
from engine.core.errors import Choice, FormatError
from engine.core.types import FloatArray
from engine.geometry.orient import letters
from engine.geometry.points import lps_to_ras
from engine.io.images.raw import slant_deg, unknown_orientation
from engine.io.images.to_volume import spacing_notice
from engine.io.nifti.header import NiftiHeader
from engine.io.options import ReadOptions, ask

PIXDIM = "pixdim-differs"
ANSWERED = "geometry-chosen"

_FARTHEST_MM = 1e7
_AGREE = 1e-3  # of the volume's size, and of a voxel's side


def choose_affine(header: NiftiHeader, name: str, options: ReadOptions) -> tuple[FloatArray, tuple[Notice, ...], bool]:
    """Return the affine (4, 4) in RAS mm for (x, y, z) indices, what to say, and whether sides are known.

    Args:
        header: As parsed.
        name: Of the file, for messages.
        options: The user's answers; `geometry` settles a disagreement.

    Raises:
        ChoiceNeeded: sform and qform disagree.
        FormatError: neither can be used and there is no spacing.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # absurd numbers become infinite and are not usable
        sform = _usable(_sform(header)) if header.sform_code > 0 else None
        qform = _usable(_qform(header)) if header.qform_code > 0 else None
    if sform is not None and qform is not None:
        return _of_two(sform, qform, header, name, options)
    if sform is not None:
        return sform, _pixdim_notice(header, sform), True
    if qform is not None:
        return qform, (), True
    return _of_none(header, name)


def told_affines(header: NiftiHeader) -> list[FloatArray]:
    """Return the affines (4, 4) in RAS mm that a header sets, sform first; NaN where its numbers are no rotation."""
    told = ((header.sform_code, _sform), (header.qform_code, _qform))
    return [affine(header) for code, affine in told if code > 0]


def quaternion_rotation(quaternion: tuple[float, float, float]) -> FloatArray | None:
    """Return the (3, 3) rotation of (b, c, d), or None if they are no unit quaternion.

    Source: nifti1_io.c, nifti_quatern_to_mat44: what is nearly a half turn becomes one.
    """
    b, c, d = quaternion
    rest = 1.0 - (b * b + c * c + d * d)
    if not np.isfinite(rest) or rest < -1e-2:
        return None
    if rest < 1e-7:
        length = float(np.sqrt(b * b + c * c + d * d))
        a, b, c, d = 0.0, b / length, c / length, d / length
    else:
        a = float(np.sqrt(rest))
    return np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - c * c - b * b],
        ]
    )


def _of_two(
    sform: FloatArray, qform: FloatArray, header: NiftiHeader, name: str, options: ReadOptions
) -> tuple[FloatArray, tuple[Notice, ...], bool]:
    if _agree(sform, qform, header.shape_xyzt):
        return sform, (), True
    if options.geometry is not None:
        affine = sform if options.geometry == "sform" else qform
        text = f"qform and sform of the file disagree; the {options.geometry} is used, as you chose."
        return affine, (Notice(ANSWERED, text),), True
    straight = slant_deg(sform[:3, :3].T) < 0.1
    choices = [
        Choice("sform", f"sform: {_described(sform)}" + ("" if straight else ", axes not at right angles")),
        Choice("qform", f"qform: {_described(qform)}"),
    ]
    raise ask(
        f"“{name}” says in two ways where it lies, and they disagree.",
        f"sform: {_described(sform)}; qform: {_described(qform)}.",
        "geometry",
        *(choices if straight else choices[::-1]),
    )


def _of_none(header: NiftiHeader, name: str) -> tuple[FloatArray, tuple[Notice, ...], bool]:
    spacing = np.abs(np.array(header.pixdim[1:4], dtype=np.float64)) * header.unit_mm
    notices: tuple[Notice, ...] = (unknown_orientation("The header has neither qform nor sform."),)
    if not np.isfinite(spacing).all() or float(spacing.max()) > _FARTHEST_MM:
        raise FormatError(
            f"The header of “{name}” is damaged.",
            f"Its voxel sizes (pixdim) are {[float(p) for p in header.pixdim[1:4]]}.",
            "Export the file again from where it was made.",
        )
    if spacing.min() <= 0:
        spacing[spacing <= 0] = 1.0
        notices = (*notices, spacing_notice(name))
    affine = np.eye(4)
    affine[:3, :3] = np.diag(lps_to_ras(spacing))  # x to the left, y to the back, as ITK has it
    return affine, notices, False


def _sform(header: NiftiHeader) -> FloatArray:
    affine = np.eye(4)
    affine[:3] = np.array(header.srows, dtype=np.float64) * header.unit_mm
    return affine


def _qform(header: NiftiHeader) -> FloatArray:
    affine = np.full((4, 4), np.nan)
    rotation = quaternion_rotation(header.quaternion)
    if rotation is None:
        return affine
    spacing = np.abs(np.array(header.pixdim[1:4], dtype=np.float64))
    if len(header.shape_xyzt) < 3 or (header.shape_xyzt[2] == 1 and spacing[2] == 0):
        spacing[2] = spacing[2] or 1.0  # a single slice may have no distance to the next
    signs = np.array([1.0, 1.0, -1.0 if header.pixdim[0] < 0 else 1.0])
    affine[:] = np.eye(4)
    affine[:3, :3] = rotation * (spacing * signs) * header.unit_mm
    affine[:3, 3] = np.array(header.qoffset) * header.unit_mm
    return affine


def _usable(affine: FloatArray) -> FloatArray | None:
    if not np.isfinite(affine).all() or float(np.abs(affine).max()) > _FARTHEST_MM:
        return None
    lengths = np.linalg.norm(affine[:3, :3], axis=0)
    if lengths.min() < 1e-6 or abs(np.linalg.det(affine[:3, :3] / lengths)) < 1e-3:
        return None
    return affine


def _agree(first: FloatArray, second: FloatArray, shape_xyzt: tuple[int, ...]) -> bool:
    sides = [np.linalg.norm(a[:3, :3], axis=0) for a in (first, second)]
    if float(np.abs(sides[0] / sides[1] - 1).max()) > _AGREE:
        return False
    size = np.array([*shape_xyzt, 1, 1][:3], dtype=np.float64) - 1
    corners = np.array([[x, y, z, 1] for x in (0, 1) for y in (0, 1) for z in (0, 1)]) * np.array([*size, 1])
    apart = np.linalg.norm((corners @ (first - second).T)[:, :3], axis=1).max()
    return bool(apart <= max(0.01, _AGREE * float(np.linalg.norm(size * sides[0]))))


def _pixdim_notice(header: NiftiHeader, sform: FloatArray) -> tuple[Notice, ...]:
    told = np.abs(np.array(header.pixdim[1:4], dtype=np.float64)) * header.unit_mm
    sides = np.linalg.norm(sform[:3, :3], axis=0)
    if np.isfinite(told).all() and told.max() < _FARTHEST_MM and float(np.abs(told / sides - 1).max()) <= _AGREE:
        return ()
    text = f"The header gives voxels of {_sides(told)} mm (pixdim), its sform {_sides(sides)} mm; the sform is used."
    return (Notice(PIXDIM, text),)


def _described(affine: FloatArray) -> str:
    sides = np.linalg.norm(affine[:3, :3], axis=0)
    axes = " ".join(letters(lps_to_ras(affine[:3, k])) for k in range(3))
    return f"voxels {_sides(sides)} mm, axes towards {axes}"


def _sides(sides: FloatArray) -> str:
    return " × ".join(f"{s:.4g}" for s in sides)
