"""The bars file: where it is found, what it may say, and the words for every mistake in it."""

import tomllib

import pytest

from pytest_evalbars import Run, decide, load_bars
from pytest_evalbars.errors import BarsError

BAR = '[[bar]]\ndimension = "accuracy"\nat_least = 0.85\n'
IN_PYPROJECT = '[tool.evalbars]\n[[tool.evalbars.bar]]\ndimension = "accuracy"\nat_least = 0.85\n'


def refused(folder, text, name="evalbars.toml"):
    """The words for a bad bars file."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BarsError) as caught:
        load_bars(path)
    return str(caught.value)


# -- mistakes ----------------------------------------------------------------------------------------------------

KEY_MISTAKES = {
    "a percentage": ("at_least = 90", ["`at_least`", "90 is not a rate between 0 and 1", "did you mean 0.9?"]),
    "a negative rate": ("at_least = -0.1", ["`at_least`", "-0.1", "between 0 and 1"]),
    "a rate in words": ('at_least = "90%"', ["`at_least`", "'90%'", "between 0 and 1"]),
    "a rate of true": ("at_least = true", ["`at_least`", "True", "between 0 and 1"]),
    "no number at all": ("at_least = nan", ["`at_least`", "nan", "between 0 and 1"]),
    "endless": ("at_most = inf", ["`at_most`", "inf", "between 0 and 1"]),
    "no threshold": ("", ["at_least, at_most or max_drop", "none"]),
    "two thresholds": ("at_least = 0.5\nat_most = 0.9", ["at_least, at_most or max_drop", "at_least and at_most"]),
    "a misspelt key": ("at_leats = 0.9", ["unknown key `at_leats`", 'did you mean "at_least"?']),
    "a label as a key": ('at_least = 0.9\nlanguage = "es"', ["unknown key `language`", "labels.language"]),
    "a misspelt metric": (
        'at_least = 0.9\nmetric = "pas_rate"',
        ["`metric`", '"pas_rate"', 'did you mean "pass_rate"?'],
    ),
    "an unheard-of metric": (
        'at_least = 0.9\nmetric = "bleu"',
        ['"bleu" is not a metric', "mean_score", "pass_rate"],
    ),
    "a misspelt stage": ('at_least = 0.9\nstage = "lauch"', ["`stage`", '"lauch"', 'did you mean "launch"?']),
    "a stage of none": ('at_least = 0.9\nstage = "none"', ["`stage`", '"none"', "testing"]),
    "a misspelt rule": ('at_least = 0.9\nrule = "estimates"', ["`rule`", '"estimates"', 'did you mean "estimate"?']),
    "a misspelt override": (
        'at_least = 0.9\ninconclusive = "fial"',
        ["`inconclusive`", '"fial"', 'did you mean "fail"?'],
    ),
    "a misspelt status": (
        'at_least = 0.9\nstatus = "regresion"',
        ["`status`", '"regresion"', 'did you mean "regression"?'],
    ),
    "one status of two": ('at_least = 0.9\nstatus = ["capability", "old"]', ["`status`", '"old"', "saturated"]),
    "no cases": ("at_least = 0.9\nmin_cases = 0", ["`min_cases`", "0"]),
    "half a case": ("at_least = 0.9\nmin_cases = 2.5", ["`min_cases`", "2.5"]),
    "cases in words": ('at_least = 0.9\nmin_cases = "10"', ["`min_cases`", "'10'"]),
    "true cases": ("at_least = 0.9\nmin_cases = true", ["`min_cases`", "True"]),
    "each dimension": ('at_least = 0.9\neach = "dimension"', ["`each`", "dimension anyway"]),
    "each of nothing": ("at_least = 0.9\neach = []", ["`each`", "a string or a list"]),
    "a category of 5": ("at_least = 0.9\ncategory = 5", ["`category`", "a string or a list of strings"]),
    "an empty category": ('at_least = 0.9\ncategory = ""', ["`category`", "none of them empty"]),
    "a list with a number": ('at_least = 0.9\ncategory = ["a", 1]', ["`category`", "a string or a list of strings"]),
    "labels without keys": ('at_least = 0.9\nlabels = "es"', ["`labels`", "'es'"]),
    "a label of 3": ("at_least = 0.9\nlabels.turn = 3", ["labels.turn", "a string or a list"]),
    "labels.category": (
        'at_least = 0.9\nlabels.category = "x"',
        ["`labels`", "labels.category", "selector `category`"],
    ),
    "a bracket in the name": ('at_least = 0.9\nname = "a[b]"', ["`name`", "'a[b]'", "bracket"]),
    "an empty name": ('at_least = 0.9\nname = " "', ["`name`"]),
    "a why of 5": ("at_least = 0.9\nwhy = 5", ["`why`", "5"]),
}


@pytest.mark.parametrize("mistake", KEY_MISTAKES)
@pytest.mark.parametrize("name", ["evalbars.toml", "pyproject.toml"])
def test_a_mistake_in_a_bar_names_the_file_the_bar_the_key_and_the_mend(tmp_path, monkeypatch, mistake, name):
    monkeypatch.chdir(tmp_path)
    lines, words = KEY_MISTAKES[mistake]
    heading = "[[bar]]" if name == "evalbars.toml" else "[[tool.evalbars.bar]]"
    good = f'{heading}\ndimension = "tone"\nat_least = 0.5\n'
    said = refused(tmp_path, f'{good}{heading}\ndimension = "accuracy"\n{lines}\n', name)
    assert said.startswith(f"{name}, bar ")
    if "`name`" not in words:
        assert said.startswith(f'{name}, bar "accuracy" (number 2 of {heading})')
    assert "\n" not in said
    for word in words:
        assert word in said
    assert "pydantic" not in said.lower()


TABLE_MISTAKES = {
    "a misspelt key": ("confidance = 0.9", ["unknown key `confidance`", 'did you mean "confidence"?']),
    "bars for bar": ("[[bars]]\nat_least = 0.9", ["unknown key `bars`", 'did you mean "bar"?']),
    "a percentage": ("confidence = 95", ["`confidence`", "95", "0.95"]),
    "all confidence": ("confidence = 1.0", ["`confidence`", "0.5 up to"]),
    "no confidence": ("confidence = 0.3", ["`confidence`", "0.3", "0.5"]),
    "negative errors": ("max_errors = -1", ["`max_errors`", "-1", '"1%"']),
    "half an error": ("max_errors = 1.5", ["`max_errors`", "1.5"]),
    "a count as text": ('max_errors = "5"', ["`max_errors`", "'5'", '"1%"']),
    "more than all": ('max_errors = "101%"', ["`max_errors`", "101%"]),
    "true errors": ("max_errors = true", ["`max_errors`", "True"]),
    "one bar, no list": ("[bar]\nat_least = 0.9", ["[[bar]]"]),
    "a bar of 5": ("bar = [5]", ["number 1 of [[bar]]", "5"]),
    "bars of 5": ("bar = 5", ["[[bar]]"]),
    "a baseline of 5": ("baseline = 5", ["`baseline`", "5"]),
}


@pytest.mark.parametrize("mistake", TABLE_MISTAKES)
def test_a_mistake_in_the_table_names_the_file_the_key_and_the_mend(tmp_path, monkeypatch, mistake):
    monkeypatch.chdir(tmp_path)
    text, words = TABLE_MISTAKES[mistake]
    said = refused(tmp_path, text)
    assert said.startswith("evalbars.toml")
    for word in words:
        assert word in said


def test_every_mistake_is_told_at_once(tmp_path):
    said = refused(
        tmp_path, f'confidence = 95\n{BAR}{BAR.replace("0.85", "85")}[[bar]]\nstage = "lauch"\nat_least = 0.5\n'
    )
    for word in ("confidence", "0.85?", "launch", "number 2", "number 3"):
        assert word in said
    assert len(said.splitlines()) == 3


@pytest.mark.parametrize(
    "bars",
    [
        BAR + BAR,
        BAR + '[[bar]]\ndimension = "accuracy"\nat_least = 0.5\n',
        '[[bar]]\nname = "x"\nat_least = 0.5\n[[bar]]\ndimension = "a"\nname = "x"\nat_most = 0.5\n',
    ],
)
def test_two_bars_of_one_name_are_a_mistake(tmp_path, bars):
    said = refused(tmp_path, bars)
    assert "bars 1 and 2" in said
    assert "one name" in said
    assert ('"x"' if '"x"' in bars else "accuracy") in said


def test_one_bar_for_each_stage_needs_no_name(tmp_path):
    (tmp_path / "evalbars.toml").write_text(BAR + BAR.replace("0.85", "0.9") + 'stage = "launch"\n')
    names = [bar.name for bar in load_bars(tmp_path).bar]
    assert len(set(names)) == 2
    assert all("accuracy" in name for name in names)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"[[bar]\n", ["not valid TOML", "line 1"]),
        (b"at_least = \n", ["not valid TOML"]),
        (BAR.encode("utf-16"), ["cannot be read"]),
        (b'[[bar]]\ndimension = "caf\xe9"\n', ["cannot be read"]),
        (b"\x00\x01\x02", ["TOML"]),
    ],
)
def test_what_is_no_toml_is_named(tmp_path, monkeypatch, content, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "evalbars.toml").write_bytes(content)
    with pytest.raises(BarsError, match=r"^evalbars\.toml: ") as caught:
        load_bars(tmp_path)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize("table", ["[tool]\nevalbars = 5\n", "[[tool.evalbars]]\nconfidence = 0.9\n"])
def test_a_table_must_be_a_table(tmp_path, table):
    assert "must be a table" in refused(tmp_path, table, "pyproject.toml")


# -- where it is found -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("evalbars.toml", BAR),
        ("evalbars.toml", IN_PYPROJECT),
        ("pyproject.toml", IN_PYPROJECT),
        ("release.toml", BAR),
        ("release.toml", IN_PYPROJECT),
    ],
)
@pytest.mark.parametrize("bom", [False, True])
def test_the_same_keys_stand_in_either_file(tmp_path, name, text, bom):
    (tmp_path / name).write_text(text, encoding="utf-8-sig" if bom else "utf-8")
    assert [(bar.dimension, bar.at_least) for bar in load_bars(tmp_path / name).bar] == [(("accuracy",), 0.85)]
    if name != "release.toml":
        assert load_bars(str(tmp_path)) == load_bars(tmp_path / name)


def test_windows_line_ends_change_nothing(tmp_path):
    (tmp_path / "evalbars.toml").write_bytes(BAR.replace("\n", "\r\n").encode())
    assert load_bars(tmp_path) == load_bars(tomllib.loads(BAR))


def test_bars_in_both_files_are_a_mistake(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "evalbars.toml").write_text(BAR)
    (tmp_path / "pyproject.toml").write_text(IN_PYPROJECT)
    with pytest.raises(BarsError, match=r"twice.*evalbars\.toml.*pyproject\.toml.*keep one"):
        load_bars(tmp_path)


@pytest.mark.parametrize("text", ["", "[project]\nname = 'x'\n", "[tool.ruff]\nline-length = 99\n"])
def test_a_project_without_bars_says_how_to_declare_them(tmp_path, text):
    assert "[tool.evalbars]" in refused(tmp_path, text, "pyproject.toml")
    with pytest.raises(BarsError, match="declares no bars"):
        load_bars(tmp_path)


def test_a_missing_file_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BarsError, match=r"^nowhere\.toml: there is no such file"):
        load_bars("nowhere.toml")


def test_bars_are_taken_from_a_mapping_too():
    bars = load_bars({"confidence": 0.9, "bar": [{"dimension": ["a", "b*"], "at_most": 0.2, "each": "labels.x"}]})
    (bar,) = bars.bar
    assert (bars.confidence, bar.dimension, bar.threshold, bar.upper, bar.each) == (
        0.9,
        ("a", "b*"),
        0.2,
        True,
        ("x",),
    )


def test_loading_does_not_keep_hold_of_the_callers_table():
    table = {"bar": [{"dimension": ["accuracy"], "at_least": 0.9}]}
    bars = load_bars(table)
    table["bar"][0]["dimension"].append("tone")
    table["bar"].append({})
    assert [bar.dimension for bar in bars.bar] == [("accuracy",)]


# -- in a session ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "words", "workers"),
    [
        (
            '[[bar]]\ndimension = "acuracy"\nat_least = 0.9\n',
            ["pyproject.toml", '"acuracy"', 'did you mean "accuracy"?'],
            (),
        ),
        ('[[bar]]\ndimension = "accuracy"\nat_least = 90\n', ["pyproject.toml", 'bar "accuracy"', "0.9?"], ()),
        (
            '[[bar]]\ndimension = "acuracy"\nat_least = 0.9\n',
            ["pyproject.toml", '"acuracy"', 'did you mean "accuracy"?'],
            ("-n", "1"),
        ),
    ],
)
def test_a_session_with_bad_bars_ends_before_it_begins(suite, table, words, workers):
    result = suite.bars(table).cases(9, 10).run(*workers)
    assert result.exit == 4
    assert not result.counts.get("passed")
    result.said(*words)
    result.never_said("Traceback", "INTERNALERROR")
    assert len([line for line in (result.out + result.err).splitlines() if words[1] in line]) == 1


CASE = """
import pytest
@pytest.mark.dimension("accuracy")
@pytest.mark.category("refunds")
@pytest.mark.labels(language="es")
@pytest.mark.parametrize("n", range(30), ids="case-{}".format)
def test_it(n): pass

