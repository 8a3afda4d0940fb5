"""Subtitles: SubRip (.srt) and WebVTT (.vtt), one file a recording, named as its audio file is.

Cues hold words with single spaces between them, parted into lines; control characters have no place in either.
"""

import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from asrlab.domain.time import MS_PER_SECOND
from asrlab.export.cues import Cue, laid_out, split_cues
from asrlab.export.formats.protocol import AudioNeed, DataSet, Format, refuse
from asrlab.export.stems import write_each
from asrlab.export.utterances import LabeledRecording
from asrlab.export.voices import voice_of

WORD_JOINER = "\u2060"
"""Drawn without width: keeps what looks like markup from being read as such, and the text looks as it did."""

# <b>, {\an8}, \N, --> and 00:00:01,000; what was kept apart by a former export stays as it is.
_SRT_MARKUP = re.compile(rf"[<{{\\](?!{WORD_JOINER})|--(?=>)|\d:\d{{1,2}}:\d{{1,2}}(?=[.,]\d)")
# Those that are no white space.
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]")


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


def recording_cues(form: str, recording: LabeledRecording) -> list[Cue]:
    """The cues of a recording by time; they overlap where its segments do.

    Refuses a text or a speaker's name with a control character.
    """
    channels: dict[int | None, list[list[Cue]]] = {}
    for utterance in recording.utterances:
        voice = voice_of(utterance)
        if control := _CONTROL.search(utterance.text) or _CONTROL.search(voice or ""):
            refuse(form, recording, utterance, f"U+{ord(control.group()):04X} is a control character")
        channels.setdefault(utterance.channel, []).append(
            split_cues(utterance.text, utterance.span, utterance.words, voice)
        )
    end_ms = int(recording.source.duration * MS_PER_SECOND)
    cues = [cue for found in channels.values() for cue in laid_out(found, end_ms)]
    return sorted(cues, key=lambda cue: (cue.span, cue.voice or ""))


def _write(form: str, text_of: Callable[[Sequence[Cue]], str], data: DataSet, folder: Path) -> Sequence[Path]:
    return write_each(data, folder, f".{form}", lambda recording: text_of(recording_cues(form, recording)))


def _clock(time_ms: int, point: str) -> str:
    seconds, milliseconds = divmod(time_ms, MS_PER_SECOND)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{point}{milliseconds:03}"


def _unmarked(line: str) -> str:
    """The line with what players and parsers take for markup or for a time made harmless."""
    return _SRT_MARKUP.sub(rf"\g<0>{WORD_JOINER}", line)


def _escaped(line: str) -> str:
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _voiced(line: str, voice: str | None) -> str:
    name = " ".join(_escaped(voice or "").split())
    return f"<v {name}>{line}</v>" if name else line


FORMATS = (
    Format(
        "srt",
        "SubRip subtitles, one file a recording",
        partial(_write, "srt", srt_text),
        AudioNeed.NONE,
        words=True,
    ),
    Format(
        "vtt",
        "WebVTT subtitles, one file a recording",
        partial(_write, "vtt", vtt_text),
        AudioNeed.NONE,
        words=True,
    ),
)
