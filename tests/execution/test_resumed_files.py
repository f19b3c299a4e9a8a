"""Run files of resumed runs, as the gate and other tools read them."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_evalbars import decide, load_bars, load_run
from pytest_evalbars.errors import RunFileError
from pytest_evalbars.run.former import read_former
from pytest_evalbars.run.journal import Journal
from pytest_evalbars.run.plan import Plan, Planned, packed, unpacked

BARS = {"bar": [{"dimension": "accuracy", "at_least": 0.85}]}
END = {"type": "end", "finished": "later", "exit": 0}
RESUME = {"type": "resume", "resumed": "2026-11-21T01:00:00Z", "taken": 1}


def item(n):
    return f"t.py::test_x[c{n}]"


def header(**more):
    return {"type": "header", "schema": 1, "run": "r", "labels": {}, **more}


def manifest(numbers, **more):
    return {"type": "manifest", "items": [item(n) for n in numbers], "left_out": [], **more}


def trial(n, outcome="pass", **more):
    key = {"case": item(n), "test": item(n), "trial": 0}
    line = {"type": "trial", **key, "item": item(n), "labels": {}, **more}
    if outcome == "error":
        line["error"] = "away"
    return [line, {"type": "observation", **key, "dimension": "accuracy", "outcome": outcome}]


def trials(numbers, outcome="pass"):
    return [line for n in numbers for line in trial(n, outcome)]


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(*lines, name="run.jsonl"):
        Path(name).write_text("".join(json.dumps(line) + "\n" for line in lines))
        return name

    return write


def test_an_end_before_a_resume_line_holds_no_longer(write):
    lines = [header(), manifest(range(30)), *trials(range(29)), {**END, "left_out": [item(29)]}]
    assert load_run(write(*lines)).complete
    assert not load_run(write(*lines, RESUME)).complete
    run = load_run(write(*lines, RESUME, manifest(range(30)), *trials([29])))
    assert (run.complete, run.missing) == (False, ())
    run = load_run(write(*lines, RESUME, manifest(range(30)), *trials([29]), END))
    assert (run.complete, run.trials, len(run)) == (True, 30, 30)
    assert all(verdict.enforced for verdict in decide(run, load_bars(BARS)).verdicts)


def test_what_an_earlier_session_left_out_counts_again(write):
    lines = [header(), manifest(range(30)), *trials(range(29)), {**END, "left_out": [item(29)]}]
    run = load_run(write(*lines, RESUME, END))
    assert (run.complete, run.missing) == (False, (item(29),))


def test_a_manifest_after_a_resume_line_replaces_the_one_before(write):
    lines = [header(), manifest([0, 1, 2], left_out=[item(5)], asked=["a"]), *trials([0, 1])]
    run = load_run(write(*lines, RESUME, manifest([0, 1, 3], asked=["b"]), *trials([3]), END))
    assert (run.complete, run.missing, run.unseen, run.asked) == (True, (), (), ("b",))
    run = load_run(write(*lines, RESUME, manifest([0, 1, 3]), END))
    assert run.missing == (item(3),)


def test_what_was_dropped_is_forgotten_with_its_reasons(write):
    lines = [header(labels={"model": "v1"}), manifest([0, 1, 2]), *trials([0, 1, 2], "miss")]
    for number, line in enumerate(lines[3::2]):
        line["reason"] = f"why {number}"
    dropped = {**RESUME, "dropped": [[item(1), item(1), 0, item(1)]]}
    run = load_run(write(*lines, dropped, manifest([0, 2]), END))
    assert [run.name(row) for row in range(len(run))] == [item(0), item(2)]
    assert run.reasons == {0: "why 0", 1: "why 2"}
    assert [run.labelsets[code] for code in run.labelset] == [{"model": "v1"}] * 2
    run = load_run(write(*lines, dropped, manifest([0, 1, 2]), END))
    assert run.missing == (item(1),)
    run = load_run(write(*lines, dropped, manifest([0, 1, 2]), *trials([1]), END))
    assert (run.complete, run.trials) == (True, 3)


def test_labels_of_a_resume_line_are_those_of_the_lines_behind_it(write):
    lines = [header(labels={"model": "v1"}), manifest([0, 1]), *trials([0])]
    run = load_run(write(*lines, {**RESUME, "labels": {"model": "v2"}}, manifest([0, 1]), *trials([1]), END))
    assert [run.labelsets[code]["model"] for code in run.labelset] == ["v1", "v2"]


def test_one_shard_that_was_resumed_leaves_the_others_alone(write):
    first = write(header(), manifest([0], left_out=["gone"]), *trials([0]), END, name="a.jsonl")
    second = [header(), manifest([1, 2]), *trials([1]), {**END, "left_out": [item(2)]}, RESUME, manifest([1, 2])]
    paths = [first, write(*second, *trials([2]), END, name="b.jsonl")]
    for order in (paths, paths[::-1]):
        run = load_run(*order)
        assert (run.complete, run.trials, run.unseen) == (True, 3, ("gone",))
    paths[1] = write(*second, name="b.jsonl")
    assert load_run(*paths).missing == (item(2),)
    assert not load_run(*paths).complete


@pytest.mark.parametrize("outcome", ["pass", "miss", "skipped"])
def test_a_verdict_before_a_resume_line_is_not_replaced(write, outcome):
    path = write(header(), manifest([0]), *trial(0, outcome), RESUME, manifest([0]), *trial(0, "pass"), END)
    with pytest.raises(RunFileError, match="is judged twice"):
        load_run(path)


def test_what_was_forced_is_a_note_of_the_gate(write):
    forced = {**RESUME, "despite": ["the code was at commit a, and is at commit b"]}
    run = load_run(write(header(), manifest(range(30)), *trials(range(30)), forced, forced, END))
    assert decide(run, load_bars(BARS)).notes == (
        "the run was resumed by force, although the code was at commit a, and is at commit b",
    )


# -- reading in order to go on -------------------------------------------------------------------------------------

PLANNED = tuple(
    Planned(item(n), item(n), item(n), 0, ("accuracy", "tone"), {"status": "regression"}, None, f"{n:012}")
    for n in range(6)
)


def of_both(one, accuracy, tone):
    key = {"case": one.case, "test": one.test, "trial": 0}
    line = {"type": "trial", **key, "item": one.item, "labels": one.labels, "evidence": {"output": "ünd \ud7ff"}}
    said = {"accuracy": accuracy, "tone": tone}
    return [line, *({"type": "observation", **key, "dimension": name, "outcome": said[name]} for name in said)]


WHOLE = [header(), Plan(PLANNED).to_json()]
WHOLE += [line for one in PLANNED for line in of_both(one, "pass", "miss" if one.item == item(2) else "pass")]
TEXT = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in WHOLE).encode()
BEGUN = len("".join(json.dumps(line) + "\n" for line in WHOLE[:2]))


@given(st.integers(BEGUN, len(TEXT)), st.binary(max_size=3))
def test_wherever_a_file_is_cut_what_is_lost_is_run_and_nothing_else(tmp_path_factory, length, garbage):
    path = tmp_path_factory.mktemp("cut") / "run.jsonl"
    path.write_bytes(TEXT[:length] + (garbage if length < len(TEXT) else b"").replace(b"\n", b"").replace(b"\r", b""))
    former = read_former(path)
    whole = TEXT[:length].count(b'"dimension": "tone"')
    assert whole - 1 <= len(former.finished) <= whole
    journal = Journal.reopen(path)
    journal.cut(former.size, unbroken=former.unbroken)
    journal.write(RESUME)
    for one in PLANNED:
        if one.item not in former.finished:
            lines = of_both(one, "pass", "miss" if one.item == item(2) else "pass")
            trial = former.trials.get(one.item)
            journal.write(*(trial.open_lines(lines) if trial else lines))
    journal.write(END)
    journal.close()
    run = load_run(path)
    assert (run.complete, run.trials, len(run), run.missing) == (True, 6, 12, ())
    assert sorted(run.cases[c] for c, o in zip(run.case, run.outcome, strict=True) if o == 1) == [item(2)]


def test_plans_without_contents_are_read_as_before():
    words = json.loads(packed(PLANNED))
    assert tuple(unpacked(json.dumps(words))) == PLANNED
    words[0]["items"] = [each[:4] for each in words[0]["items"]]
    assert [one.content for one in unpacked(json.dumps(words))] == [""] * 6
