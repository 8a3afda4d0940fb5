"""Recordings to look at: tones on disk with texts in several scripts, whose words have times."""

import hashlib
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import soundfile

from asrlab.catalog import Catalog
from asrlab.catalog.alignments import NewAlignment, add_alignment, transcripts_to_align
from asrlab.catalog.query import run_query
from asrlab.catalog.recordings import NewFile, add_file
from asrlab.catalog.segments import NewSegmentation, add_segmentation, segments_of_today
from asrlab.catalog.transcripts import EngineVersion, add_engine_version
from asrlab.domain.audio import AudioInfo
from asrlab.domain.labels import AlignedWord, Hypothesis, WordConfidence
from asrlab.domain.time import TimeSpan
from asrlab.text.words import words_of
from tests.factories import add_run, tone
from tests.review import add_other_reading

# What is read in the second half of the package's recording, and from which second on each word is spoken.
SPEECH = """
28.920 In 29.120 short, 29.940 the 30.180 period 30.360 was 30.700 so 31.020 far 31.200 like 31.540 the 31.660 present
31.900 period 32.800 that 33.000 some 33.200 of 33.220 its 33.480 noisiest 34.040 authorities 34.660 insisted 35.160 on
35.560 its 35.820 being 36.080 received 36.960 for 37.220 good 37.700 or 37.860 for 38.060 evil 38.700 in 38.920 the
39.220 superlative 39.920 degree 40.220 of 40.540 comparison 40.980 only.
"""
SPEECH_SPAN = (28.72, 41.92)
MAX_WORD_S = 0.7
# What the engine is made to have misheard, what is said, and where.
MISHEARD, SAID = "superb", "superlative"
SAID_AT_S = (39.22, 39.92)

RATE_HZ = 8_000
MARKUP = "<script>document.title='pwned'</script> <img src=x onerror=alert(1)> & said"
ARABIC = "السلام عليكم ورحمة الله، أهلا بكم"
CHINESE = "今天天气很好，我们去公园散步吧。"
PAIR = ("one two three four", "five six seven eight")
# Each is a recording of its own, in the corpus of this name.
TEXTS = {
    "markup": (MARKUP, "en"),
    "arabic": (ARABIC, "ar"),
    "chinese": (CHINESE, "zh"),
    "conflict": ("the quick brown fox jumps over the lazy dog", "en"),
    "verdicts": ("what is to be judged here", "en"),
    "borders": ("words whose borders can be moved", "en"),
    "engines": ("we met at the harbour in June", "en"),
    "idle": ("time that nobody spent", "en"),
}
OTHER_READING = "we met at the harbor in juice"
SECONDS = 6.0


def add_texts(catalog: Catalog, folder: Path, speech: Path) -> None:
    """Put all of them into the catalog; `pair` has two segments, `engines` a second engine's text."""
    folder.mkdir(exist_ok=True)
    add_speech(catalog, speech)
    for number, (name, (text, language)) in enumerate(TEXTS.items()):
        add_spoken(
            catalog, _tone(folder / f"{name}.wav", 200 + 10 * number), name, [(1.0, 5.0, text)], language
        )
    add_spoken(catalog, _tone(folder / "pair.wav", 500), "pair", [(0.5, 2.5, PAIR[0]), (3.0, 5.0, PAIR[1])])
    segment_id = int(
        run_query(catalog, "SELECT segment_id FROM v_current WHERE corpus = 'engines'").rows[0][0] or 0
    )
    add_other_reading(catalog, segment_id, OTHER_READING)


def add_speech(catalog: Catalog, path: Path) -> int:
    """The package's recording with its second half, one word of it misheard; returns its id."""
    said = SPEECH.split()
    starts = [float(start) for start in said[::2]]
    ends = [min(start + MAX_WORD_S, after) for start, after in pairwise([*starts, SPEECH_SPAN[1]])]
    words = [MISHEARD if word == SAID else word for word in said[1::2]]
    timed = tuple(map(_Timed, words, starts, ends, [0.2 if word == MISHEARD else 0.95 for word in words]))
    return _add(catalog, path, "speech", [(*SPEECH_SPAN, " ".join(words), timed)], "en")


