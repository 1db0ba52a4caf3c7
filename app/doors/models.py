"""Which networks there are, and what can be said of a scan before one is run."""

from __future__ import annotations

from dataclasses import dataclass

from app.jobs.job import Job
from engine.case.volume import Notice, Volume


@dataclass(frozen=True)
class ModelChoice:
    """A network the person can pick.

    Args:
        id: Its name.
        title: One line.
        text: What it is good for.
        licence: Of the weights.
        limits: Where it is not good.
        is_own: Whether the person trained it.
        how: How to get weights, for a network that has none yet; "" where it can be used.
        forbidden: What its licence forbids, in a sentence; "" if it allows commercial use.
        spacing: mm (z, y, x) it was trained with; None if it takes a scan as it is.
    """

    id: str
    title: str
    text: str
    licence: str
    limits: tuple[str, ...]
    is_own: bool
    how: str = ""
    forbidden: str = ""
    spacing: tuple[float, float, float] | None = None


def remarks(volume: Volume, spacing: tuple[float, float, float] | None) -> Job:
    """Say what is odd about a volume's values and grid, as a tuple of `Notice`; no network runs.

    Args:
        volume: Whole.
        spacing: mm (z, y, x) the network was trained with; None if it takes a scan as it is.
    """

    def work(_job: Job) -> tuple[Notice, ...]:
        from engine.geometry.orient import Orientation
        from engine.predict.guards import check_grid, check_values

        turn = Orientation.of(volume.grid)
        return (*check_values(turn.apply(volume.hu)), *check_grid(turn.grid(volume.grid), spacing))

    return Job("Looking at the scan", work, visible=False)


def models() -> Job:
    """List the models there are, best first, then the networks without weights, as a tuple of `ModelChoice`."""

    def work(_job: Job) -> tuple[ModelChoice, ...]:
        from engine.nets.card import licence_words
        from engine.nets.weights import list_models

        found, _ = list_models()
        ready = tuple(
            ModelChoice(
                m.id,
                m.card.title or m.id,
                m.card.text,
                m.card.licence,
                m.card.limits,
                m.origin != "shipped",
                forbidden=licence_words(m.card),
                spacing=m.card.spacing,
            )
            for m in found
        )
        return ready + _untrained({m.card.network for m in found})

    return Job("Looking for models", work, visible=False)


def _untrained(trained: set[str]) -> tuple[ModelChoice, ...]:
    """Return the networks that nobody has trained here."""
    from engine.nets.facts import network_facts
    from engine.nets.registry import NETWORKS
    from engine.train.recipe import names

    recipes, choices = names(), list[ModelChoice]()
    for name in NETWORKS:
        if name in trained:
            continue
        facts = network_facts(name)
        paper, solid = f"{name}-paper", facts.input[0] > 1
        recipe = paper if paper in recipes else "modern-3d" if solid else "modern-2d"
        own = "" if recipe.startswith(name) else f' with “network = "{name}"” in a copy of it'
        how = f"No weights yet. Train it: groundglass train --recipe {recipe} --data CASES -o RUN{own}"
        choices.append(ModelChoice(name, facts.title, facts.paper, "", (), is_own=False, how=how))
    return tuple(choices)
