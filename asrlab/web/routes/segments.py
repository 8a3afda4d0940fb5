"""One segment: what it says, and every act of a person on it. An act on what has changed meanwhile answers 409."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException
from fastapi.encoders import jsonable_encoder
from pydantic import BaseModel

from asrlab.errors import OptionError
from asrlab.review import acts, cutting, passes, queues, reading, undoing
from asrlab.review.desk import Saved
from asrlab.review.people import Person
from asrlab.review.reading import DiffPart
from asrlab.web import bodies
from asrlab.web.bodies import Nothing, PathId, QueryId
from asrlab.web.site import Reviewer, Site, SiteOf, Somebody, is_reviewer

router = APIRouter(prefix="/api")


class Claimed(BaseModel):
    """Who works on the segment, and until when."""

    person: str
    is_mine: bool
    expires_at: datetime


class Done(BaseModel):
    """An act that leaves nothing to tell."""

    done: bool = True


class Pieces(BaseModel):
    """What a split leaves, in time."""

    segments: tuple[Saved, Saved]


class Undone(BaseModel):
    """What counts now; None where there was nothing to take back."""

    saved: Saved | None


class Difference(BaseModel):
    """What becomes of one text on the way to another."""

    parts: list[DiffPart]


def _worker(segment_id: PathId, site: SiteOf, person: Somebody) -> Person:
    """The person, who has the segment from now on; an annotator may not act on what somebody else has."""
    if person.role == "annotator":
        claim = queues.claim(site.catalog, person.name, segment_id)
        if not claim.is_mine:
            raise HTTPException(403, f"{claim.person} works on this segment now")
    return person


Worker = Annotated[Person, Depends(_worker)]


def _editor(segment_id: PathId, site: SiteOf, person: Worker) -> Person:
    """A worker who may know what others made of the segment: of who must not, only a pass is wanted."""
    _check_sight(site, person, segment_id)
    return person


def _check_sight(site: Site, person: Person, segment_id: int) -> None:
    if site.blind_kind(person, segment_id) is not None:
        raise HTTPException(
            403, "this is given out as the machine heard it: accept, correct, reject or skip it"
        )


Editor = Annotated[Person, Depends(_editor)]


@router.get("/segments/{segment_id}")
def read(segment_id: PathId, site: SiteOf, person: Somebody) -> dict[str, Any]:
    """A SegmentPage; `blind`: as which kind of pass to show it, when it holds the machine's texts alone.

    `gold`: the text known to be right, who said so and when; null where there is none, or not for this person to know.
    """
    blind = site.blind_kind(person, segment_id)
    page = reading.read_segment(site.catalog, segment_id, person.name, is_blind=blind is not None)
    if page is None:
        raise HTTPException(404, f"there is no segment {segment_id}")
    if page.is_pending:
        # Also what a server that was killed has left.
        site.wake(segment_id)
    content: dict[str, Any] = jsonable_encoder(asdict(page))
    may_know = blind is None and is_reviewer(person)
    gold = passes.find_gold(site.catalog, segment_id) if may_know else None
    return {**content, "blind": blind, "gold": jsonable_encoder(gold)}


@router.post("/segments/{segment_id}/claim")
def claim(body: bodies.ClaimBody, segment_id: PathId, site: SiteOf, person: Somebody) -> Claimed:
    held = queues.claim(site.catalog, person.name, segment_id)
    if body.take and not held.is_mine:
        if person.role == "annotator":
            raise HTTPException(403, "only a reviewer takes over what somebody else has")
        queues.release(site.catalog, held.person, segment_id)
        held = queues.claim(site.catalog, person.name, segment_id)
    return Claimed(person=held.person, is_mine=held.is_mine, expires_at=held.expires_at)


@router.post("/segments/{segment_id}/release")
def release(_body: Nothing, segment_id: PathId, site: SiteOf, person: Somebody) -> Done:
    queues.release(site.catalog, person.name, segment_id)
    return Done()


@router.post("/segments/{segment_id}/save")
def save(body: bodies.SaveBody, segment_id: PathId, site: SiteOf, person: Editor) -> Saved:
    saved = acts.save(
        site.catalog,
        person.name,
        segment_id,
        body.parent_id,
        body.text,
        language=body.language,
        verdict=body.verdict,
        seconds=body.seconds,
    )
    site.wake(saved.segment_id)
    return saved


@router.post("/segments/{segment_id}/judge")
def judge(body: bodies.JudgeBody, segment_id: PathId, site: SiteOf, person: Editor) -> Saved:
    return acts.judge(
        site.catalog, person.name, segment_id, body.parent_id, body.verdict, body.reason, body.seconds
    )


@router.post("/segments/{segment_id}/skip")
def skip(body: bodies.SkipBody, segment_id: PathId, site: SiteOf, person: Worker) -> Done:
    acts.skip(site.catalog, person.name, segment_id, body.seconds)
    queues.release(site.catalog, person.name, segment_id)
    return Done()


@router.post("/segments/{segment_id}/restore")
def restore(body: bodies.RestoreBody, segment_id: PathId, site: SiteOf, person: Editor) -> Saved:
    saved = acts.restore(
        site.catalog, person.name, segment_id, body.parent_id, body.transcript_id, body.seconds
    )
    site.wake(saved.segment_id)
    return saved


@router.post("/segments/{segment_id}/borders")
def borders(body: bodies.BordersBody, segment_id: PathId, site: SiteOf, person: Editor) -> Saved:
    saved = cutting.move_borders(
        site.catalog, person.name, segment_id, body.parent_id, body.start_s, body.end_s, body.seconds
    )
    site.wake(saved.segment_id)
    return saved


@router.post("/segments/{segment_id}/split")
def split(body: bodies.SplitBody, segment_id: PathId, site: SiteOf, person: Editor) -> Pieces:
    """at_character: code points from the text's beginning."""
    pieces = cutting.split(
        site.catalog, person.name, segment_id, body.parent_id, body.at_s, body.at_character, body.seconds
    )
    site.wake(*(piece.segment_id for piece in pieces))
    return Pieces(segments=pieces)


