"""Praat's TextGrids, one a recording: a tier of utterances for each voice, and one of its words.

Format: https://www.fon.hum.uva.nl/praat/manual/TextGrid_file_formats.html, the full text format as Praat itself
writes it, to the space at the end of a line. Tiers of words are called as Montreal's aligner calls them: `NAME - words`.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from asrlab.domain.time import MS_PER_SECOND, Seconds
from asrlab.export.formats.protocol import AudioNeed, DataSet, Format, refuse
from asrlab.export.stems import write_each
from asrlab.export.utterances import LabeledRecording, Utterance
from asrlab.export.voices import Interval, tiers_of, words_in_row

# Praat drops the one and reads the other as a line feed; it keeps every other character.
_UNFIT = {"\0": "a zero character", "\r": "a carriage return"}
_ANY_UNFIT = re.compile("[\0\r]")

_HEADER = """File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0\x20
xmax = {end}\x20
tiers? <exists>\x20
size = {size}\x20
item []:\x20
"""
_TIER = """    item [{number}]:
        class = "IntervalTier"\x20
        name = {name}\x20
        xmin = 0\x20
        xmax = {end}\x20
        intervals: size = {size}\x20
"""
_INTERVAL = """        intervals [{number}]:
            xmin = {start}\x20
            xmax = {end}\x20
            text = {text}\x20
"""


def write_textgrid(data: DataSet, folder: Path) -> Sequence[Path]:
    """Write a `.TextGrid` for each recording, as long as its audio.

    Refuses a text with a carriage return or a zero character, and an utterance of more words than milliseconds.
    """
    return write_each(data, folder, ".TextGrid", _grid)


def _grid(recording: LabeledRecording) -> str:
    tiers = list(_tiers(recording))
    end = recording.source.duration
    return _HEADER.format(end=_number(end), size=len(tiers)) + "".join(
        _tier(number, name, intervals, end) for number, (name, intervals) in enumerate(tiers, 1)
    )


def _tiers(recording: LabeledRecording) -> Iterator[tuple[str, list[Interval]]]:
    for name, words_name, _, utterances in tiers_of(recording):
        for utterance in utterances:
            _check(recording, utterance)
        yield name, [(each.start_ms, each.end_ms, each.text) for each in utterances]
        words = [word for each in utterances for word in words_in_row("textgrid", recording, each)]
        if words:
            yield words_name, words


def _check(recording: LabeledRecording, utterance: Utterance) -> None:
    for text in (utterance.text, utterance.speaker or "", *(word[0] for word in utterance.timed)):
        if unfit := _ANY_UNFIT.search(text):
            refuse("textgrid", recording, utterance, f"{text[:40]!r} holds {_UNFIT[unfit.group()]}")


def _tier(number: int, name: str, intervals: Sequence[Interval], end: Seconds) -> str:
    """A tier without gaps: Praat wants one interval after another, those without text between those with."""
    lines: list[str] = []
    clock: Seconds = 0.0
    for start_ms, end_ms, text in intervals:
        start = start_ms / MS_PER_SECOND
        if start > clock:
            lines.append(_interval(len(lines), clock, start, ""))
        # The end of a recording is not a whole millisecond, and that of its last utterance may be rounded up.
        clock = min(end_ms / MS_PER_SECOND, end)
        lines.append(_interval(len(lines), start, clock, text))
    if clock < end:
        lines.append(_interval(len(lines), clock, end, ""))
    head = _TIER.format(number=number, name=_quoted(name), end=_number(end), size=len(lines))
    return head + "".join(lines)


def _interval(count: int, start: Seconds, end: Seconds, text: str) -> str:
    return _INTERVAL.format(number=count + 1, start=_number(start), end=_number(end), text=_quoted(text))


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _number(seconds: Seconds) -> str:
    return repr(seconds).removesuffix(".0")


FORMATS = (
    Format("textgrid", "Praat's TextGrids, one a recording", write_textgrid, AudioNeed.NONE, words=True),
)
