"""Fuzz zips: their lists, their members, and what is read out of them."""

from __future__ import annotations

import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from fuzzing import main, read_path


def seeds() -> Iterator[bytes]:
    """Yield zips of two tiny slices, packed by each method, and the two smallest possible ones."""
    from tests.support import dicom_corpus as corpus

    with tempfile.TemporaryDirectory() as folder:
        series = Path(folder) / "s"
        corpus.Series(corpus.phantom((2, 4, 5))).write(series)
        for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
            yield corpus.zipped(series, Path(folder) / "a.zip", method).read_bytes()
        empty = Path(folder) / "empty.zip"
        zipfile.ZipFile(empty, "w").close()
        yield empty.read_bytes()
        with zipfile.ZipFile(empty, "w") as archive:
            archive.writestr("../../x", b"n+1")
        yield empty.read_bytes()


if __name__ == "__main__":
    main(read_path, seeds)
