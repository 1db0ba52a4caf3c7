"""What is drawn for a host."""

import numpy as np
import pytest

from engine.synth.hosts.plan import PATTERNS, draw_plan


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_opacity_is_centred_in_lung(host, pattern):
    for seed in range(6):
        plan = draw_plan(host, np.random.default_rng(seed), pattern)
        assert plan.pattern == pattern
        assert all(host.lungs[patch.centre_zyx] > 0 for patch in plan.patches)
        assert bool(plan.patches or plan.bands) or pattern == "none"


def test_opacities_lie_nearer_to_the_pleura_than_lung_does_on_average(host):
    plans = [draw_plan(host, np.random.default_rng(seed), "patchy") for seed in range(40)]
    depths = [host.depth_mm[patch.centre_zyx] for plan in plans for patch in plan.patches]
    assert np.mean(depths) < 0.8 * host.depth_mm[host.lungs > 0].mean()


def test_all_patterns_and_fluids_come_up_by_themselves(host):
    plans = [draw_plan(host, np.random.default_rng(seed)) for seed in range(150)]
    assert {plan.pattern for plan in plans} == set(PATTERNS)
    wet = sum(bool(plan.fluids) for plan in plans) / len(plans)
    assert 0.15 < wet < 0.5
