"""A series that is larger than the memory: what can be read of it instead, if the user wants that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from engine.case.volume import Notice
from engine.core.errors import Choice
from engine.io.dicom.checks import Arranged
from engine.io.dicom.slice import Slice
from engine.io.files.memory import demand_volume, fits, slices_that_fit
from engine.io.options import ReadOptions, ask

_FEWEST = 16
"""With fewer slices than this there is nothing worth looking at."""


def fitted(arranged: Arranged, options: ReadOptions, again: Callable[[list[Slice], ReadOptions], Arranged]) -> Arranged:
    """Return a series as it is if it fits into memory, else the part of it that was chosen.

    Args:
        arranged: The whole series, its slices in order.
        options: The user's answers.
        again: Arranges a part of the slices.

    Raises:
        ChoiceNeeded: it does not fit, and there are two ways to read less of it.
        MemoryShortage: not even a part fits.
    """
    shape, slices = arranged.plan.grid.shape_zyx, arranged.slices
    what = f"The series of {len(slices)} images"
    if fits(shape):
        return arranged
    room = slices_that_fit(shape[1], shape[2]) * len(slices) // shape[0]  # where slices are filled in, of the source's
    if room < _FEWEST or room >= len(slices):
        demand_volume(shape, what)
        return arranged
    step = -(-len(slices) // room)
    first = (len(slices) - room) // 2
    if options.too_large is None:
        raise ask(
            f"{what} is too large for this computer.",
            f"Its {shape[2]} × {shape[1]} × {shape[0]} voxels do not fit into the memory that is free; "
            f"{room} of its images would.",
            "too_large",
            Choice("thin", f"Read all of it thinned out: one image of {step}"),
            Choice("middle", f"Read the {room} images in its middle"),
        )
    if options.too_large == "thin":
        part = slices[::step]
        text = f"Too large for the memory: one image of {step} was read, volumes are rough."
        if options.slice_spacing_mm is not None:  # told by hand where the files do not tell it
            options = replace(options, slice_spacing_mm=step * options.slice_spacing_mm)
    else:
        part = slices[first : first + room]
        text = f"Too large for the memory: only images {first + 1} to {first + room} of {len(slices)} were read."
    smaller = again(list(part), options)
    demand_volume(smaller.plan.grid.shape_zyx, what)
    told = tuple(dict.fromkeys((*arranged.notices, *smaller.notices)))
    return replace(smaller, notices=(*told, Notice("part-only", text)))
