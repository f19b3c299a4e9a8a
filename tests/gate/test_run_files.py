"""Run files: what other tools may write, what a killed session leaves, and the words for what is wrong with one."""

import json
import re
from pathlib import Path

import pytest

from pytest_evalbars import Run, decide, load_bars, load_run
from pytest_evalbars.cli import main
from pytest_evalbars.errors import RunFileError

#: DESIGN.md, "The run file", to the letter.
CONTRACT = """\
{"type": "header", "schema": 1, "run": "2026-11-20T22-41-07-3f9c", "started": "2026-11-20T22:41:07Z", "commit": "3f9c...", "labels": {"model": "v2"}, "bars": [], "versions": {}}
{"type": "manifest", "items": ["evals/test_support.py::test_answer[refund-1]"], "left_out": []}
{"type": "trial", "case": "refund-1", "test": "evals/test_support.py::test_answer", "trial": 0, "labels": {"category": "refunds", "status": "regression"}, "cluster": null, "measures": {"seconds": 0.81}, "evidence": {}, "worker": "gw0"}
{"type": "observation", "case": "refund-1", "test": "evals/test_support.py::test_answer", "trial": 0, "dimension": "accuracy", "outcome": "pass", "score": null, "level": null, "reason": ""}
{"type": "end", "finished": "2026-11-20T22:43:50Z", "exit": 0}
"""  # noqa: E501 - to the letter

DESIGN = Path(__file__).parents[3] / "shared" / "DESIGN.md"
BARS = {"bar": [{"dimension": "accuracy", "at_least": 0.85}]}


def contract(passes, total, *, trials=1, prefix="c", **header):
    """A run as the contract has it, without any key that only this project writes."""
    head = {"type": "header", "schema": 1, "run": "r", "labels": {}, "bars": [], "versions": {}, **header}
    tail = [f"-t{trial}" if trials > 1 else "" for trial in range(trials)]
    items = [f"e.py::test_a[{prefix}{n}{end}]" for n in range(total) for end in tail]
    lines = [head, {"type": "manifest", "items": items, "left_out": []}]
    for n in range(total):
        for trial in range(trials):
            key = {"case": f"{prefix}{n}", "test": "e.py::test_a", "trial": trial}
            outcome = "pass" if n < passes else "miss"
            lines.append({"type": "trial", **key, "labels": {"category": f"k{n % 2}"}, "measures": {}})
            lines.append({"type": "observation", **key, "dimension": "accuracy", "outcome": outcome})
    return [*lines, {"type": "end", "finished": "later", "exit": 0}]


