"""The length an MP3 announces: a Xing, Info or VBRI tag in the first frame tells how many frames follow.

Sources: ISO/IEC 11172-3 §2.4 (frame header); the tags as LAME and FhG write them.
"""

from pathlib import Path

SEARCHED_BYTES = 1 << 16
ID3_HEADER_BYTES = 10
LAME_TAGS = (b"LAME", b"Lavf", b"Lavc", b"L3.9")
# Where no tag tells the encoder's delay and padding: two frames each.
UNKNOWN_DELAY_FRAMES = 4


def announced_samples(path: Path) -> int | None:
    """The least number of samples per channel that an undamaged copy decodes to; None where no tag tells."""
    with path.open("rb") as file:
        file.seek(_id3_bytes(file.read(ID3_HEADER_BYTES)))
        head = file.read(SEARCHED_BYTES)
    frame = _first_frame(head)
    if frame < 0:
        return None
    is_mpeg1 = head[frame + 1] & 0x18 == 0x18
    is_mono = head[frame + 3] >> 6 == 3
    samples_per_frame = 1152 if is_mpeg1 else 576
    side_bytes = (17 if is_mono else 32) if is_mpeg1 else (9 if is_mono else 17)
    xing = frame + 4 + side_bytes
    if head[xing : xing + 4] in (b"Xing", b"Info") and head[xing + 7] & 1:
        frames = int.from_bytes(head[xing + 8 : xing + 12], "big")
        delay = _delay_samples(head, xing)
        # A frame of slack: some writers count the tag's own frame.
        spare = UNKNOWN_DELAY_FRAMES * samples_per_frame if delay is None else delay + samples_per_frame
        return max(0, frames * samples_per_frame - spare)
    vbri = frame + 36
    if head[vbri : vbri + 4] == b"VBRI":
        frames = int.from_bytes(head[vbri + 14 : vbri + 18], "big")
        return max(0, (frames - UNKNOWN_DELAY_FRAMES) * samples_per_frame)
    return None


def _id3_bytes(head: bytes) -> int:
    """Length of an ID3v2 tag at the start of the file: 28 bits in four bytes, beside its own ten."""
    if head[:3] != b"ID3" or len(head) < ID3_HEADER_BYTES:
        return 0
    size = 0
    for byte in head[6:10]:
        size = size << 7 | byte & 0x7F
    has_footer = head[5] & 0x10
    return ID3_HEADER_BYTES + size + (ID3_HEADER_BYTES if has_footer else 0)


def _first_frame(head: bytes) -> int:
    """Where the first frame header of layer III is, -1 for nowhere."""
    place = head.find(b"\xff")
    while 0 <= place < len(head) - 192:
        version, rates = head[place + 1], head[place + 2]
        # Sync bits, not the reserved version, layer III, a bit rate and a sampling rate that exist.
        is_header = version & 0xE6 == 0xE2 and version & 0x18 != 0x08
        if is_header and 0 < rates >> 4 < 15 and rates & 0x0C != 0x0C:
            return place
        place = head.find(b"\xff", place + 1)
    return -1


def _delay_samples(head: bytes, xing: int) -> int | None:
    """The encoder's delay and padding together, which decoders leave out; None where LAME's tag is absent."""
    flags = head[xing + 7]
    tag = xing + 8 + 4 * (flags & 1) + 4 * (flags >> 1 & 1) + 100 * (flags >> 2 & 1) + 4 * (flags >> 3 & 1)
    if head[tag : tag + 4] not in LAME_TAGS:
        return None
    packed = int.from_bytes(head[tag + 21 : tag + 24], "big")
    return (packed >> 12) + (packed & 0xFFF)
