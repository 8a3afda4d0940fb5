"""How an export lays out audio: named where it lies, copied beside the manifest, or cut into clips.

Each is an `Audio` as formats are given it. `prepare` comes before the manifest is written and `sweep` after it is in
place, so that at no moment does a line lack its audio.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from asrlab.audio.files import printable
from asrlab.audio.places import verified_blocks, verify_unchanged
from asrlab.audio.probe import content_hash
from asrlab.audio.remote.urls import is_url, url_suffix
from asrlab.domain.audio import AudioSource
from asrlab.domain.reasons import FailureReason
from asrlab.errors import AudioError, InputNotFoundError, ItemError, OptionError, UserError
from asrlab.export.cutting import ClipSpec, clip_name, cut_clips
from asrlab.export.formats.protocol import Place
from asrlab.export.placing import Placed, in_parallel, placed_whole, ready_folder
from asrlab.export.utterances import LabeledRecording, Utterance

__all__ = ["ClipSpec", "ClippedAudio", "CopiedAudio", "ReferencedAudio", "check_audio"]

COPIES = "audio"
FILES_SHOWN = 3
_SUFFIX = re.compile(r"\.[a-z0-9]{1,10}")
# What an export named, and behind a dot what a killed one left.
_CLIP, _COPY = (
    re.compile(rf"{name}|\.{name}\.\w+")
    for name in (r"[0-9a-f]{16}-\d+-\d+(-c\d+)?\.(wav|flac|opus)", r"[0-9a-f]{16}(\.[a-z0-9]{1,10})?")
)


def check_audio(recordings: Iterable[LabeledRecording]) -> None:
    """Look at every file on this machine: is it there, and does it hold what was ingested?

    One look at a file; the bytes of one whose time alone has changed are read. What URLs hold is verified when it is
    fetched. Raises InputNotFoundError when files are gone or out of reach, OptionError when others lie there now; both
    name the first few.
    """
    gone, changed = _Names(), _Names()
    for recording in recordings:
        source = recording.source
        if is_url(source.uri):
            continue
        try:
            verify_unchanged(source)
        except AudioError as error:
            (changed if error.reason == FailureReason.CHANGED else gone).add(source.uri)
    told = []
    if gone.count:
        told.append(f"the audio of {gone.count} recording(s) is gone or out of reach ({gone.shown})")
    if changed.count:
        told.append(
            f"the audio of {changed.count} recording(s) has changed since it was ingested ({changed.shown})"
        )
    if told:
        kind = InputNotFoundError if gone.count else OptionError
        raise kind(
            f"{'; '.join(told)}: put it back, ingest it where and as it is now, or leave it out with --where"
        )


class _Names:
    """How many there are, and the first few."""

    def __init__(self) -> None:
        self.count = 0
        self._first: list[str] = []

    def add(self, uri: str) -> None:
        self.count += 1
        if len(self._first) < FILES_SHOWN:
            self._first.append(printable(uri))

    @property
    def shown(self) -> str:
        return ", ".join(self._first) + (", …" if self.count > FILES_SHOWN else "")


class ReferencedAudio:
    """Audio where it lies: by absolute path or URL, as the catalog has it, with the utterance's place in it."""

    is_clipped = False

    def prepare(self, recordings: Iterable[LabeledRecording]) -> None:
        """Nothing is laid out; draws no recording."""

    def sweep(self) -> None:
        """Nothing was laid out."""

    def place(self, recording: LabeledRecording, utterance: Utterance) -> Place:
        return Place(self.whole(recording), utterance.start)

    def whole(self, recording: LabeledRecording) -> str:
        return recording.source.uri

    def file(self, recording: LabeledRecording, utterance: Utterance) -> Path:
        raise NotImplementedError("there are no clips: is_clipped says so")

    def sampling_rate(self, recording: LabeledRecording) -> int:
        return recording.source.sampling_rate

    def num_channels(self, recording: LabeledRecording) -> int:
        return recording.source.num_channels

    def num_samples(self, recording: LabeledRecording, utterance: Utterance) -> int:
        return recording.source.num_samples


