"""A network of slices met with a volume."""

from __future__ import annotations

import torch

from engine.nets.slices import over_slices


def test_each_slice_is_seen_alone_and_lies_where_it_was() -> None:
    x = torch.randn(2, 3, 5, 6, 7)

    def network(slices: torch.Tensor) -> torch.Tensor:
        return torch.stack([s.sum(dim=0) * s.mean() for s in slices])[:, None]

    found = over_slices(network, x)
    assert found.shape == (2, 1, 5, 6, 7)
    for b in range(2):
        for z in range(5):
            one = x[b, :, z]
            assert torch.allclose(found[b, 0, z], one.sum(dim=0) * one.mean(), atol=1e-6)


def test_a_single_slice_is_passed_on() -> None:
    x = torch.randn(2, 3, 6, 7)
    assert torch.equal(over_slices(lambda s: s * 2, x), x * 2)
