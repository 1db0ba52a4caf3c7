from __future__ import annotations

import io
import stat
import struct
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import FormatError, InputError, ResourceError
from engine.io.files.archive import Archive
from engine.io.source import open_volume, scan
from tests.support import dicom_corpus as corpus

METHODS = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
FREE = 4 << 30


def made(tmp_path: Path, method: int = zipfile.ZIP_DEFLATED) -> tuple[Path, corpus.Series]:
    series = corpus.Series()
    return corpus.zipped(series.write(tmp_path / "s" / "deep"), tmp_path / "study.zip", method), series


@pytest.mark.parametrize("method", METHODS)
def test_a_zip_is_read_by_every_usual_method(tmp_path: Path, method: int) -> None:
    path, series = made(tmp_path, method)
    np.testing.assert_array_equal(open_volume(path).hu, series.hu)


@pytest.mark.parametrize("kind", ["jpeg2000", "enhanced", "deflated"])
def test_compressed_and_multi_frame_images_are_read_out_of_a_zip(tmp_path: Path, kind: str) -> None:
    corpus.ODDITIES[kind](tmp_path / "s")
    path = corpus.zipped(tmp_path / "s", tmp_path / "study.zip")
    np.testing.assert_array_equal(open_volume(path).hu, open_volume(tmp_path / "s").hu)


def test_names_that_climb_out_or_are_absolute_write_nothing_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    series = corpus.Series()
    path = tmp_path / "evil.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for k, ds in enumerate(series.slices):
            data = corpus.write_one(ds, tmp_path / "one").read_bytes()
            archive.writestr(("../../../", "/etc/", "C:\\Windows\\")[k % 3] + f"IM{k}", data)
    (tmp_path / "one").unlink()
    before = sorted(tmp_path.rglob("*"))
    found = scan(path)
    np.testing.assert_array_equal(open_volume(found.rows[0]).hu, series.hu)
    assert sorted(tmp_path.rglob("*")) == before


def test_links_in_a_zip_are_left_out(tmp_path: Path) -> None:
    path, _ = made(tmp_path)
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    assert "link" not in [m.name for m in Archive(path, free_bytes=FREE).members]


def test_an_encrypted_zip_is_refused(tmp_path: Path) -> None:
    path, _ = made(tmp_path)
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(FormatError, match="protected by a password"):
        scan(path)


def test_an_unknown_method_is_refused(tmp_path: Path) -> None:
    path, _ = made(tmp_path)
    data = bytearray(path.read_bytes())
    struct.pack_into("<H", data, data.index(b"PK\x01\x02") + 10, 9)
    path.write_bytes(data)
    with pytest.raises(FormatError, match="Method 9"):
        scan(path)


def test_a_zip_in_a_zip_is_not_opened_and_says_so(tmp_path: Path) -> None:
    inner, _ = made(tmp_path)
    outer = tmp_path / "outer.zip"
    with zipfile.ZipFile(outer, "w") as archive:
        archive.write(inner, "inner.zip")
    with pytest.raises(InputError, match=r"“inner.zip”: a zip inside: unpack it"):
        scan(outer)


def claiming(path: Path, size: int, *, empty_bytes: int = 0) -> Path:
    """Write a zip whose one member claims to unpack to `size` bytes, after a hole of `empty_bytes`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a", bytes(1000))
        archive.filelist[0].file_size = archive.filelist[0].compress_size = size
    with path.open("wb") as file:
        file.seek(empty_bytes)
        file.write(buffer.getvalue())
    return path


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"unpack to 300 MiB, more than 300 times"):
        scan(claiming(tmp_path / "bomb.zip", 300 << 20))


def test_a_bomb_of_many_members_over_the_same_bytes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(3 << 20))
    with zipfile.ZipFile(path) as archive:
        (info,) = archive.infolist()
    with zipfile.ZipFile(path, "a") as archive:
        archive.filelist += [info] * 400
        archive._didModify = True
    with pytest.raises(FormatError, match="not opened"):
        Archive(path, free_bytes=FREE)


def test_a_member_larger_than_a_quarter_of_the_memory_is_not_read(tmp_path: Path) -> None:
    (member,) = Archive(claiming(tmp_path / "large.zip", 70 << 20), free_bytes=1 << 28).members
    with pytest.raises(FormatError, match="70 MiB, at most 64 MiB"):
        member.read(0, 10)


def test_a_member_whose_checksum_is_wrong_is_named(tmp_path: Path) -> None:
    path, _ = made(tmp_path, zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    data[data.index(b"DICM") + 800] ^= 1
    path.write_bytes(data)
    damaged = [m for m in Archive(path, free_bytes=FREE).members if m.name == "IM0000"]
    with pytest.raises(FormatError, match=r"“IM0000” in “study.zip” is damaged"):
        damaged[0].read()


def test_a_member_that_says_another_size_than_it_has_is_damaged(tmp_path: Path) -> None:
    path, _ = made(tmp_path)
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02")
    struct.pack_into("<I", data, at + 24, 100)
    path.write_bytes(data)
    member = Archive(path, free_bytes=FREE).members[0]
    with pytest.raises(FormatError, match="damaged"):
        member.read()


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_zip_cut_short_is_refused(tmp_path: Path, share: float) -> None:
    path, _ = made(tmp_path)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(InputError):
        scan(path)


def test_an_empty_zip_says_that_it_is_empty(tmp_path: Path) -> None:
    zipfile.ZipFile(tmp_path / "e.zip", "w").close()
    with pytest.raises(InputError, match="It is empty"):
        scan(tmp_path / "e.zip")


def test_pieces_of_a_member_are_those_of_the_whole(tmp_path: Path) -> None:
    for method in METHODS:
        path, _ = made(tmp_path / str(method), method)
        member = Archive(path, free_bytes=FREE).members[3]
        whole = member.read()
        assert member.read(100, 50) == whole[100:150]
        assert member.read(len(whole) - 5) == whole[-5:]
        assert member.size == len(whole)


def test_unpacked_members_are_kept_only_within_a_budget(tmp_path: Path) -> None:
    archive = Archive(made(tmp_path)[0], free_bytes=FREE)
    assert archive.may_keep(100 << 20)
    assert not archive.may_keep(100 << 20)


def test_a_zip_is_not_held_open_after_the_scan_nor_after_opening(tmp_path: Path) -> None:
    path, _ = made(tmp_path)
    found = scan(path)
    held = [one.member._archive for one in found.rows[0].handle]  # type: ignore[attr-defined]
    assert {archive._zip for archive in held} == {None}
    open_volume(found.rows[0])
    assert {archive._zip for archive in held} == {None}


def test_reading_goes_on_after_the_zip_was_let_go(tmp_path: Path) -> None:
    archive = Archive(made(tmp_path)[0], free_bytes=FREE)
    before = archive.members[0].read()
    archive.close()
    assert archive.members[0].read() == before


def test_too_large_for_this_computer_is_a_matter_of_resources(tmp_path: Path) -> None:
    path = claiming(tmp_path / "many.zip", 1 << 35, empty_bytes=200 << 20)
    with pytest.raises(ResourceError, match="unpacks to 32 GiB") as error:
        Archive(path, free_bytes=1 << 20)
    assert error.value.exit_code == 3
