"""What ``--on`` names: this process, a Ray cluster, or one started for the batch."""

from __future__ import annotations

from typing import Literal

from engine.core.errors import InputError
from engine.spread.on_ray import OnRay, require_ray
from engine.spread.work import Here, Place

HERE = "local"
SCHEME = "ray://"


def place(on: str, *, threads: int = 0, device: Literal["auto", "cpu", "cuda", "mps"] = "auto") -> Place:
    """Return the place that ``--on`` names.

    Args:
        on: ``"local"`` for here, ``"ray://HOST:PORT"`` for a cluster, ``"ray://local"`` for one started here and ended
            with the batch.
        threads: CPU threads of one worker; 0 leaves it to the place.
        device: ``"cpu"`` asks a cluster for no graphics cards, ``"cuda"`` for nothing else.

    Raises:
        InputError: no such place, or Ray is not installed.
    """
    if on == HERE:
        return Here()
    address = on.removeprefix(SCHEME)
    if not on.startswith(SCHEME) or not address or (address != HERE and not _is_address(address)):
        raise InputError(
            f"“{on}” is no place where cases can run.",
            "",
            "Give --on local (here), ray://HOST:PORT (a Ray cluster) or ray://local (one here for this run).",
        )
    require_ray()
    return OnRay(None if address == HERE else on, threads=threads, device=device)


def _is_address(text: str) -> bool:
    host, _, port = text.rpartition(":")
    return bool(host) and port.isdecimal() and 0 < int(port) < 65536
