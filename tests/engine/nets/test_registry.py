"""The table of networks: every entry builds, knows itself and takes its own arguments back."""

from __future__ import annotations

import json

import pytest

from engine.core.errors import InputError, ModelError
from engine.nets.registry import NETWORKS, arch_dict, build, make_arch, network_id_of


@pytest.mark.parametrize("name", list(NETWORKS))
def test_every_network_is_built_again_from_its_own_arguments(name: str) -> None:
    import torch

    with torch.device("meta"):
        model = build(name)
        plain = json.loads(json.dumps(arch_dict(model)))
        assert build(name, plain).arch == model.arch
        assert network_id_of(model) == name


def test_an_unknown_network_names_the_nearest() -> None:
    with pytest.raises(InputError, match="ra_unet3d"):
        build("ra_unet")


def test_an_unknown_argument_is_named() -> None:
    with pytest.raises(ModelError, match="colour"):
        make_arch("ra_unet3d", {"colour": 3})


def test_a_stranger_is_no_network_of_ours() -> None:
    import torch

    with pytest.raises(ModelError, match="Linear"):
        network_id_of(torch.nn.Linear(1, 1))
