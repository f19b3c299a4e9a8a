"""`evalbars gate` says of a run file what the session said that wrote it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_evalbars import load_bars, load_run
from pytest_evalbars.cli import main
from pytest_evalbars.gate.decide import decide

BARS = """
[[bar]]
dimension = "accuracy"
at_least = 0.85
"""
#: A suite with something of everything: trials, statuses, groups, scores, errors, skips, announced misses.
MIXED = """
import pytest

@pytest.mark.dimension("accuracy", "tone")
@pytest.mark.parametrize("lang", ["es", "de"])
@pytest.mark.parametrize("n", range(12), ids="c{:02}".format)
def test_answer(n, lang, evalcase):
    evalcase.score("tone", 0.6 + n / 30, passing=0.5)
    assert n < 9 or lang == "de", "wrong \\u00e9\\u0007"

@pytest.mark.dimension("accuracy")
@pytest.mark.category("flaky")
@pytest.mark.trials(3)
@pytest.mark.parametrize("n", range(10), ids="c{}".format)
def test_trials(n, evalcase):
    assert (n + evalcase.trial) % 7, "sometimes"

@pytest.mark.dimension("tone")
@pytest.mark.capability
@pytest.mark.parametrize("n", range(6), ids="c{}".format)
def test_hill(n):
    assert n % 2

@pytest.mark.dimension("accuracy")
@pytest.mark.parametrize("n", range(5), ids="c{}".format)
def test_trouble(n):
    if n == 1: raise ConnectionError("down")
    if n == 2: pytest.skip("not today")
    if n == 3: pytest.xfail("known")

@pytest.mark.dimension("safety")
@pytest.mark.xfail(reason="known")
def test_announced():
    assert False

