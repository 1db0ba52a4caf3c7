"""Data files beside a header, and nowhere else."""

from __future__ import annotations

import pytest

from engine.core.errors import FormatError
from engine.io.files.detached import data_file


def test_a_file_beside_or_below_is_found(tmp_path):
    (tmp_path / "sub").mkdir()
    for name in ("a.raw", "sub/b.raw"):
        (tmp_path / name).write_bytes(b"x")
        assert data_file(tmp_path / "h.mhd", name) == (tmp_path / name).resolve()
    assert data_file(tmp_path / "h.mhd", "sub\\b.raw").name == "b.raw"


@pytest.mark.parametrize(
    "named", ["", "/etc/hostname", "../x", "sub/../../x", "C:\\x", "\\\\server\\x", "C:x", "a\x00b", "..", "."]
)
def test_everything_else_is_refused(tmp_path, named):
    (tmp_path.parent / "x").write_bytes(b"secret")
    with pytest.raises(FormatError):
        data_file(tmp_path / "h.mhd", named)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FormatError, match=r"“gone\.raw”"):
        data_file(tmp_path / "h.mhd", "gone.raw")
