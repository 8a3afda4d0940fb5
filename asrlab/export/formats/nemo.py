"""NeMo's manifests: JSON Lines of audio by path, and shards of clips in tar archives.

Fields: https://docs.nvidia.com/nemo-framework/user-guide/latest/nemotoolkit/asr/datasets.html. The layout of shards is
that of NeMo's scripts/speech_recognition/convert_to_tarred_audio_dataset.py, which drops what does not fill its last
shard; here the last is smaller.
"""

import re
from collections.abc import Iterator
from json.encoder import encode_basestring
from pathlib import Path

from asrlab.domain.time import MS_PER_SECOND
from asrlab.export.files import UNICODE_LINE_BREAKS, json_line, written_whole
from asrlab.export.formats.protocol import AudioNeed, DataSet, Format
from asrlab.export.shards import shard_written_whole, shards, sweep_shards
from asrlab.export.utterances import LabeledRecording, Utterance

MANIFEST = "manifest.jsonl"
TARRED_MANIFEST = "tarred_audio_manifest.json"
SHARD_MANIFESTS = "sharded_manifests"
METADATA = "metadata.yaml"

_SHARD = re.compile(r"audio_\d+\.tar")
_SHARD_MANIFEST = re.compile(r"manifest_\d+\.json")


def write_nemo(data: DataSet, folder: Path) -> list[Path]:
    """Write `manifest.jsonl`, an utterance a line. The file appears under its name when it is whole."""
    target = folder / MANIFEST
    with written_whole(target) as file:
        file.writelines(_clip_lines(data) if data.audio.is_clipped else _lines(data))
    return [target]


def write_tarred(data: DataSet, folder: Path) -> list[Path]:
    """Write `audio_<n>.tar`, each with its own manifest, then the manifest of all and `metadata.yaml`."""
    written: list[Path] = []
    count = 0
    manifest, metadata = folder / TARRED_MANIFEST, folder / METADATA
    with written_whole(manifest) as all_lines:
        for number, utterances in shards(data):
            archive = folder / f"audio_{number}.tar"
            own = folder / SHARD_MANIFESTS / f"manifest_{number}.json"
            with written_whole(own) as lines, shard_written_whole(archive) as shard:
                for recording, utterance in utterances:
                    clip = data.audio.file(recording, utterance)
                    name = recording.key_of(utterance) + clip.suffix
                    shard.add_file(name, clip)
                    line = json_line(_tarred_entry(name, recording, utterance, number))
                    lines.write(line)
                    all_lines.write(line)
                    count += 1
            written += [archive, own]
    with written_whole(metadata) as file:
        file.write(_metadata(len(written) // 2, min(count, data.shard_size)))
    sweep_shards(folder, _SHARD, written)
    if written:
        sweep_shards(folder / SHARD_MANIFESTS, _SHARD_MANIFEST, written)
    return [manifest, *written, metadata]


def _lines(data: DataSet) -> Iterator[str]:
    for recording in data.recordings():
        audio = f'{{"audio_filepath": {_string(data.audio.whole(recording))}, "offset": '
        for utterance in recording.utterances:
            yield f"{audio}{utterance.start_ms / MS_PER_SECOND}{_rest(recording, utterance)}"


def _clip_lines(data: DataSet) -> Iterator[str]:
    for recording in data.recordings():
        for utterance in recording.utterances:
            path, offset = data.audio.place(recording, utterance)
            yield f'{{"audio_filepath": {_string(path)}, "offset": {offset}{_rest(recording, utterance)}'


def _rest(recording: LabeledRecording, utterance: Utterance) -> str:
    """What follows the offset. Put together by hand: `json.dumps` of the same takes three times as long."""
    start, end, channel, text, language, speaker, confidence = utterance[:7]
    lang = "null" if language is None else _string(language)
    line = f', "duration": {(end - start) / MS_PER_SECOND}, "text": {_string(text)}, "lang": {lang}'
    if speaker is not None:
        line += f', "speaker": {_string(speaker)}'
    if channel is not None:
        line += f', "channel": {channel}'
    if confidence is not None:
        line += f', "confidence": {confidence}'
    return f'{line}, "id": "{recording.key_of(utterance)}"}}\n'


def _string(text: str) -> str:
    """As JSON, in one line for readers that break lines at any of Unicode's line breaks too."""
    quoted = encode_basestring(text)
    if not quoted.isascii():
        for character in UNICODE_LINE_BREAKS:
            quoted = quoted.replace(character, f"\\u{ord(character):04x}")
    return quoted


def _tarred_entry(
    name: str, recording: LabeledRecording, utterance: Utterance, shard: int
) -> dict[str, object]:
    """No offset: NeMo's readers take one for a place within the clip.

    Nor has any name a "-sub<n>", by which they know several lines of one clip.
    """
    entry = {
        "audio_filepath": name,
        "duration": utterance.duration,
        "text": utterance.text,
        "lang": utterance.language,
        **({} if utterance.speaker is None else {"speaker": utterance.speaker}),
        **({} if utterance.channel is None else {"channel": utterance.channel}),
        **({} if utterance.confidence is None else {"confidence": utterance.confidence}),
    }
    return {
        **entry,
        "id": recording.key_of(utterance),
        "source_audio_offset": utterance.start,
        "shard_id": shard,
    }


def _metadata(num_shards: int, shard_size: int) -> str:
    """The keys that all releases of NeMo know, by which it adds shards; no time of writing."""
    return (
        "created_datetime: null\n"
        "version: 0\n"
        f"num_samples_per_shard: {shard_size}\n"
        "is_concatenated_manifest: false\n"
        "dataset_config:\n"
        f"  num_shards: {num_shards}\n"
        "  shuffle: false\n"
        "  max_duration: null\n"
        "  min_duration: null\n"
        "  shuffle_seed: null\n"
        "  sort_in_shards: false\n"
        "  shard_manifests: true\n"
        "  keep_files_together: false\n"
        "history: []\n"
    )


FORMATS = (
    Format("nemo", "NeMo's JSON Lines manifest", write_nemo, AudioNeed.REFERENCE),
    Format("nemo", "NeMo's tarred shards", write_tarred, AudioNeed.PACKED, variant="tarred"),
)
