"""What keys of `calibration.findings` mean, whose comments are of several fields or absent."""

from __future__ import annotations

from typing import Final

JUDGE: Final = {
    "rubric": "`name@version` of its rubric.",
    "model": "The version of its model, as the provider names it.",
    "prompt": "A hash of what it was asked, the data left out.",
}

#: What `calibration.findings` says, by class and field.
OF_FINDINGS: Final[dict[str, dict[str, str]]] = {
    "Measured": {"value": "The number.", "low": "The interval's lower end.", "high": "The interval's upper end."},
    "Counted": {"same": "So many ...", "of": "... of so many."},
    "Kappa": {
        "raters": "Their names.",
        "items": "Items that both labelled.",
        "kappa": "0 by chance, 1 where all say the same; absent where nothing tells.",
    },
    "Raters": {
        "names": "Of the raters.",
        "labelled": "Items with a label.",
        "items": "Items with labels of two raters or more.",
        "unsettled": "Items of which they differ and nothing is settled.",
        "agreement": "The share of pairs of labels that say the same, by item.",
        "pairs": "The bare pairs of labels that say the same.",
        "chance": "What agreement would be if the raters said as often what they say, but of any item.",
        "weighted": "Of levels: the same, where neighbours count in part.",
        "passing": "Of levels: the same of whether they pass.",
        "kappas": "Of each pair of raters.",
    },
    "Position": {
        "pairs": "Pairs that it judged in both orders.",
        "p": "How surprising so many would be without a preference.",
        "biased": "Whether a preference is proven.",
    },
    "Trend": {
        "items": "Answers that people say the same of.",
        "p": "How surprising such a trend would be if length did not matter.",
        "biased": "Whether the trend is proven.",
    },
    "Verbosity": {"good": "Among answers that people pass.", "bad": "Among answers that they let miss."},
    "Consistency": {
        "source": "The votes of one verdict, or asking again.",
        "items": "Items.",
        "times": "How often each was asked, the mean.",
        "differ": "The chance that two verdicts on one item differ.",
        "unstable": "The share of items whose verdicts are not all alike.",
    },
    "Change": {
        "before": "The rate then.",
        "after": "The rate now.",
        "proven": "Whether it is proven that the rate changed.",
    },
    "Drift": JUDGE
    | {
        "calibrated": "The day of its calibration.",
        "sensitivity": "Of answers that people pass, the share that it passes.",
        "specificity": "Of answers that people let miss, the share that it lets miss.",
        "agreement": "The share of the population of which judge and people say the same.",
    },
    "Bias": {
        "position": "Whether it prefers a place in pairs.",
        "verbosity": "Whether it prefers long answers.",
        "consistency": "Whether it says the same again.",
    },
    "Judged": {
        "items": "Labelled items.",
        "good": "How many of them people pass; one where people differ counts in part.",
        "bad": "How many of them people let miss.",
        "passed": "The share of the population that people pass.",
        "usable": "Whether the gate can rest on it.",
        "why_not": "Why the gate cannot rest on it; empty if it can.",
        "words": "The same word, among items of which people have one.",
        "labels": "The same word, among single labels.",
        "sensitivity": "Of answers that people pass, the share that the judge passes.",
        "specificity": "Of answers that people let miss, the share that the judge lets miss.",
        "ordinal": "Whether neighbours count in part, as levels have an order.",
        "ac": "Gwet's AC1, of levels AC2: agreement beyond chance.",
        "alpha": "Krippendorff's alpha, of levels the ordinal one.",
        "kappa": "Cohen's kappa, of levels weighted.",
        "raw": "The judge's own pass rate on the population.",
        "corrected": "The pass rate that people would give the population.",
        "bias": "What was looked for beside its errors.",
        "drift": "How it does against the record that was there before.",
    },
}
