"""Which torch a machine gets: the rule, with every kind of machine as a fake."""

from __future__ import annotations

import json
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from installer.problem import Problem
from installer.torch_build import (
    CPU_INDEX,
    CUDA_INDEX,
    REQUIREMENT,
    VERSION,
    Machine,
    Offer,
    ask_pip,
    choose,
    nvidia_seen,
    parse_report,
    pip_has_own_sources,
)

CPU_OFFER = Offer(f"{VERSION}+cpu", cuda=False)
CUDA_OFFER = Offer(VERSION, cuda=True)
LINUX, LINUX_CARD = Machine("Linux", nvidia=False), Machine("Linux", nvidia=True)
MAC, WINDOWS, WINDOWS_CARD = Machine("Darwin", False), Machine("Windows", False), Machine("Windows", True)


def never() -> Offer | None:
    raise AssertionError("pip was asked although it has no sources of its own")


def test_without_a_card_linux_gets_the_processor_build_from_its_own_index_alone() -> None:
    source = choose(LINUX, ask=never)
    assert source.build == "cpu"
    assert source.arguments == ("--index-url", CPU_INDEX, "--no-deps", REQUIREMENT)


def test_without_a_card_a_cuda_build_is_never_taken_even_if_pip_offers_it() -> None:
    source = choose(LINUX, own_sources=True, ask=lambda: CUDA_OFFER)
    assert source.build == "cpu"
    assert CPU_INDEX in source.arguments


def test_what_pip_is_set_up_with_is_taken_if_it_is_a_processor_build() -> None:
    source = choose(LINUX, own_sources=True, ask=lambda: CPU_OFFER)
    assert (source.build, source.arguments) == ("cpu", ("--no-deps", REQUIREMENT))


def test_sources_that_offer_no_torch_change_nothing() -> None:
    assert choose(LINUX, own_sources=True, ask=lambda: None) == choose(LINUX)


def test_with_a_card_linux_gets_the_cuda_build_with_what_it_needs() -> None:
    source = choose(LINUX_CARD, ask=never)
    assert (source.build, source.arguments) == ("cuda", (REQUIREMENT,))
    assert "3 GB" in source.text


def test_with_a_card_and_own_sources_those_are_taken() -> None:
    assert choose(LINUX_CARD, own_sources=True, ask=lambda: CUDA_OFFER).arguments == (REQUIREMENT,)
    assert choose(LINUX_CARD, own_sources=True, ask=lambda: CPU_OFFER).build == "cpu"


def test_cuda_by_name_is_not_answered_with_a_processor_build() -> None:
    source = choose(LINUX, wanted="cuda", own_sources=True, ask=lambda: CPU_OFFER)
    assert source.build == "cuda"
    assert CUDA_INDEX in source.arguments


def test_cpu_by_name_stands_although_a_card_is_there() -> None:
    assert choose(LINUX_CARD, wanted="cpu").build == "cpu"


@pytest.mark.parametrize("machine", [MAC, Machine("Darwin", nvidia=True), WINDOWS])
def test_macs_and_windows_without_a_card_take_the_default_index(machine: Machine) -> None:
    assert choose(machine).arguments == ("--no-deps", REQUIREMENT)


def test_windows_with_a_card_gets_the_cuda_index() -> None:
    assert choose(WINDOWS_CARD).arguments == ("--index-url", CUDA_INDEX, REQUIREMENT)


def test_a_folder_of_wheels_comes_first_and_needs_no_network(tmp_path: Path) -> None:
    (tmp_path / f"torch-{VERSION}+cpu-cp311-cp311-linux_x86_64.whl").touch()
    source = choose(LINUX_CARD, wheels=tmp_path, own_sources=True, ask=never)
    assert source.build == "cpu"
    assert source.arguments == ("--no-index", "--find-links", str(tmp_path), "--no-deps", REQUIREMENT)


def test_a_folder_with_the_parts_of_cuda_installs_them_too(tmp_path: Path) -> None:
    names = (f"torch-{VERSION}-cp311-cp311-x.whl", "nvidia_cublas-13-py3-none-x.whl", "numpy-2.4-cp311-x.whl")
    for name in names:
        (tmp_path / name).touch()
    source = choose(LINUX, wheels=tmp_path)
    assert source.build == "cuda"
    assert source.arguments[-1] == str(tmp_path / names[1])


@pytest.mark.parametrize("name", [None, "torch-2.12.0+cpu-cp311-cp311-x.whl"])
def test_a_folder_without_our_torch_says_what_lies_there(tmp_path: Path, name: str | None) -> None:
    if name:
        (tmp_path / name).touch()
    with pytest.raises(Problem) as caught:
        choose(LINUX, wheels=tmp_path)
    assert len(caught.value.lines) == 3
    assert (name or "none") in caught.value.lines[1]


def report(version: str, *needs: str) -> str:
    return json.dumps({"install": [{"metadata": {"version": version, "requires_dist": list(needs)}}]})


@pytest.mark.parametrize(
    ("text", "offer"),
    [
        (report(f"{VERSION}+cpu", "filelock"), CPU_OFFER),
        (report(f"{VERSION}+cu130"), Offer(f"{VERSION}+cu130", cuda=True)),
        (report(VERSION, "filelock", 'nvidia-cublas==13; platform_system == "Linux"'), CUDA_OFFER),
        (report(VERSION, "triton==3.7"), CUDA_OFFER),
        (report(VERSION, "filelock", "sympy"), Offer(VERSION, cuda=False)),
        ("a warning before\n" + report(f"{VERSION}+cpu"), CPU_OFFER),
        ("", None),
        ("{}", None),
        ('{"install": []}', None),
        ("not json {", None),
    ],
)
def test_the_report_of_pip_is_read(text: str, offer: Offer | None) -> None:
    assert parse_report(text) == offer


@pytest.fixture
def fake_python(tmp_path: Path) -> Callable[[str], Path]:
    """Makes a program that stands for the environment's Python and prints what pip would."""

    def make(text: str, code: int = 0) -> Path:
        path = tmp_path / "python"
        path.write_text(f"#!{sys.executable}\nimport sys\nsys.stdout.write({text!r})\nsys.exit({code})\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    return make


pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the fakes are scripts with a #! line")


@pytest.mark.parametrize(
    ("listing", "own"),
    [
        ("global.index-url='https://mirror.invalid/simple'\n", True),
        (":env:.find-links='/wheels'\n", True),
        ("install.extra-index-url='https://a.invalid'\n", True),
        ("global.timeout='60'\nglobal.cert='/certificates'\n", False),
        ("", False),
    ],
)
def test_sources_of_its_own_are_seen_in_the_configuration(
    fake_python: Callable[[str], Path], listing: str, own: bool
) -> None:
    assert pip_has_own_sources(fake_python(listing)) is own


def test_pip_is_asked_without_installing(fake_python: Callable[..., Path]) -> None:
    assert ask_pip(fake_python(report(f"{VERSION}+cpu"))) == CPU_OFFER
    assert ask_pip(fake_python("no such thing", 1)) is None


def test_a_card_is_seen_by_its_driver_or_its_tool(tmp_path: Path, fake_python: Callable[..., Path]) -> None:
    assert not nvidia_seen(tmp_path / "none", str(tmp_path / "no-such-command"))
    assert nvidia_seen(tmp_path / "none", str(fake_python("GPU 0: …")))
    assert not nvidia_seen(tmp_path / "none", str(fake_python("no devices", 9)))
    (tmp_path / "version").touch()
    assert nvidia_seen(tmp_path / "version", "no-such-command")
