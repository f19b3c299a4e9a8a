"""Reads labels that come back as JSON: exports of Label Studio, and of the labelling page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pytest_evalbars.labels.faults import check_schema, fault
from pytest_evalbars.labels.incoming import Row
from pytest_evalbars.labels.incoming_csv import day

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

#: What the page calls its exports, and their version.
PAGE, SCHEMA = "evalbars-labels", 1
#: How the labelling interface names its parts.
CHOICE = "label"


def json_rows(text: str) -> Iterator[Row]:
    """The labels of an export.

    Raises:
        ValueError: it is none.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{fault(error)}; export it again") from None
    if isinstance(found, list):
        return _tasks(found)
    if isinstance(found, dict) and found.get("type") == PAGE:
        return _page(found)
    raise ValueError("is neither an export of Label Studio (JSON) nor of the labelling page")


# -- the page -------------------------------------------------------------------------------------------


def _page(found: dict[str, Any]) -> Iterator[Row]:
    schema, labels = found.get("schema"), found.get("labels")
    check_schema(schema, SCHEMA)
    if not isinstance(labels, list):
        raise ValueError('has no list "labels"; export it again')  # noqa: TRY004 - said to the user
    for number, label in enumerate(labels, 1):
        where = f"label {number}"
        if not isinstance(label, dict):
            yield Row(where, wrong="is no label; export it again")
            continue
        yield Row(
            where,
            of=_text(label.get("of")),
            value=_text(label.get("value")),
            rater=_text(label.get("rater", found.get("rater"))),
            dimension=_text(label.get("dimension")),
            review=_text(found.get("review")).strip(),
            note=_text(label.get("note")),
            labelled=day(_text(label.get("labelled"))),
        )


# -- Label Studio ---------------------------------------------------------------------------------------


def _tasks(tasks: list[Any]) -> Iterator[Row]:
    for number, task in enumerate(tasks, 1):
        where = f"task {_text(task.get('id')) or number}" if isinstance(task, dict) else f"task {number}"
        data = task.get("data") if isinstance(task, dict) else None
        annotations = task.get("annotations") if isinstance(task, dict) else None
        if not isinstance(data, dict) or not isinstance(annotations, list):
            hint = 'export the project from Label Studio as "JSON", not as "JSON-MIN"'
            if isinstance(data, dict) and annotations is None:
                raise ValueError(f"holds tasks without annotations, as those to be labelled; {hint}")
            yield Row(where, wrong=f"has no `data` and `annotations`; {hint}")
            continue
        for place, annotation in enumerate(annotations, 1):
            yield from _annotation(f"{where}, annotation {place}", data, annotation)


def _annotation(where: str, data: dict[str, Any], annotation: Any) -> Iterator[Row]:
    if not isinstance(annotation, dict) or not isinstance(result := annotation.get("result"), list):
        yield Row(where, wrong="has no `result`; export it again")
        return
    if annotation.get("was_cancelled"):
        return
    chosen, note = [], ""
    for each in result:
        value = each.get("value") if isinstance(each, dict) else None
        if not isinstance(value, dict):
            continue
        if isinstance(choices := value.get("choices"), list) and each.get("from_name", CHOICE) == CHOICE:
            chosen += [_text(choice) for choice in choices]
        if "text" in value and each.get("type") == "textarea":
            text = value["text"]
            note = "\n".join(map(_text, text)) if isinstance(text, list) else _text(text)
    if len(chosen) > 1:
        yield Row(where, wrong=f"says {' and '.join(chosen)[:100]}; an item takes one label")
        return
    yield Row(
        where,
        of=_text(data.get("of")),
        value=chosen[0] if chosen else "",
        rater=_rater(annotation.get("completed_by")),
        dimension=_text(data.get("dimension")),
        review=_text(data.get("review")).strip(),
        note=note,
        labelled=_labelled(annotation),
    )


def _rater(who: Any) -> str:
    """The annotator: an id, or an object that knows the e-mail address."""
    if isinstance(who, dict):
        return _text(who.get("email") or who.get("username") or who.get("id"))
    return _text(who)


def _labelled(annotation: dict[str, Any]) -> date | None:
    return day(_text(annotation.get("updated_at") or annotation.get("created_at")))


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return str(value) if type(value) in (int, float) else ""
