"""What a run file says of calls and judges survives what can happen to a session."""

from __future__ import annotations

import json

import pytest

SUITE = """
    import litellm, os, pytest
    from pathlib import Path
    from types import SimpleNamespace

    @pytest.mark.dimension("accuracy")
    @pytest.mark.parametrize("number", range(5))
    def test_number(number, evalcase):
        litellm.completion("openai/gpt-4o-mini", [{"role": "user", "content": f"number {number}"}])
        evalcase.take("accuracy", SimpleNamespace(passed=True, score=None, reason="", provenance={"rubric": "r@1"}))
        if number == 3 and Path("die").exists():
            os._exit(1)
"""


def complete(lines):
    trials = [line for line in lines if line["type"] == "trial" and not line.get("error")]
    judged = [line for line in lines if line["type"] == "observation" and line["outcome"] != "error"]
    assert {json.dumps(line["calls"]) for line in trials} == {'{"models": {"gpt-4o-mini-2026-01-01": 1}}'}
    assert {json.dumps(line["judge"]) for line in judged} == {'{"rubric": "r@1"}'}
    return len(trials), len(judged)


def test_a_resumed_run_keeps_them(project, server):
    project.file("test_cases.py", SUITE)
    project.run()
    path = project.cut(2)
    before = path.read_text(encoding="utf-8")
    assert project.run("--evalbars-resume=").exit == 0
    after = path.read_text(encoding="utf-8")
    assert after.startswith(before)
    assert complete([json.loads(line) for line in after.splitlines()]) == (5, 5)
    assert len(server.requests) == 5 + 3


@pytest.mark.slow
def test_a_dead_workers_trials_keep_them(project):
    project.file("test_cases.py", SUITE)
    project.file("die", "")
    outcome = project.run("-n1", "--evalbars-concurrency=1")
    assert outcome.exit == 1
    assert complete(outcome.lines) == (4, 4)
