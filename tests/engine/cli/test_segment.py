"""`groundglass segment`: one file, many cases, a failing one among them, what is printed and the exit codes."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import nibabel
import numpy as np
import pytest

from engine.cli.main import main
from engine.cli.segment_case import Case, Segmenter
from engine.io.masks.write import write_volume
from engine.nets import weights
from tests.support.fake_ray import FakeRay
from tests.support.models import quick_chest, tiny_model

HOW = ("--threads", "1", "--device", "cpu")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tiny_model(tmp_path_factory.mktemp("model") / "tiny.safetensors").path)


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    hu, grid, _ = quick_chest((20, 40, 48), (4.0, 6.0, 6.0), noise_hu=20)
    folder = tmp_path / "cases"
    for name in ("a", "b"):
        (folder / name).mkdir(parents=True)
        write_volume(folder / name / "ct.nii.gz", hu, grid)
    return folder


def test_one_source_gives_a_mask_on_its_grid_and_a_json(
    cases: Path, model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out" / "mask.nii.gz"
    assert main(["segment", str(cases / "a" / "ct.nii.gz"), "-o", str(out), "--model", model, *HOW]) == 0
    assert capsys.readouterr().out == f"{out}\n"
    mask, ct = nibabel.load(out), nibabel.load(cases / "a" / "ct.nii.gz")
    assert mask.shape == ct.shape
    assert np.allclose(mask.affine, ct.affine, atol=1e-4)
    told = json.loads((tmp_path / "out" / "mask.json").read_text())
    voxels = {row["id"]: row["voxels"] for row in told["labels"]}
    found = np.bincount(np.asarray(mask.dataobj).ravel().astype(int), minlength=6)
    assert [voxels[i] for i in range(1, 6)] == found[1:6].tolist()
    assert {"id", "name", "colour", "ml", "percent_of_lung", "lesions"} <= set(told["labels"][0])
    assert told["model"]["id"] == "tiny"
    assert len(told["model"]["sha256"]) == 64
    assert told["source"] == {"name": "a", "kind": "nifti"}
    assert isinstance(told["warnings"], list)
    assert told["findings"]["lung_ml"] >= 0
    for row in told["labels"]:
        assert row["ml_low"] <= row["ml"] <= row["ml_high"]
        assert told["intervals"][row["key"]].startswith("From what the network gives")
    assert "no confidence interval" in told["findings"]["definitions"]["ml_low, ml_high"]


def test_json_is_all_there_is_on_stdout(
    cases: Path, model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["segment", str(cases / "a"), "-o", str(tmp_path / "m"), "--model", model, "--json", *HOW]) == 0
    told = json.loads(capsys.readouterr().out)
    assert Path(told["mask"]) == tmp_path / "m" / "a.nii.gz"
    assert told["model"]["network"] == "ra_unet3d"


def test_one_bad_case_does_not_stop_the_others(
    cases: Path, model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (cases / "bad").mkdir()
    (cases / "bad" / "ct.nii.gz").write_bytes(b"rubbish")
    (cases / "notes.txt").write_text("hello")
    out = tmp_path / "masks"
    assert main(["segment", str(cases), "-o", str(out), "--model", model, *HOW]) == 1
    told = capsys.readouterr()
    assert told.out.splitlines() == [str(out / "a.nii.gz"), str(out / "b.nii.gz")]
    assert "notes.txt" in told.err
    assert "2 of 3 cases done, failed: bad" in told.err
    with (out / "segment.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = {row["name"]: row for row in csv.DictReader(stream)}
    assert [rows[n]["state"] for n in ("a", "b", "bad")] == ["done", "done", "failed"]
    assert rows["bad"]["error"]
    labels = json.loads((out / "a.json").read_text())["labels"]
    for what in ("ml", "ml_low", "ml_high"):
        assert float(rows["a"][f"effusion_{what}"]) == pytest.approx(labels[4][what], abs=0.001)
    assert rows["bad"]["effusion_ml_low"] == ""


def test_a_defect_in_one_case_does_not_stop_the_others(
    cases: Path, model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Segmenter.run

    def stumbling(self: Segmenter, item: Case, *rest: object) -> object:
        if item.name == "a":
            raise ZeroDivisionError("Mustermann / 0")
        return run(self, item, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Segmenter, "run", stumbling)
    out = tmp_path / "masks"
    assert main(["segment", str(cases), "-o", str(out), "--model", model, "--json", *HOW]) == 1
    told = capsys.readouterr()
    assert [case["state"] for case in json.loads(told.out)["cases"]] == ["failed", "done"]
    assert "1 of 2 cases done, failed: a" in told.err
    with (out / "segment.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = {row["name"]: row for row in csv.DictReader(stream)}
    assert "ZeroDivisionError" in rows["a"]["error"]
    assert (out / "b.nii.gz").exists()
    assert not list(out.glob("a*"))
    assert "Mustermann" not in told.err + told.out


def test_what_is_there_already_is_left_alone(cases: Path, model: str, tmp_path: Path) -> None:
    out = tmp_path / "masks"
    out.mkdir()
    (out / "a.nii.gz").write_bytes(b"mine")
    assert main(["segment", str(cases), "-o", str(out), "--model", model, *HOW]) == 0
    assert (out / "a.nii.gz").read_bytes() == b"mine"
    assert (out / "b.nii.gz").exists()
    assert main(["segment", str(cases / "a"), "-o", str(out / "a.nii.gz"), "--model", model, *HOW]) == 2
    assert main(["segment", str(cases / "a"), "-o", str(out / "a.nii.gz"), "--model", model, "--overwrite", *HOW]) == 0
    assert (out / "a.nii.gz").read_bytes() != b"mine"


def test_without_weights_it_ends_with_4_and_says_how_to_train(
    cases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "nothing").mkdir()
    monkeypatch.setattr(weights, "resource", lambda _name: tmp_path / "nothing")
    assert main(["segment", str(cases / "a"), "-o", str(tmp_path / "m.nii.gz")]) == 4
    assert "groundglass train" in capsys.readouterr().err


@pytest.mark.parametrize("words", [("none.nii.gz", "-o", "m.nii.gz"), ("a", "b", "-o", "m.nii.gz"), ("a",)])
def test_wrong_use_ends_with_2(words: tuple[str, ...], cases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(cases)
    assert main(["segment", *words]) == 2


def no_chest(path: Path) -> Path:
    """Write a body without lungs."""
    hu, grid, truth = quick_chest((20, 40, 48), (4.0, 6.0, 6.0), noise_hu=20)
    hu[truth > 0] = 30
    return write_volume(path, hu, grid)


def test_what_is_no_chest_is_refused_unless_one_insists(
    model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = no_chest(tmp_path / "belly.nii.gz"), tmp_path / "m.nii.gz"
    words = ["segment", str(source), "-o", str(out), "--model", model, *HOW]
    assert main(words) == 2
    assert not out.exists()
    said = capsys.readouterr().err
    assert "No lungs were found: 0 ml" in said
    assert "--anyway" in said
    assert main([*words, "--anyway"]) == 0
    assert out.exists()
    told = json.loads((tmp_path / "m.json").read_text())
    assert [(n["code"], n["severity"]) for n in told["notices"] if n["code"] == "not-chest"] == [
        ("not-chest", "warning")
    ]
    assert told["warnings"] == [n["text"] for n in told["notices"]]


def test_the_table_says_what_was_refused_and_what_is_doubtful_by_code(
    cases: Path, model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    no_chest(cases / "belly.nii.gz")
    hu, grid, _ = quick_chest((8, 40, 48), (10.0, 6.0, 6.0), noise_hu=20)
    write_volume(cases / "coarse.nii.gz", hu, grid)
    write_volume(cases / "grey.nii.gz", np.clip((hu + 1000) // 6, 0, 255).astype(np.int16), grid)
    out = tmp_path / "masks"
    for name in ("a", "b"):
        (cases / name / "ct.nii.gz").unlink()
        (cases / name).rmdir()
    assert main(["segment", str(cases), "-o", str(out), "--model", model, "--json", *HOW]) == 1
    told = capsys.readouterr()
    assert "1 of 3 cases done, refused: belly, grey." in told.err
    with (out / "segment.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = {row["name"]: row for row in csv.DictReader(stream)}
    assert {name: row["state"] for name, row in rows.items()} == {
        "belly": "refused",
        "coarse": "done",
        "grey": "refused",
    }
    assert "not-chest" in rows["belly"]["codes"].split()
    assert rows["grey"]["codes"].split() == ["grey-8bit"]
    assert {"coarse", "coarse-pixels"} <= set(rows["coarse"]["codes"].split())
    assert "10.0 mm apart" in rows["coarse"]["warnings"]
    assert "No lungs" in rows["belly"]["error"]
    assert not (out / "belly.nii.gz").exists()
    by_name = {case["name"]: case for case in json.loads(told.out)["cases"]}
    assert "not-chest" in by_name["belly"]["codes"]
    # Done again: what is there keeps its codes.
    assert main(["segment", str(cases), "-o", str(out), "--model", model, *HOW]) == 1
    with (out / "segment.csv").open(encoding="utf-8-sig", newline="") as stream:
        again = {row["name"]: row for row in csv.DictReader(stream)}
    assert again["coarse"]["state"] == "there already"
    assert again["coarse"]["codes"] == rows["coarse"]["codes"]


def test_pictures_with_eight_bits_end_with_2(
    cases: Path, model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hu, grid, _ = quick_chest((20, 40, 48), (4.0, 6.0, 6.0))
    grey = np.interp(hu, (-1350, 150), (0, 255)).astype(np.int16)
    write_volume(tmp_path / "grey.nii.gz", grey, grid)
    code = main(["segment", str(tmp_path / "grey.nii.gz"), "-o", str(tmp_path / "m.nii.gz"), "--model", model, *HOW])
    assert code == 2
    assert not (tmp_path / "m.nii.gz").exists()
    assert capsys.readouterr().err


def test_the_table_of_a_run_that_goes_on_keeps_the_figures_of_what_was_done(
    cases: Path, model: str, tmp_path: Path
) -> None:
    def table() -> dict[str, dict[str, str]]:
        with (out / "segment.csv").open(encoding="utf-8-sig", newline="") as stream:
            return {row.pop("name"): row for row in csv.DictReader(stream)}

    out = tmp_path / "masks"
    words = ["segment", str(cases), "-o", str(out), "--model", model, *HOW]
    assert main(words) == 0
    first = table()
    (out / "b.nii.gz").unlink()
    (out / "b.json").unlink()
    assert main(words) == 0
    again = table()
    assert first["a"]["lung_right_ml"] != ""
    for name, state in (("a", "there already"), ("b", "done")):
        assert again[name]["state"] == state
        same = [key for key in first[name] if key not in {"state", "seconds"}]
        assert {k: again[name][k] for k in same} == {k: first[name][k] for k in same}


@pytest.mark.parametrize("name", ["m.nhdr", "m.csv", "m.json", "m.gz", "m.dcm"])
def test_a_name_no_mask_can_have_is_refused_before_anything_is_read(
    cases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert main(["segment", str(cases / "a"), "-o", str(tmp_path / name)]) == 2
    streams = capsys.readouterr()
    assert ".nii.gz" in streams.err
    assert "Reading" not in streams.err
    assert not (tmp_path / name).exists()


def test_a_place_below_a_file_is_refused_before_anything_is_read(
    cases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("mine")
    assert main(["segment", str(cases), "-o", str(tmp_path / "file" / "masks")]) == 2
    assert main(["segment", str(cases / "a"), "-o", str(tmp_path / "file" / "m.nii.gz")]) == 2
    told = capsys.readouterr().err
    assert told.count("is a file") == 2
    assert "Reading" not in told


@pytest.mark.parametrize("overlap", ["0.95", "-1", "wide", "nan"])
def test_an_impossible_overlap_is_wrong_use(cases: Path, tmp_path: Path, overlap: str) -> None:
    assert main(["segment", str(cases / "a"), "-o", str(tmp_path / "m.nii.gz"), f"--overlap={overlap}"]) == 2


def test_an_unknown_network_is_named_as_such(cases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["segment", str(cases / "a"), "-o", str(tmp_path / "m.nii.gz"), "--network", "ra_unet"]) == 2
    assert "ra_unet3d" in capsys.readouterr().err


def test_every_line_about_a_case_of_many_begins_with_its_name(
    cases: Path, model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hu, grid, _ = quick_chest((20, 40, 48), (8.0, 6.0, 6.0))
    write_volume(cases / "b" / "ct.nii.gz", hu, grid, overwrite=True)
    assert main(["segment", str(cases), "-o", str(tmp_path / "masks"), "--model", model, *HOW]) == 0
    told = capsys.readouterr().err.splitlines()
    assert any("Warning" in line and "8.0 mm" in line for line in told)
    assert all(line.startswith(("1/2 a: ", "2/2 b: ")) for line in told[:-1])


def test_cases_over_a_cluster_give_the_files_and_words_they_give_here(
    cases: Path, model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeRay((2, 0))
    monkeypatch.setitem(sys.modules, "ray", fake)
    monkeypatch.chdir(tmp_path)
    (cases / "a" / "ct.nii.gz").write_bytes(b"rubbish")
    words = ["segment", "cases", "-o", "masks", "--model", model, *HOW]
    assert main([*words, "--on", "ray://local"]) == 1
    spread = capsys.readouterr()
    table = (tmp_path / "masks" / "segment.csv").read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(",")[0] for line in table] == ["name", "a", "b"]
    assert spread.out == f"{Path('masks') / 'b.nii.gz'}\n"
    assert sorted(p.name for p in (tmp_path / "masks").iterdir()) == ["b.json", "b.nii.gz", "segment.csv"]
    assert main(words) == 1
    assert "left alone" in capsys.readouterr().err
    assert len(fake.inits) == 1


def test_one_case_on_a_cluster_ends_as_it_ends_here(
    cases: Path, model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", FakeRay((2, 0)))
    on = ("--on", "ray://head.example:10001")
    out = tmp_path / "m.nii.gz"
    assert main(["segment", str(cases / "a"), "-o", str(out), "--model", model, "--json", *HOW, *on]) == 0
    assert Path(json.loads(capsys.readouterr().out)["mask"]) == out
    assert main(["segment", str(cases / "a"), "-o", str(out), "--model", model, *HOW, *on]) == 2
    assert "exists already" in capsys.readouterr().err


def test_a_place_that_is_none_is_wrong_use(cases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["segment", str(cases), "-o", str(tmp_path / "m"), "--on", "http://head:1"]) == 2
    assert "ray://HOST:PORT" in capsys.readouterr().err
    assert not (tmp_path / "m").exists()


def test_non_commercial_weights_say_so_in_one_line_on_stderr(
    cases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tiny_model(tmp_path / "bound.safetensors", licence="CC-BY-NC-SA-4.0").path
    assert main(["segment", str(cases / "a"), "-o", str(tmp_path / "m.nii.gz"), "--model", str(path), *HOW]) == 0
    told = capsys.readouterr()
    assert told.err.count("CC-BY-NC-SA-4.0, allows no commercial use") == 1
    assert told.out == f"{tmp_path / 'm.nii.gz'}\n"
