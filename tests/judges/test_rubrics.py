"""Rubrics: what they may say, what each mistake is told as, and the version that changes with what is judged by."""

import re
import textwrap

import pytest
from pydantic import ValidationError
from stubs import CHECKLIST, LEVELS, checklist, levels

from pytest_evalbars import Rubric, load_bars, load_rubric
from pytest_evalbars.errors import BarsError, RubricError

TOML = """
# How far the tutor lets the student think.
name = "scaffolding"
task = "Judge how far the tutor lets the student think."
passing = "adequate"

[[levels]]
name = "excellent"
definition = "Asks or hints; the student does the step."
examples = ["What is 3 + 4?"]

[[levels]]
name = "adequate"
definition = "Explains a part, and leaves the rest."

[[levels]]
name = "poor"
definition = "Gives the answer away."
examples = ["It is 7."]
"""
YAML = """
passing: adequate
levels:
  - definition: Asks or hints; the student does the step.
    name: excellent
    examples: ["What is 3 + 4?"]
  - {name: adequate, definition: "Explains a part, and leaves the rest."}
  - name: poor
    definition: Gives the
      answer away.
    examples:
      - It is 7.
task: >
  Judge how far the tutor
  lets the student think.
name: scaffolding
"""


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def written(text, name="rubric.toml"):
        path = tmp_path / name
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    return written


def refused(path):
    with pytest.raises(RubricError) as caught:
        load_rubric(path)
    return str(caught.value)


# -- what a rubric says --------------------------------------------------------------------------------------------


def test_toml_yaml_and_python_are_one_rubric(write):
    found = [
        load_rubric(write(TOML)),
        load_rubric(write(YAML, "r.yaml")),
        load_rubric(write(YAML, "r.yml")),
        levels(),
    ]

    assert len({each.id for each in found}) == 1
    assert found[0] == found[1] == found[2] == found[3]


def test_levels_are_a_scale():
    rubric = levels()

    assert str(rubric.scale) == "excellent > adequate > poor"
    assert rubric.scale.passes("adequate")
    assert not rubric.scale.passes("poor")
    assert rubric.scale.weak == ("adequate",)
    assert levels(weak=[]).scale.weak == ()
    assert rubric.dimension == "scaffolding"
    assert levels(dimension="tutoring").scale.dimension == ("tutoring",)
    assert checklist().scale is None


@pytest.mark.parametrize(
    ("met", "least", "passes"),
    [
        ("yyy", None, True),
        ("yyn", None, True),
        ("yny", None, False),
        ("nyy", None, False),
        ("yyn", 3, False),
        ("yyy", 3, True),
        ("yny", 1, False),
    ],
)
def test_a_checklist_passes_with_all_required_and_enough_of_all(met, least, passes):
    rubric = checklist(least=least)

    assert (
        rubric.passes(dict(zip(["no_answer", "kind", "source"], [each == "y" for each in met], strict=True)))
        is passes
    )


def test_a_rubric_cannot_be_changed():
    with pytest.raises(ValidationError):
        levels().task = "Something else."


# -- versions ------------------------------------------------------------------------------------------------------


def changed(rubric, **keys):
    return Rubric.model_validate({**rubric, **keys}).version


def test_a_version_is_twelve_hex_digits_and_stays():
    assert re.fullmatch("[0-9a-f]{12}", levels().version)
    assert levels().id == f"scaffolding@{levels().version}"
    # What runs of earlier days carry: a change here means that no earlier rubric is known again.
    assert levels().id == "scaffolding@b6eb63d3295e"
    assert checklist().id == "policy@e9e5034f3f33"


def test_a_version_changes_with_all_that_changes_judgements():
    best, fair, worst = LEVELS["levels"]
    found = [
        changed(LEVELS),
        changed(LEVELS, task="Judge the tone."),
        changed(LEVELS, dimension="tone"),
        changed(LEVELS, passing="excellent"),
        changed(LEVELS, weak=[]),
        changed(LEVELS, levels=[fair, best, worst]),
        changed(LEVELS, levels=[best, worst], passing="excellent"),
        changed(LEVELS, levels=[{**best, "definition": "Hints."}, fair, worst]),
        changed(LEVELS, levels=[{**best, "examples": []}, fair, worst]),
        changed(LEVELS, levels=[{**best, "name": "superb"}, fair, worst]),
    ]
    first, kind, source = CHECKLIST["criteria"]
    found += [
        changed(CHECKLIST),
        changed(CHECKLIST, least=2),
        changed(CHECKLIST, criteria=[kind, first, source]),
        changed(CHECKLIST, criteria=[{**first, "passes": "yes"}, kind, source]),
        changed(CHECKLIST, criteria=[{**first, "required": False}, kind, source]),
        changed(CHECKLIST, criteria=[{**first, "definition": "A number."}, kind, source]),
        changed(CHECKLIST, criteria=[{**first, "examples": ["It is 7."]}, kind, source]),
    ]

    assert len(set(found)) == len(found)


