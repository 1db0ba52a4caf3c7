"""A set-up that is done once, goes on after an interruption, and touches nothing that is right."""

from __future__ import annotations

from pathlib import Path

import pytest

from installer import environment, system, torch_build
from installer.environment import Record, Wishes, make
from installer.places import Places
from installer.problem import Problem


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """A checkout with lock files and nothing set up."""
    root = tmp_path / "a checkout"
    (root / "installer" / "locks").mkdir(parents=True)
    (root / "pyproject.toml").write_text("[project]\n")
    for name in ("runtime", "dev"):
        (root / "installer" / "locks" / f"{name}.txt").write_text("pip==26.3 \\\n    --hash=sha256:00\n")
    return Places(root)


class FakeMachine:
    """Stands for pip, venv and the system: writes down what is called, fails where told."""

    def __init__(self, places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
        self.places = places
        self.calls: list[str] = []
        self.fails_at = ""
        self.has_pip = True
        monkeypatch.setattr(environment, "pip_install", self.pip)
        monkeypatch.setattr(environment.subprocess, "run", self.run)
        monkeypatch.setattr(environment, "_has_pip", lambda python: python.exists() and self.has_pip)
        monkeypatch.setattr(system, "check", lambda *_, **__: None)
        monkeypatch.setattr(system, "look", lambda: system.Missing((), ()))
        monkeypatch.setattr(system, "unresolved", lambda _: ())
        monkeypatch.setattr(torch_build, "look", lambda: torch_build.Machine("Linux", nvidia=False))
        monkeypatch.setattr(torch_build, "pip_has_own_sources", lambda _: False)

    def run(self, words: list[str], **_: object) -> object:
        assert words[1:3] == ["-m", "venv"]
        self.calls.append("venv")
        self.places.python.parent.mkdir(parents=True)
        self.places.python.touch()
        (self.places.venv / "pyvenv.cfg").write_text(f"command = python3 -m venv {self.places.venv}\n")
        return type("Done", (), {"returncode": 0, "stdout": "", "stderr": ""})

    def pip(self, places: Places, words: tuple[str, ...], say: object, *, what: str, **_: object) -> None:
        if what == self.fails_at:
            raise Problem(f"{what} failed")
        self.calls.append(what)
        if what == "groundglass itself":
            places.command.touch()


@pytest.fixture
def machine(places: Places, monkeypatch: pytest.MonkeyPatch) -> FakeMachine:
    return FakeMachine(places, monkeypatch)


ALL = ["venv", "pip", "torch", "the libraries", "groundglass itself"]


def test_a_fresh_checkout_is_set_up_in_order(places: Places, machine: FakeMachine) -> None:
    make(places, Wishes(), print)
    assert machine.calls == ALL


def test_the_second_run_does_nothing_and_says_nothing(places: Places, machine: FakeMachine) -> None:
    make(places, Wishes(), print)
    machine.calls.clear()
    said: list[str] = []
    make(places, Wishes(), said.append)
    assert (machine.calls, said) == ([], [])


@pytest.mark.parametrize("step", ["torch", "the libraries", "groundglass itself"])
def test_an_interrupted_set_up_goes_on_where_it_was(places: Places, machine: FakeMachine, step: str) -> None:
    machine.fails_at = step
    with pytest.raises(Problem):
        make(places, Wishes(), print)
    before = list(machine.calls)
    machine.fails_at = ""
    make(places, Wishes(), print)
    again = [call for call in machine.calls[len(before) :] if call != "pip"]
    assert again == ALL[ALL.index(step) :]


def test_an_environment_that_broke_off_is_made_anew(places: Places, machine: FakeMachine) -> None:
    places.venv.mkdir()
    (places.venv / "pyvenv.cfg").write_text("home = nowhere\n")
    make(places, Wishes(), print)
    assert machine.calls == ALL


def test_a_folder_that_is_no_environment_is_not_touched(places: Places, machine: FakeMachine) -> None:
    places.venv.mkdir()
    (places.venv / "thesis.txt").write_text("years of work")
    with pytest.raises(Problem, match="in the way"):
        make(places, Wishes(), print)
    assert (places.venv / "thesis.txt").exists()


def test_a_moved_checkout_is_set_up_anew(places: Places, machine: FakeMachine) -> None:
    make(places, Wishes(), print)
    moved = Places(places.root.with_name("moved"))
    places.root.rename(moved.root)
    machine.places = moved
    machine.calls.clear()
    make(moved, Wishes(), print)
    assert machine.calls == ALL


def test_the_tools_of_the_tests_come_on_top(places: Places, machine: FakeMachine) -> None:
    make(places, Wishes(), print)
    machine.calls.clear()
    make(places, Wishes(tests=True), print)
    assert machine.calls == ["the tools of the tests"]


def test_a_changed_lock_installs_that_lock_only(places: Places, machine: FakeMachine) -> None:
    make(places, Wishes(), print)
    machine.calls.clear()
    places.lock("runtime").write_text("numpy==3\n")
    make(places, Wishes(), print)
    assert machine.calls == ["the libraries"]


def test_another_build_of_torch_is_installed_over_the_first(places: Places, machine: FakeMachine) -> None:
    make(places, Wishes(), print)
    machine.calls.clear()
    make(places, Wishes(torch="cpu"), print)
    assert machine.calls == []
    make(places, Wishes(torch="cuda"), print)
    assert machine.calls == ["pip", "torch"]
    make(places, Wishes(), print)
    assert machine.calls == ["pip", "torch"], "without a wish the build that is there stays"


def test_a_person_is_asked_about_the_large_build_and_nobody_else(
    places: Places, machine: FakeMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch_build, "look", lambda: torch_build.Machine("Linux", nvidia=True))
    questions: list[str] = []
    monkeypatch.setattr("builtins.input", lambda text: questions.append(text) or "n")
    make(places, Wishes(may_ask=False), print)
    assert (questions, Record(places).get("torch")) == ([], "2.13.0 cuda")
    Record(places).done("torch", "")
    make(places, Wishes(may_ask=True), print)
    assert "3 GB" in questions[0]
    assert Record(places).get("torch") == "2.13.0 cpu"


def test_a_damaged_record_is_no_record(places: Places) -> None:
    places.venv.mkdir()
    for text in ("", "[]", '{"root": 1}', "{"):
        places.record.write_text(text)
        assert Record(places).get("venv") is None
