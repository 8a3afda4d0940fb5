"""Catalogs to review: texts whose words have times, half a second each."""

from dataclasses import dataclass

from asrlab.catalog import Catalog
from asrlab.catalog.alignments import NewAlignment, add_alignment, transcripts_to_align
from asrlab.catalog.edited_words import words_of_version
from asrlab.catalog.query import run_query
from asrlab.catalog.runs import NewRun, begin_run
from asrlab.catalog.segments import segments_of_today
from asrlab.catalog.transcripts import EngineVersion, add_engine_version
from asrlab.domain.labels import AlignedWord, Hypothesis
from asrlab.domain.time import TimeSpan
from asrlab.text.words import words_of
from tests.factories import add_recording, add_run, add_segments, add_text

WORD_S = 0.5


@dataclass(frozen=True, slots=True)
class Labeled:
    """A recording of 10 s with segments at 0-4 and 5-9.5 s; text: the version of the first."""

    recording: int
    segment: int
    other: int
    text: int
    other_text: int
    align_run: int


def labeled_words(
    catalog: Catalog, text: str, other: str = "good bye", *, aligned: bool = True, uri: str = "/audio/a.wav"
) -> Labeled:
    """Each word of half a second, one after the other, by the aligner `fake` of fingerprint `aligner`."""
    with catalog.writing() as session:
        recording_id = add_recording(session, uri)
        segments = add_segments(session, recording_id, [(0.0, 4.0), (5.0, 9.5)])
        run_id = add_run(session)
        for segment, said in zip(segments, (text, other), strict=True):
            add_text(session, segment, run_id, said)
        align_run = add_run(session, "align", "aligner")
        texts = transcripts_to_align(session, "aligner", [segment.segment_id for segment in segments])
        for each in texts if aligned else ():
            words = tuple(
                AlignedWord(word, TimeSpan(at * WORD_S, (at + 1) * WORD_S), 0.75)
                for at, word in enumerate(words_of(each.text))
            )
            add_alignment(session, NewAlignment(each, align_run, "aligner", words))
    by_segment = {each.segment.segment_id: each.transcript_id for each in texts}
    first, second = (segment.segment_id for segment in segments)
    return Labeled(recording_id, first, second, by_segment[first], by_segment[second], align_run)


def add_other_reading(catalog: Catalog, segment_id: int, text: str) -> int:
    """What the engine `other` heard there; returns the version."""
    with catalog.writing() as session:
        run_id = begin_run(session, NewRun("transcribe", "other", "other", "0", "1", "other"))
        heard = Hypothesis(text, text, "English", "en", 0.4)
        add_engine_version(session, EngineVersion(segment_id, run_id, "other", "other", heard))
    found = run_query(catalog, f"SELECT MAX(transcript_id) FROM transcripts WHERE segment_id = {segment_id}")
    return int(found.rows[0][0] or 0)


def text_now(catalog: Catalog, segment_id: int) -> str:
    """The text that counts."""
    found = run_query(catalog, f"SELECT text FROM v_current WHERE segment_id = {segment_id}")
    return str(found.rows[0][0])


def times_of(catalog: Catalog, transcript_id: int) -> list[tuple[str, int, int]]:
    """The newest words of a version with their times in ms."""
    with catalog.reading() as session:
        words = words_of_version(session, transcript_id)
    return [] if words is None else [(word.word, word.start_ms, word.end_ms) for word in words.words]


def segments_now(catalog: Catalog, recording_id: int) -> list[tuple[int, int, int]]:
    """The segments of today with start and end in ms."""
    with catalog.reading() as session:
        return [
            (each.segment_id, each.span.start_ms, each.span.end_ms)
            for each in segments_of_today(session, [recording_id])
        ]
