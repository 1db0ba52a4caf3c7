"""Asking a network why: an engine process of its own, begun with the first question and ended with the case.

Not the process that segments: a question is answered while a segmentation runs, and neither waits for the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.doors.licence import LicenceQuestion, Licences
from app.doors.process_room import ProcessRoom
from app.doors.ticket import waited
from app.jobs.job import Job
from engine.case.document import Case
from engine.core.types import IndexZyx
from engine.geometry.grid import Grid

if TYPE_CHECKING:
    from engine.explain.place import Explanation

NETWORKS_MAP = "doubt, networks"
"""Name of the map that two networks make together."""

_NOTHING: Mapping[str, str] = {}
_MOST_SHARE = 99.5
"""Percentile of a relative map that is shown as most: a few voxels stick out so far that they would be seen alone."""


@dataclass(frozen=True)
class Network:
    """Weights that can be asked.

    Args:
        id: Their name.
        title: One line.
        labels: Keys of the labels they know.
    """

    id: str
    title: str
    labels: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class WhyMap:
    """One map of an answer.

    Args:
        name: As the engine calls it.
        title: A few words for the list.
        tip: One sentence.
        low: Word for 0.
        high: Word for 1.
        values: (z, y, x) float32 from 0 to 1.
        relative: Whether 1 is only the most there is; a number says nothing then.
    """

    name: str
    title: str
    tip: str
    low: str
    high: str
    values: NDArray[np.float32]
    relative: bool = False


@dataclass(frozen=True, eq=False)
class Told:
    """What a network was asked, and its answer.

    Args:
        at_zyx: Voxel of the case.
        model: Id of the weights.
        against: Id of the weights they were compared with, or "".
        label: Key of the label asked about.
        probabilities: Key → probability at the place.
        sentence: For people.
        grid: Of the maps.
        maps: At least the saliency and two of doubt.
    """

    at_zyx: IndexZyx
    model: str
    against: str
    label: str
    probabilities: dict[str, float]
    sentence: str
    grid: Grid
    maps: tuple[WhyMap, ...]


class ExplainRoom(ProcessRoom):
    """The process that answers, and the CT it was given."""

    def __init__(self) -> None:
        super().__init__()
        self._licences = Licences()

    def ask(
        self,
        case: Case,
        at_zyx: IndexZyx,
        model: str,
        label: str,
        against: str,
        threads: int,
        agreed: Mapping[str, str] = _NOTHING,
    ) -> Job:
        """Ask about a place of a case.

        The result is a `Told`, or a `LicenceQuestion` if a person has to say a word first.

        Args:
            case: Only its CT is looked at.
            at_zyx: Voxel of the case.
            model: Id of the weights; empty for the default.
            label: Key to ask about; empty for the likeliest one there.
            against: Id of weights to compare with; empty for none.
            threads: CPU threads; 0 takes all.
            agreed: Id of weights → the non-commercial licence somebody agreed to.
        """
        volume = case.volume
        point = tuple(float(v) for v in volume.grid.to_lps(at_zyx))
        wanted = {"model": model or None, "label": label or None, "against": against or None}

        def work(job: Job) -> Told | LicenceQuestion:
            from engine.predict.worker import Handlers

            for weights in (model, against) if against else (model,):
                question = self._licences.question(weights, agreed)
                if question is not None:
                    return question
            job.update(0, 0, "Handing over the CT")
            process, shared = self._ready(volume)
            job.token.check()
            handlers = Handlers(progress=job.update)
            target = "engine.explain.job:explain_job"
            ticket = process.call(target, shared, handlers, point_lps=point, threads=threads, **wanted)
            return _told(at_zyx, waited(ticket, job))

        return Job("Explaining", work)


def networks() -> Job:
    """List the weights that can be asked as a tuple of `Network`, the one that is taken by default first."""

    def work(_job: Job) -> tuple[Network, ...]:
        from engine.core.errors import ModelError
        from engine.nets.weights import find_model, list_models

        found = [Network(m.id, m.card.title or m.id, m.card.labels) for m in list_models()[0]]
        try:
            default = find_model(None).id
        except ModelError:
            return tuple(found)  # said when one is asked
        return tuple(sorted(found, key=lambda network: network.id != default))

    return Job("Looking for networks", work, visible=False)


def _told(at_zyx: IndexZyx, said: Explanation) -> Told:
    return Told(
        at_zyx,
        said.model,
        said.against,
        said.label,
        said.all_probabilities,
        said.sentence,
        said.grid,
        described(said.maps.items()),
    )


_PLAIN = {
    "saliency": (
        "What the answer depends on",
        "How much a small change of the grey value there would change the answer at the place.",
        "not at all",
        "most",
    ),
    "doubt, entropy": ("Doubt: undecided", "How undecided the network is there about any label.", "sure", "a coin"),
    "doubt, mirrored": (
        "Doubt: changed by mirroring",
        "By how much a probability there changes when the picture is mirrored.",
        "not at all",
        "wholly",
    ),
    NETWORKS_MAP: (
        "Doubt: networks disagree",
        "The largest difference between the two networks in the probability of a label both know.",
        "agree",
        "opposite",
    ),
}
_ATTENTION = {
    "gate": ("Attention gate", "What share of a place this gate lets through.", "shut", "open"),
    "spatial attention": ("Spatial attention", "What share of a place is let through.", "shut", "open"),
    "attention of the place": (
        "Attention from the place",
        "How much each place weighs for the chosen one in the residual attention block.",
        "nothing",
        "most",
    ),
}


def described(maps: Iterable[tuple[str, NDArray[np.float32]]]) -> tuple[WhyMap, ...]:
    """Return maps with words for people; several of one kind are numbered in the order the network uses them."""
    found = list(maps)
    kinds = [name.rpartition(", ")[0] for name, _ in found]
    out: list[WhyMap] = []
    for k, (name, values) in enumerate(found):
        if name in _PLAIN:
            relative = name == "saliency"
            out.append(WhyMap(name, *_PLAIN[name], _stretched(values) if relative else values, relative))
            continue
        kind = kinds[k]
        title, tip, low, high = _ATTENTION.get(kind, (name.capitalize(), "", "0", "1"))
        count = kinds.count(kind)
        number = f" {kinds[: k + 1].count(kind)} of {count}" if count > 1 else ""
        relative = kind == "attention of the place"
        shown = _stretched(values) if relative else values
        out.append(WhyMap(name, f"{title}{number}", f"{tip} ({name})".strip(), low, high, shown, relative))
    return tuple(out)


def _stretched(values: NDArray[np.float32]) -> NDArray[np.float32]:
    most = float(np.percentile(values, _MOST_SHARE)) or float(values.max())
    return np.minimum(values / most, 1.0).astype(np.float32) if most > 0 else values
