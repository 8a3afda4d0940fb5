"""What tests of review need: a catalog with texts to decide on, and people's verdicts put into it."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from asrlab.catalog import Catalog
from asrlab.catalog.schema import ReviewActRow, ReviewRow, TranscriptRow
from asrlab.catalog.segments import Segment
from asrlab.catalog.values import utc_now
from tests.factories import add_recording, add_run, add_segments, add_text

SPAN_S = 0.5


def catalog_of(catalog: Catalog, texts: list[str], corpus: str = "default", uri: str = "/a.wav") -> list[int]:
    """A recording with one segment a text, half a second each; returns the segments' ids in order of time."""
    with catalog.writing() as session:
        recording_id = add_recording(session, uri, corpus)
        spans = [(at * SPAN_S, (at + 1) * SPAN_S) for at in range(len(texts))]
        segments = add_segments(session, recording_id, spans)
        run_id = add_run(session)
        for segment, text in zip(segments, texts, strict=True):
            add_text(session, segment, run_id, text)
    return [segment.segment_id for segment in segments]


def segment_of(session: Session, segment_id: int) -> Segment:
    from asrlab.catalog.schema import SegmentRow
    from asrlab.domain.time import TimeSpan

    row = session.get_one(SegmentRow, segment_id)
    return Segment(segment_id, row.recording_id, row.channel, TimeSpan.from_ms(row.start_ms, row.end_ms))


def newest_text(session: Session, segment_id: int) -> TranscriptRow:
    return session.scalars(
        sa.select(TranscriptRow)
        .where(TranscriptRow.segment_id == segment_id)
        .order_by(TranscriptRow.version.desc())
        .limit(1)
    ).one()


def decide(
    catalog: Catalog,
    person: str,
    segment_id: int,
    verdict: str = "accepted",
    *,
    text: str | None = None,
    seconds: float = 0.0,
) -> int:
    """Put a person's verdict on the newest text, or on a new one of theirs; returns the review's id."""
    with catalog.writing() as session:
        row = newest_text(session, segment_id)
        if text is not None:
            row = TranscriptRow(
                segment_id=segment_id,
                version=row.version + 1,
                parent_id=row.transcript_id,
                origin="human",
                author=person,
                language=row.language,
                text=text,
                created_at=utc_now(),
            )
            session.add(row)
            session.flush()
        review = ReviewRow(
            transcript_id=row.transcript_id, reviewer=person, verdict=verdict, created_at=utc_now()
        )
        session.add(review)
        session.flush()
        act(session, person, segment_id, verdict, seconds)
        return review.review_id


def act(session: Session, person: str, segment_id: int, kind: str, seconds: float = 0.0) -> None:
    session.add(
        ReviewActRow(
            segment_id=segment_id,
            person=person,
            kind=kind,
            seconds=seconds,
            audio_ms=round(SPAN_S * 1000),
            detail="{}",
            created_at=utc_now(),
        )
    )
    session.flush()
