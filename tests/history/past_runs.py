"""Run files of days gone by, as sessions left them."""

import json
from pathlib import Path

from pytest_evalbars.run.plan import Planned, packed

TEST = "evals/test_a.py::test_answer"
WORDS = {"p": "pass", "m": "miss", "e": "error", "s": "skipped"}


def write_run(
    folder, day, said, *, dimension="accuracy", left_out=(), asked=(), replayed=(), exit_code=0, end=True, **more
):
    """Write the run of a day.

    Args:
        folder: where.
        day: 1 .. 28, of November.
        said: by case, a letter for each trial: `ppm`.
        dimension: what is judged.
        left_out: cases that were deselected.
        asked: files that were asked for.
        replayed: cases whose trials replay recorded answers.
        exit_code: of the session.
        end: whether it came to its end.
        **more: `labels`, `content` and `case_labels` of all cases, or further keys of the header.
    """
    content, labels = more.pop("content", "c0"), more.pop("case_labels", {})
    name = more.pop("run", f"2026-11-{day:02}T10-00-00-{day:04x}")
    planned = [
        Planned(f"{TEST}[{case}-t{n}]", case, TEST, n, (dimension,), labels, None, content, "evals/cases.jsonl")
        for case, letters in {**said, **dict.fromkeys(left_out, "p")}.items()
        for n in range(len(letters))
    ]
    items = {(one.case, one.trial): one.item for one in planned}
    out = [item for (case, _), item in items.items() if case in left_out]
    lines = [
        {"type": "header", "schema": 1, "run": name, "started": f"2026-11-{day:02}T10:00:00Z"}
        | {"commit": f"{day:02}" * 20, "changes": "", "labels": {}, **more},
        {"type": "manifest", "items": [one.item for one in planned if one.item not in out]}
        | {"left_out": out, "asked": list(asked), "notes": [], "planned": packed(planned)},
    ]
    for case, letters in said.items():
        for n, letter in enumerate(letters):
            key = {"case": case, "test": TEST, "trial": n}
            calls = {"calls": {"models": {"m": 1}, "replayed": 1}} if case in replayed else {}
            lines.append({"type": "trial", **key, "item": items[case, n], "labels": labels, "measures": {}, **calls})
            lines.append({"type": "observation", **key, "dimension": dimension, "outcome": WORDS[letter]})
    if end:
        lines.append({"type": "end", "finished": f"2026-11-{day:02}T10:05:00Z", "exit": exit_code})
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def told_of(history, case, dimension="accuracy"):
    """What each run said of a case: (run, passes, trials, errors)."""
    (record,) = [one for one in history.records if (one.case, one.dimension) == (case, dimension)]
    return [(one.run, one.passes, one.trials, one.errors) for one in record.told]
