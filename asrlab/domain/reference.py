"""What is known of audio before anything listened to it: what manifests and sidecar files say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from asrlab.domain.time import Seconds


@dataclass(frozen=True, slots=True)
class Prompt:
    """What an engine is told beside the audio; None leaves it to the call.

    language: BCP-47 tag or English name to force. context: words to expect.
    """

    language: str | None = None
    context: str | None = None


NO_PROMPT = Prompt()


@dataclass(frozen=True, slots=True)
class Reference:
    """What one line of a manifest, or a sidecar, says of a recording or of an interval of it.

    source: the file that says it; place: that file with the line, for messages. start, end: seconds on the
    recording's clock; end None is the recording's end. text: None says nothing; "", in imports alone, that nothing is
    said there. metadata: every other column, by name, as text.
    """

    source: str
    place: str
    start: Seconds = 0.0
    end: Seconds | None = None
    text: str | None = None
    prompt: Prompt = NO_PROMPT
    speaker: str | None = None
    license: str | None = None
    metadata: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
