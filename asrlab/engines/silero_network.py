"""Silero VAD's 16 kHz network over many windows at once; stateless: the LSTM's state is handed in and out.

Loaded lazily, by `asrlab.engines.silero` only: it imports torch.
"""

import warnings
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from asrlab.engines.protocol import Waveform
from asrlab.errors import CheckpointError

LstmState = tuple[torch.Tensor, torch.Tensor]
"""Hidden and cell state, each of shape (1, 128)."""

WINDOW_SAMPLES = 512
CONTEXT_SAMPLES = 64
STFT_HOP_SAMPLES = 128
STFT_BINS = 129  # of a 256-point transform; its kernel holds the real parts, then the imaginary ones
CONVOLUTION_STRIDES = (1, 2, 2, 1)  # together they leave one of a window's four STFT frames
WIDTH = 128

_LSTM_PARAMETERS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


class SileroNetwork:
    """Magnitude STFT, four convolutions, one LSTM step per window, one logit."""

    def __init__(self, weights: dict[str, torch.Tensor]) -> None:
        """`weights`: the state dict of the release's `_model`. Raises KeyError or RuntimeError on others."""
        self._stft = weights["stft.forward_basis_buffer"]
        self._convolutions = [
            (weights[f"encoder.{i}.reparam_conv.weight"], weights[f"encoder.{i}.reparam_conv.bias"], stride)
            for i, stride in enumerate(CONVOLUTION_STRIDES)
        ]
        self._lstm = torch.nn.LSTM(WIDTH, WIDTH)
        self._lstm.load_state_dict(
            {f"{name}_l0": weights[f"decoder.rnn.{name}"] for name in _LSTM_PARAMETERS}
        )
        self._logit_weight = weights["decoder.decoder.2.weight"].reshape(WIDTH)
        self._logit_bias = weights["decoder.decoder.2.bias"]

    @classmethod
    def load(cls, path: Path) -> Self:
        """From the package's TorchScript file. Raises CheckpointError."""
        try:
            with warnings.catch_warnings():
                # Only the weights are taken out of the script; torch deprecates running it, not us.
                warnings.filterwarnings("ignore", ".*torch.jit.load.*", DeprecationWarning)
                script = torch.jit.load(str(path), map_location="cpu")  # type: ignore[no-untyped-call]
            return cls({name: tensor.detach().clone() for name, tensor in script._model.state_dict().items()})
        except (RuntimeError, KeyError, AttributeError, ValueError) as error:
            raise CheckpointError(
                f"{path} is not Silero VAD's 16 kHz model: reinstall silero-vad ({error})"
            ) from error

    @torch.inference_mode()
    def score(self, audio: Waveform, state: LstmState | None) -> tuple[npt.NDArray[np.float32], LstmState]:
        """Speech probability of each window, shape (windows,), and the state to go on with.

        audio: `CONTEXT_SAMPLES` before the first window (zeros at a stream's start), then whole windows.
        """
        windows = torch.from_numpy(audio).unfold(0, CONTEXT_SAMPLES + WINDOW_SAMPLES, WINDOW_SAMPLES)
        windows = functional.pad(windows, (0, CONTEXT_SAMPLES), mode="reflect").unsqueeze(1)
        spectrum = functional.conv1d(windows, self._stft, stride=STFT_HOP_SAMPLES)
        features = (spectrum[:, :STFT_BINS] ** 2 + spectrum[:, STFT_BINS:] ** 2).sqrt()
        for weight, bias, stride in self._convolutions:
            features = functional.conv1d(features, weight, bias, stride=stride, padding=1).relu()
        hidden, state = self._lstm(features.squeeze(-1), state)
        probabilities = torch.sigmoid(hidden.relu() @ self._logit_weight + self._logit_bias)
        scores: npt.NDArray[np.float32] = probabilities.numpy()
        return scores, state
