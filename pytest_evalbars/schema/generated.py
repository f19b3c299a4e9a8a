"""The JSON Schema of all documents, made from their models."""

from __future__ import annotations

import inspect
import re
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from pytest_evalbars.schema.document import SCHEMA
from pytest_evalbars.schema.documents import DOCUMENTS
from pytest_evalbars.schema.meanings import MEANINGS

if TYPE_CHECKING:
    from pydantic_core import CoreSchema
    from pydantic_core.core_schema import ModelSchema

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ABOUT = (
    "What `--json` of the commands of pytest-evalbars prints. Each command has an entry of its name under `$defs`. "
    "`schema` is the version of the document: it changes only when a key goes away or means something else. Keys may "
    "be added under the same version, so that a reader leaves alone what it does not know. No number is infinite or "
    "not a number. Texts hold what models, cases and people wrote, as they wrote it: whoever shows them escapes them."
)
FIELD = re.compile(r"    (\w+): ")


class _Described(GenerateJsonSchema):
    """Describes each key by the comment `#:` above its field."""

    def model_schema(self, schema: ModelSchema) -> dict[str, Any]:
        made: dict[str, Any] = super().model_schema(schema)
        model: type[BaseModel] = schema["cls"]
        for name, field in model.model_fields.items():
            key = made.get("properties", {}).get(field.alias or name)
            if key is not None and (words := _comments(model).get(name)):
                key["description"] = words
        # Whatever a reader passes over: this version prints no key that is not here.
        return made | {"additionalProperties": False}

    def field_title_should_be_set(self, schema: CoreSchema) -> bool:
        """Never: a title would say the key again."""
        del schema
        return False


@cache
def _comments(model: type[BaseModel]) -> dict[str, str]:
    """By field: the comment above it in one line, or what `meanings` says."""
    found: dict[str, str] = {}
    for each in reversed(model.__mro__):
        if issubclass(each, BaseModel) and each is not BaseModel:
            said: list[str] = []
            for line in inspect.getsource(each).splitlines():
                if line.startswith("    #:"):
                    said.append(line.removeprefix("    #:").strip())
                    continue
                if said and (field := FIELD.match(line)):
                    found[field[1]] = " ".join(said)
                said = []
            found |= MEANINGS.get(each.__name__, {})
    return found


def generated() -> dict[str, Any]:
    """The schema."""
    models = list(dict.fromkeys(DOCUMENTS.values()))
    entries, made = models_json_schema(
        [(model, "validation") for model in models], schema_generator=_Described, ref_template="#/$defs/{model}"
    )
    named = {name: entries[model, "validation"] for name, model in DOCUMENTS.items()}
    return {
        "$schema": DIALECT,
        "title": f"pytest-evalbars, JSON of the commands, schema {SCHEMA}",
        "description": ABOUT,
        "anyOf": [{"$ref": f"#/$defs/{name}"} for name in named],
        "$defs": {**named, **dict(sorted(made["$defs"].items()))},
    }
