"""Presets: what each advises makes sense, and is held where some case can answer it."""

import json
import re

import pytest

from pytest_evalbars import decide, load_bars, load_run, presets
from pytest_evalbars.cli import main
from pytest_evalbars.errors import BarsError
from pytest_evalbars.gate.presets import AdvisedBar
from pytest_evalbars.gate.select import fits

TWELVE = {
    "rag", "support_assistant", "code", "decision", "voice", "regulated", "multilingual", "classification",
    "generation", "migration", "pre_launch", "monitored_product",
}  # fmt: skip
every_preset = pytest.mark.parametrize("name", sorted(TWELVE))


# -- the data --------------------------------------------------------------------------------------------------


def test_the_twelve_are_there():
    assert set(presets.names()) == TWELVE


@every_preset
def test_a_preset_documents_what_it_speaks_of(name):
    preset = presets.read(name)
    bars = load_bars({"preset": name})
    assert preset.title
    assert len(preset.description) > 40
    assert len(preset.dimensions) >= 3
    for dimension, sentence in preset.dimensions.items():
        assert re.fullmatch("[a-z_]+", dimension)
        assert re.search(r"\b(code check|rubric)\b", sentence)
        assert sentence.endswith(".")
    assert len(bars.bar) == len(preset.bar) >= 4
    for bar in bars.bar:
        assert isinstance(bar, AdvisedBar)
        assert bar.preset == name
        assert bar.why
        # One dimension a bar: it can be left out where no case judges that.
        assert len(bar.dimension or ()) <= 1
        assert set(bar.dimension or ()) <= preset.dimensions.keys()
    for scale_name, scale in bars.scales.items():
        assert set(scale.dimension or (scale_name,)) <= preset.dimensions.keys()


@every_preset
def test_every_dimension_of_a_preset_has_a_bar_that_any_verdict_answers(name):
    bars = load_bars({"preset": name}).bar
    plain = {bar.dimension[0] for bar in bars if bar.dimension and bar.metric in ("pass_rate", "effective_pass_rate")}
    assert plain == presets.read(name).dimensions.keys()


@every_preset
def test_the_sample_cases_of_a_preset_answer_its_bars(name):
    preset = presets.read(name)
    assert 2 <= len(preset.case) <= 5
    assert {word for row in preset.case for word in row["dimension"]} == preset.dimensions.keys()
    assert preset.judges.keys() == preset.dimensions.keys()
    assert len({row["id"] for row in preset.case}) == len(preset.case)
    for bar in load_bars({"preset": name}).bar:
        for key in set(bar.each) - {"class"}:
            assert all(key in row["labels"] for row in preset.case)
        for key, words in bar.labels.items():
            assert any(fits(row.get("labels", {}).get(key, ""), words) for row in preset.case)


def test_presets_that_share_a_scale_or_a_level_mean_the_same():
    scales = {}
    held = {}
    for name in presets.names():
        for scale, data in presets.read(name).scales.items():
            assert scales.setdefault(scale, data) == data
            for dimension in data.get("dimension", [scale]):
                assert held.setdefault(dimension, scale) == scale


def test_all_presets_go_together():
    bars = load_bars({"preset": list(presets.names())})
    assert len({bar.name for bar in bars.bar}) == len(bars.bar) > 50


@pytest.mark.parametrize(
    ("name", "metrics"),
    [
        ("rag", {"pass_rate", "at_or_below"}),
        ("code", {"pass@3", "pass^3"}),
        ("classification", {"recall", "precision", "macro_recall", "calibration_error"}),
        ("decision", {"correct_abstention", "false_abstention", "overconfidence", "consistency"}),
        ("support_assistant", {"correct_escalation", "false_escalation", "cost_per_useful"}),
        ("voice", {"latency <= 1.5", "p95_latency", "correct_escalation", "false_escalation"}),
        ("regulated", {"at_or_below", "correct_abstention", "correct_escalation", "false_escalation"}),
        ("generation", {"at_or_above"}),
        ("migration", {"consistency"}),
        ("monitored_product", {"coverage", "effective_pass_rate", "error_rate", "p95_latency", "cost_per_useful"}),
    ],
)
def test_what_a_preset_is_for_it_measures(name, metrics):
    assert metrics <= {bar.metric for bar in load_bars({"preset": name}).bar}


