"""How the audio of one data set is laid out: where it lies, copied beside the manifest, or cut into clips."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from asrlab.errors import OptionError
from asrlab.export.audio import ClippedAudio, ClipSpec, CopiedAudio, ReferencedAudio
from asrlab.export.formats.protocol import Audio, AudioNeed, DataSet, Format
from asrlab.export.request import WritingOptions
from asrlab.export.utterances import LabeledRecording

DEFAULT_CONTAINER = "wav"
Recordings = Callable[[], Iterator[LabeledRecording]]


@dataclass(frozen=True, slots=True)
class Layout:
    """Audio ready to be named by a format. sweep: removes what a former export left, when the manifest is in place."""

    audio: Audio
    files: Callable[[DataSet], Iterator[Path]]
    sweep: Callable[[], object]


@contextmanager
def laid_out(form: Format, writing: WritingOptions, folder: Path, recordings: Recordings) -> Iterator[Layout]:
    """Lay the audio out as the format needs it and the options say; what is only packed is removed at the end.

    Raises OptionError when the two don't go together, UserError when audio can't be read, OSError for a full disk.
    """
    if form.audio is AudioNeed.NONE:
        if writing.clips:
            raise OptionError(f"the format {form.name} holds no audio: leave --clips out")
        yield _without_files(ReferencedAudio())
    elif form.audio is AudioNeed.PACKED:
        with TemporaryDirectory(dir=folder, prefix=".clips-") as name:
            cut = ClippedAudio(Path(name), form.clips, clip_spec(writing), portable=True)
            cut.prepare(recordings())
            yield _without_files(cut)
    elif form.audio is AudioNeed.CLIPS or writing.clips:
        clips = ClippedAudio(folder, form.clips, clip_spec(writing), portable=writing.copy_audio)
        clips.prepare(recordings())
        yield Layout(clips, lambda data: _clips(clips, data), clips.sweep)
    elif writing.copy_audio and form.audio is AudioNeed.REFERENCE:
        copies = CopiedAudio(folder)
        copies.prepare(recordings())
        yield Layout(
            copies, lambda data: (folder / copies.whole(each) for each in data.recordings()), copies.sweep
        )
    else:
        yield _without_files(ReferencedAudio())


def clip_spec(writing: WritingOptions) -> ClipSpec:
    """How clips are cut; raises OptionError for what no clip can be."""
    channel = int(writing.channel) if writing.channel.isdecimal() else writing.channel
    return ClipSpec(writing.clips or DEFAULT_CONTAINER, writing.sampling_rate, channel)


def _without_files(audio: Audio) -> Layout:
    return Layout(audio, lambda _data: iter(()), lambda: None)


def _clips(audio: Audio, data: DataSet) -> Iterator[Path]:
    return (
        audio.file(recording, utterance)
        for recording in data.recordings()
        for utterance in recording.utterances
    )
