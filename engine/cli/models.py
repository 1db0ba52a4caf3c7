"""`groundglass models`: the networks this program knows and the weights there are."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from engine.cli.parser import verb_parser

if TYPE_CHECKING:
    from engine.nets.card import Card
    from engine.nets.facts import NetworkFacts
    from engine.nets.weights import ModelFile


def main(arguments: Sequence[str]) -> int:
    """List networks and weights; 0 even when there are no weights, as that is an answer.

    Args:
        arguments: The words after ``groundglass models``.
    """
    parser = verb_parser(
        "models",
        "List the networks and the weights, the program's own and yours.",
        ("groundglass models", "groundglass models --json"),
    )
    parser.add_argument("--json", action="store_true", help="one JSON object for a program to read")
    options = parser.parse_args(list(arguments))
    from engine.nets.facts import network_facts
    from engine.nets.registry import NETWORKS
    from engine.nets.weights import list_models

    networks = [network_facts(name) for name in NETWORKS]
    weights, wrong = list_models()
    for error in wrong:
        print(" ".join(error.lines), file=sys.stderr)
    if options.json:
        data = {"networks": [_network(n) for n in networks], "weights": [_weights(w) for w in weights]}
        print(json.dumps(data, ensure_ascii=False, indent=1))
    else:
        _print(networks, weights)
    return 0


def _print(networks: list[NetworkFacts], weights: list[ModelFile]) -> None:
    print("networks")
    for n in networks:
        print(f"  {n.id:<14}{n.parameters / 1e6:6.1f} M parameters  {n.gflop:7.1f} GFLOP a window  {n.title}")
    print("weights")
    for w in weights:
        card = w.card
        dice = ", ".join(f"{k} {v:.3f}" for k, v in _dice(w).items())
        print(f"  {card.id}  ({card.network}, {', '.join(card.labels)}; {w.origin})")
        for line in (card.title, f"Dice: {dice}" if dice else "", _licence(card)):
            if line:
                print(f"    {line}")
    if not weights:
        print("  none; `groundglass train --help` says how to make some")


def _network(facts: NetworkFacts) -> dict[str, Any]:
    return {
        "id": facts.id,
        "title": facts.title,
        "parameters": facts.parameters,
        "gflop": facts.gflop,
        "input": list(facts.input),
        "paper": facts.paper,
    }


def _weights(model: ModelFile) -> dict[str, Any]:
    card = model.card
    return {
        "id": card.id,
        "title": card.title,
        "network": card.network,
        "labels": list(card.labels),
        "licence": card.licence,
        "non_commercial": card.non_commercial,
        "sha256": card.sha256,
        "dice": _dice(model),
        "trained_on": list(card.trained_on),
        "limits": list(card.limits),
        "origin": model.origin,
        "path": str(model.path),
    }


def _licence(card: Card) -> str:
    said = " (no commercial use)" if card.non_commercial else ""
    return f"Licence: {card.licence}{said}" if card.licence else ""


def _dice(model: ModelFile) -> dict[str, float]:
    """Return the Dice figures of a card: ``dice`` or ``validation_dice`` per label, or keys ``dice_<label>``.

    Weights that ship are measured on real and on synthetic chests; the real ones are told, as they count.
    """
    figures = model.card.figures
    for kind in ("real", "synthetic"):
        rows = figures.get(kind)
        if isinstance(rows, Mapping):
            measured = cast(Mapping[str, Mapping[str, float]], rows)
            return {str(label): float(row["dice"]) for label, row in measured.items()}
    nested = figures.get("dice", figures.get("validation_dice", {}))
    out = {str(k): v for k, v in nested.items()} if isinstance(nested, Mapping) else {"mean": nested}
    out |= {k.removeprefix("dice_"): v for k, v in figures.items() if k.startswith("dice_")}
    return {key: float(value) for key, value in out.items() if isinstance(value, int | float)}
