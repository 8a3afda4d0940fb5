"""The formats by name; to add one is to write its file and to name it here."""

from asrlab.errors import OptionError
from asrlab.export.formats import (
    audacity,
    commonvoice,
    ctm,
    eaf,
    hf,
    kaldi,
    label_studio,
    lhotse,
    ljspeech,
    nemo,
    qwen3_asr,
    rttm,
    subtitles,
    tables,
    textgrid,
    webdataset,
    whisper,
)
from asrlab.export.formats.protocol import Format

_MODULES = (
    *(nemo, lhotse, kaldi, hf, webdataset, qwen3_asr, whisper, ljspeech, commonvoice),
    *(ctm, textgrid, eaf, subtitles, audacity, rttm, label_studio, tables),
)
FORMATS: dict[str, dict[str, Format]] = {}
"""Each format's variants by name; "" is the format as it is without an option."""
for _module in _MODULES:
    for _format in _module.FORMATS:
        FORMATS.setdefault(_format.name, {})[_format.variant] = _format


def find_format(name: str, variant: str = "") -> Format:
    """The format of this name; raises OptionError when there is none, or it has no such variant."""
    variants = FORMATS.get(name)
    if variants is None:
        raise OptionError(f"there is no format {name!r}: give one of {', '.join(FORMATS)}")
    if variant not in variants:
        having = ", ".join(other for other, known in FORMATS.items() if variant in known) or "none"
        raise OptionError(f"the format {name} has no --{variant}; these have it: {having}")
    return variants[variant]
