"""Prints the schema of what the commands print with `--json`; with `--write`, writes it beside this file."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from pytest_evalbars.schema.generated import generated

#: The same schema, kept with the package.
KEPT = Path(__file__).with_name("evalbars.schema.json")


def main() -> None:
    """Print it."""
    parser = argparse.ArgumentParser(prog="python -m pytest_evalbars.schema", description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write it to {KEPT.name} of the package")
    text = json.dumps(generated(), indent=1) + "\n"
    if parser.parse_args().write:
        KEPT.write_text(text, encoding="utf-8")
    else:
        print(text, end="")  # noqa: T201 - a command prints


if __name__ == "__main__":
    main()
