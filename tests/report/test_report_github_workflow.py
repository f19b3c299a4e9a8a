"""The workflow for pull requests: valid, and its commands do what it says when they are run."""

import json
import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

EXAMPLE = Path(__file__).parents[2] / "example_suites" / "ci" / "pull_request.yml"
#: What `gh api` does of what the workflow asks of it.
GH = """#!/bin/bash
set -e
if [ "$2" = --paginate ]; then
  test "$3" = "$COMMENTS"
  exec jq -r "$5" comments.json
fi
echo "$@" >> asked.txt
for word in "$@"; do case "$word" in body=@*) cp "${word#body=@}" posted.md;; esac; done
"""


@pytest.fixture(scope="module")
def workflow():
    return yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def jobs(workflow):
    return workflow["jobs"]


def commands(job):
    return [step["run"] for step in job["steps"] if "run" in step]


def uses(job, action):
    return [step for step in job["steps"] if step.get("uses", "").startswith(f"actions/{action}@")]


def test_the_workflow_is_one_that_github_accepts(workflow, jobs):
    assert set(workflow) == {"name", True, "concurrency", "permissions", "jobs"}  # YAML 1.1 reads `on` as true
    assert set(workflow[True]) == {"pull_request"}  # never pull_request_target, which would run a stranger's code
    for job in jobs.values():
        assert job["runs-on"]
        assert all(("uses" in step) != ("run" in step) for step in job["steps"])
    assert jobs["comment"]["needs"] == "evals"


def test_the_job_that_runs_code_may_write_nothing_and_the_one_that_may_runs_none(workflow, jobs):
    assert workflow["permissions"] == {}
    assert jobs["evals"]["permissions"] == {"contents": "read"}
    assert jobs["comment"]["permissions"] == {"pull-requests": "write"}
    assert uses(jobs["evals"], "checkout")[0]["with"] == {"persist-credentials": False}
    assert not uses(jobs["comment"], "checkout")
    assert "head.repo.full_name == github.repository" in jobs["comment"]["if"]
    # No expression stands within a command: what somebody else wrote would be run.
    assert not any("${{" in command for job in jobs.values() for command in commands(job))


def test_what_is_uploaded_is_what_was_written_and_what_is_downloaded_is_what_is_read(jobs):
    (run,) = (line for line in commands(jobs["evals"]) if "pytest --" in line)
    (upload,) = uses(jobs["evals"], "upload-artifact")
    written = [word.partition("=")[2] for word in shlex.split(run)[3:]]
    assert written == upload["with"]["path"].split()
    assert upload["if"] == "always()"
    (download,) = uses(jobs["comment"], "download-artifact")
    assert download["with"]["name"] == upload["with"]["name"]
    # Of several paths an artifact keeps what lies below the folder that they have in common.
    folder = os.path.commonpath(written)
    assert download["with"]["path"] == folder
    assert f"{folder}/evals.md" in written
    assert f"cat {folder}/evals.md" in commands(jobs["comment"])[0]


@pytest.fixture
def comment(jobs, suite, monkeypatch):
    """Runs the commands of the job that comments; gives what it asked of GitHub and what it wrote there."""
    if not (shutil.which("bash") and shutil.which("jq")):
        pytest.skip("the workflow's commands need bash and jq, as on GitHub's machines")
    gh = suite.file("bin/gh", GH)
    gh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{gh.parent}{os.pathsep}{os.environ['PATH']}")
    words = {"COMMENTS": "repos/o/r/issues/7/comments", "ONE": "repos/o/r/issues/comments", "RUN": "https://host/run"}
    assert set(jobs["comment"]["env"]) == {"GH_TOKEN", *words}

    def run(comments):
        suite.file("comments.json", json.dumps(comments))
        (suite.path / "asked.txt").unlink(missing_ok=True)
        for command in commands(jobs["comment"]):
            subprocess.run(
                ["bash", "-eo", "pipefail", "-c", command], cwd=suite.path, env={**os.environ, **words}, check=True
            )
        asked = (suite.path / "asked.txt").read_text(encoding="utf-8").splitlines()
        return asked, (suite.path / "posted.md").read_text(encoding="utf-8")

    return run


def test_its_commands_run_a_suite_and_write_one_comment(jobs, suite, comment):
    suite.bars('[[bar]]\ndimension = "accuracy"\nat_least = 0.9\n').cases(20, 60)
    suite.file(
        "test_shell.py",
        'import pytest\n\n@pytest.mark.dimension("accuracy")\ndef test_a():\n    assert 0, "$(touch x) `touch x`"\n',
    )
    (run,) = (line for line in commands(jobs["evals"]) if "pytest --" in line)
    words = shlex.split(run)
    assert words[:3] == ["python", "-m", "pytest"]
    suite.run(*words[3:])
    assert (suite.path / "report" / "evals.html").stat().st_size
    asked, text = comment([])
    assert asked == ["api --silent --method POST repos/o/r/issues/7/comments --field body=@report/comment.md"]
    assert text.startswith("<!-- evalbars -->\n### ❌ Gate failed (exit 1)\n")
    assert text.endswith("\n\n[The run, and its report as HTML](https://host/run)\n")
    assert len(text.encode()) <= 65_536
    assert not (suite.path / "x").exists()


def test_a_second_push_brings_its_own_comment_up_to_date_and_no_other(suite, comment):
    suite.file("report/evals.md", "### ✅ Gate passed\n")
    bot, person = {"login": "github-actions[bot]"}, {"login": "octocat"}
    comments = [
        {"id": 1, "user": bot, "body": "another tool's"},
        {"id": 2, "user": bot, "body": "<!-- evalbars -->\n### ❌"},
        {"id": 3, "user": person, "body": "<!-- evalbars -->\nquoted"},
        {"id": 4, "user": bot, "body": "yet another tool's"},
    ]
    asked, text = comment(comments)
    assert asked == ["api --silent --method PATCH repos/o/r/issues/comments/2 --field body=@report/comment.md"]
    assert "### ✅ Gate passed" in text


def test_evals_that_could_not_begin_are_told_too(comment):
    _, text = comment([])
    assert text.startswith("<!-- evalbars -->\n### ⚠️ The evals came to no report\n")
