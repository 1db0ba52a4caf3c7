"""`groundglass convert SRC -o OUT`: another format, same grid, same values."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from engine.cli.parser import verb_parser


def main(arguments: Sequence[str]) -> int:
    """Convert a CT or a mask; 0 when the file is written and read back.

    Args:
        arguments: The words after ``groundglass convert``.
    """
    from engine.cli.sources import add_source_options

    parser = verb_parser(
        "convert",
        "Write a CT or a mask in another format: same grid, same values. DICOM becomes Hounsfield units in 16 bits; "
        "of NIfTI, NRRD and MetaImage files every value and its type are kept.",
        ("groundglass convert study/ -o ct.nii.gz", "groundglass convert mask.seg.nrrd -o mask.nii.gz --overwrite"),
    )
    parser.add_argument("source", metavar="SRC", type=Path, help="DICOM folder or zip, NIfTI, NRRD or MHA file")
    parser.add_argument(
        "-o", "--output", metavar="OUT", type=Path, required=True, help="ends with .nii.gz, .nii, .nrrd or .mha"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace OUT if it exists")
    parser.add_argument("--json", action="store_true", help="one JSON object for a program to read")
    add_source_options(parser)
    options = parser.parse_args(list(arguments))

    from engine.cli.sources import open_source, read_options
    from engine.io.convert import convert_file
    from engine.io.export.image import format_of, refuse_existing
    from engine.io.masks.write import write_volume

    format_of(options.output)
    refuse_existing(options.output, overwrite=options.overwrite)
    if _is_image_file(options.source):
        notices = convert_file(options.source, options.output, read_options(options), overwrite=options.overwrite)
        for notice in notices:
            print(f"{'Note' if notice.severity == 'info' else 'Warning'}: {notice.text}", file=sys.stderr)
        warnings = [notice.text for notice in notices]
    else:
        volume = open_source(options.source, options)
        write_volume(options.output, volume.hu, volume.grid, overwrite=options.overwrite)
        warnings = [notice.text for notice in volume.notices]
    if options.json:
        print(json.dumps({"output": str(options.output), "warnings": warnings}, ensure_ascii=False))
    else:
        print(options.output)
    return 0


def _is_image_file(path: Path) -> bool:
    from engine.core.atomic import explain_os_error, is_there
    from engine.core.errors import InputError
    from engine.io.registry import FORMATS, header_beside, sniff

    if path.is_dir():
        return False
    if not is_there(path):
        raise InputError(f"“{path}” is not there.", "No file or folder has this name.", "Check the path.")
    if header_beside(path) is not None:
        return True
    try:
        with path.open("rb") as file:
            return sniff(file.read(4096)) in FORMATS
    except OSError as error:
        raise explain_os_error(error, path, act="read") from error
