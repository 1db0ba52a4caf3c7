"""Studies that were open lately. Paths may hold names: they stay in the config folder of this person."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from engine.core.atomic import write_text
from engine.core.errors import GroundglassError
from engine.core.paths import config_dir

KEPT = 12


@dataclass(frozen=True)
class RecentStudy:
    """One study.

    Args:
        path: What was opened.
        name: Neutral name of the series, as in `SeriesInfo.name`.
        at: Seconds since the epoch.
        uid_hash: Of the series, so that the same one is taken again.
    """

    path: str
    name: str
    at: float
    uid_hash: str = ""

    @property
    def is_there(self) -> bool:
        """Whether the path still exists."""
        try:
            return Path(self.path).exists()
        except OSError:
            return False


class RecentStudies:
    """The list of recent studies, newest first.

    Args:
        path: The file; in the user's config folder if None.
        keep: False remembers nothing and forgets what was kept.
        beside: Runs the writing of the file, e.g. in a worker: a disk may take long to sync. At once if None.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        keep: bool = True,
        beside: Callable[[Callable[[], None]], None] | None = None,
    ) -> None:
        self._path = path if path is not None else config_dir() / "recent.json"
        self._keep = keep
        self._beside = beside if beside is not None else _at_once
        self._writing = threading.Lock()
        self._studies: list[RecentStudy] = _read(self._path) if keep else []

    @property
    def studies(self) -> tuple[RecentStudy, ...]:
        """Newest first."""
        return tuple(self._studies)

    def add(self, path: Path, name: str, *, uid_hash: str = "") -> None:
        """Put a study on top of the list."""
        if not self._keep:
            return
        study = RecentStudy(str(path), name, time.time(), uid_hash)
        self._studies = [study, *(s for s in self._studies if s.path != study.path)][:KEPT]
        self._beside(self._save)

    def forget(self) -> None:
        """Empty the list, on disk too."""
        self._studies = []
        self._save()

    def set_keep(self, on: bool) -> None:  # noqa: FBT001 - a property setter
        """Keep a list or not; not keeping forgets what was kept."""
        self._keep = on
        if not on:
            self.forget()

    def _save(self) -> None:
        # Whoever comes last writes what is true then: one that waited cannot bring back what was forgotten.
        with self._writing:
            try:
                write_text(self._path, json.dumps([asdict(s) for s in self._studies], indent=1, ensure_ascii=False))
            except GroundglassError:
                return  # a list of recent studies is not worth a word


def _read(path: Path) -> list[RecentStudy]:
    try:
        raw: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    if not isinstance(raw, list):
        return []
    studies: list[RecentStudy] = []
    for row in cast("list[Any]", raw)[:KEPT]:
        try:
            studies.append(RecentStudy(str(row["path"]), str(row["name"]), float(row["at"]), str(row["uid_hash"])))
        except (KeyError, TypeError, ValueError):
            continue
    return studies


def _at_once(write: Callable[[], None]) -> None:
    write()
