"""What the examination finds on machines of every kind, with children that are played."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from engine.case.journal import Journal
from engine.cli import checkup
from engine.cli.checkup import Answer, Finding
from engine.core import paths
from tests.engine.case.test_shelf import stroke
from tests.support.cases import a_case


def says(code: int | None, out: str = "", err: str = "") -> checkup.Run:
    return lambda _words, _limit: Answer(code, out, err)


def torch(**seen: object) -> checkup.Run:
    return says(0, json.dumps({"version": "2.13.0", "cards": [], "mps": False, "built": None} | seen))


def test_the_card_is_named() -> None:
    found = checkup.device(torch(cards=["NVIDIA T4"]))
    assert (found.state, found.text) == ("good", "NVIDIA T4 (torch 2.13.0)")


def test_an_apple_gpu_is_named() -> None:
    assert "Apple" in checkup.device(torch(mps=True)).text


def test_the_processor_is_good_enough() -> None:
    assert checkup.device(torch()).text.startswith("the processor")


@pytest.mark.parametrize(
    "answer", [says(1, err="OSError: libtorch.so"), says(None, err="no answer"), says(0, ""), says(-11)]
)
def test_a_torch_that_cannot_be_loaded_is_a_problem_with_an_act(answer: checkup.Run) -> None:
    found = checkup.device(answer)
    assert found.state == "problem"
    assert found.fix


def test_without_torch_the_window_still_opens_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkup.importlib.util, "find_spec", lambda name: None if name == "torch" else object())
    found = checkup.device(torch())
    assert found.state == "problem"
    assert "studies open" in found.text


@pytest.mark.parametrize(("code", "word"), [(1, "no EGL"), (-11, "signal 11"), (None, "no EGL")])
def test_a_broken_opengl_is_a_note_for_all_else_works(code: int | None, word: str) -> None:
    found = checkup.opengl(says(code, err="" if code == -11 else "no EGL"))
    assert found.state == "note"
    assert word in found.text
    assert found.fix


def test_a_working_opengl_is_named() -> None:
    told = {"works": True, "renderer": "llvmpipe", "version": "4.5 Mesa", "software": True}
    assert checkup.opengl(says(0, json.dumps(told) + "\n")).text == "4.5 Mesa by llvmpipe, on the processor (software)"
    assert checkup.opengl(says(0, json.dumps(told | {"software": False}))).text.endswith("on the graphics card")
    assert checkup.opengl(says(0, "of an older probe\n")).text == "works"


def test_kept_cases_are_counted_with_what_exists_nowhere_else() -> None:
    assert checkup.cases().text.startswith("0 kept, 0 MiB")
    case = a_case()
    journal = Journal.open(paths.state_dir() / "cases", case)
    stroke(case, 3)
    journal.close()
    assert checkup.cases().text == "1 kept, 0 MiB; 1 of them not exported since their last change"


def test_too_many_kept_cases_are_a_note_with_an_act(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.case.shelf.DEFAULT_BOUND_MIB", -1)
    found = checkup.cases()
    assert found.state == "note"
    assert "groundglass cases --remove" in found.fix


def test_a_missing_package_is_named_with_its_purpose(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkup, "_version", lambda name: None if name == "vtk" else "1.0")
    found = [f for f in checkup.packages() if f.state == "problem"]
    assert [f.topic for f in found] == ["vtk"]
    assert "3-D" in found[0].text


def test_the_qt_that_ends_the_program_is_recognised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkup, "_version", lambda _: "6.12.0")
    monkeypatch.setattr(checkup.sys, "version_info", (3, 11, 2))
    assert "PySide6-Essentials" in [f.topic for f in checkup.packages() if f.state == "problem"]


def test_folders_are_named_even_if_they_are_not_there_yet() -> None:
    found = list(checkup.places())
    assert [f.state for f in found] == ["good"] * 4
    assert str(paths.state_dir()) in found[1].text


def test_a_folder_that_cannot_be_written_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkup.os, "access", lambda *_: False)
    assert {f.state for f in checkup.places()} == {"problem"}


def test_a_small_machine_is_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkup, "_memory_gb", lambda: 3.9)
    assert checkup.memory().state == "note"
    monkeypatch.setattr(checkup, "_memory_gb", lambda: None)
    assert "psutil" in checkup.memory().text


def test_weights_are_listed_or_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "resource", lambda _: tmp_path)
    assert checkup.weights().state == "problem"
    (tmp_path / "ra_unet3d.safetensors").touch()
    assert checkup.weights() == Finding("weights", "good", "ra_unet3d")


@pytest.mark.skipif(os.name != "posix", reason="variables of a Linux desktop")
def test_a_machine_without_a_display_hears_what_works(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(checkup.sys, "platform", "linux")
    assert "--screenshot" in checkup.display().fix


def test_the_verdict_names_what_is_missing() -> None:
    good, bad = Finding("memory", "good", ""), Finding("weights", "problem", "")
    assert checkup.verdict([good]) == "Everything needed is there."
    assert checkup.verdict([good, bad]) == "Something needed is missing: weights."


def test_a_child_that_hangs_or_is_not_there_gives_an_answer() -> None:
    assert checkup.run_child(["no-such-program-anywhere"], 5).code == 127
    import sys

    assert checkup.run_child([sys.executable, "-c", "input(); import threading; threading.Event().wait()"], 5).code == 1
    assert checkup.run_child([sys.executable, "-c", "import threading; threading.Event().wait()"], 0.5).code is None


def test_children_are_given_a_limit() -> None:
    limits: list[float] = []

    def run(_: Sequence[str], limit: float) -> Answer:
        limits.append(limit)
        return Answer(1)

    checkup.examine(run)
    assert limits
    assert all(0 < limit <= 60 for limit in limits)
