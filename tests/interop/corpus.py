"""A small catalog made by real commands: several channels and rates, names and texts that are hard to carry."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import chirp

from tests.factories import RATE_HZ
from tests.process import Asrlab

FAKE = ("--engine", "fake", "--aligner", "fake", "--no-vad", "--max-segment", "1")
HARD_TEXTS = (
    'she said "don\'t", then \\ and / and `$HOME` %s {} &amp;',
    "<b>bold</b> <unk> </s> <!-- & -->",
    "👩‍👩‍👧‍👦 smiles 😀 at é and e\u0301",
    "مرحبا (abc) \u202eשלום\u202c עולם",
    "one\u2028two\u2029three\u0085four",
    "今日は良い天気。我们走吧 한국어",
    "a tab\tand\na second line",
    "  two  spaces within and \u00a0 at both ends ",
    "2024-01-01",
    "null",
)
SPEAKER = "Zoë <“O'Brien”> & co"
# No release of a name: a path a page, a URL and a shell each read in another way.
HARD_NAME = "c d ü 日本 #1 50% +&=?'\".flac"


@dataclass(frozen=True, slots=True)
class Spoken:
    """An utterance as the catalog has it; times in seconds of the file at `path`, channel None for the mean of all."""

    key: str
    path: str
    start: float
    end: float
    channel: int | None
    text: str
    language: str | None
    speaker: str | None


def make_corpus(place: Asrlab) -> None:
    """Label four files with the fake engine, then give two of three utterances a hard text and a speaker."""
    audio = place.folder / "audio"
    _write(audio / "mono" / "plain.wav", 3.3, [(100, 3000)])
    # Ends between two milliseconds, nearer to the one after.
    _write(audio / "mono" / HARD_NAME, 97_045 / 44_100, [(200, 2500)], 44_100)
    _write(audio / "mono" / "mean of two.wav", 1.7, [(150, 1500), (2500, 400)])
    _write(audio / "calls" / "call.wav", 2.5, [(120, 2000), (3000, 300)])
    place.run("label", "audio/mono", "--inline", *FAKE)
    place.run("label", "audio/calls", "--inline", *FAKE, "--channels", "split", "--language", "zh")
    place.run("export", "nemo", "--out", "first")
    lines = (place.folder / "first" / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    edited = place.folder / "edited.jsonl"
    with edited.open("w", encoding="utf-8") as file:
        for text, line in zip(_texts(len(lines)), lines, strict=True):
            entry = json.loads(line)
            told = entry if text is None else {**entry, "text": text, "speaker": SPEAKER}
            file.write(json.dumps(told) + "\n")
    place.run("import", "nemo", edited)
    place.run("align", "--aligner", "fake")


def spoken(place: Asrlab) -> dict[str, Spoken]:
    """What the catalog holds now, by the key that exports give it."""
    rows = place.query(
        "SELECT c.uri, c.start_s, c.end_s, c.channel, c.text, c.language, c.speaker, r.content_hash "
        "FROM v_current c JOIN v_recordings r ON r.recording_id = c.recording_id "
        "ORDER BY r.content_hash, c.start_s, c.channel"
    )
    found = {}
    for row in rows:
        key = f"{row['content_hash'][:16]}-{row['start_s'] * 1000:08.0f}-{row['end_s'] * 1000:08.0f}"
        key += "" if row["channel"] is None else f"-c{row['channel']}"
        found[key] = Spoken(
            key,
            row["uri"],
            row["start_s"],
            row["end_s"],
            row["channel"],
            row["text"],
            row["language"],
            row["speaker"],
        )
    return found


def samples_of(utterance: Spoken) -> tuple[np.ndarray, int]:
    """The source's samples of an utterance, float32 of shape (channels, samples), and their rate in Hz."""
    samples, rate_hz = soundfile.read(utterance.path, dtype="float32", always_2d=True)
    return samples[round(utterance.start * rate_hz) : round(utterance.end * rate_hz)].T, rate_hz


def _texts(count: int) -> list[str | None]:
    hard = iter(HARD_TEXTS)
    return [next(hard, None) if index % 3 else None for index in range(count)]


def _write(path: Path, seconds: float, sweeps: list[tuple[float, float]], rate_hz: int = RATE_HZ) -> None:
    """A channel for each sweep from one frequency to another: no two places sound the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    time = np.arange(round(seconds * rate_hz)) / rate_hz
    channels = [0.3 * chirp(time, begins, seconds, ends) for begins, ends in sweeps]
    soundfile.write(path, np.stack(channels, axis=1), rate_hz)
