"""The main job: a population of cases, one bar, one verdict."""

import pytest

BAR = """
[[bar]]
dimension = "accuracy"
at_least = 0.85
"""


@pytest.mark.parametrize(
    ("passes", "stage", "code", "word"),
    [
        (55, "testing", 0, "inconclusive"),
        (55, "launch", 10, "INCONCLUSIVE"),
        (45, "testing", 1, "MISSED"),
        (45, "launch", 1, "MISSED"),
    ],
)
def test_sixty_cases_make_one_verdict(suite, passes, stage, code, word):
    result = suite.bars(BAR).cases(passes, 60).run(f"--evalbars-stage={stage}")
    assert result.exit == code
    assert result.counts.get("missed") == 60 - passes
    assert result.counts.get("failed", 0) == (0 if code == 0 else 1)
    interval = {55: "81.9% to 96.4%", 45: "62.8% to 84.2%"}[passes]
    result.said(f"{passes / 60:.1%}", interval, ">= 85%", word)
    assert len(result.verdicts) == 60
    assert sum(outcome == "pass" for outcome in result.verdicts.values()) == passes
    assert result.of("end")[0]["exit"] == code


def test_without_eval_cases_there_is_no_trace(suite):
    suite.file("test_plain.py", "import pytest\n@pytest.mark.parametrize('n', range(200))\ndef test_x(n): pass\n")
    result = suite.run()
    assert (result.exit, result.counts) == (0, {"passed": 200})
    result.never_said("evalbars ", "eval bars")
    assert not (suite.path / ".evalbars").exists()
