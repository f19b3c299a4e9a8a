"""A report that is built again from the run file alone is the session's, byte for byte, wherever that file is."""

import contextlib
import json
import shutil

import pytest

from pytest_evalbars.cli import main

pytest.importorskip("jinja2")

BARS = """
[[bar]]
dimension = "accuracy"
at_least = 0.9
each = "category"
[[bar]]
name = "drop"
dimension = "accuracy"
max_drop = 0.3
[[bar]]
name = "language"
dimension = "accuracy"
labels.language = "es"
at_least = 0.5
"""
CASES = """
import pytest
from pathlib import Path

@pytest.mark.dimension("accuracy")
@pytest.mark.parametrize("n", [
    pytest.param(n, id=f"c-{n:02}", marks=[pytest.mark.category("ab"[n % 2])]) for n in range(16)
])
def test_answer(n, evalcase):
    evalcase.record(input={"question": f"<b>{n}</b>"}, output="| a \\x1b[31m `b` |" * 5)
    evalcase.measure(cost_usd=0.01 * n, turns=n)
    if n == 7 and Path("down").exists():
        raise ConnectionError("the model is away")
    assert n % 5 or not Path("worse").exists(), f"wrong answer {n}"

@pytest.mark.dimension("accuracy")
@pytest.mark.labels(language="es")
def test_spanish():
    pytest.skip("no speaker at hand")
"""
#: The formats that a session writes, and those that only the command does.
WRITTEN, OTHERS = ("x.html", "x.md"), ("x.txt", "x.json", "x.xml")
ASKED = ("--evalbars-html=x.html", "--evalbars-markdown=x.md")


@pytest.fixture
def project(suite):
    """A project with a baseline, in which some cases have become worse, one errs and one is skipped."""
    suite.bars(f'baseline = "base.jsonl"\nmax_errors = 3\n{BARS}').file("test_answers.py", CASES)
    suite.run("--evalbars-update-baseline", "--evalbars-run=first.jsonl")
    assert (suite.path / "base.jsonl").exists()
    suite.file("worse", "")
    suite.file("down", "")
    return suite


def alone(suite, tmp_path_factory, *names):
    """The reports that the run files give in a folder with nothing else, when their project is gone."""
    folder = tmp_path_factory.mktemp("elsewhere")
    for name in names:
        shutil.copy(suite.path / name, folder / name)
    kept = {name: (suite.path / name).read_bytes() for name in WRITTEN if (suite.path / name).exists()}
    with contextlib.chdir(folder):
        shutil.rmtree(suite.path)
        suite.path.mkdir()
        assert main(["report", *names, *(word for each in (*WRITTEN, *OTHERS) for word in ("-o", each))]) == 0
    return kept, {name: (folder / name).read_bytes() for name in (*WRITTEN, *OTHERS)}


def written(suite, *names):
    """What the command writes in the project's own folder."""
    suite.command("report", *names, *(word for each in OTHERS for word in ("-o", each)))
    return {name: (suite.path / name).read_bytes() for name in OTHERS}


@pytest.mark.parametrize(
    ("arguments", "kinds"),
    [
        ((), ["no data", "errors"]),
        (("-k", "c-0 or c-1"), ["no data", "errors", "partial"]),
        pytest.param(("-n2",), ["no data", "errors"], marks=pytest.mark.slow),
        pytest.param(("-x",), ["no data", "errors", "partial"], marks=pytest.mark.slow),
        pytest.param(("--evalbars-missed",), ["no data", "second look", "errors", "partial"], marks=pytest.mark.slow),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, tuple) else None,
)
def test_a_report_is_the_same_without_its_project(project, tmp_path_factory, arguments, kinds):
    if "--evalbars-missed" in arguments:
        project.run()
    result = project.run(*ASKED, "--evalbars-run=run.jsonl", *arguments)
    result.said("report: x.html", "report: x.md")
    before = written(project, "run.jsonl")
    kept, after = alone(project, tmp_path_factory, "run.jsonl")
    assert {**kept, **before} == after
    report = json.loads(after["x.json"])
    found = [each["kind"] for each in report["run"]["conditions"]]
    assert kinds == found
    assert all(each["text"] for each in report["run"]["conditions"])


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments", [("--evalbars-stop-early",), ("--evalbars-budget=0.3",)], ids=["early", "budget"]
)
def test_a_report_of_cases_that_did_not_run_is_the_same(suite, tmp_path_factory, monkeypatch, arguments):
    suite.bars('[[bar]]\ndimension = "accuracy"\nat_least = 0.2\n')
    suite.file("test_answers.py", CASES.replace("range(16)", "range(100)").replace("0.01 * n", "0.01"))
    suite.run(*ASKED, "--evalbars-run=run.jsonl", *arguments)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setenv("COLUMNS", "40")
    kept, after = alone(suite, tmp_path_factory, "run.jsonl")
    assert kept == {name: after[name] for name in WRITTEN}
    report = json.loads(after["x.json"])
    kinds = [each["kind"] for each in report["run"]["conditions"]]
    assert kinds == (["stopped early"] if "early" in arguments[0] else ["incomplete", "not run"])
    for kind in kinds:
        assert all(kind in after[name].decode() for name in (*WRITTEN, *OTHERS))