@router.post("/segments/{segment_id}/merge")
def merge(body: bodies.MergeBody, segment_id: PathId, site: SiteOf, person: Editor) -> Saved:
    _worker(body.other_id, site, person)
    _check_sight(site, person, body.other_id)
    saved = cutting.merge(
        site.catalog,
        person.name,
        segment_id,
        body.parent_id,
        body.other_id,
        body.other_parent_id,
        body.seconds,
    )
    site.wake(saved.segment_id)
    return saved


@router.post("/segments/{segment_id}/words")
def words(body: bodies.WordsBody, segment_id: PathId, site: SiteOf, person: Editor) -> Saved:
    times = [(word.position, word.start_s, word.end_s) for word in body.words]
    return cutting.set_word_times(site.catalog, person.name, segment_id, body.parent_id, times, body.seconds)


@router.post("/segments/{segment_id}/describe")
def describe(body: bodies.DescribeBody, segment_id: PathId, site: SiteOf, person: Editor) -> Saved:
    saved = acts.describe(
        site.catalog,
        person.name,
        segment_id,
        body.parent_id,
        speaker=body.speaker,
        language=body.language,
        seconds=body.seconds,
    )
    site.wake(saved.segment_id)
    return saved


@router.post("/segments/{segment_id}/undo")
def undo(_body: Nothing, segment_id: PathId, site: SiteOf, person: Editor) -> Undone:
    saved = undoing.undo(site.catalog, person.name, segment_id)
    if saved is not None:
        site.wake(saved.segment_id)
    return Undone(saved=saved)


@router.post("/segments/{segment_id}/pass")
def submit(body: bodies.PassBody, segment_id: PathId, site: SiteOf, person: Worker) -> Done:
    if site.blind_kind(person, segment_id) != body.kind:
        raise OptionError(f"nobody asks you to hear segment {segment_id} blind: load it again")
    passes.submit(
        site.catalog,
        person.name,
        segment_id,
        body.kind,
        body.parent_id,
        body.text,
        body.verdict,
        body.seconds,
    )
    return Done()


@router.post("/segments/{segment_id}/gold")
def gold(_body: Nothing, segment_id: PathId, site: SiteOf, person: Reviewer) -> Done:
    _check_sight(site, person, segment_id)
    passes.mark_gold(site.catalog, person.name, segment_id)
    return Done()


@router.delete("/segments/{segment_id}/gold")
def not_gold(_body: Nothing, segment_id: PathId, site: SiteOf, person: Reviewer) -> Done:
    """Also where it is not gold."""
    _check_sight(site, person, segment_id)
    passes.unmark_gold(site.catalog, segment_id)
    return Done()


@router.get("/diff")
def diff(a: QueryId, b: QueryId, site: SiteOf, person: Somebody) -> Difference:
    for segment_id in passes.written_by_people(site.catalog, [a, b]):
        _check_sight(site, person, segment_id)
    return Difference(parts=list(reading.diff_versions(site.catalog, a, b)))
