"""Runs that predict many classes, or free text by mistake: the report stays short, and is made in time."""

import json

import pytest

from pytest_evalbars.cli import main

BARS = '[[bar]]\ndimension = "label"\nat_least = 0.1\n'


@pytest.fixture
def gate(tmp_path, capsys):
    """Writes a run of predictions, and asks the command."""

    def gate(pairs, *arguments, bars=BARS):
        (tmp_path / "evalbars.toml").write_text(bars)
        lines = [
            {
                "case": f"c{number}",
                "dimension": "label",
                "outcome": "pass" if expected == predicted else "miss",
                "prediction": {"expected": expected, "predicted": predicted},
            }
            for number, (expected, predicted) in enumerate(pairs)
        ]
        (tmp_path / "run.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        code = main(["gate", str(tmp_path / "run.jsonl"), "--bars", str(tmp_path / "evalbars.toml"), *arguments])
        return code, capsys.readouterr().out

    return gate


def test_ten_thousand_free_texts_make_no_matrix(gate):
    code, out = gate([("a", f"free text {number}") for number in range(10_000)] + [("a", "a")] * 5_000)
    assert code == 0
    assert "predictions: 15000 trials of 10001 classes, 5000 right" in out
    assert "lowest recall: a 33.3% of 15000 (taken for free text" in out
    assert len(out.splitlines()) < 40


def test_of_many_classes_the_worst_are_told(gate):
    pairs = [(f"k{n % 60:02}", f"k{n % 60:02}" if n % 60 or n % 2 else "k01") for n in range(1_200)]
    code, out = gate(pairs, "-v")
    assert code == 0
    assert "k00 0.0% of 20 (taken for k01 20)" in out
    assert "+ 40 more classes with a recall no lower" in out
    assert "is / taken for" not in out


def test_the_json_names_rates_and_confusions(gate):
    code, out = gate([("a", "a")] * 8 + [("a", "b")] * 2 + [("b", "b")] * 10, "--json")
    said = json.loads(out)["predictions"]
    assert code == 0
    assert (said["trials"], said["right"]) == (20, 18)
    assert said["confusions"] == [["b", "b", 10], ["a", "a", 8], ["a", "b", 2]]
    a, b = said["classes"]
    assert (a["class"], a["recall"], a["precision"], a["false_positives"]) == ("a", 0.8, 1.0, 0.0)
    assert (b["class"], b["recall"], b["false_positives"]) == ("b", 1.0, 0.2)
    assert said["macro"]["recall"] == pytest.approx(0.9)


def test_rows_of_classes_say_their_metric(gate):
    bars = "".join(
        f'[[bar]]\ndimension = "label"\nmetric = "{metric}"\neach = "class"\nat_least = 0.1\n'
        for metric in ("recall", "precision")
    )
    _, out = gate([("a", "a")] * 30 + [("b", "b")] * 30, bars=bars)
    for metric in ("recall", "precision"):
        for name in "ab":
            assert f"label        {metric}: {name}" in out or f"{metric}: {name}" in out
