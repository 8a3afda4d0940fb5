"""Kaldi's data directories, and ESPnet's: what our own reader of wav.scp finds, with its texts of single spaces."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from asrlab.domain.imported import ImportedText
from asrlab.domain.reference import Prompt, Reference
from asrlab.ingest.imports.protocol import AudioName, Entry, ImportFormat
from asrlab.ingest.imports.told import Key, key_of
from asrlab.ingest.manifests.kaldi import KALDI_LIST, read_kaldi
from asrlab.ingest.manifests.rows import BadLine

UNKNOWN_LANGUAGE = "und"
_KEY = "utterance_id"


def read_data_directory(path: Path) -> Iterator[Entry | BadLine]:
    """The utterances of the directory that this wav.scp lies in."""
    for line in read_kaldi(path, str(path)):
        if isinstance(line, BadLine):
            yield line
            continue
        reference = line.reference
        name = reference.metadata.get(_KEY, "")
        key = key_of(name)
        # With a key of ours it says nothing that is not known.
        metadata = {each: value for each, value in reference.metadata.items() if key is None or each != _KEY}
        prompt = reference.prompt if reference.prompt.language != UNKNOWN_LANGUAGE else Prompt()
        text = ImportedText(
            replace(
                reference,
                speaker=_speaker(reference, name, key),
                prompt=prompt,
                metadata=MappingProxyType(metadata),
            ),
            channel=None if key is None else key.channel,
            is_exact=False,
            is_of_all=key is not None and key.channel is None,
        )
        yield Entry(text, AudioName(line.audio, content_hash="" if key is None else key.content_hash))


def _speaker(reference: Reference, name: str, key: Key | None) -> str | None:
    """None where the speaker is only the utterance or the recording under another name, as Kaldi wants one."""
    speaker = reference.speaker
    if speaker is None or speaker == name:
        return None
    if key is not None and speaker.partition("_c")[0] == key.content_hash:
        return None
    return speaker


FORMATS = tuple(ImportFormat(name, ((KALDI_LIST,),), read_data_directory) for name in ("kaldi", "espnet"))
