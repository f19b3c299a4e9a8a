"""What the cases of a run ask, and where they stand, as its manifests tell."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pytest_evalbars.errors import RunFileError

if TYPE_CHECKING:
    from pytest_evalbars.run.columns import Run


def contents_of(run: Run) -> dict[str, frozenset[str]]:
    """The digests of what each case asks, one for each test that judges it; nothing of a case that has none.

    Raises:
        RunFileError: a manifest is broken.
    """
    found: dict[str, frozenset[str]] = {}
    try:
        for words in run.plans:
            for group in json.loads(words):
                for _, case, _, trial, *more in group["items"]:
                    if more and more[0] and (trial == 0 or case not in found):
                        one = frozenset((more[0],))
                        found[case] = found[case] | one if case in found else one
    except (ValueError, TypeError, KeyError) as error:
        raise RunFileError(f"the manifest's record of what was planned is broken: {error}") from None
    return found
