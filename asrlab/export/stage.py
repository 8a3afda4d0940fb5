"""From the catalog to a manifest on disk."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from asrlab.catalog import Catalog
from asrlab.catalog.recordings import audio_sources
from asrlab.catalog.selection import LabeledSegment, select_segments
from asrlab.errors import InputNotFoundError, OptionError
from asrlab.export.nemo import write_nemo

FORMATS = {"nemo": write_nemo}
FILES_SHOWN = 3


def export(catalog: Catalog, form: str, folder: Path, where: str | None = None) -> tuple[Path, int]:
    """Write the current transcripts that meet `where` as a manifest; returns its path and number of entries.

    Raises QueryError for a bad condition, InputNotFoundError when audio it would point to is gone, OptionError
    when nothing is left to write or the folder can't be written.
    """
    segments = select_segments(catalog, where)
    if not segments:
        raise OptionError("nothing to export: no transcript meets the selection (see `asrlab status`)")
    segments = _where_audio_is(catalog, segments)
    try:
        return FORMATS[form](segments, folder)
    except OSError as error:
        raise OptionError(f"can't write to {folder}: {error.strerror or error}") from error


def _where_audio_is(catalog: Catalog, segments: Sequence[LabeledSegment]) -> list[LabeledSegment]:
    """The segments with a URI where the audio is: a manifest must not point to files that are not there."""
    present = {uri: os.path.isfile(uri) for uri in dict.fromkeys(segment.uri for segment in segments)}
    lost = list(dict.fromkeys(segment.recording_id for segment in segments if not present[segment.uri]))
    with catalog.reading() as session:
        elsewhere = audio_sources(session, lost)
    missing = [source.uri for source in elsewhere.values() if not os.path.isfile(source.uri)]
    if missing:
        shown = ", ".join(missing[:FILES_SHOWN]) + (", …" if len(missing) > FILES_SHOWN else "")
        raise InputNotFoundError(
            f"the audio of {len(missing)} recordings is gone ({shown}): put it back, label it where it is now, "
            "or leave it out with --where"
        )
    return [
        replace(segment, uri=elsewhere[segment.recording_id].uri)
        if segment.recording_id in elsewhere
        else segment
        for segment in segments
    ]
