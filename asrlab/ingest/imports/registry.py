"""The formats that are read, by name; to add one is to write its file and to name it here."""

from asrlab.errors import OptionError
from asrlab.ingest.imports import (
    hf,
    kaldi,
    label_studio,
    lhotse,
    nemo,
    qwen3_asr,
    srt,
    tables,
    textgrid,
    vtt,
)
from asrlab.ingest.imports.protocol import ImportFormat

_MODULES = (nemo, lhotse, kaldi, hf, qwen3_asr, textgrid, srt, vtt, label_studio, tables)
IMPORT_FORMATS: dict[str, ImportFormat] = {each.name: each for module in _MODULES for each in module.FORMATS}


def find_import_format(name: str) -> ImportFormat:
    """The format of this name; raises OptionError when there is none."""
    if name not in IMPORT_FORMATS:
        raise OptionError(f"{name!r} is not read: give one of {', '.join(IMPORT_FORMATS)}")
    return IMPORT_FORMATS[name]
