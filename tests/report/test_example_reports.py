"""The examples' READMEs show reports as their commands write them."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import pytest_evalbars.cli
from pytest_evalbars import load_bars

EXAMPLES = Path(__file__).parents[2] / "example_suites"


def section(name):
    """What the README of an example says of reports: its commands, and the output that it shows."""
    text = (EXAMPLES / name / "README.md").read_text(encoding="utf-8")
    part = re.search(r"\n## Reports\n(.*?)\n## ", text, re.DOTALL)[1]
    console = re.search(r"```console\n(.*?)```", part, re.DOTALL)[1]
    commands = [line.removeprefix("$ ") for line in console.splitlines()]
    return commands, re.search(r"<!-- output: explain -->\n```text\n(.*?)\n```", part, re.DOTALL)[1]


def pytest_run(command, folder):
    """Run a line that begins with variables and `pytest`."""
    words = shlex.split(command)
    at = words.index("pytest")
    environment = {name: value for name, value in os.environ.items() if name not in {"CI", "PYTEST_ADDOPTS"}}
    environment |= dict(word.split("=", 1) for word in words[:at])
    subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:randomly", "-p", "no:cacheprovider", *words[at + 1 :]],
        cwd=folder,
        env=environment,
        capture_output=True,
        timeout=100,
        check=False,
    )


@pytest.mark.parametrize(
    "name",
    [
        "knowledge_base",
        pytest.param("ticket_routing", marks=pytest.mark.slow),
        pytest.param("study_coach", marks=pytest.mark.slow),
    ],
)
def test_the_readme_of_an_example_shows_what_its_reports_say(name, tmp_path):
    (session, report), shown = section(name)
    shutil.copytree(
        EXAMPLES / name, tmp_path / "example_suites" / name, ignore=shutil.ignore_patterns(".*", "__pycache__")
    )

    pytest_run(session, tmp_path)
    said = io.StringIO()
    with contextlib.chdir(tmp_path), contextlib.redirect_stdout(said):
        code = pytest_evalbars.cli.main(shlex.split(report)[1:])

    assert code == 0
    assert (tmp_path / "report.md").read_text(encoding="utf-8").strip()
    story = " ".join(said.getvalue().split())
    for part in shown.split("\n\n"):
        assert " ".join(part.split()) in story


def test_the_readme_tells_the_same_story_and_its_keys_are_known(tmp_path):
    text = (EXAMPLES.parent / "README.md").read_text(encoding="utf-8")
    part = re.search(r"\n## Reports\n(.*?)\n## ", text, re.DOTALL)[1]
    told = re.search(r"<!-- output: explain -->\n```text\n(.*?)\n```", part, re.DOTALL)[1]
    assert told in section("knowledge_base")[1]
    keys = re.search(r"```toml\n(.*?)```", part, re.DOTALL)[1]
    (tmp_path / "pyproject.toml").write_text(keys, encoding="utf-8")
    bars = load_bars(tmp_path / "pyproject.toml")
    assert (bars.redact, bars.evidence) == (("EMP-\\d{6}",), "keep")
    for command in re.findall(r"^\$ (.*)$", part, re.MULTILINE):
        words = shlex.split(command, comments=True)
        if words[0] == "evalbars":
            options = {word for word in words if word.startswith("-")}
            with contextlib.redirect_stdout(io.StringIO()) as helped, pytest.raises(SystemExit):
                pytest_evalbars.cli.main([words[1], "--help"])
            assert options <= set(re.split(r"[\s,=\[\]]+", helped.getvalue())), command
