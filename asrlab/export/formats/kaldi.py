"""Kaldi's data directories, and ESPnet's: wav.scp, segments, text, utt2spk, spk2utt, utt2lang.

Format: https://kaldi-asr.org/doc/data_prep.html; what is refused is what `utils/validate_data_dir.sh` refuses. Files
are sorted as `LC_ALL=C sort` does. Kaldi itself reads mono 16-bit WAV only, so wav.scp names the file of a recording
where it is one, and a converted copy below `wav/` where it is not: no pipe, hence no program to install. A recording
cut by channels is one Kaldi recording for each; a clip is one too, and needs no segments.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from functools import partial
from itertools import groupby
from pathlib import Path

from asrlab.errors import OptionError
from asrlab.export.converting import OWN_NAME, Whole, convert, is_mono_wav
from asrlab.export.files import bytes_written_whole
from asrlab.export.formats.protocol import AudioNeed, DataSet, Format, refuse
from asrlab.export.ids import speaker_key
from asrlab.export.placing import Placed, in_parallel, ready_folder
from asrlab.export.sorting import SortedLines
from asrlab.export.utterances import LabeledRecording, Utterance

WAV_FOLDER = "wav"
LISTS = ("wav.scp", "segments", "text", "utt2spk", "utt2lang")
SPEAKERS = "spk2utt"
UNKNOWN_LANGUAGE = "und"
"""BCP-47's. Kaldi wants every utterance in utt2lang, or no such file."""

# Kaldi's scripts part lines at white space; to Kaldi "|" is a command, and ":123" or "[…]" at the end a place within.
_PLAIN_PATH = re.compile(r"[^\s|~][^\s|]*")
_PLACE_WITHIN = re.compile(r":\d+$|\]$")
# As `grep -w` finds them.
_ILLEGAL_WORD = re.compile(r"(?<!\w)(?:</?s>|#0)(?!\w)", re.ASCII)


def _write(form: str, data: DataSet, folder: Path) -> Sequence[Path]:
    """Write the data directory; each file takes its place when it is whole, wav.scp first.

    Raises UserError when audio can't be read, OptionError when Kaldi can't take a text, the folder's path, the clips'
    container, or a WAV a recording's length.
    """
    with ExitStack() as stack:
        lists = {name: stack.enter_context(closing(SortedLines(folder))) for name in LISTS}
        # Before the audio: what is refused is so within seconds.
        has_language = _add_utterances(form, data, lists)
        if data.audio.is_clipped:
            _name_clips(form, data, lists["wav.scp"])
            wavs: list[Path] = []
        else:
            wavs = _lay_out(data, folder, lists["wav.scp"])
        unwanted = {"segments"} if data.audio.is_clipped else set()
        if not has_language:
            unwanted.add("utt2lang")
        written = [_written(folder / name, lines) for name, lines in lists.items() if name not in unwanted]
        written.append(_written(folder / SPEAKERS, _speakers(lists["utt2spk"])))
    for name in unwanted:
        # A former export may have left one, which would be believed.
        (folder / name).unlink(missing_ok=True)
    _sweep(folder / WAV_FOLDER, wavs)
    return written + wavs


def _add_utterances(form: str, data: DataSet, lists: dict[str, SortedLines]) -> bool:
    """Add each utterance to all lists but wav.scp; returns whether the language of any is known."""
    segments, text, utt2spk, utt2lang = (lists[name] for name in LISTS[1:])
    has_language = False
    for recording in data.recordings():
        for utterance in recording.utterances:
            key = _utterance_key(recording, utterance)
            if not data.audio.is_clipped:
                times = f"{utterance.start:.3f} {utterance.start + utterance.duration:.3f}"
                segments.add(f"{key} {_recording_key(recording, utterance.channel)} {times}")
            text.add(f"{key} {_line(form, recording, utterance)}")
            utt2spk.add(f"{key} {_speaker(recording, utterance)}")
            utt2lang.add(f"{key} {utterance.language or UNKNOWN_LANGUAGE}")
            has_language = has_language or bool(utterance.language)
    return has_language


