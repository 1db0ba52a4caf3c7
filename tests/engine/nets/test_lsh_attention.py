"""Hashed attention beside the exact one and beside a loop over places."""

from __future__ import annotations

import math
import subprocess
import sys

import pytest
import torch

from engine.nets.lsh_attention import (
    HashedAttention,
    Hashing,
    bucket_count,
    buckets_of,
    exact_attention,
    lsh_attention,
)


def vectors(N: int = 48, d: int = 8, B: int = 2, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(B, N, d, generator=generator), torch.randn(B, N, d, generator=generator)


def naive(q: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """Softmax attention with the whole matrix in fp64; keys are the queries at length 1."""
    q, v = q.double(), v.double()
    k = q / q.norm(dim=-1, keepdim=True)
    return torch.softmax(q @ k.transpose(1, 2) / math.sqrt(q.shape[-1]), dim=-1) @ v


def slow(q: torch.Tensor, v: torch.Tensor, hashes: torch.Tensor, m: int, *, self_mask: bool) -> torch.Tensor:
    """Place by place, round by round, as the equations say."""
    B, rounds, N = hashes.shape
    out = torch.zeros_like(v, dtype=torch.float64)
    for b in range(B):
        for i in range(N):
            parts, sums = [], []
            for r in range(rounds):
                order = sorted(range(N), key=lambda n: (int(hashes[b, r, n]), n))
                chunk = order.index(i) // m
                seen = [
                    j
                    for at, j in enumerate(order)
                    if at // m in {chunk, chunk - 1} and hashes[b, r, j] == hashes[b, r, i]
                ]
                k = q[b, seen].double() / q[b, seen].double().norm(dim=-1, keepdim=True)
                logit = k @ q[b, i].double() / math.sqrt(q.shape[-1])
                if self_mask:
                    logit[seen.index(i)] = -1e5
                z = torch.logsumexp(logit, 0)
                parts.append(torch.exp(logit - z) @ v[b, seen].double())
                sums.append(z)
            out[b, i] = (torch.softmax(torch.stack(sums), 0)[:, None] * torch.stack(parts)).sum(0)
    return out


def test_the_exact_kernel_is_the_softmax_with_its_matrix() -> None:
    q, v = vectors()
    assert torch.allclose(exact_attention(q[:, None], v[:, None])[:, 0].double(), naive(q, v), atol=1e-5)


def test_one_bucket_is_exact_attention() -> None:
    q, v = vectors()
    everything = torch.zeros(2, 3, 48, dtype=torch.long)
    assert torch.allclose(lsh_attention(q, v, everything, 48, self_mask=False).double(), naive(q, v), atol=1e-5)


def test_a_layer_with_one_bucket_agrees_with_the_exact_layer() -> None:
    torch.manual_seed(1)
    hashed = HashedAttention(32, "lsh", hashing=Hashing(chunk=200, buckets=1, self_mask=False)).eval()
    exact = HashedAttention(32, "exact").eval()
    exact.load_state_dict({k: v for k, v in hashed.state_dict().items() if k != "rotations"})
    x = torch.randn(2, 32, 11, 13)
    assert torch.allclose(hashed(x), exact(x), atol=1e-5)


@pytest.mark.parametrize("N", [16, 37, 41])  # one chunk, chunks that do not come out even
@pytest.mark.parametrize("self_mask", [True, False])
def test_rounds_agree_with_a_loop_over_places(N: int, *, self_mask: bool) -> None:
    q, v = vectors(N)
    hashes = torch.randint(0, 5, (2, 3, N), generator=torch.Generator().manual_seed(3))
    fast = lsh_attention(q, v, hashes, 16, self_mask=self_mask)
    assert torch.allclose(fast.double(), slow(q, v, hashes, 16, self_mask=self_mask), atol=1e-5)


def test_buckets_are_those_of_the_formula() -> None:
    x, _ = vectors(20)
    rotations = torch.randn(2, 3, 8, 128, generator=torch.Generator().manual_seed(5))
    found = buckets_of(x, rotations, 6)
    for r in range(3):
        turned = x[1, 7] @ rotations[0, r, :, :3]
        assert found[1, r, 7] == torch.cat([turned, -turned]).argmax()
    assert int(buckets_of(x, rotations, 2304).max()) < 2400
    assert (buckets_of(x, rotations, 1) == 0).all()


@pytest.mark.parametrize(("places", "count"), [(10, 2), (2304, 36), (147_456, 2304)])
def test_there_is_about_one_bucket_a_chunk(places: int, count: int) -> None:
    assert bucket_count(places, 64) == count


def test_the_error_falls_as_rounds_grow() -> None:
    """Mean over seeds; places that resemble each other, as on an image: else there is nothing to find."""
    rounds, errors = (1, 2, 4, 8, 16), torch.zeros(5)
    for seed in range(6):
        generator = torch.Generator().manual_seed(seed)
        centres = 4 * torch.randn(16, 16, generator=generator)
        q = (centres.repeat(32, 1) + torch.randn(512, 16, generator=generator))[None]
        v = torch.randn(1, 512, 16, generator=generator)
        rotations = torch.randn(2, 16, 16, 128, generator=generator)
        truth = naive(q, v)
        for i, n in enumerate(rounds):
            hashes = buckets_of(q, rotations[:, :n], 16)
            errors[i] += (lsh_attention(q, v, hashes, 64, self_mask=False) - truth).abs().mean()
    assert (errors.diff() < 0).all(), errors
    assert errors[-1] < 0.7 * errors[0]


def test_the_same_question_gets_the_same_answer() -> None:
    first, second = (HashedAttention(64, "lsh", hashing=Hashing(seed=n)).eval() for n in range(2))
    second.load_state_dict(first.state_dict())
    x = torch.randn(1, 64, 24, 24)
    assert torch.equal(first(x), second(x))
    assert torch.equal(first(x), first(x))


@pytest.mark.parametrize("kind", ["exact", "lsh"])
def test_a_single_place_and_a_row_are_served(kind: str) -> None:
    layer = HashedAttention(32, kind).eval()
    for size in [(1, 1), (1, 7), (9, 70)]:
        out = layer(torch.randn(2, 32, *size))
        assert out.shape == (2, 32, *size)
        assert torch.isfinite(out).all()


def test_samples_of_a_batch_do_not_see_each_other() -> None:
    layer = HashedAttention(32, "lsh").eval()
    x = torch.randn(3, 32, 12, 12)
    assert torch.allclose(layer(x), torch.cat([layer(one[None]) for one in x]), atol=1e-5)


_PEAK = """
import resource, torch
from engine.nets.lsh_attention import HashedAttention
torch.set_num_threads(1)
a = HashedAttention(32, {kind!r})
with torch.inference_mode():
    a(torch.randn(1, 32, 12, 12))
    x = torch.randn(1, 32, {size}, {size})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    a(x)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in KiB on Linux only")
@pytest.mark.parametrize(("kind", "size", "share"), [("lsh", 192, 0.05), ("exact", 96, 0.05)])
def test_neither_kind_makes_the_matrix(kind: str, size: int, share: float) -> None:
    """Four heads at 192² would need 20 736 MiB for it: the paper's reason for hashing. Here neither kind makes it."""
    done = subprocess.run(
        [sys.executable, "-c", _PEAK.format(kind=kind, size=size)], capture_output=True, text=True, check=True
    )
    matrix_mib = 4 * 4 * size**4 / 2**20
    assert float(done.stdout) < share * matrix_mib