def bare(passes, total, dimension="accuracy", prefix="c"):
    return [
        {
            "type": "observation",
            "case": f"{prefix}{n}",
            "dimension": dimension,
            "outcome": "pass" if n < passes else "miss",
        }
        for n in range(total)
    ]


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Writes lines as a run file in the working directory."""
    monkeypatch.chdir(tmp_path)

    def write(lines, name="run.jsonl", end="\n"):
        text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines) + end
        Path(name).write_text(text, encoding="utf-8")
        return name

    return write


def gate(*paths, stage="testing", **table):
    return decide(load_run(*paths), load_bars({**BARS, **table}), stage=stage)


def refused(*paths):
    with pytest.raises(RunFileError) as caught:
        load_run(*paths)
    said = str(caught.value)
    assert "\n" not in said
    return said


# -- the contract ------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not DESIGN.exists(), reason="the shared folder is not here")
def test_the_example_above_is_the_contracts():
    assert CONTRACT in DESIGN.read_text(encoding="utf-8")


def test_the_contracts_example_loads_and_gates(write):
    write([CONTRACT.strip()])
    run = load_run("run.jsonl")
    assert (run.complete, run.trials, run.errors, run.missing) == (True, 1, 0, ())
    for selector in ({"category": "refunds"}, {"labels": {"model": "v2"}}, {"status": "regression"}):
        bar = {"dimension": "accuracy", "at_least": 0.01, **selector}
        decision = decide(run, load_bars({"bar": [bar]}), stage="launch")
        assert [(each.verdict, each.cases) for each in decision.verdicts] == [("met", 1)]
        assert decision.exit_code == 0


@pytest.mark.parametrize(("passes", "code", "launch"), [(55, 0, 10), (45, 1, 1), (60, 0, 0)])
@pytest.mark.parametrize("trials", [1, 3])
def test_a_run_with_the_contracts_keys_alone_is_complete(write, passes, code, launch, trials):
    path = write(contract(passes, 60, trials=trials))
    decision = gate(path)
    assert (decision.complete, decision.exit_code) == (True, code)
    assert gate(path, stage="launch").exit_code == launch
    assert (decision.verdicts[0].cases, decision.verdicts[0].trials) == (60, 60 * trials)


def test_rows_and_file_say_the_same(write):
    lines = contract(55, 60)
    from_rows = decide(Run.from_observations(lines), load_bars(BARS))
    assert from_rows == gate(write(lines))


def test_a_plain_list_of_observations_is_a_run(write):
    decision = gate(write(bare(45, 60)))
    assert (decision.complete, decision.verdicts[0].estimate, decision.exit_code) == (True, 0.75, 1)
    without_type = [{key: value for key, value in row.items() if key != "type"} for row in bare(45, 60)]
    assert decide(Run.from_observations(without_type), load_bars(BARS)).verdicts == decision.verdicts


def test_an_observation_may_carry_what_a_trial_line_would(write):
    rows = [
        {**row, "labels": {"category": "x"}, "cluster": f"d{n // 2}", "measures": {"seconds": 1}}
        for n, row in enumerate(bare(60, 60))
    ]
    decision = gate(write(rows), bar=[{"dimension": "accuracy", "category": "x", "at_least": 0.5}])
    assert decision.verdicts[0].low == pytest.approx(0.05 ** (1 / 30))


@pytest.mark.slow
def test_the_order_of_lines_is_free_as_journals_of_workers_are(write):
    header, manifest, *body, end = contract(55, 60)
    assert (
        gate(write([header, manifest, *reversed(body), end])).verdicts
        == gate(write([header, manifest, *body, end], "b")).verdicts
    )


def test_what_a_newer_version_adds_is_tolerated(write):
    header, manifest, *body, end = contract(55, 60)
    news = {"colour": "blue", "nested": {"a": [1]}}
    lines = [
        {**header, **news},
        {**manifest, **news},
        {"type": "weather", "case": 5},
        *({**line, **news} for line in body),
        {**end, **news},
    ]
    assert gate(write(lines)).verdicts == gate(write([header, manifest, *body, end], "plain.jsonl")).verdicts


def test_what_a_newer_version_adds_to_our_own_lines_is_tolerated_too(suite):
    result = suite.cases(9, 10).bars("").run()
    lines = [line for line in result.lines if line.get("case") != "test_cases.py::test_answer[case-004]"]
    for line in lines:
        if line["type"] == "manifest":
            line["planned"] = json.dumps([{**group, "colour": "blue"} for group in json.loads(line["planned"])])
    result.path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    run = load_run(result.path)
    assert run.missing == ("test_cases.py::test_answer[case-004]",)
    assert not run.unplaced


@pytest.mark.parametrize(
    "planned", ["[", "[3]", '[{"items": []}]', '[{"dimensions": [], "labels": {}, "items": [1]}]']
)
def test_a_broken_record_of_the_plan_is_told_where_it_is_needed(suite, planned):
    result = suite.cases(9, 10).bars("").run()
    lines = [line for line in result.lines if line.get("case") != "test_cases.py::test_answer[case-004]"]
    for line in lines:
        if line["type"] == "manifest":
            line["planned"] = planned
    result.path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with pytest.raises(RunFileError, match="what was planned is broken"):
        load_run(result.path)


def test_a_newer_schema_is_refused(write):
    header, *rest = contract(1, 1)
    said = refused(write([{**header, "schema": 2}, *rest]))
    assert said.startswith("run.jsonl, line 1: ")
    assert re.search(r"schema is 2.*up to 1.*upgrade", said)


# -- runs that did not come to their end -------------------------------------------------------------------------


@pytest.mark.parametrize("stage", ["testing", "launch"])
def test_without_an_end_line_the_run_is_incomplete(write, stage):
    decision = gate(write(contract(60, 60)[:-1]), stage=stage)
    assert (decision.complete, decision.exit_code) == (False, 10)
    assert "incomplete" in decision.notes[0]


def test_an_incomplete_run_that_missed_has_missed(write):
    assert gate(write(contract(30, 60)[:-1])).exit_code == 1


@pytest.mark.parametrize("cut", [1, 20, 60])
def test_a_torn_last_line_is_dropped_and_said(write, capsys, cut):
    lines = [json.dumps(line) for line in contract(60, 60)[:-1]]
    lines[-1] = lines[-1][:cut]
    path = write(lines, end="")
    decision = gate(path)
    assert (decision.complete, decision.exit_code, decision.verdicts[0].cases) == (False, 10, 59)
    Path("evalbars.toml").write_text('[[bar]]\ndimension = "accuracy"\nat_least = 0.85\n')
    assert main(["gate", path]) == 10
    assert re.search(r"torn|cut off|last line", capsys.readouterr().out)


def test_a_torn_list_of_observations_is_incomplete_too(write):
    lines = [json.dumps(line) for line in bare(60, 60)]
    decision = gate(write([*lines, '{"case": "c60", "dimen'], end=""))
    assert (decision.complete, decision.exit_code, decision.verdicts[0].cases) == (False, 10, 60)


def test_a_last_line_that_lacks_only_its_line_break_counts(write):
    decision = gate(write(contract(60, 60), end=""))
    assert (decision.complete, decision.exit_code) == (True, 0)


@pytest.mark.parametrize("gone", [1, 7])
@pytest.mark.parametrize("trials", [1, 2])
def test_items_of_the_manifest_without_a_line_are_missing(write, gone, trials):
    lines = contract(60, 60, trials=trials)
    kept = [*lines[: -1 - 2 * gone], lines[-1]]
    run = load_run(write(kept))
    assert (run.complete, len(run.missing)) == (False, gone)
    decision = gate("run.jsonl")
    assert decision.exit_code == 10
    assert f"{gone} planned trials" in decision.notes[0] or (gone == 1 and "1 planned trial" in decision.notes[0])
    assert decision.verdicts[0].verdict == "inconclusive"


def test_missing_trials_leave_a_verdict_open_though_others_erred(write):
    """Nobody can tell how many of the missing belong to the slice: two errors among them change nothing."""
    lines = contract(200, 200)
    errors = [
        {**line, "outcome": "error"} if line.get("case") in ("c0", "c1") and "outcome" in line else line
        for line in lines
    ]
    kept = [*errors[:-121], errors[-1]]
    decision = gate(write(kept), max_errors=5)
    assert not decision.complete
    assert decision.verdicts[0].verdict == "inconclusive"
    assert decision.exit_code == 10


def test_a_case_of_which_one_trial_is_gone_is_missed_in_the_manifest(write):
    lines = contract(60, 60, trials=3)
    kept = [line for line in lines if not (line.get("case") == "c5" and line.get("trial") == 1)]
    assert load_run(write(kept)).missing == ("e.py::test_a[c5-t1]",)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_every_file_of_a_run_needs_its_end(write, count):
    first, second = contract(30, 30), [*bare(30, 30, prefix="d")]
    header, end = first[0], first[-1]
    shards = [[header, *first[1:-1]], [header, *second]]
    for shard in shards[:count]:
        shard.append(end)
    paths = [write(shard, f"{n}.jsonl") for n, shard in enumerate(shards)]
    decision = gate(*paths)
    assert (decision.complete, decision.exit_code) == ((True, 0) if count == 2 else (False, 10))


def test_an_end_line_too_many_does_not_end_another_file(write):
    """A resumed shard ends twice; the shard beside it was killed."""
    first, second = contract(30, 30), contract(30, 30, prefix="d")
    paths = [write([*first, first[-1]], "a.jsonl"), write(second[:-1], "b.jsonl")]
    decision = gate(*paths)
    assert (decision.complete, decision.exit_code) == (False, 10)


def test_left_out_items_keep_the_gate_from_enforcing(write):
    lines = contract(20, 60)
    lines[1]["left_out"] = ["e.py::test_a[c99]"]
    decision = gate(write(lines))
    assert [(each.enforced, each.fails) for each in decision.verdicts] == [(False, False)]
    assert decision.exit_code == 0
    strict = decide(load_run("run.jsonl"), load_bars(BARS), strict=True)
    assert strict.exit_code == 10


# -- the same thing twice ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["pass", "miss", "skipped"])
@pytest.mark.parametrize("second", ["pass", "miss", "error", "skipped"])
def test_a_key_given_twice_is_an_error_that_names_it(write, first, second):
    key = {"case": "refund-1", "test": "t.py::test_x", "trial": 2, "dimension": "tone"}
    said = refused(write([*bare(3, 3), {**key, "outcome": first}, {**key, "outcome": second}]))
    for word in ("run.jsonl", "'refund-1'", "'t.py::test_x'", "trial 2", "'tone'", "twice"):
        assert word in said


@pytest.mark.parametrize("verdict", ["pass", "miss", "skipped", "error"])
@pytest.mark.parametrize("errors", [1, 3])
def test_a_later_verdict_replaces_errors(write, verdict, errors):
    rows = [{"case": "x", "dimension": "accuracy", "outcome": "error", "reason": "net"}] * errors
    run = load_run(
        write([*bare(5, 5), *rows, {"case": "x", "dimension": "accuracy", "outcome": verdict, "reason": "late"}])
    )
    assert (run.errors, run.trials, len(run)) == (int(verdict == "error"), 6, 6)
    assert list(run.reasons.values()) == ([] if verdict in ("pass", "skipped") else ["late"])


def test_an_error_of_a_trial_line_is_replaced_as_well(write):
    trial = {"type": "trial", "case": "x", "labels": {}}
    verdict = {"type": "observation", "case": "x", "dimension": "accuracy"}
    lines = [{**trial, "error": "net"}, {**verdict, "outcome": "error"}, trial, {**verdict, "outcome": "pass"}]
    run = load_run(write(lines))
    assert (run.errors, run.trials) == (0, 1)


def test_reasons_stay_with_their_cases_when_an_error_is_replaced(write):
    lines = [
        {"case": "x", "dimension": "accuracy", "outcome": "error", "reason": "net"},
        {"case": "y", "dimension": "accuracy", "outcome": "miss", "reason": "wrong"},
        {"case": "x", "dimension": "accuracy", "outcome": "pass"},
    ]
    decision = decide(load_run(write(lines)), load_bars({}))
    assert [(each.case, each.reason) for each in decision.standing] == [("y", "wrong")]


@pytest.mark.parametrize("other", [{"test": "t2"}, {"trial": 1}, {"dimension": "tone"}, {"case": "y"}])
def test_another_test_trial_dimension_or_case_is_another_key(write, other):
    row = {"case": "x", "test": "t", "trial": 0, "dimension": "accuracy", "outcome": "pass"}
    assert len(load_run(write([row, {**row, **other}]))) == 2


def test_the_same_key_in_two_files_is_an_error(write):
    paths = [write(bare(5, 5), "a.jsonl"), write(bare(1, 1), "b.jsonl")]
    assert "twice" in refused(*paths)


# -- several files -----------------------------------------------------------------------------------------------


def test_shards_are_merged_into_one_run(write):
    whole = bare(45, 60)
    paths = [write(whole[n::3], f"{n}.jsonl") for n in range(3)]
    one, three = gate(write(whole)).verdicts, gate(*paths).verdicts
    assert one == three


def test_an_error_in_one_file_is_filled_in_by_another(write):
    first = write([*bare(59, 59), {"case": "c59", "dimension": "accuracy", "outcome": "error"}], "a.jsonl")
    second = write([{"case": "c59", "dimension": "accuracy", "outcome": "miss"}], "b.jsonl")
    decision = gate(first, second)
    assert (decision.errors, decision.verdicts[0].estimate) == (0, 59 / 60)


def test_labels_of_a_whole_run_stay_with_its_own_cases(write):
    paths = []
    for region, passes in {"eu": 60, "us": 20}.items():
        header, end = contract(0, 0, labels={"region": region})[0], {"type": "end", "exit": 0}
        paths.append(write([header, *bare(passes, 60, prefix=region), end], f"{region}.jsonl"))
    bar = {"dimension": "accuracy", "at_least": 0.85, "each": "region"}
    decision = gate(*paths, bar=[bar])
    assert {each.group: (each.verdict, each.cases) for each in decision.verdicts if each.group} == {
        "eu": ("met", 60),
        "us": ("missed", 60),
    }


# -- what is no run file -----------------------------------------------------------------------------------------

GOOD = '{"case": "a", "dimension": "accuracy", "outcome": "pass"}'
WRONG = {
    "no JSON": ("garbage", "not valid JSON"),
    "half a line": ('{"case": "a", "dimens', "not valid JSON"),
    "a number": ("5", "one JSON object"),
    "a list": (f"[{GOOD}]", "one JSON object"),
    "null": ("null", "one JSON object"),
    "no case": ('{"dimension": "a", "outcome": "pass"}', "case"),
    "no dimension": ('{"case": "a", "outcome": "pass"}', "dimension"),
    "no outcome": ('{"case": "a", "dimension": "a"}', "outcome"),
    "another outcome": (
        '{"case": "a", "dimension": "a", "outcome": "passed"}',
        "'passed' is none of pass, miss, error, skipped",
    ),
    "an outcome list": ('{"case": "a", "dimension": "a", "outcome": ["pass"]}', "line of a run file"),
    "a case of 5": ('{"case": 5, "dimension": "a", "outcome": "pass"}', "5"),
    "an empty case": ('{"case": "", "dimension": "a", "outcome": "pass"}', "case"),
    "a trial of -1": ('{"case": "a", "dimension": "a", "outcome": "pass", "trial": -1}', "-1"),
    "a trial of 1.5": ('{"case": "a", "dimension": "a", "outcome": "pass", "trial": 1.5}', "1.5"),
    "a score of 2": ('{"case": "a", "dimension": "a", "outcome": "pass", "score": 2}', "from 0 to 1"),
    "a score of nan": ('{"case": "a", "dimension": "a", "outcome": "pass", "score": NaN}', "from 0 to 1"),
    "a score in words": ('{"case": "a", "dimension": "a", "outcome": "pass", "score": "1"}', "from 0 to 1"),
    "labels as a list": ('{"case": "a", "dimension": "a", "outcome": "pass", "labels": ["x"]}', "line of a run file"),
    "a cluster of lists": (
        '{"case": "a", "dimension": "a", "outcome": "pass", "cluster": ["x"]}',
        "line of a run file",
    ),
    "a test of 5": ('{"case": "a", "test": 5, "dimension": "a", "outcome": "pass"}', "5"),
    "a test list": ('{"case": "a", "test": ["t"], "dimension": "a", "outcome": "pass"}', "line of a run file"),
    "a trial line without case": ('{"type": "trial"}', "case"),
    "a manifest without items": ('{"type": "manifest"}', "items"),
    "items of null": ('{"type": "manifest", "items": null}', "line of a run file"),
    "items as a text": ('{"type": "manifest", "items": "t.py::test_x"}', "items"),
    "left_out as a text": ('{"type": "manifest", "items": [], "left_out": "t.py::test_x"}', "left_out"),
    "header labels as a list": ('{"type": "header", "schema": 1, "labels": ["x"]}', "labels"),
    "a schema in words": ('{"type": "header", "schema": "one"}', "line of a run file"),
    "too deep": ("[" * 200_000, "line 2"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_line_is_named_with_its_file_and_number(write, capsys, wrong):
    line, words = WRONG[wrong]
    path = write([GOOD, line, GOOD.replace('"a"', '"b"', 1)])
    assert main(["gate", path]) == 4
    said = capsys.readouterr().err
    assert said.startswith("ERROR: run.jsonl, line 2: ")
    assert words in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("wrong", ["no case", "another outcome", "a score of 2", "a number", "a test of 5"])
def test_a_wrong_row_is_named_by_its_number(wrong):
    rows = [json.loads(GOOD), json.loads(WRONG[wrong][0])]
    with pytest.raises(RunFileError, match="2: "):
        Run.from_observations(rows)


@pytest.mark.usefixtures("write")
@pytest.mark.parametrize(
    "content", [b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\n", bytes(range(256)) * 4, b"\xff\xfe{\x00}\x00\n\x00"]
)
def test_a_binary_file_is_refused(content):
    Path("run.jsonl").write_bytes(content)
    assert "run.jsonl, line 1: " in refused("run.jsonl")


@pytest.mark.usefixtures("write")
def test_an_empty_file_judges_nothing_and_passes_nothing():
    Path("run.jsonl").write_bytes(b"")
    for stage in ("testing", "launch"):
        assert gate("run.jsonl", stage=stage).exit_code == 10
    assert gate("run.jsonl", bar=[]).exit_code == 10


def test_a_header_alone_is_a_session_that_was_killed(write):
    decision = gate(write(contract(0, 0)[:1]), bar=[])
    assert (decision.complete, decision.exit_code) == (False, 10)


@pytest.mark.usefixtures("write")
@pytest.mark.parametrize("name", ["nowhere.jsonl", "."])
def test_a_file_that_cannot_be_read_is_named(name):
    assert refused(name).startswith(f"{name}: ")


def test_lone_surrogates_and_controls_of_other_tools_are_read_and_shown_harmless(write, capsys):
    rows = [
        '{"case": "a\\ud800b", "dimension": "acc\\u001b[31muracy", "outcome": "miss", "reason": "x\\udfff\\u0007y"}',
        '{"case": "c", "dimension": "acc\\u001b[31muracy", "outcome": "pass", "labels": {"category": "\\ud83d"}}',
    ]
    path = write(rows)
    assert main(["gate", path]) == 1
    shown = capsys.readouterr().out
    assert r"\ud800" in shown
    assert not {"\x1b", "\x07", "\ud800"} & set(shown)
    assert main(["gate", path, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["standing"][0]["case"] == "a\ud800b"


def test_a_duplicate_of_a_key_with_controls_is_named_harmlessly(write, capsys):
    row = '{"case": "a\\u001b[31m", "dimension": "accuracy", "outcome": "pass"}'
    assert main(["gate", write([row, row])]) == 4
    assert "\x1b" not in capsys.readouterr().err
