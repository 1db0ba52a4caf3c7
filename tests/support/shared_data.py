"""Real CT for tests, where a machine has it. None of it is part of the repository."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_CHECKOUT = Path(__file__).resolve().parents[2]


def shared_data(*parts: str) -> Path:
    """Return the path of a file or folder of real data, or skip the test with the reason.

    Looked for in the folder named by GROUNDGLASS_TEST_DATA, else in ``../shared/data`` beside the checkout.

    Args:
        parts: Path below that folder, e.g. ``"evaluation", "LUNG1-001", "ct.nii.gz"``.
    """
    named = os.environ.get("GROUNDGLASS_TEST_DATA")
    root = Path(named) if named else _CHECKOUT.parent / "shared" / "data"
    path = root.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"no real data here: {'/'.join(parts)} (set GROUNDGLASS_TEST_DATA)")
    return path
