"""The commands: setup, test, demo. This file must parse on any Python, to say which one is needed."""

import sys

NEEDED = (3, 11)


def main(arguments):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201 - see above
    """Check the Python that runs this, then hand over."""
    here = sys.version_info[:2]
    if here < NEEDED:
        sys.stderr.write(
            "This Python is %d.%d; groundglass needs %d.%d or newer.\n"  # noqa: UP031
            "Install a newer one and run it by name, e.g. `python3.12 -m installer`.\n" % (here + NEEDED)
        )
        return 2
    from installer.commands import run

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
