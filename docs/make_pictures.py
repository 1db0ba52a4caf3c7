"""Makes the pictures of README and manual from the sample study: ``.venv/bin/python docs/make_pictures.py``.

Needs no display. The sample study is computed; no picture of a patient is in this repository.
"""

from __future__ import annotations

import argparse
import os
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
OFTEN, OTHERS = 76, 84
LARGE_BYTES = 200_000
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
        os.environ["GROUNDGLASS_HOME"] = str(Path(temporary) / "home")  # as on the first day
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
        code = scenes(folder, Path(temporary))
    for picture in IMAGES.glob("*.png"):
        shrink(picture)
    return code


def scenes(folder: Path, temporary: Path) -> int:
    """Take the pictures for which the window must be driven."""
    words = [folder / "sample.nii.gz", folder / "mask.nii.gz", temporary / "chest", IMAGES]
    call = [sys.executable, str(ROOT / "docs" / "scenes.py"), *map(str, words)]
    return subprocess.run(call, check=False, env=os.environ | {"QT_QPA_PLATFORM": "offscreen"}).returncode


def shrink(path: Path) -> None:
    """Write a picture that is too large with 256 colours: greys, those of labels and theme, those met most often."""
    if path.stat().st_size <= LARGE_BYTES:
        return
    import numpy as np
    from PIL import Image, ImageColor

    from app.look.tokens import DARK
    from engine.case.labelset import default_labelset

    with Image.open(path) as picture:
        whole = picture.convert("RGB")
    pixels = np.asarray(whole).reshape(-1, 3)
    tinted = pixels[np.ptp(pixels, axis=1) > 0]
    values, counts = np.unique(tinted, axis=0, return_counts=True)
    named = {label.colour for label in default_labelset()} | {v for v in vars(DARK).values() if v.startswith("#")}
    fixed = [part for colour in sorted(named) for part in ImageColor.getrgb(colour)]
    often = values[np.argsort(-counts)[: OFTEN - len(fixed) // 3]].ravel().tolist()
    others = Image.fromarray(tinted[None]).quantize(OTHERS, method=Image.Quantize.MEDIANCUT)
    greys = np.repeat(np.linspace(0, 255, 256 - OFTEN - OTHERS).round().astype(int), 3).tolist()
    palette = Image.new("P", (1, 1))
    palette.putpalette(greys + fixed + often + (others.getpalette() or [])[: 3 * OTHERS])
    whole.quantize(palette=palette, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    sys.exit(main())
