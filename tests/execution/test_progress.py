"""What a user sees of a running session: a line that comes and goes on a terminal, a plain line in a log."""

import os
import re
import struct
import sys
import textwrap
from dataclasses import dataclass

import pytest

from pytest_evalbars.report import progress as progress_module

pty = pytest.importorskip("pty")
fcntl, termios = pytest.importorskip("fcntl"), pytest.importorskip("termios")

STATUS = re.compile(r"\d+ of \d+ trials?, .*missed")
#: Plugins of the test environment that an inner session does without.
QUIET = tuple(
    word
    for name in ("randomly", "asyncio", "anyio", "timeout", "hypothesispytest", "unraisableexception")
    for word in ("-p", f"no:{name}")
)
#: How a user switches the progress off, and nothing else.
WITHOUT = ("-p", "no:evalbars-progress")
#: For a process of its own.
HURRY = "import pytest_evalbars.report.progress as progress\nprogress.OFTEN = progress.SELDOM = 0.0\n"

CASES = """
import time, pytest
@pytest.mark.dimension("accuracy")
@pytest.mark.parametrize("n", range({count}), ids="c{{}}".format)
def test_{name}(n, evalcase):
    {body}
    evalcase.measure(cost_usd=0.01)
    assert n % 5 != 4, "bad"
"""
BAR = "[[bar]]\ndimension = 'accuracy'\nat_least = 0.1\n"


@pytest.fixture
def hurry(monkeypatch):
    """No pause between two texts: every event shows."""
    monkeypatch.setattr(progress_module, "OFTEN", 0.0)
    monkeypatch.setattr(progress_module, "SELDOM", 0.0)


def project(suite, *, body="pass", count=30, in_file=False):
    """Two files of cases, with a bar that they meet; in a hurry in processes of their own too, if asked."""
    suite.bars(BAR)
    for name in ("first", "second"):
        suite.file(f"test_{name}.py", CASES.format(name=name, body=body, count=count))
    if in_file:
        suite.file("conftest.py", HURRY)
    return suite


class Screen:
    """As much of a terminal as progress needs: rows that scroll, and a cursor that waits at the end of a full row."""

    CODE = re.compile(r"\x1b(?:\[(\d*))?([A-Za-z78])|\r|\n|[^\x1b]", re.DOTALL)

    def __init__(self, rows=24, columns=80):
        self.rows, self.columns = rows, columns
        self.lines, self.row, self.column, self.kept = [""], 0, 0, (0, 0)

    def feed(self, text):
        for match in self.CODE.finditer(text):
            number, code = match[1], match[2]
            if code:
                self.escape(code, int(number or 1))
            elif match[0] == "\r":
                self.column = 0
            elif match[0] == "\n":
                self.down()
            else:
                self.put(match[0])
        return self

    def escape(self, code, number):
        top = max(0, len(self.lines) - self.rows)
        if code == "J":
            self.lines[self.row] = self.lines[self.row][: self.column]
            self.lines[self.row + 1 :] = [""] * (len(self.lines) - self.row - 1)
        elif code == "A":
            self.row = max(top, self.row - number)
        elif code == "D":
            self.down()
        elif code == "7":  # a place on the screen, whatever scrolls by
            self.kept = (self.row - top, self.column)
        elif code == "8":
            self.row, self.column = self.kept[0] + top, self.kept[1]
        else:
            raise AssertionError(f"a code that this terminal does not know: {code!r}")

    def down(self):
        self.row += 1
        if self.row == len(self.lines):
            self.lines.append("")

    def put(self, character):
        if self.column == self.columns:
            self.column = 0
            self.down()
        line = self.lines[self.row].ljust(self.column)
        self.lines[self.row] = line[: self.column] + character + line[self.column + 1 :]
        self.column += 1

    def text(self):
        """All that was ever scrolled past and what is on the screen, without what differs between two runs."""
        words = "\n".join(line.rstrip() for line in self.lines).rstrip()
        words = re.sub(r"(\d+ (?:passed|missed).*) in \d.*", r"\1", words)
        return words.partition("run file: ")[0]


