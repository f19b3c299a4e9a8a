"""How much of what a case records and says is kept: all of it, digests, or nothing that a model may have written.

What is kept otherwise than whole never leaves the test's process. Verdicts, scores, levels, measures, predicted
classes, labels and ids are what bars are held on, and are kept always.
"""

from __future__ import annotations

import hashlib
import json
import linecache
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_evalbars.cases.place import OTHERS, line_of_test
from pytest_evalbars.run.plain import plain, text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    import pytest

    from pytest_evalbars.config.settings import Settings

REASON_LENGTH = 2_000
#: Of SHA-256, how many hex digits a digest has: as many as tell what was judged.
DIGITS = 16
#: What a call, or a judge, failed with, where its words are not kept.
NO_WORDS = "a call of a model, or a judge, failed; its words are not kept"
#: Characters of a line of the test that are told.
LINE = 200


@dataclass(frozen=True, slots=True)
class Keeping:
    """What is done with the words of a case.

    Args:
        mode: `keep`, `hash` or `off`.
    """

    mode: str = "keep"

    @property
    def whole(self) -> bool:
        """Whether words are kept as they are."""
        return self.mode == "keep"

    @property
    def nothing(self) -> bool:
        """Whether nothing of what is recorded is kept."""
        return self.mode == "off"

    def things(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """What is kept of recorded things by name; of one that is None, nothing."""
        if self.nothing:
            return {}
        return {name: self.thing(value) for name, value in given.items() if value is not None}

    def thing(self, value: object) -> Any:
        """A recorded thing as plain JSON, or its digest."""
        return plain(value) if self.whole else digest_of(value)

    def reason(self, words: object, item: str) -> str:
        """A reason that a test gave; where it is not kept, the line that gave it.

        Args:
            words: the reason.
            item: the node id of the test.
        """
        if self.whole:
            return text(words, REASON_LENGTH)
        if isinstance(words, str) and not words:
            return ""
        place = line_of_test(item)
        told = "not kept" if self.nothing else digest_of(words)
        return f"{told} ({place})" if place else told

    def failure(self, error: BaseException, trace: TracebackType | None, item: str) -> str:
        """What an exception says; where that is not kept, the line of the test that raised it.

        An assertion's message quotes what it compared, and so the model.
        """
        if self.whole:
            try:
                words = str(error)
            except Exception:  # noqa: BLE001 - an exception of the user's own
                words = "<an exception that cannot be shown>"
            return text(words, REASON_LENGTH)
        return line_that_failed(trace, item)

    def mistake(self, words: str) -> str:
        """What is wrong with what a case said; where values are not kept, only with what."""
        if self.whole:
            return words
        method = re.match(r"[a-z]+(?=\()", words)
        return f"{f'{method[0]}(...)' if method else 'a verdict'} makes no sense; its values are not kept"

    def provenance(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Where a judge's verdict comes from, without the words of its votes where they are not kept."""
        found: dict[str, Any] = plain(given) or {}
        if not self.whole and isinstance(found.get("votes"), list):
            votes = [each for each in found["votes"] if isinstance(each, dict)]
            found["votes"] = [{key: each[key] for key in each if key != "reason"} for each in votes]
        return found


def keeping_of(config: pytest.Config, settings: Settings) -> Keeping:
    """What the command line asks for, else the bars file."""
    return Keeping(config.getoption("evalbars_evidence") or settings.evidence)


def digest_of(value: object) -> str:
    """`sha256:9f86d081884c7d65, 4 characters`: the same for the same text, or plain JSON, in every run.

    It is taken of the whole, however long; of what is no text, of its JSON with sorted keys. Who can guess a short
    text can see that it was the one.
    """
    try:
        words = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=text)
    except (TypeError, ValueError, RecursionError):  # keys of several types, or a list within itself
        words = json.dumps(plain(value), sort_keys=True)
    found = hashlib.sha256(words.encode("utf-8", "backslashreplace")).hexdigest()[:DIGITS]
    return f"sha256:{found}, {len(words)} characters"


def line_that_failed(trace: TracebackType | None, item: str) -> str:
    """The line of the user's that an exception came through last, as `assert answer == "4" (evals/test_x.py:12)`.

    Args:
        trace: the exception's.
        item: the test's node id: a line in its own file is better than any other.
    """
    test, own, nearest = item.partition("::")[0], ("", "", 0), ("", "", 0)
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if Path(file).as_posix().endswith(f"/{test}"):
            own = (file, test, trace.tb_lineno)
        elif not file.startswith(OTHERS):
            nearest = (file, Path(file).name, trace.tb_lineno)
        trace = trace.tb_next
    file, name, number = own if own[0] else nearest
    if not file:
        return ""
    line = text(linecache.getline(file, number).strip(), LINE)
    return f"{line} ({name}:{number})" if line else f"{name}:{number}"
