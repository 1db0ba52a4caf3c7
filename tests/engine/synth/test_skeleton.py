"""Ribs run outside the cage on both sides; great vessels and windpipe lie between the lungs."""

import numpy as np
import pytest

from engine.synth.person import Person
from engine.synth.skeleton import great_tubes, ribs
from engine.synth.space import Points
from engine.synth.surfaces import Surfaces


@pytest.fixture(params=[0, 7])
def surfaces(request):
    return Surfaces(Person.draw(np.random.default_rng(request.param)))


def test_bones_stay_out_of_the_lungs(surfaces):
    skeleton = ribs(surfaces, np.random.default_rng(1))
    for tubes in (skeleton.bone, skeleton.cartilage):
        outside = surfaces.lungs(Points.of(tubes.points))
        assert np.mean(outside > 0) > 0.995


def test_there_are_as_many_bones_on_the_right_as_on_the_left(surfaces):
    x = ribs(surfaces, np.random.default_rng(1)).bone.points[:, 0]
    assert (x < 0).sum() == pytest.approx((x > 0).sum(), rel=0.1)


def test_the_aorta_descends_on_the_left_and_the_windpipe_forks(surfaces):
    great = great_tubes(surfaces, np.random.default_rng(1))
    low = great.blood.points[great.blood.points[:, 2] < surfaces.height(0.25)]
    assert (low[:, 0] > 0).all()
    airway = great.airway.points
    upper = airway[airway[:, 2] > surfaces.height(0.7)]
    lower = airway[airway[:, 2] < surfaces.height(0.56)]
    assert np.abs(upper[:, 0]).max() < 12
    assert lower[:, 0].min() < -20
    assert lower[:, 0].max() > 20
    assert great.hilum_right[0] < 0 < great.hilum_left[0]