def test_special_cases_are_held_apart():
    of = {name: load_bars({"preset": name}).bar for name in TWELVE}
    assert all(bar.each == ("language",) for bar in of["multilingual"])
    assert all(bar.stage == "launch" for bar in of["pre_launch"])
    friendly, attacked = (bar for bar in of["support_assistant"] if bar.dimension == ("safety",))
    assert attacked.labels == {"set": ("adversarial",)}
    assert attacked.threshold > friendly.threshold
    harm = [bar for bar in of["regulated"] if bar.level == "wrong, can harm"]
    assert [(bar.threshold, bar.rule, bar.stage) for bar in harm] == [
        (0.0, "estimate", "testing"), (0.01, "evidence", "launch"),
    ]  # fmt: skip


# -- beside the user's own bars --------------------------------------------------------------------------------


def names_of(bars):
    return [bar.name for bar in bars.bar]


def test_ones_own_bar_takes_the_place_of_the_presets():
    own = {"dimension": "faithfulness", "at_least": 0.5}
    bars = load_bars({"preset": "rag", "bar": [own]})
    assert names_of(bars)[0] == "pass_rate:faithfulness"
    assert not isinstance(bars.bar[0], AdvisedBar)
    assert bars.bar[0].threshold == 0.5
    assert sorted(names_of(bars)) == sorted(names_of(load_bars({"preset": "rag"})))


def test_ones_own_bar_may_speak_of_the_presets_scale():
    own = {"dimension": "faithfulness", "metric": "at_or_above", "level": "grounded", "at_least": 0.5}
    assert load_bars({"preset": "rag", "bar": [own]}).scales.keys() == {"hallucination"}
    with pytest.raises(BarsError, match="scale"):
        load_bars({"bar": [own]})


@pytest.mark.parametrize("name", ["hallucination", "made_up"])
def test_ones_own_scale_takes_the_place_of_the_presets(name):
    own = {name: {"levels": ["yes", "no"], "passing": "yes", "dimension": ["faith*"]}}
    bars = load_bars({"preset": "rag", "scales": own})
    assert bars.scales.keys() == {name}
    assert bars.scale_of("faithfulness")[1].levels == ("yes", "no")


def test_of_two_presets_the_first_one_counts():
    for first, second, threshold in (("rag", "regulated", 0.95), ("regulated", "rag", 0.98)):
        bars = load_bars({"preset": [first, second]})
        (found,) = [bar for bar in bars.bar if bar.name == "pass_rate:faithfulness"]
        assert (found.preset, found.threshold) == (first, threshold)
    assert names_of(load_bars({"preset": ["rag", "rag"]})) == names_of(load_bars({"preset": "rag"}))


@pytest.mark.parametrize(
    ("preset", "said"),
    [
        ('"regulatd"', '`preset`: "regulatd" is not a preset; did you mean "regulated"?'),
        ('["rag", "voicee"]', 'did you mean "voice"?'),
        ('"x"', "there is: classification, code"),
        ("3", "takes a string or a list of strings"),
        ("[]", "takes a string or a list of strings"),
    ],
)
def test_a_preset_that_is_none_is_a_usage_error(suite, preset, said):
    result = suite.bars(f"preset = {preset}").cases(3, 3).run()
    assert result.exit == 4
    result.said("pyproject.toml", said)


def test_a_bar_takes_no_preset(suite):
    table = '[[bar]]\ndimension = "accuracy"\nat_least = 0.5\npreset = "rag"'
    result = suite.bars(table).cases(3, 3).run()
    assert result.exit == 4
    result.said("unknown key `preset`")


# -- held where cases can answer them --------------------------------------------------------------------------

FAITHFUL = """
import pytest

@pytest.mark.dimension("faithfulness", "refusal", "speed")
@pytest.mark.parametrize("n", range(40), ids="c{:02}".format)
def test_answer(n, evalcase):
    evalcase.check("faithfulness", n < 20)
    evalcase.check("refusal", True)
    evalcase.check("speed", True)
"""
LEFT_OUT = "left out of what preset rag advises: on citation_accuracy, context_recall: no case judges them"