def add_spoken(
    catalog: Catalog, path: Path, corpus: str, texts: list[tuple[float, float, str]], language: str = "en"
) -> int:
    """A recording of this file with segments (start, end, text) whose words share the time; returns its id."""
    return _add(catalog, path, corpus, [(*each, _spread(*each)) for each in texts], language)


@dataclass(frozen=True, slots=True)
class _Timed:
    word: str
    start_s: float
    end_s: float
    confidence: float


def _spread(start_s: float, end_s: float, text: str) -> tuple[_Timed, ...]:
    """Words of equal length; of the first the engine is not sure."""
    words = words_of(text)
    step = (end_s - start_s) / len(words)
    return tuple(
        _Timed(word, start_s + at * step, start_s + (at + 1) * step, 0.9 if at else 0.4)
        for at, word in enumerate(words)
    )


def _add(
    catalog: Catalog,
    path: Path,
    corpus: str,
    texts: list[tuple[float, float, str, tuple[_Timed, ...]]],
    language: str,
) -> int:
    info, status = soundfile.info(path), path.stat()
    audio = AudioInfo("wav", "pcm_s16le", info.samplerate, info.channels, info.frames)
    digest = hashlib.sha256(path.name.encode()).hexdigest()
    pieces = tuple((None, TimeSpan(start, end)) for start, end, *_ in texts)
    with catalog.writing() as session:
        recording_id = add_file(
            session, NewFile(str(path), status.st_size, status.st_mtime_ns, digest, audio, corpus)
        )
        add_segmentation(
            session, NewSegmentation(recording_id, digest, "manual", "{}", f"by-hand-{corpus}", 0.0, pieces)
        )
        segments = segments_of_today(session, [recording_id])
        run_id, align_run = add_run(session), add_run(session, "align", "aligner")
        by_segment = dict(zip([segment.segment_id for segment in segments], texts, strict=True))
        for segment_id, (_, _, text, timed) in by_segment.items():
            sure = tuple(WordConfidence(word.word, word.confidence) for word in timed)
            heard = Hypothesis(text, text, None, language, 0.8, sure)
            add_engine_version(session, EngineVersion(segment_id, run_id, "engine", "fake", heard))
        for each in transcripts_to_align(session, "aligner", list(by_segment)):
            start, _, _, timed = by_segment[each.segment.segment_id]
            aligned = tuple(
                AlignedWord(word.word, TimeSpan(word.start_s - start, word.end_s - start), 0.9)
                for word in timed
            )
            add_alignment(session, NewAlignment(each, align_run, "aligner", aligned))
    return recording_id


def _tone(path: Path, frequency_hz: float) -> Path:
    soundfile.write(path, tone(SECONDS, frequency_hz, RATE_HZ), RATE_HZ)
    return path


def write_hours(path: Path, hours: float, at_s: float) -> Path:
    """Hours of silence with a tone of 10 s at one place; on disk only the tone takes room."""
    frames = round(hours * 3600 * RATE_HZ)
    soundfile.write(path, np.zeros(1, dtype=np.float32), RATE_HZ, subtype="PCM_16")
    sound = (tone(10.0, 300.0, RATE_HZ) * 32767).astype("<i2").tobytes()
    with path.open("r+b") as file:
        header = bytearray(file.read(44))
        header[4:8] = (36 + 2 * frames).to_bytes(4, "little")
        header[40:44] = (2 * frames).to_bytes(4, "little")
        file.seek(0)
        file.write(header)
        file.truncate(44 + 2 * frames)
        file.seek(44 + 2 * round(at_s * RATE_HZ))
        file.write(sound)
    return path
