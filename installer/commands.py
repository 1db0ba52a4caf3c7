"""`python3 -m installer`, its commands and what they print."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from installer import demo, environment
from installer.places import Places, here
from installer.problem import Problem

ABOUT = """groundglass: open a chest CT, have it segmented, correct it, export the mask.

  python3 -m installer demo    set everything up, segment the sample study, show it
  python3 -m installer setup   only set everything up: environment .venv, command {command}
  python3 -m installer test    set the tools of the tests up too and run the tests

The first run downloads about 0.7 GB (3 GB more with an NVIDIA card) and fills about 2.5 GB. Later runs need no network.
It can be interrupted at any time and goes on where it was. To remove everything, delete the folder .venv.

Options of all three:
  --torch-wheels FOLDER   take torch from this folder instead of the network
  --torch cpu|cuda        choose its build instead of looking for an NVIDIA card
"""


def run(arguments: Sequence[str]) -> int:
    """Run one command and return the exit code of the process."""
    places = here()
    if not arguments or arguments[0] in {"-h", "--help", "help"}:
        print(ABOUT.format(command=places.shown(places.command)))
        return 0
    try:
        command, wishes, rest = parse(arguments)
        print("groundglass: looking at what is set up", flush=True)
        environment.make(places, wishes, say)
        return _after(command, places, rest)
    except Problem as problem:
        print("\n".join(problem.lines), file=sys.stderr)
        return problem.exit_code
    except KeyboardInterrupt:
        print("\nStopped. The same command goes on from here.", file=sys.stderr)
        return 130


def parse(arguments: Sequence[str]) -> tuple[str, environment.Wishes, list[str]]:
    """Return the command, the wishes, and what is meant for the command itself (options of pytest)."""
    parser = argparse.ArgumentParser(prog="python3 -m installer", allow_abbrev=False)
    parser.add_argument("command", choices=("demo", "setup", "test"))
    parser.add_argument("--torch-wheels", type=Path, metavar="FOLDER", help="take torch from this folder")
    parser.add_argument("--torch", choices=("cpu", "cuda"), help="which build of torch")
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="demo: where mask, findings and picture go")
    parser.add_argument("--no-window", action="store_true", help="demo: write a picture instead of opening the window")
    known, rest = parser.parse_known_args(arguments)
    if rest and known.command != "test":
        parser.error(f"unknown: {' '.join(rest)}")
    wheels = known.torch_wheels.resolve() if known.torch_wheels else None
    wishes = environment.Wishes(
        tests=known.command == "test",
        torch=known.torch,
        wheels=wheels,
        may_ask=sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty() and not os.environ.get("CI"),
    )
    if known.command == "demo":
        rest = [str(known.output or ""), *(["--no-window"] if known.no_window else [])]
    return known.command, wishes, rest


def say(line: str) -> None:
    """Print one line of progress."""
    print(line, flush=True)


def _after(command: str, places: Places, rest: list[str]) -> int:
    if command == "demo":
        output = Path(rest[0]) if rest[0] else places.root / "demo-output"
        return demo.run(places, output.resolve(), say, window="--no-window" not in rest)
    if command == "test":
        return _tests(places, [word for word in rest if word != "--"])
    print(f"Start it with {places.shown(places.command)}, or see it at work: python3 -m installer demo")
    return 0


def _tests(places: Places, words: list[str]) -> int:
    workers = [] if any(word.startswith(("-n", "-p")) for word in words) else ["-n", str(min(os.cpu_count() or 1, 4))]
    # a worker that dies ends the run and names its test: replaced, it left the others waiting for it
    several = ["--dist", "loadfile", "--max-worker-restart", "0"]
    command = [str(places.python), "-m", "pytest", *workers, *several, *words]
    if not workers:
        command = [str(places.python), "-m", "pytest", *words]
    say("Running the tests")
    return subprocess.run(command, cwd=places.root, check=False).returncode
