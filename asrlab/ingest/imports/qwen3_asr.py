"""Qwen3-ASR's fine-tuning lines: `language English<asr_text>It was …`, as its training reads them."""

from collections.abc import Iterator
from pathlib import Path

from asrlab.ingest.imports.protocol import AudioName, Entry, ImportFormat
from asrlab.ingest.imports.told import WHOLE, text_of
from asrlab.ingest.manifests.jsonl import json_lines
from asrlab.ingest.manifests.rows import BadLine, Columns, audio_named

_LANGUAGE = "language "
_MARK = "<asr_text>"
_UNKNOWN = "None"


def read_qwen3_asr(path: Path) -> Iterator[Entry | BadLine]:
    """The clips of a file, each whole; the prompt is what the engine was told to expect."""
    source = str(path)
    for row in json_lines(path, source):
        if isinstance(row, BadLine):
            yield row
            continue
        number, entry = row
        try:
            columns = Columns(_plain(entry))
            name = audio_named(columns)
            text, content_hash = text_of(columns, source, number, WHOLE)
        except ValueError as error:
            yield BadLine(f"{source}:{number}", str(error))
            continue
        yield Entry(text, AudioName(name, content_hash=content_hash))


def _plain(entry: "dict[str, object] | object") -> dict[str, object]:
    """The line with its text, language and context apart."""
    assert isinstance(entry, dict)
    text = entry.get("text")
    if not isinstance(text, str):
        raise ValueError(f"text is {text!r}, not a text")
    plain = {name: value for name, value in entry.items() if name != "prompt"}
    plain["context"] = entry.get("prompt")
    head, mark, rest = text.partition(_MARK)
    if mark and head.startswith(_LANGUAGE):
        language = head.removeprefix(_LANGUAGE).strip()
        plain |= {"text": rest, "language": None if language == _UNKNOWN else language}
    return plain


FORMATS = (ImportFormat("qwen3-asr", (("train.jsonl",), ("*.jsonl",)), read_qwen3_asr),)
