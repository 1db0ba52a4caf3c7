"""For maintainers: writes the lock files anew. ``python3 -m installer.lock`` in a checkout with uv installed.

One universal lock serves every system and Python from 3.11 on; pip checks each file against its hashes.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from installer.places import Places, here

_HEADER = "# Written by `python3 -m installer.lock`. Every file is checked against its hash.\n"


def command(places: Places, name: str, uv: str) -> list[str]:
    """Return the call of uv that resolves the lock `name` (``"runtime"`` or ``"dev"``)."""
    words = [uv, "pip", "compile", "--universal", "--generate-hashes", "--no-header", "--quiet"]
    words += ["--python-version", "3.11", "--no-config", "pyproject.toml", "installer/locks/beside.in"]
    if name == "dev":
        words += ["--group", "dev", "--constraint", places.shown(places.lock("runtime"))]
    return [*words, "--output-file", places.shown(places.lock(name))]


def main() -> int:
    """Resolve both locks; what is pinned already stays, unless ``--upgrade`` is given."""
    places = here()
    uv = shutil.which("uv") or str(places.python.with_name("uv"))
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("UV_", "PIP_"))}
    for name in ("runtime", "dev"):
        call = [*command(places, name, uv), *(["--upgrade"] if "--upgrade" in sys.argv else [])]
        subprocess.run(call, cwd=places.root, check=True, env=variables)
        lock = places.lock(name)
        lock.write_text(_HEADER + lock.read_text(encoding="utf-8"), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
