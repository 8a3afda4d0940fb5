"""Texts that come back from files: what a recording's segments say now, and storing what is new.

A text becomes the next version of its segment, never in place of one. A new interval becomes a segment of the
recording's active segmentation (of one of the recipe `import` when nobody cut it yet), so that nothing else of the
recording stops to count; segments that it takes the place of are superseded by it.
"""

import hashlib
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from asrlab.catalog.imported_versions import ImportRun, NewText, add_version, confirm
from asrlab.catalog.references import describe_recording, import_segmentation, shared_values, values_of
from asrlab.catalog.schema import (
    AlignmentRow,
    RecordingFileRow,
    RecordingRow,
    ReviewRow,
    SegmentationRow,
    SegmentRow,
    TranscriptRow,
)
from asrlab.catalog.segments import IMPORT_RECIPE, segment_content_hash
from asrlab.catalog.selection import words_of_alignments
from asrlab.catalog.values import HASH_DIGITS, canonical_json, chunks, utc_now
from asrlab.domain.imported import KnownRecording, KnownSegment, KnownText
from asrlab.domain.time import MS_PER_SECOND

_MADE_OF_A_NAME = re.compile(r"_[0-9a-f]{6}$")
_RANK = {"human": 0, "import": 1, "consensus": 2}
_PERSONS_VERDICTS = ("accepted", "corrected")


def recordings_at(session: Session, uris: Sequence[str]) -> dict[str, int]:
    """The recordings that lie at these places now, by place."""
    found: dict[str, int] = {}
    for some in chunks(uris):
        rows = session.execute(
            sa.select(RecordingFileRow.uri, RecordingFileRow.recording_id).where(
                RecordingFileRow.uri.in_(some), RecordingFileRow.superseded_at.is_(None)
            )
        )
        found.update((row.uri, row.recording_id) for row in rows)
    return found


def newest_recording(session: Session) -> int:
    """The highest id of all recordings, 0 for none: what comes later has a higher one."""
    return session.scalar(sa.select(sa.func.max(RecordingRow.recording_id))) or 0


def recordings_hashed(session: Session, beginnings: Collection[str]) -> dict[str, int]:
    """The recordings whose content hash begins with these 16 digits, by them; what two have names none."""
    found: dict[str, int] = {}
    several: set[str] = set()
    beginning = sa.func.substr(RecordingRow.content_hash, 1, HASH_DIGITS)
    for some in chunks(sorted(beginnings)):
        for digits, recording_id in session.execute(
            sa.select(beginning, RecordingRow.recording_id).where(beginning.in_(some))
        ):
            if digits in found:
                several.add(digits)
            found[digits] = recording_id
    return {digits: recording_id for digits, recording_id in found.items() if digits not in several}


def places_named(session: Session, stem: str) -> dict[str, int]:
    """Where recordings lie now that are called `stem` and more, by place: the caller looks which is meant."""
    rows = session.execute(
        sa.select(RecordingFileRow.uri, RecordingFileRow.recording_id)
        .where(RecordingFileRow.superseded_at.is_(None), RecordingFileRow.uri.contains(stem, autoescape=True))
        .order_by(RecordingFileRow.file_id)
    )
    return {row.uri: row.recording_id for row in rows}


def known_recording(session: Session, recording_id: int, *, words: bool) -> KnownRecording:
    """The recording, its active segmentation and the texts of that; locked until the transaction ends.

    words: whether the times of the words are asked for.
    """
    recording = session.scalars(
        sa.select(RecordingRow).where(RecordingRow.recording_id == recording_id).with_for_update()
    ).one()
    segmentation_id = session.scalar(
        sa.select(SegmentationRow.segmentation_id).where(
            SegmentationRow.recording_id == recording_id, SegmentationRow.is_active
        )
    )
    rows = session.scalars(
        sa.select(SegmentRow)
        .where(SegmentRow.segmentation_id == segmentation_id)
        .order_by(SegmentRow.start_ms, SegmentRow.segment_id)
    ).all()
    texts = _texts(session, [row.segment_id for row in rows], words=words)
    return KnownRecording(
        recording_id,
        recording.content_hash,
        recording.num_samples * MS_PER_SECOND // recording.sampling_rate,
        recording.num_channels,
        segmentation_id,
        tuple(
            KnownSegment(
                row.segment_id,
                row.channel,
                row.start_ms,
                row.end_ms,
                row.speaker if row.speaker is not None else recording.speaker,
                row.language if row.language is not None else recording.language,
                row.context if row.context is not None else recording.context,
                canonical_json({**json.loads(recording.metadata_json), **json.loads(row.metadata_json)}),
                row.superseded_by is not None,
                texts.current.get(row.segment_id),
                texts.imported.get(row.segment_id),
                row.segment_id in texts.confirmed,
                texts.by_person.get(row.segment_id, {}),
            )
            for row in rows
        ),
    )


