"""What a person does to the text of a segment: each act is one transaction, and a row that tells of it.

Every act names the version it was made on. When that is no longer the one that counts, ConflictError is raised and
nothing is stored: no edit is ever lost.
"""

from dataclasses import replace
from typing import Literal

from asrlab.catalog import Catalog
from asrlab.catalog.reviews import (
    Version,
    add_verdict,
    get_version,
    set_speaker,
    verdict_of,
)
from asrlab.domain.time import Seconds
from asrlab.errors import InputNotFoundError, OptionError
from asrlab.review.desk import (
    MAX_NAME_CHARS,
    Desk,
    Saved,
    at_desk,
    carry_words,
    check_person,
    copy_words,
    keep_verdict,
    locked,
    one_line,
    unchecked_desk,
)
from asrlab.text.languages import language_tag


def save(
    catalog: Catalog,
    person: str,
    segment_id: int,
    parent_id: int | None,
    text: str,
    *,
    language: str | None = None,
    verdict: Literal["corrected"] | None = "corrected",
    seconds: Seconds = 0.0,
) -> Saved:
    """Store a text as the next version, made of `parent_id` (None: there was no text).

    language: a BCP-47 tag or an English name, None for the parent's. verdict: None stores the text without deciding
    on it. Words that stayed keep their times, the others await alignment. A correction that changes nothing accepts
    the parent; a text stored without a verdict that changes nothing is no version.
    """
    text = one_line(text)
    with at_desk(catalog, person, segment_id, parent_id) as desk:
        before = desk.version
        tag, name = _language(language, before)
        if before is not None and text == before.text and tag == before.language:
            return desk.as_it_is if verdict is None else _judge(desk, "accepted", "", seconds)
        transcript_id = desk.add_version(Version(0, segment_id, 0, None, "human", person, text, tag, name))
        carry_words(desk, transcript_id, text)
        review_id = None if verdict is None else add_verdict(desk.session, transcript_id, person, verdict)
        desk.note(verdict or "edited", transcript_id, seconds, review_id=review_id)
        return Saved(segment_id, transcript_id)


def judge(
    catalog: Catalog,
    person: str,
    segment_id: int,
    parent_id: int | None,
    verdict: Literal["accepted", "rejected"],
    reason: str = "",
    seconds: Seconds = 0.0,
) -> Saved:
    """Decide on the version that counts. The same decision again is none."""
    with at_desk(catalog, person, segment_id, parent_id) as desk:
        return _judge(desk, verdict, reason, seconds)


def _judge(desk: Desk, verdict: str, reason: str, seconds: Seconds) -> Saved:
    if desk.version is None:
        raise OptionError("there is no text to decide on: write one")
    said = one_line(reason) or None
    transcript_id = desk.version.transcript_id
    known = verdict_of(desk.session, transcript_id)
    if known is None or (known.reviewer, known.verdict, known.reason) != (desk.person, verdict, said):
        review_id = add_verdict(desk.session, transcript_id, desk.person, verdict, said)
        desk.note(verdict, transcript_id, seconds, review_id=review_id)
    return desk.as_it_is


def skip(catalog: Catalog, person: str, segment_id: int, seconds: Seconds = 0.0) -> None:
    """Note that this person left the segment to others."""
    check_person(person)
    with catalog.writing() as session:
        desk = unchecked_desk(session, person, locked(session, segment_id))
        desk.note("skipped", desk.segment.current_id, seconds)


def restore(
    catalog: Catalog,
    person: str,
    segment_id: int,
    parent_id: int | None,
    transcript_id: int,
    seconds: Seconds = 0.0,
) -> Saved:
    """Store what a version of the same segment says as the next one, with that version's words.

    Raises InputNotFoundError for a version that is none of this segment.
    """
    with at_desk(catalog, person, segment_id, parent_id) as desk:
        said = get_version(desk.session, transcript_id)
        if said is None or said.segment_id != segment_id:
            raise InputNotFoundError(f"segment {segment_id} has no version {transcript_id}")
        if transcript_id == parent_id:
            return desk.as_it_is
        restored = desk.add_version(said)
        copy_words(desk.session, transcript_id, restored)
        desk.note("restored", restored, seconds, detail={"from": transcript_id})
        return Saved(segment_id, restored)


def describe(
    catalog: Catalog,
    person: str,
    segment_id: int,
    parent_id: int | None,
    *,
    speaker: str | None = None,
    language: str | None = None,
    seconds: Seconds = 0.0,
) -> Saved:
    """Say who speaks, or in which language; None leaves it, "" takes a speaker back.

    A language is said of the text: it makes a new version with the same words.
    """
    with at_desk(catalog, person, segment_id, parent_id) as desk:
        detail = _describe_speaker(desk, speaker)
        tag, name = _language(language, desk.version)
        transcript_id = desk.segment.current_id
        if desk.version is not None and tag != desk.version.language:
            transcript_id = desk.add_version(replace(desk.version, language=tag, engine_language=name))
            copy_words(desk.session, desk.version.transcript_id, transcript_id)
            keep_verdict(desk.session, desk.version, transcript_id)
            detail["version"] = transcript_id
        if detail:
            desk.note("described", transcript_id, seconds, detail=detail)
        return Saved(segment_id, transcript_id)


def _describe_speaker(desk: Desk, speaker: str | None) -> dict[str, str | int | None]:
    """Returns what to undo it by, nothing when nothing changed."""
    if speaker is None:
        return {}
    if len(speaker) > MAX_NAME_CHARS:
        raise OptionError(f"the name of a speaker has at most {MAX_NAME_CHARS} characters")
    name = one_line(speaker) or None
    if name == desk.segment.speaker:
        return {}
    set_speaker(desk.session, desk.segment.segment_id, name)
    return {"before": desk.segment.speaker, "after": name}


def _language(language: str | None, before: Version | None) -> tuple[str | None, str | None]:
    """Tag and name of what was given, or of the version before."""
    if language is None:
        return (None, None) if before is None else (before.language, before.engine_language)
    tag = language_tag(language)
    if tag is None:
        raise OptionError(f"{language!r} is no language: give a tag such as en or pt-BR, or an English name")
    if before is not None and tag == before.language:
        return tag, before.engine_language
    return tag, language.strip()