def _line(form: str, recording: LabeledRecording, utterance: Utterance) -> str:
    """The text with single spaces: Kaldi knows words, and its check refuses Unicode's other white space."""
    line = " ".join(utterance.text.split())
    if not line:
        refuse(form, recording, utterance, "it holds no word")
    if illegal := _ILLEGAL_WORD.search(line):
        refuse(form, recording, utterance, f"{illegal.group()} is a symbol of its own to Kaldi")
    return line


def _utterance_key(recording: LabeledRecording, utterance: Utterance) -> str:
    """It begins with the speaker, as Kaldi wants."""
    return f"{_speaker(recording, utterance)}-{recording.key_of(utterance)}"


def _speaker(recording: LabeledRecording, utterance: Utterance) -> str:
    """Who is not known is the Kaldi recording: on two channels of a call are two people."""
    speaker = utterance.speaker
    return speaker_key(speaker) if speaker else _recording_key(recording, utterance.channel)


def _recording_key(recording: LabeledRecording, channel: int | None) -> str:
    return recording.key if channel is None else f"{recording.key}_c{channel}"


def _name_clips(form: str, data: DataSet, wav_scp: SortedLines) -> None:
    """Each clip is a recording of its utterance's key."""
    for recording in data.recordings():
        for utterance in recording.utterances:
            path, _ = data.audio.place(recording, utterance)
            if form == "kaldi" and not (path.endswith(".wav") and data.audio.num_channels(recording) == 1):
                raise OptionError("Kaldi reads mono WAV files only: ask for --clips wav of one channel")
            wav_scp.add(f"{_utterance_key(recording, utterance)} {_checked(path)}")


def _lay_out(data: DataSet, folder: Path, wav_scp: SortedLines) -> list[Path]:
    """Add each recording to wav.scp, and convert those that Kaldi can't read; returns the converted files."""
    wav_folder = folder / WAV_FOLDER
    converted: list[Path] = []

    def needed() -> Iterator[Whole]:
        for recording in data.recordings():
            for channel in dict.fromkeys(utterance.channel for utterance in recording.utterances):
                key, source = _recording_key(recording, channel), recording.source
                if not data.is_portable and _is_plain(source.uri) and is_mono_wav(source):
                    wav_scp.add(f"{key} {source.uri}")
                    continue
                whole = Whole(source, channel)
                target = wav_folder / whole.name
                wav_scp.add(f"{key} {_named(target, folder, data)}")
                converted.append(target)
                ready_folder(wav_folder)
                yield whole

    in_parallel(lambda whole: convert(whole, wav_folder), needed())
    return converted


def _named(target: Path, folder: Path, data: DataSet) -> str:
    if data.is_portable:
        return target.relative_to(folder).as_posix()
    return _checked(str(target.resolve()))


def _checked(path: str) -> str:
    if not _is_plain(path):
        raise OptionError(f"Kaldi takes no path with white space or | in it ({path}): give another --out")
    return path


def _is_plain(path: str) -> bool:
    return _PLAIN_PATH.fullmatch(path) is not None and not _PLACE_WITHIN.search(path)


def _speakers(utt2spk: Iterable[bytes]) -> Iterator[bytes]:
    """The lines of spk2utt, piece by piece: utterances sorted by key are sorted by speaker too."""
    parted: Iterator[tuple[bytes, bytes, bytes]] = (line.rstrip(b"\n").partition(b" ") for line in utt2spk)
    for speaker, entries in groupby(parted, key=lambda entry: entry[2]):
        yield speaker
        for key, _, _ in entries:
            yield b" " + key
        yield b"\n"


def _written(target: Path, lines: Iterable[bytes]) -> Path:
    with bytes_written_whole(target) as file:
        file.writelines(lines)
    return target


def _sweep(wav_folder: Path, wavs: Sequence[Path]) -> None:
    """Remove what former exports converted and this one does not name."""
    placed = Placed()
    for path in wavs:
        placed.add(path.name)
    placed.sweep(wav_folder, OWN_NAME)


def _writer(form: str) -> Callable[[DataSet, Path], Sequence[Path]]:
    return partial(_write, form)


FORMATS = (
    Format("kaldi", "a Kaldi data directory", _writer("kaldi"), AudioNeed.WAV),
    Format("espnet", "a data directory as ESPnet's recipes take it", _writer("espnet"), AudioNeed.WAV),
)
