"""FLAC's own header: how many bytes its frames take at least, so that a cut inside the first one is seen too.

RFC 9639, section 8: STREAMINFO is the first metadata block; the frames follow the last one.
"""

import math
import struct
from typing import BinaryIO

MAGIC_BYTES = 4
BLOCK_HEADER_BYTES = 4
STREAMINFO_BYTES = 34
LAST_BLOCK = 0x80
SAMPLES_MASK = (1 << 36) - 1


def missing_frames(file: BinaryIO, size: int) -> str | None:
    """What a FLAC file's header announces and its bytes can't hold; None where they can, or it does not say.

    Raises struct.error when the header itself is cut off.
    """
    file.seek(MAGIC_BYTES + BLOCK_HEADER_BYTES)
    largest_block, smallest_frame, counts = struct.unpack(">2xH3s3x8s16x", _exactly(file, STREAMINFO_BYTES))
    samples = int.from_bytes(counts) & SAMPLES_MASK
    needed = math.ceil(samples / max(largest_block, 1)) * int.from_bytes(smallest_frame)
    held = size - _start_of_frames(file)
    if held >= needed:
        return None
    return f"its header announces at least {needed} bytes of audio and {max(held, 0)} are there"


def _start_of_frames(file: BinaryIO) -> int:
    position = MAGIC_BYTES
    while True:
        file.seek(position)
        kind, length = struct.unpack(">B3s", _exactly(file, BLOCK_HEADER_BYTES))
        position += BLOCK_HEADER_BYTES + int.from_bytes(length)
        if kind & LAST_BLOCK:
            return position


def _exactly(file: BinaryIO, count: int) -> bytes:
    data = file.read(count)
    if len(data) < count:
        raise struct.error("cut off")
    return data
