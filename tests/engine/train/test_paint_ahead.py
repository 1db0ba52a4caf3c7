"""Painting in processes: what is made is found by the training, and what fails there is told here."""

import numpy as np
import pytest

from engine.core.errors import Cancelled, InputError
from engine.core.progress import CancelToken
from engine.geometry.grid import Grid
from engine.io.masks.write import write_volume
from engine.train import gather, manifest
from engine.train.paint_ahead import paint_ahead
from tests.support.travelling import SPACING, labelled_set, painted_set


def test_drawn_cases_need_no_painting(tmp_path):
    assert paint_ahead(labelled_set(tmp_path), SPACING, workers=2) == 0


@pytest.mark.slow
def test_the_training_finds_what_was_painted(tmp_path, monkeypatch):
    gathered = painted_set(tmp_path)
    assert paint_ahead(gathered, SPACING, workers=1) == 0
    assert paint_ahead(gathered, SPACING, workers=2) == 2
    monkeypatch.setattr("engine.synth.hosts.paint.paint_host", None)  # nothing is left to paint
    train, validation = gather.gather(gathered, SPACING)
    assert (len(train), len(validation)) == (4, 1)
    assert all((read().labels > 0).any() for read in (*train, *validation))


@pytest.mark.slow
def test_stopping_and_a_scan_without_lungs_come_through(tmp_path):
    grid = Grid((30, 60, 60), (4.0, 3.0, 3.0), (0.0, 0.0, 0.0))
    (tmp_path / "block").mkdir()
    write_volume(tmp_path / "block" / "ct.nii.gz", np.full(grid.shape_zyx, 30, np.int16), grid)
    source = '[[sources]]\nkind = "painted"\npath = "block"\nlicence = "CC0"\ncases = 4\n'
    (tmp_path / "m.toml").write_text(f'name = "m"\nlicence = "CC0"\n{source}')
    gathered = manifest.find(tmp_path / "m.toml", None)
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        paint_ahead(gathered, SPACING, workers=2, cancel=token)
    with pytest.raises(InputError, match="ml of lung"):
        paint_ahead(gathered, SPACING, workers=2)
