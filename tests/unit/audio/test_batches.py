"""Segments are read ahead in order, and what can't be read hurts nobody else."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from asrlab.audio.batches import Clip, LoadedBatch, load_batches
from asrlab.audio.places import verify_unchanged
from asrlab.audio.probe import content_hash, probe
from asrlab.audio.read import read_spans
from asrlab.audio.write import write_wav
from asrlab.domain.audio import AudioSource
from asrlab.domain.reasons import FailureReason
from asrlab.domain.time import TimeSpan
from asrlab.errors import AudioError

Make = Callable[[str], Path]


def source(path: Path) -> AudioSource:
    found, info = path.stat(), probe(path)
    return AudioSource(
        str(path),
        found.st_size,
        found.st_mtime_ns,
        content_hash(path),
        info.num_samples,
        info.sampling_rate,
        info.num_channels,
    )


def clip(
    item: int, of: AudioSource | None, start: float, end: float, channel: int | None = None
) -> Clip[int]:
    return Clip(item, of, TimeSpan(start, end), channel)


def items(batches: list[LoadedBatch[int]]) -> list[tuple[int, ...]]:
    return [batch.items for batch in batches]


def test_batches_hold_at_most_their_seconds(make: Make) -> None:
    #  item      1     2     3     4         5 is longer than a batch
    #         [0.5s)[0.5s)[0.5s)[0.2s)   [--1.5 s--)
    audio = source(make("16.wav"))
    spans = [(0, 0.5), (0.5, 1.0), (1.0, 1.5), (1.5, 1.7), (0.2, 1.7)]
    clips = [clip(item, audio, *span) for item, span in enumerate(spans, 1)]
    assert items(list(load_batches(clips, 1.2))) == [(1, 2), (3, 4), (5,)]


@pytest.mark.parametrize("name", ["16.wav", "vorbis.ogg", "lame.mp3", "a.m4a"])
def test_waveforms_are_those_of_their_items(make: Make, name: str) -> None:
    audio = source(make(name))
    clips = [clip(index, audio, index * 0.1, index * 0.1 + 0.25, index % 2) for index in range(15)]
    for batch in load_batches(clips, 0.6):
        for item, waveform in zip(batch.items, batch.waveforms, strict=True):
            (expected,) = read_spans(make(name), [clips[item].span], channel=item % 2)
            assert np.array_equal(waveform, expected)


def test_unreadable_file_leaves_the_others_alone(make: Make, tmp_path: Path) -> None:
    good, gone = source(make("16.wav")), tmp_path / "gone.wav"
    write_wav(gone, np.zeros(16000, np.float32), 16000)
    lost = source(gone)
    gone.unlink()
    clips = [clip(1, good, 0, 1), clip(2, lost, 0, 1), clip(3, None, 0, 1), clip(4, good, 1, 2)]
    (batch,) = load_batches(clips, 60)
    assert sorted(batch.items) == [1, 4]
    assert [(item, error.reason) for item, error in batch.unreadable] == [
        (2, FailureReason.VANISHED),
        (3, FailureReason.VANISHED),
    ]


def test_stopping_early_is_no_error(make: Make) -> None:
    audio = source(make("a.m4a"))
    batches = load_batches([clip(index, audio, 0, 1) for index in range(10)], 1)
    next(batches)
    batches.close()  # type: ignore[attr-defined]


def test_other_audio_under_the_same_name_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    write_wav(path, np.zeros(16000, np.float32), 16000)
    before = source(path)
    write_wav(path, np.full(16000, 0.5, np.float32), 16000)
    with pytest.raises(AudioError) as caught:
        verify_unchanged(before)
    assert caught.value.reason == FailureReason.CHANGED


def test_touched_file_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    write_wav(path, np.zeros(16000, np.float32), 16000)
    before = source(path)
    os.utime(path, ns=(1, 1))
    verify_unchanged(before)
