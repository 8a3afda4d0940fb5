"""The aligner `whisper`: when each word of a given text is spoken, by the decoder's cross-attention.

The text is forced through the decoder; the heads that follow the audio (the checkpoint's alignment heads) are
normalised, smoothed and averaged, and the cheapest monotonic path through them gives each token its frames
(openai/whisper, timing.py). Words then lose the silence at their borders.
"""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from scipy.ndimage import median_filter

from asrlab.domain.labels import FLAG_INTERPOLATED, AlignedWord
from asrlab.domain.reasons import FailureReason
from asrlab.domain.time import TimeSpan
from asrlab.engines.attention_path import cheapest_path
from asrlab.engines.protocol import EngineInfo, Waveform
from asrlab.engines.whisper.factory import WINDOW_SECONDS
from asrlab.engines.whisper.model import SAMPLING_RATE_HZ, LoadedWhisper
from asrlab.engines.whisper.tokens import token_bytes, words_with_tokens
from asrlab.errors import ItemError, OptionError

FRAME_SAMPLES = 320  # one encoder position: 20 ms
FRAME_SECONDS = FRAME_SAMPLES / SAMPLING_RATE_HZ
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


class WhisperAligner:
    """An Aligner on a loaded checkpoint."""

    def __init__(self, info: EngineInfo, loaded: LoadedWhisper) -> None:
        self._info = info
        self._loaded = loaded

    @property
    def info(self) -> EngineInfo:
        return self._info

    def align(
        self, waveforms: Sequence[Waveform], texts: Sequence[str], *, languages: Sequence[str | None]
    ) -> list[tuple[AlignedWord, ...]]:
        """See Aligner. Raises ItemError for a text that does not fit the decoder or the checkpoint."""
        return [
            self._align(waveform, text.strip(), language)
            for waveform, text, language in zip(waveforms, texts, languages, strict=True)
        ]

    def close(self) -> None:
        """Nothing to give back: weights stay with the process."""

    def _align(self, waveform: Waveform, text: str, language: str | None) -> tuple[AlignedWord, ...]:
        if not text:
            return ()
        if len(waveform) > WINDOW_SECONDS * SAMPLING_RATE_HZ:
            raise ItemError(
                FailureReason.TOO_LONG, f"{len(waveform) / SAMPLING_RATE_HZ:.1f} s: Whisper reads 30 s"
            )
        start = self._start_tokens(language)
        ids = self._loaded.text_tokens(text)
        limit = self._loaded.model.config.max_target_positions
        if len(start) + len(ids) + 1 > limit:
            raise ItemError(
                FailureReason.ALIGNMENT_FAILED,
                f"the text is {len(ids)} tokens long, and Whisper's decoder holds {limit - len(start) - 1}",
            )
        frames = max(1, math.ceil(len(waveform) / FRAME_SAMPLES))
        attention, logprobs = self._attend(waveform, start, ids, frames)
        tokens, path_frames = cheapest_path(-attention)
        words = words_with_tokens(token_bytes(self._loaded.tokenizer, ids))
        first_frames = _first_frames(tokens, path_frames, len(ids) + 1)
        loud = _loud_frames(waveform, frames)
        borders = [int(first_frames[tokens[0]]) for _, tokens in words] + [int(first_frames[-1])]
        snapped = _snapped(borders, [word for word, _ in words], loud)
        return tuple(_words(words, snapped, loud, logprobs, len(waveform)))

    def _start_tokens(self, language: str | None) -> list[int]:
        try:
            tag = self._loaded.language_tag(language or "en")
        except OptionError as error:
            raise ItemError(FailureReason.LANGUAGE_UNSUPPORTED, str(error)) from error
        return self._loaded.start_tokens(tag)

    @torch.inference_mode()
    def _attend(
        self, waveform: Waveform, start: list[int], ids: list[int], frames: int
    ) -> tuple[npt.NDArray[np.float64], list[float]]:
        """Attention of shape (tokens + end token, frames), and the log-probability of each token."""
        model = self._loaded.model
        end = int(model.generation_config.eos_token_id)
        sequence = torch.tensor([[*start, *ids, end]], device=self._loaded.device)
        answer = model(
            input_features=self._loaded.features([waveform]),
            decoder_input_ids=sequence,
            output_attentions=True,
            use_cache=False,
        )
        heads = torch.stack(
            [answer.cross_attentions[layer][0, head, :, :frames] for layer, head in self._heads()]
        ).float()
        # Attention to the padding behind the clip does not count.
        heads = heads / heads.sum(dim=-1, keepdim=True).clamp_min(1e-9)
        heads = (heads - heads.mean(dim=-2, keepdim=True)) / heads.std(dim=-2, keepdim=True).clamp_min(1e-9)
        smooth = median_filter(heads.cpu().numpy(), size=(1, 1, MEDIAN_WIDTH), mode="reflect")
        # A token is looked for while it is being predicted: by the position before it, as in timing.py.
        attention = smooth.mean(axis=0)[len(start) - 1 : -1].astype(np.float64)
        scores = torch.log_softmax(answer.logits[0, len(start) - 1 : -2].float(), dim=-1)
        logprobs = scores[torch.arange(len(ids)), torch.tensor(ids)].tolist()
        if not (np.isfinite(attention).all() and np.isfinite(logprobs).all()):
            raise ItemError(FailureReason.ALIGNMENT_FAILED, "the model gave values that are no numbers (NaN)")
        return attention, logprobs

    def _heads(self) -> list[tuple[int, int]]:
        """The checkpoint's alignment heads; without them, all heads of the upper half of the decoder."""
        model = self._loaded.model
        heads = getattr(model.generation_config, "alignment_heads", None)
        if heads:
            return [(int(layer), int(head)) for layer, head in heads]
        layers, count = model.config.decoder_layers, model.config.decoder_attention_heads
        return [(layer, head) for layer in range(layers // 2, layers) for head in range(count)]


def _first_frames(
    tokens: npt.NDArray[np.int64], frames: npt.NDArray[np.int64], count: int
) -> npt.NDArray[np.int64]:
    """The frame at which the path enters each token; the end token's is where the last word ends."""
    entered = np.concatenate([[True], np.diff(tokens) > 0])
    first: npt.NDArray[np.int64] = frames[entered]
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
