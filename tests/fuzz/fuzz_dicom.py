"""Fuzz DICOM: headers, groups, geometry, native and compressed pixels."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from fuzzing import main, read_dicom


def seeds() -> Iterator[bytes]:
    """Yield small files of every oddity, alone and two together."""
    from tests.support import dicom_corpus as corpus

    corpus.SHAPE = (3, 6, 7)
    corpus.phantom.__defaults__ = ((3, 6, 7), 0)
    for name, make in corpus.ODDITIES.items():
        if name in ("big-gap", "gap", "duplicate", "uneven", "empty-file", "truncated"):
            continue
        with tempfile.TemporaryDirectory() as folder:
            try:
                make(Path(folder) / "s")
            except (ValueError, IndexError):
                continue
            files = sorted(p for p in Path(folder).rglob("*") if p.is_file())
            yield files[0].read_bytes()
            if len(files) > 1 and files[0].stat().st_size == files[1].stat().st_size:
                yield files[0].read_bytes() + files[1].read_bytes()


if __name__ == "__main__":
    main(read_dicom, seeds)
