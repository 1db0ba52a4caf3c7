"""How soon a series is there. ``pytest tests/benchmarks/test_reading.py -m benchmark -s``

300 uncompressed slices of 512 × 512 in files named at random, with 60 private elements each, warm cache; our
reader and SimpleITK's series reader take turns, so that both meet the same load of the machine.
"""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import numpy as np
import pytest

from engine.io.source import open_volume, scan
from tests.support import dicom_corpus as corpus

pytestmark = pytest.mark.benchmark
SLICES, ROUNDS = 300, 7
FIRST_SLICE_S, SHARE_OF_ITK = 0.2, 0.6


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    small = corpus.Series(corpus.phantom((SLICES, 8, 8)))
    image = corpus.phantom((1, 512, 512))[0]
    for k, ds in enumerate(small.slices):
        corpus.put_hu(ds, np.roll(image, k, axis=0))
        block = ds.private_block(0x0029, "BENCH", create=True)
        for element in range(60):
            block.add_new(element, "LO", "private value of some length")
    return small.write(tmp_path_factory.mktemp("bench") / "s")


def by_itk(folder: Path) -> np.ndarray:
    import SimpleITK as sitk

    reader = sitk.ImageSeriesReader()
    (uid,) = reader.GetGDCMSeriesIDs(str(folder))
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder), uid))
    return sitk.GetArrayFromImage(reader.Execute())


def test_first_slice_and_whole_series(folder: Path) -> None:
    looking, first, whole, itk = [], [], [], []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        volume = open_volume(folder, started=lambda _, start=start: first.append(time.perf_counter() - start))
        whole.append(time.perf_counter() - start)
        start = time.perf_counter()
        array = by_itk(folder)
        itk.append(time.perf_counter() - start)
        start = time.perf_counter()
        scan(folder)
        looking.append(time.perf_counter() - start)
    np.testing.assert_array_equal(volume.hu, array)
    print()
    for name, times in (("headers", looking), ("first slice", first), ("whole series", whole), ("SimpleITK", itk)):
        print(f"{name:<13} median {statistics.median(times):.3f} s, best {min(times):.3f} s, worst {max(times):.3f} s")
    share = statistics.median(a / b for a, b in zip(whole, itk, strict=True))
    print(f"whole series / SimpleITK: median {share:.2f}")
    assert statistics.median(first) <= FIRST_SLICE_S
    assert share <= SHARE_OF_ITK
