"""A drawn body lies within adult limits and follows its seed."""

import numpy as np

from engine.synth.person import Person


def test_the_same_seed_gives_the_same_body():
    assert Person.draw(np.random.default_rng(5)) == Person.draw(np.random.default_rng(5))
    assert Person.draw(np.random.default_rng(5)) != Person.draw(np.random.default_rng(6))


def test_bodies_stay_within_adult_limits():
    for seed in range(200):
        person = Person.draw(np.random.default_rng(seed))
        assert 0.8 < person.width < 1.2
        assert 140 <= person.lung_height_mm <= 225
        assert person.fat_mm > 0
        assert -980 < person.lung_hu < -760