@pytest.mark.parametrize("more", [(), ("-n2",)], ids=["one process", "xdist"])
def test_advice_that_no_case_can_answer_is_left_out_and_said(suite, more):
    suite.bars('preset = "rag"').file("test_a.py", FAITHFUL)
    result = suite.run(*more)
    assert result.exit == 1
    result.said(f"evalbars: {LEFT_OUT}")
    assert result.out.count("left out of what preset rag advises: on") == 1
    result.said("FAILED evalbars::pass_rate:faithfulness")
    result.never_said("no data", "FAILED evalbars::at_or_below", "pass_rate:citation_accuracy")
    # Whether anything is graded only the run can tell.
    result.said("note: left out of what preset rag advises: at_or_below:faithfulness,level=wrong, can harm: no trial")


def test_the_command_leaves_out_the_same(suite, monkeypatch, capsys):
    session = suite.bars('preset = "rag"').file("test_a.py", FAITHFUL) and suite.run()
    monkeypatch.chdir(suite.path)
    capsys.readouterr()
    assert main(["gate", str(session.path)]) == session.exit == 1
    out = capsys.readouterr().out
    assert f"note: {LEFT_OUT}" in out
    assert "no trial is graded" in out
    assert "no data" not in out
    main(["gate", str(session.path), "--json"])
    said = json.loads(capsys.readouterr().out)
    assert {each["bar"] for each in said["verdicts"]} == {"pass_rate:faithfulness", "pass_rate:refusal"}
    # `decide` itself knows nothing of advice: what it is given it holds.
    decision = decide(load_run(session.path), load_bars("pyproject.toml"))
    assert {each.verdict for each in decision.verdicts if each.bar == "pass_rate:context_recall"} == {"no data"}
    main(["plan", str(session.path)])
    assert "context_recall" not in capsys.readouterr().out


def test_a_bar_of_ones_own_has_to_be_answered(suite):
    table = 'preset = "rag"\n[[bar]]\ndimension = "context_recall"\nat_least = 0.5'
    suite.bars(table).file("test_a.py", FAITHFUL)
    result = suite.run()
    assert result.exit == 4
    result.said('bar "pass_rate:context_recall": "context_recall" is no dimension of any collected case')


def test_labels_that_no_case_has_are_told(suite):
    suite.bars('preset = ["multilingual", "support_assistant"]').file(
        "test_a.py",
        """
        import pytest

        @pytest.mark.dimension("accuracy", "safety", "tone")
        @pytest.mark.parametrize("n", range(3))
        def test_answer(n): pass
        """,
    )
    result = suite.run()
    assert result.exit == 0
    result.said(
        "left out of what preset multilingual advises: on language_match, fluency, the scale fluency: no case",
        'pass_rate:accuracy: each = "language", but no collected case has that label',
    )
    result.said(
        "preset support_assistant", 'pass_rate:safety,set=adversarial: no collected case has set "adversarial"'
    )
    # Nothing speaks of the grades, and the scale of the tone is held.
    result.said("evalbars ..")


def test_a_level_that_ones_own_scale_does_not_have_is_told(suite):
    table = (
        'preset = "rag"\nscales.hallucination = { levels = ["a", "b"], passing = "a", dimension = "faithfulness" }'
    )
    suite.bars(table).file("test_a.py", FAITHFUL)
    result = suite.run()
    assert result.exit == 1
    result.said('can harm: "wrong, can harm" is no level of the scale hallucination (a > b)')


def test_measures_that_no_trial_gives_are_told_and_hold_nothing(suite):
    suite.bars('preset = "monitored_product"').file(
        "test_a.py",
        """
        import pytest

        @pytest.mark.dimension("helpfulness", "grounding", "safety")
        @pytest.mark.parametrize("n", range(5))
        def test_answer(n): pass
        """,
    )
    result = suite.run()
    assert result.exit == 0
    result.said("note: left out", "coverage: no trial says what its guardrails did", "cost_per_useful: no trial")
    result.said("gate passed: 0 of 7 verdicts met")


def test_a_measure_that_some_trials_give_is_missed_where_others_do_not(suite):
    suite.bars('preset = "monitored_product"').file(
        "test_a.py",
        """
        import pytest

        @pytest.mark.dimension("helpfulness", "grounding", "safety")
        @pytest.mark.parametrize("n", range(5))
        def test_answer(n, evalcase):
            if n:
                evalcase.guardrail("pre", "pass")
        """,
    )
    suite.run().said("inconclusive coverage", "1 judged trial says nothing of")


