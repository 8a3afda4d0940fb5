"""WebDataset: tar shards, in which the files of a sample stand one after the other and share their name to the dot.

Format: https://github.com/webdataset/webdataset#the-webdataset-format.
"""

import re
from pathlib import Path

from asrlab.domain.time import MS_PER_SECOND
from asrlab.export.files import json_line
from asrlab.export.formats.protocol import AudioNeed, DataSet, Format
from asrlab.export.shards import shard_written_whole, shards, sweep_shards
from asrlab.export.utterances import LabeledRecording, TimedWord, Utterance

_SHARD = re.compile(r"shard-\d{6,}\.tar")


def write_webdataset(data: DataSet, folder: Path) -> list[Path]:
    """Write `shard-000000.tar` and so on: KEY.wav (or .flac, .opus), KEY.txt and KEY.json of each utterance."""
    written: list[Path] = []
    for number, utterances in shards(data):
        target = folder / f"shard-{number:06}.tar"
        with shard_written_whole(target) as shard:
            for recording, utterance in utterances:
                key = recording.key_of(utterance)
                clip = data.audio.file(recording, utterance)
                shard.add_file(key + clip.suffix, clip)
                shard.add(f"{key}.txt", utterance.text.encode())
                shard.add(f"{key}.json", json_line(_facts(key, recording, utterance)).encode())
        written.append(target)
    sweep_shards(folder, _SHARD, written)
    return written


def _facts(key: str, recording: LabeledRecording, utterance: Utterance) -> dict[str, object]:
    """What is known of an utterance: start on the recording's clock, words on the clip's."""
    known = {
        "id": key,
        "recording": recording.source.content_hash,
        "start": utterance.start,
        "duration": utterance.duration,
        "channel": utterance.channel,
        "text": utterance.text,
        "language": utterance.language,
        "speaker": utterance.speaker,
        "confidence": utterance.confidence,
        "origin": utterance.origin,
        "engine": utterance.engine,
        "flags": utterance.flags.split(",") if utterance.flags else None,
        "verdict": utterance.verdict,
        "context": utterance.context,
        "corpus": recording.corpus,
        "license": recording.license,
        "words": [_word(word, utterance.start_ms) for word in utterance.timed] or None,
    }
    return {name: value for name, value in known.items() if value is not None}


def _word(word: TimedWord, start_ms: int) -> dict[str, object]:
    text, first, end, score, flags = word
    times = {
        "word": text,
        "start": (first - start_ms) / MS_PER_SECOND,
        "end": (end - start_ms) / MS_PER_SECOND,
    }
    return {
        **times,
        **({} if score is None else {"score": score}),
        **({"flags": flags.split(",")} if flags else {}),
    }


FORMATS = (
    Format(
        "webdataset",
        "WebDataset's tar shards of audio, text and JSON",
        write_webdataset,
        AudioNeed.PACKED,
        words=True,
    ),
)
