"""What the words and numbers of a report mean, each in a sentence or two."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_evalbars.report.words import metric_words

if TYPE_CHECKING:
    from pytest_evalbars.gate.bar import Bar

RATE = "of each case the share of its judged trials that pass; of these the mean over all cases"
#: Metrics by their names; of a family, by what makes them.
METRICS = {
    "pass_rate": RATE,
    "miss_rate": "of each case the share of its judged trials that miss; of these the mean over all cases",
    "mean_score": "the mean of the scores from 0 to 1 that trials were given, over cases",
    "error_rate": "the share of trials that could not be judged",
    "levels:at_or_above": "the share of trials that were graded with this level or a better one",
    "levels:at_or_below": "the share of trials that were graded with this level or a worse one",
    "repeats:pass_at": "how likely at least one of so many trials of a case passes",
    "repeats:pass_hat": "how likely all of so many trials of a case pass",
    "consistency": "how often two trials of a case come to the same verdict",
    "recall": "of the trials that are of the class, the share that was predicted to be",
    "precision": "of the trials that were predicted to be of the class, the share that is",
    "false_positive_rate": "of the trials that are not of the class, the share that was predicted to be",
    "false_negative_rate": "of the trials that are of the class, the share that was predicted to be of another",
    "macro_recall": "the mean of the classes' recalls, each class weighing the same",
    "macro_precision": "the mean of the classes' precisions, each class weighing the same",
    "macro_f1": "the mean of the classes' F1 scores, each class weighing the same",
    "brier": "the mean squared distance between a stated confidence and what turned out; 0 is best",
    "overconfidence": "how far stated confidence lies above the share that was right",
    "underconfidence": "how far stated confidence lies below the share that was right",
    "calibration_error": "how far stated confidence lies from the share that was right, on average",
    "coverage": "the share of trials that no guardrail blocked",
    "coverage_pre": "the share of trials that no guardrail blocked before an answer was made",
    "coverage_post": "of the answers that were made, the share that no guardrail blocked",
    "answered_pass_rate": "the pass rate of what no guardrail blocked",
    "effective_pass_rate": "the pass rate where a blocked trial counts as one that did not pass",
    "correct_abstention": "of the trials that should be refused, the share that was",
    "false_abstention": "of the trials that should not be refused, the share that was",
    "correct_escalation": "of the trials that should be handed over to a person, the share that was",
    "missed_escalation": "of the trials that should be handed over to a person, the share that was not",
    "false_escalation": "of the trials that should not be handed over to a person, the share that was",
    "cost_per_useful": "what was spent, for each trial that passed",
    "measures:quantile": "the amount that this share of trials does not exceed, each case weighing the same",
    "measures:mean": "the mean over cases of what their trials measured",
    "measures:within": "the share of trials that measured at most so much",
    "measures:beyond": "the share of trials that measured at least so much",
    "judge_specificity": "of the answers that people call bad, the share that the judge stops",
    "judge_sensitivity": "of the answers that people call good, the share that the judge lets pass",
    "judge_agreement": "the share of labelled answers on which judge and people agree",
    "judge_ac1": "the agreement of judge and people beyond chance (AC1)",
    "rater_agreement": "how often two people give an answer the same label",
    "rater_ac1": "the agreement of people beyond chance (AC1)",
    "rater_alpha": "the agreement of people beyond chance (Krippendorff's alpha)",
}
VERDICTS = {
    "met": "the bar is reached, and that is proven: at the confidence of this report so good a number is no chance",
    "missed": "the number is proven to be worse than the bar; chance is kept out for all verdicts together",
    "inconclusive": "neither is proven: so few cases, or so close a number, do not tell",
    "no data": "nothing was judged of what the bar is of; unknown is never a pass",
}
MISS = "an answer that was judged and did not pass: the model's failure, and no test's"
ERROR = (
    "a trial that could not be judged, as after an exception or a time limit; it is neither a pass nor a miss, and a "
    "verdict stands only if it would with each of them a pass and with each of them a miss"
)
HELD = (
    "cases whose status is regression or saturated: what a bar holds that names no status; capability cases are "
    "goals, and count only for bars that name them"
)
COVERAGE = (
    "what guardrails let through; among answered is the pass rate of that, and effective counts the rest as misses"
)


def metric_text(bar: Bar) -> str:
    """What a bar's number is."""
    kind = bar.kind
    if kind.own is not None:
        return f"{kind.words}: the mean over cases of what the project's own function says of their trials"
    text = METRICS.get(kind.name) or METRICS.get(kind.home) or kind.words
    return f"{text}; here the change since the baseline" if bar.compares else text


def metric_term(bar: Bar) -> str:
    """A bar's number by name."""
    return f"{metric_words(bar)}, against the baseline" if bar.compares else metric_words(bar)
