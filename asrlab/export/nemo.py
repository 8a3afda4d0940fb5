"""NeMo's manifest: JSON Lines, one segment a line, audio by path with offset and duration in seconds."""

from collections.abc import Iterable
from pathlib import Path

from asrlab.catalog.selection import LabeledSegment
from asrlab.export.files import json_line, written_whole

FILE_NAME = "manifest.jsonl"


def write_nemo(segments: Iterable[LabeledSegment], folder: Path) -> tuple[Path, int]:
    """Write `manifest.jsonl` into `folder`; returns its path and the number of lines.

    The file appears under its name only when it is whole.
    """
    target = folder / FILE_NAME
    count = 0
    with written_whole(target) as file:
        for segment in segments:
            file.write(json_line(manifest_entry(segment)))
            count += 1
    return target, count


def manifest_entry(segment: LabeledSegment) -> dict[str, object]:
    """One line of the manifest. NeMo reads the first five fields; the ids lead back to the catalog.

    A segment of one channel names it (from 0); one without is of the mean of all.
    """
    return {
        "audio_filepath": segment.uri,
        "offset": segment.span.start,
        "duration": segment.span.duration,
        "text": segment.text,
        "lang": segment.language,
        "recording_id": segment.recording_id,
        "segment_id": segment.segment_id,
        "transcript_id": segment.transcript_id,
        **({} if segment.channel is None else {"channel": segment.channel}),
    }
