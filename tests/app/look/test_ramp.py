"""The ramp reads as a scale: it only gets lighter, in steps that look alike, and nothing is clear."""

from __future__ import annotations

import numpy as np

from app.look.ramp import STEPS, ramp_argb, ramp_rgb


def cielab(rgb: np.ndarray) -> np.ndarray:
    """sRGB to CIE L*a*b* (D65), by the book: another space than the one the ramp is made in."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    matrix = np.array(
        [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.119192, 0.9503041]]
    )
    share = linear @ matrix.T / np.array([0.95047, 1.0, 1.08883])
    f = np.where(share > (6 / 29) ** 3, np.cbrt(share), share / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)


def test_each_step_is_lighter_and_as_far_as_the_others() -> None:
    lab = cielab(ramp_rgb()[::15] / 255)
    light = np.diff(lab[:, 0])
    assert light.min() > 0.6 * light.mean()
    assert lab[-1, 0] - lab[0, 0] > 50
    apart = np.linalg.norm(np.diff(lab, axis=0), axis=1)
    assert apart.min() > 0.5 * apart.mean()
    assert apart.max() < 1.8 * apart.mean()


def test_nothing_is_clear_and_alpha_only_grows() -> None:
    argb = ramp_argb()
    assert len(argb) == STEPS
    assert argb[0] == 0
    alpha = (argb >> 24).astype(int)
    assert (np.diff(alpha) >= 0).all()
    assert alpha[-1] == 255
    for k, shift in enumerate((16, 8, 0)):
        part = (argb >> shift & 255).astype(int)
        assert (part <= alpha).all(), "premultiplied"
        assert part[-1] == ramp_rgb()[-1, k]
