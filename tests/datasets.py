"""Data sets for the tests of export formats: real WAV files on disk with whatever texts and times a test says."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile

from asrlab.domain.audio import AudioSource
from asrlab.domain.time import MS_PER_SECOND
from asrlab.export.formats.protocol import Place
from asrlab.export.utterances import LabeledRecording, TimedWord, Utterance

RATE_HZ = 16_000


def utterance(
    start: float,
    end: float,
    text: str,
    *,
    words: Sequence[tuple[str, float, float]] = (),
    channel: int | None = None,
    language: str | None = "en",
    speaker: str | None = None,
    number: int = 1,
    context: str | None = None,
) -> Utterance:
    """An utterance as an engine's text gives it; words: (text, start, end) in seconds on the recording's clock."""
    timed: tuple[TimedWord, ...] = tuple(
        (word, round(first * MS_PER_SECOND), round(last * MS_PER_SECOND), 0.5, "")
        for word, first, last in words
    )
    return Utterance(
        start_ms=round(start * MS_PER_SECOND),
        end_ms=round(end * MS_PER_SECOND),
        channel=channel,
        text=text,
        language=language,
        speaker=speaker,
        confidence=0.75,
        origin="engine",
        engine="fake",
        flags="",
        verdict=None,
        context=context,
        segment_ids=(number,),
        transcript_ids=(number + 100,),
        timed=timed,
    )


def recording(
    folder: Path, name: str, seconds: float, *utterances: Utterance, channels: int = 1, rate_hz: int = RATE_HZ
) -> LabeledRecording:
    """A recording of noise in `folder`, another for each name."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(name.encode()).digest()
    dice = np.random.default_rng(digest[0] + 256 * digest[1])
    samples = dice.uniform(-0.3, 0.3, (round(seconds * rate_hz), channels)).astype(np.float32)
    soundfile.write(path, samples, rate_hz, subtype="PCM_16")
    stat = path.stat()
    source = AudioSource(
        str(path),
        stat.st_size,
        stat.st_mtime_ns,
        hashlib.sha256(path.read_bytes()).hexdigest(),
        len(samples),
        rate_hz,
        channels,
    )
    return LabeledRecording(digest[0] + 1, source, "default", None, "{}", utterances)


class Referenced:
    """Audio where it lies."""

    is_clipped = False

    def place(self, recording: LabeledRecording, utterance: Utterance) -> Place:
        return Place(recording.source.uri, utterance.start)

    def whole(self, recording: LabeledRecording) -> str:
        return recording.source.uri

    def file(self, recording: LabeledRecording, utterance: Utterance) -> Path:
        raise AssertionError("there are no clips")

    def sampling_rate(self, recording: LabeledRecording) -> int:
        return recording.source.sampling_rate

    def num_channels(self, recording: LabeledRecording) -> int:
        return recording.source.num_channels

    def num_samples(self, recording: LabeledRecording, utterance: Utterance) -> int:
        return recording.source.num_samples


class Clipped:
    """A WAV of each utterance below `out/<folder>`, mono, 16 kHz, as `--copy-audio` lays them out: relative paths."""

    is_clipped = True

    def __init__(self, out: Path, folder: str = "clips") -> None:
        self._out, self._folder = out, folder

    def place(self, recording: LabeledRecording, utterance: Utterance) -> Place:
        return Place(f"{self._folder}/{recording.key_of(utterance)}.wav", 0.0)

    def whole(self, recording: LabeledRecording) -> str:
        raise AssertionError("there are only clips")

    def file(self, recording: LabeledRecording, utterance: Utterance) -> Path:
        path = self._out / self._folder / f"{recording.key_of(utterance)}.wav"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            first, end = utterance.span.sample_range(RATE_HZ)
            samples, rate = soundfile.read(recording.source.uri, start=first, stop=end, always_2d=True)
            assert rate == RATE_HZ
            channel = utterance.channel
            mono = samples.mean(axis=1) if channel is None else samples[:, channel]
            soundfile.write(path, mono, RATE_HZ, subtype="PCM_16")
        return path

    def sampling_rate(self, recording: LabeledRecording) -> int:
        return RATE_HZ

    def num_channels(self, recording: LabeledRecording) -> int:
        return 1

    def num_samples(self, recording: LabeledRecording, utterance: Utterance) -> int:
        return int(soundfile.info(self.file(recording, utterance)).frames)


@dataclass
class MemoryDataSet:
    """A data set that a test holds in memory."""

    held: Sequence[LabeledRecording]
    audio: Referenced | Clipped = field(default_factory=Referenced)
    shard_size: int = 1000
    is_portable: bool = False

    def recordings(self) -> Iterator[LabeledRecording]:
        return iter(sorted(self.held, key=lambda each: each.source.content_hash))


def clipped(out: Path, *recordings: LabeledRecording, folder: str = "clips") -> MemoryDataSet:
    """A data set whose clips lie below `out`, cut."""
    audio = Clipped(out, folder)
    for each in recordings:
        for one in each.utterances:
            audio.file(each, one)
    return MemoryDataSet(recordings, audio, is_portable=True)
