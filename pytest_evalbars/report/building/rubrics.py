"""The rubrics that judges held answers against, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.report.model import Definition

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from pytest_evalbars.run.columns import Run

#: Rubrics that are told, and characters of one.
TOLD, LENGTH = 20, 20_000
#: What makes a level or a criterion plain.
EXAMPLES = ("examples", "counterexamples", "signs")


def rubrics(run: Run) -> Iterator[Definition]:
    """What judges held answers against, as far as the run file has it."""
    used = sorted({judge.rubric for judge in run.judged.judges}) if run.judged is not None else []
    for name in used[:TOLD]:
        document = run.rubrics.get(name)
        text = "its words are not in the run file" if document is None else _words(document)
        cut = f" ... ({len(text) - LENGTH:,} more characters)" if len(text) > LENGTH else ""
        yield Definition(term=name, text=f"{text[:LENGTH]}{cut}")


def _words(document: Mapping[str, Any]) -> str:
    """A rubric as text: the task, then a line for each level or criterion, then what passes."""
    lines = [str(document.get("task") or "")]
    for part in (*_tables(document, "levels"), *_tables(document, "criteria")):
        words = ": ".join(str(part[key]) for key in ("name", "ask", "definition") if part.get(key))
        lines.append(f"- {words}")
        lines += [f"  {kind[:-1]}: {each}" for kind in EXAMPLES for each in part.get(kind) or ()]
    if document.get("passing"):
        lines.append(f"passes from: {document['passing']}")
    for key, words in (("required", "must hold"), ("holds_with_no", "hold where the answer is no")):
        if document.get(key):
            lines.append(f"{words}: {', '.join(map(str, document[key]))}")
    if document.get("least"):
        lines.append(f"at least {document['least']} must hold")
    return "\n".join(lines)


def _tables(document: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    found = document.get(key)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
