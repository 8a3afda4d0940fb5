"""What files of cues have in common, whatever their markup."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from asrlab.domain.imported import ImportedText
from asrlab.domain.reference import Reference
from asrlab.domain.time import MS_PER_SECOND
from asrlab.ingest.imports.protocol import AudioName, Entry
from asrlab.ingest.imports.told import hash_of
from asrlab.ingest.imports.voices import channel_of, speaker_of
from asrlab.ingest.manifests.rows import BadLine


@dataclass(frozen=True, slots=True)
class Cue:
    """A cue without its markup. line: of its times, from 1; start_ms, end_ms; voice: "" for nobody known."""

    line: int
    start_ms: int
    end_ms: int
    text: str
    voice: str = ""


def time_of(hours: str | None, minutes: str, seconds: str, fraction: str) -> int:
    """A time of a cue, in ms."""
    whole = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
    return whole * MS_PER_SECOND + int(fraction.ljust(3, "0"))


def entries(path: Path, cues: Sequence[Cue]) -> Iterator[Entry | BadLine]:
    """The cues that say something. Raises ValueError when there is none at all."""
    if not cues:
        raise ValueError("no subtitles: not one cue with its times")
    source = str(path)
    audio = AudioName(stem=path.stem, content_hash=hash_of(path.stem.rpartition(".")[2]))
    return (_entry(cue, source, audio) for cue in cues if cue.text.strip())


def _entry(cue: Cue, source: str, audio: AudioName) -> Entry | BadLine:
    place = f"{source}:{cue.line}"
    if cue.end_ms <= cue.start_ms:
        return BadLine(place, f"the cue at {cue.start_ms / MS_PER_SECOND:g} s does not end after it begins")
    reference = Reference(
        source,
        place,
        cue.start_ms / MS_PER_SECOND,
        cue.end_ms / MS_PER_SECOND,
        " ".join(cue.text.split()),
        speaker=speaker_of(cue.voice),
    )
    return Entry(ImportedText(reference, channel=channel_of(cue.voice), is_exact=False, is_cue=True), audio)
