"""The CI example: valid, and its commands do what it says when they are run."""

import os
import re
import shlex
from glob import glob
from pathlib import Path

import pytest
import yaml

from pytest_evalbars.cli import main

EXAMPLE = Path(__file__).parents[2] / "example_suites" / "ci" / "sharded.yml"


@pytest.fixture(scope="module")
def jobs():
    return yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))["jobs"]


def commands(job):
    return [step["run"] for step in job["steps"] if "run" in step]


def uses(job, action):
    return [step for step in job["steps"] if step.get("uses", "").startswith(f"actions/{action}@")]


def filled(words, index, total):
    """What GitHub makes of its expressions."""
    words = words.replace("${{ matrix.shard }}", str(index)).replace("${{ strategy.job-total }}", str(total))
    assert "${{" not in words
    return words


def test_the_workflow_is_one_that_github_accepts(jobs):
    parsed = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    assert {"name", True, "permissions", "jobs"} == set(parsed)  # YAML 1.1 reads `on` as true
    for name, job in jobs.items():
        assert job["runs-on"]
        needs = job.get("needs", [])
        assert set([needs] if isinstance(needs, str) else needs) <= set(jobs) - {name}
        assert all(("uses" in step) != ("run" in step) for step in job["steps"])
    assert jobs["shard"]["strategy"]["matrix"]["shard"] == [1, 2, 3, 4]
    assert jobs["shard"]["strategy"]["fail-fast"] is False


def test_a_red_shard_still_hands_over_its_run_file_and_the_gate_still_decides(jobs):
    (upload,) = uses(jobs["shard"], "upload-artifact")
    assert upload["if"] == "always()"
    assert jobs["gate"]["if"] == "${{ !cancelled() }}"


def test_what_is_uploaded_is_what_was_written_and_what_is_downloaded_is_what_is_gated(jobs):
    (run,) = (line for line in commands(jobs["shard"]) if "pytest --" in line)
    (upload,) = uses(jobs["shard"], "upload-artifact")
    written = re.search(r"--evalbars-run=(\S+ \S+ \S+\.jsonl)", run)[1]
    assert upload["with"]["path"] == written
    (download,) = uses(jobs["gate"], "download-artifact")
    assert download["with"]["path"] == str(Path(written).parent)
    name = filled(upload["with"]["name"], 3, 4)
    assert Path(name).match(download["with"]["pattern"])
    (history,) = uses(jobs["history"], "upload-artifact")
    assert not Path(history["with"]["name"]).match(download["with"]["pattern"])
    assert history["with"]["include-hidden-files"] is True  # .evalbars is a hidden folder


def test_its_commands_run_a_suite_on_all_machines_and_decide(jobs, suite, capsys):
    suite.bars('[[bar]]\ndimension = "accuracy"\nat_least = 0.5\n').cases(30, 30)
    (run,) = (line for line in commands(jobs["shard"]) if "pytest --" in line)
    shards = jobs["shard"]["strategy"]["matrix"]["shard"]
    for index in shards:
        words = shlex.split(filled(run, index, len(shards)))
        assert words[:3] == ["python", "-m", "pytest"]
        suite.run(*words[3:]).said("decide: evalbars gate shards/shard-*.jsonl")
    _, gate, keep = commands(jobs["gate"])
    command, *arguments = shlex.split(gate)
    assert command == "evalbars"
    assert main([path for word in arguments for path in (sorted(glob(word)) or [word])]) == 0  # noqa: PTH207 - a shell's
    assert "30 cases, 30 trials" in capsys.readouterr().out
    (upload,) = uses(jobs["gate"], "upload-artifact")
    assert upload["if"] == "always()"  # a report of a gate that failed is what somebody wants to read
    assert "<!doctype html>" in Path(upload["with"]["path"]).read_text(encoding="utf-8")
    assert os.system(keep) == 0  # noqa: S605 - the example's own words
    suite.run("--evalbars-shard=1/4").said("split by recorded durations")
