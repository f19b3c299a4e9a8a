"""What cannot be gone on with is refused in clear words, before any case runs; what is forced is said."""

import json
import subprocess

import pytest

from pytest_evalbars import load_run
from pytest_evalbars.cli import main

BAR = '[[bar]]\ndimension = "accuracy"\nat_least = 0.5\nmin_cases = 1\n'
#: A session on workers that says no more than others do, and so runs with the slow tests.
SLOWLY = pytest.param(("-n", "2"), marks=pytest.mark.slow)
TEST = """
import pytest

class Thing:
    pass

NAMES = {names}

@pytest.mark.dimension("accuracy")
@pytest.mark.{status}
@pytest.mark.parametrize("thing", [Thing()], ids=["thing"])
@pytest.mark.parametrize("words", [{{"b", "a", "c"}}], ids=["set"])
@pytest.mark.parametrize("name", NAMES)
def test_answer(name, words, thing):
    open(f"ran-{{name}}", "w").close()
    assert "{needle}" in "haystack"  # said

@pytest.mark.cases("rows.jsonl")
@pytest.mark.dimension("accuracy")
def test_row(case):
    open(f"ran-{{case.id}}", "w").close()
"""


def write(suite, names="abcd", needle="hay", status="regression", answer=1):
    suite.file("test_x.py", TEST.format(names=list(names), needle=needle, status=status))
    rows = [{"id": f"row{n}", "answer": answer if n == 1 else 0} for n in range(3)]
    suite.file("rows.jsonl", "".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture
def stopped(suite):
    """A project whose last run was killed after three of seven cases."""
    write(suite.bars(BAR))
    suite.run("--evalbars-label=model=v1")
    suite.cut(3)
    forget(suite)
    return suite


def forget(suite):
    for path in suite.path.glob("ran-*"):
        path.unlink()


def resume(suite, *arguments, label="model=v1"):
    return suite.run("--evalbars-resume=", f"--evalbars-label={label}", *arguments)


def ran(suite):
    return sorted(path.name[4:] for path in suite.path.glob("ran-*"))


ITEM = "test_x.py::test_answer[{}-set-thing]"
CHANGES = {
    "a case is new": ({"names": "abxcd"}, "1 trial is planned now and not in the run: " + ITEM.format("x")),
    "cases are gone": (
        {"names": "d"},
        f"3 trials are in the run and not planned now: {ITEM.format('a')}, {ITEM.format('b')}, {ITEM.format('c')}",
    ),
    "the test is another": (
        {"needle": "stack"},
        f"4 trials are of another content (row, parameters or source of the test): {ITEM.format('a')}, ",
    ),
    "a row is another": ({"answer": 2}, "1 trial is of another content", "test_row[row1]"),
    "a label is another": ({"status": "capability"}, "4 trials are of other labels, dimensions or another cluster"),
}


@pytest.mark.parametrize(
    ("change", "workers"), [*((change, ()) for change in CHANGES), ("cases are gone", ("-n", "2"))], ids=str
)
def test_cases_that_differ_are_named(stopped, change, workers):
    changed, *said = CHANGES[change]
    write(stopped, **changed)
    (path,) = stopped.run_files()
    before = path.read_bytes()
    result = resume(stopped, *workers)
    assert (result.exit, ran(stopped), path.read_bytes()) == (4, [], before)
    result.said("ERROR: --evalbars-resume: ", path.name, "is not a run of what would run now:", *said)
    result.said("run everything again without --evalbars-resume, or go on all the same with --evalbars-force")
    result.never_said("INTERNALERROR", "Traceback")
    assert (result.out + result.err).count("trial is") + (result.out + result.err).count("trials are") == 1


def test_a_comment_a_new_parameter_list_and_other_addresses_change_nothing_that_is_asked(stopped):
    path = stopped.path / "test_x.py"
    text = (
        path.read_text()
        .replace("class Thing", "# A comment.\n\n\nclass Thing")
        .replace('"b", "a", "c"', '"c", "b", "a"')
    )
    path.write_text(text)
    result = resume(stopped)
    assert (result.exit, ran(stopped)) == (0, ["d", "row0", "row1", "row2"])


def test_labels_that_differ_are_told(stopped):
    result = resume(stopped, label="model=v2")
    assert (result.exit, ran(stopped)) == (4, [])
    result.said("the run's labels are model=v1, this session's are model=v2")
    result = stopped.run("--evalbars-resume=")
    assert result.exit == 4
    result.said("the run's labels are model=v1, this session's are none")


def git(suite, *words):
    subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x@x", *words], cwd=suite.path, check=True)


@pytest.fixture
def committed(suite):
    """The same project under git, stopped on a tree that already had a change."""
    write(suite.bars(BAR))
    suite.file("prompt.txt", "Be kind.")
    git(suite, "init", "-q")
    git(suite, "add", "pyproject.toml", "test_x.py", "rows.jsonl", "prompt.txt")
    git(suite, "commit", "-qm", "x")
    suite.file("prompt.txt", "Be kinder.")
    suite.run("--evalbars-label=model=v1")
    suite.cut(3)
    return suite


def test_the_same_changes_to_the_same_commit_are_the_same_code(committed):
    committed.file("untracked.txt", "x")
    assert resume(committed).exit == 0
    header = json.loads(committed.run_files()[0].read_text().splitlines()[0])
    assert len(header["changes"]) == 12
    git(committed, "commit", "-qam", "y")
    assert committed.run("--evalbars-run=clean.jsonl").exit == 0
    assert json.loads((committed.path / "clean.jsonl").read_text().splitlines()[0])["changes"] == ""


def test_other_changes_to_the_same_commit_are_other_code(committed):
    committed.file("prompt.txt", "Be kindest.")
    result = resume(committed)
    assert result.exit == 4
    result.said("the code's uncommitted changes (git diff HEAD) are not those of the run")


def test_another_commit_is_other_code(committed):
    git(committed, "commit", "-qam", "y")
    result = resume(committed)
    assert result.exit == 4
    result.said("the code was at commit ", ", and is at commit ")


def test_code_that_left_git_is_other_code(committed):
    (committed.path / ".git").rename(committed.path / "gone")
    result = resume(committed)
    assert result.exit == 4
    result.said("the code was at commit ", ", and is at no commit of git")


# -- forced --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [(), SLOWLY], ids=["serial", "workers"])
def test_what_is_forced_is_said_and_what_exists_no_longer_is_not_judged(stopped, workers):
    write(stopped, names="bxcd", needle="stack")
    result = resume(stopped, "--evalbars-force", *workers)
    assert ran(stopped) == ["d", "row0", "row1", "row2", "x"]
    result.said("2 of 7 trials are taken from it, 5 run now")
    note = "resumed by force, although "
    gone = f"1 trial is in the run and not planned now: {ITEM.format('a')}"
    result.said(
        note + "1 trial is planned now and not in the run", note + gone, note + "3 trials are of another content"
    )
    result.said("7 cases, 7 trials, 0 errors", "note: the run was " + note, "gate passed")
    assert result.exit == 0
    (path,) = stopped.run_files()
    run = load_run(path)
    assert sorted(run.cases[code] for code in run.case) == sorted(
        [*(ITEM.format(name) for name in "bxcd"), "row0", "row1", "row2"]
    )
    assert (run.complete, run.trials) == (True, 7)


def test_what_comes_back_after_it_was_dropped_by_force_runs_anew(stopped):
    write(stopped, names="bcd")
    resume(stopped, "--evalbars-force")
    stopped.cut(3)
    forget(stopped)
    write(stopped, names="abcd")
    result = resume(stopped, "--evalbars-force")
    result.said("2 of 7 trials are taken from it, 5 run now")
    assert ran(stopped) == ["a", "d", "row0", "row1", "row2"]
    run = load_run(*stopped.run_files())
    assert (run.complete, run.trials, len(run)) == (True, 7, 7)


def test_what_was_said_under_other_labels_keeps_them(stopped):
    result = resume(stopped, "--evalbars-force", label="model=v2")
    assert result.exit == 0
    run = load_run(*stopped.run_files())
    models = {run.cases[c]: run.labelsets[s]["model"] for c, s in zip(run.case, run.labelset, strict=True)}
    assert models == {ITEM.format(n): "v1" for n in "abc"} | dict.fromkeys(
        [ITEM.format("d"), "row0", "row1", "row2"], "v2"
    )
    stopped.cut()
    assert resume(stopped, label="model=v2").exit == 0  # the labels of the run are now those it was resumed with


# -- which run -----------------------------------------------------------------------------------------------------


def test_a_complete_run_has_nothing_to_resume(suite):
    path = suite.bars(BAR).cases(3, 3).run().path
    for how in ("--evalbars-resume=", f"--evalbars-resume={path}"):
        before = path.read_bytes()
        result = suite.run(how)
        assert (result.exit, path.read_bytes()) == (4, before)
        result.said("ERROR: --evalbars-resume: ", path.name, "complete", "there is nothing to resume")


@pytest.mark.parametrize("last", [(), ("--evalbars-missed",)], ids=["complete", "second look"])
def test_an_older_run_is_suggested_and_not_taken_in_silence(stopped, last):
    (old,) = stopped.run_files()
    old = old.rename(old.with_name("2020-01-01T00-00-00-abcd.jsonl"))
    other = stopped.cases(5, 6, name="test_other.py")
    assert other.run("test_other.py").exit == 0
    new = other.run("test_other.py", *last).path
    result = resume(stopped)
    assert (result.exit, ran(stopped)) == (4, [])
    why = "was a second look at cases that missed" if last else "is complete"
    name = f".evalbars/runs/{old.name}"
    result.said(new.name, why, "an older one", name, "is not complete: name it", f"--evalbars-resume={name}")
    (stopped.path / "test_other.py").unlink()
    assert stopped.run(f"--evalbars-resume={name}", "--evalbars-label=model=v1").exit == 0


def test_the_last_run_is_taken_of_two_that_are_not_complete(stopped):
    (old,) = stopped.run_files()
    before = old.read_bytes()
    stopped.cut(3, stopped.run().path)
    result = stopped.run("--evalbars-resume=")
    assert (result.exit, old.read_bytes()) == (0, before)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--evalbars-resume=",), ("there is no run to go on with", ".evalbars/runs", "--evalbars-resume=FILE")),
        (("--evalbars-resume=no.jsonl",), ("no.jsonl: there is no such run file",)),
        (("--evalbars-resume=no.jsonl", "-n", "2"), ("no.jsonl: there is no such run file",)),
        (("--evalbars-resume", "test_cases.py"), ("test_cases.py is no run file", "write --evalbars-resume= ")),
        (
            ("--evalbars-resume=a.jsonl", "--evalbars-run=b.jsonl"),
            ("a.jsonl", "--evalbars-run=b.jsonl names another"),
        ),
    ],
    ids=["no run", "no file", "no file for workers", "a test", "two files"],
)
def test_what_cannot_be_meant_is_told(suite, arguments, said):
    suite.bars(BAR).cases(3, 3)
    result = suite.run(*arguments)
    assert result.exit == 4
    result.said("ERROR: --evalbars-resume: ", *said)
    result.never_said("INTERNALERROR", "Traceback", "passed")


