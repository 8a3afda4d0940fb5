"""What a person does to segments and to the times of words. A segment that is cut otherwise gives way to new ones.

The errors are those of asrlab.review.acts.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from math import isfinite

from asrlab.catalog import Catalog
from asrlab.catalog.edited_segments import are_neighbours, put_segments
from asrlab.catalog.edited_words import (
    BY_HAND,
    WordsOfVersion,
    add_words,
    next_fingerprint,
    run_of_people,
    set_pending,
)
from asrlab.catalog.reviews import NewAct, Version, add_act, add_human_version
from asrlab.domain.labels import FLAG_INTERPOLATED, FLAG_MISMATCH
from asrlab.domain.time import MS_PER_SECOND, Seconds, TimeSpan
from asrlab.domain.words import TimedWord
from asrlab.errors import OptionError
from asrlab.review.carrying import carry, carry_text, tokens_like, waiting_spans, waiting_words
from asrlab.review.desk import (
    Desk,
    Saved,
    at_desk,
    desk_of,
    locked,
    store_carried,
    time_spent,
    unchecked_desk,
)
from asrlab.text.changes import kept_words
from asrlab.text.joining import join_texts

MIN_SEGMENT_MS = 50

WordTimes = tuple[int, Seconds, Seconds]
"""Position of a word, and its start and end on the recording's clock."""


def move_borders(
    catalog: Catalog,
    person: str,
    segment_id: int,
    parent_id: int | None,
    start_s: Seconds,
    end_s: Seconds,
    seconds: Seconds = 0.0,
) -> Saved:
    """Let the segment begin and end elsewhere in its recording, with all that is said of it.

    Words that lie within keep their times, the others await alignment.
    """
    with at_desk(catalog, person, segment_id, parent_id, cuts=True) as desk:
        span = _span(desk, start_s, end_s)
        if span == desk.segment.span:
            return desk.as_it_is
        (moved,) = _put(desk, [desk], [span], desk.segment.speaker)
        made = _take_over(desk, moved)
        if made is not None and desk.version is not None:
            before = desk.words
            if before is not None:
                carried = carry_text(
                    desk.version.text, desk.version.text, before.words, span, waiting_words(before.pending)
                )
                store_carried(desk.session, made, carried, [before])
        moved.note("borders", made, seconds, detail={"old": [segment_id], "new": [moved.segment.segment_id]})
        return Saved(moved.segment.segment_id, made)


def split(
    catalog: Catalog,
    person: str,
    segment_id: int,
    parent_id: int | None,
    at_s: Seconds,
    at_character: int,
    seconds: Seconds = 0.0,
) -> tuple[Saved, Saved]:
    """Make two segments of one: the text is parted before `at_character` (from 0, in code points)."""
    with at_desk(catalog, person, segment_id, parent_id, cuts=True) as desk:
        whole = desk.segment.span
        first = _span(desk, whole.start, at_s)
        second = _span(desk, at_s, whole.end)
        text = "" if desk.version is None else desk.version.text
        if not 0 <= at_character <= len(text):
            raise OptionError(f"the text has {len(text)} characters: it can't be parted at {at_character}")
        parts = (text[:at_character].strip(), text[at_character:].strip())
        pieces = _put(desk, [desk], [first, second], desk.segment.speaker)
        made = tuple(_take_over(desk, piece, part) for piece, part in zip(pieces, parts, strict=True))
        _part_words(desk, parts, (first, second), made)
        _note_split(desk, pieces, made, seconds)
        left, right = (Saved(piece.segment.segment_id, at) for piece, at in zip(pieces, made, strict=True))
        return left, right