class CopiedAudio:
    """Each recording's file, byte for byte, as `audio/<key><suffix>` in the export's folder; paths relative to that."""

    is_clipped = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._placed = Placed()

    def prepare(self, recordings: Iterable[LabeledRecording]) -> None:
        """Copy what the folder lacks; a copy that is there is read through, and made anew when it is damaged.

        May be called again with more. Raises UserError, naming the recording, when one can't be read, OptionError when
        the folder can't be written.
        """
        ready_folder(self._folder / COPIES)
        in_parallel(self._copy, self._noted(recordings))

    def sweep(self) -> None:
        """Remove the copies of former exports that no recording given to `prepare` has."""
        self._placed.sweep(self._folder / COPIES, _COPY)

    def place(self, recording: LabeledRecording, utterance: Utterance) -> Place:
        return Place(self.whole(recording), utterance.start)

    def whole(self, recording: LabeledRecording) -> str:
        return f"{COPIES}/{_copy_name(recording)}"

    def file(self, recording: LabeledRecording, utterance: Utterance) -> Path:
        raise NotImplementedError("there are no clips: is_clipped says so")

    def sampling_rate(self, recording: LabeledRecording) -> int:
        return recording.source.sampling_rate

    def num_channels(self, recording: LabeledRecording) -> int:
        return recording.source.num_channels

    def num_samples(self, recording: LabeledRecording, utterance: Utterance) -> int:
        return recording.source.num_samples

    def _noted(self, recordings: Iterable[LabeledRecording]) -> Iterator[LabeledRecording]:
        for recording in recordings:
            self._placed.add(_copy_name(recording))
            yield recording

    def _copy(self, recording: LabeledRecording) -> Iterator[None]:
        source = recording.source
        target = self._folder / COPIES / _copy_name(recording)
        if _is_copy(target, source):
            return
        try:
            with placed_whole(target) as file:
                for block in verified_blocks(source):
                    file.write(block)
                    yield
        except ItemError as error:
            raise UserError(f"can't copy a recording: {error}") from error


class ClippedAudio:
    """A file for each utterance, `<key>.<container>` in a folder within the export's.

    portable: whether its paths are relative to the export's folder, not absolute.
    """

    is_clipped = True

    def __init__(self, folder: Path, clips_folder: str, spec: ClipSpec, *, portable: bool) -> None:
        self._clips = folder.resolve() / clips_folder
        self._prefix = f"{clips_folder}/" if portable else f"{self._clips}/"
        self._spec = spec
        self._placed = Placed()

    def prepare(self, recordings: Iterable[LabeledRecording]) -> None:
        """Cut what the folder lacks, recordings side by side; each is read forward once.

        May be called again with more. Raises UserError, naming the recording, when one can't be read or does not fit
        the container, OptionError when the folder can't be written.
        """
        ready_folder(self._clips)
        in_parallel(lambda one: cut_clips(one, self._clips, self._spec), self._noted(recordings))

    def sweep(self) -> None:
        """Remove the clips of former exports that no utterance given to `prepare` has."""
        self._placed.sweep(self._clips, _CLIP)

    def place(self, recording: LabeledRecording, utterance: Utterance) -> Place:
        return Place(f"{self._prefix}{clip_name(recording, utterance, self._spec)}", 0.0)

    def whole(self, recording: LabeledRecording) -> str:
        raise NotImplementedError("there are clips only: is_clipped says so")

    def file(self, recording: LabeledRecording, utterance: Utterance) -> Path:
        return self._clips / clip_name(recording, utterance, self._spec)

    def sampling_rate(self, recording: LabeledRecording) -> int:
        """For Opus what its header tells; players that decode at 48 kHz get as many times the samples."""
        return self._spec.sampling_rate

    def num_channels(self, recording: LabeledRecording) -> int:
        return self._spec.num_channels(recording.source)

    def num_samples(self, recording: LabeledRecording, utterance: Utterance) -> int:
        return self._spec.num_samples(recording.source, utterance)

    def _noted(self, recordings: Iterable[LabeledRecording]) -> Iterator[LabeledRecording]:
        for recording in recordings:
            for utterance in recording.utterances:
                self._placed.add(clip_name(recording, utterance, self._spec))
            yield recording


def _copy_name(recording: LabeledRecording) -> str:
    """With the suffix, which tells a codec that has no header."""
    uri = recording.source.uri
    suffix = url_suffix(uri) if is_url(uri) else Path(uri).suffix.lower()
    return recording.key + (suffix if _SUFFIX.fullmatch(suffix) else "")


def _is_copy(path: Path, source: AudioSource) -> bool:
    try:
        return path.stat().st_size == source.size and content_hash(path) == source.content_hash
    except (OSError, AudioError):
        return False
