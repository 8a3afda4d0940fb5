"""NeMo's manifest: JSON Lines, one segment a line, audio by path with offset and duration in seconds."""

import json
from collections.abc import Iterable
from pathlib import Path

from asrlab.catalog.selection import LabeledSegment
from asrlab.export.files import written_whole

FILE_NAME = "manifest.jsonl"
UNICODE_LINE_BREAKS = "\x85\u2028\u2029"


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


def json_line(entry: dict[str, object]) -> str:
    """One line of JSON Lines; a reader that splits on any Unicode line break gets one line too."""
    line = json.dumps(entry, ensure_ascii=False)
    for character in UNICODE_LINE_BREAKS:
        line = line.replace(character, f"\\u{ord(character):04x}")
    return line + "\n"


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
