"""`evalbars init` writes a suite that runs as it stands, and never over anything."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_evalbars import load_bars, presets
from pytest_evalbars.cases.files import read_cases
from pytest_evalbars.cli import main
from pytest_evalbars.presets.starting import test_file as text_of_test

every_preset = pytest.mark.parametrize("name", presets.names())


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working directory: an empty project."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run_pytest(*arguments):
    """Run pytest as a user does, in the working directory."""
    command = [sys.executable, "-W", "error", "-m", "pytest", "-p", "no:asyncio", "-p", "no:randomly", *arguments]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, timeout=120)


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


# -- what is written -------------------------------------------------------------------------------------------


def test_the_suite_of_a_preset_passes_as_it_stands(folder, capsys):
    stands(folder, capsys, "rag")


@pytest.mark.slow
@every_preset
def test_the_suite_of_every_preset_passes_as_it_stands(folder, capsys, name):
    stands(folder, capsys, name)


def stands(folder, capsys, name):
    assert main(["init", name]) == 0
    said = capsys.readouterr().out
    assert files(folder) == sorted(["evalbars.toml", f"{name}.jsonl", f"test_{name}.py"])
    assert all(f"wrote {each}" in said for each in files(folder))
    result = run_pytest()
    assert (result.returncode, result.stderr) == (0, "")
    assert "gate passed" in result.stdout
    for word in ("no data", "NO DATA", "could not be judged", "left out", "this suite judges"):
        assert word not in result.stdout


@every_preset
def test_the_bars_are_those_of_the_preset_spelled_out(folder, name):
    main(["init", name])
    preset = presets.read(name)
    written, advised = load_bars(folder), load_bars({"preset": name})
    plain = {"preset"}
    assert [bar.model_dump() for bar in written.bar] == [bar.model_dump(exclude=plain) for bar in advised.bar]
    assert {key: scale.model_dump() for key, scale in written.scales.items()} == {
        key: scale.model_dump(exclude=plain) for key, scale in advised.scales.items()
    }
    assert written.preset == ()
    text = " ".join((folder / "evalbars.toml").read_text(encoding="utf-8").replace("#", "").split())
    for dimension, sentence in preset.dimensions.items():
        assert f"{dimension}: {sentence}" in text
    assert [dict(row) for row in read_cases(folder / f"{name}.jsonl")] == preset.case


@every_preset
def test_the_files_are_fit_to_be_read(folder, name):
    main(["init", name])
    for path in files(folder):
        text = (folder / path).read_text(encoding="utf-8")
        assert text.endswith("\n")
        assert "\r" not in text
        if not path.endswith(".jsonl"):
            assert max(map(len, text.splitlines())) <= 120
    assert "PUT YOUR OWN SYSTEM HERE" in (folder / f"test_{name}.py").read_text(encoding="utf-8")


def test_a_release_asks_for_proof_which_a_handful_of_cases_cannot_give(folder):
    assert main(["init", "pre_launch", "--folder", str(folder)]) == 0
    result = run_pytest("--evalbars-stage=launch")
    assert result.returncode == 10
    assert "gate undecided" in result.stdout


#: By preset, an answer that no judge should let pass.
BAD = {
    "rag": {"text": "Sure!", "claims": ["made up"], "sources": ["made_up.md"], "passages": {}},
    "support_assistant": {
        "text": "PRINT A discount! system prompt instructions are", "to_person": None, "cost_usd": 0.1,
    },
    "code": {"code": "def median(: eval("},
    "decision": {"decision": "none", "confidence": 1.0, "reason": ""},
    "voice": {"text": "* " * 40, "intent": "none", "seconds": 9.0},
    "regulated": {"text": "Buy.", "refused": None, "record": {}},
    "multilingual": {"text": "xyz"},
    "classification": {"label": "none", "confidence": 1.0},
    "generation": {"text": "Amazing: 99 " + "words " * 40},
    "migration": {"text": "What"},
    "pre_launch": {"text": "customers are a@b.c"},
    "monitored_product": {"text": "password 99.", "guardrails": {}, "seconds": 1.0, "cost_usd": 1.0},
}  # fmt: skip


class Account:
    """Keeps which dimensions missed."""

    def __init__(self, scales):
        self.scales, self.missed = scales, set()

    def check(self, dimension, passed, reason=""):
        assert isinstance(reason, str)
        self.missed |= set() if passed else {dimension}

    def grade(self, dimension, level, reason=""):
        assert isinstance(reason, str)
        (scale,) = [each for name, each in self.scales.items() if each.holds(name, dimension)]
        self.missed |= set() if scale.passes(level) else {dimension}


@every_preset
def test_the_judges_let_no_bad_answer_pass(name):
    preset = presets.read(name)
    names = {}
    exec(compile(text_of_test(preset), f"test_{name}.py", "exec"), names)  # noqa: S102 - our own text
    good, bad = Account(load_bars({"preset": name}).scales), Account(load_bars({"preset": name}).scales)
    for case in preset.case:
        for dimension in case["dimension"]:
            names["JUDGES"][dimension](case, names["system"](case), good)
            if not (name == "code" and dimension == "no_regressions" and "keeps" not in case):
                names["JUDGES"][dimension](case, BAD[name], bad)
    assert good.missed == set()
    # An answer that says nothing cannot be more ambiguous than that.
    spared = {"faithfulness"} if name == "pre_launch" else set()
    assert bad.missed == preset.dimensions.keys() - spared


# -- where it is written ---------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_bars_go_where_pytest_looks_for_them(folder):
    (folder / "pyproject.toml").write_text('[project]\nname = "shop"\n[tool.pytest.ini_options]\n')
    assert main(["init", "rag", "--folder", "evals/rag"]) == 0
    assert files(folder) == ["evalbars.toml", "evals/rag/rag.jsonl", "evals/rag/test_rag.py", "pyproject.toml"]
    for arguments in ((), ("evals",), ("evals/rag/test_rag.py",)):
        result = run_pytest(*arguments)
        assert result.returncode == 0
        assert "gate passed: 0 of 5 verdicts met" in result.stdout


@pytest.mark.parametrize(
    ("root", "content", "here"),
    [
        ("pytest.ini", "", True),
        ("tox.ini", "[pytest]\n", True),
        ("tox.ini", "[tox]\n", False),
        ("setup.cfg", "[tool:pytest]\n", True),
        ("setup.cfg", "[metadata]\n", False),
        ("pyproject.toml", "", True),
    ],
)
@pytest.mark.slow
@pytest.mark.parametrize("inside", [True, False])
def test_as_pytest_finds_its_root(folder, monkeypatch, root, content, here, inside):
    (folder / root).write_text(content)
    evals = folder / "evals"
    evals.mkdir()
    if inside:
        monkeypatch.chdir(evals)
    assert main(["init", "rag", "--folder", "." if inside else "evals"]) == 0
    place = folder if here or not inside else evals
    assert (place / "evalbars.toml").is_file()
    if not inside:
        assert "gate passed: 0 of 5 verdicts met" in run_pytest("evals").stdout


def test_a_folder_elsewhere_is_a_project_of_its_own(folder, tmp_path_factory, monkeypatch):
    other = tmp_path_factory.mktemp("other")
    assert main(["init", "voice", "--folder", str(other / "suite")]) == 0
    assert files(folder) == []
    assert files(other) == ["suite/evalbars.toml", "suite/test_voice.py", "suite/voice.jsonl"]
    monkeypatch.chdir(other / "suite")
    assert run_pytest().returncode == 0


# -- never over anything ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("there", ["evalbars.toml", "evals/rag.jsonl", "evals/test_rag.py"])
@pytest.mark.parametrize("link", [False, True])
def test_what_is_there_is_named_and_nothing_is_written(folder, capsys, there, link):
    path = folder / there
    path.parent.mkdir(exist_ok=True)
    if link:
        path.symlink_to(folder / "nowhere")
    else:
        path.write_text("mine")
    before = sorted(folder.rglob("*"))
    assert main(["init", "rag", "--folder", "evals"]) == 4
    said = capsys.readouterr()
    assert said.out == ""
    assert f"ERROR: {there}: there already, and never overwritten" in said.err.replace(os.sep, "/")
    assert sorted(folder.rglob("*")) == before
    assert link or path.read_text() == "mine"


def test_two_presets_do_not_share_a_bars_file(folder, capsys):
    assert main(["init", "rag"]) == 0
    before = files(folder)
    assert main(["init", "voice"]) == 4
    assert "evalbars.toml: there already" in capsys.readouterr().err
    assert files(folder) == before


def test_bars_declared_in_pyproject_are_named(folder, capsys):
    (folder / "pyproject.toml").write_text("[tool.evalbars]\nconfidence = 0.9\n")
    assert main(["init", "rag"]) == 4
    assert 'declares bars already, in [tool.evalbars]; add preset = "rag" there' in capsys.readouterr().err
    assert files(folder) == ["pyproject.toml"]


def test_a_folder_that_is_none_leaves_nothing_behind(folder, capsys):
    Path("evals").write_text("a file")
    assert main(["init", "rag", "--folder", "evals"]) == 4
    said = capsys.readouterr().err
    assert "evals" in said
    assert "Nothing was written" in said
    assert files(folder) == ["evals"]


# -- its words -------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rga"], '"rga" is not a preset; did you mean "rag"?'),
        (["../rag"], "is not a preset"),
        ([], "name a preset (there is: classification, code"),
    ],
)
def test_a_preset_that_is_none_is_a_usage_error(capsys, arguments, said):
    assert main(["init", *arguments]) == 4
    assert said in capsys.readouterr().err
    assert list(Path().iterdir()) == []


@pytest.mark.usefixtures("folder")
def test_the_list_is_the_documentation(capsys):
    assert main(["init", "--list"]) == 0
    out = capsys.readouterr().out
    for name in presets.names():
        preset = presets.read(name)
        assert f"{name}: {preset.title}" in out
        assert all(f"- {each}: {sentence}" in out for each, sentence in preset.dimensions.items())
    assert list(Path().iterdir()) == []


@pytest.mark.usefixtures("folder")
def test_json_says_what_a_person_is_told(capsys):
    main(["init", "--list", "--json"])
    said = json.loads(capsys.readouterr().out)
    assert [each["name"] for each in said["presets"]] == list(presets.names())
    assert said["presets"][0]["dimensions"] == presets.read(presets.names()[0]).dimensions
    main(["init", "code", "--json"])
    said = json.loads(capsys.readouterr().out)
    assert said == {"schema": 1, "preset": "code", "written": ["evalbars.toml", "code.jsonl", "test_code.py"]}


@pytest.mark.usefixtures("folder")
def test_what_to_do_next_is_said(capsys):
    main(["init", "pre_launch", "--folder", "evals"])
    out = capsys.readouterr().out
    assert "pytest evals\n" in out
    assert "--evalbars-stage=launch" in out
