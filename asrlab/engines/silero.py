"""Silero VAD behind our `VoiceDetector`: a stream of blocks in, speech regions out, memory flat.

The weights come out of the installed silero-vad package, which is never imported: importing it sets torch
to one thread for the whole process. The package's own loop scores one window of 32 ms per call; only the
LSTM needs that order, so here the layers before it see a few hundred windows at once. That is some twenty
times faster, and the probabilities agree with the package's to 1e-5 (a test holds both). No torch either:
without it a process whose engine needs none stays small.
Model and thresholding: https://github.com/snakers4/silero-vad (MIT), release 6.
"""

import hashlib
import importlib.metadata
import importlib.util
import threading
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from asrlab.domain.audio import ENGINE_SAMPLING_RATE_HZ
from asrlab.domain.reasons import FailureReason
from asrlab.domain.recipe import Recipe
from asrlab.domain.time import MS_PER_SECOND, TimeSpan
from asrlab.engines.protocol import EngineInfo, Waveform
from asrlab.errors import AudioError, CheckpointError, MissingExtraError

if TYPE_CHECKING:
    from asrlab.engines.silero_network import SileroNetwork

PACKAGE = "silero-vad"
CODE_VERSION = "1"
"""Raise it when equal weights and parameters would give other regions."""

WINDOW_SAMPLES = 512  # 32 ms at 16 kHz, fixed by the model
CONTEXT_SAMPLES = 64  # of the window before, which the model sees again
CHUNK_WINDOWS = 256  # scored at once: 8 s. A few MB; larger chunks are no faster
END_MARGIN = 0.15  # a region ends below threshold - 0.15, not below 1 % (Silero's hysteresis)
LOWEST_END_THRESHOLD = 0.01


def describe_silero(recipe: Recipe) -> EngineInfo:
    """Which detector a recipe asks for, without importing torch.

    Raises MissingExtraError when silero-vad isn't installed, CheckpointError when it holds no model.
    """
    path = _weights_path()
    return EngineInfo(
        name="silero-vad",
        checkpoint=f"{PACKAGE} {importlib.metadata.version(PACKAGE)}",
        revision=_sha256(path),
        code_version=CODE_VERSION,
        parameters=MappingProxyType(
            {
                "threshold": recipe.threshold,
                "min_silence_seconds": recipe.min_silence_seconds,
                "min_speech_seconds": recipe.min_speech_seconds,
            }
        ),
    )


def open_silero(recipe: Recipe) -> "SileroDetector":
    """The detector a recipe asks for, with the weights loaded. Raises like `describe_silero`."""
    detector = SileroDetector(recipe)
    _network()
    return detector


class SileroDetector:
    """A `VoiceDetector`; safe to share between threads: what changes in a stream lives in the call.

    Building one is cheap; the weights are loaded once per process, at the latest by the first `speech`.
    """

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._info = describe_silero(recipe)

    @property
    def info(self) -> EngineInfo:
        return self._info

    def speech(self, blocks: Iterable[Waveform]) -> list[TimeSpan]:
        """Speech regions, not yet padded; starts and ends fall on windows of 32 ms or the stream's end.

        The last window is filled up with silence. Equal for every way of cutting the stream into blocks.
        Raises AudioError (not_finite) for NaN or infinite samples, CheckpointError.
        """
        network = _network()
        regions = _Hysteresis(self._recipe)
        state = None
        num_samples = 0
        for audio, length in _chunks(blocks):
            probabilities, state = network.score(audio, state)
            if not np.isfinite(probabilities).all():
                raise AudioError(
                    FailureReason.NOT_FINITE, "the audio holds NaN, infinite or absurdly loud samples"
                )
            regions.feed(probabilities)
            num_samples += length
        return regions.finish(num_samples)


