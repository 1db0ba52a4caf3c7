"""Segmenting: the engine process, and how a network's result meets a case.

What the person locked, and labels the network does not know, stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from app.doors.licence import LicenceQuestion, Licences
from app.doors.process_room import ProcessRoom
from app.doors.ticket import waited
from app.jobs.job import Job
from engine.case.delta import Delta
from engine.case.document import Case
from engine.case.doubt import DoubtMap, Interval
from engine.case.labelset import LabelSet
from engine.case.volume import Notice
from engine.core.errors import ModelError
from engine.core.types import LabelArray, MaskArray
from engine.geometry.box import Box

if TYPE_CHECKING:
    from engine.predict.segment import Segmentation


@dataclass(frozen=True, eq=False)
class Slab:
    """Labels of one part, as soon as they are known.

    Args:
        box: Where.
        values: uint8 of the whole case as it would become; only `box` is new.
        known: The box around everything that is known so far.
    """

    box: Box
    values: LabelArray
    known: Box


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a segmentation came to.

    Args:
        labels: (z, y, x) uint8 in the numbers of the case's own labels, 0 where the network found nothing.
        revision: Of the case it was made for.
        change: Ready to be applied while the case still has that revision; None if nothing differs.
        model: Id of the weights.
        device: What it ran on.
        seconds: How long it took.
        notices: What must be said about it.
        doubt: How undecided the network was; None where memory was too short for it.
        intervals: Between which volumes the labels may lie.
    """

    labels: LabelArray
    revision: int
    change: Delta | None
    model: str
    device: str
    seconds: float
    notices: tuple[Notice, ...]
    doubt: DoubtMap | None = None
    intervals: tuple[Interval, ...] = ()


@dataclass(frozen=True)
class Refusal:
    """A scan that was not segmented, as it looks like no CT or no chest; one may insist.

    Args:
        notices: What was found, at least one a refusal.
    """

    notices: tuple[Notice, ...]


class EngineRoom(ProcessRoom):
    """The one engine process of the window and the CT it has been given."""

    def __init__(self) -> None:
        super().__init__()
        self._licences = Licences()

    def start(self) -> Job:
        """Start the process, beside the window; imports happen over there."""
        return Job("Starting the engine", lambda _job: self._here().start(), visible=False)

    def warm_up(self, model: str, options: dict[str, Any]) -> Job:
        """Load a network over there, so that the first segmentation is quick. Failing here fails nothing."""

        def work(job: Job) -> None:
            try:
                ticket = self._here().warm_up(model or None, _options(options))
                waited(ticket, job)
            except ModelError:
                return  # said when it is asked for

        return Job("Getting the network ready", work, visible=False)

    def segment(self, case: Case, model: str, options: dict[str, Any], agreed: Mapping[str, str]) -> Job:
        """Segment the volume of a case. Emits `Slab`s.

        The result is an `Outcome`, or a `LicenceQuestion` or a `Refusal` if a person has to say a word first.

        Args:
            case: As it is now; its labels are read while the job runs.
            model: Id of the weights; empty for the default.
            options: Fields of `engine.predict.segment.SegmentOptions`.
            agreed: Id of weights → the non-commercial licence somebody agreed to.
        """
        revision, labelset = case.revision, case.labelset
        keep = _Keep.of(case)

        def work(job: Job) -> Outcome | Refusal | LicenceQuestion:
            from engine.predict.guards import Refused
            from engine.predict.worker import Handlers

            question = self._licences.question(model, agreed)
            if question is not None:
                return question
            job.update(0, 0, "Handing over the CT")
            process, shared = self._ready(case.volume)
            job.token.check()
            growing = _Growing(case, keep, job.emit_part)
            chosen = _options({**options, "labelset": labelset, "doubt": True})
            ticket = process.segment(
                shared, model=model or None, options=chosen, handlers=Handlers(progress=job.update, slab=growing.take)
            )
            try:
                result: Segmentation = waited(ticket, job)
            except Refused as refused:
                if refused.final:
                    raise
                return Refusal(refused.notices)
            job.update(0, 0, "Putting it together")
            labels = translated(result.labels, result.labelset, labelset)
            told = (result.model_id, result.device_text, result.seconds, result.notices, result.doubt, result.intervals)
            out = Outcome(labels, revision, None, *told)
            return replace(out, change=change_of(case, out, labelset)) if case.revision == revision else out

        return Job("Segmenting", work)

    def compose(self, case: Case, outcome: Outcome) -> Job:
        """Make the change of an older outcome for the case as it is now. The result is a `Delta` or None."""
        labelset = case.labelset
        return Job("Putting it together", lambda _job: change_of(case, outcome, labelset), visible=False)


