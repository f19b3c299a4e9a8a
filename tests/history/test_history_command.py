"""`evalbars history`, after sessions that were really run."""

import json
import sys

import pytest
from past_runs import write_run

from pytest_evalbars.cli import main
from pytest_evalbars.gate.load import load_bars
from pytest_evalbars.gate.presets import judged
from pytest_evalbars.history.access import read_history, record_quietly
from pytest_evalbars.run.reading import load_run

BARS = """
[[bar]]
name = "right"
dimension = "accuracy"
at_least = {bar}
each = "category"
[[bar]]
name = "kind"
dimension = "tone"
at_least = 0.1
"""
#: Cases of two dimensions, two categories, a cluster and each status, three trials each; WRONG miss.
SUITE = """
import pytest
WRONG = {wrong}

@pytest.mark.dimension("accuracy", "tone")
@pytest.mark.trials(3)
@pytest.mark.parametrize("n", [
    pytest.param(n, id=f"c{{n:02}}", marks=[
        pytest.mark.category("es" if n % 2 else "de"),
        *([pytest.mark.cluster(f"page-{{n // 4}}")] if n < 12 else []),
        *([pytest.mark.capability] if n % 10 == 0 else []),
        *([pytest.mark.saturated] if n % 10 == 5 else []),
        *([pytest.mark.labels(set="adversarial")] if n % 10 == 7 else []),
    ])
    for n in range(24)
])
def test_answer(n, evalcase):
    evalcase.check("tone", (n + evalcase.trial) % 6 > 0)
    evalcase.check("accuracy", n not in WRONG and (n, evalcase.trial) != (3, 1))
"""


def session(suite, wrong, *arguments, bar=0.1):
    """Run the suite, and take it in as a session does at its end."""
    suite.bars(BARS.format(bar=bar)).file("test_x.py", SUITE.format(wrong=wrong))
    result = suite.run(*arguments)
    run = load_run(result.path)
    decision, _ = judged(run, load_bars(suite.path), stage="testing")
    assert record_quietly(suite.path, result.path, decision, run) == ""
    return result, run, decision


def said(capsys, *words):
    """What the command prints, and its exit code."""
    capsys.readouterr()
    code = main(["history", *map(str, words)])
    out, err = capsys.readouterr()
    return code, out + err


@pytest.fixture
def folder(suite, monkeypatch):
    """A folder with three runs as other sessions left them."""
    monkeypatch.chdir(suite.path)
    runs = suite.path / ".evalbars" / "runs"
    labels = {"category": "es"}
    write_run(runs, 1, {"a": "p", "b": "p", "c": "pm"}, case_labels=labels, labels={"model": "v1"})
    write_run(runs, 2, {"a": "p", "b": "m", "c": "pp"}, case_labels=labels, labels={"model": "v2"}, changes="9f")
    write_run(runs, 3, {"a": "p", "b": "m", "c": "mm"}, case_labels=labels, exit_code=1, left_out=["d"])
    return suite.path


def test_rates_and_intervals_are_those_of_the_gate(suite, capsys, monkeypatch):
    monkeypatch.chdir(suite.path)
    _, _, decision = session(suite, {2, 9})
    code, out = said(capsys, "--json", "--category", "*")
    wholes = json.loads(said(capsys, "--json")[1])["trends"]
    points = {
        (each["dimension"], each["category"]): each["points"][0]
        for each in [*wholes, *json.loads(out)["trends"]]
        if each["kind"] == "held"
    }
    assert code == 0
    compared = 0
    for verdict in decision.verdicts:
        point = points[verdict.dimension, verdict.group]
        assert point["rate"] == pytest.approx(verdict.estimate)
        assert point["interval"] == pytest.approx(list(verdict.interval))
        assert (point["cases"], point["trials"]) == (verdict.cases, verdict.trials)
        compared += 1
    assert compared == 4
    assert {each["kind"] for each in wholes} == {"held", "capability", "held, adversarial"}
    clusters = {record.case[-4:-1]: record.cluster for record in read_history(suite.path).records}
    assert clusters == {f"c{n:02}": f"page-{n // 4}" if n < 12 else "" for n in range(24)}


def test_runs_of_a_folder_that_was_named_are_not_called_partial(folder, capsys):
    write_run(folder / ".evalbars" / "runs", 4, {"a": "p", "b": "p"}, asked=["evals/"])
    write_run(folder / ".evalbars" / "runs", 5, {"a": "p"}, asked=["evals/"], left_out=["b"])
    out = said(capsys)[1]
    lines = {line.split()[0][:10]: line for line in out.splitlines() if line.startswith("2026-11-0") and "T" in line}
    assert [day for day, line in lines.items() if "partial" in line] == ["2026-11-03", "2026-11-05"]
    runs = json.loads(said(capsys, "--json")[1])["runs"]
    assert [(run["whole"], run["everything"]) for run in runs[-2:]] == [(True, False), (False, False)]
    # It had the file of case c, and not that case.
    assert "  1 case of earlier runs is not in the last whole one\n" in said(capsys, "--cases")[1]