def test_a_resumed_run_is_told_as_a_whole(project, tmp_path_factory):
    first = project.run("--evalbars-run=run.jsonl")
    assert first.exit == 10, first.out
    project.cut(5, project.path / "run.jsonl")
    project.run(*ASKED, "--evalbars-resume=run.jsonl")
    kept, after = alone(project, tmp_path_factory, "run.jsonl")
    assert kept == {name: after[name] for name in WRITTEN}
    report = json.loads(after["x.json"])
    assert (report["run"]["cases"], report["misses"]["misses"], report["misses"]["errors"]) == (17, 4, 1)
    assert "resumed" in [each["kind"] for each in report["run"]["conditions"]]


def test_shards_are_told_by_the_commands_that_decide_them(project):
    for index in (1, 2):
        result = project.run(*ASKED, f"--evalbars-shard={index}/2", f"--evalbars-run=run{index}.jsonl")
        result.said("no report x.html of one shard alone: evalbars report run*.jsonl -o x.html")
        assert not (project.path / "x.html").exists()
    names = ("run1.jsonl", "run2.jsonl")
    gate = project.command("gate", *names, "--html", "x.html", "--markdown", "x.md", "--baseline", "base.jsonl")
    assert gate.exit == 10, gate.out
    kept = {name: (project.path / name).read_bytes() for name in WRITTEN}
    told = project.command("report", *names, "-o", "y.html", "-o", "y.md", "-o", "y.json")
    assert told.exit == 0
    assert kept == {name: (project.path / name.replace("x", "y")).read_bytes() for name in WRITTEN}
    report = json.loads((project.path / "y.json").read_text())
    assert {"kind": "sharded", "text": "merged from 2 shards of one run"} in report["run"]["conditions"]
    assert report["compared"]["worse_count"] == 4


def test_a_report_says_what_changed_and_shows_the_misses(project):
    project.run(*ASKED, "--evalbars-run=run.jsonl")
    report = json.loads(project.command("report", "run.jsonl", "--json").out)
    worse = report["compared"]["worse"]
    assert [each["case"] for each in worse] == [f"test_answers.py::test_answer[c-{n:02}]" for n in (0, 5, 10, 15)]
    assert worse[0] | {"reason": ""} == {
        "case": "test_answers.py::test_answer[c-00]",
        "dimension": "accuracy",
        "before": 1.0,
        "after": 0.0,
        "words": "passed, misses now",
        "reason": "",
    }
    assert worse[0]["reason"].startswith("wrong answer 0")
    miss = report["misses"]["shown"][0]
    assert [each["name"] for each in miss["evidence"]] == ["input", "output"]
    assert miss["evidence"][0]["text"] == '{\n  "question": "<b>0</b>"\n}'
    assert miss["labels"] == {"category": "a", "status": "regression"}
    assert report["misses"]["shown"][-1]["outcome"] == "error"
    measures = {each["name"]: each for each in report["measures"]}
    assert list(measures) == ["seconds", "cost_usd", "turns"]
    assert (measures["turns"]["trials"], measures["turns"]["total"], measures["turns"]["median"]) == (16, 120.0, 7.0)
    cells = {(each["category"], each["cases"], each["verdict"]) for each in report["cells"]}
    assert cells == {("", 15, "inconclusive"), ("a", 8, "inconclusive"), ("b", 7, "inconclusive")}
    (quality,) = report["quality"]
    assert quality["pass_rate"] == 11 / 15
    assert "language:" in " ".join(report["method"]["gaps"])