@dataclass(frozen=True)
class _Keep:
    """Which label ids a network may not touch."""

    ids: frozenset[int]

    @classmethod
    def of(cls, case: Case) -> _Keep:
        return cls(kept_ids(case.labelset))

    def mask(self, labels: LabelArray) -> MaskArray:
        table = np.zeros(256, dtype=np.bool_)
        table[list(self.ids)] = True
        return table[labels]


def kept_ids(labelset: LabelSet, known: LabelSet | None = None) -> frozenset[int]:
    """Return the numbers that a network's result leaves alone: locked ones and those it does not know.

    Args:
        labelset: Of the case.
        known: Of the result; the program's own if None.
    """
    from engine.case.labelset import default_labelset

    keys = {x.key for x in (default_labelset() if known is None else known)}
    return frozenset(x.id for x in labelset if x.locked or x.key not in keys)


def translated(labels: LabelArray, known: LabelSet, wanted: LabelSet) -> LabelArray:
    """Return a result in the numbers of the case; a label the case no longer has becomes background."""
    table = np.zeros(256, dtype=np.uint8)
    for label in known:
        mine = wanted.by_key(label.key)
        table[label.id] = mine.id if mine is not None and not mine.locked else 0
    if all(table[x.id] == x.id for x in known):
        return labels
    return table[labels]


def merged(before: LabelArray, found: LabelArray, keep: frozenset[int]) -> LabelArray:
    """Return what a part of the case becomes: `found`, but `keep` stays."""
    stays = _Keep(keep).mask(before)
    return np.where(stays, before, found)


def change_of(case: Case, outcome: Outcome, labelset: LabelSet) -> Delta | None:
    """Return the one step of undo that a result is, with what must be said of it; None if it changes nothing."""
    labels = outcome.labels
    after = np.empty_like(labels)
    keep, before = kept_ids(labelset), case.labels.data
    locked = labelset.locked_ids
    found = labels
    if locked:
        table = np.arange(256, dtype=np.uint8)
        table[list(locked)] = 0
        found = table[labels]
    for z in range(labels.shape[0]):  # plane by plane: no second copy of the whole map
        after[z] = merged(before[z], found[z], keep)
    return Delta.between(
        case.labels,
        Box.whole(labels.shape),
        after,
        title="Segmentation",
        author=outcome.model,
        notices=outcome.notices,
        intervals=outcome.intervals,
    )


class _Growing:
    """The case as it becomes while slabs arrive; called on the engine's listening thread."""

    def __init__(self, case: Case, keep: _Keep, tell: Callable[[object], None]) -> None:
        self._case = case
        self._keep = keep
        self._tell = tell
        self._values: LabelArray | None = None
        self._known: Box | None = None

    def take(self, box: Box, labels: LabelArray) -> None:
        if self._values is None:
            self._values = self._case.labels.data.copy()
        before = self._case.labels.data[box.slices]
        self._values[box.slices] = merged(before, labels, self._keep.ids)
        self._known = box if self._known is None else self._known.union(box)
        self._tell(Slab(box, self._values, self._known))


def _options(fields: dict[str, Any]) -> Any:  # noqa: ANN401 - SegmentOptions, imported late
    from engine.predict.segment import SegmentOptions

    return SegmentOptions(**fields)
