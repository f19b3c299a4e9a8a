"""What `evalbars report --json` prints, and `evalbars report -o FILE.json` writes."""

from __future__ import annotations

from pytest_evalbars.report.model import Misses, Report


class Reported(Report):
    """What `evalbars report RUN --json` prints: all that a report says, and the misses that it shows.

    Texts of models, cases and bars are in here as they are: whoever shows them escapes them.
    """

    #: The misses that a report shows, and how many there are.
    misses: Misses
