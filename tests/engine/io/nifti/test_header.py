"""Headers by their offsets, against nibabel's own parsing."""

from __future__ import annotations

import nibabel as nib
import numpy as np
import pytest

from engine.core.errors import FormatError
from engine.geometry.points import affine_ras
from engine.io.nifti.header import header_size, parse_header
from tests.support.grids import oblique_grid


@pytest.mark.parametrize("kind", [nib.Nifti1Header, nib.Nifti2Header])
@pytest.mark.parametrize("order", ["<", ">"])
def test_every_field_is_where_nibabel_finds_it(kind, order):
    header = kind(endianness=order)
    header.set_data_shape((7, 5, 9, 2))
    header.set_data_dtype(np.int16)
    header.set_zooms((0.7, 0.8, 2.5, 1.0))
    header.set_qform(affine_ras(oblique_grid()), 1)
    header.set_sform(affine_ras(oblique_grid()), 2)
    header.set_slope_inter(2.0, -5.0)
    header.set_xyzt_units("mm", "sec")
    header["vox_offset"] = 1024
    head = header.binaryblock
    assert header_size(head) == len(head)
    found = parse_header(head, "a")
    assert found.order == order
    assert found.shape_xyzt == (7, 5, 9, 2)
    assert found.dtype("a") == np.dtype(order + "i2")
    assert found.pixdim == pytest.approx(header["pixdim"].tolist())
    assert (found.slope, found.intercept, found.vox_offset) == (2.0, -5.0, 1024.0)
    assert (found.qform_code, found.sform_code, found.unit_mm, found.single) == (1, 2, 1.0, True)
    assert found.quaternion == pytest.approx([float(header[f"quatern_{k}"]) for k in "bcd"])
    assert found.qoffset == pytest.approx([float(header[f"qoffset_{k}"]) for k in "xyz"])
    np.testing.assert_allclose(found.srows, header.get_sform()[:3], rtol=1e-6)


def test_an_analyze_header_says_what_to_do():
    head = bytearray(nib.Nifti1Header().binaryblock)
    head[344:348] = bytes(4)
    with pytest.raises(FormatError, match="Analyze"):
        parse_header(bytes(head), "a.hdr")
    assert header_size(b"\x00\x01\x02\x03") == 0
