"""What an engine, an aligner and a voice detector must be; no heavy import here.

An engine knows nothing of files, SQL or Prefect: waveforms in, hypotheses out, same order, same count.
A waveform is a mono float32 array of shape (samples,) at 16 kHz.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from asrlab.domain.fingerprint import Scalar, fingerprint
from asrlab.domain.labels import AlignedWord, Hypothesis
from asrlab.domain.memory import BatchMemory
from asrlab.domain.time import Seconds, TimeSpan

Waveform = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """What a user may choose of an engine or aligner.

    model: hub id or local directory; None takes the embedded default.
    device: "auto", "cpu", "cuda", "cuda:0", …
    compute_type: number format of the computation ("float32", "int8", …); "auto" lets engine and device decide.
    batch_seconds: memory budget of one forward pass, in seconds of padded audio.
    cuda_graphs: replay decoding steps on a card as CUDA graphs, where the engine can.
    timeout: run in a process of its own, and give one batch so many seconds; None runs here and waits for ever.
    """

    model: str | None = None
    revision: str | None = None
    device: str = "auto"
    compute_type: str = "auto"
    batch_seconds: Seconds = 240.0
    cuda_graphs: bool = False
    timeout: Seconds | None = None


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """Who did it: all that decides an engine's output, known without loading the weights.

    checkpoint: what a person would call it ("openai/whisper-tiny.en", a directory).
    revision: SHA-256 of the weights (or the hub commit when there is one).
    parameters: settings that change the output. `max_seconds`: the longest waveform it reads at once.
    """

    name: str
    checkpoint: str
    revision: str
    code_version: str
    parameters: Mapping[str, Scalar] = field(default_factory=lambda: MappingProxyType({}))
    max_seconds: Seconds | None = None

    @property
    def fingerprint(self) -> str:
        """Independent of where the checkpoint lies: name, weights, parameters and code version."""
        return fingerprint(
            {
                "name": self.name,
                "revision": self.revision,
                "code_version": self.code_version,
                **{f"parameter:{key}": value for key, value in self.parameters.items()},
            }
        )


class Engine(Protocol):
    """Turns waveforms into text."""

    @property
    def info(self) -> EngineInfo: ...

    def transcribe(
        self, waveforms: Sequence[Waveform], *, language: str | None, context: str
    ) -> list[Hypothesis]:
        """One hypothesis per waveform, in order; the result of one never depends on the others.

        language: BCP-47 tag or English name to force, None to detect. context: words to expect, "" for none.
        Raises OptionError for a language the checkpoint does not know.
        """
        ...

    def close(self) -> None: ...


class Aligner(Protocol):
    """Finds when the words of a given text are spoken."""

    @property
    def info(self) -> EngineInfo: ...

    def align(
        self, waveforms: Sequence[Waveform], texts: Sequence[str], *, languages: Sequence[str | None]
    ) -> list[tuple[AlignedWord, ...]]:
        """The words of each text with their spans: in order, inside the waveform, never overlapping.

        The words are `text.split()` where the language writes spaces; an empty text gives no words.
        """
        ...

    def close(self) -> None: ...


class VoiceDetector(Protocol):
    """Finds where somebody speaks."""

    @property
    def info(self) -> EngineInfo: ...

    def speech(self, blocks: Iterable[Waveform]) -> list[TimeSpan]:
        """Speech regions of one stream given in consecutive blocks of any length; memory stays flat.

        The spans are ordered, do not overlap and end within the audio.
        """
        ...


@runtime_checkable
class LearnsMemory(Protocol):
    """An engine or aligner that finds out how much audio fits at once, and may be told what was found before."""

    @property
    def memory(self) -> BatchMemory: ...


@runtime_checkable
class HasProcess(Protocol):
    """An engine or aligner in a process of its own, which tells how much memory that took."""

    @property
    def peak_memory_bytes(self) -> int: ...


class EngineFactory(Protocol):
    """What an entry point of the group `asrlab.engines` names: a light object that can open an engine."""

    name: str
    summary: str

    def describe(self, options: EngineOptions) -> EngineInfo:
        """Without loading weights. Raises CheckpointError, MissingExtraError."""
        ...

    def check_language(self, options: EngineOptions, language: str) -> None:
        """Raise OptionError for a tag or name the checkpoint can't be forced to; weights are not loaded."""
        ...

    def open(self, options: EngineOptions) -> Engine: ...


class AlignerFactory(Protocol):
    """The same for the group `asrlab.aligners`."""

    name: str
    summary: str

    def describe(self, options: EngineOptions) -> EngineInfo: ...

    def open(self, options: EngineOptions) -> Aligner: ...

    def supports(self, language: str | None) -> bool:
        """Whether it may be picked by `--aligner auto` for this BCP-47 tag (None: unknown)."""
        ...
