"""A session full of hostile texts, and a run file that somebody else wrote: every command that tells of them."""

import csv
import json
import re
import xml.etree.ElementTree as ET

import pytest
from hostile_reports import project
from hostile_strings import HOSTILE, NAMES
from test_safe_formats import COMMAND, RAW, check_html, check_json, check_markdown, check_text, check_xml

CHECKS = {".html": check_html, ".md": check_markdown, ".json": check_json, ".txt": check_text, ".xml": check_xml}
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
FORMULA = re.compile(r"\s*[=+\-@\t\r]")


def ours(raw):
    """The lines that we write: the summary section, and those of bars and held misses."""
    lines = raw.split("\n")
    first = next(n for n, line in enumerate(lines) if line.strip("= ") == "eval bars")
    last = next(n for n, line in enumerate(lines[first + 1 :], first + 1) if line.startswith("==="))
    return [*lines[first:last], *(line for line in lines if "MISSED" in line)]


def check_commands(suite, path):
    """All that commands say and write of a run."""
    for form, check in CHECKS.items():
        told = suite.command("report", path, "-o", f"out{form}")
        assert told.exit == 0, told.err
        try:
            check((suite.path / f"out{form}").read_text(encoding="utf-8"))
        except pytest.skip.Exception:  # nothing here reads Markdown
            continue
    for words in (
        ("report", path),
        ("report", path, "--explain"),
        ("report", path, "--json"),
        ("gate", path),
        ("gate", path, "-v"),
        ("gate", path, "--json"),
        ("compare", path, path),
        ("compare", path, path, "--json"),
    ):
        told = suite.command(*words)
        assert told.exit in (0, 1, 10), (words, told.err)
        assert RAW.search(told.out + told.err) is None, (words, RAW.search(told.out + told.err))
        if "--json" in words:
            check_json(told.out)
        else:
            assert max(map(len, told.out.split("\n"))) < 20_000


def check_sheets(suite, path):
    """The sheets that people open in a spreadsheet, and their page."""
    told = suite.command("review", path, "--items", "60", "--out", "sheets")
    assert told.exit == 0, told.err
    assert RAW.search(told.out + told.err) is None
    sheets = list((suite.path / "sheets").glob("*.csv"))
    assert sheets
    for each in sheets:
        with each.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.reader(stream))
        assert {len(row) for row in rows} == {len(rows[0])}
        cells = [cell for row in rows for cell in row]
        assert not [cell for cell in cells if FORMULA.match(cell)]
        assert not [cell for cell in cells if RAW.search(cell)]


@pytest.mark.parametrize("further", [(), pytest.param(("-n", "2"), marks=pytest.mark.slow)])
def test_a_session_full_of_hostile_texts(suite, monkeypatch, capsys, further):
    monkeypatch.delenv("EVALBARS_NO_HISTORY")
    project(suite)
    asked = ("--junit-xml=j.xml", "--evalbars-html=s.html", "--evalbars-markdown=s.md", "--tb=no")
    result = suite.run("--color=yes", *asked, *further)
    raw = COLOUR.sub("", capsys.readouterr().out)
    assert result.exit == 1
    assert len(result.of("observation")) == 2 * len(NAMES)
    assert not [line for line in ours(raw) if RAW.search(line)]
    result.never_said("INTERNALERROR")
    cases = list(ET.parse(suite.path / "j.xml").iter("testcase"))  # noqa: S314
    assert len(cases) > 2 * len(NAMES)
    lines = [json.loads(line) for line in result.path.read_bytes().split(b"\n") if line]
    kept = [json.dumps(line, ensure_ascii=False) for line in lines]
    "".join(kept).encode("utf-8")  # no halves of characters
    for form in (".html", ".md"):
        assert suite.command("report", result.path, "-o", f"again{form}").exit == 0
        told = (suite.path / f"again{form}").read_bytes()
        assert told == (suite.path / f"s{form}").read_bytes()
    check_commands(suite, result.path)
    check_sheets(suite, result.path)
    for words in (("history",), ("history", "--json"), ("lifecycle",)):
        told = suite.command(*words)
        assert told.exit in (0, 1, 10), (words, told.err)
        assert RAW.search(told.out + told.err) is None, words


def foreign(path):
    """A run file as another tool may write it: raw names everywhere, and a report line that is no report of it."""
    header = {"type": "header", "schema": 1, "run": HOSTILE[0], "started": HOSTILE[4], "commit": HOSTILE[1]}
    header |= {"labels": {name: name for name in NAMES[:9]}, "bars": [], "versions": {NAMES[3]: NAMES[4]}}
    lines = [header]
    for n, words in enumerate(HOSTILE):
        name = words or "empty"
        key = {"case": f"{n} {name}", "test": name, "trial": 0}
        labels = {"category": HOSTILE[n // 10] or "x", "status": "regression", name: name}
        evidence = {"input": words, "output": words, name: {name: [name]}}
        lines.append({"type": "trial", **key, "labels": labels, "measures": {name: 1.5}, "evidence": evidence})
        judge = {"rubric": name, "model": name, "prompt": name, "of": f"{n + 1:016x}", "chars": 3, "level": name}
        outcome = ("pass", "miss", "error")[n % 3]
        said = {"dimension": HOSTILE[n // 40], "outcome": outcome, "reason": words, "level": None, "score": None}
        lines.append({"type": "observation", **key, **said, "judge": judge})
    lines.append({"type": "end", "finished": HOSTILE[3], "exit": 0, "not_run": {HOSTILE[5]: 2}})
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def test_a_run_file_that_somebody_else_wrote(suite):
    suite.bars('[[bar]]\nat_least = 0.9\ndimension = "*"\neach = "category"\n')
    path = foreign(suite.path / "run.jsonl")
    check_commands(suite, path)


def test_nothing_is_a_command_in_a_job(suite, monkeypatch):
    """On GitHub no line of ours begins as a command does, but the annotations that we mean."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(suite.path / "step.md"))
    suite.bars('[[bar]]\nat_least = 0.9\ndimension = "*"\n')
    path = foreign(suite.path / "run.jsonl")
    for words in (("report", path), ("report", path, "--explain"), ("gate", path), ("gate", path, "-v")):
        told = suite.command(*words)
        found = [line for line in told.out.split("\n") if COMMAND.match(line)]
        assert not [line for line in found if not re.fullmatch(r"::(error|warning|notice) [^\r\n]*::[^\r\n]+", line)]
        assert not [line for line in found if "::set-output" in line[:13] or "::stop-commands" in line[:20]]
