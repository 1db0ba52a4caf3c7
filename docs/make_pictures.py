"""Makes the pictures of README and manual from the sample study: ``.venv/bin/python docs/make_pictures.py``.

Needs no display. The sample study is computed; no picture of a patient is in this repository.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from installer import demo  # noqa: E402
from installer.places import here  # noqa: E402

IMAGES = ROOT / "docs" / "images"
SIZE = ("--size", "1280x800")
PICTURES: dict[str, tuple[str, ...]] = {
    "brush": ("--layout", "single", "--tool", "brush", *SIZE),
    "surfaces": ("--layout", "volume", *SIZE),
    "settings": ("--show", "settings", *SIZE),
    "keys": ("--show", "keys", *SIZE),
}
"""Name of the picture → what is said to ``groundglass open`` beside study and mask."""


def main() -> int:
    """Run the demonstration, keep its picture, and take the others of the same study."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where study and mask stay, to be used again")
    keep: Path | None = parser.parse_args().keep
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = keep or Path(temporary)
        code = demo.run(here(), folder, lambda line: print(line, flush=True), window=False)
        if code:
            return code
        (IMAGES / "window.png").write_bytes((folder / "window.png").read_bytes())
        start = [str(here().command), "open", str(folder / "sample.nii.gz"), "--mask", str(folder / "mask.nii.gz")]
        for name, words in PICTURES.items():
            picture = IMAGES / f"{name}.png"
            code = subprocess.run([*start, *words, "--screenshot", str(picture)], check=False).returncode
            if code:
                return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
