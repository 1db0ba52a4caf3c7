"""One case of `groundglass segment`, made ready for another machine: what must be the same there is checked there."""

from __future__ import annotations

import argparse
import pickle
from pathlib import Path

import pytest

from engine.cli.segment_case import Case, Elsewhere, Segmenter, marked
from engine.core.errors import InputError, ModelError, ResourceError
from engine.core.progress import CancelToken
from engine.io.masks.write import write_volume
from engine.spread.work import Share
from tests.support.models import quick_chest, tiny_model


class Heard:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def update(self, done: float, total: float, text: str = "") -> None:
        pass

    def say(self, line: str) -> None:
        self.lines.append(line)


@pytest.fixture
def chosen(tmp_path: Path) -> argparse.Namespace:
    model = tiny_model(tmp_path / "tiny.safetensors")
    return argparse.Namespace(
        model=str(model.path),
        network=None,
        device="cpu",
        threads=0,
        overlap=0.25,
        precision="auto",
        whole=False,
        anyway=False,
        overwrite=False,
        series=None,
    )


@pytest.fixture
def case(tmp_path: Path) -> Case:
    hu, grid, _ = quick_chest((20, 40, 48), (4.0, 6.0, 6.0), noise_hu=20)
    write_volume(tmp_path / "a.nii.gz", hu, grid)
    return Case("a", tmp_path / "a.nii.gz", tmp_path / "mask.nii.gz")


def test_what_is_made_elsewhere_has_travelled_and_gives_the_mask_and_the_figures(
    chosen: argparse.Namespace, case: Case
) -> None:
    here = Segmenter.open(chosen)
    with marked(case.target.parent / "out") as mark:
        travelled = pickle.loads(pickle.dumps(Elsewhere(chosen, here.model.card.sha256, mark)))
        there = travelled(Share(threads=1, elsewhere=True))
    assert there.options.threads == 1
    done = there(case, Heard(), CancelToken())
    assert case.target.exists()
    assert pickle.loads(pickle.dumps(done)).figures["lung_ml"] > 0
    assert list((case.target.parent / "out").iterdir()) == []


def test_a_wish_for_threads_is_stronger_than_the_share(chosen: argparse.Namespace) -> None:
    chosen.threads = 2
    assert Segmenter.open(chosen, 7).options.threads == 2


def test_a_machine_that_does_not_see_the_results_is_named(chosen: argparse.Namespace, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not see the folder") as caught:
        Elsewhere(chosen, "0" * 64, tmp_path / "elsewhere" / "mark")(Share(1, elsewhere=True))
    assert str(tmp_path / "elsewhere") in caught.value.what


def test_a_machine_with_other_weights_is_refused(chosen: argparse.Namespace, tmp_path: Path) -> None:
    with marked(tmp_path) as mark, pytest.raises(ModelError, match="other weights"):
        Elsewhere(chosen, "0" * 64, mark)(Share(1, elsewhere=True))


def test_a_mask_that_is_there_is_left_alone_only_where_that_was_wished(chosen: argparse.Namespace, case: Case) -> None:
    case.target.write_bytes(b"mine")
    segmenter, heard = Segmenter.open(chosen), Heard()
    assert segmenter(Case(case.name, case.source, case.target, skip=True), heard, CancelToken()) is None
    assert "left alone" in heard.lines[0]
    with pytest.raises(InputError, match="exists already"):
        segmenter(case, heard, CancelToken())
    assert case.target.read_bytes() == b"mine"


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises((ResourceError, InputError), match="file"), marked(tmp_path / "file" / "out"):
        pass
