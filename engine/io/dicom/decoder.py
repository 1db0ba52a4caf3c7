"""Decoding of compressed frames in child processes that may crash or hang without harm.

SimpleITK's GDCM decodes every lossless and lossy still-image syntax in use (RLE, JPEG, JPEG-LS, JPEG 2000,
HTJ2K). It is not given the file from outside but a minimal one of our own around the compressed frame, in a
private folder: so it never sees a foreign header, a path it cannot spell, or a patient's name, and gives back
stored values, not rescaled ones. Size and depth in the frame's own head are compared with the header first.
A child that dies or takes too long costs one frame; the next frame gets a fresh child. One idle child stays
for the next series or thumbnail, for 20 seconds.
"""

from __future__ import annotations

import atexit
import struct
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import DicomError, WorkerError
from engine.io.dicom.codec import Stream, is_cut_short, is_decodable, stream_of, wrapped
from engine.io.dicom.decode_child import REPLY
from engine.io.dicom.slice import Slice, damaged

Stored = NDArray[Any]
FRAME_TIMEOUT_S = 30.0
"""A frame of 512 × 512 takes 0.005 to 0.04 s, the start of a child 0.4 s."""
SPARE_S = 20.0
_ROOT = Path(__file__).resolve().parents[3]
_START = "import sys; sys.path.insert(0, sys.argv[1]); from engine.io.dicom.decode_child import main; main()"


class Decoder:
    """Decodes compressed frames; owns its children and a private folder until closed. For several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._idle: list[_Child] = []
        self._count = 0

    def warm(self) -> None:
        """Start a child now, so that it is ready when the first frame comes."""
        child = _SPARE.taken() or _Child()
        with self._lock:
            self._idle.append(child)

    def close(self) -> None:
        """Let the children go and remove the private folder."""
        with self._lock:
            idle, self._idle = self._idle, []
            folder, self._folder = self._folder, None
        for child in idle:
            _SPARE.keep(child)
        if folder is not None:
            folder.cleanup()

    def decode(self, one: Slice, data: bytes) -> tuple[Stored, Stream]:
        """Return the stored values of a frame, (rows, columns), and what the stream says of itself.

        Args:
            one: The image the frame belongs to.
            data: The compressed frame.

        Raises:
            DicomError: damaged, another size than the header says, or unknown to the decoder.
        """
        if not is_decodable(one.syntax):
            raise DicomError(
                f"“{one.name}” is compressed in a way that is not known here.",
                f"Its transfer syntax (0002,0010) is {one.syntax}.",
                "Export the series uncompressed or as JPEG 2000 from the archive.",
            )
        try:
            stream = stream_of(data, one.syntax)
        except (ValueError, struct.error) as error:
            raise damaged(one, f"Its compressed pixels cannot be decoded: {error}.") from error
        if stream.rows >= 0 and (stream.rows, stream.columns, stream.samples) != (one.rows, one.columns, one.samples):
            raise damaged(
                one,
                f"Rows, Columns, SamplesPerPixel say {one.rows} × {one.columns} × {one.samples}, the compressed stream "
                f"{stream.rows} × {stream.columns} × {stream.samples}.",
            )
        if is_cut_short(data, one.syntax):
            raise damaged(one, "Its compressed pixels end before the end marker.")
        values = self._by_child(one, wrapped(one, stream, data))
        if values is None or values.shape != (one.rows, one.columns):
            raise damaged(one, "Its compressed pixels cannot be decoded; the stream is damaged.")
        if values.min() == values.max() and 5 * len(data) > one.rows * one.columns:
            raise damaged(one, f"All its pixels decode to {values.flat[0]} although {len(data) >> 10} KiB were stored.")
        return values, stream

    def _by_child(self, one: Slice, file: bytes) -> Stored | None:
        """Return the pixels, or None if the child refuses, dies or takes too long."""
        with self._lock:
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="groundglass-")
            self._count += 1
            path = Path(self._folder.name) / f"{self._count}.dcm"
            child = self._idle.pop() if self._idle else None
        child = child or _SPARE.taken() or _Child()
        try:
            path.write_bytes(file)
            pixels = child.decode(path)
        finally:
            path.unlink(missing_ok=True)
            if child.alive:
                with self._lock:
                    self._idle.append(child)
            else:
                child.end()
        return pixels


class _Child:
    """One decoding process."""

    def __init__(self) -> None:
        self.alive = True
        try:
            self._process = subprocess.Popen(
                # -P: a file called SimpleITK.py in the folder where the user stands must not be imported.
                [sys.executable, "-P", "-c", _START, str(_ROOT)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:
            raise WorkerError(
                "The process that decodes compressed images does not start.",
                error.strerror or "The system refused it.",
                "Close other programs and try again.",
            ) from error

    def lives(self) -> bool:
        """Whether the process is still there: while idle it may have been killed from outside."""
        return self.alive and self._process.poll() is None

    def decode(self, path: Path) -> Stored | None:
        """Return the pixels of a file, (rows, columns); None if it cannot be decoded. Sets `alive`."""
        watchdog = threading.Timer(FRAME_TIMEOUT_S, self._process.kill)
        watchdog.daemon = True
        watchdog.start()
        try:
            return self._asked(path)
        except (OSError, struct.error, ValueError):
            self.alive = False
            return None
        finally:
            watchdog.cancel()

    def _asked(self, path: Path) -> Stored | None:
        requests, replies = self._process.stdin, self._process.stdout
        if requests is None or replies is None:
            raise OSError("no pipes")
        requests.write(f"{path}\n".encode())
        requests.flush()
        state, size, kind, rows, columns = REPLY.unpack(replies.read(REPLY.size))
        if state != b"+":
            return None
        data = replies.read(size * rows * columns)
        return np.frombuffer(data, dtype=f"<{kind.decode()}{size}").reshape(rows, columns)

    def end(self) -> None:
        """End the process and wait for it."""
        self.alive = False
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    continue  # the other end is gone already
        try:
            self._process.wait(0.2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class _Spare:
    """Room for one idle child."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: _Child | None = None
        self._timer: threading.Timer | None = None

    def taken(self) -> _Child | None:
        """Return the idle child, if there is one that still lives."""
        with self._lock:
            child, self._child = self._child, None
            if self._timer is not None:
                self._timer.cancel()
        if child is not None and not child.lives():
            child.end()
            return None
        return child

    def keep(self, child: _Child) -> None:
        """Keep a child for a while, or end it if there is one already."""
        with self._lock:
            if self._child is None and child.lives():
                self._child = child
                self._timer = threading.Timer(SPARE_S, self.end)
                self._timer.daemon = True
                self._timer.start()
                return
        child.end()

    def end(self) -> None:
        """End the idle child."""
        child = self.taken()
        if child is not None:
            child.end()


_SPARE = _Spare()
atexit.register(_SPARE.end)
