"""`groundglass doctor`: what is there, what is missing, and what to do about each problem."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from engine.cli.parser import verb_parser

_MARK = {"good": "ok", "note": "note", "problem": "MISSING"}


def main(arguments: Sequence[str]) -> int:
    """Print what was found; 0 when everything needed is there, else 3.

    Args:
        arguments: The words after ``groundglass doctor``.
    """
    parser = verb_parser(
        "doctor",
        "Say what is installed, which device and which OpenGL are there, where things lie, and what to do about "
        "each problem.",
        ("groundglass doctor", "groundglass doctor --json > report.json"),
    )
    parser.add_argument("--json", action="store_true", help="one JSON object for a program to read")
    options = parser.parse_args(list(arguments))

    from engine.cli.checkup import examine, verdict

    findings = examine()
    if options.json:
        print(json.dumps({"verdict": verdict(findings), "findings": [asdict(f) for f in findings]}, indent=1))
    else:
        width = max(len(finding.topic) for finding in findings)
        for finding in findings:
            print(f"{_MARK[finding.state]:<8}{finding.topic:<{width + 2}}{finding.text}")
            if finding.fix:
                print(f"{'':<{width + 10}}→ {finding.fix}")
        print(verdict(findings))
    return 3 if any(finding.state == "problem" for finding in findings) else 0
