"""From the catalog to a manifest on disk."""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from asrlab.audio.files import printable
from asrlab.audio.remote.urls import is_url
from asrlab.catalog import Catalog
from asrlab.catalog.recordings import audio_sources
from asrlab.catalog.selection import LabeledSegment, select_segments
from asrlab.errors import InputNotFoundError, OptionError
from asrlab.export.kaldi import write_kaldi
from asrlab.export.lhotse import write_lhotse
from asrlab.export.nemo import write_nemo
from asrlab.export.qwen3_asr import write_qwen3_asr
from asrlab.export.selection import LabeledRecording, Selection
from asrlab.export.subtitles import write_srt, write_vtt


def _write_nemo(selection: Selection, folder: Path) -> tuple[Path, int]:
    return write_nemo(selection.segments, folder)


FORMATS: dict[str, Callable[[Selection, Path], tuple[Path, int]]] = {
    "nemo": _write_nemo,
    "lhotse": write_lhotse,
    "kaldi": write_kaldi,
    "srt": write_srt,
    "vtt": write_vtt,
    "qwen3-asr": write_qwen3_asr,
}
"""What each format is written by; each returns where it wrote, and how many segments."""

FILES_SHOWN = 3


def export(catalog: Catalog, form: str, folder: Path, where: str | None = None) -> tuple[Path, int]:
    """Write the current transcripts that meet `where` in one of FORMATS.

    Returns the manifest (the folder, for a format of several files) and its number of segments. The same catalog
    gives the same bytes. Raises QueryError for a bad condition, InputNotFoundError when audio it would point to is
    gone, UserError when audio to be cut can't be read, OptionError when nothing is left to write or the folder
    can't be written.
    """
    segments = [segment for segment in select_segments(catalog, where) if segment.text.strip()]
    if not segments:
        raise OptionError("nothing to export: no transcript meets the selection (see `asrlab status`)")
    selection = Selection(_recordings(catalog, segments), catalog)
    try:
        return FORMATS[form](selection, folder)
    except OSError as error:
        raise OptionError(f"can't write to {printable(folder)}: {error.strerror or error}") from error


def _recordings(catalog: Catalog, segments: Sequence[LabeledSegment]) -> tuple[LabeledRecording, ...]:
    """The segments by recording, with a URI where the audio is: a manifest must not point to what is not there."""
    groups: dict[int, list[LabeledSegment]] = {}
    for segment in segments:
        groups.setdefault(segment.recording_id, []).append(segment)
    with catalog.reading() as session:
        sources = audio_sources(session, list(groups))
    missing = [
        source.uri for source in sources.values() if not is_url(source.uri) and not os.path.isfile(source.uri)
    ]
    if missing:
        shown = ", ".join(missing[:FILES_SHOWN]) + (", …" if len(missing) > FILES_SHOWN else "")
        raise InputNotFoundError(
            f"the audio of {len(missing)} recordings is gone ({shown}): put it back, label it where it is now, "
            "or leave it out with --where"
        )
    return tuple(
        LabeledRecording(
            recording_id,
            sources[recording_id],
            tuple(replace(segment, uri=sources[recording_id].uri) for segment in found),
        )
        for recording_id, found in groups.items()
        # Given up between the two queries: it has no place any more, so nothing of it is current.
        if recording_id in sources
    )
