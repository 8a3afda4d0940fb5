"""NIST's CTM, words with their times, as sclite and Kaldi read them.

Format: doc/infmts.htm of NIST's SCTK: `recording channel start duration word [confidence]`, sorted by recording and
channel as ASCII, then by time. No comments, which other readers don't know.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from asrlab.domain.time import MS_PER_SECOND
from asrlab.export.files import written_whole
from asrlab.export.formats.protocol import AudioNeed, DataSet, Format, refuse
from asrlab.export.utterances import LabeledRecording, TimedWord, Utterance

HYPOTHESES = "hyp.ctm"

# sclite's, with which a line offers another reading of words.
_SYMBOL = re.compile(r"<ALT(?:_BEGIN|_END)?>", re.IGNORECASE)


def write_ctm(data: DataSet, folder: Path) -> list[Path]:
    """Write `hyp.ctm`. A word with white space in it becomes several, which share its time evenly.

    Refuses an utterance whose words have no times, and sclite's own symbols.
    """
    target = folder / HYPOTHESES
    with written_whole(target) as file:
        for recording in data.recordings():
            file.writelines(_lines(recording))
    return [target]


def _lines(recording: LabeledRecording) -> Iterator[str]:
    """The recording's words in order of channel and time; those that begin together as they are written."""
    timed = [
        (_channel(utterance), start, end, word, score)
        for utterance in recording.utterances
        for word, start, end, score in _words(recording, utterance)
    ]
    timed.sort(key=lambda each: each[:2])
    for channel, start, end, word, score in timed:
        times = f"{start / MS_PER_SECOND:.3f} {(end - start) / MS_PER_SECOND:.3f}"
        line = f"{recording.key} {channel} {times} {word}"
        yield f"{line}\n" if score is None else f"{line} {score:.4f}\n"


def _words(recording: LabeledRecording, utterance: Utterance) -> Iterator[tuple[str, int, int, float | None]]:
    if not utterance.timed:
        refuse("ctm", recording, utterance, "its words have no times, which `asrlab align` gives them")
    for timed in utterance.timed:
        word, start, end, score, _ = timed
        if _SYMBOL.fullmatch(word):
            refuse("ctm", recording, utterance, f"{word} is a symbol of its own to sclite")
        parts = word.split()
        if len(parts) == 1:
            yield parts[0], start, end, score
        else:
            yield from _shared(timed, parts)


def _shared(timed: TimedWord, parts: Sequence[str]) -> Iterator[tuple[str, int, int, float | None]]:
    _, start, end, score, _ = timed
    for index, part in enumerate(parts):
        first, last = (start + (end - start) * place // len(parts) for place in (index, index + 1))
        yield part, first, last, score


def _channel(utterance: Utterance) -> str:
    """Counted from 1; the mean of all is 1 too."""
    return str((utterance.channel or 0) + 1)


FORMATS = (Format("ctm", "NIST's CTM, words with their times", write_ctm, AudioNeed.NONE, words=True),)
