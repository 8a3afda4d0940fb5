"""SubRip subtitles. They have no escapes: what the export kept from being read as markup becomes itself again."""

import re
from collections.abc import Iterator
from pathlib import Path

from asrlab.ingest.cues import WORD_JOINER
from asrlab.ingest.imports.cue_files import Cue, entries, time_of
from asrlab.ingest.imports.protocol import Entry, ImportFormat
from asrlab.ingest.manifests.rows import BadLine
from asrlab.ingest.sidecars import decoded
from asrlab.text.joining import join_texts

_TIMES = re.compile(
    r"\s*(\d+):(\d{1,2}):(\d{1,2})[.,](\d{1,3})\s*-->\s*(\d+):(\d{1,2}):(\d{1,2})[.,](\d{1,3})(?:\s.*)?"
)
_TAG = re.compile(r"</?(?:b|i|u|s|font)(?:\s[^>\n]*)?>|\{\\[^}\n]*\}", re.IGNORECASE)
_KEPT_APART = re.compile(
    rf"([<{{\\]|--(?={WORD_JOINER}>)|\d:\d{{1,2}}:\d{{1,2}}(?={WORD_JOINER}[.,]\d)){WORD_JOINER}"
)


def read_srt(path: Path) -> Iterator[Entry | BadLine]:
    """The cues of a file, each a text in one line. Raises ValueError for a file that has none."""
    return entries(path, list(_cues(decoded(path))))


def _cues(text: str) -> Iterator[Cue]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    times = [(place, match) for place, line in enumerate(lines) if (match := _TIMES.fullmatch(line))]
    ends = [*(place for place, _ in times[1:]), len(lines) + 1]
    # Without a cue there is one end too many.
    for (place, match), behind in zip(times, ends, strict=False):
        # Before the next cue stands its number.
        said = lines[place + 1 : behind]
        if (
            behind <= len(lines)
            and said
            and said[-1].strip().isdecimal()
            and not "".join(said[-2:-1]).strip()
        ):
            said.pop()
        start, end = time_of(*match.groups()[:4]), time_of(*match.groups()[4:])
        yield Cue(place + 1, start, end, join_texts(map(_plain, said)))


def _plain(text: str) -> str:
    return _KEPT_APART.sub(r"\1", _TAG.sub("", text))


FORMATS = (ImportFormat("srt", (("*.srt", "*.SRT"),), read_srt),)
