"""Whisper's weights in CTranslate2, loaded once per process, and the features they read."""

import socket
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import ctranslate2
import faster_whisper
import numpy as np
import numpy.typing as npt

from asrlab.domain.memory import BatchMemory
from asrlab.domain.reasons import FailureReason
from asrlab.domain.time import Seconds
from asrlab.engines.faster_whisper.vocabulary import Vocabulary, read_vocabulary
from asrlab.engines.protocol import Waveform
from asrlab.engines.whisper.factory import SAMPLING_RATE_HZ, WINDOW_SECONDS
from asrlab.errors import CheckpointError, ItemError, OptionError

WINDOW_SAMPLES = round(WINDOW_SECONDS * SAMPLING_RATE_HZ)
# The features' dynamic range and lowest value, after their scaling (openai/whisper, audio.py).
RANGE = 2.0
LOWEST = -1.5
# On a CPU four at once are a tenth faster than two and take 170 MB more, with tiny.en: the attention of 1500
# positions to each other, which grows with the model.
MAX_CPU_BATCH = 2
# What "auto" means, the best first. int8 on a CPU is half the work of float32, for the same words on our speech.
AUTO_COMPUTE_TYPES = {"cpu": ("int8", "float32"), "cuda": ("float16", "float32")}
_loading = threading.Lock()


@dataclass(frozen=True, slots=True, eq=False)
class LoadedWhisper:
    """A checkpoint in memory. extractor: faster-whisper's log-mel features of one clip."""

    model: Any
    extractor: Any
    vocabulary: Vocabulary

    def encode(self, waveforms: list[Waveform]) -> Any:
        """The encoder's output for clips of up to 30 s. Raises ItemError for audio that is no numbers."""
        features = np.stack([self._features(waveform) for waveform in waveforms])
        if not np.isfinite(features).all():
            raise ItemError(FailureReason.ENGINE_ERROR, "the audio holds values that are no numbers (NaN)")
        return self.model.encode(ctranslate2.StorageView.from_array(features))

    def _features(self, waveform: Waveform) -> npt.NDArray[np.float32]:
        """Log-mel features of shape (mel bins, 3000), those of the clip zero-padded to 30 s.

        Frames that see nothing but padding all hold the same value: they are filled in, not computed.
        """
        samples = min(len(waveform) + self.extractor.n_fft, WINDOW_SAMPLES)
        heard = self.extractor(np.pad(waveform, (0, samples - len(waveform))), padding=0)
        shape = (heard.shape[0], WINDOW_SAMPLES // self.extractor.hop_length)
        features = np.full(shape, max(LOWEST, float(heard.max()) - RANGE), dtype=np.float32)
        features[:, : heard.shape[1]] = heard
        return features


def memory_of(loaded: LoadedWhisper, batch_seconds: Seconds) -> BatchMemory:
    """The device's memory; every clip costs a full window, whatever its length."""
    on_cpu = loaded.model.device == "cpu"
    seconds = min(batch_seconds, MAX_CPU_BATCH * WINDOW_SECONDS) if on_cpu else batch_seconds
    # CTranslate2 does not tell a card's name.
    place = f"{loaded.model.device} of {socket.gethostname()}"
    return BatchMemory(place, loaded.model.compute_type, seconds)


def is_out_of_memory(error: Exception) -> bool:
    """CTranslate2 has no class of its own for it."""
    return isinstance(error, MemoryError) or "out of memory" in str(error)


def load_whisper(path: Path, device: str, compute_type: str) -> LoadedWhisper:
    """The checkpoint at `path`, loaded once per process, device and compute type.

    Raises CheckpointError for weights that can't be read, OptionError for a device or compute type that is not
    there.
    """
    kind, index = _device(device)
    with _loading:
        return _load(path, kind, index, _compute_type(kind, compute_type))


@lru_cache(maxsize=4)
def _load(path: Path, kind: str, index: int, compute_type: str) -> LoadedWhisper:
    vocabulary = read_vocabulary(path)
    try:
        loaded = faster_whisper.WhisperModel(
            str(path), device=kind, device_index=index, compute_type=compute_type, local_files_only=True
        )
    except (RuntimeError, ValueError, OSError) as error:
        raise CheckpointError(f"{path} can't be loaded: {str(error).partition(chr(10))[0]}") from error
    if loaded.model.is_multilingual != vocabulary.is_multilingual:
        raise CheckpointError(
            f"{path} has another vocabulary than Whisper's, or a damaged one: convert it again"
        )
    return LoadedWhisper(loaded.model, loaded.feature_extractor, vocabulary)


def _device(wanted: str) -> tuple[str, int]:
    """CTranslate2's name of the device, and its number."""
    kind, _, number = wanted.partition(":")
    if kind not in ("auto", "cpu", "cuda") or (number and (kind != "cuda" or not number.isdecimal())):
        raise OptionError(f"faster-whisper does not run on {wanted!r}: use auto, cpu, cuda or cuda:N")
    cards = ctranslate2.get_cuda_device_count() if kind != "cpu" else 0
    if kind == "auto":
        return ("cuda", 0) if cards else ("cpu", 0)
    if kind == "cuda" and int(number or 0) >= cards:
        raise OptionError(f"there is no CUDA device {int(number or 0)} here: use the device cpu or auto")
    return kind, int(number or 0)


def _compute_type(device: str, wanted: str) -> str:
    supported = sorted(ctranslate2.get_supported_compute_types(device))
    if wanted == "auto":
        return next(name for name in AUTO_COMPUTE_TYPES[device] if name in supported)
    if wanted not in supported:
        raise OptionError(
            f"the compute type {wanted!r} does not run on {device} here: use auto, {', '.join(supported)}"
        )
    return wanted
