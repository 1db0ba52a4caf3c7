"""What the pre-commit hook refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.house import check_files


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("a.toml", b"a = ", "a.toml"),
        ("a.json", b"{", "a.json"),
        ("a.png", bytes(600_000), "600 kB"),
        ("a.py", b"<<<<<<< ours\nx\n=======\ny\n>>>>>>> theirs\n", "merge"),
    ],
)
def test_a_bad_file_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes, word: str
) -> None:
    (tmp_path / name).write_bytes(content)
    assert check_files.main([str(tmp_path / name)]) == 1
    assert word in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.toml", b"a = 1"), ("a.json", b"{}"), ("a.md", b"Title\n=======\n"), ("weights/a.safetensors", bytes(600_000))],
)
def test_a_good_file_passes(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(content)
    assert check_files.main([str(tmp_path / name)]) == 0
