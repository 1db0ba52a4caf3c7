"""`groundglass sample -o OUT`: the sample study as a file, a computed chest without a patient."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from engine.cli.parser import verb_parser


def main(arguments: Sequence[str]) -> int:
    """Write the sample study and, if asked for, its true mask.

    Args:
        arguments: The words after ``groundglass sample``.
    """
    parser = verb_parser(
        "sample",
        "Write the sample study: a computed chest with ground-glass, consolidation and effusion. No patient.",
        ("groundglass sample -o sample.nii.gz", "groundglass sample -o sample.nii.gz --truth truth.nii.gz"),
    )
    parser.add_argument(
        "-o", "--output", metavar="OUT", type=Path, required=True, help="ends with .nii.gz, .nrrd, .mha"
    )
    parser.add_argument("--truth", metavar="MASK", type=Path, help="write what was painted as a mask, too")
    parser.add_argument("--overwrite", action="store_true", help="replace OUT and MASK if they exist")
    parser.add_argument("--json", action="store_true", help="one JSON object for a program to read")
    options = parser.parse_args(list(arguments))

    from engine.case.labelset import default_labelset
    from engine.cli.terminal_progress import TerminalProgress
    from engine.io.export.image import format_of, refuse_existing
    from engine.io.masks.write import write_labels, write_volume
    from engine.synth.demo import demo

    wanted = [path for path in (options.output, options.truth) if path is not None]
    for path in wanted:
        format_of(path)
        refuse_existing(path, overwrite=options.overwrite)
    progress = TerminalProgress()
    try:
        made = demo(progress=progress)
    finally:
        progress.end()
    write_volume(options.output, made.hu, made.grid, overwrite=options.overwrite)
    if options.truth is not None:
        write_labels(options.truth, made.labels, made.grid, default_labelset(), overwrite=options.overwrite)
    if options.json:
        print(json.dumps({"files": [str(path) for path in wanted]}, ensure_ascii=False))
    else:
        print("\n".join(str(path) for path in wanted))
    return 0
