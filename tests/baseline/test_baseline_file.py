"""The baseline file: what a team reviews in a diff, and what comes back from it."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter, defaultdict
from difflib import unified_diff
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_evalbars import Run, decide, load_bars, load_run
from pytest_evalbars.errors import RunFileError
from pytest_evalbars.run.baseline import kept_lines, load_baseline, why_not_baseline, write_baseline
from pytest_evalbars.run.case_lines import as_before
from pytest_evalbars.run.contents import contents_of
from pytest_evalbars.run.matching import match
from pytest_evalbars.run.plan import Planned, packed

HEADER = {
    "type": "header",
    "schema": 1,
    "run": "2026-11-20T22-41-07-3f9c",
    "started": "2026-11-20T22:41:07Z",
    "commit": "3f9c",
    "changes": "",
    "labels": {"model": "v2"},
    "versions": {"python": "3.12"},
    "confidence": 0.95,
    "max_errors": 0,
    "bars": [{"dimension": ["tone"], "at_least": 0.7, "name": "polite"}],
}
TEST = "evals/test_support.py::test_answer"
MEND = "; take back the committed one (git checkout base.jsonl), or write it anew with --evalbars-update-baseline"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(case, trial=0, test=TEST, labels=None, cluster=None, content="c0", measures=None, **dimensions):
    """A planned trial and its lines; of each dimension an outcome, or an outcome with a score and a level."""
    labels = labels or {"status": "regression", "category": "refunds"}
    file = "evals/support.jsonl" if cluster else ""
    one = Planned(f"{test}[{case}-{trial}]", case, test, trial, tuple(dimensions), labels, cluster, content, file)
    key = {"case": case, "test": test, "trial": trial}
    lines = [
        {"type": "trial", **key, "item": one.item, "labels": labels, "cluster": cluster, "measures": measures or {}}
    ]
    for name, verdict in dimensions.items():
        outcome, score, level = (verdict, None, None) if isinstance(verdict, str) else verdict
        line = {"dimension": name, "outcome": outcome, "score": score, "level": level, "reason": "a model's words"}
        lines.append({"type": "observation", **key, **line})
    return one, lines


def run_of(*trials, header=HEADER, asked=(), **more):
    manifest = {"type": "manifest", "items": [one.item for one, _ in trials], "asked": list(asked), **more}
    lines = [line for _, lines in trials for line in lines]
    planned = {"planned": packed([one for one, _ in trials])}
    return Run.from_observations([header, manifest | planned, *lines, {"type": "end", "exit": 0}])


def here():
    return [path.name for path in Path().iterdir()]


def written(run, path="base.jsonl", **more):
    write_baseline(Path(path), run, **more)
    return Path(path).read_text(encoding="utf-8")


def cases_of(text):
    return [line for line in text.splitlines() if line.startswith('{"case"')]


def support():
    """A small run of every kind of case."""
    return run_of(
        said("refund-2", cluster="doc 7", content="c2", measures={"seconds": 1.5}, accuracy="miss", tone="pass"),
        said("refund-1", 0, measures={"seconds": 0.81, "tokens_in": 90, "chunks": 3}, accuracy="pass", tone="pass"),
        said("refund-1", 1, measures={"seconds": 0.8234, "tokens_in": 91}, accuracy="miss", tone="error"),
        said("refund-1", 2, measures={"seconds": 0.79, "tokens_in": 92}, accuracy="pass", tone="skipped"),
        said("graded", 0, tone=("pass", 2 / 3, "adequate")),
        said("graded", 1, tone=("pass", 2 / 3, "excellent")),
        said("graded", 2, tone=("miss", 0.0, "awful")),
        said("unheard", accuracy="error"),
    )


def test_a_person_reads_the_file():
    assert written(support()) == (
        '{"type": "baseline", "schema": 1, "run": "2026-11-20T22-41-07-3f9c", "started": "2026-11-20T22:41:07Z", '
        '"commit": "3f9c", "changes": "", "labels": {"model": "v2"}, "confidence": 0.95, "max_errors": 0, '
        '"versions": {"python": "3.12"}}\n'
        '{"type": "bar", "dimension": ["tone"], "at_least": 0.7, "name": "polite"}\n'
        '{"case": "graded", "dimensions": {"tone": {"passes": 2, "trials": 3, "score": 0.444444, '
        '"levels": {"adequate": 1, "excellent": 1, "awful": 1}}}, '
        '"labels": {"category": "refunds", "status": "regression"}, '
        '"test": "evals/test_support.py::test_answer", "content": "c0"}\n'
        '{"case": "refund-1", "dimensions": {"accuracy": {"passes": 2, "trials": 3}, '
        '"tone": {"passes": 1, "trials": 1, "errors": 1}}, '
        '"measures": {"tokens_in": 91, "chunks": 3}, '
        '"labels": {"category": "refunds", "status": "regression"}, '
        '"test": "evals/test_support.py::test_answer", "content": "c0"}\n'
        '{"case": "refund-2", "dimensions": {"accuracy": {"passes": 0, "trials": 1}, '
        '"tone": {"passes": 1, "trials": 1}}, '
        '"labels": {"category": "refunds", "status": "regression"}, "cluster": "doc 7", '
        '"test": "evals/test_support.py::test_answer", "file": "evals/support.jsonl", "content": "c2"}\n'
        '{"case": "unheard", "dimensions": {"accuracy": {"passes": 0, "trials": 0, "errors": 1}}, '
        '"labels": {"category": "refunds", "status": "regression"}, '
        '"test": "evals/test_support.py::test_answer", "content": "c0"}\n'
    )


def test_a_run_finds_itself_in_its_baseline():
    run = support()
    written(run)
    base = load_baseline(Path("base.jsonl"))
    found = match(base, run)
    assert (found.renamed, found.changed, found.new, found.removed) == ((), (), (), ())
    assert [base.cases[code] for code in found.before_of] == run.cases
    assert contents_of(base) == contents_of(run)
    assert base.headers[0]["bars"] == HEADER["bars"]
    assert base.headers[0]["commit"] == "3f9c"
    assert base.complete
    assert (base.trials, base.errors) == (9, 2)  # of one trial the error on tone stands apart
    assert {base.labelsets[code]["model"] for code in base.labelset} == {"v2"}


def test_edits_are_called_what_they_are(suite):
    """Through sessions: of cases in a file one is edited, one renamed, one removed, one new."""
    rows = [{"id": f"q{n}", "question": f"what is {n}?", "category": "maths"} for n in range(6)]
    suite.file(
        "test_x.py",
        """
        import pytest

        @pytest.mark.dimension("accuracy")
        @pytest.mark.cases("rows.jsonl")
        def test_answer(case, evalcase):
            evalcase.measure(chunks=2)
            assert "5" not in case["question"]
        """,
    )

    def session():
        suite.file("rows.jsonl", "\n".join(map(json.dumps, rows)))
        return load_run(suite.run("--evalbars-stage=none").path)

    first = session()
    before = written(first, suite.path / "base.jsonl")
    base = load_baseline(suite.path / "base.jsonl")
    assert match(base, session()).before_of.tolist() == [0, 1, 2, 3, 4, 5]
    rows[1]["question"], rows[2]["id"], rows[3] = "what is one?", "two", {"id": "q9", "question": "?"}
    after = session()
    found = match(base, after)
    assert (found.renamed, found.changed) == ((("q2", "two"),), ("q1",))
    assert (found.new, found.removed) == (("q9",), ("q3",))
    line = next(line for line in cases_of(before) if '"q5"' in line)
    assert json.loads(line)["dimensions"] == {"accuracy": {"passes": 0, "trials": 1}}
    assert json.loads(line)["file"] == "rows.jsonl"
    assert '"file"' in line
    header = json.loads(before.splitlines()[0])
    assert (header["confidence"], header["max_errors"]) == (0.95, 0)


def test_one_edited_case_is_one_changed_line():
    def trials(edited):
        content, outcome = ("c9", "miss") if edited else ("c0", "pass")
        return [
            said(f"q{n}", content=content if n == 7 else "c0", accuracy=outcome if n == 7 else "pass")
            for n in range(20)
        ]

    before = written(run_of(*trials(edited=False)))
    after = written(run_of(*reversed(trials(edited=True))))
    diff = list(unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm=""))[3:]
    assert [line[:15] for line in diff] == ['-{"case": "q7",', '+{"case": "q7",']


def test_neither_order_nor_other_runs_change_the_lines():
    one, other = run_of(*(said(f"q{n}", k, accuracy="pass") for n in range(9) for k in range(2))), None
    trials = [said(f"q{n}", k, accuracy="pass") for n in reversed(range(9)) for k in (1, 0)]
    other = run_of(*trials, header=HEADER | {"run": "another"})
    assert cases_of(written(one)) == cases_of(written(other))


# -- any run, there and back --------------------------------------------------------------------------------------

NAMES = st.sampled_from(["q1", "q2", "é \u202e\x7f", "a::b[c-t]", "\ud800"])
SHARES = st.sampled_from([0, 1, 0.25, 1 / 3, 0.123456789])


@st.composite
def observations(draw):
    """Lines of trials and observations, in any shape that another tool may write."""
    rows = []
    keys = draw(st.lists(st.tuples(NAMES, st.sampled_from(["", "t.py::a", "t.py::b"])), unique=True, max_size=6))
    for case, test in keys:
        cluster, several = draw(st.sampled_from([None, "x", "y", 3])), draw(st.booleans())
        scores = SHARES if draw(st.booleans()) else st.none()
        alike = {"category": draw(st.sampled_from("ab"))}
        for trial in range(draw(st.integers(1, 4))):
            key = {"case": case, "test": test, "trial": trial}
            labels = {"category": draw(st.sampled_from("ab"))} if several else alike
            measures = draw(st.dictionaries(st.sampled_from(["seconds", "own"]), st.floats(0, 1e6), max_size=2))
            rows.append({"type": "trial", **key, "labels": labels, "cluster": cluster, "measures": measures})
            for dimension in draw(st.sets(st.sampled_from(["d0", "d1"]), min_size=1)):
                level = draw(st.sampled_from([None, "good", "bad"]))
                outcome = draw(st.sampled_from(["pass", "miss", "error", "skipped"]))
                said = {"outcome": outcome, "score": draw(scores), "level": level}
                rows.append({"type": "observation", **key, "dimension": dimension, **said})
    return rows


def summed(run):
    """What a run says of each case, test, set of labels and dimension, added up anew."""
    found = defaultdict(lambda: SimpleNamespace(outcomes=Counter(), scores=[], levels=Counter(), clusters=set()))
    measured, erred = defaultdict(dict), set()
    for row in range(len(run)):
        trial = (run.name(row), run.tests[run.test[row]], int(run.trial[row]))
        labels = json.dumps(run.labelsets[run.labelset[row]], sort_keys=True)
        each = found[*trial[:2], labels, run.dimensions[run.dimension[row]]]
        code = int(run.cluster[row])
        each.clusters.add(run.clusters[code] if code >= 0 else None)
        if run.outcome[row] == 2:
            erred.add(trial)
        if run.outcome[row] > 1:
            continue
        each.outcomes[int(run.outcome[row])] += 1
        each.scores += [] if np.isnan(run.score[row]) else [float(run.score[row])]
        each.levels += Counter([run.levels[run.level[row]]] if run.level[row] >= 0 else [])
        for name, column in run.extras.measures.items() if run.entry[row] >= 0 else ():
            if not np.isnan(value := column[run.entry[row]]):
                measured[*trial[:2], labels, name][trial] = float(value)
    means = {
        key: np.mean(kept)
        for key, values in measured.items()
        if (kept := [value for trial, value in values.items() if trial not in erred])
    }
    return dict(found), means


def mean(values):
    return np.mean(values) if values else -1.0


@settings(max_examples=40, deadline=None, derandomize=True)
@given(rows=observations())
def test_there_and_back(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("there") / "base.jsonl"
    slow = {"metric": "mean_latency", "max_drop": "10%"}  # else no seconds are kept
    run = Run.from_observations([{"type": "header", "labels": {"model": "v2"}, "bars": [slow]}, *rows])
    text = written(run, path)
    base = load_baseline(path)

    (was, measured), (now, still) = summed(run), summed(base)
    assert now.keys() == was.keys()
    for key, each in now.items():
        assert each.outcomes == was[key].outcomes
        assert each.levels == was[key].levels
        assert each.clusters == was[key].clusters
        assert mean(each.scores) == pytest.approx(mean(was[key].scores), rel=1e-5)
    assert still == pytest.approx(measured, rel=1e-5)
    assert written(base, path) == text
    assert match(base, run).changed == ()

    bars = [{"dimension": "d*", "metric": metric, "at_least": 0.5} for metric in ("pass_rate", "mean_score")]
    bars += [{"dimension": "d*", "metric": "pass_rate", "each": "category", "at_least": 0.5, "name": "each"}]
    bars = load_bars({"bar": bars})
    for one, other in zip(decide(run, bars).verdicts, decide(base, bars).verdicts, strict=True):
        assert (one.name, one.cases, one.trials) == (other.name, other.cases, other.trials)
        assert other.estimate == pytest.approx(one.estimate, abs=1e-5)


@pytest.mark.parametrize("metric", ["mean_latency", "mean_seconds", None])
def test_what_a_clock_measured_is_kept_where_a_bar_compares_it(metric):
    header = HEADER | {"bars": [{"metric": metric, "max_drop": 0.1}] if metric else []}
    rows = [said("q1", tone=("pass", None, None), measures={"seconds": 0.5, "cost_usd": 0.1})]
    run = run_of(*rows, header=header)
    assert ('"seconds": 0.5' in written(run)) == (metric is not None)
    assert '"cost_usd": 0.1' in written(run)


def test_what_rounding_takes_away_is_no_change():
    run = run_of(*(said(f"q{n}", tone=("pass", 2 / 3, None), measures={"cost_usd": 0.001044921}) for n in range(9)))
    written(run)
    base = load_baseline(Path("base.jsonl"))
    assert set(base.score) == {0.666667}
    assert set(base.extras.measures["cost_usd"]) == {0.00104492}
    assert as_before(base.score, run.score).tolist() == base.score.tolist()
    cost = [each.extras.measures["cost_usd"] for each in (base, run)]
    assert as_before(*cost).tolist() == cost[0].tolist()
    before, after = np.array([0, 0, 1, 0.5, np.nan, 2e-9]), np.array([0, 1e-9, 0.9999, 0.50001, 1, 2.1e-9])
    assert np.array_equal(as_before(before, after), after, equal_nan=True)


def test_nothing_that_a_model_wrote_is_kept_and_names_cannot_move_the_terminal():
    run = run_of(said("q\u202e1\x9b2J", accuracy="miss"), said("Größe 大", accuracy="pass"))
    text = written(run)
    assert "words" not in text
    assert "Größe 大" in text
    assert '"q\\u202e1\\u009b2J"' in text
    assert load_baseline(Path("base.jsonl")).cases == ["Größe 大", "q\u202e1\x9b2J"]


def test_a_run_file_serves_as_a_baseline():
    lines = [HEADER, {"case": "q1", "dimension": "accuracy", "outcome": "pass"}]
    Path("run.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n")
    assert load_baseline(Path("run.jsonl")).cases == ["q1"]


# -- files that are not what they should be -----------------------------------------------------------------------

GOOD = '{"case": "q1", "dimensions": {"accuracy": {"passes": 1, "trials": 1}}, "test": "t.py::a"}'
FIRST = '{"type": "baseline", "schema": 1}'
WRONG = {
    "nothing": ("", ": the baseline is empty"),
    "blank lines": ("\n\n", ": the baseline is empty"),
    "no JSON": ("\n<html>", ", line 2: not valid JSON"),
    "a conflict at the top": ("<<<<<<< HEAD\n", ", line 1: a merge conflict is left in it"),
    "a conflict": (f"{FIRST}\n<<<<<<< HEAD\n{GOOD}\n=======", ", line 2: a merge conflict is left in it"),
    "no JSON below": (f"{FIRST}\n{{{{\n", ", line 2: not valid JSON: "),
    "cut off": (f"{FIRST}\n{GOOD}\n{GOOD[:30]}", ": its last line is cut off"),
    "a later version": (
        '{"type": "baseline", "schema": 2}\n',
        ", line 1: not a line of a baseline: its schema is 2, this pytest-evalbars reads up to 1; upgrade it",
    ),
    "two baselines": (f"{FIRST}\n{FIRST}\n", ", line 2: not a line of a baseline: it begins a second time"),
    "a list": (f"{FIRST}\n[]\n", ", line 2: not a line of a baseline: each is one JSON object"),
    "an observation": (f'{FIRST}\n{{"case": "q"}}\n', ", line 2: the case has no 'dimensions'"),
    "no case": (f'{FIRST}\n{{"dimensions": {{}}}}\n', ", line 2: the case has no 'case'"),
    "no dimension": (
        f'{FIRST}\n{{"case": "q", "dimensions": {{}}}}\n',
        ", line 2: not a line of a baseline: case 'q'",
    ),
    "twice": (f"{FIRST}\n{GOOD}\n{GOOD}\n", ", line 3: not a line of a baseline: case 'q1' of test 't.py::a' stands"),
    "twice, apart": (
        f"{FIRST}\n{GOOD}\n\n{GOOD.replace('q1', 'q2')}\n{GOOD}\n",
        ", line 5: case 'q1' stands on line 2 already",
    ),
    "a run file's": ('{"type": "observation", "case": "q1"}\n', ", line 1: the observation has no 'outcome'"),
}


#: Those that do not even begin as a baseline does.
NO_BASELINE = ("no JSON", "a run file's")


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_with_a_file_is_said_with_the_mend(wrong):
    text, words = WRONG[wrong]
    Path("base.jsonl").write_text(text)
    with pytest.raises(RunFileError) as caught:
        load_baseline(Path("base.jsonl"))
    assert str(caught.value).startswith(f"base.jsonl{words}")
    assert str(caught.value).endswith("; name a baseline or a run file" if wrong in NO_BASELINE else MEND)
    assert "\n" not in str(caught.value)


VALUES = {
    "more passes than trials": ('"passes": 2, "trials": 1', "'accuracy' has 2 passes in 1 trials"),
    "a share of a pass": ('"passes": 0.5, "trials": 1', "'accuracy' has 0.5 passes"),
    "no end of trials": ('"passes": 1, "trials": 1000000000', "'accuracy' has 1 passes in 1000000000 trials"),
    "true": ('"passes": true, "trials": 1', "'accuracy' has True passes"),
    "no trials": ('"passes": 1', "the case has no 'trials'"),
    "a score above 1": ('"passes": 1, "trials": 1, "score": 7', "score is 7, not a number from 0 to 1"),
    "more levels than trials": ('"passes": 1, "trials": 1, "levels": {"good": 2}', "'accuracy' has 1 trials, and at"),
    "levels without number": ('"passes": 1, "trials": 1, "levels": {"good": "x"}', "'accuracy' has 1 trials, and at"),
    "levels in a list": ('"passes": 1, "trials": 1, "levels": ["good"]', "not a line of a baseline: "),
}


@pytest.mark.parametrize("wrong", VALUES)
def test_counts_that_make_no_sense(wrong):
    numbers, words = VALUES[wrong]
    line = GOOD.replace('"passes": 1, "trials": 1', numbers)
    Path("base.jsonl").write_text(f"{FIRST}\n{GOOD.replace('q1', 'q0')}\n{line}\n")
    with pytest.raises(RunFileError) as caught:
        load_baseline(Path("base.jsonl"))
    assert str(caught.value).startswith("base.jsonl, line 3: ")
    assert words in str(caught.value)


def test_no_file_and_no_regular_file():
    with pytest.raises(
        RunFileError, match=r"^base.jsonl: the baseline cannot be read: No such file or directory; name a baseline"
    ):
        load_baseline(Path("base.jsonl"))
    Path("base.jsonl").mkdir()
    with pytest.raises(RunFileError, match=r"^base.jsonl: the baseline cannot be read: Is a directory; name"):
        load_baseline(Path("base.jsonl"))
    with pytest.raises(RunFileError, match=r"^base.jsonl: the baseline cannot be written: Is a directory; nothing"):
        written(support())
    assert here() == ["base.jsonl"]


def test_lines_of_a_later_version_and_no_last_line_break_are_read():
    Path("base.jsonl").write_text(f'{FIRST}\n{{"type": "later", "x": 1}}\n{GOOD}')
    base = load_baseline(Path("base.jsonl"))
    assert (base.cases, base.trials, base.complete) == (["q1"], 1, True)


# -- writing ------------------------------------------------------------------------------------------------------


def test_a_full_disk_leaves_the_old_baseline(monkeypatch):
    before = written(run_of(said("old", accuracy="pass")))

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RunFileError) as caught:
        written(support())
    assert str(caught.value) == (
        "base.jsonl: the baseline cannot be written: No space left on device; nothing there has changed; mend that "
        "and update it again, or name another place with --evalbars-baseline=FILE"
    )
    assert Path("base.jsonl").read_text() == before
    assert here() == ["base.jsonl"]


def test_a_session_that_is_killed_while_it_writes_leaves_the_old_baseline():
    before = written(run_of(said("old", accuracy="pass")))
    program = """
