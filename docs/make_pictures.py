"""Makes the pictures of README and manual from the sample study: ``.venv/bin/python docs/make_pictures.py``.

Needs no display. The sample study is computed; no picture of a patient is in this repository.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from installer import demo  # noqa: E402
from installer.places import here  # noqa: E402

IMAGES = ROOT / "docs" / "images"


def main() -> int:
    """Run the demonstration into a temporary folder and keep its picture."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        code = demo.run(here(), Path(folder), lambda line: print(line, flush=True), window=False)
        if code == 0:
            (IMAGES / "window.png").write_bytes((Path(folder) / "window.png").read_bytes())
    return code


if __name__ == "__main__":
    sys.exit(main())
