"""Silero VAD's 16 kHz network over many windows at once; stateless: the LSTM's state is handed in and out.

In numpy, because torch would more than double the memory of a process whose engine does without it, and takes
seconds to import; the network is so small that it is no faster there (measured on one CPU thread).
"""

from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from asrlab.engines.protocol import Waveform
from asrlab.engines.torchscript import read_tensors
from asrlab.errors import CheckpointError

Array = npt.NDArray[np.float32]
LstmState = tuple[Array, Array]
"""Hidden and cell state, each of shape (128,)."""

WINDOW_SAMPLES = 512
CONTEXT_SAMPLES = 64
STFT_SAMPLES = 256
STFT_HOP_SAMPLES = 128
STFT_BINS = 129  # of a 256-point transform; its kernel holds the real parts, then the imaginary ones
CONVOLUTION_STRIDES = (1, 2, 2, 1)  # together they leave one of a window's four STFT frames
KERNEL = 3
WIDTH = 128

_SHAPES = {
    "stft.forward_basis_buffer": (2 * STFT_BINS, 1, STFT_SAMPLES),
    "encoder.0.reparam_conv.weight": (128, STFT_BINS, KERNEL),
    "encoder.1.reparam_conv.weight": (64, 128, KERNEL),
    "encoder.2.reparam_conv.weight": (64, 64, KERNEL),
    "encoder.3.reparam_conv.weight": (WIDTH, 64, KERNEL),
    "encoder.0.reparam_conv.bias": (128,),
    "encoder.1.reparam_conv.bias": (64,),
    "encoder.2.reparam_conv.bias": (64,),
    "encoder.3.reparam_conv.bias": (WIDTH,),
    "decoder.rnn.weight_ih": (4 * WIDTH, WIDTH),
    "decoder.rnn.weight_hh": (4 * WIDTH, WIDTH),
    "decoder.rnn.bias_ih": (4 * WIDTH,),
    "decoder.rnn.bias_hh": (4 * WIDTH,),
    "decoder.decoder.2.weight": (1, WIDTH, 1),
    "decoder.decoder.2.bias": (1,),
}


