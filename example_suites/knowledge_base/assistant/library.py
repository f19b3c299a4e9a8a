"""The library: documents, cut into the passages that a retriever finds."""

from dataclasses import dataclass, replace
from pathlib import Path


@dataclass(frozen=True)
class Passage:
    """One section of one document."""

    document: str
    title: str
    heading: str
    sentences: tuple[str, ...]

    @property
    def text(self) -> str:
        """What the section says."""
        return " ".join(self.sentences)

    @property
    def full_text(self) -> str:
        """The same, with the titles above it."""
        return f"{self.title} {self.heading} {self.text}"


def read_folder(folder: Path) -> list[Passage]:
    """All passages of all documents in a folder, in a stable order."""
    return [passage for path in sorted(folder.glob("*.md")) for passage in read_document(path)]


def read_document(path: Path) -> list[Passage]:
    """The passages of one document: a `## heading` each, one sentence a line."""
    title, *sections = path.read_text(encoding="utf-8").split("\n## ")
    title = title.splitlines()[0].removeprefix("# ")
    passages = []
    for section in sections:
        heading, *lines = [line for line in section.splitlines() if line]
        passages.append(Passage(path.stem, title, heading, tuple(lines)))
    return passages


def one_by_one(passages: list[Passage]) -> list[Passage]:
    """The same passages, cut into their sentences."""
    return [replace(whole, sentences=(sentence,)) for whole in passages for sentence in whole.sentences]
