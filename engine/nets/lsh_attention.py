"""Self-attention over a 2-D map by locality-sensitive hashing, and its exact form.

*Source*: Chen et al., "Residual Attention U-Net …", eqs 1–3, after Kitaev et al., "Reformer: The Efficient
Transformer". Queries and keys are one projection,
k = q/‖q‖. Per round: a random rotation R gives each place a bucket h(x) = argmax [xR; −xR]; the places are
sorted by (bucket, place) and cut into chunks of m; each place looks at the places of its own bucket in its own
chunk and the one before. The rounds are joined by their softmax sums z_g:
o = Σ_g exp(z_g − logsumexp z) o_g.

Where the paper is silent or cannot be meant as written:

- *Causality* ("i ≥ j") belongs to language: places of an image have no order; all are looked at.
- *Itself*: a place finds itself most similar, so its own logit is −1e5 (−5e4 in half precision, where the paper's
  10⁵ is no number): it looks at itself only where there is nothing else.
- *Rotations* are drawn once from a seed and kept in the checkpoint: a reading tool must answer twice the same.
- *Buckets*: the paper's N/n_rounds for the length of a chunk must be N over the number of buckets; chunks of 64.
  Above 128 buckets the hash is a pair of two smaller ones: one wide rotation does not end at 384×384.
- √d divides q·k inside the exponent, in every equation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.nets.layers import conv

AttentionKind = Literal["exact", "lsh", "off"]
_WIDEST = 128
"""Buckets up to which one rotation makes the hash."""
_MOST_BUCKETS = 1 << 16


@dataclass(frozen=True)
class Hashing:
    """How places are put into buckets.

    Args:
        chunk: m, places a chunk; about that many a bucket.
        rounds: Hash rounds in training and in use.
        self_mask: Whether a place is kept from looking at itself.
        buckets: Number of buckets; N/m of the map if 0.
        seed: Of the rotations.
    """

    chunk: int = 64
    rounds: tuple[int, int] = (4, 8)
    self_mask: bool = True
    buckets: int = 0
    seed: int = 0


class HashedAttention(nn.Module):
    """x + W_O · attention(GN(x)) over all places of a map.

    Args:
        channels: Of the map.
        kind: ``"exact"`` or ``"lsh"``.
        width: Of queries, keys and values, all heads together.
        heads: Attention heads.
        hashing: For ``"lsh"``.
    """

    rotations: Tensor

    def __init__(
        self,
        channels: int,
        kind: AttentionKind = "lsh",
        *,
        width: int = 64,
        heads: int = 4,
        hashing: Hashing | None = None,
    ) -> None:
        super().__init__()
        self.kind, self.heads = kind, heads
        self.hashing = hashing = hashing or Hashing()
        self.norm = nn.GroupNorm(math.gcd(32, channels), channels)
        self.query = conv(2, channels, width, 1)
        self.value = conv(2, channels, width, 1)
        self.out = conv(2, width, channels, 1, bias=True)
        if kind == "lsh":
            shape = (2, max(hashing.rounds), width // heads, _WIDEST)
            drawn = torch.randn(shape, generator=torch.Generator().manual_seed(hashing.seed), device="cpu")
            self.register_buffer("rotations", drawn.to(torch.get_default_device()))

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, C, H, W)."""
        B, _, H, W = x.shape
        y = self.norm(x)
        q, v = self._split(self.query(y)), self._split(self.value(y))
        z = exact_attention(q, v) if self.kind == "exact" else self._hashed(q, v)
        z = z.transpose(2, 3).reshape(B, -1, H, W).to(x.dtype)
        return x + self.out(z)

    def weights_of(self, x: Tensor, place: int) -> Tensor:
        """Return how much each place weighs for one of them without hashing, (N,), the mean over the heads; sums to 1.

        Args:
            x: (1, C, H, W).
            place: Index in the flattened map.
        """
        q = self._split(self.query(self.norm(x)))
        k = F.normalize(q, dim=-1)
        logits = q[:, :, place : place + 1] @ k.transpose(2, 3) / math.sqrt(q.shape[-1])
        return torch.softmax(logits, dim=-1)[0, :, 0].mean(dim=0)

    def _hashed(self, q: Tensor, v: Tensor) -> Tensor:
        hashing = self.hashing
        count = hashing.buckets or bucket_count(q.shape[2], hashing.chunk)
        rounds = hashing.rounds[0 if self.training else 1]
        flat_q, flat_v = q.flatten(0, 1), v.flatten(0, 1)
        hashes = buckets_of(flat_q, self.rotations[:, :rounds].to(q.dtype), count)
        z = lsh_attention(flat_q, flat_v, hashes, hashing.chunk, self_mask=hashing.self_mask)
        return z.unflatten(0, q.shape[:2])

    def _split(self, x: Tensor) -> Tensor:
        # (B, C, H, W) → (B, heads, N, d), contiguous in fp32: the exact kernel makes the N × N matrix else.
        B, C = x.shape[:2]
        return x.float().reshape(B, self.heads, C // self.heads, -1).transpose(2, 3).contiguous()


def exact_attention(q: Tensor, v: Tensor) -> Tensor:
    """Return softmax(q kᵀ/√d) v with k = q/‖q‖, without ever making the matrix.

    Args:
        q: (B, heads, N, d).
        v: (B, heads, N, d).
    """
    return F.scaled_dot_product_attention(q, F.normalize(q, dim=-1), v, scale=1.0 / math.sqrt(q.shape[-1]))


def bucket_count(places: int, chunk: int) -> int:
    """Return how many buckets a map gets: about one a chunk, even, at least 2."""
    return min(_MOST_BUCKETS, max(2, 2 * round(places / chunk / 2)))


def buckets_of(x: Tensor, rotations: Tensor, count: int) -> Tensor:
    """Return the bucket of each vector in each round.

    Args:
        x: (B, N, d).
        rotations: (2, rounds, d, R) random numbers; as many columns as needed are used.
        count: Buckets. One bucket holds everything; above 128 they are pairs of two hashes, so that their number
            is the product of two even ones, near `count`.

    Returns:
        (B, rounds, N) integers.
    """
    if count <= 1:
        return torch.zeros(x.shape[0], rotations.shape[1], x.shape[1], dtype=torch.long, device=x.device)
    if count <= _WIDEST:
        return _one_hash(x, rotations[0], count)
    first = 2 * max(1, round(math.sqrt(count) / 2))
    second = 2 * max(1, round(count / first / 2))
    return _one_hash(x, rotations[0], first) * second + _one_hash(x, rotations[1], second)


def _one_hash(x: Tensor, rotations: Tensor, count: int) -> Tensor:
    turned = torch.einsum("bnd,rdk->brnk", x, rotations[:, :, : max(1, count // 2)])
    return torch.cat([turned, -turned], dim=-1).argmax(dim=-1)


def lsh_attention(q: Tensor, v: Tensor, hashes: Tensor, chunk: int, *, self_mask: bool = True) -> Tensor:
    """Return attention among places that share a bucket in some round.

    Args:
        q: (B, N, d) queries; the keys are q/‖q‖.
        v: (B, N, d) values.
        hashes: (B, rounds, N) buckets.
        chunk: m. With m ≥ N and one bucket this is the exact attention.
        self_mask: Whether a place is kept from looking at itself.

    Returns:
        (B, N, d).
    """
    outs: list[Tensor] = []
    sums: list[Tensor] = []
    for one_round in range(hashes.shape[1]):  # one after the other: an eighth of the memory of all at once
        out, z = _round(q, v, hashes[:, one_round], chunk, self_mask=self_mask)
        outs.append(out)
        sums.append(z)
    weight = torch.softmax(torch.stack(sums), dim=0)
    return (torch.stack(outs) * weight[..., None]).sum(dim=0)


def _round(q: Tensor, v: Tensor, hashes: Tensor, chunk: int, *, self_mask: bool) -> tuple[Tensor, Tensor]:
    N = q.shape[1]
    m = min(chunk, N)
    order = hashes.argsort(dim=1, stable=True)
    back = order.argsort(dim=1)
    spare = -N % m  # the last chunk is filled up with places of a bucket of their own
    bucket = F.pad(hashes.gather(1, order), (0, spare), value=-1)
    place = F.pad(order, (0, spare), value=-1)
    queries = _chunks(F.pad(_take(q, order), (0, 0, 0, spare)), m)
    keys = _with_previous(F.normalize(queries, dim=-1))
    values = _with_previous(_chunks(F.pad(_take(v, order), (0, 0, 0, spare)), m))
    logits = queries @ keys.transpose(2, 3) / math.sqrt(q.shape[-1])
    own_bucket, own_place = _chunks(bucket, m), _chunks(place, m)
    other_bucket, other_place = _with_previous(own_bucket), _with_previous(own_place)
    strange = own_bucket[..., None] != other_bucket[:, :, None]
    if keys.shape[2] > m:  # the chunk before the first one is not the last one
        strange = strange | _wrapped(strange, m)
    logits = logits.masked_fill(strange, -math.inf)
    if self_mask:
        least = -5e4 if logits.dtype == torch.float16 else -1e5
        logits = logits.masked_fill(own_place[..., None] == other_place[:, :, None], least)
    z = torch.logsumexp(logits, dim=-1)
    out = torch.exp(logits - z[..., None]) @ values
    return _take(out.flatten(1, 2)[:, :N], back), z.flatten(1, 2)[:, :N].gather(1, back)


def _take(x: Tensor, order: Tensor) -> Tensor:
    return x.gather(1, order[..., None].expand(-1, -1, x.shape[-1]))


def _chunks(x: Tensor, m: int) -> Tensor:
    return x.unflatten(1, (-1, m))


def _with_previous(x: Tensor) -> Tensor:
    """Return (B, chunks, 2m, …): each chunk after the one before it; a single chunk stays as it is."""
    return x if x.shape[1] == 1 else torch.cat([torch.roll(x, 1, dims=1), x], dim=2)


def _wrapped(like: Tensor, m: int) -> Tensor:
    first = torch.zeros(like.shape[1], 1, like.shape[3], dtype=torch.bool, device=like.device)
    first[0, :, :m] = True
    return first
