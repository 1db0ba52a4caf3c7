"""What a file format must offer to be opened, and what to be written. `engine.io.registry` names them all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

from numpy.typing import NDArray

from engine.case.volume import Volume
from engine.core.progress import CancelToken, NoProgress, Progress
from engine.core.types import FloatZyx, IndexZyx
from engine.geometry.grid import Grid
from engine.io.images.raw import RawImage
from engine.io.images.to_volume import to_volume
from engine.io.options import ReadOptions


class ReadRaw(Protocol):
    """Reads a file that holds one image."""

    def __call__(self, path: Path, options: ReadOptions = ..., *, cancel: CancelToken | None = ...) -> RawImage:
        """Return the voxels and the geometry as they are stored.

        Raises:
            FormatError: the file is damaged or holds no volume of real numbers.
            ChoiceNeeded: the user must say how to read it; the answer goes into `options`.
            ResourceError: not enough memory, or the disk does not answer.
            Cancelled: `cancel` was set.
        """
        ...


@dataclass(frozen=True)
class ImageFormat:
    """A format whose files hold one image.

    Args:
        suffix: Of a file of this format, with its dot.
        recognises: Whether a file begins like this; given its first bytes (512 are enough), inflated.
        peek: Shape (z, y, x) and spacing in mm (z, y, x) as the header tells them; FormatError if it cannot be read.
        read: Voxels and geometry as they are stored.
    """

    suffix: str
    recognises: Callable[[bytes], bool]
    peek: Callable[[Path], tuple[IndexZyx, FloatZyx]]
    read: ReadRaw

    def volume(
        self,
        path: Path,
        options: ReadOptions = ReadOptions(),  # noqa: B008 - frozen
        *,
        progress: Progress = NoProgress(),  # noqa: B008 - holds nothing
        cancel: CancelToken | None = None,
    ) -> Volume:
        """Return the CT in a file: its array is read-only and its notices are complete.

        Raises:
            FormatError: the file is damaged or holds no volume.
            ChoiceNeeded: geometry, offset or time point are the user's to say.
            ResourceError: not enough memory, or the disk does not answer.
            Cancelled: `cancel` was set.
        """
        progress.update(0, 2, "Reading")
        raw = self.read(path, options, cancel=cancel)
        progress.update(1, 2, "Checking values")
        volume = to_volume(raw, path, options, cancel=cancel)
        progress.update(2, 2, "Checking values")
        return volume


@dataclass(frozen=True)
class ImageWriter:
    """How the files of one suffix are written.

    Args:
        write: Writes a (z, y, x) array of real numbers on its grid to an open file. The keys are for formats that
            have a place for them. FormatError if the format cannot hold the array.
        read_back: Every geometry that the written file tells, and its voxels (z, y, x) in native byte order.
        tolerance_mm: How exactly the format keeps a geometry.
        packed: Whether the voxels are compressed.
    """

    write: Callable[[IO[bytes], NDArray[Any], Grid, Mapping[str, str]], None]
    read_back: Callable[[Path], tuple[list[Grid], NDArray[Any]]]
    tolerance_mm: float
    packed: bool = True
