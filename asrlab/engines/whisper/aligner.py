"""The aligner `whisper`: when each word of a given text is spoken, by the decoder's cross-attention.

The text is forced through the decoder; the heads that follow the audio (the checkpoint's alignment heads) are
normalised, smoothed and averaged, and the cheapest monotonic path through them gives each token its frames
(openai/whisper, timing.py). Words then lose the silence at their borders.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from scipy.ndimage import median_filter
from transformers.modeling_outputs import BaseModelOutput

from asrlab.domain.labels import AlignedWord
from asrlab.domain.reasons import FailureReason
from asrlab.engines.attention_path import cheapest_path
from asrlab.engines.byte_tokens import token_bytes
from asrlab.engines.protocol import EngineInfo, Waveform
from asrlab.engines.whisper.factory import SAMPLING_RATE_HZ, WINDOW_SECONDS
from asrlab.engines.whisper.model import LoadedWhisper
from asrlab.engines.whisper.word_times import MEDIAN_WIDTH, frame_count, words_on_path
from asrlab.errors import ItemError, OptionError


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
        attention, logprobs = self._attend(waveform, start, ids, frame_count(waveform))
        pieces = token_bytes(self._loaded.tokenizer.convert_ids_to_tokens(ids))
        return words_on_path(cheapest_path(-attention), pieces, logprobs, waveform)

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
        # Apart from the decoder: asked for its attention, the encoder would keep 54 MB of it for each of its layers.
        encoded = model.get_encoder()(self._loaded.features([waveform])).last_hidden_state
        answer = model(
            encoder_outputs=BaseModelOutput(last_hidden_state=encoded),
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
