"""10,000 trivially passing eval cases against the same file under plain pytest."""

from __future__ import annotations

import tempfile
from pathlib import Path

from measure import Figure, median, pytest_command, run_pairs

CASES = 10_000
#: The goal: RATIO x plain pytest's time + EXTRA_SECONDS, its memory + EXTRA_MB + KB_A_CASE.
RATIO, EXTRA_SECONDS = 1.3, 0.5
EXTRA_MB, KB_A_CASE = 60, 2

TESTS = f"""
import pytest

@pytest.mark.dimension("accuracy")
@pytest.mark.parametrize("number", [pytest.param(n, id=f"question-{{n:05}}") for n in range({CASES})])
def test_answer(number):
    assert number >= 0
"""

PROJECT = """
[tool.pytest.ini_options]
markers = ["dimension: plain pytest has to know it too"]

[[tool.evalbars.bar]]
dimension = "accuracy"
at_least = 0.9
"""


def figures(*, quick: bool = False) -> list[Figure]:
    """Time and memory, as medians over pairs of sessions."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_answers.py").write_text(TESTS)
        (folder / "pyproject.toml").write_text(PROJECT)
        pairs = run_pairs(pytest_command("-q", plain=True), pytest_command("-q"), folder, 2 if quick else 7)
    plain_seconds = median([plain.seconds for plain, _ in pairs])
    seconds = median([evals.seconds for _, evals in pairs])
    ratio = median([(evals.seconds - EXTRA_SECONDS) / plain.seconds for plain, evals in pairs])
    cpu_ratio = median([(evals.cpu - EXTRA_SECONDS) / plain.cpu for plain, evals in pairs])
    extra_mb = median([evals.peak_mb - plain.peak_mb for plain, evals in pairs])
    allowed_mb = EXTRA_MB + KB_A_CASE * CASES / 1024
    return [
        Figure(
            f"session: time, {CASES:,} cases",
            f"{ratio:.2f} x plain + {EXTRA_SECONDS} s ({seconds:.2f} s, plain {plain_seconds:.2f} s)",
            f"<= {RATIO} x plain + {EXTRA_SECONDS} s",
            ratio <= RATIO,
            {"seconds": seconds, "plain_seconds": plain_seconds, "ratio": ratio, "cpu_ratio": cpu_ratio},
        ),
        Figure(
            f"session: memory, {CASES:,} cases",
            f"plain + {extra_mb:.0f} MB (plain {median([plain.peak_mb for plain, _ in pairs]):.0f} MB)",
            f"<= plain + {allowed_mb:.0f} MB",
            extra_mb <= allowed_mb,
            {"extra_mb": extra_mb},
        ),
    ]
