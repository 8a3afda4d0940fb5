"""What Hugging Face's scripts for Whisper train on: clips, and a table of their texts with and without timestamps.

The folder is an audiofolder of `datasets` (see asrlab.export.formats.hf), `text` the column that transformers'
run_speech_recognition_seq2seq.py reads. `whisper_transcript` is what huggingface/distil-whisper's run_distillation.py
trains on, a whole sequence for a multilingual model. Timestamps are tokens of 20 ms from the clip's start, as in
OpenAI's paper (https://arxiv.org/abs/2212.04356, section 2.3): each stretch of speech stands between two.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from asrlab.domain.time import MS_PER_SECOND
from asrlab.export.formats.protocol import AudioNeed, DataSet, Format, refuse
from asrlab.export.masking import places_in_text
from asrlab.export.parquet import Columns, parquet_written_whole
from asrlab.export.utterances import LabeledRecording, TimedWord, Utterance

METADATA = "metadata.parquet"
CLIPS = "clips"
GROUP_ROWS = 10_000
_ROW_BYTES = 400
"""About what a row holds beside its texts, of which there are four."""

WINDOW_MS = 30_000
"""What Whisper hears at once; what is longer it would be taught to make up."""
TICK_MS = 20
SENTENCE_PAUSE_MS = 300
"""A stretch ends at a pause this long behind a sentence, and at any of PAUSE_MS."""
PAUSE_MS = 1_000

_CODES = (
    "af am ar as az ba be bg bn bo br bs ca cs cy da de el en es et eu fa fi fo fr gl gu ha haw he hi hr ht "
    "hu hy id is it ja jw ka kk km kn ko la lb ln lo lt lv mg mi mk ml mn mr ms mt my ne nl nn no oc pa pl ps "
    "pt ro ru sa sd si sk sl sn so sq sr su sv sw ta te tg th tk tl tr tt uk ur uz vi yi yo yue zh"
)
LANGUAGES = frozenset(_CODES.split())
"""Those that Whisper has a token for (its tokenizer.py)."""
_OTHER_NAMES = {"cmn": "zh", "fil": "tl", "in": "id", "iw": "he", "jv": "jw", "nb": "no"}
_WITHOUT_SPACES = frozenset({"zh", "ja", "th", "lo", "my", "yue"})
"""Their texts don't begin with a space, as the words of all other languages do (its tokenizer.py)."""

_TOKEN = re.compile(r"<\|(?:[a-z]+|\d+\.\d\d)\|>")
_SENTENCE_END = re.compile(r"[.!?…。！？｡؟।][\"'”’»)\]}」』）】》〉]*\s*$")

_COLUMNS: Columns = (
    ("file_name", "string"),
    ("id", "string"),
    ("text", "string"),
    ("language", "string"),
    ("duration", "float64"),
    ("timestamped_text", "string"),
    ("whisper_transcript", "string"),
    ("segments", [(("start", "float64"), ("end", "float64"), ("text", "string"))]),
)


class Stretch(NamedTuple):
    """A part of an utterance between two timestamps: start and end in ticks from the clip's start."""

    start: int
    end: int
    text: str


def write_whisper(data: DataSet, folder: Path) -> list[Path]:
    """Write `metadata.parquet`, a clip a row.

    Raises OptionError for a text that holds one of Whisper's own tokens, and for an utterance of over 30 seconds.
    """
    target = folder / METADATA
    with parquet_written_whole(target, _COLUMNS, group_rows=GROUP_ROWS) as rows:
        for recording in data.recordings():
            for utterance in recording.utterances:
                _check(recording, utterance)
                clip = data.audio.file(recording, utterance)
                rows.add(
                    (f"{CLIPS}/{clip.name}", recording.key_of(utterance), *_row(utterance)),
                    _ROW_BYTES + 4 * len(utterance.text),
                )
    return [target]


def language_token(language: str | None) -> str | None:
    """What Whisper calls a BCP-47 tag's language, None when it has no token for it.

    >>> language_token("pt-BR"), language_token("zh-yue"), language_token("tlh")
    ('pt', 'yue', None)
    """
    given = (language or "").lower().replace("_", "-")
    first = "yue" if given.startswith("zh-yue") else given.partition("-")[0]
    name = _OTHER_NAMES.get(first, first)
    return name if name in LANGUAGES else None


def stretches(utterance: Utterance) -> list[Stretch]:
    """The utterance cut at its pauses; their texts, one after the other, are its text. One where no words are known."""
    words = utterance.timed
    places = places_in_text(utterance.text, words) if words else None
    if not places:
        return [Stretch(0, _ticks(utterance.end_ms - utterance.start_ms), utterance.text)]
    found: list[Stretch] = []
    last = WINDOW_MS // TICK_MS
    for first, end in _runs(utterance.text, words, places):
        text = utterance.text[places[first][0] : places[end - 1][1]]
        begins = _ticks(words[first][1] - utterance.start_ms)
        ends = _ticks(max(word[2] for word in words[first:end]) - utterance.start_ms)
        begins = min(max(begins, found[-1].end if found else 0), last - 1)
        found.append(Stretch(begins, min(max(ends, begins + 1), last), text))
    return found


def _row(utterance: Utterance) -> tuple[object, ...]:
    language = language_token(utterance.language)
    parts = stretches(utterance)
    space = "" if language in _WITHOUT_SPACES else " "
    timed = "".join(
        f"{_token(part.start)}{'' if index else space}{part.text}{_token(part.end)}"
        for index, part in enumerate(parts)
    )
    whole = language and f"<|startoftranscript|><|{language}|><|transcribe|>{timed}<|endoftext|>"
    segments = [(_seconds(part.start), _seconds(part.end), part.text) for part in parts]
    return utterance.text, language, utterance.duration, timed, whole, segments


def _check(recording: LabeledRecording, utterance: Utterance) -> None:
    token = _TOKEN.search(utterance.text)
    if token is not None:
        refuse("whisper", recording, utterance, f"it holds {token.group()}, a token of Whisper's own")
    if utterance.end_ms - utterance.start_ms > WINDOW_MS:
        why = f"it takes {utterance.duration:g} s, and Whisper hears 30 (--max-seconds 30)"
        refuse("whisper", recording, utterance, why)


def _runs(
    text: str, words: Sequence[TimedWord], places: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, int]]:
    """First word and one past the last of each stretch."""
    first = 0
    for index, (before, after) in enumerate(pairwise(words), start=1):
        pause = after[1] - before[2]
        start, end = places[index - 1]
        if pause >= PAUSE_MS or (pause >= SENTENCE_PAUSE_MS and _SENTENCE_END.search(text[start:end])):
            yield first, index
            first = index
    yield first, len(words)


def _ticks(ms: int) -> int:
    return (max(ms, 0) + TICK_MS // 2) // TICK_MS


def _seconds(ticks: int) -> float:
    return ticks * TICK_MS / MS_PER_SECOND


def _token(ticks: int) -> str:
    return f"<|{_seconds(ticks):.2f}|>"


FORMATS = (
    Format(
        "whisper",
        "Whisper's fine-tuning layout with timestamps",
        write_whisper,
        AudioNeed.CLIPS,
        words=True,
        clips=CLIPS,
    ),
)
