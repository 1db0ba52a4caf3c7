"""The sample study is painted once, kept, and painted again when its file is damaged."""

import numpy as np
import pytest

from engine.geometry.grid import Grid
from engine.synth import demo as module


@pytest.fixture
def painted(monkeypatch):
    calls = []

    def paint(**_):
        calls.append(1)
        hu = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
        return module.Demo(hu, (hu % 6).astype(np.uint8), Grid((2, 3, 4), (2.5, 0.7, 0.8), (1.0, 2.0, 3.0)))

    monkeypatch.setattr(module, "paint_demo", paint)
    return calls


def test_the_second_time_it_comes_from_the_cache(painted):
    first, second = module.demo(), module.demo()
    assert len(painted) == 1
    np.testing.assert_array_equal(first.hu, second.hu)
    assert first.grid == second.grid


def test_a_damaged_file_is_painted_again(painted):
    module.demo()
    module.demo_path().write_bytes(b"PK\x03\x04 cut")
    assert module.demo().hu[1, 2, 3] == 23
    assert len(painted) == 2


@pytest.mark.slow
def test_the_sample_shows_every_label_and_is_of_the_usual_size():
    made = module.paint_demo()
    assert made.hu.shape == (120, 512, 512)
    assert set(np.unique(made.labels)) == {0, 1, 2, 3, 4, 5}
