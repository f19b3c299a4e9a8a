"""A job on GitHub: the report in its summary, annotations at the tests, and no command that a model wrote."""

import re
from pathlib import Path

import pytest
from markdown_reports import bar, miss, report

from pytest_evalbars.report.annotations import annotated, place
from pytest_evalbars.report.model import DecisionTold, Misses

HOSTILE = "::error::mine\n::set-env name=PATH::x\n  ::add-mask::x\n##[error]mine\n::stop-commands::x"
BARS = '[[bar]]\ndimension = "accuracy"\nat_least = 0.9\n'


@pytest.fixture
def job(suite, monkeypatch, tmp_path_factory):
    """The file of the step's summary, in a job whose workspace is the folder of the suite."""
    path = tmp_path_factory.mktemp("runner") / "summary.md"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    monkeypatch.setenv("GITHUB_WORKSPACE", str(suite.path))
    return path


def commands(out):
    """What a runner obeys of a log: `::command::` at the beginning of a line, `##[command]` anywhere in it."""
    found, stopped = [], None
    for line in out.splitlines():
        words = line.strip()
        if stopped is not None:
            if words == f"::{stopped}::":
                stopped = None
        elif words.startswith("::stop-commands::"):
            stopped = words.removeprefix("::stop-commands::")
        elif re.match(r"::[\w-]+.*?::", words) or "##[" in words:
            found.append(words)
    assert stopped is None
    return found


def test_a_missed_bar_is_in_the_summary_and_points_at_its_test(suite, job):
    suite.bars(BARS).cases(20, 60)
    result = suite.run()
    (command,) = commands(result.out)
    assert command.startswith(
        "::error file=test_cases.py,line=6,title=missed%3A pass_rate%3Aaccuracy::accuracy: pass"
    )
    assert "%0Amissed cases: test_cases.py::test_answer[case-020] (wrong answer 20" in command
    text = job.read_text(encoding="utf-8")
    assert text.startswith("### ❌ Gate failed (exit 1)\n\n1 of 1 verdict fails: pass\\_rate:accuracy\n")
    assert "| `test_cases.py::test_answer[case-059]` | accuracy | - | `wrong answer 59" in text
    assert result.exit == 1


def test_sessions_of_one_step_stand_one_below_the_other(suite, job):
    suite.bars(BARS).cases(60, 60)
    job.write_text("# what another tool wrote, without an end", encoding="utf-8")
    suite.run()
    result = suite.run()
    text = job.read_text(encoding="utf-8")
    assert text.startswith("# what another tool wrote, without an end\n\n### ✅ Gate passed\n")
    assert text.count("\n\n### ✅ Gate passed\n\n1 of 1 verdict met\n") == 2
    assert commands(result.out) == []


def test_the_summary_of_a_step_is_never_more_than_github_takes(suite, job):
    suite.bars(BARS).cases(20, 60)
    job.write_text("x" * (1_048_576 - 3_000), encoding="utf-8")
    result = suite.run()
    assert 1_048_576 - 3_000 < job.stat().st_size <= 1_048_576
    assert "### ❌ Gate failed" in job.read_text(encoding="utf-8")
    before = job.stat().st_size
    result = suite.run()
    assert job.stat().st_size == before
    result.said("note: the report is not in the step's summary, which is full: GitHub takes 1 MiB a step")
    assert result.exit == 1


def test_a_summary_that_cannot_be_written_is_a_note(suite, job, monkeypatch):
    suite.bars(BARS).cases(60, 60)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(job / "none" / "summary.md"))
    result = suite.run()
    result.said("gate passed", "note: the report is not in the step's summary: ", "cannot be written")
    assert result.exit == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is full")
@pytest.mark.usefixtures("job")
def test_a_full_disk_is_a_note_too(suite, monkeypatch):
    suite.bars(BARS).cases(60, 60)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "/dev/full")
    result = suite.run()
    result.said("gate passed", "note: the report is not in the step's summary: /dev/full cannot be written")
    assert result.exit == 0


