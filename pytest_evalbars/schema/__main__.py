"""Prints the JSON Schema of what the commands print with `--json`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

#: The schema, kept with the package.
KEPT = Path(__file__).with_name("evalbars.schema.json")


def main() -> None:
    """Print it, or make it anew."""
    parser = argparse.ArgumentParser(prog="python -m pytest_evalbars.schema", description=__doc__)
    parser.add_argument("--write", action="store_true", help="make it anew from the models, and keep it")
    if parser.parse_args().write:
        from pytest_evalbars.schema.generated import generated  # noqa: PLC0415 - reads the package's own source

        KEPT.write_text(f"{json.dumps(generated(), indent=1)}\n", encoding="utf-8")
    else:
        print(KEPT.read_text(encoding="utf-8"), end="")  # noqa: T201 - a command prints


if __name__ == "__main__":
    main()
