"""A Kaldi data directory: wav.scp, segments, text, utt2spk, spk2utt, sorted as `LC_ALL=C sort` does.

Format: https://kaldi-asr.org/doc/data_prep.html. Kaldi itself reads mono 16-bit WAV only, so wav.scp names the file of
a recording where it is one, and a converted copy below `wav/` where it is not: no pipe, hence no program to install.
A recording cut by channels is one Kaldi recording for each.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from asrlab.audio.decode import open_audio
from asrlab.audio.places import at_hand
from asrlab.audio.remote.urls import is_url
from asrlab.catalog.selection import LabeledSegment
from asrlab.domain.audio import AudioSource
from asrlab.errors import AudioError, OptionError, UserError
from asrlab.export.clips import convert_whole, sweep
from asrlab.export.files import written_whole
from asrlab.export.ids import recording_key, speaker_key
from asrlab.export.selection import LabeledRecording, Selection

WAV_FOLDER = "wav"
# Kaldi's scripts part lines at white space; to Kaldi "|" is a command, and ":123" or "[…]" at the end a place within.
_PLAIN_PATH = re.compile(r"/[^\s|]*")
_PLACE_WITHIN = re.compile(r":\d+$|\]$")


@dataclass(frozen=True, slots=True)
class _Utterance:
    key: str
    recording: str
    speaker: str
    segment: LabeledSegment


def write_kaldi(selection: Selection, folder: Path) -> tuple[Path, int]:
    """Write the data directory; returns it and its number of utterances.

    Each file takes its place when it is whole, wav.scp first. Raises UserError when audio can't be read,
    OptionError when it has to be converted and Kaldi can't take the folder's path or a WAV its length.
    """
    wav_folder = folder.resolve() / WAV_FOLDER
    paths: dict[str, str] = {}
    utterances: list[_Utterance] = []
    for recording in selection.recordings:
        for channel in dict.fromkeys(segment.channel for segment in recording.segments):
            paths[_key(recording, channel)] = _path(recording.source, channel, wav_folder)
        utterances += (_utterance(recording, segment) for segment in recording.segments)
    speakers: dict[str, list[str]] = {}
    for utterance in sorted(utterances, key=lambda utterance: utterance.key):
        speakers.setdefault(utterance.speaker, []).append(utterance.key)
    _write(folder / "wav.scp", paths.items())
    _write(folder / "segments", ((each.key, _place(each)) for each in utterances))
    _write(folder / "text", ((each.key, " ".join(each.segment.text.split())) for each in utterances))
    _write(folder / "utt2spk", ((each.key, each.speaker) for each in utterances))
    _write(folder / "spk2utt", ((speaker, " ".join(keys)) for speaker, keys in speakers.items()))
    sweep(wav_folder, {Path(path).name for path in paths.values()})
    return folder, len(utterances)


def _utterance(recording: LabeledRecording, segment: LabeledSegment) -> _Utterance:
    """An utterance's id begins with its speaker's, as Kaldi wants; who is not known is the recording."""
    key = _key(recording, segment.channel)
    speaker = key if segment.speaker is None else speaker_key(segment.speaker)
    return _Utterance(f"{speaker}-s{segment.segment_id:07}", key, speaker, segment)


def _key(recording: LabeledRecording, channel: int | None) -> str:
    key = recording_key(recording.recording_id)
    return key if channel is None else f"{key}_c{channel}"


def _place(utterance: _Utterance) -> str:
    span = utterance.segment.span
    return f"{utterance.recording} {span.start:.3f} {span.end:.3f}"


def _path(source: AudioSource, channel: int | None, wav_folder: Path) -> str:
    try:
        with open_audio(at_hand(source)) as stream:
            facts = stream.facts
    except AudioError as error:
        raise UserError(f"can't read a recording: {error}") from error
    as_it_is = (facts.container, facts.codec, facts.num_channels) == ("wav", "pcm_16", 1)
    if as_it_is and not is_url(source.uri) and _is_plain(source.uri):
        return source.uri
    if not _is_plain(str(wav_folder)):
        raise OptionError(
            f"Kaldi takes no path with white space or | in it ({wav_folder}): give another --out"
        )
    return str(convert_whole(source, channel, wav_folder))


def _is_plain(path: str) -> bool:
    return _PLAIN_PATH.fullmatch(path) is not None and not _PLACE_WITHIN.search(path)


def _write(target: Path, entries: Iterable[tuple[str, str]]) -> None:
    """`key value` lines by key. Code points sort as their UTF-8 bytes do, which is what LC_ALL=C compares."""
    with written_whole(target) as file:
        file.writelines(f"{key} {value}\n" for key, value in sorted(entries))
