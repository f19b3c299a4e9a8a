"""`evalbars report`: which run it tells, when it decides anew, and what it says of files that it cannot use."""

import json
import subprocess
import sys

import pytest

BARS = '[[bar]]\ndimension = "accuracy"\nat_least = 0.8\n'


@pytest.fixture
def project(suite):
    """A project with one run, whose gate passes and could not launch."""
    suite.bars(BARS).cases(18, 20)
    suite.run("--evalbars-run=run.jsonl")
    return suite


def changed(project, name, change):
    """A copy of the run file with each line changed."""
    lines = (project.path / "run.jsonl").read_text().splitlines()
    kept = [line for line in map(change, lines) if line is not None]
    (project.path / name).write_text("".join(f"{line}\n" for line in kept))
    return name


def outcome(project, *words):
    """What the report of a command says was decided."""
    told = project.command("report", *words, "--json")
    assert told.exit == 0, told.err
    return json.loads(told.out)["decision"]["outcome"]


def test_a_run_is_told_as_its_session_left_it_unless_another_decision_is_asked_for(project):
    project.bars('[[bar]]\ndimension = "accuracy"\nat_least = 0.99\nrule = "estimate"\n')
    assert outcome(project, "run.jsonl") == "passed"
    assert outcome(project, "run.jsonl", "--stage=testing") == "failed"
    project.file("other.toml", BARS.replace("[[bar]]", "[[tool.evalbars.bar]]"))
    assert outcome(project, "run.jsonl", "--bars", "other.toml", "--stage=launch") == "undecided"
    assert project.command("report", "run.jsonl").exit == 0  # it tells; the gate is another command


def test_without_a_name_the_last_run_is_told(project):
    told = project.command("report")
    assert (told.exit, told.err) == (
        4,
        "ERROR: there is no run in .evalbars/runs: name a run file, or run pytest first\n",
    )
    result = project.run()
    names = json.loads(project.command("report", "--json").out)["run"]["names"]
    assert names == [result.path.stem]


@pytest.mark.parametrize("lost", [("report", "end"), ("end",)], ids=["before its report", "behind its report"])
def test_a_run_whose_session_was_killed_is_decided_by_the_command(project, lost):
    def before_the_end(line):
        return None if json.loads(line)["type"] in lost else line

    name = changed(project, "killed.jsonl", before_the_end)
    report = json.loads(project.command("report", name, "--json").out)
    assert [each["kind"] for each in report["run"]["conditions"]] == ["incomplete"]
    assert report["decision"]["outcome"] == "undecided"


def test_a_report_of_before_a_resume_is_not_of_the_whole_run(project):
    resume = '{"type": "resume", "resumed": "2026-11-20T22:41:07Z", "taken": 20, "again": 0}'
    with (project.path / "run.jsonl").open("a") as stream:
        stream.write(f"{resume}\n")
    report = json.loads(project.command("report", "run.jsonl", "--json").out)
    assert [each["kind"] for each in report["run"]["conditions"]] == ["incomplete", "resumed"]


def test_reports_of_other_versions(project):
    def newer(line):
        return line.replace('{"type": "report", "schema": 1', '{"type": "report", "schema": 2')

    def more(line):
        return line.replace('{"type": "report", "schema": 1', '{"type": "report", "schema": 1, "mood": 3')

    told = project.command("report", changed(project, "newer.jsonl", newer))
    assert told.exit == 4
    told.said(
        "newer.jsonl: its report's schema is 2, this pytest-evalbars reads up to 1; upgrade it, or name a stage"
    )
    assert outcome(project, "newer.jsonl", "--stage=testing") == "passed"
    assert outcome(project, changed(project, "more.jsonl", more)) == "passed"
    damaged = changed(project, "damaged.jsonl", lambda line: line.replace('"decision": {', '"decided": {'))
    told = project.command("report", damaged)
    assert told.exit == 0
    told.said("gate passed", "damaged.jsonl: its report is damaged; it is decided anew, under today's bars")


def test_files_that_cannot_be_used(project):
    (project.path / "folder.md").mkdir()
    for words, said in (
        (["run.jsonl", "-o", "x.pdf"], "x.pdf: a report ends in one of .html, .md, .xml, .json, .txt"),
        (["run.jsonl", "-o", "test_cases.py/x.md"], "the report test_cases.py/x.md cannot be written: test_cases.py"),
        (["run.jsonl", "-o", "folder.md"], "the report folder.md cannot be written: it is no regular file"),
        (["test_cases.py"], "test_cases.py, line 2: not valid JSON"),
        (["nowhere.jsonl"], "nowhere.jsonl: the run file cannot be read: No such file or directory"),
        (["."], "the run file cannot be read: Is a directory"),
    ):
        told = project.command("report", *words)
        assert told.exit == 4
        told.said(said)
        assert told.err.count("\n") == 1


def test_the_gate_writes_reports_and_says_where_it_cannot(project):
    told = project.command("gate", "run.jsonl", "--markdown", "x.md")
    assert told.exit == 0
    told.said("gate passed", "report: x.md")
    told = project.command("gate", "run.jsonl", "--markdown", "test_cases.py/x.md")
    assert told.exit == 10
    told.said("gate passed", "ERROR: the report test_cases.py/x.md cannot be written: test_cases.py is no folder")


@pytest.mark.parametrize("words", [["--help"], ["report", "--help"]])
def test_to_ask_for_help_reads_no_settings_and_imports_no_models(words):
    code = (
        "import sys; from contextlib import suppress; from pytest_evalbars.cli import main\n"
        f"with suppress(SystemExit): main({words})\n"
        "print({'pydantic', 'pytest', 'tomllib'} & sys.modules.keys(), file=sys.stderr)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "usage: evalbars" in said.stdout
    assert said.stderr == "set()\n"


def test_a_run_decided_where_no_bar_is_declared_says_so(project):
    project.bars("")
    words = "no bar is declared here, and the run's own session held 1: decide it in the project's folder, or name"
    for command in ("gate", "report"):
        told = project.command(command, "run.jsonl", "--stage=testing")
        assert words in told.out