@pytest.mark.usefixtures("job")
def test_a_fault_of_ours_is_a_note_too(suite, monkeypatch):
    suite.bars(BARS).cases(60, 60)
    monkeypatch.setattr("pytest_evalbars.report.markdown.markdown", lambda *_: 1 / 0)
    result = suite.run()
    result.said("gate passed", "note: GitHub was not told: ZeroDivisionError")
    assert result.exit == 0


def test_without_the_variables_nothing_is_said(suite, job, monkeypatch):
    monkeypatch.delenv("GITHUB_ACTIONS")
    suite.bars(BARS).cases(20, 60)
    result = suite.run()
    result.never_said("::stop-commands::", "::error")
    assert job.exists()
    monkeypatch.delenv("GITHUB_STEP_SUMMARY")
    job.unlink()
    suite.run().never_said("step's summary")
    assert not job.exists()


@pytest.mark.slow
def test_workers_tell_nothing_themselves(suite, job):
    suite.bars(BARS).cases(20, 60)
    result = suite.run("-n2")
    assert len(commands(result.out)) == 1
    assert job.read_text(encoding="utf-8").count("### ") == 1


def test_a_session_that_is_stopped_says_that_bars_were_not_judged(suite, job):
    suite.bars(BARS).file(
        "test_cases.py",
        """
        import pytest

        @pytest.mark.dimension("accuracy")
        def test_answer():
            pytest.exit("enough")
        """,
    )
    result = suite.run()
    (command,) = commands(result.out)
    assert command.startswith("::error title=evalbars%3A bars not judged::the session was interrupted")
    assert job.read_text(encoding="utf-8").startswith("### ❌ Bars not judged\n\nthe session was interrupted")


def test_a_shard_tells_nothing_and_the_gate_tells_of_all(suite, job):
    suite.bars(BARS).cases(20, 60)
    for shard in (1, 2):
        assert commands(suite.run(f"--evalbars-shard={shard}/2", f"--evalbars-run=shard-{shard}.jsonl").out) == []
    assert not job.exists()
    result = suite.command("gate", "shard-1.jsonl", "shard-2.jsonl")
    (command,) = commands(result.out)
    assert command.startswith("::error file=test_cases.py,line=6,title=missed%3A")
    assert job.read_text(encoding="utf-8").count("### ❌ Gate failed") == 1
    result = suite.command("gate", "shard-1.jsonl", "shard-2.jsonl", "--json")
    assert commands(result.out) == []
    assert len(commands(result.err)) == 1
    assert job.read_text(encoding="utf-8").count("### ❌ Gate failed") == 2


def test_a_model_gives_the_runner_no_command(suite, job):
    suite.bars(BARS).file(
        "test_cases.py",
        f"""
        import pytest

        HOSTILE = {HOSTILE!r}

        @pytest.mark.dimension("accuracy")
        @pytest.mark.parametrize("case_", ["##[error]x", "::error::x", "a"])
        def test_missed(case_):
            print(HOSTILE)
            assert not HOSTILE, HOSTILE

        @pytest.mark.dimension("tone")
        def test_alone():
            print(HOSTILE)
            pytest.fail(HOSTILE)

        @pytest.mark.dimension("accuracy")
        def test_error(capfd):
            with capfd.disabled():
                pass
            print(HOSTILE)
            raise ValueError(HOSTILE)

        @pytest.mark.dimension(HOSTILE.splitlines()[0])
        @pytest.mark.category(HOSTILE)
        def test_names():
            assert False, HOSTILE
        """,
    )
    for words in ((), ("-rA",), ("-q",), ("--evalbars-as-tests",)):
        result = suite.run(*words)
        assert result.exit == 1
        ours = commands(result.out)
        assert ours
        assert all(
            re.match(r"::error (file=test_cases\.py,line=\d+,)?title=(missed|evalbars)", each) for each in ours
        )
        assert commands(result.err) == []
    gate = suite.command("gate", result.path)
    assert len(commands(gate.out)) == len(commands(result.out))
    text = job.read_text(encoding="utf-8")
    assert "\n::" not in text


