"""A small retrieval-augmented assistant over a company's policies, in two versions."""

from pathlib import Path

from .library import read_document, read_folder
from .v1 import CautiousAssistant
from .v2 import HelpfulAssistant

DOCUMENTS = Path(__file__).parents[1] / "documents"
GENERAL_KNOWLEDGE = Path(__file__).with_name("general_knowledge.md")


def load(version: str) -> CautiousAssistant | HelpfulAssistant:
    """The assistant of a version, with all documents read."""
    passages = read_folder(DOCUMENTS)
    match version:
        case "v1":
            return CautiousAssistant(passages)
        case "v2":
            return HelpfulAssistant(passages, read_document(GENERAL_KNOWLEDGE))
    raise ValueError(f"no assistant {version!r}: KNOWLEDGE_BASE_VERSION is v1 or v2")