@dataclass
class Seen:
    """What a terminal was given, and what a person saw on it in the end."""

    exit: int
    raw: str
    screen: Screen

    @property
    def text(self):
        return self.screen.text()

    def draws(self):
        """Each moment when the status line had just been drawn: the row above it, the line, the cursor's column."""
        screen, place = Screen(self.screen.rows, self.screen.columns), 0
        for match in re.finditer("\x1b8", self.raw):
            screen.feed(self.raw[place : match.end()])
            place = match.end()
            yield screen.lines[screen.row], screen.lines[screen.row + 1], screen.column


def on_pty(suite, *arguments, env=None):
    """Run pytest as a process of its own on a pseudo-terminal."""
    pid, master = pty.fork()
    if pid == 0:  # the child: nothing of the test's may run here
        try:
            os.chdir(suite.path)
            for name in ("COLUMNS", "LINES", "CI", "BUILD_NUMBER"):
                os.environ.pop(name, None)
            os.environ.update({"TERM": "xterm", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **(env or {})})
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
            ours = ("-p", "pytest_evalbars.plugin", "-p", "no:cacheprovider", "--color=no")
            os.execv(sys.executable, [sys.executable, "-m", "pytest", *ours, *arguments])  # noqa: S606
        finally:
            os._exit(99)
    raw = b""
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:  # the other side is closed
            break
        if not part:
            break
        raw += part
    os.close(master)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return Seen(code, raw.decode(), Screen().feed(raw.decode()))


class Tape:
    """A plugin that lets pytest take its output for a terminal, and keeps what is written to it."""

    def __init__(self):
        self.written = []

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config):
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.isatty = type(reporter.isatty)(True)
            config.get_terminal_writer()._file = self  # noqa: SLF001 - where a terminal would stand

    def write(self, text):
        self.written.append(text)

    def flush(self):
        pass


@pytest.fixture
def on_tape(suite, monkeypatch, hurry):  # noqa: ARG001 - a tape is always in a hurry
    """Run pytest in this process on something that it takes for a terminal."""

    def run(*arguments, rows=24, columns=80, term="xterm"):
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("PY_COLORS", "0")
        monkeypatch.setenv("TERM", term)
        tape = Tape()
        result = suite.pytester.runpytest_inprocess(*QUIET, *arguments, plugins=[tape])
        raw = "".join(tape.written).replace("\n", "\r\n").replace("\r\r\n", "\r\n")
        return Seen(int(result.ret), raw, Screen(rows, columns).feed(raw))

    return run


@pytest.mark.parametrize(
    ("arguments", "rows", "columns"),
    [((), 24, 80), (("-v",), 24, 80), (("-q",), 6, 40), (("-vv", "-rA"), 5, 120), (("-v",), 24, 22)],
    ids=str,
)
def test_the_status_line_leaves_the_screen_as_if_it_had_never_been(suite, on_tape, arguments, rows, columns):
    project(suite)
    seen = on_tape(*arguments, rows=rows, columns=columns)
    without = on_tape(*arguments, *WITHOUT, rows=rows, columns=columns)
    assert (seen.exit, without.exit) == (0, 0)
    lines = [below for _, below, _ in seen.draws()]
    assert len(lines) >= 40
    assert all(STATUS.match(below) for below in lines) or columns < 30
    assert all(len(below) < columns for below in lines)
    assert "\x1b" not in without.raw
    assert seen.text == without.text


def test_on_a_real_terminal_the_status_line_comes_and_goes(suite):
    project(suite, in_file=True)
    seen, without = on_pty(suite), on_pty(suite, *WITHOUT)
    assert (seen.exit, without.exit) == (0, 0)
    assert len(list(seen.draws())) >= 40
    assert seen.text == without.text


