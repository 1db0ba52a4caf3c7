"""The colours of a heat layer: from violet over red to pale yellow, each step as much lighter as the one before.

Made in Oklab, where equal steps look equal (B. Ottosson, "A perceptual color space for image processing"), so that
no value seems to be a border. Lightness grows with the value: it reads without colour vision, and on black.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

STEPS = 256
_LIGHT = 0.36, 0.95
_HUE_DEG = 300.0, 465.0  # violet, through red, to yellow
_CHROMA = 0.15
_FAINT = 0.55  # alpha grows as value ** _FAINT: what is small is seen, what is nothing is not

_LMS = np.array(
    [[1.0, 0.3963377774, 0.2158037573], [1.0, -0.1055613458, -0.0638541728], [1.0, -0.0894841775, -1.2914855480]]
)
_RGB = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)


@cache
def ramp_rgb() -> NDArray[np.uint8]:
    """Return (256, 3) red, green and blue for values from 0 to 1; read-only."""
    share = np.linspace(0, 1, STEPS)
    light = _LIGHT[0] + share * (_LIGHT[1] - _LIGHT[0])
    hue = np.radians(_HUE_DEG[0] + share * (_HUE_DEG[1] - _HUE_DEG[0]))
    # A screen shows strong colours at middling lightness only.
    chroma = _CHROMA * (1 - (1.3 * share - 0.55) ** 2)
    lab = np.stack([light, chroma * np.cos(hue), chroma * np.sin(hue)], axis=1)
    linear = np.clip((lab @ _LMS.T) ** 3 @ _RGB.T, 0.0, 1.0)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    rgb = np.rint(255 * encoded).astype(np.uint8)
    rgb.setflags(write=False)
    return rgb


@cache
def ramp_argb() -> NDArray[np.uint32]:
    """Return (256,) premultiplied ARGB; 0 is clear, and what is larger is less so; read-only."""
    alpha = np.linspace(0, 1, STEPS) ** _FAINT
    red, green, blue = (np.rint(ramp_rgb()[:, k] * alpha).astype(np.uint32) for k in range(3))
    argb = np.asarray(np.rint(255 * alpha).astype(np.uint32) << 24 | red << 16 | green << 8 | blue, dtype=np.uint32)
    argb.setflags(write=False)
    return argb