class _Hysteresis:
    """Probabilities to regions, by the rule of silero-vad's `get_speech_timestamps_from_probs`.

    A region starts at the first window of at least `threshold`. It ends at a window below the end threshold
    that no window of at least `threshold` follows within `min_silence`. Regions of at most `min_speech` are
    dropped. Speech that the end of the stream interrupts lasts until there.
    """

    def __init__(self, recipe: Recipe) -> None:
        self._threshold = recipe.threshold
        self._end_threshold = max(recipe.threshold - END_MARGIN, LOWEST_END_THRESHOLD)
        self._min_silence = recipe.min_silence_seconds * ENGINE_SAMPLING_RATE_HZ
        self._min_speech = recipe.min_speech_seconds * ENGINE_SAMPLING_RATE_HZ
        self._position = 0  # first sample of the next window
        self._start: int | None = None  # of the region we are in
        self._quiet_since: int | None = None  # within a region: where it ends unless speech comes back
        self._regions: list[tuple[int, int]] = []

    def feed(self, probabilities: npt.NDArray[np.float32]) -> None:
        for probability in probabilities.tolist():
            self._step(probability)
            self._position += WINDOW_SAMPLES

    def finish(self, num_samples: int) -> list[TimeSpan]:
        """The regions of the stream, of which `num_samples` were audio and not filling."""
        if self._start is not None:
            self._close(self._start, num_samples)
        return [TimeSpan.from_ms(_floor_ms(start), _floor_ms(end)) for start, end in self._regions]

    def _step(self, probability: float) -> None:
        if probability >= self._threshold:
            self._quiet_since = None
            if self._start is None:
                self._start = self._position
        elif probability < self._end_threshold and self._start is not None:
            if self._quiet_since is None:
                self._quiet_since = self._position
            if self._position - self._quiet_since >= self._min_silence:
                self._close(self._start, self._quiet_since)

    def _close(self, start: int, end: int) -> None:
        if end - start > self._min_speech:
            self._regions.append((start, end))
        self._start = self._quiet_since = None


def _floor_ms(samples: int) -> int:
    return samples * MS_PER_SECOND // ENGINE_SAMPLING_RATE_HZ


def _chunks(blocks: Iterable[Waveform]) -> Iterator[tuple[Waveform, int]]:
    """The stream as context + whole windows, at most `CHUNK_WINDOWS` of them, and how much of it is audio.

    Chunk borders depend on the stream alone, so no float differs with the blocks. The array is reused.
    """
    buffer = np.zeros(CONTEXT_SAMPLES + CHUNK_WINDOWS * WINDOW_SAMPLES, dtype=np.float32)
    filled = CONTEXT_SAMPLES
    for block in blocks:
        taken = 0
        while taken < len(block):
            count = min(len(block) - taken, len(buffer) - filled)
            buffer[filled : filled + count] = block[taken : taken + count]
            taken, filled = taken + count, filled + count
            if filled == len(buffer):
                yield buffer, filled - CONTEXT_SAMPLES
                buffer[:CONTEXT_SAMPLES] = buffer[-CONTEXT_SAMPLES:]
                filled = CONTEXT_SAMPLES
    length = filled - CONTEXT_SAMPLES
    if length:
        stop = CONTEXT_SAMPLES + -(-length // WINDOW_SAMPLES) * WINDOW_SAMPLES
        buffer[filled:stop] = 0
        yield buffer[:stop], length


_loading = threading.Lock()


def _network() -> "SileroNetwork":
    """The process's one network; it holds no state, so every thread may use it at once."""
    with _loading:
        return _loaded_network()


@cache
def _loaded_network() -> "SileroNetwork":
    from asrlab.engines.silero_network import SileroNetwork

    return SileroNetwork.load(_weights_path())


def _weights_path() -> Path:
    """The TorchScript file the package itself loads by default (its safetensors hold other weights)."""
    spec = importlib.util.find_spec("silero_vad")
    locations: Sequence[str] = (spec.submodule_search_locations if spec else None) or ()
    for location in locations:
        path = Path(location) / "data" / "silero_vad.jit"
        if path.is_file():
            return path
    if not locations:
        raise MissingExtraError("no voice detector: install the package silero-vad, or segment with --no-vad")
    raise CheckpointError(
        f"no data/silero_vad.jit in {locations[0]}: reinstall silero-vad, or segment with --no-vad"
    )


@cache
def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
