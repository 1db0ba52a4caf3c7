"""The look of every verb's help: one sentence, the options, two examples."""

from __future__ import annotations

import argparse
from collections.abc import Sequence


def verb_parser(verb: str, text: str, examples: Sequence[str]) -> argparse.ArgumentParser:
    """Return the parser of one verb; the caller adds its arguments.

    Args:
        verb: The word after ``groundglass``.
        text: One sentence: what the verb does.
        examples: Whole command lines that work, shown at the end of the help.
    """
    shown = "\n".join(f"  {line}" for line in examples)
    parser = argparse.ArgumentParser(
        prog=f"groundglass {verb}",
        description=text,
        epilog=f"examples:\n{shown}" if examples else None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--debug", action="store_true", help="show where in the program an error arose")
    return parser