def _part_words(
    desk: Desk, parts: tuple[str, str], spans: tuple[TimeSpan, TimeSpan], made: Sequence[int | None]
) -> None:
    before = desk.words
    if desk.version is None or before is None:
        return
    tokens = [tokens_like(part, desk.version.text, before.words) for part in parts]
    kept = kept_words([word.word for word in before.words], [*tokens[0], *tokens[1]])
    shares = (kept[: len(tokens[0])], kept[len(tokens[0]) :])
    waiting = waiting_words(before.pending)
    for some, share, span, transcript_id in zip(tokens, shares, spans, made, strict=True):
        if transcript_id is not None:
            carried = carry(some, before.words, share, span, waiting)
            store_carried(desk.session, transcript_id, carried, [before])


def _note_split(desk: Desk, pieces: Sequence[Desk], made: Sequence[int | None], seconds: Seconds) -> None:
    new = [piece.segment.segment_id for piece in pieces]
    whole = NewAct(
        new[0],
        desk.person,
        "split",
        made[0],
        audio_ms=desk.segment.span.duration_ms,
        seconds=time_spent(seconds),
        detail={"old": [desk.segment.segment_id], "new": new},
    )
    act_id = add_act(desk.session, whole)
    add_act(desk.session, NewAct(new[1], desk.person, "split", made[1], detail={"act": act_id}))


def merge(
    catalog: Catalog,
    person: str,
    segment_id: int,
    parent_id: int | None,
    other_id: int,
    other_parent_id: int | None,
    seconds: Seconds = 0.0,
) -> Saved:
    """Make one segment of two that follow each other on one channel; their texts are joined as their script wants."""
    if segment_id == other_id:
        raise OptionError("a segment can't be joined with itself")
    with at_desk(catalog, person, segment_id, parent_id, cuts=True) as one:
        other = desk_of(one.session, person, other_id, other_parent_id)
        first, second = sorted((one, other), key=lambda desk: (desk.segment.span, desk.segment.segment_id))
        if not are_neighbours(one.session, first.segment, second.segment):
            raise OptionError("only segments that follow each other on one channel can be joined")
        speakers = {desk.segment.speaker for desk in (first, second)} - {None}
        if len(speakers) > 1:
            raise OptionError("two people speak in these segments: say first that it is one")
        span = TimeSpan(first.segment.span.start, max(first.segment.span.end, second.segment.span.end))
        (joined,) = _put(first, [first, second], [span], next(iter(speakers), None))
        said = [desk.version for desk in (first, second) if desk.version is not None]
        made: int | None = None
        if said:
            text = join_texts(version.text for version in said)
            made = _add(joined, replace(_joined(said), text=text), said[0].transcript_id)
            _join_words(first, second, made, text, span)
        old = [first.segment.segment_id, second.segment.segment_id]
        detail = {
            "old": old,
            "new": [joined.segment.segment_id],
            "said": [version.transcript_id for version in said],
        }
        joined.note("merged", made, seconds, detail=detail)
        return Saved(joined.segment.segment_id, made)


def _joined(said: Sequence[Version]) -> Version:
    """What holds of two texts in one: the least sure confidence, every flag."""
    if len(said) == 1:
        return said[0]
    first, second = said
    sure = [version.confidence for version in said if version.confidence is not None]
    flags = {flag for version in said for flag in version.flags.split(",") if flag}
    language = first if first.language is not None else second
    return replace(
        language,
        confidence=min(sure, default=None),
        word_confidence="[]",
        flags=",".join(sorted(flags)),
    )


def _join_words(first: Desk, second: Desk, made: int, text: str, span: TimeSpan) -> None:
    sources: list[WordsOfVersion] = []
    words: list[TimedWord] = []
    waiting: set[int] = set()
    for source in (first.words, second.words):
        if source is not None:
            waiting |= {len(words) + at for at in waiting_words(source.pending)}
            words += source.words
            sources.append(source)
    if sources:
        store_carried(first.session, made, carry_text(text, text, words, span, waiting), sources)


