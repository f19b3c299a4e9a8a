"""Published pairs of runs, held against their published figures; skipped where absent."""

import csv
from pathlib import Path

import pytest
from compared import by_place, compare_json, rows, write
from scipy.stats import binom, binomtest

DATA = Path(__file__).parents[3] / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the shared data are not here")


def read(name):
    with (DATA / name).open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def mid_p(fewer, discordant):
    """One-sided: half of what is exactly as likely as what was seen does not count."""
    return binom.cdf(fewer, discordant, 0.5) - binom.pmf(fewer, discordant, 0.5) / 2


def held(capsys, folder, before, after, **labels):
    files = [write(folder / f"{name}.jsonl", *rows(said, **labels)) for name, said in (("a", before), ("b", after))]
    (comparison,) = compare_json(capsys, *files, "--by", "intent")["comparisons"]
    return by_place(comparison)


def test_gsm8k_has_its_published_discordant_cases(capsys, tmp_path):
    data = read("gsm8k_openai2021.csv")
    before, after = (
        {row["item"]: row[system] == "1" for row in data} for system in ("6b_verification", "175b_finetuning")
    )
    (whole,) = held(capsys, tmp_path, before, after).values()
    assert (whole["cases"], whole["worse"], whole["better"]) == (1319, 209, 152)
    assert (whole["before"], whole["after"]) == (pytest.approx(0.3904, abs=5e-5), pytest.approx(0.3472, abs=5e-5))
    assert binomtest(209, 361).pvalue == pytest.approx(0.00315, abs=5e-6)
    assert whole["p_worse"] == pytest.approx(mid_p(152, 361))
    assert whole["verdict"] == "regressed"
    low, high = whole["interval"]
    assert low < whole["change"] < high < 0


def test_banking77_has_its_published_discordant_cases(capsys, tmp_path):
    data = read("banking77_predictions.csv")
    gold = {row["item"]: row["gold"] for row in data}
    before, after = (
        {row["item"]: row[f"pred_{system}"] == row["gold"] for row in data} for system in ("logreg", "svm")
    )
    found = held(capsys, tmp_path, before, after, labels=lambda item: {"intent": gold[item]})
    whole = found["accuracy", None, None]
    assert (whole["cases"], whole["worse"], whole["better"]) == (3080, 78, 116)
    assert binomtest(78, 194).pvalue == pytest.approx(0.0077, abs=5e-5)
    # The family of one whole has half of the error: its groups have the other.
    assert whole["p_better"] == pytest.approx(2 * mid_p(78, 194))
    assert whole["verdict"] == "better"
    # Of 77 intents of 40 cases each, none is proven to be worse.
    groups = [each for place, each in found.items() if place[1] is not None]
    assert len(groups) == 77
    assert "regressed" not in {each["verdict"] for each in groups}
    assert sum(each["verdict"] == "better" for each in groups) <= 1


@pytest.mark.parametrize(
    ("task", "model", "march", "june", "verdict"),
    [
        ("prime", "gpt-4-", 0.840, 0.511, "regressed"),
        ("happy", "gpt-4-", 0.836, 0.352, "regressed"),
        ("leetcode_directly_executable", "gpt-4-", 0.52, 0.10, "regressed"),
        ("happy", "gpt-3.5-", 0.306, 0.482, "better"),
    ],
)
def test_models_that_drifted_from_march_to_june(capsys, tmp_path, task, model, march, june, verdict):
    data = [row for row in read("llmdrift.csv") if row["task"] == task and row["model"].startswith(model)]
    sides = [
        {row["item"]: row["passed"] == "1" for row in data if row["model"] == name}
        for name in sorted({row["model"] for row in data})
    ]
    (found,) = held(capsys, tmp_path, *sides).values()
    assert (found["before"], found["after"]) == (pytest.approx(march, abs=5e-3), pytest.approx(june, abs=5e-3))
    assert (found["paired"], found["verdict"]) == (True, verdict)
    worse = sum(sides[0][item] and not sides[1].get(item, True) for item in sides[0])
    assert found["worse"] == worse


def test_latency_and_cost_drift_too(capsys, tmp_path):
    data = [row for row in read("llmdrift.csv") if row["task"] == "prime" and row["model"].startswith("gpt-4-")]
    files = []
    for name in sorted({row["model"] for row in data}):
        lines = [
            {
                "case": row["item"],
                "dimension": "prime",
                "outcome": "pass" if row["passed"] == "1" else "miss",
                "measures": {"seconds": float(row["latency_s"]), "cost_usd": float(row["cost_usd"])},
            }
            for row in data
            if row["model"] == name and row["latency_s"] and row["cost_usd"]
        ]
        files.append(write(tmp_path / f"{name}.jsonl", *lines))
    (comparison,) = compare_json(capsys, *files)["comparisons"]
    latency, cost = comparison["amounts"]
    assert (latency["measure"], cost["measure"]) == ("seconds", "cost_usd")
    for each in (latency, cost):
        assert each["change"] == pytest.approx(each["after"] / each["before"] - 1)
        assert each["interval"][0] < each["change"] < each["interval"][1] < -0.5
