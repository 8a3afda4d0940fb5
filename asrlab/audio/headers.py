"""What a header announces against what the file holds, for containers whose decoders hide the difference.

libsndfile clamps a data chunk to the file's end without a word, and FFmpeg reads as far as it can: a cut-off copy
would pass for a short recording. Only sizes that somebody really wrote are claims; see `_is_a_claim`.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from asrlab.audio import flac, ogg
from asrlab.audio.files import cannot_read

W64_RIFF = b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00"
EBML = b"\x1a\x45\xdf\xa3"
MATROSKA_SEGMENT = b"\x18\x53\x80\x67"
ASF_HEADER = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
ASF_FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
MP4_BOXES = frozenset(
    b"ftyp moov mdat moof free skip wide uuid meta styp sidx ssix mfra pdin udta pnot".split()
)


class Chunk(NamedTuple):
    """A named piece of a file: where its content starts, and how long its header says it is."""

    name: bytes
    start: int
    length: int


def shortfall(path: Path) -> str | None:
    """What the header announces and the file does not hold, as a phrase; None where all is there or unknown.

    Raises AudioError when the file can't be read.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(16)
            return _missing(file, head, size)
    except struct.error:
        return "its header itself is cut off"
    except OSError as error:
        raise cannot_read(path, error) from error


def is_unclosed_wav(path: Path) -> bool:
    """Whether a WAV says it holds 0 bytes of audio and goes on: written to a pipe, or by a program that died.

    libsndfile takes the 0 for the truth. A LIST after an empty data chunk is no audio.
    """
    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
            return False
        size = path.stat().st_size
        for chunk in _iff_chunks(file, size, "<"):
            if chunk.name == b"data":
                rest = list(_iff_chunks(file, size, "<", chunk.start))
                ends_well = bool(rest) and rest[-1].start + rest[-1].length <= size
                return chunk.length == 0 and chunk.start < size and not ends_well
    return False


def _missing(file: BinaryIO, head: bytes, size: int) -> str | None:
    missing = None
    if head[:4] in (b"RIFF", b"RIFX", b"RF64", b"BW64") and head[8:12] == b"WAVE":
        missing = _missing_in_wav(file, size, ">" if head[:4] == b"RIFX" else "<")
    elif head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        missing = _bytes_missing(8 + struct.unpack("<I", head[4:8])[0], size)
    elif head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        missing = _missing_in_aiff(file, size)
    elif head == W64_RIFF:
        missing = _missing_in_w64(file, size)
    elif head[:4] == b"caff":
        missing = _missing_in_caf(file, size)
    elif head[:4] == b".snd":
        header, length = struct.unpack(">II", head[4:12])
        missing = _frames_missing(length, size - header, 1)
    elif head[:4] == b"fLaC":
        missing = flac.missing_frames(file, size)
    elif head[:4] == b"OggS":
        missing = ogg.missing_end(file)
    elif head[4:8] in MP4_BOXES:
        missing = _missing_in_mp4(file, size)
    elif head[:4] == EBML:
        missing = _missing_in_matroska(file, size)
    elif head == ASF_HEADER:
        missing = _missing_in_asf(file, size)
    return missing


def _is_a_claim(length: int) -> bool:
    """Whether a 32-bit size was measured: 0, 2³¹ and 2³² less a header mean "I could not know", as in a pipe."""
    return length != 0 and not 0x7FFFF000 <= length <= 0x80000040 and length < 0xFFFFF000


def _frames_missing(announced: int, held: int, block: int) -> str | None:
    """Compares whole blocks: the pad byte or half a sample at the end is nobody's audio."""
    block = max(block, 1)
    if not _is_a_claim(announced) or max(held, 0) // block >= announced // block:
        return None
    return f"its header announces {announced} bytes of audio and {max(held, 0)} are there"


def _bytes_missing(announced_size: int, size: int) -> str | None:
    if not _is_a_claim(announced_size - 8) or size >= announced_size - 1:
        return None
    return f"its header announces {announced_size} bytes and {size} are there"


def _iff_chunks(file: BinaryIO, size: int, order: str, offset: int = 12) -> Iterator[Chunk]:
    """IFF chunks: a 4-byte name, a 4-byte size, the bytes, and one more when the size is odd.

    Ends at the first name that can't be one, as behind a chunk whose writer forgot the odd byte.
    """
    while offset + 8 <= size:
        file.seek(offset)
        name, length = struct.unpack(f"{order}4sI", file.read(8))
        if not all(0x20 <= byte < 0x7F for byte in name):
            return
        yield Chunk(name, offset + 8, length)
        offset += 8 + length + (length & 1)


