"""The entry point of `ctc`."""

from dataclasses import dataclass

from asrlab.engines.checkpoint import ResolvedCheckpoint, resolve_checkpoint
from asrlab.engines.generic.family import read_architecture
from asrlab.engines.protocol import Aligner, EngineInfo, EngineOptions
from asrlab.errors import CheckpointError, OptionError

# Raised when the same weights, audio and text give other times.
CODE_VERSION = "1"


@dataclass(frozen=True, slots=True)
class CtcAlignerFactory:
    """Opens the aligner `ctc`."""

    name: str = "ctc"
    summary: str = "Viterbi search through any CTC model of transformers: wav2vec2, Parakeet CTC, …"

    def describe(self, options: EngineOptions) -> EngineInfo:
        """See AlignerFactory. Raises OptionError without a model: none is embedded."""
        return self._info(_checkpoint(options), options)

    def open(self, options: EngineOptions) -> Aligner:
        checkpoint = _checkpoint(options)
        from asrlab.engines.ctc.aligner import CtcAligner
        from asrlab.engines.generic.loading import load_recognizer

        loaded = load_recognizer(checkpoint.path, options.device, options.compute_type)
        return CtcAligner(self._info(checkpoint, options), loaded)

    def supports(self, language: str | None) -> bool:
        """Never picked by itself: what its checkpoint speaks is not written in it."""
        return False

    def _info(self, checkpoint: ResolvedCheckpoint, options: EngineOptions) -> EngineInfo:
        return EngineInfo(
            name=self.name,
            checkpoint=checkpoint.name,
            revision=checkpoint.weights_sha256,
            code_version=CODE_VERSION,
            parameters={} if options.compute_type == "auto" else {"compute_type": options.compute_type},
        )


def _checkpoint(options: EngineOptions) -> ResolvedCheckpoint:
    if options.model is None:
        raise OptionError(
            "the aligner ctc needs a CTC model of the speech's language: give --aligner-model a directory or a hub id, "
            "such as facebook/wav2vec2-base-960h for English"
        )
    checkpoint = resolve_checkpoint(options.model, options.revision)
    architecture = read_architecture(checkpoint.path)
    if architecture.family != "ctc":
        raise CheckpointError(
            f"{checkpoint.name} is a {architecture.model_type} model, and the aligner ctc runs CTC models: "
            "give --aligner-model another, or --aligner auto"
        )
    return checkpoint


ctc_aligner = CtcAlignerFactory()
