"""What `evalbars init --json` prints."""

from __future__ import annotations

from pytest_evalbars.schema.document import Document, Part


class PresetTold(Part):
    """A preset."""

    #: Its name, for `evalbars init NAME` and `preset = "NAME"`.
    name: str
    #: What kind of product it is for.
    title: str
    #: What it holds, in a sentence.
    description: str
    #: What it judges, and what each dimension means.
    dimensions: dict[str, str]


class PresetsListed(Document):
    """What `evalbars init --list --json` prints."""

    #: All presets.
    presets: tuple[PresetTold, ...]


class SuiteStarted(Document):
    """What `evalbars init PRESET --json` prints."""

    #: The preset's name.
    preset: str
    #: The files that were written.
    written: tuple[str, ...]