@dataclass(frozen=True, slots=True)
class _Texts:
    """By segment: the text that counts, the newest imported one, each person's newest; confirmed: of a person."""

    current: Mapping[int, KnownText]
    imported: Mapping[int, KnownText]
    by_person: Mapping[int, Mapping[str, KnownText]]
    confirmed: Collection[int]


_VersionRow = sa.Row[tuple[int, int, str, str | None, str, str | None]]


def _texts(session: Session, segment_ids: Sequence[int], *, words: bool) -> _Texts:
    current: dict[int, _VersionRow] = {}
    imported: dict[int, _VersionRow] = {}
    by_person: dict[int, dict[str, _VersionRow]] = {}
    for some in chunks(segment_ids):
        for row in session.execute(
            sa.select(
                TranscriptRow.transcript_id,
                TranscriptRow.segment_id,
                TranscriptRow.origin,
                TranscriptRow.author,
                TranscriptRow.text,
                TranscriptRow.language,
            )
            .where(TranscriptRow.segment_id.in_(some))
            .order_by(TranscriptRow.segment_id, TranscriptRow.version)
        ):
            best = current.get(row.segment_id)
            if best is None or _RANK.get(row.origin, 3) <= _RANK.get(best.origin, 3):
                current[row.segment_id] = row
            if row.origin == "import":
                imported[row.segment_id] = row
            elif row.origin == "human" and row.author is not None:
                by_person.setdefault(row.segment_id, {})[row.author] = row
    ids = {row.transcript_id for row in (*current.values(), *imported.values())}
    timed = _words(session, sorted(ids)) if words else {}
    confirmed = _confirmed(session, [row.transcript_id for row in current.values()])

    def known(row: _VersionRow) -> KnownText:
        return KnownText(row.transcript_id, row.text, row.language, timed.get(row.transcript_id, ()))

    return _Texts(
        {segment_id: known(row) for segment_id, row in current.items()},
        {segment_id: known(row) for segment_id, row in imported.items()},
        {
            segment_id: {person: known(row) for person, row in rows.items()}
            for segment_id, rows in by_person.items()
        },
        {
            segment_id
            for segment_id, row in current.items()
            if row.origin == "human" or row.transcript_id in confirmed
        },
    )


def _words(session: Session, transcript_ids: Sequence[int]) -> dict[int, tuple[tuple[str, int, int], ...]]:
    newest: dict[int, int] = {}
    for some in chunks(transcript_ids):
        rows = session.execute(
            sa.select(AlignmentRow.transcript_id, sa.func.max(AlignmentRow.alignment_id))
            .where(AlignmentRow.transcript_id.in_(some))
            .group_by(AlignmentRow.transcript_id)
        )
        newest.update((row[0], row[1]) for row in rows)
    words = words_of_alignments(session, list(newest.values()))
    return {
        transcript_id: tuple(word[:3] for word in words.get(alignment_id, ()))
        for transcript_id, alignment_id in newest.items()
    }


def _confirmed(session: Session, transcript_ids: Sequence[int]) -> set[int]:
    """Those of the texts that a person accepted or corrected."""
    found: set[int] = set()
    for some in chunks(transcript_ids):
        found.update(
            session.scalars(
                sa.select(ReviewRow.transcript_id).where(
                    ReviewRow.transcript_id.in_(some),
                    ReviewRow.verdict.in_(_PERSONS_VERDICTS),
                    ReviewRow.withdrawn_at.is_(None),
                )
            )
        )
    return found


