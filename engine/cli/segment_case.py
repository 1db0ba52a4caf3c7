"""One case of `groundglass segment`: read, segment, measure, write. In this process or in one of a cluster."""

from __future__ import annotations

import argparse
import socket
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any

from engine.case.volume import Notice, joined
from engine.cli.batch import told_notices
from engine.cli.sources import open_source
from engine.core.atomic import explain_os_error
from engine.core.errors import InputError, ModelError
from engine.core.progress import CancelToken
from engine.predict.guards import DEVICE, GREY, NOT_CT, Refused
from engine.spread.work import Share, Voice

if TYPE_CHECKING:
    from engine.case.volume import Volume
    from engine.nets.weights import ModelFile
    from engine.predict.backends import Engine
    from engine.predict.segment import Segmentation, SegmentOptions


@dataclass(frozen=True)
class Case:
    """One case to segment.

    Args:
        name: What it is called.
        source: What to open.
        target: The mask to write.
        skip: Whether a mask that is there already is left alone instead of refused.
    """

    name: str
    source: Path
    target: Path
    skip: bool = False


@dataclass(frozen=True)
class Done:
    """A case that was segmented.

    Args:
        notices: Everything that must be said about it.
        figures: ``Findings.as_dict()``.
    """

    notices: tuple[Notice, ...]
    figures: dict[str, Any]


@dataclass
class Segmenter:
    """What all cases of a process share: the words of the command, the model and, once opened, the engine."""

    chosen: argparse.Namespace
    model: ModelFile
    options: SegmentOptions
    engine: Engine | None = None

    @classmethod
    def open(cls, chosen: argparse.Namespace, threads: int = 0) -> Segmenter:
        """Find the model; `threads` stand in where none were wished for.

        Raises:
            InputError: an unknown network.
            ModelError: there are no such weights, or they are damaged.
        """
        from engine.nets.registry import NETWORKS
        from engine.nets.weights import find_model
        from engine.predict.segment import SegmentOptions

        if chosen.network is not None:
            NETWORKS.entry(chosen.network)
        model = find_model(chosen.model, network=chosen.network)
        options = SegmentOptions(
            device=chosen.device,
            threads=chosen.threads or threads,
            overlap=chosen.overlap,
            precision=chosen.precision,
            whole=chosen.whole,
            anyway=chosen.anyway,
            doubt=True,
        )
        return cls(chosen, model, options)

    def __call__(self, piece: Case, voice: Voice, cancel: CancelToken) -> Done | None:
        """Do one case; None if its mask was there already and is left alone."""
        if piece.skip and piece.target.exists() and not self.chosen.overwrite:
            voice.say("is there already and was left alone (--overwrite does it again).")
            return None
        done, lines = self.run(piece, voice, cancel)
        for line in lines:
            voice.say(f"Warning: {line}")
        return done

    def run(self, piece: Case, voice: Voice, cancel: CancelToken) -> tuple[Done, tuple[str, ...]]:
        """Do one case and return what came of it, and the warnings that nobody has said yet."""
        from engine.case.findings import measure
        from engine.io.export.image import refuse_existing
        from engine.io.masks.write import write_labels
        from engine.predict.segment import segment

        refuse_existing(piece.target, overwrite=self.chosen.overwrite)
        volume = open_source(piece.source, self.chosen, progress=voice, cancel=cancel)
        notices = tuple(n for n in volume.notices if n.severity == "warning")
        _check_hu(volume)
        said: list[str] = []
        result = segment(
            volume.hu,
            volume.grid,
            model=self.model,
            options=self.options,
            engine=self._warm(voice, said, cancel),
            progress=voice,
            cancel=cancel,
        )
        notices = (*notices, *(Notice(DEVICE, text, "info") for text in said))
        more = joined(volume.notices, result.notices)[len(volume.notices) :]  # the reader has said the others
        notices = (*notices, *more)
        findings = measure(result.labels, volume.grid, result.labelset, volume.hu).with_intervals(result.intervals)
        write_labels(
            piece.target,
            result.labels,
            volume.grid,
            result.labelset,
            findings=findings,
            extra_json=self._described(piece, volume.info.kind, result, notices),
            overwrite=self.chosen.overwrite,
        )
        return Done(notices, findings.as_dict()), tuple(n.text for n in more)

    def _warm(self, voice: Voice, warnings: list[str], cancel: CancelToken) -> Engine:
        from engine.predict.backends import EngineRequest, open_engine

        if self.engine is None:
            voice.update(0, 1, "Getting the network ready")
            o = self.options
            request = EngineRequest(self.model, self.model.card.patch, o.device, o.threads, o.precision, cancel)
            self.engine = open_engine(request, warnings=warnings)
        return self.engine

    def _described(self, piece: Case, kind: str, result: Segmentation, notices: tuple[Notice, ...]) -> dict[str, Any]:
        card = self.model.card
        return {
            "model": {
                "id": card.id,
                "network": card.network,
                "sha256": card.sha256,
                "licence": card.licence,
                "device": result.device_text,
                "seconds": round(result.seconds, 2),
                "windows": result.windows,
                "windows_skipped": result.windows_skipped,
            },
            "intervals": {i.key: i.meaning for i in result.intervals},
            "source": {"name": piece.name, "kind": kind},
            "warnings": [n.text for n in notices],
            "notices": told_notices(notices),
        }


def _check_hu(volume: Volume) -> None:
    """Refuse what the reader could only open for looking.

    Raises:
        Refused: the values are no Hounsfield units.
    """
    if not volume.has_hu:
        why = [n for n in volume.notices if n.code in {GREY, NOT_CT}]
        text = why[0].text if why else "Its grey values are no Hounsfield units."
        raise Refused([Notice(GREY if not why else why[0].code, text, "refuse")], final=True)


@dataclass(frozen=True)
class Elsewhere:
    """Makes a :class:`Segmenter` in another process, perhaps on another machine, and checks that all is as here.

    Args:
        chosen: The words of the command.
        sha256: Of the weights here.
        mark: A file in the folder of the results that every machine must see.
    """

    chosen: argparse.Namespace
    sha256: str
    mark: Path

    def __call__(self, share: Share) -> Segmenter:
        """Return what segments there.

        Raises:
            InputError: that machine does not see the folder of the results.
            ModelError: it has other weights under the same name.
        """
        if not self.mark.exists():
            raise InputError(
                f"The machine “{socket.gethostname()}” does not see the folder “{self.mark.parent}”.",
                "Every machine of a cluster reads the sources and writes the masks by itself.",
                "Give sources and -o on a disk that all of them share under the same path.",
            )
        opened = Segmenter.open(self.chosen, share.threads)
        if opened.model.card.sha256 != self.sha256:
            raise ModelError(
                f"The machine “{socket.gethostname()}” has other weights called “{opened.model.id}”.",
                f"SHA-256 is {opened.model.card.sha256[:12]}… there and {self.sha256[:12]}… here.",
                "Install the same version there, or give --model the path of a file that all machines share.",
            )
        return opened


@contextmanager
def marked(folder: Path) -> Generator[Path, None, None]:
    """Make `folder` and yield a file in it that is gone afterwards.

    Raises:
        ResourceError: the folder may not be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(prefix=".groundglass-run-", dir=folder) as stream:
            yield Path(stream.name)
    except OSError as error:
        raise explain_os_error(error, folder / "segment.csv") from error
