"""A card says what a weight file is: network, labels, training data, figures, limits, licence, hash.

The part the program computes with stands in the header of the weight file too; the card in
``resources/cards/<id>.toml`` (or beside a user's weight file) adds what people read.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, cast

from engine.core.atomic import write_text
from engine.core.errors import ModelError
from engine.nets.heads import HEADS, HeadKind, output_count
from engine.prep.normalise import Intensity

SURE, POSSIBLE = 0.9, 0.1
"""Probabilities that bound a volume where a card tells no others."""


@dataclass(frozen=True)
class Card:
    """What a weight file is.

    Args:
        id: Name by which people choose it, e.g. ``"ra_unet3d-lesions"``.
        network: Name in NETWORKS.
        labels: Keys of the labels, one per output channel in order.
        title: One line for lists.
        text: A paragraph: what it is good for.
        arch: Arguments of the network, plain values.
        arch_version: Version of the network's layout.
        head: How channels become labels: ``"sigmoid"`` each for itself, ``"grouped"``, ``"softmax"``.
        thresholds: One per label for sigmoids; empty means 0.5.
        patch: Window (z, y, x) in voxels.
        spacing: mm (z, y, x) to which the CT is resampled; None works on the grid as it is. z = 0 keeps the
            slices: the network sees each alone.
        intensity: Grey values it was trained with.
        licence: Of the weights, best as an SPDX name (``"Apache-2.0"``, ``"CC-BY-NC-SA-4.0"``). It forbids
            commercial use if “NC” is one of its words or it says “non-commercial”; the program then asks or tells
            before such weights are used.
        trained_on: One line per data set, with counts.
        figures: Measured results, e.g. ``{"dice_ground_glass": 0.71}``.
        interval: Label → what bounds its volume: ``{"sure": 0.9, "possible": 0.1, "covered": 17, "of": 24}``, two
            probabilities, and in how many of how many computed chests it had not seen the true volume lay between.
        limits: Sentences: where it is not good.
        created: ISO date.
        parent: Id of the weights it was fine-tuned from.
        default: Whether it is taken where the user names none.
        sha256: Of the weight file.
    """

    id: str
    network: str
    labels: tuple[str, ...]
    title: str = ""
    text: str = ""
    arch: Mapping[str, Any] = field(default_factory=dict[str, Any])
    arch_version: int = 1
    head: HeadKind = "sigmoid"
    thresholds: tuple[float, ...] = ()
    patch: tuple[int, int, int] = (32, 192, 192)
    spacing: tuple[float, float, float] | None = None
    intensity: Intensity = field(default_factory=Intensity)
    licence: str = ""
    trained_on: tuple[str, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict[str, Any])
    interval: Mapping[str, Mapping[str, float]] = field(default_factory=dict[str, Mapping[str, float]])
    limits: tuple[str, ...] = ()
    created: str = ""
    parent: str = ""
    default: bool = False
    sha256: str = ""

    def __post_init__(self) -> None:
        """Refuse a card that contradicts itself.

        Raises:
            ModelError: no label, or values of the wrong number or range.
        """
        checks = (
            (bool(self.id and self.network), "it lacks its id or its network"),
            (len(self.labels) > 0, "it names no label"),
            (len(set(self.labels)) == len(self.labels), "a label is named twice"),
            (self.head in HEADS, f"its head “{self.head}” is unknown"),
            (len(self.thresholds) in {0, len(self.labels)}, "it needs one threshold a label"),
            (all(0 < t < 1 for t in self.thresholds), "a threshold is not between 0 and 1"),
            (len(self.patch) == 3 and min(self.patch) > 0, f"its window {self.patch} is no size"),
            (self.spacing is None or _is_spacing(self.spacing), "its spacing is no size"),
            (
                all(map(_bounds_something, self.interval.values())),
                "an interval is not two probabilities, the sure one the larger",
            ),
        )
        for good, why in checks:
            if not good:
                raise ModelError(f"The card of “{self.id}” cannot be used: {why}.", "", "Correct the card.")

    @property
    def channels(self) -> int:
        """Outputs the network needs: one a label for sigmoids, else with the background rows."""
        return output_count(self.head, self.labels)

    @property
    def by_slice(self) -> bool:
        """Whether the network sees each slice alone."""
        return self.spacing is not None and self.spacing[0] == 0

    @property
    def non_commercial(self) -> bool:
        """Whether the licence forbids commercial use."""
        return is_non_commercial(self.licence)

    def threshold(self, key: str) -> float:
        """Return the probability above which label `key` is set."""
        return self.thresholds[self.labels.index(key)] if self.thresholds else 0.5

    def bounds(self, key: str) -> tuple[float, float]:
        """Return from which probability on label `key` counts as sure, and from which on as possible."""
        told = self.interval.get(key, {})
        return float(told.get("sure", SURE)), float(told.get("possible", POSSIBLE))

    def interval_words(self, key: str) -> str:
        """Return what the interval of label `key` means, in one sentence or two."""
        sure, possible = self.bounds(key)
        text = f"From what the network gives at least {_percent(sure)} to what it gives at least {_percent(possible)}."
        told = self.interval.get(key, {})
        if not told.get("of"):
            return f"{text} How often the true volume lies between was not measured for these weights."
        held = f"in {told.get('covered', 0):.0f} of {told['of']:.0f} computed chests that the network had not seen"
        return f"{text} The true volume lay between {held}."

    def with_sha256(self, sha256: str) -> Card:
        """Return the card for a file with this hash."""
        return replace(self, sha256=sha256)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values; what is empty is left out."""
        out: dict[str, Any] = {}
        for f in fields(self):
            value = getattr(self, f.name)
            if isinstance(value, Intensity):
                value = value.to_dict()
            value = _plain(value)
            if value is not False and value not in (None, "", [], {}):
                out[f.name] = value
        return out

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], *, source: str = "the card") -> Card:
        """Return the card plain values describe. Unknown keys are ignored: a newer version may add some.

        Raises:
            ModelError: a value is missing or impossible.
        """
        known = {f.name for f in fields(cls)}
        kept: dict[str, Any] = {k: _frozen(v) for k, v in values.items() if k in known}
        missing = [k for k in ("id", "network", "labels") if k not in kept]
        if missing:
            raise ModelError(
                f"{source} is not complete.", f"It lacks {', '.join(missing)}.", "Write it again, or correct it."
            )
        kept["intensity"] = Intensity.from_dict(cast(Mapping[str, Any], values.get("intensity", {})))
        for name in ("arch", "figures", "interval"):
            kept[name] = dict(cast(Mapping[str, Any], values.get(name, {})))
        if "licence" not in kept and "license" in values:
            kept["licence"] = values["license"]
        try:
            return cls(**kept)
        except TypeError as error:
            raise ModelError(f"{source} cannot be read.", "A value has the wrong kind.", details=str(error)) from error


