"""The entry points of `faster-whisper`: what is known without CTranslate2."""

from dataclasses import dataclass

from asrlab.engines.checkpoint import ResolvedCheckpoint
from asrlab.engines.faster_whisper.checkpoint import MISSING, extra_is_installed, whisper_checkpoint
from asrlab.engines.protocol import Aligner, Engine, EngineInfo, EngineOptions
from asrlab.engines.whisper.factory import WINDOW_SECONDS

# Raised when the same weights and audio give other words, or other times.
ENGINE_CODE_VERSION = "1"
ALIGNER_CODE_VERSION = "1"


@dataclass(frozen=True, slots=True)
class FasterWhisperEngineFactory:
    """Opens the engine `faster-whisper`."""

    name: str = "faster-whisper"

    @property
    def summary(self) -> str:
        return _summary("any Whisper checkpoint of CTranslate2, in int8 on a CPU")

    def describe(self, options: EngineOptions) -> EngineInfo:
        return _info(self.name, whisper_checkpoint(self.name, options), options, ENGINE_CODE_VERSION)

    def check_language(self, options: EngineOptions, language: str) -> None:
        from asrlab.engines.faster_whisper.vocabulary import read_vocabulary

        read_vocabulary(whisper_checkpoint(self.name, options).path).language_tag(language)

    def open(self, options: EngineOptions) -> Engine:
        checkpoint = whisper_checkpoint(self.name, options)
        from asrlab.engines.faster_whisper.engine import FasterWhisperEngine
        from asrlab.engines.faster_whisper.model import load_whisper

        loaded = load_whisper(checkpoint.path, options.device, options.compute_type)
        info = _info(self.name, checkpoint, options, ENGINE_CODE_VERSION)
        return FasterWhisperEngine(info, loaded, options.batch_seconds)


@dataclass(frozen=True, slots=True)
class FasterWhisperAlignerFactory:
    """Opens the aligner `faster-whisper`."""

    name: str = "faster-whisper"

    @property
    def summary(self) -> str:
        return _summary("cross-attention of any Whisper checkpoint of CTranslate2")

    def describe(self, options: EngineOptions) -> EngineInfo:
        return _info(self.name, whisper_checkpoint(self.name, options), options, ALIGNER_CODE_VERSION)

    def open(self, options: EngineOptions) -> Aligner:
        checkpoint = whisper_checkpoint(self.name, options)
        from asrlab.engines.faster_whisper.aligner import FasterWhisperAligner
        from asrlab.engines.faster_whisper.model import load_whisper

        loaded = load_whisper(checkpoint.path, options.device, options.compute_type)
        info = _info(self.name, checkpoint, options, ALIGNER_CODE_VERSION)
        return FasterWhisperAligner(info, loaded, options.batch_seconds)

    def supports(self, language: str | None) -> bool:
        """Every language, where the extra is installed: what a checkpoint does not know, it refuses by text."""
        return extra_is_installed()


def _summary(what: str) -> str:
    return what if extra_is_installed() else f"{what} ({MISSING})"


def _info(name: str, checkpoint: ResolvedCheckpoint, options: EngineOptions, code_version: str) -> EngineInfo:
    return EngineInfo(
        name=name,
        checkpoint=checkpoint.name,
        revision=checkpoint.weights_sha256,
        code_version=code_version,
        # As asked, not as the device resolves it: a machine without the card must know the same key.
        parameters={"compute_type": options.compute_type},
        max_seconds=WINDOW_SECONDS,
    )


faster_whisper_engine = FasterWhisperEngineFactory()
faster_whisper_aligner = FasterWhisperAlignerFactory()
