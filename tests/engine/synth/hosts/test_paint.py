"""What painting does to a host: only where it says so, and every voxel of it labelled."""

import numpy as np
import pytest

from engine.synth.hosts.anatomy import grown
from engine.synth.hosts.paint import paint_host, plan_of
from engine.synth.hosts.plan import PATTERNS


def _seed(host, wanted):
    """Return the first seed whose plan for a chest without opacities is as wanted."""
    return next(seed for seed in range(500) if wanted(plan_of(host, seed, "none")))


@pytest.fixture(scope="module")
def painted(host):
    return {pattern: paint_host(host, 40 + i, pattern) for i, pattern in enumerate(PATTERNS)}


def test_the_same_seed_gives_the_same_voxels_and_another_does_not(host, painted):
    again = paint_host(host, 41, "few")
    assert np.array_equal(again.hu, painted["few"].hu)
    assert np.array_equal(again.labels, painted["few"].labels)
    assert not np.array_equal(paint_host(host, 900, "few").labels, again.labels)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_nothing_changes_away_from_the_lungs(host, painted, pattern):
    case = painted[pattern]
    if case.parameters["plan"]["fools"]["motion_mm"]:
        pytest.skip("this seed drew motion, which moves everything")
    away = ~grown(host.lungs > 0, host.spacing_zyx_mm, 6.0)
    assert np.array_equal(case.hu[away], host.hu[away])


@pytest.mark.parametrize("pattern", PATTERNS)
def test_labels_lie_in_the_lungs_and_keep_off_the_airways(host, painted, pattern):
    case = painted[pattern]
    assert (host.lungs[case.labels > 0] > 0).all()
    assert not (case.labels > 2)[host.airways].any()
    assert np.array_equal(case.lungs > 0, (host.lungs > 0) & (case.labels != 5))
    lung_only = (case.labels == 1) | (case.labels == 2)
    assert np.array_equal(case.labels[lung_only], case.lungs[lung_only])


def _added(host, case, label):
    air = (case.labels == label) & (host.hu < -750)
    return case.hu[air].astype(float) - host.hu[air]


def test_ground_glass_adds_what_the_rule_says_and_vessels_stay(host, painted):
    case = painted["confluent"]
    added = _added(host, case, 3)
    assert len(added) > 2000
    assert np.median(added) > 100
    vessels = (case.labels == 3) & (host.hu > -50)
    assert vessels.sum() > 10
    assert np.median(np.abs(case.hu[vessels].astype(int) - host.hu[vessels])) < 10


def test_consolidation_is_about_as_dense_as_it_was_drawn(host, painted):
    case = painted["solid"]
    inside = case.labels == 4
    assert inside.sum() > 300
    assert -350 < np.median(case.hu[inside]) < 100


def test_fluid_lies_at_the_back_is_dense_and_is_no_lung(host):
    case = paint_host(host, _seed(host, lambda plan: any(f.thickness_mm > 30 for f in plan.fluids)), "none")
    wet = case.labels == 5
    side = case.parameters["plan"]["fluids"][0]["side"]
    of_side = wet & (host.lungs == side)
    assert np.argwhere(of_side)[:, 1].mean() > np.argwhere(host.lungs == side)[:, 1].mean() + 10
    assert case.parameters["plan"]["fools"]["motion_mm"] or -40 < np.median(case.hu[wet]) < 70
    assert not case.lungs[wet].any()


def test_no_dark_seam_is_left_between_a_lesion_and_the_wall(host, painted):
    case = painted["band"]
    seam = grown(case.labels > 2, host.spacing_zyx_mm, 2.0) & (host.lungs == 0) & ~host.airways
    partly_air = seam & (host.hu < -200) & ~grown(host.airways, host.spacing_zyx_mm, 4.0)
    assert partly_air.sum() > 5
    assert case.hu[partly_air].mean() > host.hu[partly_air].mean() + 30


def test_what_only_looks_like_disease_has_no_label(host):
    case = paint_host(host, _seed(host, lambda plan: bool(plan.fools.nodules) and not plan.fluids), "none")
    assert set(np.unique(case.labels)) <= {0, 1, 2}
    centre, _, density = case.parameters["plan"]["fools"]["nodules"][0]
    assert case.hu[tuple(centre)] > density - 150
