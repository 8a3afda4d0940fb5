"""Samples to the bytes of a whole file that is the same whenever it is written: WAV, FLAC or Opus, from 16 bits.

FLAC comes back sample by sample; Opus is lossy, and as long as what went in.
"""

import io
from fractions import Fraction

import av
import numpy as np
import numpy.typing as npt
import soundfile
from av.audio.codeccontext import AudioCodecContext
from av.codec.context import Flags

from asrlab.audio.resample import Waveform
from asrlab.audio.write import MAX_WAV_BYTES, pcm16, wav_bytes, wav_header

OPUS_RATES_HZ = (8_000, 12_000, 16_000, 24_000, 48_000)
"""What the codec takes (RFC 6716, section 2); every player decodes at 48 kHz, a multiple of each."""
OPUS_BITS_PER_SECOND = 32_000
"""A channel's."""
# Of 10. The best is four times as slow (73 × real time on a core against 339, measured on read speech), for a tenth
# of the bits.
OPUS_COMPLEXITY = 5
MAX_CHANNELS = {"wav": 65_535, "flac": 8, "opus": 2}
"""By container. FLAC holds no more (RFC 9639, 9.1.3); Opus reorders and joins them (RFC 7845, 5.1.1.2)."""


def encoded(waveform: Waveform, sampling_rate: int, container: str) -> bytes:
    """A file of these samples, one at least: shape (samples,) or (samples, channels), louder ones are clipped.

    Equal samples give equal bytes with the same releases of the encoders. Raises ValueError for what the container
    can't hold: no sample, too many channels, a rate it does not know, 4 GiB in a WAV.
    """
    if not len(waveform):
        raise ValueError("it holds no sample")
    num_channels = waveform.shape[1] if waveform.ndim > 1 else 1
    if num_channels > MAX_CHANNELS[container]:
        raise ValueError(f"{container} holds at most {MAX_CHANNELS[container]} channels, not {num_channels}")
    if container == "wav" and wav_bytes(len(waveform), num_channels) > MAX_WAV_BYTES:
        raise ValueError("a WAV file holds at most 4 GiB")
    samples = pcm16(waveform).reshape(-1, num_channels)
    if container == "opus":
        return _opus(samples, sampling_rate)
    if container == "flac":
        return _flac(samples, sampling_rate)
    return wav_header(len(samples), sampling_rate, num_channels) + samples.tobytes()


def _flac(samples: npt.NDArray[np.int16], sampling_rate: int) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, sampling_rate, format="FLAC", subtype="PCM_16")
    return file.getvalue()


def _opus(samples: npt.NDArray[np.int16], sampling_rate: int) -> bytes:
    """Bit-exact flags put no time, no version and no random serial number into the pages."""
    if sampling_rate not in OPUS_RATES_HZ:
        raise ValueError(f"Opus knows no rate of {sampling_rate} Hz")
    num_channels = samples.shape[1]
    layout = "mono" if num_channels == 1 else "stereo"
    file = io.BytesIO()
    with av.open(file, "w", format="opus", container_options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream(
            "libopus",
            rate=sampling_rate,
            layout=layout,
            format="s16",
            options={"compression_level": str(OPUS_COMPLEXITY)},
        )
        context: AudioCodecContext = stream.codec_context
        context.flags |= Flags.bitexact
        context.bit_rate = OPUS_BITS_PER_SECOND * num_channels
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout=layout)
        frame.sample_rate = sampling_rate
        frame.pts = 0
        frame.time_base = Fraction(1, sampling_rate)
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()
