"""The process that decodes compressed frames: file names in on stdin, pixels out on stdout.

It exists because the decoders for JPEG are old C code that a damaged or hostile frame can crash (seen: a
sample precision of 255 bits). What dies then is this process, not the window with an unsaved mask in it. It
ends when its stdin ends, so it never outlives the program.
"""

from __future__ import annotations

import struct
import sys
from typing import Any, BinaryIO

import numpy as np

REPLY = struct.Struct("<cBcII")
"""ok (``+``) or not (``-``), bytes a pixel, kind (``u`` or ``i``), rows, columns; then the pixels."""
_MEMORY_BYTES = 4 << 30


def main() -> None:
    """Answer until stdin ends."""
    _limit_memory()
    import SimpleITK as sitk

    sitk.ProcessObject.GlobalWarningDisplayOff()
    serve(sys.stdin.buffer, sys.stdout.buffer, sitk)


def serve(requests: BinaryIO, replies: BinaryIO, sitk: Any) -> None:  # noqa: ANN401 - the module, imported late
    """Decode each file named by a line of `requests`; write the answers to `replies`."""
    for line in requests:
        path = line.decode("utf-8").rstrip("\n")
        try:
            reader = sitk.ImageFileReader()
            reader.SetImageIO("GDCMImageIO")
            reader.SetFileName(path)
            image = reader.Execute()
            pixels = np.array(sitk.GetArrayViewFromImage(image))  # a copy: the view dies with the image
        except (RuntimeError, MemoryError):
            replies.write(REPLY.pack(b"-", 0, b"u", 0, 0))
        else:
            rows, columns = (pixels.shape[-2], pixels.shape[-1]) if pixels.ndim >= 2 else (0, 0)
            kind = pixels.dtype.kind
            good = kind in "ui" and pixels.size == rows * columns
            replies.write(REPLY.pack(b"+" if good else b"-", pixels.dtype.itemsize, kind.encode(), rows, columns))
            if good:
                replies.write(pixels.data)
        replies.flush()


def _limit_memory() -> None:
    """Keep a hostile frame from taking all memory, where the system can."""
    try:
        import resource
    except ImportError:  # Windows
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    ceiling = _MEMORY_BYTES if hard == resource.RLIM_INFINITY else min(_MEMORY_BYTES, hard)
    resource.setrlimit(resource.RLIMIT_AS, (ceiling, hard))
