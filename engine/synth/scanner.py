"""What a scanner does to a perfect slice: kernel, noise, field of view."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.synth.space import Real

LOWEST_HU, HIGHEST_HU = -1024, 3071


@dataclass(frozen=True)
class Scanner:
    """Reconstruction settings.

    Args:
        blur_mm: Standard deviation of the point spread in the plane.
        sharpen: Edge enhancement of a lung kernel, 0 for a soft one.
        noise_hu: Standard deviation of the noise in the middle of the body.
        grain_mm: Correlation length of the noise.
        round_field: Whether voxels outside the round field of view are empty.
    """

    blur_mm: float = 0.6
    sharpen: float = 0.0
    noise_hu: float = 14.0
    grain_mm: float = 0.7
    round_field: bool = False

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Scanner:
        """Return settings between a low-dose soft and a sharp high-resolution scan."""
        sharp = bool(rng.random() < 0.35)
        return cls(
            blur_mm=float(rng.uniform(0.35, 0.6) if sharp else rng.uniform(0.5, 1.1)),
            sharpen=float(rng.uniform(0.3, 0.9)) if sharp else 0.0,
            noise_hu=min(55.0, float(rng.gamma(4.0, 6.0) if sharp else rng.gamma(4.0, 3.4)) + 3),
            grain_mm=float(rng.uniform(0.4, 0.7) if sharp else rng.uniform(0.6, 1.2)),
            round_field=bool(rng.random() < 0.3),
        )


def scan(hu: Real, scanner: Scanner, spacing_yx_mm: tuple[float, float], rng: np.random.Generator) -> np.ndarray:
    """Return one slice as the scanner would give it, (y, x) int16.

    Args:
        hu: (y, x) float32, ideal.
        scanner: Kernel and dose.
        spacing_yx_mm: Spacing in the plane.
        rng: Source of the noise.
    """
    from scipy.ndimage import gaussian_filter

    sigma = [scanner.blur_mm / s for s in spacing_yx_mm]
    seen = gaussian_filter(hu, sigma, truncate=3.0) if max(sigma) > 0.2 else hu.copy()
    if scanner.sharpen:
        wider = gaussian_filter(seen, [1.1 / s for s in spacing_yx_mm], truncate=2.5)
        seen += np.float32(scanner.sharpen) * (seen - wider)
    noise = rng.standard_normal(hu.shape, dtype=np.float32)
    grain = [scanner.grain_mm / s for s in spacing_yx_mm]
    if max(grain) > 0.25:
        noise = gaussian_filter(noise, grain, truncate=3.0)
        noise /= max(float(noise.std()), 1e-6)
    # less noise where little is in the way: outside the body, and in the lungs
    seen += noise * np.float32(scanner.noise_hu) * (np.float32(0.65) + np.float32(0.35) * (seen > -600))
    if scanner.round_field:
        ny, nx = hu.shape
        y = (np.arange(ny) - (ny - 1) / 2)[:, None] / (ny / 2)
        x = (np.arange(nx) - (nx - 1) / 2)[None, :] / (nx / 2)
        seen[(y * y + x * x) > 1.0] = LOWEST_HU
    return np.clip(np.rint(seen), LOWEST_HU, HIGHEST_HU).astype(np.int16)