def is_non_commercial(licence: str) -> bool:
    """Whether a licence's name or sentence forbids commercial use; what says nothing of it does not."""
    words = re.findall(r"[a-z]+", licence.casefold())
    return "nc" in words or "noncommercial" in "".join(words)


def licence_words(card: Card) -> str:
    """Return what the licence forbids, in one sentence; empty if it allows commercial use."""
    if not card.non_commercial:
        return ""
    return (
        f"The licence of “{card.id}”, {card.licence}, allows no commercial use: neither the weights nor masks and "
        "figures made with them may go into a product or a service that is paid for."
    )


def read_card(path: Path) -> Card:
    """Return the card in a TOML file.

    Raises:
        ModelError: it cannot be read, or lacks something.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ModelError(
            f"The card “{path.name}” cannot be read.", f"{error}.", "Restore it, or write the weights again."
        ) from error
    return Card.from_dict(values, source=f"The card “{path.name}”")


def write_card(path: Path, card: Card) -> None:
    """Write `card` as TOML, at once or not at all.

    Raises:
        ResourceError: disk full, folder read-only, drive gone.
    """
    values = card.to_dict()
    head = [f"{key} = {_toml(value)}" for key, value in values.items() if not isinstance(value, dict)]
    for key, value in values.items():
        if isinstance(value, dict):
            head += ["", f"[{key}]", *(f"{_key(k)} = {_toml(v)}" for k, v in cast(dict[str, Any], value).items())]
    write_text(path, "\n".join(head) + "\n")


def _bounds_something(told: Any) -> bool:  # noqa: ANN401 - what somebody wrote into a file
    if not isinstance(told, Mapping) or not all(isinstance(v, int | float) for v in told.values()):
        return False
    return 0 < told.get("possible", POSSIBLE) < told.get("sure", SURE) < 1


def _percent(p: float) -> str:
    return f"{100 * p:.3g}\u202f%"


def _is_spacing(spacing: tuple[float, ...]) -> bool:
    return len(spacing) == 3 and spacing[0] >= 0 and min(spacing[1:]) > 0


def _toml(value: Any) -> str:  # noqa: ANN401 - any plain value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        pairs = ", ".join(
            f"{_key(str(k))} = {_toml(v)}" for k, v in cast(Mapping[Any, Any], value).items() if v is not None
        )
        return "{" + pairs + "}"
    if isinstance(value, list | tuple):
        items = [_toml(v) for v in cast(list[Any], value)]
        long = sum(map(len, items)) > 80
        return "[\n  " + ",\n  ".join(items) + ",\n]" if long else "[" + ", ".join(items) + "]"
    return _quoted(str(value))


def _key(name: str) -> str:
    return name if name.replace("_", "").replace("-", "").isalnum() and name.isascii() else _quoted(name)


def _quoted(text: str) -> str:
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
    return '"' + "".join(escapes.get(c, c if c >= " " and c != "\x7f" else f"\\u{ord(c):04x}") for c in text) + '"'


def _frozen(value: Any) -> Any:  # noqa: ANN401
    return tuple(_frozen(v) for v in value) if isinstance(value, list | tuple) else value


def _plain(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in cast(Mapping[str, Any], value).items()}
    return [_plain(v) for v in value] if isinstance(value, list | tuple) else value
