"""One series into one int16 array, the middle slice first.

The caller's thread does the work: arrange the slices, decode the middle one, show it (`started`), then fill
outward, telling which slices are final (`filled`). Uncompressed slices are read one after another (0.2 ms
each; two threads gain nothing), compressed ones by two workers, as their decoder leaves the interpreter
free. A slice whose pixels turn out damaged on the way counts as missing, like a missing file.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from engine.case.volume import Notice, SeriesInfo, Volume
from engine.core.errors import DicomError, FormatError, GroundglassError, ResourceError
from engine.core.progress import CancelToken, NoProgress, Progress
from engine.core.words import tenths
from engine.io.dicom.checks import MOST_INTERPOLATED, Arranged, arrange, without
from engine.io.dicom.codec import is_lossy
from engine.io.dicom.fit import fitted
from engine.io.dicom.geometry import Plan, Tap
from engine.io.dicom.pixels import AIR, Findings, PixelReader
from engine.io.dicom.rows import is_elsewhere
from engine.io.dicom.slice import Slice
from engine.io.dicom.values import Values, ask_for_modality, judge, modality_of
from engine.io.options import ReadOptions
from engine.io.privacy import hashed

_CHUNK = 8
_WORKERS = 2
_WORTH_A_SECOND = 32
"""Compressed slices that make the start of a second decoding process (0.4 s) worth while."""
_UNREADABLE = (DicomError, FormatError, ResourceError)
"""What costs one slice: its pixels are damaged, its zip member is, or its disk does not give it."""
_PRONE = frozenset({"HFP", "FFP"})
Started = Callable[[Volume], None]
Filled = Callable[[int, int], None]


def read_series(
    slices: Sequence[Slice],
    options: ReadOptions = ReadOptions(),  # noqa: B008 - frozen
    *,
    started: Started | None = None,
    filled: Filled | None = None,
    progress: Progress = NoProgress(),  # noqa: B008 - without state
    cancel: CancelToken | None = None,
) -> Volume:
    """Return the volume of one group of slices (`dicom_scan.grouped`).

    Raises:
        DicomError: it cannot become a volume; says which file, tag and value.
        ChoiceNeeded: the user must say how.
        ResourceError: not enough memory.
        Cancelled: looked at once per slice.
    """
    if question := ask_for_modality(slices[0], len(slices), options):
        raise question
    is_ct = modality_of(slices[0]) == "CT"
    reader = PixelReader(clamp=is_ct)

    def same_image(a: Slice, b: Slice) -> bool:
        if cancel is not None:
            cancel.check()
        return reader.same_image(a, b)

    try:
        reader.warm(slices[0])
        arranged = arrange(list(slices), options, same_image)
        arranged = fitted(arranged, options, lambda part, told: arrange(part, told, same_image))
        arranged, values = _judged(reader, arranged, options)
        filling = _Filling(reader, arranged, values, cancel)
        return filling.run(options, started, filled, progress)
    finally:
        reader.close()


def _judged(reader: PixelReader, arranged: Arranged, options: ReadOptions) -> tuple[Arranged, Values]:
    """Decode the middle slice to judge the values; leave it out and try its neighbour if it is damaged."""
    broken: list[Slice] = []
    while True:
        one = arranged.slices[len(arranged.slices) // 2]
        hu = np.empty((one.rows, one.columns), dtype=np.int16)
        try:
            reader.read_into(one, hu)
        except _UNREADABLE:
            broken.append(one)
            if len(broken) > MOST_INTERPOLATED or len(arranged.slices) == 1:
                raise
            arranged = without(arranged, [one], options, reader.same_image)
            continue
        upside_down = None
        if one.photometric == "MONOCHROME1" and reader.clamp:
            upside_down = np.empty_like(hu)
            reader.inverted = True
            reader.read_into(one, upside_down)
        values = judge(one, hu, upside_down, options)
        reader.found = Findings()  # what the trial came across may not hold for the values as they are taken
        reader.inverted, reader.offset = values.inverted, values.offset
        return arranged, values


class _Filling:
    """The array on its way from empty to full."""

    def __init__(self, reader: PixelReader, arranged: Arranged, values: Values, cancel: CancelToken | None) -> None:
        self.reader = reader
        self.arranged = arranged
        self.plan: Plan = arranged.plan
        self.copies = arranged.plan.copies
        self.values = values
        self.cancel = cancel
        self.broken: dict[int, GroundglassError] = {}
        self.hu = np.full(arranged.plan.grid.shape_zyx, AIR if reader.clamp else 0, dtype=np.int16)
        self.shown = self.hu.view()
        self.shown.flags.writeable = False
        self._moved: dict[int, tuple[NDArray[np.float32], NDArray[np.float32]]] = {}
        self._lock = threading.Lock()

    def run(self, options: ReadOptions, started: Started | None, filled: Filled | None, progress: Progress) -> Volume:
        """Fill everything; return the finished volume."""
        count = len(self.plan.taps)
        middle = count // 2
        self._target(middle)
        if started is not None:
            started(self._volume(()))
        done = 0
        for start, stop in outward(count, middle):
            self._chunk(start, stop)
            self._refuse_ruins(options)
            done += stop - start
            if filled is not None:
                filled(start, stop)
            progress.update(done, count, "Reading slices")
        damage = self._mend(filled)
        return self._volume((*damage, *self._found()))

    def _chunk(self, start: int, stop: int) -> None:
        slices = self.arranged.slices
        if not slices[0].native and self.copies and len(slices) >= _WORTH_A_SECOND:
            with ThreadPoolExecutor(_WORKERS) as pool:
                list(pool.map(self._target, range(start, stop)))
        else:
            for z in range(start, stop):
                self._target(z)

    def _target(self, z: int) -> None:
        """Write target slice `z`; sources that cannot be read are noted and leave it as it was."""
        if self.cancel is not None:
            self.cancel.check()
        taps = self.plan.taps[z]
        if any(t.source in self.broken for t in taps):
            return
        try:
            if self.copies:
                self.reader.read_into(self.arranged.slices[taps[0].source], self.hu[z])
            else:
                self._blend(z, taps)
        except _UNREADABLE as error:
            self.hu[z] = AIR if self.reader.clamp else 0
            with self._lock:
                self.broken[self._culprit(error, taps)] = error

    def _culprit(self, error: GroundglassError, taps: tuple[Tap, ...]) -> int:
        """Return which of the sources the error is about: the last one asked for, if not named."""
        for tap in taps:
            if f"“{self.arranged.slices[tap.source].name}”" in error.what:
                return tap.source
        return taps[-1].source

    def _blend(self, z: int, taps: tuple[Tap, ...]) -> None:
        """Sum of moved sources; padding takes no part, and only padding gives padding."""
        if not taps:
            return
        total = np.zeros(self.hu.shape[1:], dtype=np.float32)
        weight = np.zeros_like(total)
        for tap in taps:
            values, inside = self._source(tap.source)
            total += tap.weight * values
            weight += tap.weight * inside
        there = weight > 0.5
        np.divide(total, weight, out=total, where=there)
        self.hu[z] = np.where(there, np.rint(total), AIR if self.reader.clamp else 0)

    def _source(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return source slice `index` moved to its place in the target, times inside, and inside (0 to 1)."""
        if index in self._moved:
            return self._moved[index]
        one = self.arranged.slices[index]
        hu = np.empty((one.rows, one.columns), dtype=np.int16)
        padding = self.reader.read_into(one, hu, mask=True)
        inside = np.ones(hu.shape, dtype=np.float32) if padding is None else (~padding).astype(np.float32)
        shape = (self.hu.shape[1], self.hu.shape[2])
        shift = self.plan.shift_yx[index]
        pair = moved(hu * inside, shift, shape), moved(inside, shift, shape)
        while len(self._moved) > 2:
            del self._moved[next(iter(self._moved))]
        self._moved[index] = pair
        return pair

    def _refuse_ruins(self, options: ReadOptions) -> None:
        """Stop as soon as more images are damaged than may be interpolated."""
        if len(self.broken) > MOST_INTERPOLATED and options.fill_gaps != "interpolate":
            first = self.broken[min(self.broken)]
            if isinstance(first, ResourceError):
                raise first
            raise DicomError(
                f"More than {MOST_INTERPOLATED} images cannot be read: {self._broken_names()} …",
                first.why,
                "Copy the series again from where it came.",
            )

    def _broken_names(self) -> str:
        return ", ".join(f"“{self.arranged.slices[k].name}”" for k in sorted(self.broken)[:3])

    def _mend(self, filled: Filled | None) -> tuple[Notice, ...]:
        """Interpolate what damaged slices left empty; few only, as with missing files."""
        if not self.broken:
            return ()
        names = self._broken_names()
        before, self.plan = self.plan, self.plan.without(frozenset(self.broken))
        self.copies = False
        lost = [z for z, taps in enumerate(before.taps) if any(t.source in self.broken for t in taps)]
        self.broken = {}
        for z in lost:
            self._target(z)
            if filled is not None:
                filled(z, z + 1)
        text = f"{names}: the pixels cannot be read; the slice was interpolated from its neighbours or left empty."
        return (Notice("slice-damaged", text),)

    def _found(self) -> Iterator[Notice]:
        found = self.reader.found
        if found.padding:
            yield Notice("padding-clamped", "Values outside the field of view were set to −1024 HU.", "info")
        if found.clipped:
            yield Notice("values-clipped", "Values above 32767 HU were cut off there; they come from metal.", "info")
        if found.other_depth:
            yield Notice("codestream-depth", found.other_depth)

    def _volume(self, more: tuple[Notice, ...]) -> Volume:
        one, count = self.arranged.slices[0], len(self.arranged.slices)
        grid = self.plan.grid
        info = SeriesInfo(
            name=f"{modality_of(one) or 'Images'} {count} slices {tenths(grid.spacing_zyx_mm[0])} mm",
            kind="dicom",
            modality=modality_of(one),
            kernel=one.kernel,
            date=one.date,
            slices=count,
            thickness_mm=one.thickness_mm,
            uid_hash=hashed(one.series_uid),
            patient_position=one.patient_position,
        )
        notices = (*self.arranged.notices, *self.values.notices, *_about(one), *more)
        return Volume(self.shown, grid, info, notices, self.values.has_hu, self.arranged.orientation_known)


