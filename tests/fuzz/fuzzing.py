"""What the fuzz targets share: bytes as a file of a source, and the promise they all test.

The promise: whatever the bytes, reading ends in a volume or in an error of the engine's own family, within
bounded time and memory. Run one target like this (about 20 minutes)::

    python tests/fuzz/fuzz_dicom.py CORPUS_FOLDER -max_total_time=1200 -timeout=20 -rss_limit_mb=3000

The folder is filled with seeds on the first run. What crashes or hangs becomes a file in
``tests/engine/io/fuzz_findings`` and is replayed by ``tests/engine/io/test_fuzz_findings.py``.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS", "1")

FREE_BYTES = 640 << 20
"""Free memory as the engine sees it in a fuzz run: nothing larger than 384 MiB is allocated."""


class Bytes:
    """Bytes as one file of a source."""

    def __init__(self, data: bytes, name: str = "IM0001") -> None:
        self.data = data
        self.name = self.path_inside = name
        self.size = len(data)

    def read(self, offset: int = 0, count: int | None = None) -> bytes:
        return self.data[offset:] if count is None else self.data[offset : offset + count]

    def size_now(self) -> int:
        return self.size

    def release(self) -> None:
        pass


def small_memory() -> None:
    """Let the engine believe in little memory, so that a hostile size is refused and not tried."""
    from engine.io import source
    from engine.io.dicom import decoder
    from engine.io.files import memory

    memory.free_bytes = source.free_bytes = lambda: FREE_BYTES
    decoder.FRAME_TIMEOUT_S = 5.0


def permissive() -> object:
    """Return the answers to every question, so that fuzzing gets past them."""
    from engine.io.options import ReadOptions

    return ReadOptions(
        geometry="sform",
        slice_spacing_mm=1.0,
        pixel_spacing_mm=1.0,
        rescale="as-is",
        time_point=0,
        fill_gaps="interpolate",
        duplicates="first",
        modality="any",
    )


def read_dicom(data: bytes) -> None:
    """Read bytes as a DICOM file twice over (a series of one file and its changed twin), as the engine would."""
    from engine.core.errors import GroundglassError
    from engine.core.progress import NoProgress
    from engine.io.dicom.read import read_series
    from engine.io.dicom.rows import row_of
    from engine.io.dicom.scan import look
    from engine.io.options import ReadOptions

    half = len(data) // 2
    members = [Bytes(data[:half], "IM0001"), Bytes(data[half:], "IM0002"), Bytes(data, "IM0003")]
    found = look(members, NoProgress(), None)
    for group in found.groups[:4]:
        row = row_of(group)
        for options in (ReadOptions(), permissive()):
            with contextlib.suppress(GroundglassError):
                if row.loadable:
                    read_series(group, options)


def read_path(data: bytes, suffix: str = "") -> None:
    """Write bytes to a file and read it as the engine would."""
    from engine.core.errors import GroundglassError
    from engine.io.options import ReadOptions
    from engine.io.source import open_volume, scan, thumbnail

    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        path = Path(folder) / f"input{suffix}"
        path.write_bytes(data)
        try:
            found = scan(path)
        except GroundglassError:
            return
        for row in found.rows[:4]:
            thumbnail(row)
            for options in (ReadOptions(), permissive()):
                with contextlib.suppress(GroundglassError):
                    open_volume(row, options)


def main(target: Callable[[bytes], None], seeds: Callable[[], Iterable[bytes]]) -> None:
    """Run libFuzzer over `target`; the first argument that is a folder is filled with `seeds` if empty."""
    import atheris

    folder = next((Path(a) for a in sys.argv[1:] if not a.startswith("-")), None)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        if not any(folder.iterdir()):
            for k, seed in enumerate(seeds()):
                (folder / f"seed-{k:03d}").write_bytes(seed)
    with atheris.instrument_imports(include=["engine.io"]):
        import engine.io.dicom.decoder
        import engine.io.dicom.dicomdir
        import engine.io.dicom.read
        import engine.io.dicom.rows
        import engine.io.files.archive
        import engine.io.metaimage.read
        import engine.io.nifti.read
        import engine.io.nrrd.read
        import engine.io.source  # noqa: F401
    small_memory()
    atheris.Setup(sys.argv, target)
    atheris.Fuzz()