def test_plain(): pass
"""
TABLES = {
    "no bars": "",
    "floors": "max_errors = 1\n" + BARS,
    "each and launch": """
        max_errors = "10%"
        [[bar]]
        at_least = 0.6
        each = ["category", "status"]
        name = "all"
        why = "because"
        [[bar]]
        dimension = "tone"
        metric = "mean_score"
        at_least = 0.7
        stage = "launch"
        [[bar]]
        dimension = "safety"
        at_least = 0.5
        rule = "estimate"
        inconclusive = "fail"
        """,
    "a ceiling missed": """
        max_errors = 5
        [[bar]]
        dimension = "accuracy"
        at_most = 0.5
        min_cases = 10
        """,
}


@pytest.mark.parametrize(
    ("table", "stage"),
    [
        ("no bars", "testing"),
        ("floors", "testing"),
        ("floors", "launch"),
        ("each and launch", "testing"),
        ("each and launch", "launch"),
        ("a ceiling missed", "testing"),
        ("a ceiling missed", "none"),
    ],
)
def test_the_command_says_what_the_session_said(suite, monkeypatch, capsys, table, stage):
    suite.file("test_mixed.py", MIXED)
    session = suite.bars(TABLES[table]).run("-p", "no:cacheprovider", f"--evalbars-stage={stage}", "-rA")
    monkeypatch.chdir(suite.path)
    capsys.readouterr()
    code = main(["gate", str(session.path), f"--stage={stage}"])
    shown = capsys.readouterr()
    assert code == session.exit == session.of("end")[0]["exit"]
    assert shown.err == ""
    # Every line of the command's summary is a line of the session's.
    missing = [line for line in shown.out.splitlines() if line.strip() and line.rstrip() not in session.out]
    assert not missing
    # The bars that the session reported as tests are those of the decision, failing where it fails.
    main(["gate", str(session.path), f"--stage={stage}", "--json"])
    said = json.loads(capsys.readouterr().out)
    assert said["exit_code"] == code
    failing = {
        line.split("evalbars::")[1].split(" - ")[0]
        for line in session.out.splitlines()
        if line.startswith("FAILED evalbars::")
    }
    assert len(failing) == sum(each["fails"] for each in said["verdicts"])


def session_and_command(suite, capsys, *arguments, stage="testing", strict=False):
    session = suite.run(f"--evalbars-stage={stage}", *(["--evalbars-strict"] if strict else []), *arguments)
    capsys.readouterr()
    code = main(["gate", str(session.path), f"--stage={stage}", *(["--strict"] if strict else [])])
    return session, code, capsys.readouterr().out


@pytest.mark.parametrize(
    ("passes", "stage", "code"),
    [(55, "testing", 0), (55, "launch", 10), (45, "testing", 1), (45, "launch", 1), (60, "launch", 0)],
)
def test_sixty_cases_have_the_sessions_exit_code(suite, capsys, monkeypatch, passes, stage, code):
    monkeypatch.chdir(suite.path)
    session, said, out = session_and_command(suite.bars(BARS).cases(passes, 60), capsys, stage=stage)
    assert (session.exit, said) == (code, code)
    assert f"{passes / 60:.1%}" in out


@pytest.mark.parametrize(
    "arguments",
    [
        ("-k", "case-00 or case-01"),
        ("test_cases.py::test_answer[case-003]",),
        ("--deselect", "test_cases.py::test_answer[case-059]"),
    ],
    ids=str,
)
@pytest.mark.parametrize("strict", [False, True])
def test_what_a_session_left_out_is_not_enforced_by_the_command(suite, capsys, monkeypatch, arguments, strict):
    monkeypatch.chdir(suite.path)
    session, code, out = session_and_command(suite.bars(BARS).cases(0, 60), capsys, *arguments, strict=strict)
    assert session.exit == code == (10 if strict else 0)
    assert "not enforced" in out
    session.said("not enforced")


def test_a_session_stopped_by_maxfail_is_no_more_enforced_by_the_command(suite, capsys, monkeypatch):
    monkeypatch.chdir(suite.path)
    suite.bars(BARS).cases(0, 30, name="test_b.py")
    suite.file(
        "test_a.py", "import pytest\n@pytest.mark.dimension('accuracy')\ndef test_e(): raise OSError('down')\n"
    )
    session = suite.run("-x")
    assert session.exit == 1
    session.never_said("MISSED pass_rate")
    capsys.readouterr()
    code = main(["gate", str(session.path), "--json"])
    said = json.loads(capsys.readouterr().out)
    assert said["complete"]
    assert {each["enforced"] for each in said["verdicts"]} == {False}
    assert code == 1  # the error alone


def test_a_second_look_is_never_enforced_by_the_command(suite, capsys, monkeypatch):
    monkeypatch.chdir(suite.path)
    suite.bars(BARS).cases(30, 60).run()
    second = suite.run("--evalbars-missed")
    assert main(["gate", str(second.path)]) == 0
    assert "second look" in capsys.readouterr().out
    assert main(["gate", str(second.path), "--strict"]) == 10


# -- the words of the command line -----------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


in_folder = pytest.mark.usefixtures("folder")


def run_file(passes, total, name="run.jsonl", category="a", **more):
    Path(name).write_text(
        "".join(
            json.dumps(
                {
                    "case": f"{category}{n}",
                    "dimension": "accuracy",
                    "outcome": "pass" if n < passes else "miss",
                    "labels": {"category": category},
                    **more,
                }
            )
            + "\n"
            for n in range(total)
        ),
        encoding="utf-8",
    )
    return name


def test_the_bars_are_those_of_the_folder_or_those_named(folder, capsys):
    run_file(55, 60)
    Path("evalbars.toml").write_text(BARS)
    Path("release.toml").write_text(BARS.replace("0.85", "0.99"))
    (folder / "other").mkdir()
    (folder / "other" / "pyproject.toml").write_text(
        "[tool.evalbars]\n[[tool.evalbars.bar]]\ndimension = 'accuracy'\nat_most = 0.5\n"
    )
    assert main(["gate", "run.jsonl"]) == 0
    assert main(["gate", "run.jsonl", "--stage", "launch"]) == 10
    assert main(["gate", "run.jsonl", "--bars", "release.toml"]) == 1
    assert main(["gate", "run.jsonl", "--bars", "other/pyproject.toml"]) == 1
    assert main(["gate", "run.jsonl", "--bars", "other"]) == 1
    capsys.readouterr()


@in_folder
def test_without_bars_every_case_stands_for_itself(capsys):
    assert main(["gate", run_file(55, 60)]) == 1
    assert "5 misses without a bar" in capsys.readouterr().out
    assert main(["gate", run_file(60, 60)]) == 0


@in_folder
def test_json_is_as_in_the_contract(capsys):
    Path("evalbars.toml").write_text(BARS + 'each = "category"\nwhy = "so"\n')
    code = main(["gate", run_file(40, 60), "--json"])
    out = capsys.readouterr().out
    said = json.loads(out, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert code == said["exit_code"] == 1
    assert (said["schema"], said["stage"], said["complete"]) == (1, "testing", True)
    whole, group = said["verdicts"]
    assert (whole["bar"], whole["group"], whole["verdict"]) == ("pass_rate:accuracy", None, "missed")
    assert (group["bar"], group["group"]) == ("pass_rate:accuracy", "a")
    decision = decide(load_run("run.jsonl"), load_bars("evalbars.toml"))
    for verdict, line in zip(decision.verdicts, said["verdicts"], strict=True):
        for key in (
            "bar",
            "dimension",
            "group",
            "verdict",
            "estimate",
            "low",
            "high",
            "p_missed",
            "cases",
            "trials",
            "unjudged",
            "needed",
        ):
            assert line[key] == getattr(verdict, key), key
        assert line["interval"] == list(verdict.interval)


@in_folder
@pytest.mark.parametrize("rows", ["", '{"case": "a", "dimension": "accuracy", "outcome": "error"}\n'])
def test_json_of_no_data_is_json(capsys, rows):
    Path("run.jsonl").write_text(rows)
    Path("evalbars.toml").write_text("max_errors = 1\n" + BARS)
    assert main(["gate", "run.jsonl", "--json"]) == 10
    (verdict,) = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)["verdicts"]
    assert (verdict["verdict"], verdict["estimate"], verdict["interval"]) == ("no data", None, None)


MISTAKES = {
    "no such run": (["gate", "nowhere.jsonl"], "nowhere.jsonl"),
    "no such bars": (["gate", "run.jsonl", "--bars", "nowhere.toml"], "nowhere.toml"),
    "bad bars": (["gate", "run.jsonl", "--bars", "bad.toml"], "0.9?"),
    "no bars in the file": (["gate", "run.jsonl", "--bars", "pyproject.toml"], "declares no bars"),
    "a folder": (["gate", "."], "."),
    "the same file twice": (["gate", "run.jsonl", "run.jsonl"], "twice"),
    "a misspelt stage": (["gate", "run.jsonl", "--stage=lauch"], "lauch"),
    "no run": (["gate"], "RUN"),
    "no command": ([], "COMMAND"),
    "another command": (["gaet"], "gaet"),
    "an unknown option": (["gate", "run.jsonl", "--nonsense"], "--nonsense"),
}


@in_folder
@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("as_json", [False, True])
def test_mistakes_are_told_in_one_line_and_exit_4(capsys, mistake, as_json):
    run_file(60, 60)
    Path("bad.toml").write_text('[[bar]]\ndimension = "accuracy"\nat_least = 90\n')
    Path("pyproject.toml").write_text("[project]\nname = 'x'\n")
    arguments, words = MISTAKES[mistake]
    try:
        code = main([*arguments, *(["--json"] if as_json and arguments else [])])
    except SystemExit as end:
        code = end.code
    shown = capsys.readouterr()
    assert code == 4
    assert shown.out == ""
    errors = [line for line in shown.err.splitlines() if line.startswith("ERROR: ")]
    assert len(errors) == 1
    assert words in errors[0]
    assert shown.err.rstrip().endswith(errors[0])


@pytest.mark.parametrize("arguments", [["--help"], ["gate", "--help"]])
def test_help_is_no_mistake(capsys, arguments):
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 0
    assert "gate" in capsys.readouterr().out


@in_folder
def test_everything_is_told_on_request(capsys):
    for category in "abcdefghijklmno":
        run_file(20, 30, f"{category}.jsonl", category)
    Path("evalbars.toml").write_text(BARS + 'each = "category"\nname = "b"\n')
    runs = [f"{category}.jsonl" for category in "abcdefghijklmno"]
    assert main(["gate", *runs]) == 1
    brief = capsys.readouterr().out
    assert main(["gate", *runs, "-v"]) == 1
    full, audit, _ = capsys.readouterr().out.partition("audit:")
    assert audit
    assert "-v tells all" in brief
    assert "-v tells all" not in full
    for category in "abcdefghijklmno":
        row = [line for line in full.splitlines() if line.startswith("accuracy") and line.split()[1] == category]
        assert len(row) == 1
        assert re.search(rf"^inconclusive .*\b{category}\b.*66\.7%", full, re.MULTILINE)


def installed(*arguments, **environment):
    command = Path(sys.executable).parent / "evalbars"
    if not command.exists():
        pytest.skip("the package is not installed with its command")
    return subprocess.run(
        [command, *arguments], capture_output=True, timeout=60, check=False, env={**os.environ, **environment}
    )


@in_folder
def test_the_installed_command_speaks_to_the_shell():
    Path("evalbars.toml").write_text(BARS)
    missed = installed("gate", run_file(45, 60))
    assert (missed.returncode, missed.stderr) == (1, b"")
    assert b"MISSED" in missed.stdout
    wrong = installed("gate", "nowhere.jsonl")
    assert (wrong.returncode, wrong.stdout) == (4, b"")
    assert wrong.stderr.startswith(b"ERROR: nowhere.jsonl")
    assert wrong.stderr.count(b"\n") == 1


@in_folder
def test_words_that_the_terminal_cannot_spell_change_no_exit_code():
    Path("evalbars.toml").write_text(BARS + 'each = "category"\n')
    ran = installed(
        "gate", run_file(60, 60, category="r\u00fcckgabe \u8fd4\u54c1"), PYTHONIOENCODING="ascii", PYTHONUTF8="0"
    )
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert b"gate passed" in ran.stdout


@in_folder
def test_the_command_does_not_import_pytest():
    Path("evalbars.toml").write_text(BARS)
    run_file(60, 60)
    code = (
        "import sys; from pytest_evalbars.cli import main; code = main(['gate', 'run.jsonl']); "
        "print('pytest' in sys.modules); sys.exit(code)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stdout.splitlines()[-1]) == (0, "False")