def _about(one: Slice) -> Iterator[Notice]:
    if is_lossy(one.syntax):
        yield Notice(
            "lossy", "The images were compressed with loss: values differ a little from the scanner's.", "info"
        )
    if one.patient_position in _PRONE:
        yield Notice("prone", f"The patient lay prone (PatientPosition (0018,5100) {one.patient_position}).", "info")
    if modality_of(one) == "CT" and is_elsewhere(one):
        yield Notice("not-chest", "By its header this is no CT of the chest.")


def outward(count: int, middle: int) -> Iterator[tuple[int, int]]:
    """Yield ranges that cover ``[0, count)`` from the middle outward, above and below in turn."""
    above, below = middle, middle
    while above < count or below > 0:
        if above < count:
            yield above, min(above + _CHUNK, count)
            above = min(above + _CHUNK, count)
        if below > 0:
            yield max(0, below - _CHUNK), below
            below = max(0, below - _CHUNK)


def moved(image: NDArray[np.float32], shift_yx: tuple[float, float], shape_yx: tuple[int, int]) -> NDArray[np.float32]:
    """Return `image` (rows, columns) moved by a fractional shift into a larger frame; zero outside it.

    Linear in each axis; a whole shift copies.
    """
    return _along_rows(_along_rows(image.T, shift_yx[1], shape_yx[1]).T, shift_yx[0], shape_yx[0])


def _along_rows(image: NDArray[np.float32], shift: float, length: int) -> NDArray[np.float32]:
    """Return rows of `image` moved down by `shift` into `length` rows."""
    whole = int(np.floor(shift + 1e-6))
    share = np.float32(max(0.0, shift - whole))
    out = np.zeros((length, image.shape[1]), dtype=np.float32)
    rows = min(len(image), length - whole)
    out[whole : whole + rows] = image[:rows] * (1 - share) if share > 1e-4 else image[:rows]
    if share > 1e-4:
        rows = min(len(image), length - whole - 1)
        out[whole + 1 : whole + 1 + rows] += share * image[:rows]
    return out