@pytest.mark.slow
def test_the_status_line_is_drawn_where_workers_run_the_cases(suite):
    pytest.importorskip("xdist")
    seen = on_pty(project(suite, in_file=True), "-p", "xdist.plugin", "-n", "2")
    assert seen.exit == 0
    assert len(list(seen.draws())) >= 40
    dots = re.search(r"^([.m]+) +\[100%\]$", seen.text, re.MULTILINE)[1]
    assert (dots.count("."), dots.count("m")) == (49, 12)  # the bar's dot is one of them
    assert not STATUS.search(seen.text)


def test_the_status_line_stands_below_the_dots_and_counts(suite, on_tape):
    seen = list(on_tape(project(suite).path).draws())
    assert all(len(above) == column for above, _, column in seen)  # the cursor waits at the end of pytest's own line
    above, below, _ = seen[len(seen) // 2]
    second = above.startswith("test_second")
    done, missed = (int(re.search(pattern, below)[1]) for pattern in (r"(\d+) of 60", r"(\d+) missed"))
    dots = above.partition(" ")[2]
    assert (done - 30 * second, missed - 6 * second) == (len(dots), dots.count("m"))
    assert f"{(done - missed) / done:.1%} pass so far" in below
    assert f"${done / 100:.2f}" in below
    assert not any(below.startswith("60 of 60") for _, below, _ in seen)  # it has nothing left to say


def test_the_status_line_is_cut_to_a_narrow_terminal(suite, on_tape):
    seen = list(on_tape(project(suite).path, columns=30).draws())
    assert seen
    assert {len(below) for _, below, _ in seen} == {29}
    assert all(below.endswith("...") for _, below, _ in seen)


@pytest.mark.parametrize(
    "words", ["a live word", "a\\nlive\\nword of many lines", "long " * 40, "wide \u4f60\u597d " * 9], ids=range(4)
)
def test_others_write_as_if_the_status_line_were_not_there(suite, on_tape, words):
    project(suite, body=f"import logging; logging.warning('{words}')", count=6)
    seen, without = on_tape("-o", "log_cli=true"), on_tape("-o", "log_cli=true", *WITHOUT)
    assert seen.exit == 0
    assert len(list(seen.draws())) >= 10
    assert seen.text == without.text


def test_a_word_past_pytests_own_writer_lands_after_the_dots(suite):
    project(
        suite, body="print('aloud', end='', file=__import__('sys').__stderr__, flush=True)", count=3, in_file=True
    )
    seen = on_pty(suite, "--capture=sys")
    assert list(seen.draws())
    assert "test_first.py aloud.aloud.aloud." in seen.text
    assert not STATUS.search(seen.text)


TICKING = """
from pytest_evalbars.report import progress
progress.OFTEN = 0.0
import pytest
@pytest.mark.dimension("accuracy")
@pytest.mark.parametrize("n", [0, 1])
def test_x(n, request):
    print("the model's words")
    request.config.pluginmanager.get_plugin("evalbars-progress").tick(7)
    print("and more")
    raise ValueError(n)
"""


def test_a_tick_in_a_body_shows_what_is_in_flight_and_is_not_captured(suite):
    suite.bars(BAR).file("test_x.py", TICKING)
    seen = on_pty(suite)
    assert any("of 2 trials, 7 in flight, 0 missed" in below for _, below, _ in seen.draws())
    assert "test_x.py FF" in seen.text
    assert "the model's words\nand more\n" in seen.text
    assert not STATUS.search(seen.text)


def test_an_interrupted_session_ends_on_a_clean_screen(suite):
    project(suite, body="n == 7 and (_ for _ in ()).throw(KeyboardInterrupt)", count=10, in_file=True)
    seen = on_pty(suite)
    assert seen.exit == 2
    assert list(seen.draws())
    assert "test_first.py ....m.." in seen.text
    assert "KeyboardInterrupt" in seen.text
    assert not STATUS.search(seen.text)


#: Where pytest shows no progress of its own, or hardly anything.
NOTHING = [
    ("-qq",),
    ("-s",),
    ("-o", "console_output_style=classic"),
    ("--setup-show",),
    ("-p", "no:terminal"),
    WITHOUT,
]


@pytest.mark.parametrize("arguments", NOTHING, ids=" ".join)
def test_nothing_is_shown_where_pytest_shows_no_progress(suite, on_tape, arguments):
    seen = on_tape(project(suite, count=3).path, *arguments)
    assert seen.exit == 0
    assert "\x1b" not in seen.raw
    assert not STATUS.search(seen.raw)


@pytest.mark.parametrize(("argument", "terminal"), [("--capture=tee-sys", "xterm"), ("--capture=fd", "dumb")])
def test_a_terminal_that_cannot_keep_a_line_apart_gets_plain_lines(suite, on_tape, argument, terminal):
    seen = on_tape(project(suite, count=3).path, argument, term=terminal)
    assert "\x1b" not in seen.raw
    assert len(re.findall(r"^evalbars: \d of 6 trials", seen.raw, re.MULTILINE)) >= 5


def test_a_session_without_eval_cases_shows_no_progress(suite, on_tape):
    suite.file("test_plain.py", "def test_x(): pass\n")
    seen = on_tape()
    assert "1 passed" in seen.text
    assert "\x1b" not in seen.raw


# -- logs --------------------------------------------------------------------------------------------------


SELDOM = pytest.param(("-n", "2", "-v"), marks=pytest.mark.slow)


@pytest.mark.usefixtures("hurry")
@pytest.mark.parametrize("arguments", [(), ("-q",), ("-v",), ("-n", "2"), SELDOM], ids=" ".join)
def test_a_log_has_lines_of_progress_between_lines_of_dots(suite, arguments):
    result = project(suite, in_file="-n" in arguments).run(*arguments)
    assert result.exit == 0
    lines = result.out.splitlines()
    ours = [line for line in lines if STATUS.search(line)]
    assert len(ours) >= 40
    assert all(re.fullmatch(r"evalbars: \d+ of 60 trials, \d+ missed, 0 errors(, .*)?", line) for line in ours)
    assert "\x1b" not in result.out
    if "-v" in arguments:
        verdicts = [line for line in lines if re.search(r"(PASSED|MISSED)", line) and "evalbars::" not in line]
        assert len(verdicts) == 60
        assert all(re.search(r"test_(first|second)\.py::test_\w+\[c\d+\]", line) for line in verdicts)
        assert "" not in lines[lines.index(ours[1]) : lines.index(ours[-1])]
    else:
        dots = "".join(re.findall(r"^(?:test_\w+\.py )?([.m]+)(?= |$)", "\n".join(lines), re.MULTILINE))
        assert (dots.count(".") in (48, 49), dots.count("m")) == (True, 12)  # a worker's are followed by the bar's


def test_a_short_session_has_no_line_of_progress_in_its_log(suite):
    result = project(suite).run()
    assert result.exit == 0
    assert not STATUS.search(result.out)


@pytest.mark.usefixtures("hurry")
@pytest.mark.parametrize("arguments", NOTHING, ids=" ".join)
def test_a_log_has_no_line_of_progress_where_pytest_shows_none(suite, arguments):
    result = project(suite, count=3).run(*arguments)
    assert result.exit == 0
    assert not STATUS.search(result.out)


def test_this_terminal_is_a_terminal():
    text = textwrap.dedent("""\
        one
        tw*
        """)
    screen = Screen(2, 3).feed("one\r\ntw\x1b7o\x1b8*\r\n")
    assert ("\n".join(screen.lines), screen.row) == (text, 2)
    assert Screen(2, 9).feed("a\r\nb\x1b7\r\nc\x1b8!").lines == ["a", "b", "c!"]  # it scrolled in between
    assert Screen(2, 9).feed("a\r\nb\x1bD\x1b[A\x1b7\r\nc\x1b8!").lines == ["a", "b!", "c"]
    assert Screen(9, 3).feed("abcd").lines == ["abc", "d"]
    assert Screen(9, 9).feed("ab\r\nc\x1b[A\x1b[J").lines == ["a", ""]
