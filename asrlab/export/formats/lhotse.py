"""Lhotse's manifests: recordings, supervisions with word alignments, cuts; or its Shar archives.

The fields are those of Lhotse's `Recording`, `SupervisionSegment`, `MonoCut` and `MultiCut`
(https://lhotse.readthedocs.io/en/latest/corpus.html, …/cuts.html), the archives those of its `SharWriter`. A clip is a
recording of its own. Lhotse knows no mean of channels: an utterance that is one has all of them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from asrlab.audio.remote.urls import is_url
from asrlab.domain.time import MS_PER_SECOND, Seconds
from asrlab.export.files import gzip_written_whole, json_line
from asrlab.export.formats.protocol import Audio, AudioNeed, DataSet, Format
from asrlab.export.shards import shard_written_whole, shards, sweep_shards
from asrlab.export.utterances import LabeledRecording, TimedWord, Utterance

RECORDINGS = "recordings.jsonl.gz"
SUPERVISIONS = "supervisions.jsonl.gz"
CUTS = "cuts.jsonl.gz"
SHAR_FOLDER = "shar"
"""Apart: Lhotse takes every file in the folder for a field of the cuts."""
TIME_DIGITS = 9

_SHAR = re.compile(r"(?:cuts\.\d{6,}\.jsonl\.gz|recording\.\d{6,}\.tar)")


@dataclass(frozen=True, slots=True)
class _Heard:
    """An utterance in the recording that Lhotse is told of: the whole one, or its clip.

    num_channels, seconds: the recording's. zero_ms: where it begins, on the clock of the utterance.
    """

    recording_id: str
    key: str
    utterance: Utterance
    num_channels: int
    seconds: Seconds
    zero_ms: int

    @property
    def channel(self) -> int | list[int]:
        if self.num_channels == 1:
            return 0
        own = self.utterance.channel
        return list(range(self.num_channels)) if own is None else own

    @property
    def extent(self) -> tuple[Seconds, Seconds]:
        """Start and duration in the recording; a clip's is all of it."""
        if self.recording_id == self.key:
            return 0.0, self.seconds
        return self.interval(self.utterance.start_ms, self.utterance.end_ms, 0)

    def interval(self, start_ms: int, end_ms: int, zero_ms: int) -> tuple[Seconds, Seconds]:
        """Start and duration on a clock that begins at zero_ms.

        Never past the last sample: a recording's end is rounded to a millisecond, and Lhotse minds half of one.
        """
        end = min((end_ms - self.zero_ms) / MS_PER_SECOND, self.seconds)
        length = max(end - (start_ms - self.zero_ms) / MS_PER_SECOND, 0.0)
        return (start_ms - zero_ms) / MS_PER_SECOND, round(length, TIME_DIGITS)


def write_lhotse(data: DataSet, folder: Path) -> list[Path]:
    """Write the three manifests, the recordings first: what names a recording always finds it."""
    recordings, supervisions, cuts = (folder / name for name in (RECORDINGS, SUPERVISIONS, CUTS))
    with gzip_written_whole(recordings) as file:
        file.writelines(json_line(entry) for entry in _recordings(data))
    with gzip_written_whole(supervisions) as lines, gzip_written_whole(cuts) as cut_lines:
        for recording in data.recordings():
            whole = "" if data.audio.is_clipped else json_line(_whole(recording, data.audio))
            for utterance in recording.utterances:
                heard = _heard(recording, utterance, data.audio)
                lines.write(json_line(_supervision(heard, heard.zero_ms)))
                cut_lines.write(_cut_line(heard, whole or json_line(_clip(recording, utterance, data.audio))))
    return [cuts, recordings, supervisions]


def write_shar(data: DataSet, folder: Path) -> list[Path]:
    """Write `shar/cuts.000000.jsonl.gz` with `shar/recording.000000.tar`, and so on."""
    written: list[Path] = []
    for number, utterances in shards(data):
        cuts = folder / SHAR_FOLDER / f"cuts.{number:06}.jsonl.gz"
        archive = folder / SHAR_FOLDER / f"recording.{number:06}.tar"
        with shard_written_whole(archive) as shard, gzip_written_whole(cuts) as lines:
            for recording, utterance in utterances:
                heard = _heard(recording, utterance, data.audio)
                entry = json_line(_placeholder(_clip(recording, utterance, data.audio)))
                clip = data.audio.file(recording, utterance)
                # Lhotse's reader takes them in pairs, the audio first.
                shard.add_file(heard.key + clip.suffix, clip)
                shard.add(f"{heard.key}.json", entry.encode())
                lines.write(_cut_line(heard, entry))
        written += [cuts, archive]
    if written:
        sweep_shards(folder / SHAR_FOLDER, _SHAR, written)
    return written


