"""Label Studio's tasks: the texts of the newest annotation, or where nobody annotated, of the newest prediction.

Format: https://labelstud.io/guide/task_format. A region is two entries of one id, its labels and its text; what the
export put into `meta` comes back with it.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from asrlab.domain.imported import ImportedText
from asrlab.domain.labels import AlignedWord
from asrlab.domain.reference import Prompt, Reference
from asrlab.ingest.imports.protocol import AudioName, Entry, ImportFormat
from asrlab.ingest.imports.told import hash_of, key_of, word_of
from asrlab.ingest.imports.voices import channel_of, speaker_of
from asrlab.ingest.manifests.rows import BadLine, as_seconds
from asrlab.text.languages import language_tag

_LOCAL = "/data/local-files/"
# Uploads get eight digits before their name.
_UPLOAD = re.compile(r"/data/upload/(?:.*/)?(?:[0-9a-f]{8}-)?([^/]+)$")
_LABELS = ("labels", "audiolabels")
_TEXTS = ("transcription", "text", "transcript")
_AUDIO = ("audio", "audio_url", "url")


def read_label_studio(path: Path) -> Iterator[Entry | BadLine]:
    """The regions of all tasks. Raises ValueError for what holds no tasks."""
    source = str(path)
    for number, task in enumerate(_tasks(path), start=1):
        place = f"{source}:{number}"
        try:
            yield from _regions(task, source, place)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            why = str(error) if type(error) is ValueError else f"no task of Label Studio's: {error!r}"
            yield BadLine(place, why)


def _tasks(path: Path) -> Iterator[Mapping[str, Any]]:
    """The tasks of an array; one with a task a line, as the export writes it, is never held whole."""
    with path.open(encoding="utf-8-sig", newline="\n") as file:
        is_by_line = file.readline().strip() == "[" and _is_task(file.readline())
    if is_by_line:
        with path.open(encoding="utf-8-sig", newline="\n") as file:
            for line in file:
                if line.strip() not in ("[", "]"):
                    # What is no task is the error of its own line.
                    yield json.loads(line.strip().rstrip(",")) if _is_task(line) else {}
        return
    tasks = json.loads(path.read_text(encoding="utf-8-sig"))
    if not isinstance(tasks, list) or not all(
        isinstance(task, dict) and isinstance(task.get("data"), dict) for task in tasks
    ):
        raise ValueError("no tasks of Label Studio's: export them as JSON")
    yield from tasks


def _is_task(line: str) -> bool:
    try:
        return isinstance(json.loads(line.strip().rstrip(",")), dict)
    except ValueError:
        return False


def _regions(task: Mapping[str, Any], source: str, place: str) -> Iterator[Entry]:
    data: Mapping[str, Any] = task["data"]
    audio = AudioName(
        _audio_path(data),
        content_hash=hash_of(str(data.get("recording", ""))),
        corpus=str(data.get("corpus") or ""),
    )
    parts: dict[str, dict[str, Mapping[str, Any]]] = {}
    newest, annotator = _newest(task)
    for entry in newest.get("result") or ():
        found = parts.setdefault(str(entry.get("id")), {})
        if entry.get("type") in _LABELS:
            found["labels"] = entry
        elif entry.get("type") == "textarea" and ("text" not in found or entry.get("from_name") in _TEXTS):
            # Other text areas of the region hold comments and the like.
            found["text"] = entry
    for identity, region in parts.items():
        if "text" in region:
            text = _text(identity, region, data, source, place)
            yield Entry(_by(annotator, text) if annotator else text, audio)


def _by(annotator: str, text: ImportedText) -> ImportedText:
    """The text as this person meant it: the editor ends what Enter was pressed in with a line break."""
    said = text.reference.text
    meant = None if said is None else said.rstrip("\r\n")
    return replace(text, annotator=annotator, reference=replace(text.reference, text=meant))


def _newest(task: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    """The newest annotation and who made it; without one, the newest prediction and ""."""
    annotations = [each for each in _objects(task, "annotations") if not each.get("was_cancelled")]
    found = annotations or _objects(task, "predictions")

    def when(pair: tuple[int, Mapping[str, Any]]) -> tuple[str, int]:
        return str(pair[1].get("updated_at") or pair[1].get("created_at") or ""), pair[0]

    newest: Mapping[str, Any] = max(enumerate(found), key=when)[1] if found else {}
    return newest, _annotator(newest) if annotations else ""


def _objects(task: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    """Some exports name predictions by number only: those tell nothing."""
    return [each for each in task.get(name) or () if isinstance(each, dict)]


def _annotator(annotation: Mapping[str, Any]) -> str:
    """Whom `completed_by` names: by e-mail or name where the export tells it, else by their number there."""
    by = annotation.get("completed_by")
    if isinstance(by, dict):
        full = f"{by.get('first_name') or ''} {by.get('last_name') or ''}".strip()
        return str(by.get("email") or by.get("username") or full or f"label-studio:{by.get('id', '?')}")
    return str(by) if isinstance(by, str) and by else f"label-studio:{'?' if by is None else by}"


def _text(
    identity: str,
    region: Mapping[str, Mapping[str, Any]],
    data: Mapping[str, Any],
    source: str,
    place: str,
) -> ImportedText:
    entry = region["text"]
    labels = region.get("labels", {})
    value = {
        **entry["value"],
        **{name: each for name, each in labels.get("value", {}).items() if name != "text"},
    }
    said = entry["value"].get("text")
    # One that was cleared holds no text, or an empty one.
    text = "\n".join(said) if isinstance(said, list) else str(said or "")
    meta: Mapping[str, Any] = labels.get("meta") or entry.get("meta") or {}
    voice = str((value.get("labels") or [""])[0])
    language = meta.get("language")
    score = labels.get("score")
    reference = Reference(
        source=source,
        place=place,
        start=as_seconds(value.get("start", 0.0), "start"),
        end=None if value.get("end") is None else as_seconds(value["end"], "end"),
        text=None if said is None else text,
        prompt=Prompt(language if language is None else language_tag(language) or language),
        speaker=speaker_of(voice) or meta.get("speaker"),
        license=data.get("license"),
        metadata=MappingProxyType({}),
    )
    return ImportedText(
        reference,
        channel=_channel(identity, voice, value),
        words=_words(meta, text),
        confidence=score if isinstance(score, float) and 0 <= score <= 1 else None,
        flags=tuple(meta.get("flags") or ()),
        is_of_all=(key := key_of(identity)) is not None and key.channel is None,
    )


def _channel(identity: str, voice: str, value: Mapping[str, Any]) -> int | None:
    """Label Studio gives every region a channel once it was edited; an id of ours tells which was meant."""
    key = key_of(identity)
    if key is not None:
        return key.channel
    channel = value.get("channel")
    return channel_of(voice) if not isinstance(channel, int) else channel


def _words(meta: Mapping[str, Any], text: str) -> tuple[AlignedWord, ...]:
    """The words' times, unless the text was edited since: nobody sees them in Label Studio."""
    words = tuple(word_of(each) for each in meta.get("words") or ())
    position = 0
    for word in words:
        found = text.find(word.text, position)
        if found < 0:
            return ()
        position = found + len(word.text)
    return words


def _audio_path(data: Mapping[str, Any]) -> str:
    """The path or URL of a task's audio: of a file that Label Studio serves, where it lies."""
    named = next((str(data[name]) for name in _AUDIO if data.get(name)), "")
    if not named:
        raise ValueError(f"no audio is named: give it in data.{_AUDIO[0]}")
    parts = urlsplit(named)
    if parts.path.endswith(_LOCAL) and "d" in parse_qs(parts.query):
        return "/" + unquote(named.partition("?d=")[2])
    upload = _UPLOAD.search(parts.path)
    return unquote(upload[1]) if upload else named


FORMATS = (ImportFormat("label-studio", (("tasks.json",), ("*.json",)), read_label_studio),)
