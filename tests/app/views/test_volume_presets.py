"""Transfer functions VTK can use: rising HU, shares between 0 and 1, and air that cannot be seen."""

from __future__ import annotations

import numpy as np
import pytest

from app.views.volume_presets import VOLUME_PRESETS


@pytest.mark.parametrize("name", list(VOLUME_PRESETS))
def test_functions_rise_in_hu_and_stay_between_0_and_1(name: str) -> None:
    preset = VOLUME_PRESETS[name]
    for table in (preset.colours, preset.opacities):
        points = np.array(table)
        assert (np.diff(points[:, 0]) > 0).all()
        assert ((points[:, 1:] >= 0) & (points[:, 1:] <= 1)).all()
    hu, opacity = np.array(preset.opacities).T
    assert (np.diff(opacity) >= 0).all(), "denser is never clearer"
    assert np.interp(-1000, hu, opacity) == 0, "air is not seen"
    assert np.interp(1200, hu, opacity) > 0.4


def test_only_the_lung_is_looked_at_inside_its_labels() -> None:
    assert {name for name, preset in VOLUME_PRESETS.items() if preset.inside_labels} == {"lung"}


def test_bone_does_not_show_what_mediastinum_shows() -> None:
    def at(name: str, hu: float) -> float:
        return float(np.interp(hu, *np.array(VOLUME_PRESETS[name].opacities).T))

    assert at("bone", 70) == 0 < at("mediastinum", 70)
    assert at("mediastinum", -700) == 0 < at("lung", -700)
