"""Fuzz whole series: the input is a list of changes made to the files of a made one.

Changing a header here and there in nine good files reaches what random bytes never do: copies that differ,
positions that lie, acquisitions that overlap. Byte 0 names the series; then five bytes a change: which file,
where (two bytes), what (a number, a byte, a copied piece, a cut), with what.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from fuzzing import Bytes, main, permissive

_NUMBERS = (b"0", b"-1", b"1e9", b"nan", b"1e-9", b"99999999", b"0.5", b"-2")
_SERIES: list[list[bytes]] = []


def _series() -> list[list[bytes]]:
    """Return the files of every uncompressed oddity, made once."""
    if not _SERIES:
        from tests.support import dicom_corpus as corpus

        for name, make in corpus.ODDITIES.items():
            if name.startswith(("rle", "jpeg")):
                continue  # the pace would be that of the decoding process; fuzz_dicom.py has them
            with tempfile.TemporaryDirectory() as folder:
                make(Path(folder) / "s")
                _SERIES.append([p.read_bytes() for p in sorted(Path(folder).rglob("*")) if p.is_file()])
    return _SERIES


def changed(data: bytes) -> list[bytes]:
    """Return the files that an input describes."""
    series = _series()
    files = [bytearray(f) for f in series[data[0] % len(series)]] if data else []
    for k in range(1, len(data) - 4, 5):
        which, high, low, what, value = data[k : k + 5]
        targets = files if which == 255 else [files[which % len(files)]]
        for file in targets:
            _change(file, 132 + (high << 8 | low), what, value)
    return [bytes(f) for f in files]


def _change(file: bytearray, at: int, what: int, value: int) -> None:
    if not file:
        return
    at %= len(file)
    match what % 5:
        case 0:
            file[at] = value
        case 1:
            file[at] ^= 1 << value % 8
        case 2:
            number = _NUMBERS[value % len(_NUMBERS)]
            file[at : at + len(number)] = number
        case 3:
            start = value * len(file) // 256
            file[at : at + 8] = file[start : start + 8]
        case _:
            del file[at : at + 1 + value % 16]


def read_series_of(data: bytes) -> None:
    """Read the changed files as the engine would, with and without answers."""
    from engine.core.errors import GroundglassError
    from engine.core.progress import NoProgress
    from engine.io.dicom.read import read_series
    from engine.io.dicom.rows import row_of
    from engine.io.dicom.scan import look
    from engine.io.dicom.thumbnails import of_slices
    from engine.io.options import ReadOptions

    members = [Bytes(file, f"IM{k:04d}") for k, file in enumerate(changed(data))]
    for group in look(members, NoProgress(), None).groups[:4]:
        row = row_of(group)
        of_slices(group, 24)
        for options in (ReadOptions(), permissive()):
            with contextlib.suppress(GroundglassError):
                if row.loadable:
                    read_series(group, options)


def seeds() -> Iterator[bytes]:
    """Yield each series unchanged and with one harmless change."""
    for k in range(len(_series())):
        yield bytes([k])
        yield bytes([k, 3, 1, 200, 2, 5, 255, 0, 90, 1, 3])


if __name__ == "__main__":
    main(read_series_of, seeds)
