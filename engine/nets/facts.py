"""What is known about each network without building it: ``resources/cards/<network>.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass

from engine.core.errors import ModelError, ResourceError
from engine.core.paths import resource
from engine.nets.registry import NETWORKS


@dataclass(frozen=True)
class NetworkFacts:
    """A network in numbers.

    Args:
        id: Name in NETWORKS.
        title: One line.
        paper: Where it comes from.
        parameters: Learned numbers at one output.
        gflop: Of one window, a multiply-add counting two.
        input: Window these numbers hold for, (z, y, x).
    """

    id: str
    title: str
    paper: str
    parameters: int
    gflop: float
    input: tuple[int, ...]


def network_facts(network_id: str) -> NetworkFacts:
    """Return what is known about a network.

    Raises:
        ModelError: its file is missing or incomplete.
    """
    NETWORKS.entry(network_id)
    try:
        values = tomllib.loads(resource(f"cards/{network_id}.toml").read_text(encoding="utf-8"))
        return NetworkFacts(
            id=network_id,
            title=str(values["title"]),
            paper=str(values["paper"]),
            parameters=int(values["parameters"]),
            gflop=float(values["gflop"]),
            input=tuple(int(n) for n in values["input"]),
        )
    except (ResourceError, OSError, KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"The description of {network_id} is missing or incomplete.", f"{error}.", "Install the program again."
        ) from error
