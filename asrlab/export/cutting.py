"""Cutting clips: what a clip holds, which are there already, and one recording's from its file.

A clip holds what the engine heard, the mean of the channels or the segment's own at 16 kHz, unless asked otherwise.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from asrlab.audio.cut import ALL, MIX, Channel, Piece, cut_pieces
from asrlab.audio.encode import MAX_CHANNELS, OPUS_RATES_HZ, encoded
from asrlab.audio.files import printable
from asrlab.audio.places import at_hand, named_after
from asrlab.audio.write import WAV_HEADER_BYTES, wav_bytes, wav_header
from asrlab.domain.audio import ENGINE_SAMPLING_RATE_HZ, AudioSource
from asrlab.errors import ItemError, OptionError, UserError
from asrlab.export.placing import placed_whole
from asrlab.export.utterances import LabeledRecording, Utterance

LOWEST_RATE_HZ = 1_000
HIGHEST_RATE_HZ = 384_000


@dataclass(frozen=True, slots=True)
class ClipSpec:
    """What a clip is: 16-bit samples of one or more channels.

    container: "wav", "flac" or "opus". channel: "mix" is the utterance's own channel or else the mean of all, "all" is
    every channel, a number that one (from 0). Raises OptionError for what no clip can be.
    """

    container: str = "wav"
    sampling_rate: int = ENGINE_SAMPLING_RATE_HZ
    channel: Channel = MIX

    def __post_init__(self) -> None:
        if self.container not in MAX_CHANNELS:
            raise OptionError(f"clips are cut as {', '.join(MAX_CHANNELS)}, not as {self.container!r}")
        if self.container == "opus" and self.sampling_rate not in OPUS_RATES_HZ:
            known = ", ".join(str(rate) for rate in OPUS_RATES_HZ)
            raise OptionError(
                f"Opus knows no rate of {self.sampling_rate} Hz: choose one of {known}, or FLAC"
            )
        if not LOWEST_RATE_HZ <= self.sampling_rate <= HIGHEST_RATE_HZ:
            raise OptionError(
                f"clips have {LOWEST_RATE_HZ} to {HIGHEST_RATE_HZ} Hz, not {self.sampling_rate}: choose such a rate"
            )
        if self.channel not in (MIX, ALL) and not (isinstance(self.channel, int) and self.channel >= 0):
            raise OptionError(f"the channel of clips is mix, all or a number from 0, not {self.channel!r}")

    def channel_of(self, utterance: Utterance) -> Channel:
        own = utterance.channel
        return own if self.channel == MIX and own is not None else self.channel

    def num_channels(self, source: AudioSource) -> int:
        return source.num_channels if self.channel == ALL else 1

    def num_samples(self, source: AudioSource, utterance: Utterance) -> int:
        """A channel's, in the clip."""
        first, end = _range(source, utterance)
        return round((end - first) * self.sampling_rate / source.sampling_rate)


def cut_clips(recording: LabeledRecording, folder: Path, spec: ClipSpec) -> Iterator[None]:
    """Cut the clips that `folder` lacks, `<key>.<container>` each; yields behind each.

    Raises UserError, naming the recording, when its audio can't be read or the container can't hold it; OptionError
    when the folder can't be written.
    """
    source = recording.source
    lacking = [
        (utterance, folder / clip_name(recording, utterance, spec)) for utterance in recording.utterances
    ]
    lacking = [(one, target) for one, target in lacking if not _is_there(target, source, one, spec)]
    if not lacking:
        return
    _check_channels(source, spec)
    pieces = [Piece(*_range(source, one), spec.channel_of(one)) for one, _ in lacking]
    try:
        path = at_hand(source)
        with named_after(source.uri, path):
            for index, waveform in cut_pieces(path, source, pieces, spec.sampling_rate):
                utterance, target = lacking[index]
                try:
                    data = encoded(waveform, spec.sampling_rate, spec.container)
                except ValueError as error:
                    raise UserError(
                        f"can't cut a clip at {utterance.start:g} s of {printable(source.uri)}: {error}; "
                        "leave it out with --where"
                    ) from error
                with placed_whole(target) as file:
                    file.write(data)
                yield
    except ItemError as error:
        raise UserError(f"can't cut a clip: {error}") from error


def clip_name(recording: LabeledRecording, utterance: Utterance, spec: ClipSpec) -> str:
    return f"{recording.key_of(utterance)}.{spec.container}"


def _range(source: AudioSource, utterance: Utterance) -> tuple[int, int]:
    """The utterance's samples in its recording: its end is rounded to a millisecond, and may lie a little behind."""
    first, end = utterance.span.sample_range(source.sampling_rate)
    return min(first, source.num_samples), min(end, source.num_samples)


def _is_there(path: Path, source: AudioSource, utterance: Utterance, spec: ClipSpec) -> bool:
    """Whether the file is this clip for sure: a WAV of this header and size, which no other channel can have given.

    The bytes of the others tell only when they are decoded, so they are cut anew.
    """
    if spec.container != "wav" or (source.num_channels > 1 and spec.channel != ALL):
        return False
    num_samples, num_channels = spec.num_samples(source, utterance), spec.num_channels(source)
    try:
        with path.open("rb") as file:
            header = file.read(WAV_HEADER_BYTES)
        size = path.stat().st_size
    except OSError:
        return False
    return size == wav_bytes(num_samples, num_channels) and header == wav_header(
        num_samples, spec.sampling_rate, num_channels
    )


def _check_channels(source: AudioSource, spec: ClipSpec) -> None:
    name = printable(source.uri)
    if isinstance(spec.channel, int) and spec.channel >= source.num_channels:
        raise UserError(
            f"{name} has {source.num_channels} channel(s), so there is no channel {spec.channel} (they count from 0): "
            "choose another, or leave it out with --where"
        )
    if spec.num_channels(source) > MAX_CHANNELS[spec.container]:
        raise UserError(
            f"{name} has {source.num_channels} channels, and clips in {spec.container.upper()} hold "
            f"{MAX_CHANNELS[spec.container]}: choose one channel, their mean, or WAV"
        )
