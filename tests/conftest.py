"""A small project of eval cases, run as a user runs it."""

from __future__ import annotations

import concurrent.futures.process  # noqa: F401
import contextlib
import gc
import io
import json
import textwrap
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

# Imported here once: pytester forgets what an inner session imports, and numpy can be imported only once; so can what
# pools processes. Our own modules are here for speed, by `short_sessions`.
import browsers
import hypothesis
import libcst  # noqa: F401
import numpy as np  # noqa: F401
import printed_documents
import pydantic  # noqa: F401
import pytest
import scipy.special  # noqa: F401
import short_sessions
import sqlalchemy  # noqa: F401
import tabulate  # noqa: F401
import xdist.dsession  # noqa: F401
import yaml  # noqa: F401

import pytest_evalbars.cli
import pytest_evalbars.run.revision
import pytest_evalbars.schema.printing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# What is imported and collected stays: looks for garbage there take a third of the time of collecting tests.
gc.disable()

# The same examples in every run: what is found by chance belongs into a test of its own.
hypothesis.settings.register_profile("evalbars", derandomize=True, deadline=None)
hypothesis.settings.load_profile("evalbars")

#: Plugins of the test environment that an inner session has only where a test switches them on.
QUIET = tuple(
    word
    for name in ("randomly", "asyncio", "anyio", "timeout", "hypothesispytest", "unraisableexception")
    for word in ("-p", f"no:{name}")
)
#: Of an inner session that asks for no other plugin: it does not look for them, which takes a fifth of a short one.
ALONE = ("-p", "evalbars", "-p", "xdist", "-p", "no:unraisableexception")
#: How options of other plugins begin.
OTHERS = ("--reruns", "--html", "--json-report", "--tx")


@dataclass
class Outcome:
    """What a session left behind."""

    exit: int
    #: What pytest's last line counts: passed, failed, missed, errors ...
    counts: dict[str, int]
    out: str
    err: str
    #: The run file's lines, if one was written.
    lines: list[dict] = field(default_factory=list)
    path: Path | None = None

    def of(self, kind: str) -> list[dict]:
        """The run file's lines of one type."""
        return [line for line in self.lines if line["type"] == kind]

    @property
    def verdicts(self) -> dict[tuple, str]:
        """What was said: (case, test, trial, dimension) to outcome."""
        return {
            (line["case"], line["test"], line["trial"], line["dimension"]): line["outcome"]
            for line in self.of("observation")
        }

    def said(self, *words: str) -> None:
        """Assert that the user reads these words, in this order."""
        text, place = self.out + self.err, 0
        for word in words:
            found = text.find(word, place)
            assert found >= 0, f"not said (after what came before): {word!r}\n\n{text}"
            place = found + len(word)

    def never_said(self, *words: str) -> None:
        """Assert that none of these words appears."""
        for word in words:
            assert word not in self.out + self.err


