"""Thirty runs of a model that drifts, really run: what the life cycle proposes of them, and what it writes."""

import json

import pytest

from pytest_evalbars.cli import main

MODEL = '''
import os
import random
import pytest

RUN = int(os.environ["RUN"])


def passes(kind, name, trial):
    """Whether the model of this run answers: it learns the hills by run 10, and one case is a matter of luck."""
    luck = random.Random(f"{RUN}-{name}-{trial}").random()
    return {"solid": True, "hill": RUN >= 10 or luck < 0.4, "lucky": luck < 0.6, "broken": RUN < 25}[kind]


@pytest.mark.dimension("accuracy", "format")
@pytest.mark.trials(3)
@pytest.mark.cases("cases.jsonl")
def test_answer(case, evalcase):
    evalcase.check("format", True)
    assert passes(case["kind"], case["id"], evalcase.trial), "wrong"


@pytest.mark.dimension("accuracy")
@pytest.mark.trials(3)
@pytest.mark.parametrize(
    "kind",
    [
        pytest.param("hill", id="learned", marks=pytest.mark.capability),
        pytest.param("lucky", id="climbing", marks=pytest.mark.capability),
    ],
)
def test_hills(kind, request, evalcase):
    assert passes(kind, request.node.callspec.id, evalcase.trial), "wrong"
'''


def row(name, kind, **more):
    return json.dumps({"id": name, "kind": kind, "category": "all", **more})


CASES = [
    *(row(f"solid-{n}", "solid") for n in range(40)),
    row("hill-1", "hill", status="capability", note="kept as it is"),
    row("hill-2", "hill", status="capability"),
    row("lucky", "lucky"),
    row("broken", "broken"),
]


@pytest.mark.slow
def test_a_drifting_model_is_followed_and_exactly_the_proposed_lines_change(suite, monkeypatch, capsys):
    suite.bars("max_errors = 0")
    suite.file("test_model.py", MODEL)
    suite.file("cases.jsonl", "\n".join(CASES) + "\n")
    for run in range(30):
        monkeypatch.setenv("RUN", str(run))
        suite.run("-q", f"--evalbars-label=run={run}")
    monkeypatch.chdir(suite.path)
    capsys.readouterr()
    assert main(["history"]) == 0
    assert "the last 20 of 30 runs" in capsys.readouterr().out
    assert main(["lifecycle", "--check"]) == 1
    said = capsys.readouterr().out
    for words in ("hill-1", "hill-2", "learned", "lucky", "broken", "format"):
        assert words in said
    assert main(["lifecycle", "--json"]) == 0
    found = {(each["kind"], each["case"]) for each in json.loads(capsys.readouterr().out)["proposals"]}
    assert {("promote", "hill-1"), ("promote", "hill-2"), ("quarantine", "lucky"), ("broken", "broken")} <= found
    assert ("promote", "test_model.py::test_hills[learned]") in found
    assert not any("climbing" in str(case) for kind, case in found if kind == "promote")
    before = {name: (suite.path / name).read_text().splitlines() for name in ("cases.jsonl", "test_model.py")}
    assert main(["lifecycle", "--apply", "--owner=ann", "--until=2999-01-01"]) == 0
    after = {name: (suite.path / name).read_text().splitlines() for name in before}
    changed = {
        name: [new for old, new in zip(before[name], after[name], strict=True) if old != new] for name in before
    }
    assert [line for line in changed["cases.jsonl"] if "solid" not in line] == [
        CASES[40].replace('"capability"', '"regression"'),
        CASES[41].replace('"capability"', '"regression"'),
        next(line for line in changed["cases.jsonl"] if "lucky" in line),
    ]
    assert '"owner": "ann"' in next(line for line in changed["cases.jsonl"] if "lucky" in line)
    assert changed["test_model.py"] == [
        '        pytest.param("hill", id="learned", marks=pytest.mark.regression),',
    ]
    again = suite.run("--collect-only", "-q")
    assert again.exit == 0
    result = suite.run()
    result.said("in quarantine: 1 case, unprotected", "lucky: ann, until 2999-01-01")
