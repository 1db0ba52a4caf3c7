"""What there is to choose from, and what is said of a scan before a network runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.doors.models import models, remarks
from app.jobs.queue import InlineQueue
from engine.case.volume import SeriesInfo, Volume
from engine.core.paths import data_dir
from engine.geometry.grid import Grid
from tests.support.models import tiny_model


def result_of(job):
    found = []
    job.succeeded.connect(found.append)
    InlineQueue().start(job)
    return found[0]


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("GROUNDGLASS_HOME", str(tmp_path))
    (data_dir() / "weights").mkdir(parents=True)
    return data_dir() / "weights"


def test_a_choice_says_what_its_licence_forbids_and_what_it_was_trained_on(qapp, home: Path) -> None:
    tiny_model(home / "bound.safetensors", licence="CC-BY-NC-SA-4.0", spacing=(4.0, 3.0, 3.0))
    tiny_model(home / "free.safetensors", licence="CC-BY-4.0")
    by_id = {choice.id: choice for choice in result_of(models())}
    bound, free = by_id["bound"], by_id["free"]
    assert "CC-BY-NC-SA-4.0, allows no commercial use" in bound.forbidden
    assert bound.spacing == (4.0, 3.0, 3.0)
    assert (free.forbidden, free.licence) == ("", "CC-BY-4.0")
    assert bound.is_own
    without = [choice for choice in by_id.values() if choice.how]
    assert without, "networks nobody trained are named"
    assert all("groundglass train" in choice.how for choice in without)


def test_remarks_need_no_network_and_take_any_orientation(qapp) -> None:
    hu = np.where(np.random.default_rng(0).random((20, 12, 26)) < 0.5, 40, -900).astype(np.int16)
    coronal = Grid((20, 12, 26), (1.1, 7.0, 0.9), (0.0, 0.0, 0.0), ((0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (1.0, 0.0, 0.0)))
    found = result_of(remarks(Volume(hu, coronal, SeriesInfo("a", "synthetic")), (2.0, 1.0, 1.0)))
    assert [notice.code for notice in found] == ["coarse", "other-spacing"]
    assert "7.0 mm" in found[0].text
