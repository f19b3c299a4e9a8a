"""`evalbars init`: a starting bars file, case file and test for one of the presets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_evalbars.errors import EvalbarsError
from pytest_evalbars.schema.printing import print_document

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

#: Files that make a folder pytest's root; others only if this stands in them.
ROOT_FILES = {
    "pytest.toml": "",
    ".pytest.toml": "",
    "pytest.ini": "",
    ".pytest.ini": "",
    "pyproject.toml": "[tool.pytest",
    "tox.ini": "[pytest]",
    "setup.cfg": "[tool:pytest]",
}


def add(commands: Any) -> None:
    """Declare the command's words."""
    init = commands.add_parser("init", help="write a starting suite for a preset, or list the presets")
    init.add_argument("preset", nargs="?", metavar="PRESET", help="what kind of product the suite is for")
    init.add_argument("--folder", type=Path, default=Path(), metavar="DIR", help="where the test goes; default: here")
    init.add_argument("--list", action="store_true", help="print the presets and their dimensions")
    init.add_argument("--json", action="store_true", help="print as JSON what is listed or was written")
    init.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write, or list."""
    from pytest_evalbars import presets  # noqa: PLC0415 - `--help` needs none of these

    if options.list:
        _list([presets.read(name) for name in presets.names()], as_json=options.json)
        return 0
    if options.preset not in presets.names():
        from pytest_evalbars.config.nearest import nearest  # noqa: PLC0415 - only of a word that is none

        if options.preset is None:
            raise EvalbarsError(f"name a preset{nearest('', presets.names())}")
        raise EvalbarsError(f'"{options.preset}" is not a preset{nearest(options.preset, presets.names())}')
    written = _write(options.folder, options.preset)
    if options.json:
        print_document("init", {"schema": 1, "preset": options.preset, "written": written})
        return 0
    for line in _next(presets.read(options.preset).bar, written, options.folder):
        print(line)  # noqa: T201 - a command prints
    return 0


def _list(found: list[Any], *, as_json: bool) -> None:
    if as_json:
        rows = [
            {"name": each.name, "title": each.title, "description": each.description, "dimensions": each.dimensions}
            for each in found
        ]
        print_document("init-list", {"schema": 1, "presets": rows})
        return
    for each in found:
        print(f"{each.name}: {each.title}")  # noqa: T201
        print(f"    {each.description}")  # noqa: T201
        for name, sentence in each.dimensions.items():
            print(f"    - {name}: {sentence}")  # noqa: T201
        print()  # noqa: T201
    print('Write a starting suite with `evalbars init NAME`, or hold its bars with preset = "NAME" in the bars file.')  # noqa: T201


def _write(folder: Path, name: str) -> list[str]:
    """Write the three files, or none of them; their names as a person would write them.

    Raises:
        EvalbarsError: one is there already, bars are declared elsewhere, or a file cannot be written.
    """
    from pytest_evalbars.config.table import read_table  # noqa: PLC0415
    from pytest_evalbars.presets import read  # noqa: PLC0415
    from pytest_evalbars.presets.starting import bars_file, case_file, test_file  # noqa: PLC0415

    preset, root = read(name), _root(folder)
    files = {
        root / "evalbars.toml": bars_file(preset),
        folder / f"{name}.jsonl": case_file(preset),
        folder / f"test_{name}.py": test_file(preset),
    }
    project = root / "pyproject.toml"
    if project.is_file() and read_table(project) is not None:
        raise EvalbarsError(
            f'{_named(project)}: declares bars already, in [tool.evalbars]; add preset = "{name}" there. '
            "Nothing was written"
        )
    if there := [_named(path) for path in files if path.exists() or path.is_symlink()]:
        raise EvalbarsError(f"{', '.join(there)}: there already, and never overwritten. Nothing was written")
    _write_all(files)
    return [_named(path) for path in files]


def _write_all(files: Mapping[Path, str]) -> None:
    done: list[Path] = []
    try:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8", newline="\n") as file:
                done.append(path)
                file.write(text)
    except OSError as error:
        for each in done:
            each.unlink()
        raise EvalbarsError(f"{_named(path)}: cannot be written: {error.strerror}. Nothing was written") from None


def _named(path: Path) -> str:
    """The path as a person would write it; a link by its own name, not by that of what it points to."""
    from pytest_evalbars.config.table import shown  # noqa: PLC0415

    return str(Path(shown(path.parent)) / path.name)


def _root(folder: Path) -> Path:
    """Where pytest will look for bars when it runs a suite in this folder: its root.

    As pytest finds it: the closest folder upwards with a file that configures pytest, else with a pyproject.toml;
    else the working directory, if the suite is in it.
    """
    here = folder.resolve()
    upwards = (here, *here.parents)
    for each in upwards:
        if any((each / name).is_file() and _says(each / name, mark) for name, mark in ROOT_FILES.items()):
            return _as_given(each, folder)
    for each in upwards:
        if (each / "pyproject.toml").is_file():
            return _as_given(each, folder)
    return Path() if here.is_relative_to(Path.cwd()) else folder


def _says(path: Path, mark: str) -> bool:
    return mark in path.read_text(encoding="utf-8", errors="replace")


def _as_given(root: Path, folder: Path) -> Path:
    return folder if root == folder.resolve() else root


def _next(bars: list[dict[str, Any]], written: list[str], folder: Path) -> list[str]:
    """What was written, and what to do now."""
    bars_file, case_file, test_file = written
    launch = " --evalbars-stage=launch" if all(bar.get("stage") == "launch" for bar in bars) else ""
    return [
        *(f"wrote {name}" for name in written),
        "",
        "It runs as it is, on sample answers:",
        f"    pytest{'' if folder == Path() else f' {folder}'}",
        "Then make it yours:",
        f"    1. put your system into system() of {test_file}",
        f"    2. put your cases into {case_file}; a few dozen of each kind settle most bars",
        "    3. judge as you would by hand: the judges in the test are the simplest that run",
        f"    4. set the bars in {bars_file} by what a miss costs you",
        *([f"These bars are held before a launch: pytest{launch}"] if launch else []),
    ]
