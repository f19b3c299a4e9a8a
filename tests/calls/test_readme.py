"""The README's rubric and case run as they stand there, and what they cost is told."""

import json
import re
from pathlib import Path

from openai_server import Reply

from pytest_evalbars import Judge, Model, load_rubric

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
SECTION = README[README.index("## Judge what an assert cannot") : README.index("### What models are asked")]

TUTOR = """
import pytest

async def tutor(question):
    return f"What have 1/4 and 1/2 in common? {question}"

"""


def block(kind, holding):
    blocks = re.findall(rf"```{kind}\n(.*?)```", SECTION, re.DOTALL)
    return next(each for each in blocks if holding in each)


def test_the_case_of_the_readme_is_judged_recorded_and_replayed(project, server):
    graded = {"explanation": "asks for the first step", "level": "leads"}
    server.otherwise = lambda _: Reply(json.dumps(graded))
    (project.path / "rubrics").mkdir()
    project.file("rubrics/scaffolding.toml", block("toml", "task ="))
    project.file("homework.jsonl", json.dumps({"id": "sum", "question": "1/4 + 1/2?", "expects": "1/4"}))
    (project.path / "test_cases.py").write_text(TUTOR + block("python", "scaffolding.judge"), encoding="utf-8")

    recorded = project.run("--evalbars-calls=record")

    assert (recorded.exit, set(recorded.verdicts.values())) == (0, {"pass"})
    assert len(server.requests) == 1
    judge = next(line["judge"] for line in recorded.of("observation") if line["dimension"] == "scaffolding")
    assert (judge["rubric"].partition("@")[0], judge["level"]) == ("scaffolding", "leads")
    recorded.said("judge: ", "1 call")

    server.close()
    replayed = project.run("--evalbars-calls=replay")

    assert replayed.exit == 0
    assert replayed.verdicts == recorded.verdicts
    replayed.said("recorded")


def test_the_checklist_of_the_readme(tmp_path):
    path = tmp_path / "manners.toml"
    path.write_text(block("toml", "[[criteria]]"), encoding="utf-8")
    rubric = load_rubric(path)

    assert [(each.name, each.passes, each.required) for each in rubric.criteria] == [
        ("mocks", "no", True),
        ("encourages", "yes", False),
    ]
    rubric = rubric.model_copy(update={"criteria": rubric.criteria[:1]})
    assert Judge(rubric).judge_sync(answer="Even a child knows that.").passed is False
    assert Judge(rubric).judge_sync(answer="Try the first step.").passed is True


def test_the_models_of_the_readme_can_be_made():
    found = re.findall(r"`Judge\(rubric, (Model\(.*?\))\)`", SECTION)

    assert [str(eval(each, {"Model": Model})) for each in found] == ["Model('openai/local')"]  # noqa: S307