@pytest.mark.usefixtures("folder")
def test_past_runs_are_listed_with_their_rates(capsys):
    code, out = said(capsys)
    assert code == 0
    assert out == (
        "3 runs, 2026-11-01 to 2026-11-03 (times are UTC)\n"
        "\n"
        "run                       commit    exit    labels\n"
        "2026-11-01T10-00-00-0001  0101010   0       model=v1\n"
        "2026-11-02T10-00-00-0002  0202020+  0       model=v2\n"
        "2026-11-03T10-00-00-0003  0303030   1                 partial\n"
        "\n"
        "accuracy\n"
        "  run of            commit      cases    trials    rate  95% interval\n"
        "  2026-11-01 10:00  0101010         3         4   83.3%  32.0% to 98.2%\n"
        "  2026-11-02 10:00  0202020+        3         4   66.7%  20.8% to 93.9%\n"
        "  2026-11-03 10:00  0303030         3         4   33.3%  6.1% to 79.2%\n"
    )
    assert max(map(len, out.splitlines())) <= 80
    assert "2026-11-01" not in said(capsys, "--last", 2)[1]


@pytest.mark.usefixtures("folder")
def test_cases_that_changed_are_told_with_the_commits_between(capsys):
    code, out = said(capsys, "--cases")
    assert code == 0
    assert out == (
        "3 runs, 2026-11-01 to 2026-11-03 (times are UTC)\n"
        "\n"
        "accuracy: 3 cases: 1 always passes, 1 always misses, 1 flaky\n"
        "  c (regression, category es)\n"
        "    flaky since 2026-11-01 10:00: passes 3 of 6 trials in 3 runs\n"
        "  b (regression, category es)\n"
        "    always misses since 2026-11-02 10:00: passes 0 of 2 trials in 2 runs\n"
        "    changed from 0101010 (2026-11-01 10:00) to 0202020+ (2026-11-02 10:00)\n"
    )
    assert "  a (regression, category es)\n    always passes since 2026-11-01" in said(capsys, "--cases", "--all")[1]
    data = json.loads(said(capsys, "--cases", "--json")[1])
    (case,) = [each for each in data["cases"] if each["case"] == "b"]
    assert (case["word"], case["since"], case["before"]) == ("always misses", 1, 0)
    assert (case["commit_before"], case["commit"]) == ("01" * 20, "02" * 20)


def test_cases_that_are_gone_or_ask_something_else_are_told_apart(folder, capsys):
    write_run(folder / ".evalbars" / "runs", 4, {"b": "p", "n": "e"}, content="other")
    out = said(capsys, "--cases", "--all")[1]
    assert "accuracy: 2 cases: 1 always passes, 1 not judged\n" in out
    assert "  2 cases of earlier runs are not in the last whole one\n" in out
    assert "  a (regression, category es, gone)\n" in out
    assert (
        "  b (regression)\n"
        "    always passes since 2026-11-04 10:00: passes 1 of 1 trial in 1 run\n"
        "    asks something else since 2026-11-04 10:00; what it did before is not counted\n"
    ) in out
    assert "  n (regression)\n    not judged in 1 run since 2026-11-04 10:00\n" in out


def test_bars_are_told_with_how_often_they_failed(suite, capsys, monkeypatch):
    monkeypatch.chdir(suite.path)
    assert "no verdict of a bar is known" not in said(capsys, "--bars")[1]  # there is no run at all
    session(suite, set())
    session(suite, set(range(20)), bar=0.9)
    session(suite, set(), "-k", "c01", bar=0.9)  # part of the cases: not enforced
    code, out = said(capsys, "--bars")
    rows = {line.split()[0]: line.split()[1:7] for line in out.splitlines() if line.startswith(("right", "kind"))}
    assert code == 0
    #: runs, met, missed, open, no data, failed
    assert rows["kind"] == ["2", "2", "0", "0", "0", "0"]
    assert rows["right"] == ["2", "1", "1", "0", "0", "1"]
    assert out.endswith("\n\nnever failed: kind\n")
    bars = json.loads(said(capsys, "--bars", "--json")[1])["bars"]
    assert (bars[0]["bar"], bars[0]["runs"], bars[0]["failed"]) == ("kind", 2, 0)


