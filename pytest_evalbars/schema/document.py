"""What all models of printed documents have in common."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

#: Of all documents. It changes only when a key goes away or means something else; keys may be added under the same.
SCHEMA = 1
#: A share, 0 to 1.
Share = Annotated[float, Field(ge=0, le=1)]
#: So many of something.
Count = Annotated[int, Field(ge=0)]
#: Low and high end of a two-sided interval; null where there is no bound.
Ends = tuple[float | None, float | None]
Word = Literal["met", "missed", "inconclusive", "no data"]
Stage = Literal["testing", "launch", "none"]


class Part(BaseModel):
    """A part of a document: all of its keys are known, and no number is infinite or not a number."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Document(Part):
    """What a command prints."""

    #: The version of this schema.
    schema_: Annotated[Literal[1], Field(alias="schema")]
