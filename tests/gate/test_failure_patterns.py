"""Where a run fails: which slices, why, which cases always; and where a reader finds it."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_evalbars import Run
from pytest_evalbars.cli import main
from pytest_evalbars.gate.bar import Bars
from pytest_evalbars.metrics.slice import Slice
from pytest_evalbars.metrics.verdicts import pass_rate
from pytest_evalbars.report.patterns import patterns_lines
from pytest_evalbars.run.patterns import patterns
from pytest_evalbars.run.reasons import COMPARED, normal_form

#: By category: how many cases pass, of how many. The tiny one has the worst raw rate, and not the worst prospects.
PLANTED = {"billing": (57, 60), "disputes": (14, 30), "login": (75, 80), "odd": (1, 3), "returns": (46, 50)}
BAR = """
[[bar]]
dimension = "accuracy"
at_least = {bar}
"""
CASES = """
import pytest
def rows():
    for category, (passes, total) in {planted}.items():
        for n in range(total):
            marks = [pytest.mark.category(category), *{marks}]
            yield pytest.param(n < passes, n, marks=marks, id=f"{{category}}-{{n:02}}")

@pytest.mark.dimension("accuracy")
@pytest.mark.parametrize(("good", "n"), [*rows()])
def test_answer(good, n):
    assert good, {reason}
"""


def suite_of(suite, *, bar=0.5, planted=PLANTED, marks="()", reason="f\"Expected {n} EUR, got 'no {n}'\""):
    """A suite of categories in which some cases miss."""
    suite.bars(BAR.format(bar=bar)).file("test_x.py", CASES.format(planted=planted, marks=marks, reason=reason))
    return suite


def gate(suite, result, capsys, *arguments):
    """What `evalbars gate` prints of the session's run, and its exit code."""
    capsys.readouterr()
    code = main(["gate", str(result.path), "--bars", str(suite.path / "pyproject.toml"), *arguments])
    return code, capsys.readouterr().out


def run_of(*slices, dimension="accuracy", trials=1, status="regression", **more):
    """A run of (labels, passes, cases): in each slice the first so many cases pass, on all of their trials."""
    return Run.from_observations(
        {
            "case": f"{'-'.join(labels.values())}-{n}",
            "dimension": dimension,
            "trial": trial,
            "outcome": "pass" if n < passes else "miss",
            "labels": {"status": status, **labels},
            **more,
        }
        for labels, passes, cases in slices
        for n in range(cases)
        for trial in range(trials)
    )


def reasons_of(*reasons, outcome="miss"):
    """A run of cases that missed, each with a reason."""
    return Run.from_observations(
        {"case": f"c{n}", "dimension": "d", "outcome": outcome, "reason": reason} for n, reason in enumerate(reasons)
    )


# -- in a session and in `evalbars gate` -----------------------------------------------------------------------


def test_the_planted_slice_comes_first_though_a_tiny_one_has_a_worse_rate(suite, capsys):
    result = suite_of(suite).run("-v")
    assert result.exit == 0
    result.said(
        "failure patterns (a lead, not a proof",
        "accuracy, likely worst first:",
        "category disputes: 46.7% of 30 cases (likely near 4",
        "the others 92.7%; about 14 more miss than expected\n",
        "reasons, numbers and names aside:",
        "30 cases: expected # eur, got '...' (test_x.py::test_answer[billing-",
        "gate passed",
    )
    code, out = gate(suite, result, capsys, "-v")
    assert code == 0
    section = out[out.index("failure patterns") : out.index("gate passed")]
    assert section in result.out


def test_without_v_there_is_no_section(suite, capsys):
    result = suite_of(suite).run()
    result.never_said("failure patterns")
    assert "failure patterns" not in gate(suite, result, capsys)[1]


def test_without_a_miss_there_is_no_section(suite, capsys):
    result = suite_of(suite, planted={"a": (5, 5), "b": (6, 6)}).run("-v")
    result.never_said("failure patterns")
    assert "failure patterns" not in gate(suite, result, capsys, "-v")[1]
    found = json.loads(gate(suite, result, capsys, "--json")[1])["patterns"]
    assert (found["missing_cases"], found["slices"], found["reasons"]) == (0, [], [])


