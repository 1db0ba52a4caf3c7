"""Cases are measured one by one; a broken one is named and the others go on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import Cancelled
from engine.core.progress import CancelToken
from engine.evaluate.run import evaluate
from engine.evaluate.truth import truth_masks
from engine.io.case_folders import case_folders, read_labelled
from engine.metrics.overlap import counts
from engine.nets.weights import ModelFile
from engine.predict.backends import open_engine
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
    case = read_labelled(folders[0])
    again = segment(case.volume.hu, case.volume.grid, model=model, options=OPTIONS)
    lung = np.isin(again.labels, [1, 2, 3, 4])
    assert told.values("lung", "dice")["a"] == pytest.approx(counts(lung, truth_masks(case.masks)["lung"]).dice)
    assert told.model_sha256 == model.card.sha256
    assert told.pictures == {}


def test_the_network_is_opened_once_and_each_case_is_segmented_once(
    model: ModelFile, cases: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def counting(name: str, act: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **words: object) -> object:
            done.append(name)
            return act(*arguments, **words)

        return call

    monkeypatch.setattr("engine.predict.segment.open_engine", counting("opened", open_engine))
    monkeypatch.setattr("engine.evaluate.run.open_engine", counting("opened", open_engine))
    monkeypatch.setattr("engine.evaluate.run.segment", counting("segmented", segment))
    told = evaluate(model, case_folders(cases), OPTIONS, pictures=4)
    assert sorted(done) == ["opened", "segmented", "segmented"]
    assert len(told.pictures) == 4


def test_the_pictures_are_of_the_worst_and_begin_with_it(model: ModelFile, cases: Path) -> None:
    told = evaluate(model, case_folders(cases), OPTIONS, pictures=3)
    ranked = sorted(told.rows, key=lambda row: row.values["dice"])
    assert list(told.pictures) == [(row.case, row.label) for row in ranked[:3]]
    assert all(picture.shape[1:] == (480, 3) for picture in told.pictures.values())


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