def test_a_second_look_and_a_run_to_go_on_with_exclude_each_other(stopped):
    result = resume(stopped, "--evalbars-missed")
    assert (result.exit, ran(stopped)) == (4, [])
    result.said("--evalbars-missed looks at cases again", "--evalbars-resume", "leave one of the two out")


def test_the_run_file_may_be_named_twice(stopped):
    (path,) = stopped.run_files()
    assert resume(stopped, f"--evalbars-run={path}").exit == 0
    assert load_run(path).complete


def test_a_session_without_a_case_resumes_nothing(stopped):
    stopped.file("test_plain.py", "def test_plain(): pass\n")
    result = resume(stopped, "test_plain.py")
    assert result.exit == 4
    result.said("ERROR: --evalbars-resume was asked for, but this session ran no eval case")


def test_a_second_look_is_not_resumed(suite):
    suite.bars(BAR).cases(3, 5).run()
    path = suite.run("--evalbars-missed").path
    result = suite.run(f"--evalbars-resume={path}")
    assert result.exit == 4
    result.said("is a second look at cases that missed, which feeds no bar")


def test_a_shard_goes_on_as_the_same_shard(suite):
    suite.bars(BAR).cases(9, 12)
    shard = ("--evalbars-shard=1/2", "--evalbars-run=1.jsonl")
    assert suite.run(*shard).exit == 0
    path = suite.cut(3, suite.path / "1.jsonl")
    for wrong, said in (
        ((), "is of shard 1/2, and this session is none; add --evalbars-shard=1/2"),
        (("--evalbars-shard=2/2",), "is of shard 1/2, and this session is shard 2/2; add --evalbars-shard=1/2"),
    ):
        result = suite.run("--evalbars-resume=1.jsonl", *wrong)
        assert result.exit == 4
        result.said(said)
    assert suite.run("--evalbars-shard=2/2", "--evalbars-run=2.jsonl").exit == 0
    for part in (1, 2):  # how long the run's own cases take does not divide them anew
        lines = [json.loads(line) for line in (suite.path / f"{part}.jsonl").read_text().splitlines()]
        for number, line in enumerate(lines):
            if line["type"] == "trial":
                line["measures"] = {"seconds": float(number**2)}
        end = {"type": "end", "exit": 0}
        suite.file(f".evalbars/runs/{part}.jsonl", "".join(json.dumps(line) + "\n" for line in [*lines, end]))
    assert main(["gate", str(path), str(suite.path / "2.jsonl")]) == 10
    result = suite.run("--evalbars-resume=1.jsonl", "--evalbars-shard=1/2")
    assert result.exit == 0
    result.said("3 of 6 trials are taken from it, 3 run now", "shard 1 of 2: ran 6 of 12 cases")
    assert main(["gate", str(path), str(suite.path / "2.jsonl")]) == 0
    assert main(["gate", str(path)]) == 4


