"""From the path of tokens through frames to the times of words: what all Whisper aligners share; no torch here."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from asrlab.domain.labels import FLAG_INTERPOLATED, AlignedWord
from asrlab.domain.time import TimeSpan
from asrlab.engines.byte_tokens import words_with_tokens
from asrlab.engines.protocol import Waveform
from asrlab.engines.whisper.factory import SAMPLING_RATE_HZ

Indices = npt.NDArray[np.int64]

FRAME_SAMPLES = 320  # one encoder position: 20 ms
FRAME_SECONDS = FRAME_SAMPLES / SAMPLING_RATE_HZ
# Positions over which attention is smoothed (openai/whisper, timing.py).
MEDIAN_WIDTH = 7
# A frame this much quieter than the loud ones (95th percentile) is a pause; so is one hardly above the background
# (10th percentile), as long as that is clearly quieter than speech.
SILENCE_SHARE = 0.03
LOUD_PERCENTILE = 95
BACKGROUND_PERCENTILE = 10
ABOVE_BACKGROUND = 3.0
MAX_SILENCE_SHARE = 0.15
# Attention places a word beside a pause by up to half a second wrong; a pause of 200 ms says where it ends.
PAUSE_FRAMES = 10
SNAP_FRAMES = 25
PUNCTUATION = frozenset(".,;:!?…。、，！？；：")


def frame_count(waveform: Waveform) -> int:
    """How many encoder positions the waveform covers; one at least."""
    return max(1, math.ceil(len(waveform) / FRAME_SAMPLES))


def words_on_path(
    path: tuple[Indices, Indices], pieces: Sequence[bytes], logprobs: Sequence[float], waveform: Waveform
) -> tuple[AlignedWord, ...]:
    """The words that the tokens spell, in order, inside the waveform.

    path: token and frame indices, both non-decreasing; the token after the last is the end token's.
    pieces, logprobs: the bytes and the log-probability of each token of the text.
    """
    words = words_with_tokens(pieces)
    first_frames = _first_frames(*path, len(pieces) + 1)
    loud = _loud_frames(waveform, frame_count(waveform))
    borders = [int(first_frames[tokens[0]]) for _, tokens in words] + [int(first_frames[-1])]
    snapped = _snapped(borders, [word for word, _ in words], loud)
    return tuple(_words(words, snapped, loud, logprobs, len(waveform)))


def _first_frames(tokens: Indices, frames: Indices, count: int) -> Indices:
    """The frame at which the path enters each token; the end token's is where the last word ends."""
    entered = np.concatenate([[True], np.diff(tokens) > 0])
    first: Indices = frames[entered]
    assert len(first) == count
    return first


def _loud_frames(waveform: Waveform, frames: int) -> npt.NDArray[np.bool_]:
    """Which 20 ms frames hold more than background, shape (frames,)."""
    padded = np.zeros(frames * FRAME_SAMPLES, dtype=np.float32)
    padded[: len(waveform)] = waveform
    level = np.sqrt(np.mean(np.square(padded.reshape(frames, FRAME_SAMPLES)), axis=1))
    background, top = np.percentile(level, [BACKGROUND_PERCENTILE, LOUD_PERCENTILE])
    above = min(ABOVE_BACKGROUND * background, MAX_SILENCE_SHARE * top)
    loud: npt.NDArray[np.bool_] = level > max(SILENCE_SHARE * top, above)
    return loud


def _snapped(borders: Sequence[int], words: Sequence[str], loud: npt.NDArray[np.bool_]) -> list[int]:
    """Borders between words, with one of those near each pause moved into it: then both its sides are silent.

    A border behind punctuation is preferred to a nearer one: people pause where writers do.
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[True], loud, [True]]).astype(np.int8)))
    snapped = list(borders)
    for first, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if end - first < PAUSE_FRAMES:
            continue
        near = [
            (words[index - 1][-1] not in PUNCTUATION, distance, index)
            for index in range(1, len(snapped) - 1)
            if (distance := max(first - snapped[index], snapped[index] - end, 0)) <= SNAP_FRAMES
        ]
        if near:
            index = min(near)[-1]
            moved = min(max(snapped[index], first), end)
            snapped[index] = min(max(moved, snapped[index - 1]), snapped[index + 1])
    return snapped


def _words(
    words: Sequence[tuple[str, list[int]]],
    borders: Sequence[int],
    loud: npt.NDArray[np.bool_],
    logprobs: Sequence[float],
    num_samples: int,
) -> list[AlignedWord]:
    duration = num_samples / SAMPLING_RATE_HZ
    found: list[AlignedWord] = []
    for index, (word, tokens) in enumerate(words):
        first, end = borders[index], borders[index + 1]
        flags = () if end > first else (FLAG_INTERPOLATED,)
        inside = np.flatnonzero(loud[first:end])
        if len(inside):
            first, end = first + int(inside[0]), first + int(inside[-1]) + 1
        start_s = min(max(first * FRAME_SECONDS, found[-1].span.end if found else 0.0), duration)
        end_s = min(max(end * FRAME_SECONDS, start_s), duration)
        score = math.exp(sum(logprobs[i] for i in tokens) / len(tokens))
        found.append(AlignedWord(word, _inside(start_s, end_s, duration), score, flags))
    return found


def _inside(start: float, end: float, duration: float) -> TimeSpan:
    """A span whose rounded ends don't pass the last whole millisecond."""
    last = math.floor(duration * 1000) / 1000
    return TimeSpan(min(start, last), min(end, last))
