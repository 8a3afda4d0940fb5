"""From the catalog to a manifest on disk."""

import os
from collections.abc import Sequence
from pathlib import Path

from asrlab.catalog import Catalog
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
    _check_audio(segments)
    try:
        return FORMATS[form](segments, folder)
    except OSError as error:
        raise OptionError(f"can't write to {folder}: {error.strerror or error}") from error


def _check_audio(segments: Sequence[LabeledSegment]) -> None:
    """A manifest must not point to files that are not there."""
    missing = [uri for uri in dict.fromkeys(segment.uri for segment in segments) if not os.path.isfile(uri)]
    if missing:
        shown = ", ".join(missing[:FILES_SHOWN]) + (", …" if len(missing) > FILES_SHOWN else "")
        raise InputNotFoundError(
            f"the audio of {len(missing)} recordings is gone ({shown}): put it back, or leave it out with --where"
        )
