"""The table of networks. Adding one is a file here, one line below and a card in ``resources/cards``.

A network is a module class with ``Arch`` (a frozen dataclass of its arguments), ``arch_version``, ``dims``
(3, or 2 for slice by slice), ``required_multiple`` and ``arch``; ``forward`` gives logits of its input's size.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Protocol

from engine.core.errors import ModelError
from engine.core.registry import Entry, Registry

if TYPE_CHECKING:
    from torch import nn

    class NetworkClass(Protocol):
        """What each target of the table offers."""

        Arch: type[Any]
        arch_version: int
        dims: int

        def __call__(self, arch: Any) -> nn.Module:  # noqa: ANN401 - each network has its own arguments
            """Return a network with random weights."""
            ...


NETWORKS: Registry[NetworkClass] = Registry(
    "network",
    {
        "ra_unet3d": Entry("engine.nets.ra_unet3d:RaUnet3d", text="RA-UNet 3-D: residual U-Net with attention"),
        "agru_net": Entry("engine.nets.agru_net:AgruNet", text="AGRU-Net: recurrent U-Net with gates, slice by slice"),
        "au_net": Entry("engine.nets.au_net:AuNet", text="AU-Net: spatial and channel attention, slice by slice"),
        "rau_net2d": Entry(
            "engine.nets.rau_net2d:RauNet2d", text="Residual Attention U-Net: self-attention, slice by slice"
        ),
        "unet2d": Entry("engine.nets.unet2d:Unet2d", text="U-Net, slice by slice"),
        "att_unet2d": Entry("engine.nets.att_unet2d:AttUnet2d", text="Attention U-Net, slice by slice"),
        "res_unet2d": Entry("engine.nets.res_unet2d:ResUnet2d", text="Residual U-Net, slice by slice"),
        "unet25d": Entry("engine.nets.unet25d:Unet25d", text="U-Net 2.5-D: a slice with its neighbours; fast"),
        "unet3d": Entry("engine.nets.unet3d:Unet3d", text="U-Net 3-D of RA-UNet's widths"),
        "unet3d_cicek": Entry("engine.nets.unet3d_cicek:Unet3dCicek", text="3-D U-Net as first published"),
    },
)


def build(network_id: str, arch: Mapping[str, Any] | None = None) -> nn.Module:
    """Return a new network with random weights.

    Args:
        network_id: A name in NETWORKS.
        arch: Its arguments as plain values (from a card or a recipe); missing ones take their defaults.

    Raises:
        InputError: no such network.
        ModelError: unknown or impossible arguments.
    """
    cls = NETWORKS.get(network_id)
    return cls(make_arch(network_id, arch or {}))


def make_arch(network_id: str, values: Mapping[str, Any]) -> Any:  # noqa: ANN401 - each network has its own
    """Return the frozen arguments of `network_id` from plain values; lists become tuples.

    Raises:
        ModelError: unknown or impossible arguments.
    """
    arch_class = NETWORKS.get(network_id).Arch
    unknown = set(values) - set(arch_class.__dataclass_fields__)
    if unknown:
        raise ModelError(
            f"{network_id} has no argument {', '.join(sorted(unknown))}.",
            f"It knows {', '.join(arch_class.__dataclass_fields__)}.",
            "Correct the recipe, or install the version that wrote this file.",
        )
    return arch_class(**{key: _frozen(value) for key, value in values.items()})


def arch_dict(model: nn.Module) -> dict[str, Any]:
    """Return the arguments of `model` as plain values, ready for JSON or TOML."""
    return {key: _plain(value) for key, value in asdict(model.arch).items()}  # pyright: ignore[reportArgumentType]


def network_id_of(model: nn.Module) -> str:
    """Return the name under which the class of `model` stands in NETWORKS.

    Raises:
        ModelError: it is none of them.
    """
    target = f"{type(model).__module__}:{type(model).__qualname__}"
    for name in NETWORKS:
        if NETWORKS.entry(name).target == target:
            return name
    raise ModelError(f"{type(model).__name__} is no network of this program.", "", "Add it to NETWORKS.")


def _frozen(value: Any) -> Any:  # noqa: ANN401
    return tuple(_frozen(v) for v in value) if isinstance(value, list | tuple) else value


def _plain(value: Any) -> Any:  # noqa: ANN401
    return [_plain(v) for v in value] if isinstance(value, list | tuple) else value
