"""Cases are measured one by one; a broken one is named and the others go on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import Cancelled
from engine.core.progress import CancelToken
from engine.evaluate.run import evaluate, shown
from engine.io.case_folders import case_folders
from engine.metrics.overlap import counts
from engine.nets.weights import ModelFile
from engine.predict.segment import SegmentOptions, segment
from tests.support.evaluation import write_cases
from tests.support.models import tiny_model

OPTIONS = SegmentOptions(device="cpu", threads=1)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ModelFile:
    return tiny_model(tmp_path_factory.mktemp("model") / "tiny.safetensors")


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_cases(tmp_path_factory.mktemp("cases"))


def test_what_is_told_is_what_the_program_segments(model: ModelFile, cases: Path) -> None:
    folders = case_folders(cases)
    told = evaluate(model, folders, OPTIONS)
    assert told.cases == ("a", "b")
    assert set(told.labels) == {"lung", "infection"}
    one = shown(model, folders[0], OPTIONS, ("lung",))
    again = segment(one.hu, one.grid, model=model, options=OPTIONS)
    lung = np.isin(again.labels, [1, 2, 3, 4])
    assert told.values("lung", "dice")["a"] == pytest.approx(counts(lung, one.truths["lung"]).dice)
    assert np.array_equal(one.founds["lung"], lung)
    assert told.model_sha256 == model.card.sha256


def test_a_broken_case_is_named_and_the_others_go_on(model: ModelFile, cases: Path, tmp_path: Path) -> None:
    write_cases(tmp_path)
    (tmp_path / "a" / "ct.nii.gz").write_bytes(b"not a volume")
    told = evaluate(model, case_folders(tmp_path), OPTIONS)
    assert told.cases == ("b",)
    assert "ct.nii.gz" in told.failed["a"]


def test_it_stops_when_asked(model: ModelFile, cases: Path) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        evaluate(model, case_folders(cases), OPTIONS, cancel=token)
