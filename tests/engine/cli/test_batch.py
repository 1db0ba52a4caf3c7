"""Which cases a folder means, and the table."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from engine.case.volume import Notice
from engine.cli.batch import Row, expand, stem, write_csv
from engine.core.errors import InputError


def made(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"\0" * 128 + b"DICM" if name.endswith(".dcm") else b"x")
    return root


@pytest.mark.parametrize(
    ("files", "cases"),
    [
        (("ct.nii.gz", "lung.nii.gz", "infection.nii.gz"), {"root"}),
        (("p1/ct.nii.gz", "p1/lung.nii.gz", "p2/ct.nrrd"), {"p1", "p2"}),
        (("a.nii.gz", "a_mask.nii.gz", "b.mha", "c.zip"), {"a", "b", "c"}),
        (("1.dcm", "2.dcm"), {"root"}),
        (("p1/1.dcm", "p2/1.dcm", "readme.md"), {"p1", "p2"}),
        (("p1/x.nii.gz", "p1/y.nii.gz"), {"p1-x", "p1-y"}),
        (("DICOMDIR", "IMAGES/0001"), {"root"}),
        (("a.hdr", "a.img", "b.mhd", "b.raw"), {"a", "b"}),
    ],
)
def test_a_folder_means_its_cases(tmp_path: Path, files: tuple[str, ...], cases: set[str]) -> None:
    items, _ = expand([made(tmp_path / "root", *files)], into_one=False)
    assert {item.name for item in items} == cases


def test_what_is_left_out_is_named(tmp_path: Path) -> None:
    root = made(tmp_path / "root", "a.nii.gz", "a_mask.nii.gz", "notes.txt")
    (root / "empty").mkdir()
    _, skipped = expand([root], into_one=False)
    assert {line.split("”")[0].strip("“") for line in skipped} == {"a_mask.nii.gz", "notes.txt", "empty"}


def test_into_one_file_a_folder_is_one_case(tmp_path: Path) -> None:
    root = made(tmp_path / "root", "p1/1.dcm", "p2/1.dcm")
    items, _ = expand([root], into_one=True)
    assert [item.source for item in items] == [root]


def test_equal_names_are_told_apart(tmp_path: Path) -> None:
    a, b = made(tmp_path / "x", "ct.nii.gz"), made(tmp_path / "y" / "x", "ct.nii.gz")
    items, _ = expand([a, b], into_one=False)
    assert [item.name for item in items] == ["x", "x-2"]


def test_nothing_and_nowhere_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        expand([tmp_path / "none"], into_one=False)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="nothing"):
        expand([tmp_path / "empty"], into_one=False)


def test_the_name_of_a_case_is_that_of_its_file_or_folder() -> None:
    assert stem(Path("/d/P7/ct.nii.gz")) == "P7"
    assert stem(Path("/d/scan7.nii.gz")) == "scan7"
    assert stem(Path("/d/study.zip")) == "study"
    assert stem(Path("/d/a.b.nrrd")) == "a.b"


def test_the_table_holds_a_failed_case_too(tmp_path: Path) -> None:
    write_csv(tmp_path / "t.csv", [Row("ä, b", "failed", error='a "reason"')])
    with (tmp_path / "t.csv").open(encoding="utf-8-sig", newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert (row["name"], row["error"], row["lung_ml"]) == ("ä, b", 'a "reason"', "")


def test_the_voxels_beside_a_header_are_not_told_as_left_out(tmp_path: Path) -> None:
    _, skipped = expand([made(tmp_path / "root", "a.hdr", "a.img", "b.mhd", "b.zraw", "c.raw")], into_one=False)
    assert [line.split("”")[0] for line in skipped] == ["“c.raw"]


def test_a_table_names_codes_and_sentences_and_old_results_keep_their_sentences(tmp_path: Path) -> None:
    coarse, cut = Notice("coarse", "8.0 mm apart."), Notice("lung-cut", "Cut.")
    (tmp_path / "old.nii.gz").write_bytes(b"x")
    (tmp_path / "old.json").write_text('{"warnings": ["Cut."], "findings": {"lung_ml": 3.0}}')
    rows = [Row("new", "done", notices=(coarse, cut, coarse)), Row.there_already("old", tmp_path / "old.nii.gz")]
    write_csv(tmp_path / "t.csv", rows)
    with (tmp_path / "t.csv").open(encoding="utf-8-sig", newline="") as stream:
        new, old = csv.DictReader(stream)
    assert (new["codes"], old["codes"], old["warnings"]) == ("coarse lung-cut", "", "Cut.")
    assert old["lung_ml"] == "3.000"


def test_what_was_said_of_an_earlier_case_is_as_grave_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "old.nii.gz").write_bytes(b"x")
    told = [{"code": "tilt-corrected", "text": "Tilted.", "severity": "info"}, {"code": "x", "severity": "?"}]
    (tmp_path / "old.json").write_text(json.dumps({"notices": told}))
    assert [n.severity for n in Row.there_already("old", tmp_path / "old.nii.gz").notices] == ["info", "warning"]


@pytest.mark.parametrize("wrong", ['{"notices": 3}', '{"notices": [3, {}]}', '{"warnings": {"a": 1}}', "[]"])
def test_a_json_of_another_program_beside_a_mask_is_no_reason_to_stop(tmp_path: Path, wrong: str) -> None:
    (tmp_path / "m.nii.gz").write_bytes(b"x")
    (tmp_path / "m.json").write_text(wrong)
    assert Row.there_already("m", tmp_path / "m.nii.gz").codes == ()
