"""ELAN's annotation documents (.eaf), one a recording: a tier of utterances for each voice, and one of its words.

Format: https://www.mpi.nl/tools/elan/EAF_Annotation_Format_3.0_and_ELAN.pdf, of which nothing is used that format
2.6 does not have too. The date is fixed: equal labels give equal bytes.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from xml.sax.saxutils import escape, quoteattr

from asrlab.audio.remote.urls import is_url, url_suffix
from asrlab.errors import OptionError
from asrlab.export.formats.protocol import AudioNeed, DataSet, Format, refuse
from asrlab.export.stems import write_each
from asrlab.export.utterances import LabeledRecording, Utterance
from asrlab.export.voices import Interval, Tier, tiers_of, words_in_row
from asrlab.export.xml_text import xml_fault

UTTERANCE_TYPE = "utterance"
WORD_TYPE = "word"

_MIME_TYPES = {".wav": "audio/x-wav", ".mp3": "audio/mpeg", ".m4a": "audio/mp4"}
_ANY_AUDIO = "audio/*"
_OPENING = """<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT AUTHOR="" DATE="1970-01-01T00:00:00+00:00" FORMAT="3.0" VERSION="3.0"\
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"\
 xsi:noNamespaceSchemaLocation="http://www.mpi.nl/tools/elan/EAFv3.0.xsd">
"""
# Words lie within their utterance, with pauses between them.
_CLOSING = f"""    <LINGUISTIC_TYPE GRAPHIC_REFERENCES="false" LINGUISTIC_TYPE_ID="{UTTERANCE_TYPE}"\
 TIME_ALIGNABLE="true"/>
    <LINGUISTIC_TYPE CONSTRAINTS="Included_In" GRAPHIC_REFERENCES="false" LINGUISTIC_TYPE_ID="{WORD_TYPE}"\
 TIME_ALIGNABLE="true"/>
    <CONSTRAINT DESCRIPTION="Time alignable annotations within the parent annotation's time interval,\
 gaps are allowed" STEREOTYPE="Included_In"/>
</ANNOTATION_DOCUMENT>
"""


def write_eaf(data: DataSet, folder: Path) -> Sequence[Path]:
    """Write an `.eaf` for each recording, which names its audio unless there are only clips.

    Refuses a text with a character that XML can't hold, and an utterance of more words than milliseconds.
    """
    return write_each(data, folder, ".eaf", partial(_document, data))


def _document(data: DataSet, recording: LabeledRecording) -> str:
    slots = _Slots()
    tiers = "".join(_tiers(recording, slots))
    media = "" if data.audio.is_clipped else _media(data.audio.whole(recording), data.is_portable)
    header = (
        '    <HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">\n'
        f"{media}"
        f'        <PROPERTY NAME="lastUsedAnnotationId">{slots.num_annotations}</PROPERTY>\n'
        "    </HEADER>\n"
    )
    return _OPENING + header + slots.time_order() + tiers + _CLOSING


class _Slots:
    """The points in time that annotations begin and end at: two for each, which no other shares."""

    def __init__(self) -> None:
        self._times: list[int] = []

    @property
    def num_annotations(self) -> int:
        return len(self._times) // 2

    def annotation(self, interval: Interval) -> str:
        start_ms, end_ms, text = interval
        self._times += (start_ms, end_ms)
        last = len(self._times)
        return (
            "        <ANNOTATION>\n"
            f'            <ALIGNABLE_ANNOTATION ANNOTATION_ID="a{last // 2}"'
            f' TIME_SLOT_REF1="ts{last - 1}" TIME_SLOT_REF2="ts{last}">\n'
            f"                <ANNOTATION_VALUE>{_escaped(text)}</ANNOTATION_VALUE>\n"
            "            </ALIGNABLE_ANNOTATION>\n"
            "        </ANNOTATION>\n"
        )

    def time_order(self) -> str:
        """All of them in order of time."""
        lines = (
            f'        <TIME_SLOT TIME_SLOT_ID="ts{index + 1}" TIME_VALUE="{self._times[index]}"/>\n'
            for index in sorted(range(len(self._times)), key=self._times.__getitem__)
        )
        return f"    <TIME_ORDER>\n{''.join(lines)}    </TIME_ORDER>\n"


def _tiers(recording: LabeledRecording, slots: _Slots) -> Iterator[str]:
    for tier in tiers_of(recording):
        for utterance in tier.utterances:
            _check(recording, utterance)
        intervals = [(each.start_ms, each.end_ms, each.text) for each in tier.utterances]
        yield _tier(tier, tier.name, UTTERANCE_TYPE, intervals, slots)
        words = [word for each in tier.utterances for word in words_in_row("eaf", recording, each)]
        if words:
            yield _tier(tier, tier.words_name, WORD_TYPE, words, slots)


def _check(recording: LabeledRecording, utterance: Utterance) -> None:
    for text in (utterance.text, utterance.speaker or "", *(word[0] for word in utterance.timed)):
        if fault := xml_fault(text):
            refuse("eaf", recording, utterance, fault)


def _tier(tier: Tier, name: str, kind: str, intervals: Iterable[Interval], slots: _Slots) -> str:
    parent = f" PARENT_REF={quoteattr(tier.name)}" if kind == WORD_TYPE else ""
    participant = f" PARTICIPANT={quoteattr(tier.speaker)}" if tier.speaker else ""
    annotations = "".join(map(slots.annotation, intervals))
    return (
        f'    <TIER LINGUISTIC_TYPE_REF="{kind}"{parent}{participant} TIER_ID={quoteattr(name)}>\n'
        f"{annotations}"
        "    </TIER>\n"
    )


def _media(path: str, is_relative: bool) -> str:
    """The audio as ELAN writes it, spaces and all: a file:// URL, a URL, or a path from the document's folder."""
    if fault := xml_fault(path):
        raise OptionError(f"eaf can't name {path!r}: {fault}; give --copy-audio")
    remote = is_url(path)
    suffix = url_suffix(path) if remote else PurePosixPath(path).suffix.lower()
    url = path if remote or is_relative else f"file://{path}"
    relative = f" RELATIVE_MEDIA_URL={quoteattr(f'./{path}')}" if is_relative else ""
    mime_type = _MIME_TYPES.get(suffix, _ANY_AUDIO)
    return f'        <MEDIA_DESCRIPTOR MEDIA_URL={quoteattr(url)} MIME_TYPE="{mime_type}"{relative}/>\n'


def _escaped(text: str) -> str:
    return escape(text, {"\r": "&#13;"})


FORMATS = (
    Format("eaf", "ELAN's annotation documents, one a recording", write_eaf, AudioNeed.REFERENCE, words=True),
)