def store_texts(
    session: Session, known: KnownRecording, texts: Sequence[NewText], run: ImportRun
) -> list[int]:
    """Store what is new of these texts of one recording; returns their segments. run: words stand under it.

    What they agree on is said of a recording that nobody cut yet, the rest, and all of it otherwise, of the segments.
    """
    if not texts:
        return []
    recording = session.get_one(RecordingRow, known.recording_id)
    shared = shared_values([values_of(each.text.reference) for each in texts])
    if known.segmentation_id is None:
        describe_recording(session, recording, shared)
    elif "license" in shared:
        recording.license = shared["license"]
    by_id = {each.segment_id: each for each in known.segments}
    ids = [each.segment_id for each in texts]
    rows = _rows(session, [one for one in ids if one is not None])
    added = [
        each for each in texts if each.segment_id is None or rows[each.segment_id].superseded_by is not None
    ]
    segmentation_id = known.segmentation_id
    if segmentation_id is None:
        segmentation_id = import_segmentation(session, recording)
    found: list[SegmentRow] = []
    for each in texts:
        if each.segment_id is None:
            row = _segment(recording, segmentation_id, each)
            session.add(row)
        else:
            row = rows[each.segment_id]
        row.superseded_by = None
        row.superseded_at = None
        _describe(row, recording, each, None if each.segment_id is None else by_id[each.segment_id])
        found.append(row)
    session.flush()
    _supersede(session, texts, found)
    if added:
        _count_speech(session, segmentation_id)
    for each, row in zip(texts, found, strict=True):
        if each.is_new:
            add_version(session, each, row, run)
        elif each.text.annotator:
            confirm(session, each.text, row.segment_id)
    session.flush()
    return [row.segment_id for row in found]


def _rows(session: Session, segment_ids: Sequence[int]) -> dict[int, SegmentRow]:
    found: dict[int, SegmentRow] = {}
    for some in chunks(segment_ids):
        rows = session.scalars(sa.select(SegmentRow).where(SegmentRow.segment_id.in_(some)))
        found.update((row.segment_id, row) for row in rows)
    return found


def _segment(recording: RecordingRow, segmentation_id: int, new: NewText) -> SegmentRow:
    return SegmentRow(
        segmentation_id=segmentation_id,
        recording_id=recording.recording_id,
        channel=new.channel,
        start_ms=new.span.start_ms,
        end_ms=new.span.end_ms,
        content_hash=segment_content_hash(recording.content_hash, new.channel, new.span),
        metadata_json="{}",
    )


def _describe(row: SegmentRow, recording: RecordingRow, new: NewText, known: KnownSegment | None) -> None:
    """Say of the segment what is said of it and not of its recording.

    The language of a segment that was there is its text's alone: as the segment's it would be told to engines.
    """
    said = values_of(new.text.reference)
    language = said.pop("language", None)
    if known is None and language is not None and language != recording.language:
        row.language = language
    for name in ("speaker", "context"):
        value = said.pop(name, None)
        before = getattr(recording if known is None else known, name)
        if value is not None and not _is_same_name(before, value):
            setattr(row, name, value)
    if said.get("license") == recording.license:
        said.pop("license", None)
    own: Mapping[str, str] = json.loads(recording.metadata_json if known is None else known.metadata)
    changed = {name: value for name, value in said.items() if own.get(name) != value}
    if changed:
        row.metadata_json = canonical_json({**json.loads(row.metadata_json), **changed})


def _is_same_name(before: str | None, value: str) -> bool:
    """Whether the name is the same, or an id that an export made of it: toolkits take no space in one."""
    if before is None or before == value:
        return before == value
    return bool(_MADE_OF_A_NAME.search(value)) and value.endswith(
        hashlib.sha256(before.encode()).hexdigest()[:6]
    )


def _supersede(session: Session, texts: Sequence[NewText], rows: Sequence[SegmentRow]) -> None:
    for each, row in zip(texts, rows, strict=True):
        for some in chunks(each.superseded):
            session.execute(
                sa.update(SegmentRow)
                .where(SegmentRow.segment_id.in_(some))
                .values(superseded_by=row.segment_id, superseded_at=utc_now())
            )


def _count_speech(session: Session, segmentation_id: int) -> None:
    """References detect no speech: theirs is what they name. What a detector saw stays what it saw."""
    session.execute(
        sa.update(SegmentationRow)
        .where(SegmentationRow.segmentation_id == segmentation_id, SegmentationRow.recipe == IMPORT_RECIPE)
        .values(
            speech_ms=sa.select(sa.func.coalesce(sa.func.sum(SegmentRow.end_ms - SegmentRow.start_ms), 0))
            .where(SegmentRow.segmentation_id == segmentation_id, SegmentRow.superseded_by.is_(None))
            .scalar_subquery()
        )
    )
