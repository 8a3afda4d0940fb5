"""From the cues of subtitles back to the texts of the segments that they were cut from.

A cue is a piece of a text, laid out to be read: it is shorter than its segment, and is shown longer than it is said.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace

from asrlab.domain.imported import ImportedText, KnownRecording, KnownSegment
from asrlab.domain.time import MS_PER_SECOND
from asrlab.text.joining import join_texts

WORD_JOINER = "\u2060"
"""What the export puts behind that which would be markup; drawn without width."""

SHOWN_LATE_MS = 7_000
"""Crowded cues are shown after they are said, by what one is shown at most."""
_NEAR_MS = 10
_PART_COVERED = 0.5


def joined_cues(known: KnownRecording, cues: Sequence[ImportedText]) -> list[ImportedText]:
    """The texts that the cues are of, and the cues that are of none: each a text of its own.

    Cues that together say what a segment says are that segment's, unchanged. Those that fill a segment, each lying in
    it, are its text too, edited.
    """
    left = _Left(cues)
    segments = [each for each in known.segments if not each.is_superseded and each.current is not None]
    texts: list[ImportedText] = []
    edited: list[KnownSegment] = []
    for segment in segments:
        text = segment.current.text if segment.current else ""
        chain = _chain(_letters(text), [cue for cue in left.around(segment) if _may_be_heard(cue, segment)])
        if chain:
            left.use(chain)
            texts.append(_as_text(segment, chain, text))
        else:
            edited.append(segment)
    for segment in edited:
        own = [cue for cue in left.around(segment) if _lies_in(cue, segment)]
        length_ms = segment.end_ms - segment.start_ms
        if own and sum(_overlap_ms(cue, segment) for cue in own) >= _PART_COVERED * length_ms:
            left.use(own)
            texts.append(_as_text(segment, own, join_texts(cue.text for cue in own)))
    return texts + left.all()


class _Left:
    """The cues that are of no segment yet, by start."""

    def __init__(self, cues: Sequence[ImportedText]) -> None:
        self._cues = sorted(cues, key=_start_ms)
        self._starts = [_start_ms(cue) for cue in self._cues]
        self._used: set[int] = set()

    def around(self, segment: KnownSegment) -> list[ImportedText]:
        """Those that are shown while the segment is said, or not long after."""
        first = bisect_left(self._starts, segment.start_ms - _NEAR_MS)
        behind = bisect_right(self._starts, segment.end_ms + SHOWN_LATE_MS)
        return [cue for cue in self._cues[first:behind] if id(cue) not in self._used]

    def use(self, cues: Sequence[ImportedText]) -> None:
        self._used.update(map(id, cues))

    def all(self) -> list[ImportedText]:
        return [cue for cue in self._cues if id(cue) not in self._used]


def _chain(wanted: str, cues: Sequence[ImportedText]) -> list[ImportedText]:
    """Cues that one after another are these letters; [] when they don't reach the end."""
    chain: list[ImportedText] = []
    position = 0
    for cue in cues:
        letters = _letters(cue.text)
        if position < len(wanted) and wanted.startswith(letters, position):
            position += len(letters)
            chain.append(cue)
    return chain if position == len(wanted) else []


def _letters(text: str) -> str:
    return "".join(text.split()).replace(WORD_JOINER, "")


def _as_text(segment: KnownSegment, cues: Sequence[ImportedText], text: str) -> ImportedText:
    first = cues[0]
    reference = replace(
        first.reference,
        start=segment.start_ms / MS_PER_SECOND,
        end=segment.end_ms / MS_PER_SECOND,
        text=text,
    )
    return replace(first, reference=reference, channel=segment.channel, is_cue=False)


def _lies_in(cue: ImportedText, segment: KnownSegment) -> bool:
    length = max(_end_ms(cue) - _start_ms(cue), 1)
    return _may_be_heard(cue, segment) and _overlap_ms(cue, segment) >= _PART_COVERED * length


def _may_be_heard(cue: ImportedText, segment: KnownSegment) -> bool:
    return cue.channel is None or segment.channel is None or cue.channel == segment.channel


def _overlap_ms(cue: ImportedText, segment: KnownSegment) -> int:
    return max(0, min(_end_ms(cue), segment.end_ms) - max(_start_ms(cue), segment.start_ms))


def _start_ms(cue: ImportedText) -> int:
    return round(cue.reference.start * MS_PER_SECOND)


def _end_ms(cue: ImportedText) -> int:
    return round((cue.reference.end or 0.0) * MS_PER_SECOND)
