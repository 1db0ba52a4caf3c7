from __future__ import annotations

from pathlib import Path

import pytest

from engine.core.paths import data_dir
from engine.io.privacy import cleaned, hashed


def test_equal_identities_hash_alike_on_one_machine_and_not_on_another(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    here = hashed("1.2.3")
    assert here == hashed("1.2.3") != hashed("1.2.4")
    assert len(here) == 16
    assert hashed("") == ""
    monkeypatch.setenv("GROUNDGLASS_HOME", str(tmp_path / "elsewhere"))
    assert hashed("1.2.3") != here


def test_the_salt_is_for_its_owner_only() -> None:
    hashed("1.2.3")
    assert (data_dir() / "identity-salt").stat().st_mode & 0o077 == 0


def test_a_disk_that_cannot_be_written_costs_only_the_memory_of_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("GROUNDGLASS_HOME", str(tmp_path / "file"))
    assert hashed("1.2.3") == hashed("1.2.3")


@pytest.mark.parametrize(
    ("text", "identities", "clean"),
    [
        ("Thorax Doe JANE", ("Doe^Jane",), "Thorax … …"),
        ("Thorax 4711 lung", ("4711",), "Thorax … lung"),
        ("Liver of Li Wu", ("Wu^Li",), "Liver of … …"),
        ("胸部 王明", ("王明",), "胸部 …"),
        ("Thorax A B", ("A^B",), "Thorax A B"),
        ("a+b (c) 1.25", ("a+b", "(c)"), "… … 1.25"),
        ("Thorax\n1.25", (), "Thorax1.25"),
        ("", ("Doe",), ""),
    ],
)
def test_names_and_numbers_are_taken_out_of_texts(text: str, identities: tuple[str, ...], clean: str) -> None:
    assert cleaned(text, identities) == clean