def set_word_times(
    catalog: Catalog,
    person: str,
    segment_id: int,
    parent_id: int | None,
    words: Sequence[WordTimes],
    seconds: Seconds = 0.0,
) -> Saved:
    """Say when words are spoken; the others stay. Raises OptionError for times out of order or out of the segment."""
    with at_desk(catalog, person, segment_id, parent_id) as desk:
        before = desk.words
        if desk.version is None or before is None:
            raise OptionError("the words of this text have no times yet: `asrlab align` finds them")
        if not words:
            return desk.as_it_is
        timed = _timed(before.words, words, desk.segment.span)
        transcript_id = desk.version.transcript_id
        alignment_id = add_words(
            desk.session,
            transcript_id,
            run_of_people(desk.session, BY_HAND),
            next_fingerprint(desk.session, transcript_id, BY_HAND),
            timed,
        )
        waiting = waiting_words(before.pending) - {position for position, _, _ in words}
        is_firm = [at not in waiting for at in range(len(timed))]
        set_pending(desk.session, transcript_id, waiting_spans(timed, is_firm, desk.segment.span))
        detail = {
            "before": before.alignment_id,
            "after": alignment_id,
            "waiting": sorted(waiting_words(before.pending)),
        }
        desk.note("words", transcript_id, seconds, detail=detail)
        return desk.as_it_is


def _timed(words: Sequence[TimedWord], moved: Sequence[WordTimes], span: TimeSpan) -> list[TimedWord]:
    timed = list(words)
    for position, start_s, end_s in moved:
        if not 0 <= position < len(timed):
            raise OptionError(f"the text has {len(timed)} words: there is none at {position}")
        start_ms, end_ms = _ms(start_s), _ms(end_s)
        if not span.start_ms <= start_ms <= end_ms <= span.end_ms:
            raise OptionError(f"{timed[position].word!r} would not lie within its segment")
        flags = [
            flag
            for flag in timed[position].flags.split(",")
            if flag not in ("", FLAG_INTERPOLATED, FLAG_MISMATCH)
        ]
        timed[position] = TimedWord(
            timed[position].word,
            start_ms,
            end_ms,
            confidence=timed[position].confidence,
            flags=",".join(flags),
        )
    for position, _, _ in moved:
        for first, second in pairwise(timed[max(position - 1, 0) : position + 2]):
            if first.end_ms > second.start_ms:
                raise OptionError(f"{first.word!r} and {second.word!r} would be spoken at the same time")
    return timed


def _put(desk: Desk, olds: Sequence[Desk], spans: Sequence[TimeSpan], speaker: str | None) -> list[Desk]:
    ids = put_segments(desk.session, [old.segment for old in olds], spans, speaker)
    if ids is None:
        raise OptionError("there is a segment with these borders already")
    return [unchecked_desk(desk.session, desk.person, locked(desk.session, segment_id)) for segment_id in ids]


def _take_over(desk: Desk, piece: Desk, text: str | None = None) -> int | None:
    """Store the text of the desk's segment (or `text`, of it) as the next version of a piece, without words."""
    if desk.version is None:
        return piece.segment.current_id
    said = desk.version if text is None else replace(desk.version, text=text, word_confidence="[]")
    return _add(piece, said, desk.version.transcript_id)


def _add(piece: Desk, said: Version, parent_id: int) -> int:
    return add_human_version(piece.session, piece.segment.segment_id, piece.person, parent_id, said)


def _span(desk: Desk, start_s: Seconds, end_s: Seconds) -> TimeSpan:
    start_ms, end_ms = _ms(start_s), _ms(end_s)
    if not 0 <= start_ms <= end_ms - MIN_SEGMENT_MS:
        raise OptionError(f"a segment begins before it ends, and is {MIN_SEGMENT_MS} ms or longer")
    if end_ms > max(desk.segment.recording_ms, desk.segment.span.end_ms):
        raise OptionError(f"the recording ends at {desk.segment.recording_ms / MS_PER_SECOND:g} s")
    return TimeSpan.from_ms(start_ms, end_ms)


def _ms(time_s: Seconds) -> int:
    if not isfinite(time_s):
        raise OptionError("a time is a number of seconds")
    return round(time_s * MS_PER_SECOND)