import os, signal
from pathlib import Path
from pytest_evalbars import Run
from pytest_evalbars.run import baseline

def dies(run):
    for number, row in enumerate(lines_of(run)):
        if number == 5000:
            os.kill(os.getpid(), signal.SIGKILL)
        yield row

lines_of, baseline.lines_of = baseline.lines_of, dies
run = Run.from_observations({"case": f"q{n}", "dimension": "d", "outcome": "pass"} for n in range(6000))
baseline.write_baseline(Path("base.jsonl"), run)
"""
    result = subprocess.run([sys.executable, "-c", program], check=False, timeout=60)
    assert result.returncode == -signal.SIGKILL
    assert Path("base.jsonl").read_text() == before
    assert load_baseline(Path("base.jsonl")).cases == ["old"]
    (left,) = set(here()) - {"base.jsonl"}
    assert left.startswith(".base.jsonl.")
    assert Path(left).stat().st_size > 0


def test_the_folder_is_made_and_a_link_and_the_mode_are_kept():
    written(support(), "evals/kept/base.jsonl")
    Path("link.jsonl").symlink_to("evals/kept/base.jsonl")
    Path("evals/kept/base.jsonl").chmod(0o640)
    written(run_of(said("new", accuracy="pass")), "link.jsonl")
    assert Path("link.jsonl").is_symlink()
    assert load_baseline(Path("evals/kept/base.jsonl")).cases == ["new"]
    assert Path("evals/kept/base.jsonl").stat().st_mode & 0o777 == 0o640


# -- a part of the suites -----------------------------------------------------------------------------------------


def of_files(*files, **more):
    return run_of(*(said(f"{file}-1", test=f"evals/{file}.py::test_x", accuracy="pass") for file in files), **more)


@pytest.fixture
def suites(folder):
    for name in "abc":
        (folder / "evals").mkdir(exist_ok=True)
        (folder / f"evals/{name}.py").write_text("")
    written(of_files("a", "b", "c", "gone"))
    return folder


def test_what_was_not_asked_for_is_kept(suites):
    again = of_files("b", asked=["evals/b.py"], header=HEADER | {"run": "again"})
    kept = kept_lines(Path("base.jsonl"), again, suites)
    assert [row["case"] for row in kept] == ["a-1", "c-1"]
    before = Path("base.jsonl").read_text()
    after = written(again, kept=kept)
    assert json.loads(after.splitlines()[0])["kept"] == 2
    assert cases_of(after) == [line for line in cases_of(before) if "gone" not in line]
    assert json.loads(after.splitlines()[0])["labels"] == {"model": "v2"}


def test_a_suite_that_has_no_case_any_more_and_was_asked_for_loses_its_lines(suites):
    again = of_files("b", asked=["evals/b.py", "evals/c.py"])
    assert [row["case"] for row in kept_lines(Path("base.jsonl"), again, suites)] == ["a-1"]


def test_everything_or_the_first_baseline_keeps_nothing(suites):
    assert kept_lines(Path("base.jsonl"), of_files("b"), suites) == []
    assert kept_lines(Path("none.jsonl"), of_files("b", asked=["evals/b.py"]), suites) == []


def test_kept_cases_keep_the_labels_of_their_own_run(suites):
    for labels in ({"model": "v3"}, {}, {"model": "v2", "prompt": "short"}):
        again = of_files("b", asked=["evals/b.py"], header=HEADER | {"labels": labels})
        written(again, "next.jsonl", kept=kept_lines(Path("base.jsonl"), again, suites))
        base = load_baseline(Path("next.jsonl"))
        found = {base.name(row): dict(base.labelsets[base.labelset[row]]) for row in range(len(base))}
        own = {"category": "refunds", "status": "regression"}
        assert found == {"a-1": own | {"model": "v2"}, "b-1": own | labels, "c-1": own | {"model": "v2"}}


def test_a_broken_baseline_is_not_written_over_by_a_part(suites):
    Path("base.jsonl").write_text("<<<<<<< HEAD\n")
    with pytest.raises(RunFileError, match="a merge conflict is left in it; take back"):
        kept_lines(Path("base.jsonl"), of_files("b", asked=["evals/b.py"]), suites)
    assert kept_lines(Path("base.jsonl"), of_files("b"), suites) == []


# -- what cannot become one ---------------------------------------------------------------------------------------


def refused(run, **bars):
    return why_not_baseline(run, decide(run, load_bars({"max_errors": 0, **bars})))


def test_a_whole_run_can():
    assert refused(run_of(said("a", accuracy="pass"), said("b", accuracy="miss"))) == ""
    assert refused(support(), max_errors=9) == ""


def test_what_cannot_says_why_and_how_to_go_on():
    one = said("a", accuracy="pass")
    again = "--evalbars-resume --evalbars-update-baseline"
    whole = "run whole files or folders, without -k, -m, -x, --lf and node ids"
    cases = [
        (
            run_of(one, header=HEADER | {"second_look": True}),
            "this was a second look at cases that missed; run without --evalbars-missed",
        ),
        (
            run_of(one, (said("b", accuracy="pass")[0], [{"type": "end", "exit": 0, "stopped": [f"{TEST}[b-0]"]}])),
            "1 trial was stopped early, as no verdict depended on them; run without --evalbars-stop-early",
        ),
        (
            run_of(one, (said("b", accuracy="pass")[0], []), left_out=[f"{TEST}[b-0]"]),
            f"cases were left out (1 verdict is missing); {whole}",
        ),
        (
            run_of(one, left_out=["--lf ran only what failed last time"]),
            f"cases were left out (--lf ran only what failed last time); {whole}",
        ),
        (
            run_of(one, (said("b", accuracy="pass")[0], [])),
            f"the run is incomplete: 1 trial has no result; go on with it: {again}",
        ),
        (Run.from_observations([HEADER, *one[1]]), f"the run is incomplete; go on with it: {again}"),
        (
            support(),
            "2 trials were not judged, and max_errors tolerates 0; mend what they failed at, and run them again: "
            + again,
        ),
        (run_of(said("a", accuracy="skipped")), "no case was judged; a baseline needs verdicts"),
    ]
    assert [refused(run) for run, _ in cases] == [words for _, words in cases]