def _missing_in_wav(file: BinaryIO, size: int, order: str) -> str | None:
    block, long_size = 1, None
    for chunk in _iff_chunks(file, size, order):
        if chunk.name == b"ds64" and chunk.length >= 16:
            _riff_size, long_size = struct.unpack("<QQ", file.read(16))
        elif chunk.name == b"fmt " and chunk.length >= 14:
            block = struct.unpack(f"{order}12xH", file.read(14))[0]
        elif chunk.name == b"data":
            held = size - chunk.start
            if long_size is not None and chunk.length == 0xFFFFFFFF:
                missing = held // max(block, 1) < long_size // max(block, 1)
                return _announced(long_size, held) if missing and long_size < 2**62 else None
            return _frames_missing(chunk.length, held, block)
    return None


def _announced(announced: int, held: int) -> str:
    return f"its header announces {announced} bytes of audio and {max(held, 0)} are there"


def _missing_in_aiff(file: BinaryIO, size: int) -> str | None:
    block = 1
    for chunk in _iff_chunks(file, size, ">"):
        if chunk.name == b"COMM" and chunk.length == 18:
            # 18 bytes are plain AIFF, always PCM; AIFF-C names a codec behind them.
            channels, _frames, bits = struct.unpack(">HIH", file.read(8))
            block = channels * ((bits + 7) // 8)
        elif chunk.name == b"SSND":
            # Two words, offset and block size, precede the samples.
            return _frames_missing(chunk.length - 8, size - chunk.start - 8, block)
    return None


def _missing_in_w64(file: BinaryIO, size: int) -> str | None:
    """Sony's Wave64: GUIDs for names, 64-bit sizes that count their own 24-byte header, 8-byte alignment."""
    offset, block = 40, 1
    while offset + 24 <= size:
        file.seek(offset)
        name, length = struct.unpack("<4s12xQ", file.read(24))
        if length < 24:
            return None
        if name == b"fmt ":
            block = max(1, struct.unpack("<12xH", file.read(14))[0])
        elif name == b"data":
            announced, held = length - 24, size - offset - 24
            missing = length < 2**62 and held // block < announced // block
            return _announced(announced, held) if missing else None
        offset += (length + 7) // 8 * 8
    return None


def _missing_in_caf(file: BinaryIO, size: int) -> str | None:
    """Apple's CAF: 64-bit sizes, -1 for a data chunk that runs to the end."""
    offset, block = 8, 1
    while offset + 12 <= size:
        file.seek(offset)
        name, length = struct.unpack(">4sq", file.read(12))
        if length < 0:
            return None
        if name == b"desc" and length >= 20:
            block = max(1, struct.unpack(">16xI", file.read(20))[0])
        elif name == b"data":
            # An edit count of 4 bytes precedes the samples.
            announced, held = length - 4, size - offset - 16
            return _announced(announced, held) if held // block < announced // block else None
        offset += 12 + length
    return None


def _missing_in_mp4(file: BinaryIO, size: int) -> str | None:
    offset, seen = 0, set()
    while offset + 8 <= size:
        file.seek(offset)
        length, name = struct.unpack(">I4s", file.read(8))
        if name not in MP4_BOXES:
            break
        seen.add(name)
        if length == 1:
            length = int.from_bytes(file.read(8), "big")
        elif length == 0:
            length = size - offset
        if offset + length > size:
            return f"its {name.decode('ascii')} box ends {offset + length - size} bytes behind the file's end"
        offset += max(length, 8)
    if b"mdat" in seen and b"moov" not in seen:
        return "its index (moov) was never written"
    return None


def _missing_in_matroska(file: BinaryIO, size: int) -> str | None:
    file.seek(4)
    header = _ebml_size(file)
    if header is None:
        return None
    file.seek(header, 1)
    if file.read(4) != MATROSKA_SEGMENT:
        return None
    announced = _ebml_size(file)
    held = size - file.tell()
    if announced is None or held >= announced:
        return None
    return f"its header announces {announced} bytes and {held} are there"


def _ebml_size(file: BinaryIO) -> int | None:
    """A size as Matroska writes it: the leading zero bits count the bytes; all ones means unknown (a stream)."""
    first = file.read(1)
    if not first or first[0] == 0:
        return None
    length = 9 - first[0].bit_length()
    value = int.from_bytes(first + file.read(length - 1), "big") & ((1 << 7 * length) - 1)
    return None if value == (1 << 7 * length) - 1 else value


def _missing_in_asf(file: BinaryIO, size: int) -> str | None:
    """Windows Media: the File Properties Object tells the file's size, unless it was broadcast."""
    file.seek(24)
    count = int.from_bytes(file.read(4), "little")
    offset = 30
    for _ in range(min(count, 64)):
        file.seek(offset)
        head = file.read(92)
        if len(head) < 92:
            return None
        guid, length = head[:16], int.from_bytes(head[16:24], "little")
        if guid == ASF_FILE_PROPERTIES:
            announced, is_broadcast = int.from_bytes(head[40:48], "little"), head[88] & 1
            if is_broadcast or size >= announced:
                return None
            return f"its header announces {announced} bytes and {size} are there"
        offset += max(length, 24)
    return None