@pytest.mark.usefixtures("folder")
def test_where_no_verdict_was_kept_it_says_why(capsys):
    assert "no verdict of a bar is known: sessions record them as they end" in said(capsys, "--bars")[1]


def test_a_folder_of_run_files_that_ci_kept_is_listed_alike(folder, capsys):
    here = said(capsys)[1]
    (folder / ".evalbars").rename(folder / "artifacts")
    assert said(capsys, "artifacts") == (0, here)
    one = min((folder / "artifacts" / "runs").iterdir())
    assert said(capsys, one)[1].startswith("1 run, 2026-11-01 to 2026-11-01 ")
    assert not (folder / ".evalbars").exists()


@pytest.mark.usefixtures("folder")
def test_categories_and_dimensions_are_picked_by_name_or_glob(capsys):
    assert "\naccuracy, category es\n" in said(capsys, "--category", "e*", "--dimension", "accuracy")[1]
    code, out = said(capsys, "--dimension", "acuracy")
    assert (code, out) == (4, 'ERROR: no run has the dimension "acuracy"; did you mean "accuracy"?\n')
    code, out = said(capsys, "--cases", "--category", "fr")
    assert (code, out) == (4, 'ERROR: no run has the category "fr" (there is: es)\n')


def test_no_history_yet_is_no_error(suite, capsys, monkeypatch):
    monkeypatch.chdir(suite.path)
    code, out = said(capsys)
    assert code == 0
    assert out.startswith("no history yet: run the suite with pytest in this folder")
    assert json.loads(said(capsys, "--json")[1])["runs"] == []
    (suite.path / "empty").mkdir()
    assert said(capsys, "empty")[1].startswith("no history yet")
    assert not (suite.path / ".evalbars").exists()


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["nowhere"], "ERROR: nowhere: there is no such file or folder\n"),
        (["--last", "0"], "ERROR: argument --last: '0' is no number of runs\n"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_what_cannot_be_asked_is_exit_4(capsys, words, error):
    if words[0] == "nowhere":
        assert said(capsys, *words) == (4, error)
        return
    with pytest.raises(SystemExit) as stop:
        main(["history", *words])
    assert stop.value.code == 4
    assert capsys.readouterr().err.endswith(error)


@pytest.mark.usefixtures("folder")
def test_intervals_have_the_confidence_of_the_bars(suite, capsys):
    suite.bars("confidence = 0.8\n")
    assert "80% interval" in said(capsys)[1]
    suite.bars("confidence = 95\n")
    code, out = said(capsys)
    assert (code, out) == (
        4,
        "ERROR: pyproject.toml, `confidence`: 95 is no confidence; take one from 0.5 up to, not including, 1\n",
    )


@pytest.mark.usefixtures("folder")
def test_without_the_library_it_says_how_to_install_it(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    code, out = said(capsys)
    assert code == 4
    assert out == 'ERROR: the history of runs is kept with SQLAlchemy 2: pip install "pytest-evalbars[history]"\n'


def test_what_models_and_people_wrote_moves_nothing_on_the_terminal(folder, capsys):
    nasty = "x\x1b[31m\u202e"
    write_run(
        folder / ".evalbars" / "runs",
        5,
        {nasty: "m"},
        dimension=nasty,
        run="r" + "\x1b",
        commit=nasty,
        labels={nasty: nasty},
        case_labels={"category": nasty},
        started="\x1b[2J",
    )
    for words in ([], ["--cases", "--all"], ["--category", "*"]):
        code, out = said(capsys, *words)
        assert code == 0
        assert "\x1b" not in out
        assert "\u202e" not in out
        assert "x\\x1b[31m\\u202e" in out


def test_rates_that_early_stopping_biased_are_not_shown(folder, capsys):
    path = write_run(folder / ".evalbars" / "runs", 4, {"a": "p", "b": "p"}, end=False)
    lines = path.read_text(encoding="utf-8").splitlines()[:-2]
    end = {"type": "end", "exit": 0, "stopped": [json.loads(lines[1])["items"][1]]}
    path.write_text("\n".join([*lines, json.dumps(end)]) + "\n", encoding="utf-8")
    out = said(capsys)[1]
    assert "2026-11-04 10:00  0404040         1         1       -  stopped early\n" in out


def test_runs_of_one_second_are_told_as_they_began(suite):
    suite.bars("max_errors = 0")
    suite.file("test_x.py", "import pytest\n\n@pytest.mark.dimension('x')\ndef test_it(): pass\n")
    for number in range(6):
        suite.run("-q", f"--evalbars-label=number={number}")
    assert [run.labels["number"] for run in read_history(suite.path).runs] == list("012345")
