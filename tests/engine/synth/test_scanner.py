"""The scanner adds noise of the asked size and grain, blurs, sharpens, and cuts its round field."""

import numpy as np
import pytest

from engine.synth.scanner import LOWEST_HU, Scanner, scan

PLANE = (0.8, 1.1)


def test_noise_has_the_asked_standard_deviation_in_tissue():
    hu = np.full((160, 150), 40.0, np.float32)
    out = scan(hu, Scanner(blur_mm=0.0, noise_hu=20.0), PLANE, np.random.default_rng(1))
    assert out.dtype == np.int16
    assert float(out.std()) == pytest.approx(20.0, rel=0.05)
    assert float(out.mean()) == pytest.approx(40.0, abs=1.5)


def test_noise_is_correlated_over_its_grain():
    hu = np.full((200, 200), 40.0, np.float32)
    fine = scan(hu, Scanner(noise_hu=30.0, grain_mm=0.1), PLANE, np.random.default_rng(1)).astype(float)
    coarse = scan(hu, Scanner(noise_hu=30.0, grain_mm=1.2), PLANE, np.random.default_rng(1)).astype(float)

    def neighbours(a):
        return np.corrcoef(a[:, :-1].ravel(), a[:, 1:].ravel())[0, 1]

    assert abs(neighbours(fine)) < 0.05
    assert neighbours(coarse) > 0.4


def test_blur_spreads_an_edge_and_sharpening_overshoots():
    hu = np.full((40, 80), -850.0, np.float32)
    hu[:, 40:] = 50.0
    quiet = {"noise_hu": 0.0}
    rng = np.random.default_rng(0)
    blurred = scan(hu, Scanner(blur_mm=1.5, **quiet), PLANE, rng)
    sharp = scan(hu, Scanner(blur_mm=0.5, sharpen=0.8, **quiet), PLANE, rng)
    assert -700 < blurred[20, 39] < -300
    assert sharp[20].max() > 80
    assert sharp[20].min() < -880


def test_outside_the_round_field_nothing_was_measured():
    hu = np.full((60, 60), 40.0, np.float32)
    out = scan(hu, Scanner(round_field=True, noise_hu=0.0), PLANE, np.random.default_rng(0))
    assert out[0, 0] == LOWEST_HU
    assert out[30, 30] == 40


def test_drawn_settings_are_possible():
    for seed in range(100):
        scanner = Scanner.draw(np.random.default_rng(seed))
        assert 0 < scanner.noise_hu <= 55
        assert scanner.blur_mm > 0
