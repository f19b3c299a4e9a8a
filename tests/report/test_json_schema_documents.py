"""One schema describes what commands print with `--json`; `conftest.py` holds all that tests print against it."""

import argparse
import json
import subprocess
import sys

import jsonschema
import pydantic
import pytest

from pytest_evalbars.cli import COMMANDS
from pytest_evalbars.schema import printing
from pytest_evalbars.schema.__main__ import KEPT
from pytest_evalbars.schema.documents import DOCUMENTS
from pytest_evalbars.schema.generated import generated

SCHEMA = json.loads(KEPT.read_text(encoding="utf-8"))
BARS = '[[bar]]\ndimension = "accuracy"\nat_least = 0.5\neach = "category"'


def commands(parser, words=()):
    """Each command that has `--json`, by its words."""
    for action in parser._actions:  # noqa: SLF001 - argparse tells it nowhere else
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for name, each in action.choices.items():
                yield from commands(each, (*words, name))
        elif "--json" in action.option_strings:
            yield "-".join(words)


def test_the_file_is_what_the_models_say():
    if tuple(map(int, pydantic.VERSION.split(".")[:2])) < (2, 11):
        pytest.skip("older versions of pydantic say the same in other words")
    assert generated() == SCHEMA, "python -m pytest_evalbars.schema --write"


def test_the_file_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == jsonschema.Draft202012Validator.META_SCHEMA["$id"]
    assert SCHEMA["anyOf"] == [{"$ref": f"#/$defs/{name}"} for name in DOCUMENTS]


def test_every_command_that_prints_json_has_an_entry():
    parser = argparse.ArgumentParser()
    parts = parser.add_subparsers()
    for each in COMMANDS:
        each.add(parts)
    found = set(commands(parser))
    assert len(found) > 10
    assert found <= DOCUMENTS.keys()
    assert {name for name in DOCUMENTS if not any(name.startswith(word) for word in found)} == set()


def test_every_document_has_a_version_and_knows_all_its_keys():
    for name in DOCUMENTS:
        (entry,) = SCHEMA["$defs"][name].values()
        document = SCHEMA["$defs"][entry.rpartition("/")[2]]
        assert document["properties"]["schema"]["const"] == 1
        assert "schema" in document["required"] or name == "report"
        assert document["additionalProperties"] is False
        assert f"evalbars {name.partition('-')[0]}" in document["description"]


def test_every_key_says_what_it_means():
    models = {name: each["properties"] for name, each in SCHEMA["$defs"].items() if "properties" in each}
    silent = [f"{name}.{key}" for name, keys in models.items() for key in keys if not keys[key].get("description")]
    assert silent == [], "write it above the field, as `#: ...`, or into schema/meanings.py"
    assert len(models) > 90


def test_a_key_that_nobody_described_is_an_error(suite):
    path = suite.bars(BARS).cases(3, 3).path / "run.jsonl"
    rows = [
        {"case": f"c{n}", "dimension": "accuracy", "outcome": "pass", "labels": {"category": "a"}} for n in (1, 2)
    ]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    said = json.loads(suite.command("gate", "run.jsonl", "--json").out)
    model = DOCUMENTS["gate"]
    assert model.model_validate_json(json.dumps(said), strict=True)
    for wrong in ({"more": 1}, {"schema": 2}, {"errors": -1}, {"stage": "test"}, {"complete": None}):
        with pytest.raises(pydantic.ValidationError):
            model.model_validate_json(json.dumps(said | wrong), strict=True)
    for key in said.keys() - {"judges", "saturated", "predictions"}:
        with pytest.raises(pydantic.ValidationError):
            model.model_validate_json(json.dumps({name: said[name] for name in said if name != key}), strict=True)


def test_what_a_report_says_is_described(suite):
    suite.bars('[[bar]]\ndimension = "accuracy"\nat_least = 0.5\nwhy = "<b>"').cases(3, 9)
    suite.run("--evalbars-label=model=\x1bv2")
    for words in ((), ("--stage=launch",)):
        text = suite.command("report", "--json", *words).out
        DOCUMENTS["report"].model_validate_json(text, strict=True)
        suite.command("report", *words, "-o", "out.json")
        assert json.loads((suite.path / "out.json").read_text(encoding="utf-8")) == json.loads(text)


def test_a_number_that_json_does_not_have_is_told_as_null(capsys, monkeypatch):
    monkeypatch.undo()  # of what holds documents against the schema
    printing.print_document("gate", {"a": [float("nan"), {"b": float("-inf")}], "c": (1.5, True), "d": "NaN"})
    assert json.loads(capsys.readouterr().out, parse_constant=pytest.fail) == {
        "a": [None, {"b": None}],
        "c": [1.5, True],
        "d": "NaN",
    }


@pytest.mark.slow
def test_users_can_print_it():
    words = [sys.executable, "-m", "pytest_evalbars.schema"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == SCHEMA
