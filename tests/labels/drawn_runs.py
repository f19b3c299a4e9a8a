"""Runs made by hand, for reviews to be drawn from."""

import hashlib
import json
import types


def judged(case, passed, *, dimension="tone", trial=0, category="c", output="It is so.", **said):
    """The two lines of one trial that a judge judged."""
    key = {"case": case, "test": "t.py::test", "trial": trial}
    of = hashlib.sha256(f"{case} {output}".encode(errors="surrogatepass")).hexdigest()[:16]
    judge = {"rubric": "tone@1", "model": "m-1", "prompt": "p", "of": of, "chars": len(str(output)), **said}
    evidence = {"input": f"About {trial}?"} | ({} if output is None else {"output": output})
    return [
        {"type": "trial", **key, "labels": {"category": category}, "evidence": evidence},
        {"type": "observation", **key, "dimension": dimension, "outcome": "pass" if passed else "miss"}
        | {"reason": "judge's reason", "judge": judge},
    ]


def many(passes, misses, categories=("refunds", "login")):
    """The lines of so many cases that a judge let pass and miss."""
    lines = []
    for number in range(passes + misses):
        category = categories[number % len(categories)]
        lines += judged(f"case-{number}", number < passes, category=category, output=f"Answer {number}.")
    return lines


def write(path, lines, run="2026-11-20T22-41-07-3f9c"):
    """Write a run file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [{"type": "header", "schema": 1, "run": run}, *lines, {"type": "end", "exit": 0}]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


def plain_page():
    """Stands in for the module of the web page, which has tests of its own."""
    stub = types.ModuleType("pytest_evalbars.labels.page")
    stub.page = lambda plan: f"<html>{len(plan.items)}</html>"
    return stub