def test_a_run_without_shards_does_not_go_on_as_one(stopped):
    result = resume(stopped, "--evalbars-shard=1/2")
    assert (result.exit, ran(stopped)) == (4, [])
    result.said("is of no shard, and this session is shard 1/2; leave --evalbars-shard out")


# -- damaged files -------------------------------------------------------------------------------------------------


def _replaced(number, line):
    return lambda lines: [*lines[:number], line, *lines[number + 1 :]]


def _inserted(number, line):
    return lambda lines: [*lines[:number], line, *lines[number:]]


DAMAGES = {
    "empty": (lambda lines: lines[:0], "it has no manifest line"),
    "header torn": (lambda lines: [lines[0][:40]], "line 1: not valid JSON"),
    "header no header": (lambda lines: lines[1:], "line 1: not the header of a run file"),
    "header a list": (_replaced(0, "[1, 2]\n"), "line 1: not the header of a run file"),
    "header broken": (_replaced(0, '{"type": "header", "schema": "x"}\n'), "line 1: the header is damaged"),
    "header of tomorrow": (
        _replaced(0, '{"type": "header", "schema": 9}\n'),
        "its schema is 9, this pytest-evalbars reads up to 1; upgrade it",
    ),
    "no manifest": (lambda lines: [lines[0], *lines[2:]], "it has no manifest line"),
    "manifest torn": (lambda lines: [lines[0], lines[1][:200]], "it has no manifest line"),
    "manifest broken": (
        _replaced(1, '{"type": "manifest", "items": ["x"], "planned": "[{]"}\n'),
        "line 2: the manifest is damaged",
    ),
    "manifest without a case": (
        _replaced(1, '{"type": "manifest", "items": ["x"], "planned": "[]"}\n'),
        "line 2: the manifest is damaged",
    ),
    "manifest of another tool": (
        _replaced(1, '{"type": "manifest", "items": ["x"], "left_out": []}\n'),
        "its manifest does not tell what its cases were",
    ),
    "manifest without contents": (
        lambda lines: [lines[0], _without_contents(lines[1]), *lines[2:]],
        "7 trials are of unknown content, because the run does not tell it: ",
    ),
    "a line in the middle": (_inserted(3, '{"type": "trial", "ca\n'), "line 4: not valid JSON"),
    "a trial without a case": (_inserted(3, '{"type": "trial"}\n'), "line 4: the trial is damaged"),
}


def _without_contents(line):
    manifest = json.loads(line)
    planned = json.loads(manifest["planned"])
    for group in planned:
        group["items"] = [item[:4] for item in group["items"]]
    return json.dumps(manifest | {"planned": json.dumps(planned)}) + "\n"


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_named_and_left_as_it_is(stopped, damage):
    (path,) = stopped.run_files()
    how, said = DAMAGES[damage]
    path.write_text("".join(how(path.read_text().splitlines(keepends=True))))
    before = path.read_bytes()
    result = resume(stopped)
    assert (result.exit, ran(stopped), path.read_bytes()) == (4, [], before)
    result.said("ERROR: --evalbars-resume: ", path.name, said)
    result.never_said("INTERNALERROR", "Traceback")


def test_a_file_that_cannot_be_written_is_told(stopped):
    (path,) = stopped.run_files()
    (path.with_suffix(".link")).symlink_to("/proc/version")
    result = stopped.run(f"--evalbars-resume={path.with_suffix('.link')}")
    assert result.exit == 4
    result.said("ERROR: --evalbars-resume: ", "the run file cannot be written")
