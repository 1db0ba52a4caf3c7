"""Small NIfTI, NRRD and MetaImage files made by other people's writers, and then damaged on purpose."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import nibabel as nib
import numpy as np
import SimpleITK as sitk

from engine.geometry.grid import Grid
from engine.geometry.points import affine_ras
from tests.support.grids import itk_image, oblique_grid

SHAPE = (9, 14, 11)


def ct(shape=SHAPE, seed=0) -> np.ndarray:
    """Air, lung and tissue in HU, no two slices alike."""
    rng = np.random.default_rng(seed)
    hu = rng.integers(-900, -700, shape).astype(np.int16)
    hu[:, :2], hu[:, -4:] = -1000, 40
    hu[0, 0, 0], hu[-1, -1, -1] = -1024, 1200
    return hu


def nifti(path: Path, array: np.ndarray, grid: Grid | None = None, **fields) -> Path:
    """Write by nibabel, then set header fields (see `patch`)."""
    image = nib.Nifti1Image(array.T, affine_ras(grid or oblique_grid(array.shape)), dtype=array.dtype)
    image.header.set_xyzt_units("mm")
    image.set_qform(image.affine, 1)
    image.set_sform(image.affine, 1)
    nib.save(image, path)
    if fields:
        patch(path, **fields)
    return path


OFFSETS = {
    "dim": ("8h", 40), "datatype": ("h", 70), "bitpix": ("h", 72), "pixdim": ("8f", 76), "vox_offset": ("f", 108),
    "scl": ("2f", 112), "units": ("B", 123), "qform_code": ("h", 252), "sform_code": ("h", 254),
    "quaternion": ("3f", 256), "qoffset": ("3f", 268), "srow_x": ("4f", 280), "srow_y": ("4f", 296),
    "srow_z": ("4f", 312), "magic": ("4s", 344), "sizeof_hdr": ("i", 0),
}  # fmt: skip


def patch(path: Path, **fields) -> Path:
    """Overwrite fields of a NIfTI header, inside the gzip if there is one."""
    data = path.read_bytes()
    packed = data[:2] == b"\x1f\x8b"
    raw = bytearray(gzip.decompress(data) if packed else data)
    for name, value in fields.items():
        form, offset = OFFSETS[name]
        struct.pack_into("<" + form, raw, offset, *np.atleast_1d(np.array(value, dtype=object)).tolist())
    path.write_bytes(gzip.compress(bytes(raw)) if packed else bytes(raw))
    return path


def field(path: Path, name: str) -> tuple:
    """Read a field of a NIfTI header."""
    data = path.read_bytes()
    raw = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    form, offset = OFFSETS[name]
    return struct.unpack_from("<" + form, raw, offset)


def itk(path: Path, array: np.ndarray, grid: Grid | None = None, *, packed: bool = False) -> Path:
    """Write by ITK."""
    sitk.WriteImage(itk_image(array, grid or oblique_grid(array.shape)), str(path), packed)
    return path


def edit_header(path: Path, **lines: str | None) -> Path:
    """Replace, add or (None) remove lines of a text header; underscores in names stand for blanks."""
    data = path.read_bytes()
    nrrd = data.startswith(b"NRRD")
    end = data.index(b"\n\n") if nrrd else data.index(b"\n", data.index(b"ElementDataFile"))
    rows = data[:end].decode().split("\n")
    sign = ": " if nrrd else " = "
    for name, value in lines.items():
        name = name.replace("_", " ") if nrrd else name
        rows = [row for row in rows if row.partition(sign)[0] != name]
        if value is not None:
            rows.insert(1 if nrrd else len(rows) - (name != "ElementDataFile"), f"{name}{sign}{value}")
    path.write_bytes("\n".join(rows).encode() + data[end:])
    return path
