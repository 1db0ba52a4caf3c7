"""Where the parts of a set-up lie, on every system."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

WINDOWS = sys.platform == "win32"


@dataclass(frozen=True)
class Places:
    """The folders and files of one checkout.

    Args:
        root: The checkout.
    """

    root: Path

    @property
    def venv(self) -> Path:
        """The environment."""
        return self.root / ".venv"

    @property
    def _scripts(self) -> Path:
        return self.venv / ("Scripts" if WINDOWS else "bin")

    @property
    def python(self) -> Path:
        """The environment's own Python."""
        return self._scripts / ("python.exe" if WINDOWS else "python")

    @property
    def command(self) -> Path:
        """The program."""
        return self._scripts / ("groundglass.exe" if WINDOWS else "groundglass")

    @property
    def record(self) -> Path:
        """What is already set up."""
        return self.venv / "groundglass-setup.json"

    @property
    def log(self) -> Path:
        """Everything pip said."""
        return self.venv / "groundglass-setup.log"

    def lock(self, name: str) -> Path:
        """Return the lock file `name`: ``"runtime"`` or ``"dev"``."""
        return self.root / "installer" / "locks" / f"{name}.txt"

    @property
    def pyproject(self) -> Path:
        """The project file."""
        return self.root / "pyproject.toml"

    def shown(self, path: Path) -> str:
        """Return `path` as it is typed from the checkout, e.g. ``.venv/bin/groundglass``."""
        try:
            return str(path.relative_to(self.root))
        except ValueError:
            return str(path)


def here() -> Places:
    """Return the places of the checkout this file belongs to."""
    return Places(Path(__file__).resolve().parent.parent)


def child_environment() -> dict[str, str]:
    """Return the variables for a child process: this machine's, without what would lead a Python astray."""
    astray = {"PYTHONHOME", "PYTHONPATH", "PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_REQUIRE_VIRTUALENV"}
    variables = {name: value for name, value in os.environ.items() if name not in astray}
    return variables | {"PIP_USER": "0", "PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