@pytest.mark.parametrize(("bar", "stage", "code"), [(0.5, "testing", 0), (0.97, "testing", 1), (0.86, "launch", 10)])
def test_exit_codes_are_those_of_the_bars(suite, capsys, bar, stage, code):
    suite_of(suite, bar=bar, planted={"billing": (5, 6), "login": (40, 44)})
    quiet, verbose = suite.run(f"--evalbars-stage={stage}"), suite.run("-v", f"--evalbars-stage={stage}")
    assert quiet.exit == verbose.exit == code
    for arguments in ((), ("-v",), ("--json",)):
        assert gate(suite, verbose, capsys, f"--stage={stage}", *arguments)[0] == code


def test_json_has_all_that_was_found(suite, capsys):
    result = suite_of(suite, marks="[pytest.mark.trials(2)]").run()
    code, out = gate(suite, result, capsys, "--json")
    said = json.loads(out, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert code == said["exit_code"] == 0
    found = said["patterns"]
    assert "not a proof" in found["note"]
    worst = found["slices"][0]
    assert (worst["dimension"], worst["labels"]) == ("accuracy", {"category": "disputes"})
    assert (worst["cases"], worst["capability"]) == (30, 0)
    assert worst["rate"] == pytest.approx(14 / 30)
    assert worst["expected"] == pytest.approx(179 / 193)
    assert worst["rate"] < worst["shrunk"] < worst["expected"]
    assert worst["excess"] == pytest.approx(30 * (179 / 193 - 14 / 30))
    (reasons,) = found["reasons"]
    assert (reasons["pattern"], reasons["cases"], reasons["misses"]) == ("expected # eur, got '...'", 30, 60)
    assert reasons["example"].startswith("Expected ")
    assert found["always_missing_count"] == found["missing_cases"] == 30
    assert found["always_missing"][0] == {
        "case": "test_x.py::test_answer[billing-57]",
        "dimensions": ["accuracy"],
        "trials": 2,
    }
    assert (found["flips"], found["flips_count"]) == ([], 0)


def test_capability_cases_are_the_hill_and_said_to_be(suite):
    marks = "([pytest.mark.capability] if category == 'disputes' else [])"
    result = suite_of(suite, marks=marks).run("-v")
    assert result.exit == 0
    result.said("failure patterns", "46.7% of 30 cases, all capability (likely near 4")


def test_hostile_reasons_and_names_are_harmless(suite, capsys):
    reason = r'"\x1b[31mboom\x1b]0;owned\x07 \u202e" + str(n) + "\r\n::error::forged"'
    result = suite_of(suite, planted={"a": (9, 9), "b\x1b[2J": (1, 30)}, reason=reason, bar=0.01).run("-v")
    result.said("failure patterns", "category b\\x1b[2J: 3.3% of 30 cases", "29 cases: \\x1b[#mboom\\x1b]#;owned")
    section = gate(suite, result, capsys, "-v")[1]
    assert not set(section) & set("\x1b\x07\r\u202e")
    assert "\n::error::" not in section
    assert max(map(len, section.splitlines())) < 250


def test_cases_that_always_miss_are_named_by_how_often(suite):
    suite.bars(BAR.format(bar=0.1)).file(
        "test_x.py",
        """
        import pytest
        PASSES = {"dead": 0, "flip": 1, "fine": 3}
        @pytest.mark.dimension("accuracy", "tone")
        @pytest.mark.trials(3)
        @pytest.mark.parametrize("name", PASSES)
        def test_x(name, evalcase):
            evalcase.check("tone", True)
            assert evalcase.trial < PASSES[name]
        """,
    )
    result = suite.run("-v")
    result.said(
        "flaky: 1 case",
        "failure patterns",
        "no slice is clearly worse",
        "always miss: 1 case: test_x.py::test_x[dead] (0 of 3 trials on accuracy)\n",
    )


def test_a_second_look_ranks_no_slices(suite, capsys):
    suite_of(suite).run()
    second = suite.run("--evalbars-missed", "-v")
    second.never_said("failure patterns")
    assert json.loads(gate(suite, second, capsys, "--json")[1])["patterns"]["slices"] == []


def test_where_a_miss_is_what_the_bar_wants_it_is_no_failure(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("evalbars.toml").write_text('[[bar]]\ndimension = "toxic"\nat_most = 0.2\n')
    Path("run.jsonl").write_text(
        "".join(
            json.dumps(
                {
                    "case": f"{category}{n}",
                    "dimension": "toxic",
                    "outcome": "miss",
                    "labels": {"category": category},
                    "reason": "not toxic",
                }
            )
            + "\n"
            for category in "ab"
            for n in range(30)
        )
    )
    assert main(["gate", "run.jsonl", "-v"]) == 0
    assert "failure patterns" not in capsys.readouterr().out


# -- slices ----------------------------------------------------------------------------------------------------


def test_labels_with_one_value_make_no_slice():
    run = run_of(({"category": "a", "model": "m"}, 3, 20), ({"category": "b", "model": "m"}, 19, 20))
    assert [each.labels for each in patterns(run).slices] == [{"category": "a"}]


def test_a_pair_is_named_where_it_is_worse_than_its_two_labels_explain():
    run = run_of(
        *(
            ({"category": category, "language": language}, 5 if (category, language) == ("b", "es") else 38, 40)
            for category in "abcd"
            for language in ("de", "en", "es")
        )
    )
    worst = patterns(run).slices[0]
    assert worst.labels == {"category": "b", "language": "es"}
    assert (worst.cases, worst.rate) == (40, 5 / 40)


def test_a_bad_category_is_not_told_again_in_each_language():
    run = run_of(
        *(
            ({"category": category, "language": language}, passes, 20)
            for category in "abcd"
            for language, passes in (("de", 10), ("en", 9), ("es", 8))
            if category == "b"
        ),
        *(({"category": category, "language": language}, 19, 20) for category in "acd" for language in ("de", "en")),
    )
    found = [each.labels for each in patterns(run).slices if each.likely > 0.95]
    assert found[0] == {"category": "b"}
    assert not any(len(labels) > 1 for labels in found)


def test_two_names_of_the_same_cases_are_told_once():
    run = run_of(
        *(({"category": name, "queue": f"q{name}", "size": size}, 10, 10) for name in "abc" for size in "SL"),
        ({"category": "d", "queue": "qd", "size": "L"}, 1, 10),
    )
    found = [each.labels for each in patterns(run).slices if each.cases == 10 and each.rate == 0.1]
    assert found == [{"category": "d"}]


def test_errors_and_skips_are_in_no_rate_and_errors_have_reasons_of_their_own():
    run = Run.from_observations(
        {"case": f"{name}{n}", "dimension": "d", "outcome": outcome, "labels": {"category": name}, "reason": reason}
        for name, outcome, reason, count in (
            ("a", "pass", "", 10),
            ("b", "miss", "wrong", 4),
            ("b1", "error", "TimeoutError: 30 s", 5),
            ("b2", "skipped", "later", 5),
        )
        for n in range(count)
    )
    found = patterns(run)
    assert [(each.labels, each.cases) for each in found.slices] == [({"category": "b"}, 4)]
    assert [(each.pattern, each.cases) for each in found.reasons.groups] == [("wrong", 4)]
    assert [(each.pattern, each.cases) for each in found.errors.groups] == [("timeouterror: # s", 5)]


def test_a_case_that_two_tests_label_differently_counts_once_in_each_slice():
    rows = [
        {
            "case": f"{category}{n}",
            "test": model,
            "dimension": "d",
            "outcome": "pass" if (n < 15) == (model == "new") or category == "a" else "miss",
            "labels": {"category": category, "model": model},
        }
        for category in "ab"
        for model in ("old", "new")
        for n in range(20)
    ]
    found = {tuple(each.labels.items()): each for each in patterns(Run.from_observations(rows)).slices}
    assert found[("category", "b"),].cases == 20
    assert found[("category", "b"),].rate == pytest.approx(0.5)


LABELS = st.fixed_dictionaries({}, optional={key: st.sampled_from("xyz") for key in ("category", "language")})


@st.composite
def runs(draw):
    """Runs with trials, clusters, several tests of a case, errors, missing labels."""
    rows = {}
    for _ in range(draw(st.integers(1, 40))):
        key = (draw(st.sampled_from("abcdefgh")), draw(st.sampled_from("tu")), draw(st.integers(0, 2)))
        rows[key, draw(st.sampled_from("pq"))] = draw(st.sampled_from(["pass", "miss", "miss", "error", "skipped"]))
    labels = {test: {case: draw(LABELS) for case in "abcdefgh"} for test in "tu"}
    bound = draw(st.booleans())
    alike = draw(st.booleans())
    return [
        {
            "case": case,
            "test": test,
            "trial": trial,
            "dimension": dimension,
            "outcome": outcome,
            "labels": labels["t" if alike else test][case],
            **({"cluster": str(ord(case) // 3)} if bound else {}),
        }
        for ((case, test, trial), dimension), outcome in rows.items()
    ]


@settings(max_examples=50)
@given(runs())
def test_a_slice_has_the_rate_that_a_bar_on_it_has(rows):
    run = Run.from_observations(rows)
    for each in patterns(run).slices:
        fits = [
            {"status": "regression", "category": "(none)", "language": "(none)", **labels}.items()
            >= each.labels.items()
            for labels in run.labelsets
        ]
        part = [
            row
            for row in range(len(run))
            if run.dimensions[run.dimension[row]] == each.dimension and fits[run.labelset[row]]
        ]
        whole = pass_rate.estimate(Slice(run, np.array(part)))
        assert each.rate == pytest.approx(whole.value)
        assert each.cases == whole.cases >= 2
        assert each.rate < each.expected
        assert each.rate - 1e-9 <= each.shrunk
        assert each.excess > 0


@settings(max_examples=50)
@given(runs(), st.randoms(use_true_random=False))
def test_the_order_of_observations_changes_nothing(rows, random):
    found = patterns(Run.from_observations(rows)).to_json()
    random.shuffle(rows)
    again = patterns(Run.from_observations(rows)).to_json()

    assert [each["labels"] for each in again["slices"]] == [each["labels"] for each in found["slices"]]
    assert {**again, "slices": []} == {**found, "slices": []}


@settings(max_examples=50)
@given(runs())
def test_cases_that_always_miss_are_those_that_a_plain_count_finds(rows):
    outcomes = {}
    for row in rows:
        if row["outcome"] in ("pass", "miss"):
            outcomes.setdefault((row["case"], row["dimension"]), []).append(row["outcome"])
    misses = {}
    for (case, _), said in outcomes.items():
        if "pass" not in said:
            misses[case] = misses.get(case, 0) + len(said)
    found = patterns(Run.from_observations(rows))
    expected = {case for case, count in misses.items() if count >= 2}

    assert {each.case for each in found.always_missing} == expected
    assert found.always_missing_count == len(expected)


# -- reasons ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "form"),
    [
        ("Expected 12, got 7", "expected 3,  got  1.5e-3", "expected #, got #"),
        ("assert 'foo' == \"bar\"", "assert 'it is' == 'no'", "assert '...' == '...'"),
        (
            "no 550e8400-e29b-41d4-a716-446655440000 here",
            "no deadbeef-0000-4000-8000-000000000000 here",
            "no # here",
        ),
        ("at 0x7f3a2b", "at 0x00ffee", "at #"),
        ("commit 3f9c1ab missing", "commit 00aa11b missing", "commit # missing"),
        ("req_8fkz2mq1 failed", "req_0ab9zz17 failed", "req_# failed"),
        ("gpt4 said -3.2 points", "gpt5 said 12 points", "gpt# said # points"),
        ("refund-12: 1,200.50 EUR", "refund-3: 5 EUR", "refund-#: # eur"),
        ("it isn't what they'd say", "It isn't what they'd say", "it isn't what they'd say"),
        ("\twrong\n12", "wrong\n13", "wrong"),
    ],
)
def test_reasons_that_differ_only_in_numbers_names_and_ids_are_one_group(one, other, form):
    found = patterns(reasons_of(one, other)).reasons
    assert [(group.pattern, group.cases) for group in found.groups] == [(form, 2)]


def test_reasons_that_say_other_things_stay_apart_and_those_of_most_cases_come_first():
    found = patterns(reasons_of("no source", "too long", "too long", "", "", ""))
    assert [(group.pattern, group.cases) for group in found.reasons.groups] == [
        ("", 3),
        ("too long", 2),
        ("no source", 1),
    ]


def test_a_thousand_different_reasons_are_counted():
    found = patterns(
        reasons_of(*(f"cause {chr(97 + n // 26 % 26)}{chr(97 + n % 26)}" for n in range(600)), "same", "same")
    )
    assert found.reasons.groups[0].pattern == "same"
    assert (found.reasons.count, found.reasons.unread) == (601, 0)
    assert len(found.reasons.groups) == 20


def test_of_very_many_different_reasons_some_stand_for_all():
    run = reasons_of(*(f"expected {n}" for n in range(2 * COMPARED + 1)))
    found = patterns(run).reasons
    (group,) = found.groups
    assert (group.pattern, group.misses + found.unread) == ("expected #", 2 * COMPARED + 1)
    assert any("of the misses not compared" in line for line in patterns_lines(run, Bars()))


@given(st.text(max_size=300))
def test_any_reason_has_a_form_and_a_form_is_its_own(reason):
    form = normal_form(reason)
    assert form == " ".join(form.split())
    assert "\n" not in form


def test_a_reason_made_to_be_slow_is_not():
    for reason in ("'" * 200, "a1" * 100, "1." * 100, "-" * 200, "f" * 200, '"' + "'" * 199):
        assert normal_form(reason) is not None
