"""Run files for comparisons, and what the command says of them."""

import json

from pytest_evalbars.cli import main


def rows(said, dimension="accuracy", **more):
    """Observations: of each case the outcomes of its trials, True for a pass."""
    found = []
    for case, trials in said.items():
        for trial, passed in enumerate(trials if isinstance(trials, list | tuple) else [trials]):
            outcome = passed if isinstance(passed, str) else "pass" if passed else "miss"
            reason = "wrong" if outcome == "miss" else "down" if outcome == "error" else ""
            row = {"case": case, "dimension": dimension, "outcome": outcome, "trial": trial, "reason": reason}
            found.append(row | {key: value(case) if callable(value) else value for key, value in more.items()})
    return found


def write(path, *lines):
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def compare(capsys, *words):
    """The exit code and what was said."""
    try:
        code = main(["compare", *map(str, words)])
    except SystemExit as ended:  # words that no parser takes
        code = ended.code
    captured = capsys.readouterr()
    return code, captured.out + captured.err


def compare_json(capsys, *words):
    code, said = compare(capsys, *words, "--json")
    found = json.loads(said)
    assert (found["schema"], found["exit_code"]) == (1, code)
    return found


def by_place(comparison):
    """Its findings, by dimension, group and what sets them apart; of pass rate and mean score the pass rate."""
    return {(each["dimension"], each["group"], each["apart"]): each for each in reversed(comparison["findings"])}