class Suite:
    """A project in a folder of its own."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.path = pytester.path
        self.bars("")

    def bars(self, table: str, *, ini: str = "") -> Suite:
        """Declare `[tool.evalbars]`; bars are written as `[[bar]]` and keys of the table above them."""
        text = textwrap.dedent(table).replace("[[bar]]", "[[tool.evalbars.bar]]")
        head = f"[tool.pytest.ini_options]\n{textwrap.dedent(ini)}\n"
        self.file("pyproject.toml", head + (f"[tool.evalbars]\n{text}" if text.strip() else ""))
        return self

    def file(self, name: str, text: str) -> Path:
        """Write a file of the project."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    def cases(self, passes: int, total: int, dimension: str = "accuracy", name: str = "test_cases.py") -> Suite:
        """Write `total` one-shot cases of which the first `passes` pass."""
        self.file(
            name,
            f"""
            import pytest

            @pytest.mark.dimension("{dimension}")
            @pytest.mark.parametrize("number", [pytest.param(n, id=f"case-{{n:03}}") for n in range({total})])
            def test_answer(number):
                assert number < {passes}, f"wrong answer {{number}}"
            """,
        )
        return self

    def run(self, *arguments: str, quiet: tuple[str, ...] = (), subprocess: bool = False) -> Outcome:
        """Run pytest; in-process unless asked otherwise (exit codes and streams are the same either way).

        With `-n`, xdist's controller is in this process, and its workers are others: what they write to their own
        standard error is seen with `subprocess` only.

        Args:
            *arguments: the command line.
            quiet: which installed plugins to keep out; if left out, all that no argument is for.
            subprocess: in another process.
        """
        before = set(self.run_files())
        arguments = tuple(map(str, arguments))
        alone = not quiet and not any(word.startswith(OTHERS) for word in arguments)
        arguments = (*(ALONE if alone else quiet or QUIET), *arguments)
        with pytest.MonkeyPatch.context() as patch:
            if alone:
                patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
                short_sessions.look_less(patch)
            if not any((folder / ".git").exists() for folder in (self.path, *self.path.parents)):
                patch.setattr(pytest_evalbars.run.revision, "_git", lambda *_: None)  # which it would say too, slowly
            if subprocess:
                result = self.pytester.runpytest_subprocess(*arguments, timeout=100)
            else:
                result = self.pytester.runpytest_inprocess(*arguments)
        return self.outcome(result, before)

    def command(self, *arguments: str) -> Outcome:
        """Run the command `evalbars` in the project's folder, within this process."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.chdir(self.path), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = pytest_evalbars.cli.main([str(each) for each in arguments])
        return Outcome(code, {}, out.getvalue(), err.getvalue())

    def outcome(self, result: pytest.RunResult, before: set[Path] | None = None) -> Outcome:
        """Read what a session left behind."""
        try:
            counts = result.parseoutcomes()
        except ValueError:
            counts = {}
        new = sorted(set(self.run_files()) - (before or set()), key=lambda path: path.stat().st_mtime_ns)
        path = new[-1] if new else None
        lines = read_lines(path) if path else []
        return Outcome(int(result.ret), counts, result.stdout.str(), result.stderr.str(), lines, path)

    def cut(self, trials: int = 10**6, path: Path | None = None) -> Path:
        """Leave a run file (the only one) as a session that was killed after so many trials leaves it."""
        (path,) = [path] if path else self.run_files()
        kept, seen = [], 0
        for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
            kind = json.loads(line)["type"]
            seen += kind == "trial"
            if seen > trials or kind == "end":
                break
            kept.append(line)
        path.write_text("".join(kept), encoding="utf-8")
        return path

    def run_files(self) -> list[Path]:
        """The run files of this project."""
        return list((self.path / ".evalbars" / "runs").glob("*.jsonl"))


def read_lines(path: Path) -> list[dict]:
    """A run file's lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Of `-m slow`, files without a slow test need not be read."""
    if config.option.markexpr != "slow" or collection_path.suffix != ".py":
        return None
    return "mark.slow" not in collection_path.read_text(encoding="utf-8") or None


def pytest_collection_finish() -> None:
    """From here on there is garbage, of which a session makes much at once: looks for little of it cost a tenth."""
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)
    gc.enable()


@pytest.fixture(autouse=True)
def no_history(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions keep no history, which takes time, but where a test is about it."""
    if "history" not in request.path.parts and "lifecycle" not in request.path.parts:
        monkeypatch.setenv("EVALBARS_NO_HISTORY", "1")


@pytest.fixture(autouse=True)
def documented(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a command prints as JSON is what the schema describes, in every test."""
    monkeypatch.setattr(pytest_evalbars.schema.printing, "document_text", printed_documents.checked_text)


@pytest.fixture(autouse=True)
def not_on_github(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions within tests tell the job in which the tests run nothing."""
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def browser() -> Iterator:
    """One browser for all tests of a file; closed before other tests, whose event loops it would be in the way of."""
    with browsers.started() as found:
        yield found


@pytest.fixture
def suite(pytester: pytest.Pytester) -> Suite:
    """A project in a folder of its own."""
    return Suite(pytester)
