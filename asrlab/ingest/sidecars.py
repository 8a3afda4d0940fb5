"""Reference texts in files beside the audio: .txt and .lab (the whole), .TextGrid, .srt and .vtt (intervals)."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

from asrlab.domain.reference import Reference
from asrlab.domain.time import MS_PER_SECOND, Seconds

ANY_SIDECAR = "any"
# Where several lie beside one file, the one that says most.
SIDECAR_KINDS = ("TextGrid", "srt", "vtt", "lab", "txt")
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_TIMED_LABEL = re.compile(r"\d+(\.\d+)?\s+\d+(\.\d+)?\s+\S")
# Tiers of words become utterances, broken where somebody pauses.
_PAUSE: Seconds = 0.5
_LONGEST: Seconds = 30.0
_SOUNDS = re.compile(r"phon|syll|^mau$|^kan$|segment_phones", re.IGNORECASE)
_WORDS = re.compile(r"word|^ort-mau$", re.IGNORECASE)

Interval = tuple[Seconds, Seconds | None, str, str | None]
"""Start, end, text, speaker."""


def sidecar_names(audio: str, kind: str) -> list[str]:
    """The paths or URLs to look for beside an audio file: a.wav has a.txt or a.wav.txt.

    kind: one of SIDECAR_KINDS, or ANY_SIDECAR for all.
    """
    kinds = SIDECAR_KINDS if kind == ANY_SIDECAR else (kind,)
    suffix = PurePosixPath(audio).suffix
    stem = audio[: -len(suffix)] if suffix else audio
    return [
        f"{base}.{spelled}"
        for each in kinds
        for base in (stem, audio)
        for spelled in dict.fromkeys((each, each.lower()))
    ]


def read_sidecar(path: Path, source: str) -> list[Reference]:
    """What a sidecar says, intervals without text left out. source: its path or URL.

    Raises ValueError with what is wrong, OSError when it can't be read.
    """
    # A copy of what a URL holds keeps its suffix.
    intervals = _READERS[path.suffix.lower()](path)
    return [
        Reference(source=source, place=source, start=start, end=end, text=text, speaker=speaker)
        for start, end, text, speaker in intervals
        if text
    ]


def _read_text(path: Path) -> list[Interval]:
    return [(0.0, None, _one_line(decoded(path)), None)]


def _read_lab(path: Path) -> list[Interval]:
    lines = [line.strip() for line in decoded(path).splitlines() if line.strip()]
    if lines and all(_TIMED_LABEL.match(line) for line in lines):
        raise ValueError(
            "labels with times, as HTK writes them: a .lab is read as the text of the whole recording"
        )
    return [(0.0, None, _one_line(" ".join(lines)), None)]


def _read_subtitles(path: Path) -> list[Interval]:
    import pysubs2

    text = decoded(path)
    kind = "vtt" if text.lstrip("\ufeff").startswith("WEBVTT") else "srt"
    try:
        cues = pysubs2.SSAFile.from_string(text, format_=kind)
    except Exception as error:
        raise ValueError(f"no subtitles: {error}") from error
    if not cues and text.strip():
        raise ValueError("no subtitles: not one cue with its times")
    found: list[Interval] = []
    for cue in cues:
        if cue.start < 0 or cue.end <= cue.start:
            raise ValueError(f"the cue at {cue.start / MS_PER_SECOND:g} s does not end after it begins")
        found.append(
            (cue.start / MS_PER_SECOND, cue.end / MS_PER_SECOND, _one_line(cue.plaintext), cue.name or None)
        )
    return found


def _read_textgrid(path: Path) -> list[Interval]:
    from praatio import textgrid
    from praatio.utilities.errors import PraatioException

    try:
        grid = textgrid.openTextgrid(str(path), includeEmptyIntervals=False, duplicateNamesMode="rename")
    except (PraatioException, ValueError, IndexError, KeyError, AttributeError) as error:
        raise ValueError(f"no TextGrid: {error}") from error
    tiers = {
        tier.name: [(float(entry.start), float(entry.end), _one_line(entry.label)) for entry in tier.entries]
        for tier in grid.tiers
        if isinstance(tier, textgrid.IntervalTier) and not _SOUNDS.search(tier.name)
    }
    sentences = {name: entries for name, entries in tiers.items() if not _WORDS.search(name)}
    if not sentences:
        sentences = {_speaker_of(name): utterances_of_words(entries) for name, entries in tiers.items()}
    if not sentences:
        raise ValueError("no tier of intervals that hold text")
    several = len(sentences) > 1
    return sorted(
        (
            (start, end, text, name if several else None)
            for name, entries in sentences.items()
            for start, end, text in entries
            if text and end > start
        ),
        key=lambda interval: interval[0],
    )


def utterances_of_words(words: Sequence[tuple[Seconds, Seconds, str]]) -> list[tuple[Seconds, Seconds, str]]:
    """Words joined to utterances, which end where somebody pauses and before they grow too long."""
    joined: list[tuple[Seconds, Seconds, str]] = []
    for start, end, word in words:
        if not word:
            continue
        if joined and start - joined[-1][1] < _PAUSE and end - joined[-1][0] <= _LONGEST:
            first, _, text = joined[-1]
            joined[-1] = (first, end, f"{text} {word}")
        else:
            joined.append((start, end, word))
    return joined


def _speaker_of(tier: str) -> str:
    """Aligners call the tiers of several speakers `NAME - words`."""
    return tier.rpartition(" - ")[0] or tier


def decoded(path: Path) -> str:
    """The text of a file in UTF-8 or UTF-16. Raises ValueError for one in neither."""
    raw = path.read_bytes()
    try:
        return raw.decode("utf-16" if raw.startswith(_UTF16_MARKS) else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError("no valid UTF-8 text: save it as UTF-8") from error


def _one_line(text: str) -> str:
    return " ".join(text.split())


_READERS: dict[str, Callable[[Path], list[Interval]]] = {
    ".lab": _read_lab,
    ".srt": _read_subtitles,
    ".textgrid": _read_textgrid,
    ".txt": _read_text,
    ".vtt": _read_subtitles,
}
