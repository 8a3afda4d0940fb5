"""A segment on a person's desk: locked, and still as they saw it; what they make of it is stored from here."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import isfinite

from asrlab.catalog import Catalog, Session
from asrlab.catalog.edited_segments import lock_recording_of
from asrlab.catalog.edited_words import (
    EDIT,
    WordsOfVersion,
    add_words,
    run_of_people,
    set_pending,
    words_of_version,
)
from asrlab.catalog.reviews import (
    Detail,
    LockedSegment,
    NewAct,
    Version,
    add_act,
    add_human_version,
    add_verdict,
    get_version,
    lock_segment,
    verdict_of,
)
from asrlab.domain.time import SECONDS_PER_HOUR, Seconds
from asrlab.errors import ConflictError, InputNotFoundError, OptionError
from asrlab.review.carrying import Carried, carry_text, waiting_words

MAX_TEXT_CHARS = 20_000
MAX_NAME_CHARS = 500
# Tabs and their like end a column in what others read.
_NO_SPACE = re.compile(r"[\x01-\x1f\x7f]+")
MAX_ACT_SECONDS: Seconds = 4 * SECONDS_PER_HOUR


@dataclass(frozen=True, slots=True)
class Saved:
    """What an act left: the segment, and the version of its text that counts now (None: it has no text)."""

    segment_id: int
    transcript_id: int | None


@dataclass(frozen=True, slots=True)
class Desk:
    """An open write transaction, a person, and a segment that is as they saw it. version: the one that counts."""

    session: Session
    person: str
    segment: LockedSegment
    version: Version | None

    @property
    def as_it_is(self) -> Saved:
        return Saved(self.segment.segment_id, self.segment.current_id)

    @property
    def words(self) -> WordsOfVersion | None:
        """Those of the version that counts."""
        return None if self.version is None else words_of_version(self.session, self.version.transcript_id)

    def add_version(self, said: Version) -> int:
        """Store what `said` says as the next version, without words; returns its id."""
        parent = None if self.version is None else self.version.transcript_id
        return add_human_version(self.session, self.segment.segment_id, self.person, parent, said)

    def note(
        self,
        kind: str,
        transcript_id: int | None,
        seconds: Seconds = 0.0,
        *,
        review_id: int | None = None,
        detail: Detail | None = None,
    ) -> int:
        """Tell of the act; returns the row's id."""
        return add_act(
            self.session,
            NewAct(
                self.segment.segment_id,
                self.person,
                kind,
                transcript_id,
                review_id,
                time_spent(seconds),
                self.segment.span.duration_ms,
                detail,
            ),
        )


@contextmanager
def at_desk(
    catalog: Catalog, person: str, segment_id: int, parent_id: int | None, *, cuts: bool = False
) -> Iterator[Desk]:
    """The segment with the version that `person` saw on it, locked; committed at the end of the block.

    cuts: which segments there are is changed too. Raises ConflictError when the version no longer counts or the
    segment is none of today, InputNotFoundError when it never was one.
    """
    check_person(person)
    with catalog.writing() as session:
        if cuts:
            lock_recording_of(session, segment_id)
        yield desk_of(session, person, segment_id, parent_id)


def desk_of(session: Session, person: str, segment_id: int, parent_id: int | None) -> Desk:
    """The same inside an open write transaction."""
    segment = locked(session, segment_id)
    if segment.current_id != parent_id:
        raise ConflictError("somebody else changed this text meanwhile", segment.current_id)
    return unchecked_desk(session, person, segment)


def unchecked_desk(session: Session, person: str, segment: LockedSegment) -> Desk:
    """The segment with whatever version counts now."""
    version = None if segment.current_id is None else get_version(session, segment.current_id)
    return Desk(session, person, segment, version)


def locked(session: Session, segment_id: int) -> LockedSegment:
    """The segment, locked. Raises as `at_desk` does."""
    segment = lock_segment(session, segment_id)
    if segment is None:
        raise InputNotFoundError(f"there is no segment {segment_id}")
    if not segment.is_live:
        raise ConflictError("this segment was cut otherwise meanwhile", None)
    return segment


def time_spent(seconds: Seconds) -> Seconds:
    """What a page says of the time an act took, as it counts: nobody works on a segment for a day."""
    return min(max(seconds, 0.0), MAX_ACT_SECONDS) if isfinite(seconds) else 0.0


def check_person(person: str) -> None:
    """Raise OptionError for a name that is none."""
    if not person.strip() or len(person) > MAX_NAME_CHARS:
        raise OptionError("say who you are: give a name")


def keep_verdict(session: Session, before: Version, again: int) -> None:
    """Let the verdict in force on a version hold for another that says the same."""
    verdict = verdict_of(session, before.transcript_id)
    if verdict is not None:
        add_verdict(session, again, verdict.reviewer, verdict.verdict, verdict.reason)


def one_line(text: str) -> str:
    """A text as it is stored: on one line, without white space around it; raises OptionError for one too long."""
    if len(text) > MAX_TEXT_CHARS:
        raise OptionError(f"a text has at most {MAX_TEXT_CHARS:,} characters, this one {len(text):,}")
    lines = (_NO_SPACE.sub(" ", line).strip() for line in text.splitlines())
    return " ".join(line for line in lines if line)


def carry_words(desk: Desk, transcript_id: int, text: str) -> None:
    """Give a new version of the desk's segment the words of the version before: see asrlab.review.carrying."""
    before = desk.words
    if desk.version is None or before is None:
        return
    carried = carry_text(
        text, desk.version.text, before.words, desk.segment.span, waiting_words(before.pending)
    )
    store_carried(desk.session, transcript_id, carried, [before])


def store_carried(
    session: Session, transcript_id: int, carried: Carried, sources: Sequence[WordsOfVersion]
) -> None:
    """Store words that were carried over from these. Where all is known they count as the same aligner's."""
    if not carried.words:
        return
    names = {source.fingerprint for source in sources}
    if carried.pending or len(names) > 1:
        run_id, fingerprint = run_of_people(session, EDIT), EDIT
    else:
        run_id, fingerprint = sources[0].run_id, sources[0].fingerprint
    add_words(session, transcript_id, run_id, fingerprint, carried.words)
    set_pending(session, transcript_id, carried.pending)


def copy_words(session: Session, source_id: int, transcript_id: int) -> None:
    """Give a version the words of another with the same text, and what of them awaits alignment."""
    source = words_of_version(session, source_id)
    if source is not None:
        add_words(session, transcript_id, source.run_id, source.fingerprint, source.words)
        set_pending(session, transcript_id, source.pending)
