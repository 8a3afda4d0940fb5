"""Kaldi's data directories: wav.scp, and segments, text, utt2spk, utt2lang beside it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from asrlab.domain.reference import Prompt, Reference
from asrlab.ingest.manifests.rows import BadLine, Line
from asrlab.text.languages import language_tag

KALDI_LIST = "wav.scp"
# Kaldi writes -1 for "to the end".
TO_THE_END = -1.0
_MEANT = ("utt2spk", "utt2lang")


def read_kaldi(wav_scp: Path, source: str) -> Iterator[Line | BadLine]:
    """The utterances of the data directory that holds this wav.scp, in the order of its lists."""
    folder, folder_name = wav_scp.parent, source[: -len(wav_scp.name)]
    audio: dict[str, str] = {}
    for number, key, value in _entries(wav_scp):
        place = f"{source}:{number}"
        why = _why_no_file(value)
        if why is not None:
            yield BadLine(place, why)
        elif key in audio:
            yield BadLine(place, f"the key {key} stands there twice")
        else:
            audio[key] = value
    known = _Known(folder, folder_name)
    segments = folder / "segments"
    if not segments.is_file():
        for number, key, _ in _entries(wav_scp):
            if key in audio:
                yield Line(audio.pop(key), known.reference(key, f"{source}:{number}"))
        return
    named: set[str] = set()
    for number, key, value in _entries(segments):
        named.update(value.split()[:1])
        yield _segment(key, value, f"{folder_name}segments:{number}", audio, known)
    # Kaldi passes them over; here they are audio like any other, to be cut and labeled.
    for number, key, _ in _entries(wav_scp):
        if key in audio and key not in named:
            yield Line(audio.pop(key), known.reference(key, f"{source}:{number}"))


def _segment(key: str, value: str, place: str, audio: Mapping[str, str], known: "_Known") -> Line | BadLine:
    try:
        recording, start_text, end_text = value.split()[:3]
        start, end = float(start_text), float(end_text)
    except ValueError:
        return BadLine(place, "not of the form UTTERANCE RECORDING START END")
    if end == TO_THE_END:
        return (
            Line(audio[recording], known.reference(key, place, start))
            if recording in audio
            else _unknown(place, recording)
        )
    if not 0 <= start < end < float("inf"):
        return BadLine(place, f"the interval {start_text}–{end_text} s is empty")
    if recording not in audio:
        return _unknown(place, recording)
    return Line(audio[recording], known.reference(key, place, start, end))


def _unknown(place: str, recording: str) -> BadLine:
    return BadLine(place, f"no file is known of the recording {recording}: {KALDI_LIST} must name it")


class _Known:
    """What the other lists say of an utterance."""

    def __init__(self, folder: Path, folder_name: str) -> None:
        self._source = f"{folder_name}text"
        self._text = _table(folder / "text")
        self._others = {path.name: _table(path) for path in sorted(folder.glob("utt2*")) if path.is_file()}

    def reference(self, key: str, place: str, start: float = 0.0, end: float | None = None) -> Reference:
        language = self._others.get("utt2lang", {}).get(key)
        others = {
            name.removeprefix("utt2"): table[key]
            for name, table in self._others.items()
            if name not in _MEANT and key in table
        }
        return Reference(
            source=self._source,
            place=place,
            start=start,
            end=end,
            text=self._text.get(key) or None,
            prompt=Prompt(None if language is None else language_tag(language) or language),
            speaker=self._others.get("utt2spk", {}).get(key),
            metadata=MappingProxyType({"utterance_id": key, **others}),
        )


def _why_no_file(value: str) -> str | None:
    if not value:
        return "no file stands behind the key"
    if value.endswith("|"):
        return "a command, not a file; asrlab runs none: convert the audio and name the files"
    stem, separator, offset = value.rpartition(":")
    if separator and offset.isdecimal() and stem.endswith(".ark"):
        return "a piece of an archive: write the audio to files and name those"
    return None


def _table(path: Path) -> dict[str, str]:
    return {key: value for _, key, value in _entries(path)} if path.is_file() else {}


def _entries(path: Path) -> Iterator[tuple[int, str, str]]:
    """`KEY VALUE` lines with their numbers; the value is what is left of the line, in one line."""
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, start=1):
            key, _, value = line.strip().replace("\t", " ").partition(" ")
            if key:
                yield number, key, " ".join(value.split())
