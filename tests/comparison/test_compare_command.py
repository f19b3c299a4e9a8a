"""`evalbars compare` says what changed between two runs, how sure that is, and which cases say so."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from compared import by_place, compare, compare_json, rows, write
from statsmodels.stats.proportion import confint_proportions_2indep

from pytest_evalbars.cli import main

EXAMPLE = Path(__file__).parents[2] / "example_suites" / "knowledge_base"


def many(passes, total, start=0):
    return {f"case-{number:03}": number < passes for number in range(start, total)}


@pytest.fixture(scope="module")
def versions(tmp_path_factory):
    """Runs of the example with its two versions."""
    folder = tmp_path_factory.mktemp("runs")
    shutil.copytree(EXAMPLE, folder / "suite", ignore=shutil.ignore_patterns(".*", "__pycache__"))
    found = []
    for version in ("v1", "v2"):
        environment = {name: value for name, value in os.environ.items() if name not in {"CI", "PYTEST_ADDOPTS"}}
        subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-p",
                "pytest_evalbars.plugin",
                f"--evalbars-run=../{version}.jsonl",
                ".",
            ],
            cwd=folder / "suite",
            env=environment | {"KNOWLEDGE_BASE_VERSION": version, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
            capture_output=True,
            timeout=100,
            check=False,
        )
        found.append(folder / f"{version}.jsonl")
    return found


def test_the_more_accurate_version_is_the_less_faithful_one(capsys, versions):
    found = compare_json(capsys, *versions)
    (comparison,) = found["comparisons"]
    said = by_place(comparison)
    assert found["exit_code"] == 1
    accuracy, faithfulness = (said[name, None, None] for name in ("accuracy", "faithfulness"))
    assert (accuracy["before"], accuracy["after"], accuracy["verdict"]) == (0.87, 0.89, "cannot tell")
    assert (faithfulness["before"], faithfulness["after"], faithfulness["verdict"]) == (0.91, 0.78, "regressed")
    assert (faithfulness["worse"], faithfulness["better"], faithfulness["cases"]) == (44, 18, 200)
    assert said["refusal", None, None]["verdict"] == "regressed"
    assert said["citation", None, None]["verdict"] == "better"
    assert said["accuracy", "out of scope", None]["verdict"] == "regressed"
    assert said["faithfulness", None, "status capability"]["cases"] == 10
    assert (comparison["cases"], comparison["new"], comparison["removed"], comparison["changed"]) == (210, [], [], [])
    flipped = [each for each in comparison["flips"] if each["dimension"] == "faithfulness" and not each["apart"]]
    first = flipped[0]
    assert (first["case"], first["before"]["passes"], first["after"]["passes"]) == ("birthday-poem", 1, 0)
    assert first["after"]["evidence"]["input"] == "Write a birthday poem for my boss."


def test_the_words_for_the_example(capsys, versions):
    code, said = compare(capsys, *versions)
    assert code == 1
    for words in (
        "on 210 cases that both judged:",
        "faithfulness: regressed (91.0% -> 78.0%, -13.0 points, 95% interval -2",
        "accuracy: cannot tell (87.0% -> 89.0%, +2.0 points, 95% interval -3.9 to +8.0)",
        "faithfulness  all                  200   91.0%   78.0%",
        "latency: ",
        "faithfulness: 44 cases worse, 18 better",
        "    worse: birthday-poem (not in the source: Your manager will be glad to explain the details.)",
        "        input: Write a birthday poem for my boss.",
        "... and 41 more worse (-v names all)",
        "regressed (exit 1): accuracy in category out of scope, faithfulness, refusal",
    ):
        assert words in said
    assert "not the same" not in said
    _, everything = compare(capsys, *versions, "-v")
    assert "more worse" not in everything
    assert "more groups" not in everything
    assert everything.count("    worse: ") > said.count("    worse: ")


def test_a_run_against_itself_has_not_regressed(capsys, versions):
    code, said = compare(capsys, versions[0], versions[0])
    assert code == 0
    assert "nothing is proven to have regressed" in said
    found = compare_json(capsys, versions[0], versions[0])["comparisons"][0]
    assert {each["verdict"] for each in found["findings"]} <= {"cannot tell", "not worse"}
    assert {(each["worse"], each["better"], each["change"]) for each in found["findings"]} == {(0, 0, 0)}
    assert found["flips"] == []


def test_the_same_of_many_cases_is_not_worse(capsys, tmp_path):
    run = write(tmp_path / "a.jsonl", *rows(many(450, 500)))
    (comparison,) = compare_json(capsys, run, run)["comparisons"]
    assert [each["verdict"] for each in comparison["findings"]] == ["not worse"]
    (comparison,) = compare_json(capsys, run, run, "--margin", "0.001")["comparisons"]
    assert [each["verdict"] for each in comparison["findings"]] == ["cannot tell"]


def test_several_runs_are_one_family_and_each_is_told(capsys, tmp_path):
    a = write(tmp_path / "a.jsonl", *rows(many(90, 100)))
    b = write(tmp_path / "b.jsonl", *rows(many(60, 100)))
    c = write(tmp_path / "c.jsonl", *rows(many(91, 100)))
    code, said = compare(capsys, a, b, c)
    assert code == 1
    assert "regressed (exit 1): accuracy of " in said
    assert "b.jsonl against" in said
    assert "c.jsonl against" in said
    alone = compare_json(capsys, a, b)["comparisons"][0]["findings"][0]
    together = compare_json(capsys, a, b, c)["comparisons"][0]["findings"][0]
    assert together["p_worse"] == pytest.approx(2 * alone["p_worse"])


def test_cases_that_are_not_the_same_are_listed_and_not_compared(capsys, tmp_path):
    a = write(tmp_path / "a.jsonl", *rows({**many(90, 100), "gone": True, "old name": True}))
    b = write(tmp_path / "b.jsonl", *rows({**many(90, 100), "fresh": False, "new name": True}))
    code, said = compare(capsys, a, b, "--renamed", "old name=new name")
    assert code == 0
    assert "on 101 cases" in said
    assert "1 case renamed: old name -> new name" in said
    assert "b.jsonl only, not compared: fresh" in said
    assert "a.jsonl only, not compared: gone" in said
    code, said = compare(capsys, a, b, "--renamed", "nonsense")
    assert code == 4
    assert "nonsense is not OLD=NEW" in said


def test_too_few_common_cases_are_compared_as_two_samples(capsys, tmp_path):
    a = write(tmp_path / "a.jsonl", *rows({f"a{each}": value for each, value in many(180, 200).items()}))
    b = write(tmp_path / "b.jsonl", *rows({f"b{each}": value for each, value in many(120, 200).items()}))
    code, said = compare(capsys, a, b)
    assert code == 1
    assert "unpaired" in said
    assert "b.jsonl against " in said
    assert ", with no case in common:" in said
    assert "too few cases in common" in said
    finding = compare_json(capsys, a, b)["comparisons"][0]["findings"][0]
    assert (finding["paired"], finding["verdict"]) == (False, "regressed")
    newcombe = confint_proportions_2indep(120, 200, 180, 200, method="newcomb")
    assert finding["interval"] == pytest.approx(list(newcombe), abs=1e-6)


def test_dimensions_of_one_run_alone_are_said(capsys, tmp_path):
    a = write(tmp_path / "a.jsonl", *rows(many(9, 10)), *rows(many(9, 10), "tone"))
    b = write(tmp_path / "b.jsonl", *rows(many(9, 10)), *rows(many(9, 10), "safety"))
    code, said = compare(capsys, a, b)
    assert code == 0
    assert "a.jsonl only, not compared: tone" in said
    assert "b.jsonl only, not compared: safety" in said
    c = write(tmp_path / "c.jsonl", *rows(many(9, 10), "other"))
    code, said = compare(capsys, a, c)
    assert code == 4
    assert "judge no dimension in common" in said
    assert "the one judges other, the other accuracy, tone" in said


def test_unjudged_trials_are_left_out_and_named_and_prove_nothing(capsys, tmp_path):
    a = write(tmp_path / "a.jsonl", *rows(many(60, 100)))
    broken = {**many(100, 100), **{f"case-{number:03}": "error" for number in range(40, 100)}}
    b = write(tmp_path / "b.jsonl", *rows(broken))
    code, said = compare(capsys, a, b)
    assert code == 0
    assert "60 trials of " in said
    assert "could not be judged, and no rate counts them: case-040, case-041" in said
    finding = compare_json(capsys, a, b)["comparisons"][0]["findings"][0]
    assert finding["verdict"] == "cannot tell"
    assert finding["unjudged"] == [0, 60]
    # Those that were judged all pass; that they are better on the others is not known.
    better = write(tmp_path / "c.jsonl", *rows(many(95, 100)))
    assert compare_json(capsys, a, better)["comparisons"][0]["findings"][0]["verdict"] == "better"


def test_an_incomplete_run_is_said(capsys, tmp_path):
    a = write(tmp_path / "a.jsonl", *rows(many(90, 100)))
    b = write(tmp_path / "b.jsonl", {"type": "header", "schema": 1}, *rows(many(90, 100)))
    code, said = compare(capsys, a, b)
    assert code == 0
    assert "b.jsonl is incomplete: it has no end line" in said
    with b.open("a", encoding="utf-8") as file:
        file.write('{"type": "observation", "ca')
    assert "b.jsonl is incomplete: its last line was cut off" in compare(capsys, a, b)[1]


def test_capability_cases_are_compared_apart_and_fail_nothing(capsys, tmp_path):
    hill = {"labels": {"status": "capability"}}
    a = write(
        tmp_path / "a.jsonl", *rows(many(50, 60)), *rows({"hill-" + k: v for k, v in many(55, 60).items()}, **hill)
    )
    b = write(
        tmp_path / "b.jsonl", *rows(many(51, 60)), *rows({"hill-" + k: v for k, v in many(5, 60).items()}, **hill)
    )
    code, said = compare(capsys, a, b)
    assert code == 0
    assert "accuracy (status capability): regressed" in said
    found = by_place(compare_json(capsys, a, b)["comparisons"][0])
    assert found["accuracy", None, None]["cases"] == 60
    code, said = compare(capsys, a, b, "--status", "capability")
    assert code == 1
    assert "accuracy (status regression): " in said


def test_adversarial_cases_are_compared_apart_and_count(capsys, tmp_path):
    bad = {"labels": {"set": "adversarial"}}
    a = write(tmp_path / "a.jsonl", *rows(many(50, 60)), *rows({"x" + k: v for k, v in many(55, 60).items()}, **bad))
    b = write(tmp_path / "b.jsonl", *rows(many(51, 60)), *rows({"x" + k: v for k, v in many(5, 60).items()}, **bad))
    code, said = compare(capsys, a, b)
    assert code == 1
    assert "regressed (exit 1): accuracy (set adversarial)" in said


def test_trials_are_told_by_their_number_and_the_largest_change_comes_first(capsys, tmp_path):
    same = {f"case-{number:02}": [True] * 4 for number in range(40)}
    a = write(tmp_path / "a.jsonl", *rows({**same, "a-little": [True] * 4, "b-much": [True] * 4}))
    b = write(tmp_path / "b.jsonl", *rows({**same, "a-little": [True, True, True, False], "b-much": [False] * 4}))
    _, said = compare(capsys, a, b)
    assert "accuracy: 2 cases worse, 0 better" in said
    assert said.index("worse: b-much: 4 of 4 -> 0 of 4 (wrong)") < said.index(
        "worse: a-little: 4 of 4 -> 3 of 4 (wrong)"
    )


def test_scores_are_held_beside_pass_rates_and_alone_where_nothing_missed(capsys, tmp_path):
    def scored(shift, missed=0):
        return [
            {**row, "score": round(0.5 + number % 7 / 20 + shift, 3)}
            for number, row in enumerate(rows({f"case-{n:03}": n >= missed for n in range(150)}))
        ]

    a = write(tmp_path / "a.jsonl", *scored(0.1))
    b = write(tmp_path / "b.jsonl", *scored(0.0))
    code, said = compare(capsys, a, b)
    assert code == 1
    assert "accuracy: regressed (mean score 0.748 -> 0.648, -0.100" in said
    c, d = write(tmp_path / "c.jsonl", *scored(0.1, 2)), write(tmp_path / "d.jsonl", *scored(0.0, 2))
    code, said = compare(capsys, c, d)
    assert code == 1
    for words in (
        "    accuracy: not worse by 2 points or more (98.7% -> 98.7%, +0.0 points",
        "    accuracy: regressed (mean score 0.748 -> 0.648, -0.100",
        "accuracy   all                150   98.7%  98.7%",
        "accuracy   all: mean score    150   0.748  0.648",
        "accuracy (mean score): 150 cases worse, 0 better",
        "    worse: case-000: 0.600 -> 0.500 (wrong)",
        "regressed (exit 1): accuracy (mean score)",
    ):
        assert words in said
    (comparison,) = compare_json(capsys, c, d)["comparisons"]
    rate, score = comparison["findings"]
    assert (rate["metric"], rate["verdict"], rate["change"]) == ("pass_rate", "not worse", 0)
    assert (score["metric"], score["verdict"], score["change"]) == ("mean_score", "regressed", pytest.approx(-0.1))
    assert {each["metric"] for each in comparison["flips"]} == {"mean_score"}
    # Of a judge that never gives the same score twice nobody wants to read every case.
    noise = [{**row, "score": row["score"] + (-1) ** number / 99} for number, row in enumerate(scored(0.1, 2))]
    (comparison,) = compare_json(capsys, c, write(tmp_path / "e.jsonl", *noise))["comparisons"]
    assert [each["worse"] + each["better"] for each in comparison["findings"]] == [0, 150]
    assert comparison["flips"] == []


def test_scores_of_groups_are_shown_where_they_say_something(capsys, tmp_path):
    def lines(shift):
        for number in range(200):
            group = "xyz"[number % 3]
            score = 0.9 - (shift if group == "x" else 0) + number % 7 / 100
            labels = {"category": group}
            outcome = "pass" if number % 20 else "miss"
            yield {"case": f"c{number}", "dimension": "d", "outcome": outcome, "score": score, "labels": labels}

    a, b = write(tmp_path / "a.jsonl", *lines(0.0)), write(tmp_path / "b.jsonl", *lines(0.3))
    code, said = compare(capsys, a, b)
    assert code == 1
    assert "  x: mean score " in said
    assert "  y: mean score " not in said
    assert "more groups" not in said
    assert "  y: mean score " in compare(capsys, a, b, "-v")[1]


def test_groups_by_another_label(capsys, tmp_path):
    def language(case):
        return {"language": "es" if case.endswith(("1", "3", "5", "7", "9")) else "de", "category": case[-2]}

    a = write(tmp_path / "a.jsonl", *rows(many(100, 100), labels=language))
    b = write(
        tmp_path / "b.jsonl",
        *rows({case: language(case)["language"] == "de" for case in many(0, 100)}, labels=language),
    )
    found = by_place(compare_json(capsys, a, b, "--by", "language")["comparisons"][0])
    assert set(found) == {("accuracy", None, None), ("accuracy", "de", None), ("accuracy", "es", None)}
    assert found["accuracy", "es", None]["verdict"] == "regressed"
    assert found["accuracy", "de", None]["change"] == 0
    _, said = compare(capsys, a, b, "--by", "language")
    assert "regressed: accuracy in language es (100.0% -> 0.0%, -100.0 points)" in said


# -- several models in one session -------------------------------------------------------------------------------


def matrix(suite):
    suite.file(
        "test_models.py",
        """
        import pytest

        MODELS = [pytest.param(name, marks=pytest.mark.labels(model=name)) for name in ("gpt-4", "small")]

        @pytest.mark.dimension("accuracy")
        @pytest.mark.parametrize("number", [pytest.param(n, id=f"q{n:02}") for n in range(30)])
        @pytest.mark.parametrize("model", MODELS)
        def test_answer(model, number, evalcase):
            evalcase.record(input=f"question {number}", output=f"answer of {model}")
            assert model == "gpt-4" or number > 15, f"{model} fails {number}"

        @pytest.mark.dimension("tone")
        @pytest.mark.cases("rows.jsonl")
        @pytest.mark.parametrize("model", MODELS)
        def test_row(model, case):
            assert True

        @pytest.mark.dimension("accuracy")
        def test_plain():
            assert True
        """,
    )
    suite.file("rows.jsonl", "\n".join(json.dumps({"id": f"row-{n}"}) for n in range(5)))
    return suite.run()


def test_models_of_one_session_are_compared_by_their_label(capsys, suite):
    path = matrix(suite).path
    code, said = compare(capsys, path, "--by-label", "model")
    assert code == 1
    assert "note: 1 case has no such label, and stand" in said
    assert "model small against model gpt-4, on 35 cases that both judged:" in said
    assert "accuracy: regressed (100.0% -> 46.7%" in said
    assert "worse: test_models.py::test_answer[q00] (small fails 0)" in said
    assert "input: question 0" in said
    assert "output of model gpt-4: answer of gpt-4" in said
    assert "output of model small: answer of small" in said
    code, said = compare(capsys, path, "--by-label", "model", "--reference", "small")
    assert code == 0
    assert "accuracy: better (46.7% -> 100.0%" in said


def test_labels_that_cut_nothing_are_usage_errors(capsys, suite):
    path = matrix(suite).path
    code, said = compare(capsys, path, "--by-label", "modle")
    assert code == 4
    assert 'the label "modle" is on no case; there is: model' in said
    code, said = compare(capsys, path, "--by-label", "model", "--reference", "huge")
    assert code == 4
    assert 'no case has model "huge"; there is: gpt-4, small' in said
    assert compare(capsys, path)[0] == 4
    assert compare(capsys, path, path, "--reference", "small")[0] == 4


# -- failure ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "bad.jsonl: no case in it was judged"),
        ('{"case": "a", "dimension": "d", "outcome": "skipped"}\n', "bad.jsonl: no case in it was judged"),
        ("not JSON\n", "bad.jsonl, line 1: not valid JSON"),
        ('{"case": "a", "outcome": "pass"}\n', "bad.jsonl, line 1: the observation has no 'dimension'"),
        ('{"type": "header", "schema": 99}\n', "its schema is 99"),
    ],
)
def test_bad_files_are_named(capsys, tmp_path, text, words):
    good = write(tmp_path / "good.jsonl", *rows(many(9, 10)))
    bad = tmp_path / "bad.jsonl"
    bad.write_text(text, encoding="utf-8")
    for files in ((good, bad), (bad, good)):
        code, said = compare(capsys, *files)
        assert code == 4
        assert words in said
        assert "Traceback" not in said
    code, said = compare(capsys, good, tmp_path / "none.jsonl")
    assert code == 4
    assert "none.jsonl" in said


def test_a_second_look_is_no_run_to_compare(capsys, tmp_path):
    good = write(tmp_path / "good.jsonl", *rows(many(9, 10)))
    look = write(tmp_path / "look.jsonl", {"type": "header", "schema": 1, "second_look": True}, *rows(many(9, 10)))
    code, said = compare(capsys, good, look)
    assert code == 4
    assert "a second look at cases that missed" in said


def test_hostile_texts_stay_on_their_line(capsys, tmp_path):
    evil = "\x1b[31mred\nforged: regressed (exit 1)\u202e\ud800"
    labels = {"category": evil}

    def lines(passed, output):
        for number in range(30):
            case = f"{evil}{number}"
            yield {
                "type": "trial",
                "case": case,
                "test": evil,
                "labels": labels,
                "evidence": {evil: evil, "input": [output]},
            }
            outcome = "pass" if passed else "miss"
            yield {"case": case, "test": evil, "dimension": evil, "outcome": outcome, "reason": evil}
        yield {"case": "plain", "dimension": evil, "outcome": "pass"}

    a, b = write(tmp_path / "a.jsonl", *lines(True, 1)), write(tmp_path / "b.jsonl", *lines(False, 2))
    code, said = compare(capsys, a, b, "-v")
    assert code == 1
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert not any(line.startswith("forged") for line in said.splitlines())
    assert "input of " in said
    assert json.loads(compare(capsys, a, b, "--json")[1])


def test_a_baseline_can_be_the_reference(capsys, suite):
    suite.cases(28, 30)
    first = suite.run("--evalbars-baseline=base.jsonl", "--evalbars-update-baseline")
    assert first.exit in (0, 1)
    suite.cases(4, 30)
    run = suite.run()
    code, said = compare(capsys, suite.path / "base.jsonl", run.path)
    assert code == 1
    assert "accuracy: regressed (93.3% -> 13.3%, -80.0 points" in said


def test_large_files_are_read_at_the_same_time_and_say_the_same(capsys, tmp_path, monkeypatch):
    a = write(tmp_path / "a.jsonl", *rows(many(90, 100)))
    b = write(tmp_path / "b.jsonl", *rows(many(60, 100)))
    plain = compare(capsys, a, b)
    monkeypatch.setattr("pytest_evalbars.run.several.LARGE", 10)
    assert compare(capsys, a, b) == plain
    b.write_text("nonsense\n", encoding="utf-8")
    code, said = compare(capsys, a, b)
    assert code == 4
    assert "b.jsonl, line 1: not valid JSON" in said


def test_another_test_of_the_same_cases_is_no_regression(tmp_path, capsys):
    one = [{"case": f"c{k}", "test": "t.py::a", "dimension": "d", "outcome": "pass"} for k in range(40)]
    more = [{**row, "test": "t.py::b", "outcome": "miss" if number % 2 else "pass"} for number, row in enumerate(one)]
    paths = [tmp_path / "a.jsonl", tmp_path / "b.jsonl"]
    for path, lines in zip(paths, (one, one + more), strict=True):
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    assert main(["compare", *map(str, paths)]) == 0
    assert "regressed (" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--by", "langage"], '--by langage: no case has that label; did you mean "language"?'),
        (["--renamed", "c0=zz"], 'there is no case "zz"'),
    ],
)
def test_a_name_that_is_nowhere_is_a_mistake(tmp_path, capsys, words, said):
    path = tmp_path / "a.jsonl"
    row = {"case": "c0", "dimension": "d", "outcome": "pass", "labels": {"language": "es"}}
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    assert main(["compare", str(path), str(path), *words]) == 4
    assert said in capsys.readouterr().err