def test_a_version_stays_with_what_changes_no_judgement():
    best, fair, worst = LEVELS["levels"]

    assert changed(LEVELS, name="tutor", dimension="scaffolding") == changed(LEVELS)
    assert changed(dict(reversed(LEVELS.items()))) == changed(LEVELS)
    assert changed(LEVELS, task="  Judge how far\n the tutor\tlets the student  think. ") == changed(LEVELS)
    assert changed(LEVELS, weak="adequate") == changed(LEVELS)
    assert changed(LEVELS, levels=[{**best, "definition": f"\n{best['definition']}"}, fair, worst]) == changed(LEVELS)


# -- mistakes ------------------------------------------------------------------------------------------------------

LEVEL = '[[levels]]\nname = "{}"\ndefinition = "x"\n'
TWO = LEVEL.format("good") + LEVEL.format("bad")
HEAD = 'name = "tone"\ntask = "Judge it."\n'
ASK = '[[criteria]]\nname = "kind"\nask = "Is it kind?"\n'
MISTAKES = {
    "an unknown key": (
        f'{HEAD}pasing = "good"\n{TWO}',
        ['rubric.toml: unknown key `pasing`; did you mean "passing"?'],
    ),
    "an unknown key of a level": (
        f'{HEAD}passing = "good"\n{TWO}definiton = "y"',
        ['rubric.toml, level "bad" (number 2 of levels): unknown key `definiton`; did you mean "definition"?'],
    ),
    "an unknown key of a criterion": (
        f"{HEAD}{ASK}requierd = true",
        ['criterion "kind" (number 1 of criteria): unknown key `requierd`; did you mean "required"?'],
    ),
    "no task": ('name = "tone"\n' + ASK, ["`task` is missing"]),
    "an empty task": ('name = "tone"\ntask = " "\n' + ASK, ["`task`", "at least 1 character"]),
    "no definition": (
        f'{HEAD}passing = "good"\n{LEVEL.format("good")}[[levels]]\nname = "bad"',
        ['level "bad" (number 2 of levels): `definition` is missing'],
    ),
    "a level without a name": (
        f'{HEAD}passing = "good"\n{TWO}[[levels]]\ndefinition = "x"',
        ["level number 3 of levels: `name` is missing"],
    ),
    "neither levels nor criteria": (HEAD, ["rubric.toml: a rubric has either `levels`", "or `criteria`"]),
    "both": (f'{HEAD}passing = "good"\n{TWO}{ASK}', ["either `levels`"]),
    "no passing": (HEAD + TWO, ["from which one on an answer passes: `passing`"]),
    "a passing that is no level": (
        f'{HEAD}passing = "godo"\n{TWO}',
        ['"godo" is none of its levels, good > bad; did you mean "good"?'],
    ),
    "a weak level that fails": (f'{HEAD}passing = "good"\nweak = "bad"\n{TWO}', ['"bad" is weak, but does not pass']),
    "one level": (f'{HEAD}passing = "good"\n{LEVEL.format("good")}', ["two or more"]),
    "a level twice": (f'{HEAD}passing = "good"\n{TWO}{LEVEL.format("good")}', ["named once", "good, bad, good"]),
    "passing of a checklist": (f'{HEAD}passing = "good"\n{ASK}', ["`passing` and `weak` belong to `levels`"]),
    "least of levels": (f'{HEAD}passing = "good"\nleast = 1\n{TWO}', ["`least` belongs to `criteria`"]),
    "a criterion twice": (HEAD + ASK + ASK, ["named once", "kind, kind"]),
    "more than there are": (f"{HEAD}least = 2\n{ASK}", ["`least` is 2, of 1 criteria"]),
    "a least that is no count": (f"{HEAD}least = 0\n{ASK}", ["`least`", "greater than or equal to 1"]),
    "a checklist that cannot fail": (f"{HEAD}{ASK}required = false", ["no criterion is required", "set `least`"]),
    "passes maybe": (f'{HEAD}{ASK}passes = "yess"', ["`passes`", "'yess' is none of yes, no; did you mean \"yes\"?"]),
    "passes true": (f"{HEAD}{ASK}passes = true", ["`passes`", "put it in quotes"]),
    "required as a text": (f'{HEAD}{ASK}required = "no"', ["`required`", "it is 'no'"]),
    "a criterion with a blank": (
        f'{HEAD}[[criteria]]\nname = "is kind"\nask = "x"',
        ["`name`", "no name of a criterion"],
    ),
    "levels by name": (f'{HEAD}[levels.good]\ndefinition = "x"', ["`levels`", "[[levels]]"]),
    "levels as words": (f'{HEAD}levels = ["good", "bad"]\npassing = "good"', ["level number 1", "[[levels]]"]),
    "an example that is no list": (f'{HEAD}{ASK}examples = "x"', ["`examples`", "it is 'x'"]),
    "no TOML": ("name = tone", ["rubric.toml: not valid TOML"]),
    "hostile names": (
        f'{HEAD}passing = "good"\n[[levels]]\nname = "a\\u001b[2J\\u202eb"\n',
        ["\\x1b[2J\\u202eb"],
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_with_its_place_and_mend(name, write):
    text, words = MISTAKES[name]
    told = refused(write(text))

    for each in words:
        assert each in told
    assert "\x1b" not in told


def test_a_rubric_without_a_name_has_its_files(write):
    rubric = load_rubric(write('task = "Judge it."\n' + ASK, name="tone.toml"))

    assert (rubric.name, rubric.dimension) == ("tone", "tone")


def test_all_mistakes_are_told_at_once(write):
    told = refused(write('nam = "tone"\n[[criteria]]\nname = "a"\nask = 3\n'))

    assert len(told.splitlines()) == 3
    assert all(line.startswith("rubric.toml") for line in told.splitlines())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- name: tone", "r.yaml:1: is not a table of keys"),
        ("", "r.yaml: is empty"),
        ("name: a\nname: b", 'the key "name" stands twice'),
        ("name: &a x\ntask: *a", "r.yaml:1: anchors and aliases"),
        ("name: !!python/object:os.system x", "r.yaml:1: tags"),
        ("name: a\n---\nname: b", "r.yaml:3: starts a second document"),
        ("name: [", "r.yaml:2: not valid YAML"),
        ("name: " + "[" * 5000, "nested too deeply"),
        (
            "name: tone\ntask: x\ncriteria:\n- name: kind\n  ask: Is it?\n  passes: maybe",
            "'maybe' is none of yes, no",
        ),
    ],
)
def test_mistakes_in_yaml(text, words, write):
    assert words in refused(write(text, "r.yaml"))


