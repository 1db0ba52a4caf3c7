"""What no case can teach is said before anything is learned; a folder that teaches nothing is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.core.errors import InputError
from engine.train.drawn import never_drawn

FIVE = ("lung_right", "lung_left", "ground_glass", "consolidation", "effusion")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    def case(name: str, *masks: str) -> None:
        (tmp_path / name).mkdir()
        for mask in masks:
            (tmp_path / name / f"{mask}.nii.gz").touch()

    case("a", "lung", "infection")
    case("b", "ground_glass")
    case("c", "consolidation")
    case("d", "ground_glass", "consolidation", "lung_left", "lung_right")
    return tmp_path


@pytest.mark.parametrize(
    ("labels", "cases", "missing"),
    [
        (FIVE, "a", ("effusion",)),  # a mask of the whole teaches its parts
        (FIVE, "b", ("lung_right", "lung_left", "consolidation", "effusion")),
        (FIVE, "bc", ("lung_right", "lung_left", "effusion")),
        (("lung", "infection"), "d", ()),  # all parts of one case make the whole
        (("infection", "effusion", "ground_glass"), "bc", ("infection", "effusion")),  # parts of two cases do not
    ],
)
def test_labels_that_no_case_can_teach_are_named(
    folder: Path, labels: tuple[str, ...], cases: str, missing: tuple[str, ...]
) -> None:
    assert never_drawn(labels, folder, cases) == missing


def test_a_folder_that_teaches_nothing_is_refused_with_what_is_in_it(folder: Path) -> None:
    with pytest.raises(InputError, match="Nothing in") as told:
        never_drawn(("effusion",), folder, "ab")
    assert "ground_glass, infection, lung" in told.value.why
    assert told.value.exit_code == 2


def test_pictures_teach_what_their_masks_mean(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels.toml").write_text('[labels]\n1 = "ground_glass"\n2 = "consolidation"\n')
    assert never_drawn(("infection", "effusion"), tmp_path, ()) == ("effusion",)
