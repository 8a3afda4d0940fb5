"""Subtitles: SubRip (.srt) and WebVTT (.vtt), one file a recording, named as its audio file is."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePath

from asrlab.domain.audio import AudioSource
from asrlab.domain.labels import AlignedWord
from asrlab.domain.time import MS_PER_SECOND
from asrlab.export.cues import Cue, laid_out, split_cues
from asrlab.export.files import written_whole
from asrlab.export.selection import LabeledRecording, Selection

MAX_STEM_BYTES = 150
"""File systems take names of 255 bytes; a hash, the suffix and a name for the unfinished file have to fit too."""

HASH_DIGITS = 8
# Drawn without width: keeps what looks like markup from being read as such, and the text looks as it did.
WORD_JOINER = "\u2060"
# <b>, {\an8}, \N, --> and 00:00:01,000.
_SRT_MARKUP = re.compile(r"[<{\\]|--(?=>)|\d:\d{1,2}:\d{1,2}(?=[.,]\d)")


def write_srt(selection: Selection, folder: Path) -> tuple[Path, int]:
    """Write one `.srt` for each recording into `folder`; returns the folder and the number of segments."""
    return _write_each(selection, folder, ".srt", srt_text)


def write_vtt(selection: Selection, folder: Path) -> tuple[Path, int]:
    """Write one `.vtt` for each recording into `folder`; returns the folder and the number of segments."""
    return _write_each(selection, folder, ".vtt", vtt_text)


def srt_text(cues: Sequence[Cue]) -> str:
    """A whole SubRip file. It has no escapes and no voices: see `_unmarked`."""
    blocks = [
        f"{number}\n{_clock(cue.span.start_ms, ',')} --> {_clock(cue.span.end_ms, ',')}\n"
        + "".join(f"{_unmarked(line)}\n" for line in cue.lines)
        for number, cue in enumerate(cues, 1)
    ]
    return "\n".join(blocks)


def vtt_text(cues: Sequence[Cue]) -> str:
    """A whole WebVTT file (https://www.w3.org/TR/webvtt1/); a known voice is a `<v>` span around each line."""
    blocks = [
        f"{_clock(cue.span.start_ms, '.')} --> {_clock(cue.span.end_ms, '.')}\n"
        + "".join(f"{_voiced(_escaped(line), cue.voice)}\n" for line in cue.lines)
        for cue in cues
    ]
    return "\n".join(["WEBVTT\n", *blocks])


def recording_cues(recording: LabeledRecording, words: Mapping[int, Sequence[AlignedWord]]) -> list[Cue]:
    """The cues of a recording by time. Those of one channel never overlap; those of two do where both speak."""
    channels: dict[int | None, list[Cue]] = {}
    for segment in recording.segments:
        channel = segment.channel
        voice = segment.speaker or (f"Channel {channel + 1}" if channel is not None else None)
        channels.setdefault(channel, []).extend(
            split_cues(segment.text, segment.span, words.get(segment.transcript_id, ()), voice)
        )
    end_ms = int(recording.source.duration * MS_PER_SECOND)
    cues = [cue for found in channels.values() for cue in laid_out(found, end_ms)]
    return sorted(cues, key=lambda cue: (cue.span, cue.voice or ""))


def file_stems(sources: Sequence[AudioSource]) -> list[str]:
    """A name for each source, no two alike: the audio file's, with some of its hash where another has it too.

    Alike are names that a file system without case, or one that composes characters, takes for one.
    """
    stems = [_shortened(PurePath(source.uri).stem) for source in sources]
    digits = HASH_DIGITS
    while True:
        counts = Counter(_folded(stem) for stem in stems)
        if all(count == 1 for count in counts.values()):
            return stems
        stems = [
            f"{stem}.{source.content_hash[:digits]}" if counts[_folded(stem)] > 1 else stem
            for stem, source in zip(stems, sources, strict=True)
        ]
        # A file may itself be named like another's name and hash.
        digits *= 2


def _write_each(
    selection: Selection, folder: Path, suffix: str, text_of: Callable[[Sequence[Cue]], str]
) -> tuple[Path, int]:
    stems = file_stems([recording.source for recording in selection.recordings])
    for recording, stem in zip(selection.recordings, stems, strict=True):
        cues = recording_cues(recording, selection.words(recording))
        with written_whole(folder / f"{stem}{suffix}") as file:
            file.write(text_of(cues))
    return folder, selection.num_segments


def _clock(time_ms: int, point: str) -> str:
    seconds, milliseconds = divmod(time_ms, MS_PER_SECOND)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{point}{milliseconds:03}"


def _printable(line: str) -> str:
    return "".join(character for character in line if unicodedata.category(character) != "Cc")


def _unmarked(line: str) -> str:
    """The line with what players and parsers take for markup or for a time made harmless."""
    return _SRT_MARKUP.sub(rf"\g<0>{WORD_JOINER}", _printable(line))


def _escaped(line: str) -> str:
    return _printable(line).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _voiced(line: str, voice: str | None) -> str:
    name = " ".join(_escaped(voice or "").split())
    return f"<v {name}>{line}</v>" if name else line


def _shortened(stem: str) -> str:
    return _printable(stem).encode("utf-8", "replace")[:MAX_STEM_BYTES].decode("utf-8", "ignore")


def _folded(stem: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", stem).casefold())
