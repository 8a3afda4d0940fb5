"""How a model of transformers is asked for a text, told by its config.json alone."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from asrlab.engines.checkpoint import model_type
from asrlab.errors import CheckpointError

Family = Literal["ctc", "transducer", "seq2seq", "chat"]

# They are listed with the recognizers, and make sound, translate, or write while they listen.
_NO_RECOGNIZERS = frozenset(
    {"dia", "kyutai_speech_to_text", "pop2piano", "seamless_m4t", "seamless_m4t_v2", "vibevoice"}
)
# Chat models of speech without a request of their own: the audio stands in the user's turn.
_ASKED_IN_WORDS = frozenset({"granite_speech", "granite_speech_plus"})


@dataclass(frozen=True, slots=True)
class Architecture:
    """How a checkpoint's model is loaded and asked.

    family: "ctc" (a token for each frame), "transducer", "seq2seq" (encoder and decoder), or "chat" (a language model
    that is asked for a transcription). auto_class: the name of transformers' class that loads it.
    """

    model_type: str
    family: Family
    auto_class: str


def read_architecture(path: Path) -> Architecture:
    """The architecture of the checkpoint in a directory. Raises CheckpointError for one that writes no text."""
    from transformers.models.auto import modeling_auto

    kind = model_type(path)
    if kind in modeling_auto.MODEL_FOR_CTC_MAPPING_NAMES:
        return Architecture(kind, "ctc", "AutoModelForCTC")
    if kind in modeling_auto.MODEL_FOR_TDT_MAPPING_NAMES:
        return Architecture(kind, "transducer", "AutoModelForTDT")
    if kind in modeling_auto.MODEL_FOR_RNNT_MAPPING_NAMES:
        return Architecture(kind, "transducer", "AutoModelForRNNT")
    speaks = kind in modeling_auto.MODEL_FOR_SPEECH_SEQ_2_SEQ_MAPPING_NAMES
    auto_class = "AutoModelForSpeechSeq2Seq" if speaks else "AutoModelForMultimodalLM"
    if kind not in _NO_RECOGNIZERS and (kind in _ASKED_IN_WORDS or _takes_requests(kind)):
        return Architecture(kind, "chat", auto_class)
    if kind not in _NO_RECOGNIZERS and speaks:
        return Architecture(kind, "seq2seq", auto_class)
    raise CheckpointError(
        f"{path} is a {kind} model: the engine transformers runs speech recognizers (CTC, transducers, encoder-decoders, "
        "and models that take a transcription request)"
    )


def takes(call: Any, *names: str) -> set[str]:
    """Those of `names` that are parameters of `call`."""
    return set(names) & set(inspect.signature(call).parameters)


def requires(call: Any, name: str) -> bool:
    """Whether `call` has a parameter of that name without a default."""
    parameters: Mapping[str, inspect.Parameter] = inspect.signature(call).parameters
    return name in parameters and parameters[name].default is inspect.Parameter.empty


def _takes_requests(kind: str) -> bool:
    import transformers
    from transformers.models.auto import processing_auto

    name = processing_auto.PROCESSOR_MAPPING_NAMES.get(kind)  # type: ignore[attr-defined]
    if name is None:
        return False
    try:
        return hasattr(getattr(transformers, name), "apply_transcription_request")
    except ImportError as error:
        # Its message names the libraries that the model needs, on lines of their own.
        raise CheckpointError(f"a {kind} model can't be run: {' '.join(str(error).split())}") from error
