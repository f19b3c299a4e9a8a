"""How a model is told to answer in JSON of a given shape."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import BaseModel

_ASKED = "\n\nAnswer with a JSON object that fits this schema, and with nothing else:\n{}"


def shaped(asking: dict[str, Any], schema: type[BaseModel], module: Any) -> dict[str, Any]:
    """A call's parameters with the wish for a schema in them.

    As `response_format` where the provider can hold the model to it; else as words after the last message, which
    every server takes, and in the provider's JSON mode where litellm knows the model to have one.

    Args:
        asking: the parameters, of which `model` and `messages` are read.
        schema: what the answer should fit; nobody here sees whether it does.
        module: litellm.
    """
    name = asking["model"]
    if "response_format" in asking:  # the caller knows better
        return asking
    if module.supports_response_schema(name):
        return {**asking, "response_format": schema}
    *before, last = asking["messages"]
    words = _ASKED.format(json.dumps(schema.model_json_schema(), ensure_ascii=False))
    said = last.get("content")
    content = [*said, {"type": "text", "text": words.strip()}] if isinstance(said, list) else f"{said or ''}{words}"
    found = {**asking, "messages": [*before, {**last, "content": content}]}
    if _known(name, module) and "response_format" in (module.get_supported_openai_params(name) or ()):
        found["response_format"] = {"type": "json_object"}
    return found


def _known(name: str, module: Any) -> bool:
    return name in module.model_cost or name.partition("/")[2] in module.model_cost
