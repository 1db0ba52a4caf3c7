"""Self-attention over a 3-D map with a learned code of position, exact and linear in memory.

*Source*: Zeng et al., "Medical Image Segmentation of COVID-19 Based on Deep Learning", Fig. 3 and eq. 2.
A = softmax_j((q_i·k_j + q_i·p_j) / √d), z_i = Σ_j A_ij v_j, P[c, d, h, w] = w_d[c, d] + w_h[c, h] + w_w[c, w].

Because q·k + q·p = q·(k + p), the code is folded into the keys and the N × N matrix is never made: at
N = 147 456 (half resolution) it would take 87 GB. Passing P as a mask would make it again.

Two traps, both measured: queries, keys and values must be 4-D (B, heads, N, d) and contiguous in the last
axis, else torch silently takes the path that makes the matrix (N = 9 216: 0.11 s and 3 MB against 2.64 s and
734 MB); and bf16 is slower than fp32 on a CPU without AMX, so they stay fp32 inside CPU autocast.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.nets.blocks import Grid3, NormKind, PositionKind, norm3d

_AXES = ("w_d", "w_h", "w_w")


class AxialPosition(nn.Module):
    """Three learned vectors per channel, one along each axis, added up: the code of the paper.

    Args:
        width: Channels d·heads of the keys.
        grid: Size (D, H, W) of the map in training; other sizes are interpolated linearly.
    """

    def __init__(self, width: int, grid: Grid3) -> None:
        super().__init__()
        for name, length in zip(_AXES, grid, strict=True):
            self.register_parameter(name, nn.Parameter(torch.randn(width, length) / math.sqrt(width)))

    @property
    def grid(self) -> Grid3:
        """Size (D, H, W) at which the vectors are stored."""
        d, h, w = (getattr(self, name).shape[1] for name in _AXES)
        return d, h, w

    def set_grid(self, grid: Grid3) -> None:
        """Store the vectors at another size, e.g. before fine-tuning with another window."""
        for name, length in zip(_AXES, grid, strict=True):
            setattr(self, name, nn.Parameter(_stretch(getattr(self, name).detach(), length)))

    def forward(self, grid: Grid3) -> Tensor:
        """Return P (1, width, D, H, W) for a map of size `grid`."""
        d, h, w = (_stretch(getattr(self, n), length) for n, length in zip(_AXES, grid, strict=True))
        return (d[:, :, None, None] + h[:, None, :, None] + w[:, None, None, :])[None]


class RelativePosition(nn.Module):
    """Learned vectors per offset along each axis, shared by the heads: a code that depends on j − i only.

    q_i·r(j − i) is a sum of three terms that depend on i and one coordinate of j. Appending them to the
    queries and one-hot coordinates to the keys gives the same logits without the matrix.
    """

    def __init__(self, head_width: int, grid: Grid3) -> None:
        super().__init__()
        for name, length in zip(_AXES, grid, strict=True):
            table = torch.randn(2 * length - 1, head_width) / math.sqrt(head_width)
            self.register_parameter(name, nn.Parameter(table))

    @property
    def grid(self) -> Grid3:
        """Size (D, H, W) whose offsets are stored."""
        d, h, w = ((getattr(self, name).shape[0] + 1) // 2 for name in _AXES)
        return d, h, w

    def set_grid(self, grid: Grid3) -> None:
        """Store the tables for another size; offsets beyond the trained ones start at zero."""
        for name, length in zip(_AXES, grid, strict=True):
            setattr(self, name, nn.Parameter(_reach(getattr(self, name).detach(), length)))

    def forward(self, queries: Tensor, grid: Grid3) -> tuple[Tensor, Tensor]:
        """Return what to append to the queries and the keys.

        Args:
            queries: (B, heads, N, d), N = D·H·W.
            grid: D, H, W.

        Returns:
            (B, heads, N, D+H+W) and (1, 1, N, D+H+W).
        """
        B, heads, N, width = queries.shape
        spread = queries.reshape(B, heads, *grid, width)
        terms, marks = [], []
        for axis, (name, length) in enumerate(zip(_AXES, grid, strict=True)):
            table = _reach(getattr(self, name), length).to(queries.dtype)
            place = torch.arange(length, device=queries.device)
            vectors = table[place[None, :] - place[:, None] + length - 1]  # (i, j, d)
            letter = "xyz"[axis]
            terms.append(torch.einsum(f"bnxyzc,{letter}jc->bnxyzj", spread, vectors))
            shape = [1, 1, 1, length]
            shape[axis] = length
            mark = torch.eye(length, device=queries.device, dtype=queries.dtype).reshape(shape)
            marks.append(mark.expand(*grid, length).reshape(1, 1, N, length))
        return torch.cat(terms, dim=-1).reshape(B, heads, N, -1), torch.cat(marks, dim=-1)


class Attention3d(nn.Module):
    """Multi-head self-attention over all positions of a map, channels in = channels out.

    Args:
        width: Channels of the map.
        grid: Size (D, H, W) in training.
        heads: Heads; the paper draws one.
        position: ``"axial"`` (the paper's), ``"relative"`` or ``"none"``.
    """

    def __init__(self, width: int, grid: Grid3, heads: int = 1, position: PositionKind = "axial") -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Conv3d(width, width, 1, bias=False)
        self.key = nn.Conv3d(width, width, 1, bias=False)
        self.value = nn.Conv3d(width, width, 1, bias=False)
        self.position: AxialPosition | RelativePosition | None = None
        if position == "axial":
            self.position = AxialPosition(width, grid)
        elif position == "relative":
            self.position = RelativePosition(width // heads, grid)

    def forward(self, x: Tensor, real: Grid3 | None = None) -> Tensor:
        """Return (B, C, D, H, W).

        Args:
            x: (B, C, D, H, W).
            real: How many positions along each axis are real; those beyond are padding and get no attention.
        """
        B, C, D, H, W = x.shape
        q, k, v = self.query(x), self.key(x), self.value(x)
        if x.device.type == "cpu" and q.dtype in {torch.bfloat16, torch.float16}:
            q, k, v = q.float(), k.float(), v.float()
        if isinstance(self.position, AxialPosition):
            k = k + self.position((D, H, W)).to(k.dtype)
        q, k, v = (self._split(t) for t in (q, k, v))
        scale = 1.0 / math.sqrt(C // self.heads)
        bias = None if real is None else _padding_bias(real, (D, H, W), q)
        with torch.autocast(x.device.type, enabled=x.device.type != "cpu"):
            if isinstance(self.position, RelativePosition):
                z = self._relative(self.position, q, k, v, (D, H, W), scale, bias)
            else:
                z = F.scaled_dot_product_attention(q, k, v, attn_mask=bias, scale=scale)
        return z.transpose(2, 3).reshape(B, C, D, H, W).to(x.dtype)

    def weights_of(self, x: Tensor, place: int) -> Tensor:
        """Return how much each place of a map weighs for one of them, (N,), the mean over the heads; sums to 1.

        Args:
            x: (1, C, D, H, W).
            place: Index in the flattened map.
        """
        B, C, D, H, W = x.shape
        q, k = self.query(x).float(), self.key(x).float()
        if isinstance(self.position, AxialPosition):
            k = k + self.position((D, H, W))
        q, k = self._split(q), self._split(k)
        if isinstance(self.position, RelativePosition):
            terms, marks = self.position(q, (D, H, W))
            q, k = torch.cat([q, terms], dim=-1), torch.cat([k, marks.expand(B, self.heads, -1, -1)], dim=-1)
        logits = q[:, :, place : place + 1] @ k.transpose(2, 3) / math.sqrt(C // self.heads)
        return torch.softmax(logits, dim=-1)[0, :, 0].mean(dim=0)

    def _split(self, x: Tensor) -> Tensor:
        # (B, C, D, H, W) → (B, heads, N, d); contiguous, or torch makes the N × N matrix.
        B, C = x.shape[:2]
        return x.reshape(B, self.heads, C // self.heads, -1).transpose(2, 3).contiguous()

    @staticmethod
    def _relative(
        position: RelativePosition, q: Tensor, k: Tensor, v: Tensor, grid: Grid3, scale: float, bias: Tensor | None
    ) -> Tensor:
        B, heads, N, d = q.shape
        terms, marks = position(q, grid)
        q = torch.cat([q, terms], dim=-1)
        k = torch.cat([k, marks.expand(B, heads, N, -1)], dim=-1)
        # The kernel without the matrix wants one width for all three.
        wide = F.pad(v, (0, q.shape[-1] - d))
        return F.scaled_dot_product_attention(q, k, wide, attn_mask=bias, scale=scale)[..., :d]


class ResidualAttention(nn.Module):
    """RA block of the paper: H(x) = R(F(x) + x), F = c1(C→m)-N-R → attention(m) → N-R → c1(m→C)-N.

    The scale of the last N starts at zero, so the block starts as R(x) ("when F(x) approaches 0").
    """

    def __init__(
        self, channels: int, grid: Grid3, *, norm: NormKind, reduction: int, heads: int, position: PositionKind
    ) -> None:
        super().__init__()
        mid = channels // reduction
        self.reduce = nn.Conv3d(channels, mid, 1, bias=False)
        self.norm1 = norm3d(norm, mid)
        self.attention = Attention3d(mid, grid, heads, position)
        self.norm2 = norm3d(norm, mid)
        self.expand = nn.Conv3d(mid, channels, 1, bias=False)
        self.norm3 = norm3d(norm, channels)

    def set_grid(self, depth: int, height: int, width: int) -> None:
        """Store the code of position for a map of another size. At the present size nothing changes."""
        if self.attention.position is not None:
            self.attention.position.set_grid((depth, height, width))

    def forward(self, x: Tensor, real: Grid3 | None = None) -> Tensor:
        """Return (B, C, D, H, W); see :meth:`Attention3d.forward` for `real`."""
        y = F.relu(self.norm1(self.reduce(x)), inplace=True)
        y = F.relu(self.norm2(self.attention(y, real)), inplace=True)
        return F.relu(self.norm3(self.expand(y)) + x, inplace=True)


def _stretch(vectors: Tensor, length: int) -> Tensor:
    """Return (C, n) vectors at `length` places by linear interpolation; the ends are held."""
    if vectors.shape[1] == length:
        return vectors
    return F.interpolate(vectors[None], size=length, mode="linear", align_corners=False)[0]


def _reach(table: Tensor, length: int) -> Tensor:
    """Return (2n−1, d) offset vectors for 2·`length`−1 offsets: cut, or extended with zeros."""
    change = length - (table.shape[0] + 1) // 2
    if change <= 0:
        return table[-change : table.shape[0] + change]
    return F.pad(table, (0, 0, change, change))


def _padding_bias(real: Grid3, grid: Grid3, like: Tensor) -> Tensor | None:
    """Return (1, 1, 1, N) with −inf where a position is padding; None where there is none."""
    if all(r >= g for r, g in zip(real, grid, strict=True)):
        return None
    bias = torch.full(grid, -math.inf, device=like.device, dtype=like.dtype)
    bias[: real[0], : real[1], : real[2]] = 0.0
    return bias.reshape(1, 1, 1, -1)
