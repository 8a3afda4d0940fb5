"""What a header announces against what the file holds, for containers whose decoders hide the difference.

libsndfile clamps a data chunk to the file's end without a word, and Ogg states no length at all: a cut-off copy
would pass for a short recording.
"""

import struct
from pathlib import Path
from typing import BinaryIO

# Written by programs that could not know the size, as in a pipe: not a claim.
_STREAMING_SIZES = frozenset({0, 0xFFFFFFFF, 0xFFFFFFFF - 8, 0x7FFFFFFF, 0x7FFFFFFF - 8, 0x80000000})
_STREAMING_AT_LEAST = 0x7FFFF000
OGG_TAIL_BYTES = 1 << 17
OGG_END_OF_STREAM = 0x04


def missing_bytes(path: Path) -> int:
    """Bytes of audio that the header announces and the file does not hold; 0 where that can't be known."""
    size = path.stat().st_size
    with path.open("rb") as file:
        magic = file.read(12)
        if magic[:4] in (b"RIFF", b"RIFX") and magic[8:12] == b"WAVE":
            return _missing_in_chunks(file, size, b"data", ">" if magic[:4] == b"RIFX" else "<")
        if magic[:4] == b"FORM" and magic[8:12] in (b"AIFF", b"AIFC"):
            return _missing_in_chunks(file, size, b"SSND", ">")
        if magic[:4] == b"RF64" and magic[8:12] == b"WAVE":
            return _missing_in_rf64(file, size)
        if magic[:4] == b".snd":
            return _missing_in_au(file, size)
        if magic[:4] == b"OggS":
            return _missing_in_ogg(file, size)
    return 0


def _missing_in_chunks(file: BinaryIO, size: int, wanted: bytes, order: str) -> int:
    """IFF chunks: a 4-byte name, a 4-byte size, the bytes, and one more when the size is odd."""
    offset = 12
    while offset + 8 <= size:
        file.seek(offset)
        name, length = struct.unpack(f"{order}4sI", file.read(8))
        if name == wanted:
            if length in _STREAMING_SIZES or length >= _STREAMING_AT_LEAST:
                return 0
            return int(max(0, offset + 8 + length - size))
        offset += 8 + length + (length & 1)
    return 0


def _missing_in_rf64(file: BinaryIO, size: int) -> int:
    file.seek(12)
    name, length = struct.unpack("<4sI", file.read(8))
    if name != b"ds64" or length < 16:
        return 0
    _riff_size, data_size = struct.unpack("<QQ", file.read(16))
    offset = 20 + length
    while offset + 8 <= size:
        file.seek(offset)
        name, length = struct.unpack("<4sI", file.read(8))
        if name == b"data":
            return int(max(0, offset + 8 + (data_size if length == 0xFFFFFFFF else length) - size))
        offset += 8 + length + (length & 1)
    return 0


def _missing_in_au(file: BinaryIO, size: int) -> int:
    file.seek(4)
    header, length = struct.unpack(">II", file.read(8))
    if length in _STREAMING_SIZES or length >= _STREAMING_AT_LEAST:
        return 0
    return int(max(0, header + length - size))


def _missing_in_ogg(file: BinaryIO, size: int) -> int:
    """1 when the last page is cut off or is not marked as the stream's end."""
    first = max(0, size - OGG_TAIL_BYTES)
    file.seek(first)
    tail = file.read()
    place = tail.rfind(b"OggS")
    if place < 0 or place + 27 > len(tail):
        return 1
    flags, segments = tail[place + 5], tail[place + 26]
    table = tail[place + 27 : place + 27 + segments]
    end = place + 27 + segments + sum(table)
    if len(table) < segments or end > len(tail):
        return max(1, end - len(tail))
    return 0 if flags & OGG_END_OF_STREAM else 1
