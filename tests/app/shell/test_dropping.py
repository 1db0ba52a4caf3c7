"""What is dropped on the window: a study, or a mask for the open one."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.shell.dropping import may_be_mask


@pytest.mark.parametrize(
    ("name", "expected"), [("a.nii.gz", True), ("a.NRRD", True), ("a.dcm", False), ("a.zip", False)]
)
def test_what_may_be_a_mask(tmp_path: Path, name: str, expected: bool) -> None:
    (tmp_path / name).write_bytes(b"x")
    assert may_be_mask(tmp_path / name) is expected
    assert not may_be_mask(tmp_path)
