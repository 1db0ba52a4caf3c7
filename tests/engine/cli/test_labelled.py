"""What export hands over: the labels, and the CT they were drawn on where it is at hand."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest

from engine.case.delta import Delta
from engine.case.document import Case
from engine.case.journal import Journal
from engine.case.labelset import default_labelset
from engine.cli.labelled import labelled, references
from engine.cli.saved import cases_folder
from engine.core.errors import GeometryError, InputError
from engine.geometry.box import Box
from engine.io.masks.write import write_labels
from engine.io.options import QUESTIONS
from engine.io.source import open_volume, scan
from tests.support import dicom_corpus as corpus


def words(**given: object) -> Namespace:
    return Namespace(**(dict.fromkeys((*QUESTIONS, "series", "source")) | given))


def saved(source: Path, **reopen: object) -> Journal:
    case = Case(open_volume(source))
    journal = Journal.open(cases_folder(), case, reopen={"path": str(source), "series": 1, "answers": []} | reopen)
    box = Box((1, 2, 3), (4, 9, 12))
    case.history.apply(Delta.between(case.labels, box, np.full(box.shape, 3, np.uint8), title="Brush", author="you"))
    journal.close()
    return journal


def test_a_saved_case_brings_the_ct_it_was_opened_from(tmp_path: Path) -> None:
    source = corpus.Series().write(tmp_path / "s")
    one = labelled(saved(source).place.name, words())
    assert one.volume is not None
    np.testing.assert_array_equal(one.volume.hu, corpus.phantom())
    assert (one.source, one.what.authors) == (source, ("you",))
    assert int((one.what.labels == 3).sum()) == 3 * 7 * 9
    assert references(one) == source


def test_the_series_and_answers_of_then_hold_again(tmp_path: Path) -> None:
    corpus.Series(corpus.phantom((12, 20, 26)), tags={"SeriesDescription": "Thorax thin"}).write(tmp_path / "s" / "a")
    corpus.ODDITIES["big-gap"](tmp_path / "s" / "b")
    row = next(r for r in scan(tmp_path / "s").rows if r.description != "Thorax thin")
    other = tmp_path / "copy"
    corpus.ODDITIES["big-gap"](other)
    case = Case(open_volume(row, _longest()))
    journal = Journal.open(
        cases_folder(),
        case,
        reopen={"path": str(tmp_path / "s"), "series": row.number, "answers": [["fill_gaps", "longest"]]},
    )
    box = Box((0, 0, 0), (1, 2, 3))
    case.history.apply(Delta.between(case.labels, box, np.ones(box.shape, np.uint8), title="Brush", author="you"))
    journal.close()
    one = labelled(journal.place.name, words())
    assert one.volume is not None
    assert one.volume.grid.matches(case.volume.grid)


def _longest() -> object:
    from engine.io.options import ReadOptions

    return ReadOptions(fill_gaps="longest")


@pytest.mark.parametrize("how", ["gone", "another", "damaged"])
def test_without_its_ct_the_labels_are_there_and_it_is_said_without_the_path(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    source = corpus.Series().write(tmp_path / "Quillfeather")
    journal = saved(source)
    for path in source.iterdir():
        path.unlink()
    if how == "gone":
        source.rmdir()
    elif how == "another":
        corpus.Series(corpus.phantom((7, 20, 26))).write(source)
    one = labelled(journal.place.name, words())
    assert one.volume is None
    assert one.what.labels.any()
    told = capsys.readouterr()
    assert "HU are left out" in told.err
    assert str(tmp_path) not in told.err
    with pytest.raises(InputError, match="without its study"):
        references(one)


def test_another_ct_given_by_hand_is_refused(tmp_path: Path) -> None:
    journal = saved(corpus.Series().write(tmp_path / "s"))
    other = corpus.Series(corpus.phantom((7, 20, 26))).write(tmp_path / "o")
    with pytest.raises(InputError, match="another series"):
        labelled(journal.place.name, words(source=other))


def test_a_ct_that_was_moved_is_given_by_hand(tmp_path: Path) -> None:
    source = corpus.Series().write(tmp_path / "s")
    journal = saved(source)
    source.rename(tmp_path / "moved")
    one = labelled(journal.place.name, words(source=tmp_path / "moved"))
    assert one.volume is not None
    assert one.source == tmp_path / "moved"


def test_a_mask_and_the_ct_it_lies_on(tmp_path: Path) -> None:
    source = corpus.Series().write(tmp_path / "s")
    volume = open_volume(source)
    labels = np.zeros(volume.grid.shape_zyx, np.uint8)
    labels[2:5, 8:12, 4:9] = 3
    path, _ = write_labels(tmp_path / "m.nii.gz", labels, volume.grid, default_labelset())
    one = labelled(str(path), words(source=source))
    assert one.volume is not None
    np.testing.assert_array_equal(one.what.labels, labels)
    assert one.what.grid == one.volume.grid
    assert labelled(str(path), words()).volume is None
    other = corpus.Series(corpus.phantom((7, 20, 26))).write(tmp_path / "o")
    with pytest.raises(GeometryError, match="same grid"):
        labelled(str(path), words(source=other))