def test_errors_are_errors_only_where_they_fail_the_session(suite, job):
    suite.bars('max_errors = 1\n[[bar]]\ndimension = "accuracy"\nat_least = 0.5\n').cases(60, 60)
    suite.file("test_error.py", 'import pytest\n\n@pytest.mark.dimension("accuracy")\ndef test_it():\n    1 / 0\n')
    (command,) = commands(suite.run().out)
    assert command == (
        "::warning file=test_error.py,line=4,title=evalbars%3A errors::1 trial could not be judged, "
        "as of test_error.py::test_it: ZeroDivisionError: division by zero"
    )
    assert "**errors**" in job.read_text(encoding="utf-8")


def test_beyond_ten_of_a_kind_the_last_one_counts_the_others(tmp_path):
    bars = [bar(f"bar-{number}", f"d{number}") for number in range(25)]
    said = list(annotated(report(bars=bars), Misses(), tmp_path, tmp_path))
    assert [each.partition(" ")[0] for each in said] == ["::error"] * 10
    assert said[-1].endswith("(and 16 more errors: see the report)")  # with the miss that no bar holds


def test_a_session_that_fails_for_another_reason_says_which(tmp_path):
    decision = DecisionTold(
        outcome="undecided", exit_code=10, sentence="gate undecided: cases were left out", stage="testing",
        confidence=0.95, allowed_errors=0,
    )  # fmt: skip
    said = list(annotated(report(bars=(), decision=decision), Misses(), tmp_path, tmp_path))
    assert said == ["::error title=evalbars::gate undecided: cases were left out"]


def test_the_worst_case_of_a_bar_that_compares_is_one_that_got_worse(tmp_path):
    misses = Misses(shown=(miss("a", test="a.py::test_a"), miss("plain words", test="b.py::test_b")))
    misses = misses.model_copy(
        update={"shown": (misses.shown[0], misses.shown[1].model_copy(update={"case": "plain words"}))}
    )
    drop = bar("drop", "faithfulness", compares=True, dimension=None)
    said = list(annotated(report(bars=[drop]), misses, tmp_path, tmp_path))
    assert said[0].startswith("::error file=b.py,title=missed%3A drop::")


SOURCE = """\
import pytest

class TestOuter:
    class TestInner:
        @pytest.mark.dimension("a")
        @pytest.mark.parametrize("x", [1])
        async def test_it(self, x): ...

    def test_it(self): ...

if True:
    def test_conditional(): ...

class TestChild(TestOuter): ...
"""


@pytest.mark.parametrize(
    ("test", "found"),
    [
        ("evals/test_a.py::TestOuter::TestInner::test_it[1-::x]", ("repo/evals/test_a.py", 7)),
        ("evals/test_a.py::TestOuter::test_it", ("repo/evals/test_a.py", 9)),
        ("evals/test_a.py::test_conditional[a::b[c]]", ("repo/evals/test_a.py", 12)),
        ("evals/test_a.py::TestChild::test_it", ("repo/evals/test_a.py", 14)),
        ("evals/test_a.py::test_gone", ("repo/evals/test_a.py", 0)),
        ("evals/test_gone.py::test_gone", ("repo/evals/test_gone.py", 0)),
        ("evals/broken.py::test_a", ("repo/evals/broken.py", 0)),
        ("../../elsewhere/test_a.py::test_it", ("", 0)),
        ("/etc/test_a.py::test_it", ("", 0)),
        ("evals/cases.yaml::one", ("", 0)),
        ("", ("", 0)),
        ("\x00.py::test_a", ("", 0)),
    ],
)
def test_the_place_of_a_test(tmp_path, test, found):
    folder = tmp_path / "work" / "repo" / "evals"
    folder.mkdir(parents=True)
    (folder / "test_a.py").write_text(SOURCE, encoding="utf-8")
    (folder / "broken.py").write_text("def test_a(:\n", encoding="utf-8")
    assert place(test, folder.parent, tmp_path / "work") == found