@pytest.mark.dimension("tone")
@pytest.mark.capability
@pytest.mark.parametrize("n", range(30), ids="case-{}".format)
def test_tone(n): pass
"""

UNANSWERABLE = {
    "a glob": ('dimension = "fluen*"', ['"fluen*" matches no dimension']),
    "a category": ('category = "refund"', ["category", '"refund"', 'did you mean "refunds"?']),
    "a label's value": ('labels.language = "e"', ["language", '"e"', "es"]),
    "a label's key": ('labels.langage = "es"', ["langage"]),
    "each": ('each = "langage"', ['each = "langage"', 'did you mean "language"?']),
    "a status": ('dimension = "accuracy"\nstatus = "saturated"', ["status", '"saturated"', "regression"]),
    "capability only": ('dimension = "tone"', ["capability", 'add status = "capability"']),
    "never together": ('dimension = "tone"\ncategory = "refunds"\nstatus = "*"', ["no case matches them all"]),
    "one of a list": ('dimension = ["accuracy", "tnoe"]', ['"tnoe"', 'did you mean "tone"?']),
}


@pytest.mark.parametrize("mistake", UNANSWERABLE)
def test_a_bar_that_no_case_can_answer_is_a_mistake(suite, mistake):
    keys, words = UNANSWERABLE[mistake]
    suite.file("test_it.py", CASE)
    result = suite.bars(f'[[bar]]\nname = "b"\nat_least = 0.5\n{keys}\n').run()
    assert result.exit == 4
    result.said("pyproject.toml", 'bar "b"', *words)
    assert not result.lines


@pytest.mark.parametrize("mistake", UNANSWERABLE)
def test_where_only_some_files_were_asked_for_it_is_not_in_this_selection(suite, mistake):
    keys, _ = UNANSWERABLE[mistake]
    suite.file("test_it.py", CASE)
    suite.file("other/test_plain.py", "def test_plain(): pass\n")
    result = suite.bars(f'[[bar]]\nname = "b"\nat_least = 0.5\n{keys}\n').run("test_it.py")
    assert result.exit == 0, result.out
    if mistake != "each":  # its whole is in the selection
        result.said("not in this selection")


def test_a_session_reads_an_evalbars_toml_beside_its_pyproject(suite):
    suite.cases(30, 60)
    (suite.path / "evalbars.toml").write_text(BAR, encoding="utf-8-sig")
    result = suite.run()
    assert result.exit == 1
    result.said(">= 85%", "MISSED")


def test_a_session_refuses_bars_in_both_files(suite):
    suite.bars(BAR).cases(60, 60)
    suite.file("evalbars.toml", BAR)
    result = suite.run()
    assert result.exit == 4
    result.said("twice", "evalbars.toml", "pyproject.toml")


def test_bad_bars_are_no_matter_where_no_case_is(suite):
    suite.bars("nonsense = 5\n")
    suite.file("test_plain.py", "def test_plain(): pass\n")
    assert suite.run().exit == 0


def test_a_bar_may_be_decided_after_loading_from_the_words_of_the_contract(tmp_path):
    """DESIGN.md's example, but for the keys that other versions bring."""
    (tmp_path / "evalbars.toml").write_text(
        """
confidence = 0.95
baseline = "evals/baseline.jsonl"
max_errors = 0
[[bar]]
dimension = "faithfulness"
at_least = 0.90
each = "category"
metric = "pass_rate"
stage = "testing"
rule = "evidence"
min_cases = 10
name = "faithful"
why = "compliance decisions rest on these answers"
"""
    )
    rows = [
        {"case": f"{c}{n}", "dimension": "faithfulness", "outcome": "pass", "labels": {"category": c}}
        for c in "ab"
        for n in range(30)
    ]
    decision = decide(Run.from_observations(rows), load_bars(tmp_path))
    assert [each.name for each in decision.verdicts] == ["faithful", "faithful[a]", "faithful[b]"]
    assert {each.verdict for each in decision.verdicts} == {"met"}
