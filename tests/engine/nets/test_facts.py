"""The numbers told about a network are those of the network."""

from __future__ import annotations

import pytest
import torch

from engine.core.errors import InputError
from engine.nets.facts import network_facts
from engine.nets.registry import NETWORKS, build


@pytest.mark.parametrize("name", list(NETWORKS))
def test_the_parameters_are_those_of_the_network(name: str) -> None:
    facts = network_facts(name)
    with torch.device("meta"):
        assert sum(p.numel() for p in build(name).parameters()) == facts.parameters
    assert facts.gflop > 0
    assert facts.paper


def test_an_unknown_network_is_refused() -> None:
    with pytest.raises(InputError, match="network"):
        network_facts("vnet")
