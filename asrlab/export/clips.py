"""Audio that an export cuts or converts: WAV, mono, 16-bit, each file there when it is whole.

A clip's name says which samples it holds (the recording's content hash, the span, the channel), so one of that name
and of the right size is left as it is. Clips of former exports that nothing points to any more are swept away.
"""

import re
from collections.abc import Iterable, Set
from pathlib import Path

from asrlab.audio.batches import Clip, load_batches
from asrlab.audio.places import at_hand
from asrlab.audio.resample import Waveform
from asrlab.audio.stream import stream_mono
from asrlab.audio.write import MAX_WAV_BYTES, wav_bytes, write_pcm16
from asrlab.catalog.selection import LabeledSegment
from asrlab.domain.audio import ENGINE_SAMPLING_RATE_HZ, AudioSource
from asrlab.domain.time import Seconds
from asrlab.errors import ItemError, OptionError, UserError
from asrlab.export.files import bytes_written_whole
from asrlab.export.selection import Selection

BATCH_SECONDS: Seconds = 60.0
HASH_DIGITS = 16
# A clip, or what a killed export has left of one.
_OWN_NAME = re.compile(r"\.?[0-9a-f]{16}(-\d+-\d+)?(-c\d+)?\.wav(\.\w+)?")


def clip_name(source: AudioSource, segment: LabeledSegment) -> str:
    """`<hash>-<start ms>-<end ms>.wav`, with `-c<channel>` for a segment of one channel (from 0)."""
    span = segment.span
    return f"{source.content_hash[:HASH_DIGITS]}-{span.start_ms}-{span.end_ms}{_suffix(segment.channel)}"


def whole_name(source: AudioSource, channel: int | None) -> str:
    """`<hash>.wav`, with `-c<channel>` for one channel of a recording (from 0)."""
    return f"{source.content_hash[:HASH_DIGITS]}{_suffix(channel)}"


def cut_segments(selection: Selection, folder: Path) -> None:
    """Cut every segment that `folder` lacks into a clip: exactly its samples, mono, at 16 kHz.

    Raises UserError when the audio of one can't be read, OSError when the folder can't be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lacking = [
        Clip((recording.source, segment), recording.source, segment.span, segment.channel)
        for recording in selection.recordings
        for segment in recording.segments
        if not _is_there(
            folder / clip_name(recording.source, segment), _num_samples(recording.source, segment)
        )
    ]
    for batch in load_batches(lacking, BATCH_SECONDS):
        for (source, segment), waveform in zip(batch.items, batch.waveforms, strict=True):
            _write(folder / clip_name(source, segment), [waveform], ENGINE_SAMPLING_RATE_HZ)
        for _, failure in batch.unreadable:
            raise UserError(f"can't cut a clip: {failure}") from failure


def convert_whole(source: AudioSource, channel: int | None, folder: Path) -> Path:
    """One channel of a recording (None: the mean of all) as a WAV at its own rate, unless `folder` has it.

    Raises UserError when the audio can't be read, OptionError when a WAV can't hold it, OSError as above.
    """
    target = folder / whole_name(source, channel)
    if wav_bytes(source.num_samples) > MAX_WAV_BYTES:
        raise OptionError(f"{source.uri} is too long for a WAV file of 4 GiB: leave it out with --where")
    if not _is_there(target, source.num_samples):
        try:
            _write(target, stream_mono(at_hand(source), channel=channel), source.sampling_rate)
        except ItemError as error:
            raise UserError(f"can't convert a recording: {error}") from error
    return target


def sweep(folder: Path, wanted: Set[str]) -> None:
    """Remove the clips in `folder` that are not of these names; what other people put there stays."""
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.name not in wanted and _OWN_NAME.fullmatch(path.name) and path.is_file():
            path.unlink()


def _suffix(channel: int | None) -> str:
    return ".wav" if channel is None else f"-c{channel}.wav"


def _is_there(path: Path, num_samples: int) -> bool:
    return path.is_file() and path.stat().st_size == wav_bytes(num_samples)


def _num_samples(source: AudioSource, segment: LabeledSegment) -> int:
    """How long the clip will be: a segment may end a part of a millisecond behind its recording."""
    first, end = segment.span.sample_range(source.sampling_rate)
    length = max(0, min(end, source.num_samples) - first)
    return round(length * ENGINE_SAMPLING_RATE_HZ / source.sampling_rate)


def _write(target: Path, blocks: Iterable[Waveform], sampling_rate: int) -> None:
    with bytes_written_whole(target) as file:
        write_pcm16(file, blocks, sampling_rate)
