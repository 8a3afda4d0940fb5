"""What a write may contain: every field has a type and a limit, so that nothing else reaches a stage."""

from typing import Annotated, Literal

from fastapi import Path, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from asrlab.catalog.review_queue import QueueKind
from asrlab.review.desk import MAX_TEXT_CHARS
from asrlab.review.passes import PassKind

MAX_ID = (1 << 31) - 1
MAX_NAME_CHARS = 500
MAX_SECONDS = 2_000_000.0
"""Of a recording: 23 days."""
MAX_WORDS = 20_000
MAX_SKIPPED = 1_000


def _storable(text: str) -> str:
    """Raise ValueError for what no database holds: NUL, and halves of surrogate pairs."""
    if "\0" in text or any(0xD800 <= ord(char) <= 0xDFFF for char in text):
        raise ValueError("the text holds characters that can't be stored")
    return text


Text = Annotated[str, Field(max_length=MAX_TEXT_CHARS), AfterValidator(_storable)]
Name = Annotated[str, Field(max_length=MAX_NAME_CHARS), AfterValidator(_storable)]
Id = Annotated[int, Field(ge=1, le=MAX_ID)]
PathId = Annotated[int, Path(ge=1, le=MAX_ID)]
QueryId = Annotated[int, Query(ge=1, le=MAX_ID)]
Time = Annotated[float, Field(ge=0, le=MAX_SECONDS, allow_inf_nan=False)]
"""Seconds on the recording's clock."""
Spent = Annotated[float, Field(ge=0, le=24 * 3600, allow_inf_nan=False)]
"""Seconds a person spent on it."""
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class Body(BaseModel):
    """A write's content: an object with these fields and no others, each of its own type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Nothing(Body):
    """An empty object."""


class LoginBody(Body):
    """What a person proves with who they are."""

    token: Name


class QueueBody(Body):
    """Which segments; the same as the query of GET /api/queue."""

    kind: QueueKind = "open"
    corpus: Name | None = None
    flag: Name | None = None
    below: Share | None = None
    sample_seed: Annotated[int, Field(ge=0, le=MAX_ID)] = 0
    language: Name | None = None
    search: Name | None = None


class NextBody(Body):
    """Of which queue, and what the page has set aside."""

    queue: QueueBody = QueueBody()
    skip: Annotated[list[Id], Field(max_length=MAX_SKIPPED)] = []


class ClaimBody(Body):
    """take: also when somebody else has it, which a reviewer may."""

    take: bool = False


class Act(Body):
    """What every act says. parent_id: the version the person saw, null where there was no text."""

    parent_id: Id | None
    seconds: Spent = 0.0


class SaveBody(Act):
    """A text; verdict: null to store it without deciding."""

    text: Text
    language: Name | None = None
    verdict: Literal["corrected"] | None = "corrected"


class JudgeBody(Act):
    """A decision on the text that counts."""

    verdict: Literal["accepted", "rejected"]
    reason: Text = ""


class SkipBody(Body):
    """Left to others."""

    seconds: Spent = 0.0


class RestoreBody(Act):
    """An older version, to count again."""

    transcript_id: Id


class BordersBody(Act):
    """Where the segment is to begin and end."""

    start_s: Time
    end_s: Time


class SplitBody(Act):
    """Where sound and text are parted; at_character: in code points from the beginning."""

    at_s: Time
    at_character: Annotated[int, Field(ge=0, le=MAX_TEXT_CHARS)]


class MergeBody(Act):
    """The neighbour to join, and the version the person saw on it."""

    other_id: Id
    other_parent_id: Id | None


class WordTimes(Body):
    """When the word at a position is spoken."""

    position: Annotated[int, Field(ge=0, le=MAX_WORDS)]
    start_s: Time
    end_s: Time


class WordsBody(Act):
    """The words whose times changed."""

    words: Annotated[list[WordTimes], Field(max_length=MAX_WORDS)]


class DescribeBody(Act):
    """null leaves what there is; an empty speaker takes them back."""

    speaker: Name | None = None
    language: Name | None = None


class PassBody(Body):
    """What a person made of a text that was shown blind."""

    kind: PassKind
    parent_id: Id
    text: Text
    verdict: Literal["accepted", "corrected", "rejected"]
    seconds: Spent = 0.0
