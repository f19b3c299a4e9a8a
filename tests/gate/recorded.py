"""Run files of which some trials replay recorded answers."""

import json

MODEL, JUDGE = "gpt-4o-mini-2024-07-18", "gpt-4o-2024-08-06"


def lines(trials, replayed=0, *, missed=0, header=None, dimension="accuracy", **more):
    """The lines of a run of one trial a case.

    Args:
        trials: how many; each asks the model once, and its judge once.
        replayed: how many of them replay recorded answers, the first ones.
        missed: how many miss, the last ones.
        header: further keys of the header.
        dimension: what is judged.
        **more: measures in place of the usual; None for one that is not known.
    """
    usual = {"calls": 1, "tokens_in": 305, "tokens_out": 45, "cost_usd": 0.0006, "model_seconds": 0.8}
    usual |= {"judge_calls": 1, "judge_tokens_in": 900, "judge_tokens_out": 80, "judge_cost_usd": 0.00025}
    measures = {name: value for name, value in (usual | more).items() if value is not None}
    yield {"type": "header", "schema": 1, "run": "r", "started": "2026-11-20T22:41:07Z", "labels": {}} | (
        header or {}
    )
    for n in range(trials):
        key = {"case": f"c{n:03}", "test": "t.py::test_x", "trial": 0}
        calls = {"models": {MODEL: 1}, "judges": {JUDGE: 1}}
        if n < replayed:
            calls |= {"replayed": 1, "judges_replayed": 1, "paid": 0}
        elif "cost_usd" not in measures:
            calls |= {"unpriced": 1}
        yield {"type": "trial", **key, "labels": {"category": "es" if n % 2 else "de"}} | {
            "measures": measures,
            "calls": calls,
        }
        yield {"type": "observation", **key, "dimension": dimension} | {
            "outcome": "miss" if n >= trials - missed else "pass"
        }
    yield {"type": "end", "finished": "later", "exit": 0}


def write(path, *given, **more):
    """Write such a run file."""
    path.write_text("".join(json.dumps(line) + "\n" for line in lines(*given, **more)), encoding="utf-8")
    return path
