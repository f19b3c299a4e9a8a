"""What `evalbars init` writes for a preset: a bars file, a case file and a test that runs as it stands."""

from __future__ import annotations

import json
import textwrap
from string import Template
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_evalbars.presets import Preset

WIDTH = 110
TEST = Template('''\
"""$title: a starting suite, written by `evalbars init $name`.

It runs as it is; make it yours from top to bottom.
"""

import pytest


def system(case):
    """PUT YOUR OWN SYSTEM HERE: ask it what the case asks, and return what it answers.

    Until then this returns the sample answer that stands with each case, and proves nothing but that the suite runs.
    """
    return case["sample"]


$judges


JUDGES = {
$table}


${trials}@pytest.mark.cases("$name.jsonl")  # each case says in `dimension` what it is judged on
def test_$name(case, evalcase):
    answer = system(case)
    evalcase.record(input=case["question"], output=answer)
$also    for dimension in case["dimension"]:
        JUDGES[dimension](case, answer, evalcase)
''')


def bars_file(preset: Preset) -> str:
    """The advised bars and scales, spelled out with their reasons."""
    lines = [
        f"# {preset.title}: bars to start from, written by `evalbars init {preset.name}`.",
        *_comment(f"{preset.description} Thresholds are advice: set them by what a miss costs you."),
        "#",
        "# The dimensions, and how to judge them:",
    ]
    for name, sentence in preset.dimensions.items():
        lines += _comment(f"{name}: {sentence}", after="    ")
    lines += ["", "confidence = 0.95"]
    for name, scale in preset.scales.items():
        lines += ["", f"[scales.{name}]", *_keys(scale)]
    for bar in preset.bar:
        lines += ["", "[[bar]]", *_keys(bar)]
    return "\n".join(lines) + "\n"


def _comment(words: str, after: str = "") -> list[str]:
    return textwrap.wrap(words, WIDTH, initial_indent="# ", subsequent_indent=f"# {after}")


def _keys(table: dict[str, Any]) -> Iterator[str]:
    """The keys of a TOML table; a table within it as dotted keys."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from (f"{key}.{line}" for line in _keys(value))
        else:  # texts, numbers and lists of texts are written alike in JSON and in TOML
            yield f"{key} = {json.dumps(value, ensure_ascii=False)}"


def case_file(preset: Preset) -> str:
    """The sample cases as JSON Lines."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in preset.case)


def test_file(preset: Preset) -> str:
    """A test that judges every dimension of every case."""
    dimensions = preset.dimensions
    return TEST.substitute(
        title=preset.title,
        name=preset.name,
        judges="\n\n\n".join(_judge(name, preset.judges[name], dimensions[name]) for name in dimensions),
        table="".join(f'    "{name}": judge_{name},\n' for name in dimensions),
        trials=f"@pytest.mark.trials({preset.trials})\n" if preset.trials > 1 else "",
        also=textwrap.indent(f"{preset.also.strip()}\n", "    ") if preset.also else "",
    )


def _judge(name: str, code: str, sentence: str) -> str:
    """A function that judges one dimension."""
    words = textwrap.fill(sentence, WIDTH, subsequent_indent="    ")
    head = f'def judge_{name}(case, answer, evalcase):\n    """{words}"""\n'
    return head + textwrap.indent(code.strip("\n"), "    ")
