"""What the statistics promise, held against simulation: the rows of `pytest_evalbars/stats/README.md`.

`tests/stats/prove.py` writes the table. To prove one thing more, write a function of `Effort` that returns rows, and
name it in `prove.SECTIONS`; its samples draw from seeds of their own, so that no other row changes.
"""
