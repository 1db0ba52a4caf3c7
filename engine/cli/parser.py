"""The look of every verb's help: one sentence, the options, two examples."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Sequence

_POINT = re.compile(r"-[\d.][^,]*(,[^,]+)+")


def verb_parser(verb: str, text: str, examples: Sequence[str]) -> argparse.ArgumentParser:
    """Return the parser of one verb; the caller adds its arguments.

    Args:
        verb: The word after ``groundglass``.
        text: One sentence: what the verb does.
        examples: Whole command lines that work, shown at the end of the help.
    """
    shown = "\n".join(f"  {line}" for line in examples)
    parser = _Parser(
        prog=f"groundglass {verb}",
        description=text,
        epilog=f"examples:\n{shown}" if examples else None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--debug", action="store_true", help="show where in the program an error arose")
    return parser


class _Parser(argparse.ArgumentParser):
    """Takes ``--point -62,-40,-120``: the list of numbers that follows an option may begin with a minus."""

    def parse_known_args(  # pyright: ignore[reportIncompatibleMethodOverride] - its stub has an overload per call
        self, args: Iterable[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        words = sys.argv[1:] if args is None else args
        return super().parse_known_args(_joined(words), namespace or argparse.Namespace())


def _joined(words: Iterable[str]) -> list[str]:
    out: list[str] = []
    for word in words:
        if out and out[-1].startswith("--") and "=" not in out[-1] and _POINT.fullmatch(word):
            out[-1] = f"{out[-1]}={word}"
        else:
            out.append(word)
    return out
