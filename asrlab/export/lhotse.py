"""Lhotse's manifests: recordings.jsonl.gz and supervisions.jsonl.gz, one supervision a segment.

The fields are those of Lhotse's `Recording` and `SupervisionSegment`
(https://lhotse.readthedocs.io/en/latest/corpus.html); times are seconds on the recording's clock.
"""

from collections.abc import Sequence
from pathlib import Path

from asrlab.audio.remote.urls import is_url
from asrlab.catalog.selection import LabeledSegment
from asrlab.domain.audio import AudioSource
from asrlab.domain.labels import AlignedWord
from asrlab.domain.time import Seconds
from asrlab.export.files import gzip_written_whole, json_line
from asrlab.export.ids import recording_key, segment_key
from asrlab.export.selection import LabeledRecording, Selection

RECORDINGS = "recordings.jsonl.gz"
SUPERVISIONS = "supervisions.jsonl.gz"
TIME_DIGITS = 9


def write_lhotse(selection: Selection, folder: Path) -> tuple[Path, int]:
    """Write both manifests into `folder`; returns the folder and the number of supervisions.

    Each takes its place when it is whole, the recordings first: supervisions always find theirs.
    """
    with gzip_written_whole(folder / RECORDINGS) as file:
        for recording in selection.recordings:
            file.write(json_line(_recording_entry(recording)))
    with gzip_written_whole(folder / SUPERVISIONS) as file:
        for recording in selection.recordings:
            words = selection.words(recording)
            for segment in recording.segments:
                entry = _supervision_entry(segment, recording.source, words.get(segment.transcript_id, ()))
                file.write(json_line(entry))
    return folder, selection.num_segments


def _recording_entry(recording: LabeledRecording) -> dict[str, object]:
    source = recording.source
    channels = list(range(source.num_channels))
    return {
        "id": recording_key(recording.recording_id),
        "sources": [
            {"type": "url" if is_url(source.uri) else "file", "channels": channels, "source": source.uri}
        ],
        "sampling_rate": source.sampling_rate,
        "num_samples": source.num_samples,
        "duration": source.duration,
        "channel_ids": channels,
    }


def _supervision_entry(
    segment: LabeledSegment, source: AudioSource, words: Sequence[AlignedWord]
) -> dict[str, object]:
    """A segment of the mean of several channels is one of all of them to Lhotse, which knows no mean."""
    everywhere: int | list[int] = list(range(source.num_channels)) if source.num_channels > 1 else 0
    given = {
        "id": segment_key(segment),
        "recording_id": recording_key(segment.recording_id),
        "start": segment.span.start,
        "duration": _duration(segment.span.start, segment.span.end, source),
        "channel": everywhere if segment.channel is None else segment.channel,
        "text": segment.text,
        "language": segment.language,
        "speaker": segment.speaker,
        "custom": {"segment_id": segment.segment_id, "transcript_id": segment.transcript_id},
        "alignment": {"word": [_alignment_item(word, source) for word in words]} if words else None,
    }
    return {name: value for name, value in given.items() if value is not None}


def _alignment_item(word: AlignedWord, source: AudioSource) -> list[object]:
    return [word.text, word.span.start, _duration(word.span.start, word.span.end, source), word.score]


def _duration(start: Seconds, end: Seconds, source: AudioSource) -> Seconds:
    """Never past the last sample: a recording's end is rounded to a millisecond, and Lhotse minds half of one."""
    return round(max(min(end, source.duration) - start, 0.0), TIME_DIGITS)
