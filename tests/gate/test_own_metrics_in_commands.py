"""Metrics that a conftest.py registers, asked again by the commands."""

import json

import pytest

from pytest_evalbars.cli import main

OWN = """
from pytest_evalbars import metric

@metric("brevity_of_commands")
def brevity(part):
    return 1 - (part.measured("tokens_out") / 1000).clip(max=1)
"""
SUITE = """
import pytest

@pytest.mark.dimension("accuracy")
@pytest.mark.parametrize("n", range(30))
def test_it(n, evalcase):
    evalcase.measure(tokens_out=100 + n)
"""
BARS = '[[bar]]\ndimension = "accuracy"\nmetric = "brevity_of_commands"\nat_least = 0.6\n'


@pytest.fixture
def ran(suite, monkeypatch):
    suite.bars(BARS)
    suite.file("conftest.py", OWN)
    suite.file("test_it.py", SUITE)
    result = suite.run("-q", "--evalbars-run=run.jsonl")
    assert result.exit == 0
    # Another process would not know the metric that this one has just registered.
    from pytest_evalbars.metrics import registry  # noqa: PLC0415

    monkeypatch.delitem(registry._OWN, "brevity_of_commands")  # noqa: SLF001
    return suite


@pytest.mark.usefixtures("ran")
def test_a_command_is_told_where_they_stand(capsys):
    assert main(["gate", "run.jsonl"]) == 4
    said = capsys.readouterr().err
    assert '"brevity_of_commands" is not a metric' in said
    assert "name its file with --metrics" in said
    assert main(["gate", "run.jsonl", "--metrics", "conftest.py", "--json"]) == 0
    (verdict,) = json.loads(capsys.readouterr().out)["verdicts"]
    assert (verdict["metric"], verdict["verdict"]) == ("brevity_of_commands", "met")
    assert main(["plan", "run.jsonl", "--metrics", "conftest.py"]) == 0


@pytest.mark.parametrize(
    ("file", "words"),
    [("absent.py", "absent.py: cannot be imported"), ("broken.py", "cannot be imported: ZeroDivisionError")],
)
def test_a_file_that_cannot_be_imported_is_named(ran, capsys, file, words):
    ran.file("broken.py", "1 / 0")
    assert main(["gate", "run.jsonl", "--metrics", file]) == 4
    assert words in capsys.readouterr().err
