"""Decompression bombs: small files that decode to absurdly much audio, told while they are decoded.

Long alone is no reason to refuse a file, and silence alone is none: a file must be both longer than anybody records
at once and pressed harder than any codec presses what a microphone hears. What a header claims does not count.
"""

from collections.abc import Iterator
from pathlib import Path

from asrlab.audio.files import printable
from asrlab.audio.protocol import Frames
from asrlab.domain.reasons import FailureReason
from asrlab.domain.time import Seconds
from asrlab.errors import AudioError

LONGEST_SECONDS: Seconds = 100 * 3600.0
# Over all channels: 58 hours of 48 kHz stereo. Decoding that far takes two minutes.
MOST_SAMPLES = 20_000_000_000
SAMPLE_BYTES = 2
# Speech in Opus at 6 kbit/s decodes to 128 times its size; digital silence in FLAC to 10,000 times.
MOST_EXPANSION = 500


def without_bombs(path: Path, blocks: Iterator[Frames], sampling_rate: int) -> Iterator[Frames]:
    """The same blocks; raises AudioError (DECOMPRESSION_BOMB) at the first that is too much for the file's size."""
    size = path.stat().st_size
    frames = samples = 0
    for block in blocks:
        frames += len(block)
        samples += block.size
        is_long = frames > LONGEST_SECONDS * sampling_rate or samples > MOST_SAMPLES
        if is_long and samples * SAMPLE_BYTES > MOST_EXPANSION * size:
            raise AudioError(
                FailureReason.DECOMPRESSION_BOMB,
                f"{printable(path)} holds {size} bytes and decodes to more than {frames / sampling_rate / 3600:.0f} "
                f"hours of audio, {samples * SAMPLE_BYTES // size} times its size: remove it, or, if it is a "
                f"recording, cut it into files of less than {LONGEST_SECONDS / 3600:.0f} hours",
            )
        yield block
