"""Fuzz NIfTI, NRRD and MHA: whatever is no DICOM, given as the whole file."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from fuzzing import main, read_path


def seeds() -> Iterator[bytes]:
    """Yield tiny images in each format, plain and compressed."""
    import numpy as np
    import SimpleITK as sitk

    with tempfile.TemporaryDirectory() as folder:
        for kind in (np.int16, np.uint8, np.float32):
            image = sitk.GetImageFromArray(np.arange(60).reshape(3, 4, 5).astype(kind))
            image.SetSpacing((0.7, 0.8, 1.25))
            for suffix in (".nii", ".nii.gz", ".nrrd", ".mha"):
                path = f"{folder}/image{suffix}"
                sitk.WriteImage(image, path, useCompression=suffix == ".nii.gz")
                yield Path(path).read_bytes()


if __name__ == "__main__":
    main(read_path, seeds)
