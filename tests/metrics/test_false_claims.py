"""What samples must not be said to prove, by the words of the gate."""

import pytest
from metric_rows import only, predicted


@pytest.mark.parametrize("cases", [2, 5, 30])
def test_a_few_certain_hits_are_no_proof_of_calibration(cases):
    verdict = only(predicted(("a", "a", cases), confidence=1.0), "calibration_error", at_most=0.01)

    assert (verdict.verdict, verdict.estimate) == ("inconclusive", 0)
    assert verdict.high == pytest.approx(1 - 0.05 ** (1 / cases))
