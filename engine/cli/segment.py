"""`groundglass segment SRC… -o OUT`: the same function as behind the window's button, for one CT or a thousand.

One source: OUT is a file (or a folder, in which NAME.nii.gz is made). Several: OUT is a folder with a mask and a
JSON per case and one CSV; a case that fails is named and the others go on.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.cli.batch import CSV_NAME, Item, Row, check_target, expand, write_csv
from engine.cli.parser import verb_parser
from engine.cli.sources import add_source_options, open_source
from engine.cli.terminal_progress import TerminalProgress
from engine.core.errors import GroundglassError, InputError

if TYPE_CHECKING:
    from engine.case.figures import Findings
    from engine.nets.weights import ModelFile
    from engine.predict.backends import Engine
    from engine.predict.segment import Segmentation, SegmentOptions

SOME_FAILED = 1


def main(arguments: Sequence[str]) -> int:
    """Segment, and return 0 when every case is done, 1 when some failed.

    Args:
        arguments: The words after ``groundglass segment``.
    """
    chosen = _parser().parse_args(list(arguments))
    out: Path = chosen.out
    to_file = check_target(out)
    if to_file and len(chosen.sources) > 1:
        raise InputError(
            f"{len(chosen.sources)} sources cannot go into one file.",
            f"-o names the file “{out.name}”.",
            "Give a folder to -o.",
        )
    items, skipped = expand(chosen.sources, into_one=to_file)
    for line in skipped:
        _say(line)
    work = _Work.open(chosen)
    if to_file or len(items) == 1:
        target = out if to_file else out / f"{items[0].name}.nii.gz"
        return _one(work, items[0], target)
    return _many(work, items, out)


@dataclass
class _Work:
    """What all cases of a run share: the words of the command, the model and, once opened, the engine."""

    chosen: argparse.Namespace
    model: ModelFile
    options: SegmentOptions
    engine: Engine | None = None

    @classmethod
    def open(cls, chosen: argparse.Namespace) -> _Work:
        from engine.nets.registry import NETWORKS
        from engine.nets.weights import find_model
        from engine.predict.segment import SegmentOptions

        if chosen.network is not None:
            NETWORKS.entry(chosen.network)
        model = find_model(chosen.model, network=chosen.network)
        options = SegmentOptions(
            device=chosen.device,
            threads=chosen.threads,
            overlap=chosen.overlap,
            precision=chosen.precision,
            whole=chosen.whole,
        )
        return cls(chosen, model, options)

    def run(self, item: Item, target: Path, prefix: str = "") -> tuple[Segmentation, Findings, list[str]]:
        """Do one case and return what was found, the figures and everything that must be said about it."""
        from engine.case.findings import measure
        from engine.io.export.image import refuse_existing
        from engine.io.masks.write import write_labels
        from engine.predict.segment import segment

        refuse_existing(target, overwrite=self.chosen.overwrite)
        progress = TerminalProgress(prefix)
        try:
            volume = open_source(item.source, self.chosen, progress=progress, prefix=prefix)
            self._check_hu(volume.has_hu)
            warnings = [n.text for n in volume.notices if n.severity == "warning"]
            result = segment(
                volume.hu,
                volume.grid,
                model=self.model,
                options=self.options,
                engine=self._warm(progress, warnings),
                progress=progress,
            )
        finally:
            progress.end()
        said = {notice.text for notice in volume.notices}  # on stderr already, by the reader
        result = replace(result, warnings=tuple(w for w in result.warnings if w not in said))
        warnings += result.warnings
        findings = measure(result.labels, volume.grid, result.labelset, volume.hu)
        extra = self._described(item, volume.info.kind, result, warnings)
        write_labels(
            target,
            result.labels,
            volume.grid,
            result.labelset,
            findings=findings,
            extra_json=extra,
            overwrite=self.chosen.overwrite,
        )
        return result, findings, warnings

    def _warm(self, progress: TerminalProgress, warnings: list[str]) -> Engine:
        from engine.predict.backends import EngineRequest, open_engine

        if self.engine is None:
            progress.update(0, 1, "Getting the network ready")
            o = self.options
            request = EngineRequest(self.model, self.model.card.patch, o.device, o.threads, o.precision)
            self.engine = open_engine(request, warnings=warnings)
        return self.engine

    @staticmethod
    def _check_hu(has_hu: bool) -> None:  # noqa: FBT001
        if not has_hu:
            raise InputError(
                "This volume cannot be segmented: its grey values are no Hounsfield units.",
                "It is a picture with 8 bits, or was told to be one.",
                "Open the original DICOM series.",
            )

    def _described(self, item: Item, kind: str, result: Segmentation, warnings: list[str]) -> dict[str, Any]:
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
            "source": {"name": item.name, "kind": kind},
            "warnings": warnings,
        }


def _one(work: _Work, item: Item, target: Path) -> int:
    result, _, warnings = work.run(item, target)
    for line in result.warnings:
        _say(f"Warning: {line}")
    if work.chosen.json:
        from engine.io.masks.sidecar import sidecar_path

        told = json.loads(sidecar_path(target).read_text(encoding="utf-8"))
        print(json.dumps({"mask": str(target), **told, "warnings": warnings}, ensure_ascii=False, indent=1))
    else:
        print(target)
    return 0


def _many(work: _Work, items: list[Item], out: Path) -> int:
    if out.exists() and not out.is_dir():
        raise InputError(f"“{out.name}” is a file.", f"{len(items)} cases need a folder.", "Give a folder to -o.")
    rows: list[Row] = []
    for n, item in enumerate(items, start=1):
        row = _row(work, item, out / f"{item.name}.nii.gz", f"{n}/{len(items)} {item.name}")
        rows.append(row)
        write_csv(out / CSV_NAME, rows)  # after each case: an hour of work is in the table when the power fails
        if not work.chosen.json and row.mask is not None:
            print(row.mask, flush=True)
    failed = [row.name for row in rows if row.state == "failed"]
    if work.chosen.json:
        print(
            json.dumps({"csv": str(out / CSV_NAME), "cases": [_plain(r) for r in rows]}, ensure_ascii=False, indent=1)
        )
    done = sum(row.state == "done" for row in rows)
    told = f", failed: {', '.join(failed)}" if failed else ""
    _say(f"{done} of {len(rows)} cases done{told}.")
    return SOME_FAILED if failed else 0


def _row(work: _Work, item: Item, target: Path, prefix: str) -> Row:
    if target.exists() and not work.chosen.overwrite:
        _say(f"{prefix}: is there already and was left alone (--overwrite does it again).")
        return Row.there_already(item.name, target)
    started = time.monotonic()
    try:
        result, findings, warnings = work.run(item, target, prefix)
    except GroundglassError as error:
        for line in error.lines:
            _say(f"{prefix}: {line}")
        return Row(item.name, "failed", None, time.monotonic() - started, " ".join(error.lines))
    except MemoryError:
        _say(f"{prefix}: The computer ran out of memory.")
        return Row(item.name, "failed", None, time.monotonic() - started, "The computer ran out of memory.")
    except Exception as defect:  # noqa: BLE001 - the cases after it are no part of the defect
        told = f"This is a defect of groundglass: {type(defect).__name__}. Run this case alone with --debug."
        _say(f"{prefix}: {told}")
        return Row(item.name, "failed", None, time.monotonic() - started, told)
    for line in result.warnings:
        _say(f"{prefix}: Warning: {line}")
    return Row(item.name, "done", target, time.monotonic() - started, "", tuple(warnings), findings.as_dict())


def _plain(row: Row) -> dict[str, Any]:
    return {
        "name": row.name,
        "state": row.state,
        "mask": str(row.mask) if row.mask else None,
        "seconds": round(row.seconds, 1),
        "warnings": list(row.warnings),
        "error": row.error or None,
    }


def _parser() -> argparse.ArgumentParser:
    parser = verb_parser(
        "segment",
        "Segment chest CT: lungs, ground-glass, consolidation, effusion, on the grid of the source.",
        (
            "groundglass segment study.zip -o mask.nii.gz",
            "groundglass segment patients/ -o masks/ --model RUN --overlap 0.5",
        ),
    )
    parser.add_argument("sources", nargs="+", type=Path, metavar="SRC", help="DICOM folder, zip, NIfTI, NRRD or MHA")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="OUT", help="mask file, or a folder for many")
    parser.add_argument("--model", metavar="M", help="id, weight file or run folder (`groundglass models` lists ids)")
    parser.add_argument("--network", metavar="ID", help="the best weights of this network")
    parser.add_argument("--overwrite", action="store_true", help="replace results that are there already")
    parser.add_argument("--json", action="store_true", help="tell the result as JSON on stdout")
    how = parser.add_argument_group("how to compute")
    how.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto", help="default: auto")
    how.add_argument("--threads", type=int, default=0, metavar="N", help="CPU threads; 0 takes all cores")
    how.add_argument("--precision", choices=("auto", "fp32", "bf16"), default="auto", help="default: auto")
    how.add_argument("--overlap", type=_overlap, default=0.25, metavar="S", help="of windows, 0 to 0.9; default 0.25")
    how.add_argument("--whole", action="store_true", help="look everywhere, not only around the lungs")
    add_source_options(parser)
    return parser


def _overlap(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 0.9:
        raise argparse.ArgumentTypeError(f"“{text}” is no overlap; it runs from 0 to 0.9, 0.25 is usual")
    return value


def _say(line: str) -> None:
    print(line, file=sys.stderr)
