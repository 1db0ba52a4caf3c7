"""Grey values: by formula, without touching the CT."""

from __future__ import annotations

import numpy as np
import pytest

from engine.core.errors import ModelError
from engine.prep.normalise import Intensity


def test_hu_map_to_zero_and_one_by_the_papers_range() -> None:
    hu = np.array([-3000, -1000, -500, 0, 1000, 3000], np.int16)
    assert Intensity().apply(hu) == pytest.approx([0, 0, 0.25, 0.5, 1, 1], abs=1e-6)
    assert hu[0] == -3000


def test_z_scores_follow_their_formula() -> None:
    policy = Intensity("zscore", -900, 300, -600, 250)
    hu = np.array([-2000, -600, -350, 1000], np.int16)
    assert policy.apply(hu) == pytest.approx([-1.2, 0, 1, 3.6], abs=1e-5)
    assert policy.apply(hu).dtype == np.float32


@pytest.mark.parametrize("policy", [Intensity(), Intensity("zscore", -900, 300, -600, 250)])
def test_a_policy_survives_its_card(policy: Intensity) -> None:
    assert Intensity.from_dict(policy.to_dict()) == policy


@pytest.mark.parametrize("wrong", [{"kind": "log"}, {"low": 5.0, "high": 5.0}, {"std": 0.0}])
def test_an_impossible_policy_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ModelError):
        Intensity(**wrong)


def test_an_unknown_word_in_a_policy_is_refused() -> None:
    with pytest.raises(ModelError, match="gamma"):
        Intensity.from_dict({"gamma": 2})
