"""Which build of torch this machine gets, and from where.

On Linux the default build of torch is the CUDA one: about 3 GB that a machine without an NVIDIA card never uses.
The rule, in this order:

1. a folder of wheels was named: from there, without a network;
2. this machine's pip is set up with sources of its own: what they offer is taken, unless it is a CUDA build and no
   NVIDIA card is seen;
3. no NVIDIA card: PyTorch's own index of CPU builds on Linux, the default index elsewhere (CPU builds there);
4. an NVIDIA card: the CUDA build, from the default index on Linux, from PyTorch's CUDA index on Windows.

`--torch cpu` or `--torch cuda` stands in for the look at the card.
"""

from __future__ import annotations

import json
import platform
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from installer.places import child_environment
from installer.problem import Problem

VERSION = "2.13.0"
REQUIREMENT = f"torch=={VERSION}"
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
CUDA_INDEX = "https://download.pytorch.org/whl/cu130"
CPU_SIZE = "about 0.2 GB"
CUDA_SIZE = "about 3 GB"

Build = Literal["cpu", "cuda"]
_CUDA_PARTS = ("nvidia", "cuda", "triton")
_ASK_LIMIT_S = 180


@dataclass(frozen=True)
class Machine:
    """What the choice depends on.

    Args:
        system: ``"Linux"``, ``"Darwin"`` or ``"Windows"``.
        nvidia: Whether an NVIDIA card is seen.
    """

    system: str
    nvidia: bool


@dataclass(frozen=True)
class Offer:
    """The torch that pip would install as it is set up.

    Args:
        version: With its local part, e.g. ``"2.13.0+cpu"``.
        cuda: Whether it is a CUDA build.
    """

    version: str
    cuda: bool


@dataclass(frozen=True)
class Source:
    """Where torch comes from.

    Args:
        build: Which build it is.
        text: For the line of progress.
        arguments: For ``pip install``.
    """

    build: Build
    text: str
    arguments: tuple[str, ...]


def choose(
    machine: Machine,
    *,
    wanted: Build | None = None,
    wheels: Path | None = None,
    own_sources: bool = False,
    ask: Callable[[], Offer | None] = lambda: None,
) -> Source:
    """Return the source of torch by the rule at the top of this file.

    Args:
        machine: What was seen.
        wanted: The build the user named, or None to go by the card.
        wheels: A folder of wheels the user named.
        own_sources: Whether pip is set up with an index or a folder of its own.
        ask: Tells what pip would take; called only where `own_sources`.

    Raises:
        Problem: the folder holds no wheel of this torch.
    """
    if wheels is not None:
        return _from_folder(wheels)
    build: Build = wanted or ("cuda" if machine.nvidia and machine.system != "Darwin" else "cpu")
    offer = ask() if own_sources else None
    if offer is not None and _fits(offer, build, strict=wanted == "cuda"):
        offered: Build = "cuda" if offer.cuda else "cpu"
        deps = () if offer.cuda else ("--no-deps",)
        return Source(offered, f"torch {offer.version} from this machine's own package sources", (*deps, REQUIREMENT))
    if build == "cpu":
        if machine.system == "Linux":
            where = ("--index-url", CPU_INDEX)
            return Source("cpu", f"torch {VERSION} for the CPU, {CPU_SIZE}", (*where, "--no-deps", REQUIREMENT))
        return Source("cpu", f"torch {VERSION}, {CPU_SIZE}", ("--no-deps", REQUIREMENT))
    plain = machine.system == "Linux" and not own_sources
    index = () if plain else ("--index-url", CUDA_INDEX)
    return Source("cuda", f"torch {VERSION} for NVIDIA cards, {CUDA_SIZE}", (*index, REQUIREMENT))


def _fits(offer: Offer, build: Build, *, strict: bool) -> bool:
    if build == "cpu":
        return not offer.cuda
    return offer.cuda or not strict


def _from_folder(folder: Path) -> Source:
    names = sorted(path.name for path in folder.glob("*.whl")) if folder.is_dir() else []
    torches = [name for name in names if name.startswith(f"torch-{VERSION}")]
    if not torches:
        found = ", ".join(name for name in names if name.startswith("torch-")) or "none"
        raise Problem(
            f"The folder {folder} holds no wheel of torch {VERSION}.",
            f"Wheels of torch in it: {found}.",
            f"Put torch-{VERSION}…whl for this Python there (`pip download --no-deps {REQUIREMENT}`) and run again.",
        )
    parts = tuple(str(folder / name) for name in names if name.startswith(_CUDA_PARTS))
    build: Build = "cuda" if parts else "cpu"
    arguments = ("--no-index", "--find-links", str(folder), "--no-deps", REQUIREMENT, *parts)
    return Source(build, f"torch {VERSION} from {folder}", arguments)


# ---------------------------------------------------------------- looking at this machine


def look() -> Machine:
    """Return what is seen of this machine; asks the driver, not torch."""
    return Machine(platform.system(), nvidia_seen())


def nvidia_seen(driver: Path = Path("/proc/driver/nvidia/version"), command: str = "nvidia-smi") -> bool:
    """Return whether an NVIDIA card and its driver are there."""
    if driver.exists():
        return True
    try:
        return subprocess.run([command, "-L"], capture_output=True, timeout=10, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def pip_has_own_sources(python: Path) -> bool:
    """Return whether pip's files or variables name an index or a folder of packages."""
    listing = _pip(python, "config", "list").stdout
    keys = [line.partition("=")[0].rpartition(".")[2] for line in listing.splitlines()]
    return any(key in {"index-url", "extra-index-url", "find-links"} for key in keys)


def ask_pip(python: Path) -> Offer | None:
    """Return what pip would install for our torch, without installing it; None if nothing or too slow."""
    dry = ("install", "--dry-run", "--ignore-installed", "--no-deps", "--only-binary", ":all:")
    try:
        answer = _pip(python, *dry, "--quiet", "--use-feature", "fast-deps", "--report", "-", REQUIREMENT)
    except subprocess.TimeoutExpired:
        return None
    return parse_report(answer.stdout) if answer.returncode == 0 else None


def parse_report(text: str) -> Offer | None:
    """Return the torch named in pip's installation report."""
    try:
        report: dict[str, Any] = json.loads(text[text.index("{") :])
        metadata: dict[str, Any] = report["install"][0]["metadata"]
        version = str(metadata["version"])
    except (ValueError, KeyError, IndexError):
        return None
    needs = [str(line).lower() for line in metadata.get("requires_dist", [])]
    local = version.partition("+")[2]
    if local:
        return Offer(version, cuda=local.startswith("cu"))
    return Offer(version, cuda=any(line.startswith(_CUDA_PARTS) for line in needs))


def _pip(python: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(python), "-m", "pip", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=_ASK_LIMIT_S,
        env=child_environment(),
        stdin=subprocess.DEVNULL,
    )
