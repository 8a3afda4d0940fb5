"""WebVTT subtitles (https://www.w3.org/TR/webvtt1/): escapes undone, voices as speakers."""

import html
import re
from collections.abc import Iterator
from pathlib import Path

from asrlab.ingest.imports.cue_files import Cue, entries, time_of
from asrlab.ingest.imports.protocol import Entry, ImportFormat
from asrlab.ingest.manifests.rows import BadLine
from asrlab.ingest.sidecars import decoded
from asrlab.text.joining import join_texts

_TIMES = re.compile(
    r"\s*(?:(\d{2,}):)?(\d{2}):(\d{2})\.(\d{3})\s*-->\s*(?:(\d{2,}):)?(\d{2}):(\d{2})\.(\d{3})(?:\s.*)?"
)
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?[ \t]+([^>]*)>")
_TAG = re.compile(r"<[^>]*>")


def read_vtt(path: Path) -> Iterator[Entry | BadLine]:
    """The cues of a file, each a text in one line. Raises ValueError for a file that is no WebVTT, or has no cue."""
    text = decoded(path).removeprefix("\ufeff")
    if not re.match(r"WEBVTT(?:[ \t\n\r]|$)", text):
        raise ValueError("no WebVTT: it does not begin with WEBVTT")
    return entries(path, list(_cues(text)))


def _cues(text: str) -> Iterator[Cue]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    place = 0
    while place < len(lines):
        match = _TIMES.fullmatch(lines[place])
        place += 1
        if match is None:
            continue
        first = place
        while place < len(lines) and lines[place]:
            place += 1
        payload = lines[first:place]
        start, end = time_of(*match.groups()[:4]), time_of(*match.groups()[4:])
        voices = {html.unescape(name).strip() for line in payload for name in _VOICE.findall(line)}
        said = join_texts(html.unescape(_TAG.sub("", line)) for line in payload)
        yield Cue(first, start, end, said, voices.pop() if len(voices) == 1 else "")


FORMATS = (ImportFormat("vtt", (("*.vtt", "*.VTT"),), read_vtt),)