def _recordings(data: DataSet) -> Iterator[dict[str, object]]:
    for recording in data.recordings():
        if data.audio.is_clipped:
            yield from (_clip(recording, utterance, data.audio) for utterance in recording.utterances)
        else:
            yield _whole(recording, data.audio)


def _whole(recording: LabeledRecording, audio: Audio) -> dict[str, object]:
    source = recording.source
    return _recording(
        recording.key, audio.whole(recording), source.num_samples, source.sampling_rate, source.num_channels
    )


def _clip(recording: LabeledRecording, utterance: Utterance, audio: Audio) -> dict[str, object]:
    return _recording(
        recording.key_of(utterance),
        audio.place(recording, utterance).path,
        audio.num_samples(recording, utterance),
        audio.sampling_rate(recording),
        audio.num_channels(recording),
    )


def _recording(
    key: str, path: str, num_samples: int, sampling_rate: int, num_channels: int
) -> dict[str, object]:
    channels = list(range(num_channels))
    return {
        "id": key,
        "sources": [{"type": "url" if is_url(path) else "file", "channels": channels, "source": path}],
        "sampling_rate": sampling_rate,
        "num_samples": num_samples,
        "duration": num_samples / sampling_rate,
        "channel_ids": channels,
    }


def _placeholder(recording: dict[str, object]) -> dict[str, object]:
    """A recording whose audio stands before it in the archive."""
    return {**recording, "sources": [{"type": "shar", "channels": recording["channel_ids"], "source": ""}]}


def _heard(recording: LabeledRecording, utterance: Utterance, audio: Audio) -> _Heard:
    key = recording.key_of(utterance)
    if not audio.is_clipped:
        source = recording.source
        return _Heard(recording.key, key, utterance, source.num_channels, source.duration, 0)
    seconds = audio.num_samples(recording, utterance) / audio.sampling_rate(recording)
    return _Heard(key, key, utterance, audio.num_channels(recording), seconds, utterance.start_ms)


def _supervision(heard: _Heard, zero_ms: int) -> dict[str, object]:
    """zero_ms: where the clock begins, the recording's or the cut's.

    Words are on the recording's even in a cut: so are those that Lhotse cuts, and `trim_to_alignments` takes them so.
    """
    utterance = heard.utterance
    start, duration = heard.interval(utterance.start_ms, utterance.end_ms, zero_ms)
    given = {
        "id": heard.key,
        "recording_id": heard.recording_id,
        "start": start,
        "duration": duration,
        "channel": heard.channel,
        "text": utterance.text,
        "language": utterance.language,
        "speaker": utterance.speaker,
        "custom": None if utterance.confidence is None else {"confidence": utterance.confidence},
        "alignment": {"word": [_word(heard, word) for word in utterance.timed]} if utterance.timed else None,
    }
    return {name: value for name, value in given.items() if value is not None}


def _word(heard: _Heard, word: TimedWord) -> list[object]:
    text, first, end, score, _ = word
    return [text, *heard.interval(first, end, heard.zero_ms), score]


def _cut_line(heard: _Heard, recording_line: str) -> str:
    """The utterance and nothing else; it begins at 0 in its cut.

    recording_line: as JSON, written once for all cuts of a recording: it is the longest part of each.
    """
    start, duration = heard.extent
    channel = heard.channel
    kind = "MonoCut" if isinstance(channel, int) else "MultiCut"
    supervision = json_line(_supervision(heard, heard.utterance.start_ms))
    return (
        f'{{"id": "{heard.key}", "start": {start}, "duration": {duration}, "channel": {channel}, '
        f'"supervisions": [{supervision.rstrip()}], "recording": {recording_line.rstrip()}, '
        f'"type": "{kind}"}}\n'
    )


FORMATS = (
    Format(
        "lhotse", "Lhotse's recordings, supervisions and cuts", write_lhotse, AudioNeed.REFERENCE, words=True
    ),
    Format("lhotse", "Lhotse's Shar archives", write_shar, AudioNeed.PACKED, words=True, variant="shar"),
)
