"""Nothing that names a patient leaves the reader: identities are hashed, texts are cleaned.

The salt is made once per machine, so a hash says "the same series again" here and nothing elsewhere.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from functools import lru_cache
from pathlib import Path

from engine.core.paths import data_dir

_SHORTEST = 2  # single letters would take half of every word out
_WHOLE_WORDS = 4
"""Latin names shorter than this are taken out as whole words only: “Li” must not make “…ver” of “Liver”."""


def hashed(uid: str) -> str:
    """Return 16 hexadecimal digits that are equal for equal `uid` on this machine; empty for an empty one."""
    if not uid:
        return ""
    return hashlib.sha256(_salt(data_dir()) + uid.encode("utf-8", "replace")).hexdigest()[:16]


@lru_cache(maxsize=8)
def _salt(folder: Path) -> bytes:
    path = folder / "identity-salt"
    fresh = secrets.token_bytes(16)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(fresh)
        path.chmod(0o600)
    except FileExistsError:
        kept = path.read_bytes()
        return kept if len(kept) == len(fresh) else fresh
    except OSError:
        return fresh  # no writable disk: hashes hold for this run only
    return fresh


@lru_cache(maxsize=512)
def cleaned(text: str, identities: tuple[str, ...]) -> str:
    """Return `text` without the words of `identities` (names, numbers, dates), whatever their case.

    Args:
        text: A free text of the header, e.g. SeriesDescription.
        identities: Values of the elements that name people and numbers: ``"Doe^Jane"``, ``"4711"`` …
    """
    words = {
        word
        for identity in identities
        for word in (identity.strip(), *re.split(r"[\s^=,;\\]+", identity))
        if len(word) >= _SHORTEST
    }
    for word in sorted(words, key=len, reverse=True):
        pattern = re.escape(word)
        if len(word) < _WHOLE_WORDS and word.isascii():
            pattern = rf"(?<![A-Za-z0-9]){pattern}(?![A-Za-z0-9])"
        text = re.sub(pattern, "…", text, flags=re.IGNORECASE)
    return "".join(c for c in text if c.isprintable()).strip()
