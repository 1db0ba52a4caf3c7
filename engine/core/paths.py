"""Where things lie: the program's own resources and the user's folders. The only module that knows.

`GROUNDGLASS_HOME` puts all of the user's folders under one root (tests, portable installs).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from engine.core.errors import ResourceError

_HERE = Path(__file__).resolve()


def resource(name: str) -> Path:
    """Return the path of a file or folder that ships with the program, e.g. ``"recipes/cpu.toml"``.

    Works from a checkout, an installed wheel and a frozen folder.

    Raises:
        ResourceError: the installation lacks it.
    """
    frozen = getattr(sys, "_MEIPASS", None)
    roots = [_HERE.parents[2] / "resources", _HERE.parents[1] / "_resources"]
    if frozen:
        roots.insert(0, Path(frozen) / "resources")
    for root in roots:
        if (root / name).exists():
            return root / name
    raise ResourceError(
        f"The program's own file “{name}” is missing.",
        "The installation is incomplete.",
        "Run `python3 -m installer setup` again.",
    )


def _user(kind: str) -> Path:
    home = os.environ.get("GROUNDGLASS_HOME")
    if home:
        return Path(home) / kind
    try:
        import platformdirs  # costs 20 ms and is not needed by most verbs
    except ImportError:  # on a machine lent for a training there may be torch and little else
        return Path.home() / ".groundglass" / kind
    folders = {
        "config": platformdirs.user_config_path,
        "state": platformdirs.user_state_path,
        "cache": platformdirs.user_cache_path,
        "data": platformdirs.user_data_path,
    }
    return folders[kind]("groundglass", appauthor=False)


def config_dir() -> Path:
    """Return the folder of the settings. It may not exist yet."""
    return _user("config")


def state_dir() -> Path:
    """Return the folder of journals, logs and crash reports. It may not exist yet."""
    return _user("state")


def cache_dir() -> Path:
    """Return the folder of what can be made again: compiled networks, thumbnails. It may not exist yet."""
    return _user("cache")


def data_dir() -> Path:
    """Return the folder of the user's own weights and library. It may not exist yet."""
    return _user("data")
