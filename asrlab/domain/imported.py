"""A text out of a file that is to come back into the catalog, and what the catalog knows where it belongs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from asrlab.domain.labels import AlignedWord
from asrlab.domain.reference import Reference


@dataclass(frozen=True, slots=True)
class ImportedText:
    """A reference with a text, and all that formats can tell beside it.

    channel: from 0, None for the mean of all or where the file does not tell. words: in order, on the recording's
    clock. confidence: in [0, 1]. is_exact: False where the format holds words only, so that white space tells nothing.
    is_cue: a piece laid out to be read; several may be the text of one segment. annotator: the person who wrote or
    confirmed it in an annotation tool, "" for a text that nobody is known to have looked at. is_of_all: whether the
    file says that all channels are meant.
    """

    reference: Reference
    channel: int | None = None
    words: tuple[AlignedWord, ...] = ()
    confidence: float | None = None
    flags: tuple[str, ...] = ()
    is_exact: bool = True
    is_cue: bool = False
    annotator: str = ""
    is_of_all: bool = False

    @property
    def text(self) -> str:
        return self.reference.text or ""


@dataclass(frozen=True, slots=True)
class KnownText:
    """A version of a text in the catalog. words: with start and end in ms on the recording's clock, when asked for."""

    transcript_id: int
    text: str
    language: str | None
    words: tuple[tuple[str, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class KnownSegment:
    """A segment of a recording's active segmentation.

    speaker, language, context: its own, or its recording's. current: the text that counts; imported: the newest of
    origin import; by_person: each person's newest. is_of_a_person: whether a person wrote or confirmed the text that
    counts.
    """

    segment_id: int
    channel: int | None
    start_ms: int
    end_ms: int
    speaker: str | None = None
    language: str | None = None
    context: str | None = None
    metadata: str = "{}"
    is_superseded: bool = False
    current: KnownText | None = None
    imported: KnownText | None = None
    is_of_a_person: bool = False
    by_person: Mapping[str, KnownText] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class KnownRecording:
    """A recording as texts find it. segmentation_id: the active one, None when nobody cut it yet.

    last_ms: its last whole millisecond. segments: by start.
    """

    recording_id: int
    content_hash: str
    last_ms: int
    num_channels: int
    segmentation_id: int | None
    segments: tuple[KnownSegment, ...]
