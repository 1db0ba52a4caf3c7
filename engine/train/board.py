"""The curves of a run for TensorBoard, beside ``curves.jsonl``, where it is installed and asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.core.errors import ResourceError

FOLDER = "tensorboard"


class Board:
    """Writes every line of the curves as scalars: ``loss``, ``rate``, ``dice/<label>``.

    Args:
        folder: The run.

    Raises:
        ResourceError: TensorBoard is not installed.
    """

    def __init__(self, folder: Path) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise ResourceError(
                "The curves cannot be written for TensorBoard.",
                "It is not installed; the run's own curves.jsonl needs nothing.",
                "Install it with: .venv/bin/python -m pip install tensorboard, or leave --tensorboard out.",
            ) from error
        self._writer = SummaryWriter(str(folder / FOLDER))

    def tell(self, line: dict[str, Any]) -> None:
        """Take in one line of the curves."""
        step = int(line["step"])
        for key in ("loss", "rate"):
            if key in line:
                self._writer.add_scalar(key, line[key], step)
        for label, value in line.get("dice", {}).items():
            self._writer.add_scalar(f"dice/{label}", value, step)

    def close(self) -> None:
        """Write what is left."""
        self._writer.close()


def both(first: Callable[[dict[str, Any]], None], board: Board) -> Callable[[dict[str, Any]], None]:
    """Return what tells a line to `first` and to the board."""

    def tell(line: dict[str, Any]) -> None:
        first(line)
        board.tell(line)

    return tell
