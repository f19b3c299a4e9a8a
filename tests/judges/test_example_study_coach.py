"""The example `study_coach`: the friendlier tutor is liked better, and hands out what it should not."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "calls"))

from openai_server import OpenAIServer, Reply

from pytest_evalbars import Judge, decide, load_bars, load_rubric, load_run
from pytest_evalbars.errors import JudgeError
from pytest_evalbars.judges.offline import OfflineModel

PLACE = Path("example_suites", "study_coach")
EXAMPLE = Path(__file__).parents[2] / PLACE
LEVELS = ("leads", "explains", "solves", "turns away")
MISSED = {
    "pass_rate:scaffolding",
    "pass_rate:no_answers",
    "pass_rate:policy",
    "correct_escalation:escalation",
    "pass_rate:safety,set=adversarial",
}
#: Says at the end of a session which modules it loaded.
LOADED = """
import pathlib, sys

def pytest_unconfigure():
    pathlib.Path("loaded.txt").write_text(" ".join(sorted(sys.modules)))
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Runs of both versions from the folder above the example, in a terminal of 80 columns, as its README shows."""
    folder = tmp_path_factory.mktemp("project")
    started = {version: start(folder, version) for version in ("v1", "v2")}
    said = {version: each.communicate(timeout=100) for version, each in started.items()}
    return {
        version: (started[version].returncode, *said[version], folder / f"{version}.jsonl")
        for version in ("v1", "v2")
    }


def start(folder, version, **more):
    """A session of a version, begun; it writes a run file named for the version."""
    shutil.copytree(EXAMPLE, folder / PLACE, ignore=shutil.ignore_patterns(".*", "__pycache__"), dirs_exist_ok=True)
    (folder / PLACE / "conftest.py").write_text(LOADED, encoding="utf-8")
    removed = {"CI", "PYTEST_ADDOPTS", "STUDY_COACH_JUDGE"}
    environment = {name: value for name, value in os.environ.items() if name not in removed}
    environment |= {"COLUMNS": "80", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "EVALBARS_NO_HISTORY": "1"}
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "pytest_evalbars.plugin",
            str(PLACE),
            f"--evalbars-run={version}.jsonl",
        ],
        cwd=folder,
        env=environment | {"STUDY_COACH_VERSION": version, **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def read(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def shown(name):
    """An output that the README shows."""
    text = (EXAMPLE / "README.md").read_text(encoding="utf-8")
    return re.search(rf"<!-- output: {name} -->\n```text\n(.*?)\n```", text, re.DOTALL)[1]


def told(output):
    """What the plugin told at the end, up to the outcome of the gate."""
    return re.search(r"=+ eval bars =+\n.*?\ngate [^\n]*", output, re.DOTALL)[0]


def decided(runs, version):
    return decide(load_run(runs[version][3]), load_bars(EXAMPLE / "pyproject.toml"))


def test_v1_passes_with_every_bar_met(runs):
    code, out, _, _ = runs["v1"]
    decision = decided(runs, "v1")
    assert code == decision.exit_code == 0, out
    assert {each.verdict for each in decision.verdicts} == {"met"}
    assert "207 cases, 207 trials, 0 errors" in out


def test_v2_is_caught_although_it_is_liked_better(runs):
    code, out, _, _ = runs["v2"]
    decision = decided(runs, "v2")
    assert code == decision.exit_code == 1, out
    assert {each.bar for each in decision.verdicts if each.verdict == "missed"} == MISSED
    before = {each.bar: each.estimate for each in decided(runs, "v1").verdicts}
    after = {each.bar: each.estimate for each in decision.verdicts}
    assert after["mean_score:helpfulness"] > before["mean_score:helpfulness"] + 0.2
    assert after["pass_rate:accuracy"] > before["pass_rate:accuracy"]


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_the_readme_shows_what_a_run_tells(runs, version):
    assert told(runs[version][1]) == told(shown(version))


def test_the_table_of_the_readme_is_that_of_the_runs(runs):
    text = (EXAMPLE / "README.md").read_text(encoding="utf-8")
    for version, column in (("v1", 2), ("v2", 3)):
        for verdict in decided(runs, version).verdicts:
            label = {"correct_escalation": "escalation, where due", "false_escalation": "escalation, where not due"}
            metric, _, dimension = verdict.bar.partition(":")
            name = label.get(metric, dimension.partition(",")[0])
            (row,) = re.findall(rf"^\| {name} .*$", text, re.MULTILINE)
            value = verdict.estimate
            said = f"{value:.2f}" if metric == "mean_score" else f"{100 * value:.1f} %"
            assert said == row.strip("| ").split("|")[column].strip()


def test_the_readme_quotes_what_the_versions_reply(runs):
    text = " ".join((EXAMPLE / "README.md").read_text(encoding="utf-8").replace("\n>", " ").split())
    for version in ("v1", "v2"):
        trials = [line for line in read(runs[version][3]) if line["type"] == "trial"]
        (reply,) = [each["evidence"]["output"] for each in trials if each["case"] == "test-fractions-minutes"]
        quoted = re.search(rf"{version}: (.*?)(?= v2:| And where)", text)[1].split(" [...] ")
        assert reply.startswith(quoted[0])
        assert reply.endswith(quoted[-1])


def test_verdicts_of_judges_can_be_traced(runs):
    lines = read(runs["v1"][3])
    judged = Counter(line["judge"]["rubric"] for line in lines if "judge" in line)
    rubrics = {load_rubric(path).id: path.stem for path in sorted((EXAMPLE / "rubrics").glob("*.toml"))}
    assert set(judged) == set(rubrics)
    assert {line["judge"]["model"] for line in lines if "judge" in line} == {"offline"}
    graded = Counter(line["level"] for line in lines if line.get("dimension") == "scaffolding")
    assert set(graded) <= set(LEVELS)
    assert min(graded["leads"], graded["explains"]) >= 10


@pytest.mark.slow
def test_a_model_behind_an_address_takes_the_same_path(runs, tmp_path):
    """A server that hands each prompt to the offline judge: the verdicts are those of the offline run."""
    with OpenAIServer() as server:
        server.otherwise = lambda request: Reply(asyncio.run(OfflineModel().ask(request.body["messages"])).text)
        address = {
            "OPENAI_BASE_URL": server.url,
            "OPENAI_API_BASE": server.url,
            "OPENAI_API_KEY": "none",
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        }
        session = start(tmp_path, "v1", STUDY_COACH_JUDGE="openai/gpt-4o-mini", **address)
        out, _ = session.communicate(timeout=300)
    assert session.returncode == 0, out
    found = [
        {
            (line["case"], line["dimension"]): (line["outcome"], line["level"], line["reason"])
            for line in read(path)
            if line["type"] == "observation"
        }
        for path in (runs["v1"][3], tmp_path / "v1.jsonl")
    ]
    assert found[0] == found[1]
    judged = [line for line in read(tmp_path / "v1.jsonl") if "judge" in line]
    assert len(server.requests) >= len(judged) > 400
    assert {line["judge"]["model"] for line in judged} == {"gpt-4o-mini-2026-01-01"}


def test_it_needs_no_extra(runs):
    loaded = {name.partition(".")[0] for name in runs["v1"][3].with_name("loaded.txt").read_text().split()}
    assert "pydantic" in loaded
    extras = {
        "cachecontrol",
        "httpx",
        "jsonschema",
        "libcst",
        "litellm",
        "openai",
        "py3langid",
        "sqlglot",
        "tenacity",
    }
    assert not loaded & extras


def test_the_readme_shows_how_far_the_judge_agrees_with_people():
    judge = Judge(load_rubric(EXAMPLE / "rubrics" / "scaffolding.toml"))
    counts = Counter()
    for row in read(EXAMPLE / "labelled_replies.jsonl"):
        if row["set"] == "held out":
            try:
                said = judge.judge_sync(question=row["question"], answer=row["reply"]).level
            except JudgeError:
                said = "cannot tell"
            counts[row["level"], said] += 1
    columns = (*LEVELS, "cannot tell")
    rows = [f"{level:<10}" + "".join(f"{counts[level, said]:>13}" for said in columns) for level in LEVELS]
    head = " " * 10 + "".join(f"{said:>13}" for said in columns)
    assert "\n".join([head, *rows]) == shown("agreement")
    right = sum(counts[level, level] for level in LEVELS)
    assert (counts.total(), counts.total() - sum(counts[level, "cannot tell"] for level in LEVELS), right) == (
        32,
        18,
        17,
    )


def test_cases_stand_once_and_say_what_is_expected():
    rows = [row for path in sorted((EXAMPLE / "questions").glob("*.jsonl")) for row in read(path)]
    assert len(rows) == len({row["id"] for row in rows}) == len({row["question"] for row in rows}) == 207
    assert {row["labels"]["expect"] for row in rows} == {"answer", "refuse", "escalate"}
    attacks = [row for row in rows if row["labels"].get("set") == "adversarial"]
    assert len(attacks) >= 50
    assert len({row["labels"]["attack"] for row in attacks}) >= 6
