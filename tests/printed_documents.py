"""Holds every document that a command prints within this process against the schema: models, and the file kept."""

import json
import re

import jsonschema

import pytest_evalbars.schema.__main__ as kept
from pytest_evalbars.schema import printing
from pytest_evalbars.schema.documents import DOCUMENTS

#: Halves of characters, which commands may print and pydantic does not read.
SURROGATE = re.compile(r"(?<!\\)((?:\\\\)*)\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
#: Characters up to which the file's rules are tried too: they take longer than the models.
LONGEST = 100_000
SCHEMA = json.loads(kept.KEPT.read_text(encoding="utf-8"))
_of = {
    name: jsonschema.Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": SCHEMA["$defs"]}) for name in DOCUMENTS
}
_printed = printing.document_text


def checked_text(name, document):
    """As `document_text` prints it; with an error where the schema does not describe it."""
    text = _printed(name, document)
    assert text == json.dumps(document, indent=2, allow_nan=False), f"{name}: a number that JSON does not have"
    told = SURROGATE.sub(r"\1?", text)
    DOCUMENTS[name].model_validate_json(told, strict=True)
    if len(told) < LONGEST:
        _of[name].validate(json.loads(told))
    return text
