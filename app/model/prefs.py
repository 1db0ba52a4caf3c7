"""The person's settings: typed, saved at once, and alive after a broken file.

A value that cannot be used falls back to its default and is named; the others stay. A file that is no
JSON at all is put aside, not deleted.
"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, cast

from PySide6.QtCore import QObject, Signal

from engine.case.shelf import DEFAULT_BOUND_MIB
from engine.core.atomic import write_text
from engine.core.errors import GroundglassError
from engine.core.paths import config_dir

Theme = Literal["dark", "light"]
Device = Literal["auto", "cpu", "cuda"]


@dataclass(frozen=True)
class Prefs:
    """Settings of one person on one machine. `metadata` of a field says what it may be.

    Args:
        theme: Colours of the window.
        scale_percent: Size of everything; 0 follows the screen. Takes effect at the next start.
        interpolate: Smooth pixels on screen.
        reopen_window: Start with the grey window that was used last.
        window_level: HU of the grey window used last.
        window_width: Its width in HU.
        device: Where networks run.
        threads: Of the networks; 0 leaves it to the machine.
        model: Id of the model used last; empty takes the best one.
        undo_mib: Memory for undo.
        kept_mib: What all cases kept on disk may take together; what was never exported stays beyond it.
        keep_recent: Remember which studies were open (their paths may hold names).
        keys: Changed keys: action id → key sequences.
        label_colours: Changed colours of labels: key → ``"#rrggbb"``.
        licences: Id of weights → the non-commercial licence the person agreed to.
        why_map: Map of an explanation that was looked at last, by the engine's name of it.
        heat_percent: Opacity of that layer.
        last_export_folder: Where the export dialog starts.
    """

    theme: Theme = field(default="dark", metadata={"one_of": ("dark", "light")})
    scale_percent: int = field(default=0, metadata={"low": 0, "high": 250})
    interpolate: bool = True
    reopen_window: bool = True
    window_level: float = field(default=-600.0, metadata={"low": -2000, "high": 4000})
    window_width: float = field(default=1200.0, metadata={"low": 1, "high": 8000})
    device: Device = field(default="auto", metadata={"one_of": ("auto", "cpu", "cuda")})
    threads: int = field(default=0, metadata={"low": 0, "high": 256})
    model: str = ""
    undo_mib: int = field(default=512, metadata={"low": 64, "high": 16384})
    kept_mib: int = field(default=DEFAULT_BOUND_MIB, metadata={"low": 256, "high": 1 << 20})
    keep_recent: bool = True
    keys: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    label_colours: dict[str, str] = field(default_factory=dict[str, str])
    licences: dict[str, str] = field(default_factory=dict[str, str])
    why_map: str = "saliency"
    heat_percent: int = field(default=70, metadata={"low": 0, "high": 100})
    last_export_folder: str = ""


def read_prefs(path: Path) -> tuple[Prefs, tuple[str, ...]]:
    """Return the settings of a file and a sentence for each value that could not be used."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Prefs(), ()
    except (OSError, UnicodeDecodeError) as error:
        return Prefs(), (f"The settings could not be read ({type(error).__name__}); the defaults are used.",)
    try:
        raw: Any = json.loads(text)
    except ValueError:
        raw = None
    if not isinstance(raw, dict):
        return Prefs(), (f"The settings file was damaged; the defaults are used. {_put_aside(path)}",)
    return _from_dict(cast("dict[str, Any]", raw))


def _from_dict(raw: dict[str, Any]) -> tuple[Prefs, tuple[str, ...]]:
    kept: dict[str, Any] = {}
    bad: list[str] = []
    for item in fields(Prefs):
        if item.name not in raw:
            continue
        value = _fitting(item.name, raw[item.name], dict(item.metadata))
        if value is None:
            bad.append(f"The setting “{item.name}” could not be used; its default is.")
        else:
            kept[item.name] = value
    return Prefs(**kept), tuple(bad)


def _fitting(name: str, value: Any, limits: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """Return the value in its type and limits, or None."""
    default = getattr(Prefs(), name)
    if isinstance(default, bool):
        return value if isinstance(value, bool) else None
    if isinstance(default, (int, float)):
        return _number(value, type(default), limits)
    if isinstance(default, str):
        return value if isinstance(value, str) and value in limits.get("one_of", (value,)) else None
    if not isinstance(value, dict):
        return None
    table = cast("dict[Any, Any]", value)
    if name == "keys":
        return {str(k): _texts(v) for k, v in table.items() if _texts(v) is not None}
    return {str(k): v for k, v in table.items() if isinstance(v, str)}


def _number(value: Any, kind: type[int] | type[float], limits: dict[str, Any]) -> float | None:  # noqa: ANN401 - JSON
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return kind(value) if limits["low"] <= value <= limits["high"] else None


def _texts(value: Any) -> tuple[str, ...] | None:  # noqa: ANN401 - JSON
    if not isinstance(value, list):
        return None
    words = cast("list[Any]", value)
    return tuple(words) if all(isinstance(word, str) for word in words) else None


def _put_aside(path: Path) -> str:
    aside = path.with_name(f"{path.stem}.damaged{path.suffix}")
    try:
        path.replace(aside)
    except OSError:
        return "It could not be put aside."
    return f"The old file is kept as {aside.name}."


class Preferences(QObject):
    """The settings in use. Made once; widgets get it passed in and listen to `changed`.

    Args:
        path: The file; in the user's config folder if None.
    """

    changed = Signal(object)
    """The new `Prefs`."""

    def __init__(self, path: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = path if path is not None else config_dir() / "settings.json"
        self._now, self.problems = read_prefs(self._path)
        self._unsaved_over: dict[str, Any] = {}
        self.unsaved = ""
        """Why the settings could not be written, or empty."""

    @property
    def now(self) -> Prefs:
        """The settings as they are."""
        return self._now

    def update(self, **changes: Any) -> None:
        """Change some settings and write them to disk; the window lives on if that fails."""
        new = replace(self._now, **changes)
        if new == self._now:
            return
        for name in changes:
            self._unsaved_over.pop(name, None)
        self._now = new
        self._save()
        self.changed.emit(new)

    def override(self, **changes: Any) -> None:
        """Change some settings for this run only."""
        self._unsaved_over = {name: getattr(self._now, name) for name in changes}
        self._now = replace(self._now, **changes)

    def reset(self) -> None:
        """Go back to the defaults."""
        self.update(**{f.name: getattr(Prefs(), f.name) for f in fields(Prefs)})

    def _save(self) -> None:
        try:
            kept = {**asdict(self._now), **self._unsaved_over}
            write_text(self._path, json.dumps(kept, indent=2, ensure_ascii=False) + "\n")
        except GroundglassError as error:
            # Working on with unsaved settings is better than a dialog for each moved slider.
            logging.getLogger("groundglass.prefs").warning("settings not saved: %s", type(error).__name__)
            self.unsaved = f"The settings were not saved: {error.why or error.what}"
        else:
            self.unsaved = ""
