"""What a CTC model says of each frame."""

from typing import Any

import torch

from asrlab.domain.reasons import FailureReason
from asrlab.engines.generic.audio import audio_at
from asrlab.engines.generic.loading import LoadedRecognizer
from asrlab.engines.protocol import Waveform
from asrlab.errors import CheckpointError, ItemError


@torch.inference_mode()
def emissions(loaded: LoadedRecognizer, waveform: Waveform) -> torch.Tensor:
    """Log-probabilities of shape (frames, vocabulary), float32 on the CPU, for one waveform of 16 kHz.

    One clip at a time: no family of CTC models promises that padding changes nothing. Raises ItemError for NaN.
    """
    extractor = loaded.processor.feature_extractor
    audio = audio_at(waveform, loaded.processor.sampling_rate)
    inputs = extractor(audio, sampling_rate=loaded.processor.sampling_rate, return_tensors="pt")
    inputs = inputs.to(loaded.device, loaded.dtype)
    logits = loaded.model(**inputs).logits[0].float()
    logits = logits[: _frames(loaded.model, inputs, len(logits))]
    if not torch.isfinite(logits).all():
        raise ItemError(FailureReason.ENGINE_ERROR, "the model gave values that are no numbers (NaN)")
    return torch.log_softmax(logits, dim=-1).cpu()


def blank_id(loaded: LoadedRecognizer) -> int:
    """The token that says nothing. Raises CheckpointError for a model that names none."""
    found = loaded.model.config.pad_token_id
    if found is None:
        raise CheckpointError("the checkpoint's config.json has no pad_token_id, which CTC uses as its blank")
    return int(found)


def _frames(model: Any, inputs: Any, frames: int) -> int:
    """How many frames are audio, and not what the feature extractor padded."""
    mask = inputs.get("attention_mask")
    if mask is None or not hasattr(model, "_get_output_attention_mask"):
        return frames
    return int(model._get_output_attention_mask(mask, target_length=frames).sum())
