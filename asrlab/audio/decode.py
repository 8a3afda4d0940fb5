"""Opening a file with the decoder that suits it: libsndfile for what it reads whole, FFmpeg's (PyAV) for the rest.

The file's first bytes decide, not its name, so that a photo called .mp3 is no sound. MP3 goes to PyAV too: the
decoder inside libsndfile writes to the terminal, and Ogg streams joined into one file do, of which it reads the first.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from asrlab.audio import ogg
from asrlab.audio.ffmpeg import AvStream
from asrlab.audio.files import cannot_read, check_readable, printable
from asrlab.audio.headers import is_unclosed_wav
from asrlab.audio.protocol import AudioStream, StreamFacts
from asrlab.audio.sndfile import SoundFileStream
from asrlab.domain.reasons import FailureReason
from asrlab.errors import AudioError

LIBSNDFILE_MAGICS = (
    *(b"RIFF", b"RIFX", b"RF64", b"riff", b"fLaC", b"OggS", b"FORM", b"caff", b".snd", b"dns."),
    *(b"NIST_1A", b"Creative Voice File"),
)
SNIFFED_BYTES = 4096
# Below it a megabyte would be resampled to gigabytes, above it a second would not fit into memory; FLAC can say
# no higher one.
LOWEST_RATE_HZ = 1000
HIGHEST_RATE_HZ = (1 << 20) - 1
# Text of fewer different characters may be a constant tone in a headerless codec.
TEXT_CHARACTERS_AT_LEAST = 8


@contextmanager
def open_audio(path: Path) -> Iterator[AudioStream]:
    """The file's first audio stream.

    Raises AudioError: gone, forbidden, no regular file, empty, or nothing that a decoder knows as audio; a rate
    that no audio has counts as that.
    """
    with opened_audio(path) as stream:
        yield stream


def opened_audio(path: Path, *, is_jumped_in: bool = False) -> SoundFileStream | AvStream:
    """The same, to be closed by whoever asked (`with`): no generator stands between that may be collected first.

    is_jumped_in: as of AvStream.
    """
    if check_readable(path) == 0:
        raise AudioError(FailureReason.EMPTY_FILE, f"{printable(path)} is empty (0 bytes): copy it again")
    stream = _decoder(path, is_jumped_in)
    try:
        _check_rate(path, stream.facts)
    except AudioError:
        stream.__exit__(None, None, None)
        raise
    return stream


def _decoder(path: Path, is_jumped_in: bool) -> SoundFileStream | AvStream:
    refusal = "no decoder knows its format"
    if _suits_libsndfile(path):
        opened = SoundFileStream.open(path)
        if isinstance(opened, SoundFileStream):
            return opened
        refusal = opened
    return AvStream(path, refusal, is_jumped_in=is_jumped_in)


def _check_rate(path: Path, facts: StreamFacts) -> None:
    if not LOWEST_RATE_HZ <= facts.sampling_rate <= HIGHEST_RATE_HZ:
        raise AudioError(
            FailureReason.NOT_AUDIO,
            f"{printable(path)}: its header announces a sampling rate of {facts.sampling_rate} Hz, and audio has "
            f"{LOWEST_RATE_HZ} to {HIGHEST_RATE_HZ}: check the file",
        )


def _suits_libsndfile(path: Path) -> bool:
    """Raises AudioError (NOT_AUDIO) for text, which headerless codecs would take for noise."""
    try:
        with path.open("rb") as file:
            head = file.read(SNIFFED_BYTES)
        if head.startswith(LIBSNDFILE_MAGICS):
            return not is_unclosed_wav(path) and not (head.startswith(b"OggS") and ogg.is_chained(path))
    except OSError as error:
        raise cannot_read(path, error) from error
    if _is_text(head):
        raise AudioError(
            FailureReason.NOT_AUDIO,
            f"{printable(path)} holds text, not audio: remove it or name another file",
        )
    return False


def _is_text(head: bytes) -> bool:
    return len(set(head)) >= TEXT_CHARACTERS_AT_LEAST and all(
        32 <= byte < 127 or byte in b"\t\n\r" for byte in head
    )
