"""Metrics: named functions of a slice. One metric a file; imported only when a bar asks for it."""

#: Every metric a bar can name, and the module that computes it.
METRICS = {
    "pass_rate": "pytest_evalbars.metrics.pass_rate",
    "mean_score": "pytest_evalbars.metrics.mean_score",
}