def test_yes_and_no_are_words_in_yaml(write):
    rubric = load_rubric(
        write("name: tone\ntask: x\ncriteria:\n- {name: rude, ask: Is it rude?, passes: no}", "r.yaml")
    )

    assert rubric.criteria[0].passes == "no"


def test_files_that_are_none(write, tmp_path):
    assert "a.json: a rubric is a .toml, .yaml or .yml file" in refused(write("{}", "a.json"))
    assert "none.toml: cannot be read" in refused(tmp_path / "none.toml")
    (tmp_path / "folder.toml").mkdir()
    assert "folder.toml: cannot be read" in refused(tmp_path / "folder.toml")
    (tmp_path / "latin.toml").write_bytes(b'name = "\xe9"')
    assert "latin.toml: cannot be read" in refused(tmp_path / "latin.toml")


# -- scales of bars files ------------------------------------------------------------------------------------------


def bars(tmp_path, scale, name="evalbars.toml"):
    path = tmp_path / name
    path.write_text(f"scales.coach = {scale}\n", encoding="utf-8")
    return load_bars(path)


def test_a_scale_may_be_a_rubrics(write, tmp_path):
    (tmp_path / "rubrics").mkdir()
    write(TOML, "rubrics/r.toml")
    name, scale = bars(tmp_path, '{ rubric = "rubrics/r.toml" }').scale_of("scaffolding")

    assert (name, str(scale), scale.passing, scale.weak) == ("coach", str(levels().scale), "adequate", ("adequate",))
    assert (
        bars(tmp_path, '{ rubric = "rubrics/r.toml", dimension = ["a*", "b"] }').scale_of("abc")[1].levels
        == scale.levels
    )


def test_the_rubrics_file_is_beside_the_bars(write, tmp_path, monkeypatch):
    write(TOML)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")

    assert bars(tmp_path, '{ rubric = "rubric.toml" }').scale_of("scaffolding")
    with pytest.raises(BarsError, match=r"rubric\.toml: cannot be read"):
        load_bars({"scales": {"coach": {"rubric": "rubric.toml"}}})


@pytest.mark.parametrize(
    ("scale", "words"),
    [
        ('{ rubric = "rubric.toml", passing = "poor" }', 'scale "coach": `passing` stands beside `rubric`'),
        ('{ rubric = "nowhere.toml" }', 'evalbars.toml, scale "coach": nowhere.toml: cannot be read'),
        ("{ rubric = 3 }", 'scale "coach", `rubric`: takes the file of a rubric; it is 3'),
        ('{ rubric = "list.toml" }', "list.toml is a checklist"),
        ('{ rubric = "broken.toml" }', 'scale "coach": broken.toml: unknown key `x`'),
        ('{ rubrik = "rubric.toml" }', "unknown key `rubrik`"),
    ],
)
def test_mistakes_of_such_a_scale(scale, words, write, tmp_path):
    write(TOML)
    write(HEAD + ASK, "list.toml")
    write(f"{HEAD}x = 1\n{ASK}", "broken.toml")

    with pytest.raises(BarsError) as caught:
        bars(tmp_path, scale)
    assert words in str(caught.value)