class SileroNetwork:
    """Magnitude STFT, four convolutions, one LSTM step per window, one logit."""

    def __init__(self, weights: dict[str, Array]) -> None:
        """`weights`: the tensors of the release's `_model`. Raises ValueError on others."""
        found = {name: weights[name].shape if name in weights else None for name in _SHAPES}
        if found != _SHAPES:
            raise ValueError(f"other weights: {next(n for n in _SHAPES if found[n] != _SHAPES[n])}")
        self._stft = np.ascontiguousarray(weights["stft.forward_basis_buffer"][:, 0].T)
        self._convolutions = [
            (
                np.ascontiguousarray(_columns(weights[f"encoder.{i}.reparam_conv.weight"])),
                weights[f"encoder.{i}.reparam_conv.bias"],
                stride,
            )
            for i, stride in enumerate(CONVOLUTION_STRIDES)
        ]
        # sigmoid(x) = tanh(x / 2) / 2 + 1/2, so that one tanh serves all four gates: input, forget, cell, output.
        self._scale = np.repeat(np.array([0.5, 0.5, 1.0, 0.5], np.float32), WIDTH)
        self._shift = np.repeat(np.array([0.5, 0.5, 0.0, 0.5], np.float32), WIDTH)
        self._input = np.ascontiguousarray((weights["decoder.rnn.weight_ih"] * self._scale[:, None]).T)
        self._hidden = np.ascontiguousarray(weights["decoder.rnn.weight_hh"] * self._scale[:, None])
        self._bias = (weights["decoder.rnn.bias_ih"] + weights["decoder.rnn.bias_hh"]) * self._scale
        self._logit_weight = weights["decoder.decoder.2.weight"].reshape(WIDTH)
        self._logit_bias = weights["decoder.decoder.2.bias"]

    @classmethod
    def load(cls, path: Path) -> Self:
        """From the package's TorchScript file. Raises CheckpointError."""
        try:
            tensors = read_tensors(path)
            model = "_model."
            return cls({n.removeprefix(model): t for n, t in tensors.items() if n.startswith(model)})
        except (OSError, ValueError) as error:
            raise CheckpointError(
                f"{path} is not Silero VAD's 16 kHz model: reinstall silero-vad ({error})"
            ) from error

    def score(self, audio: Waveform, state: LstmState | None) -> tuple[Array, LstmState]:
        """Speech probability of each window, shape (windows,), and the state to go on with.

        audio: `CONTEXT_SAMPLES` before the first window (zeros at a stream's start), then whole windows.
        """
        # What is no number stays none up to the probabilities, where the caller looks for it.
        with np.errstate(invalid="ignore", over="ignore"):
            hidden, state = self._lstm(self._features(audio), state)
            logits = np.maximum(hidden, 0) @ self._logit_weight + self._logit_bias
            return 0.5 * np.tanh(0.5 * logits) + np.float32(0.5), state

    def _features(self, audio: Waveform) -> Array:
        """What the LSTM reads, shape (windows, 128)."""
        view = np.lib.stride_tricks.sliding_window_view
        windows = view(audio, CONTEXT_SAMPLES + WINDOW_SAMPLES)[::WINDOW_SAMPLES]
        mirrored = windows[:, -2 : -2 - CONTEXT_SAMPLES : -1]
        frames = view(np.concatenate([windows, mirrored], axis=1), STFT_SAMPLES, axis=1)[
            :, ::STFT_HOP_SAMPLES
        ]
        spectrum = frames.reshape(-1, STFT_SAMPLES) @ self._stft
        magnitude = np.sqrt(spectrum[:, :STFT_BINS] ** 2 + spectrum[:, STFT_BINS:] ** 2)
        features: Array = magnitude.reshape(*frames.shape[:2], STFT_BINS)
        for weight, bias, stride in self._convolutions:
            features = _convolved(features, weight, bias, stride)
        return features.reshape(len(windows), WIDTH)

    def _lstm(self, features: Array, state: LstmState | None) -> tuple[Array, LstmState]:
        """The hidden state after each window, shape (windows, 128), and the last state."""
        zeros = np.zeros(WIDTH, dtype=np.float32)
        hidden, cell = state if state is not None else (zeros, zeros)
        inputs = features @ self._input + self._bias
        outputs = np.empty_like(features)
        gates = np.empty(4 * WIDTH, dtype=np.float32)
        for row, output in zip(inputs, outputs, strict=True):
            np.dot(self._hidden, hidden, out=gates)
            gates += row
            np.tanh(gates, out=gates)
            gates *= self._scale
            gates += self._shift
            cell = gates[WIDTH : 2 * WIDTH] * cell
            cell += gates[:WIDTH] * gates[2 * WIDTH : 3 * WIDTH]
            hidden = np.tanh(cell, out=output)
            hidden *= gates[3 * WIDTH :]
        return outputs, (hidden.copy(), cell)


def _columns(weight: Array) -> Array:
    """A kernel of shape (out, in, 3) as a matrix of shape (3 * in, out)."""
    return weight.transpose(2, 1, 0).reshape(-1, len(weight))


def _convolved(features: Array, weight: Array, bias: Array, stride: int) -> Array:
    """ReLU of a convolution over time with a zero on each side; shapes (windows, time, in) to (windows, time, out)."""
    padded = np.pad(features, ((0, 0), (1, 1), (0, 0)))
    seen = [
        padded[:, at : at + KERNEL].reshape(len(padded), -1) for at in range(0, features.shape[1], stride)
    ]
    convolved: Array = np.maximum(np.stack(seen, axis=1) @ weight + bias, 0)
    return convolved
