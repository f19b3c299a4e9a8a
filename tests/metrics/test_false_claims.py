"""What samples must not be said to prove, by the words of the gate."""

import pytest
from metric_rows import only, predicted


@pytest.mark.parametrize("cases", [2, 5, 30])
def test_a_few_certain_hits_are_no_proof_of_calibration(cases):
    verdict = only(predicted(("a", "a", cases), confidence=1.0), "calibration_error", at_most=0.01)

    assert (verdict.verdict, verdict.estimate) == ("inconclusive", 0)
    assert verdict.high == pytest.approx(1 - 0.05 ** (1 / cases))


@pytest.mark.parametrize("metric", ["macro_recall", "macro_precision", "macro_f1"])
@pytest.mark.parametrize("wrong", [0, 1])
def test_a_class_never_recognised_is_proof_beside_classes_without_a_miss(metric, wrong):
    """The rarest class can have no more misses than it has; the average is then as sure as the others are."""
    pairs = [("a", "a", 100), ("b", "b", 100 - wrong), ("b", "a", wrong), ("c", "d", 90)]
    verdict = only(predicted(*pairs), metric, at_least=0.9)

    assert verdict.verdict == "missed"
    assert verdict.low > 0.4
    assert verdict.high < 0.8
