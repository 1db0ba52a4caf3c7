"""From a run to weights that ship: 16-bit file, card for people. ``python -m engine.train.publish RUN ID``.

The figures on the card are measured elsewhere and given as JSON: training scores are no evidence.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from engine.core.errors import InputError
from engine.nets.card import Card, read_card, write_card
from engine.nets.checkpoint import load, save

_TOLD = (
    "id",
    "title",
    "text",
    "licence",
    "trained_on",
    "figures",
    "interval",
    "limits",
    "thresholds",
    "created",
    "default",
)
"""What the text card says; the rest comes from the weights."""


def publish(weights: Path, card: Card, folder: Path) -> Card:
    """Write ``weights/<id>.safetensors`` in 16 bits and ``cards/<id>.toml`` below `folder`.

    Args:
        weights: A weight file of a run.
        card: Its text for people; network, labels, patch, spacing and grey values come from the file.
        folder: The program's resources, or another folder.

    Raises:
        ModelError: the weights are damaged.
        ResourceError: the folder cannot be written.
    """
    model, told = load(weights)
    whole = replace(
        told,
        **{name: getattr(card, name) for name in _TOLD if getattr(card, name)},
    )
    (folder / "weights").mkdir(parents=True, exist_ok=True)
    (folder / "cards").mkdir(parents=True, exist_ok=True)
    saved = save(folder / "weights" / f"{whole.id}.safetensors", model, whole, half=True)
    write_card(folder / "cards" / f"{whole.id}.toml", saved)
    return saved


def main(arguments: Sequence[str] | None = None) -> int:
    """Publish from the command line and return the exit code."""
    parser = argparse.ArgumentParser(description="Write the weights of a run as 16-bit weights with a card.")
    parser.add_argument("run", type=Path, help="run folder, or one weight file")
    parser.add_argument("text", type=Path, help="TOML card with what people read: id, title, text, licence, limits …")
    parser.add_argument("--figures", type=Path, help="JSON of measured figures")
    parser.add_argument("--to", type=Path, default=Path("resources"), help="folder that holds weights/ and cards/")
    given = parser.parse_args(arguments)
    weights = given.run if given.run.is_file() else given.run / "best.safetensors"
    if not weights.exists():
        raise InputError(f"There are no weights in “{given.run.name}”.", "best.safetensors is missing.", "Train first.")
    card = read_card(given.text)
    if given.figures:
        card = replace(card, figures=json.loads(given.figures.read_text(encoding="utf-8")))
    saved = publish(weights, card, given.to)
    sys.stdout.write(f"{saved.id}: {saved.sha256}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
