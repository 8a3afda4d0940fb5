"""Whole recordings as WAV files, mono and 16-bit at their own rate, for readers that know nothing else.

A file's name says what it holds (the recording's content hash, the channel), so one of that name and of the right
size is left as it is.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from asrlab.audio.decode import open_audio
from asrlab.audio.files import printable
from asrlab.audio.places import at_hand, named_after
from asrlab.audio.remote.urls import is_url
from asrlab.audio.stream import stream_mono
from asrlab.audio.write import MAX_WAV_BYTES, pcm16, wav_bytes, wav_header
from asrlab.domain.audio import AudioSource
from asrlab.domain.reasons import FailureReason
from asrlab.errors import AudioError, ItemError, OptionError, UserError
from asrlab.export.placing import placed_whole
from asrlab.export.utterances import KEY_DIGITS

OWN_NAME = re.compile(rf"\.?[0-9a-f]{{{KEY_DIGITS}}}(-c\d+)?\.wav(\.\w+)?")
"""A file of `convert`, or what a killed export has left of one."""


class Whole(NamedTuple):
    """One channel of a recording, from 0; None for the mean of all."""

    source: AudioSource
    channel: int | None

    @property
    def name(self) -> str:
        """`<hash>.wav`, with `-c<channel>` for one channel."""
        suffix = "" if self.channel is None else f"-c{self.channel}"
        return f"{self.source.content_hash[:KEY_DIGITS]}{suffix}.wav"


def is_mono_wav(source: AudioSource) -> bool:
    """Whether the recording is a local file that needs no converting. Raises UserError when it can't be read."""
    if is_url(source.uri):
        return False
    try:
        with open_audio(at_hand(source)) as stream:
            facts = stream.facts
    except AudioError as error:
        raise UserError(f"can't read a recording: {error}") from error
    return (facts.container, facts.codec, facts.num_channels) == ("wav", "pcm_16", 1)


def convert(whole: Whole, folder: Path) -> Iterator[None]:
    """Write a recording's file, unless `folder` has it; yields behind each block, and may be left there.

    Raises UserError when the audio can't be read, OptionError when a WAV can't hold it or the folder can't be written.
    """
    source, target = whole.source, folder / whole.name
    size = wav_bytes(source.num_samples)
    if size > MAX_WAV_BYTES:
        raise OptionError(
            f"{printable(source.uri)} is too long for a WAV file of 4 GiB: leave it out with --where"
        )
    if target.is_file() and target.stat().st_size == size:
        return
    try:
        path = at_hand(source)
        with named_after(source.uri, path), placed_whole(target) as file:
            file.write(wav_header(source.num_samples, source.sampling_rate))
            held = 0
            for block in stream_mono(path, channel=whole.channel):
                file.write(pcm16(block).tobytes())
                held += len(block)
                yield
            if held != source.num_samples:
                raise AudioError(
                    FailureReason.CHANGED,
                    f"{printable(path)} holds {held} samples, and held {source.num_samples} when it was ingested: "
                    "ingest it again",
                )
    except ItemError as error:
        raise UserError(f"can't convert a recording: {error}") from error
