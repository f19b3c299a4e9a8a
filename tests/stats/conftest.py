"""Reference values from the literature, kept outside the repository."""

import json
from pathlib import Path

import pytest

KNOWN_ANSWERS = Path(__file__).parents[3] / "shared" / "known_answers.json"


@pytest.fixture(scope="session")
def known_answers():
    """Entries by id; the test is skipped where the file is not at hand."""
    if not KNOWN_ANSWERS.exists():
        pytest.skip("known_answers.json is not beside the repository")
    return {entry["id"]: entry for entry in json.loads(KNOWN_ANSWERS.read_text(encoding="utf-8"))}