def test_errors_everywhere_are_no_reason_to_leave_advice_out(suite):
    suite.bars('max_errors = 9\npreset = "monitored_product"').file(
        "test_a.py",
        """
        import pytest

        @pytest.mark.dimension("helpfulness", "grounding", "safety")
        @pytest.mark.parametrize("n", range(5))
        def test_answer(n): raise OSError("down")
        """,
    )
    result = suite.run()
    assert result.exit == 1
    result.said("MISSED error rate", "NO DATA coverage", "NO DATA cost per useful")
    result.never_said("left out")


def test_files_that_were_not_asked_for_may_hold_the_rest(suite):
    suite.bars('preset = "rag"').file("test_a.py", FAITHFUL)
    suite.cases(3, 3, "context_recall", "test_b.py")
    whole, part = suite.run(), suite.run("test_a.py")
    whole.said("left out of what preset rag advises: on citation_accuracy: no case judges it")
    assert whole.exit == part.exit == 1
    part.never_said("citation_accuracy", "no data")


def test_shards_are_judged_together_under_the_same_advice(suite, monkeypatch, capsys):
    suite.bars('preset = "rag"').file("test_a.py", FAITHFUL)
    for part, more in (("1", ()), ("2", ("-n2",))):
        result = suite.run(f"--evalbars-shard={part}/2", f"--evalbars-run={part}.jsonl", *more)
        assert result.exit == 0
        result.never_said("left out")
    monkeypatch.chdir(suite.path)
    capsys.readouterr()
    assert main(["gate", "1.jsonl", "2.jsonl"]) == 1
    assert f"note: {LEFT_OUT}" in capsys.readouterr().out


def test_the_run_file_says_which_bars_are_advice(suite):
    table = 'preset = "rag"\n[[bar]]\ndimension = "refusal"\nat_least = 0.5'
    suite.bars(table).file("test_a.py", FAITHFUL)
    (header,) = suite.run().of("header")
    found = {bar["name"]: bar.get("preset") for bar in header["bars"]}
    assert [found[f"pass_rate:{name}"] for name in ("faithfulness", "refusal")] == ["rag", None]


# -- suites that look at one side only -------------------------------------------------------------------------

NARROW = "note: this suite judges"
BAR = "[[bar]]\nat_least = 0.5"


@pytest.mark.parametrize(
    ("table", "dimensions", "arguments", "said"),
    [
        (BAR, ["accuracy"], (), "1 dimension (accuracy)"),
        (BAR, ["tone", "accuracy"], (), "2 dimensions (accuracy, tone)"),
        (BAR, ["accuracy"], ("-n2",), "1 dimension (accuracy)"),
        (BAR, ["accuracy"], ("-v",), "1 dimension (accuracy)"),
        (BAR, ["accuracy", "tone", "safety"], (), ""),
        (BAR, ["accuracy"], ("-q",), ""),
        (BAR, ["accuracy"], ("-k", "case-000"), ""),
        (BAR, ["accuracy"], ("--deselect", "test_accuracy.py::test_answer[case-001]"), ""),
        (BAR, ["accuracy"], ("test_accuracy.py::test_answer",), ""),
        (BAR, ["accuracy", "tone", "safety"], ("test_accuracy.py",), ""),
        (BAR, ["accuracy"], ("--evalbars-shard=1/2",), ""),
        ("", ["accuracy"], (), ""),
        ('preset = "multilingual"', ["accuracy"], (), ""),
        (f'preset = "multilingual"\n{BAR}', ["accuracy"], (), ""),
    ],
)
def test_a_suite_with_few_dimensions_gets_a_note(suite, table, dimensions, arguments, said):
    suite.bars(table)
    for dimension in dimensions:
        suite.cases(4, 4, dimension, f"test_{dimension}.py")
    result = suite.run(*arguments)
    assert result.exit == 0
    if said:
        result.said(f"evalbars: {NARROW} {said}", "evalbars init --list")
        assert result.out.count(NARROW) == 1
    else:
        result.never_said(NARROW)
