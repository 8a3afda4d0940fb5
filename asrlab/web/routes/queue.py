"""What there is to do: pages of a queue, the next item, and what the filters offer."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from asrlab.catalog.review_queue import QueueKind
from asrlab.review import queues, stats
from asrlab.review.passes import PassKind
from asrlab.review.queues import Choices, Queue, QueuePage
from asrlab.web.bodies import MAX_ID, Name, NextBody, Share
from asrlab.web.site import Reviewer, SiteOf, Somebody

router = APIRouter(prefix="/api")

DEFAULT_LIMIT = 50


class NextItem(BaseModel):
    """The segment that was claimed for the person, None when the queue holds none; blind: as which kind of pass."""

    segment_id: int | None
    blind: PassKind | None


@router.get("/choices")
def choices(site: SiteOf, _person: Somebody) -> Choices:
    return queues.choices(site.catalog)


@router.get("/queue")
def queue_page(
    site: SiteOf,
    person: Somebody,
    kind: QueueKind = "open",
    corpus: Name | None = None,
    flag: Name | None = None,
    below: Share | None = None,
    sample_seed: Annotated[int, Query(ge=0, le=MAX_ID)] = 0,
    language: Name | None = None,
    search: Name | None = None,
    after: Name | None = None,
    limit: Annotated[int, Query(ge=1, le=queues.MAX_LIMIT)] = DEFAULT_LIMIT,
) -> QueuePage:
    queue = Queue(kind, corpus, flag, below, sample_seed, language, search, share=site.shares.second)
    return queues.page(site.catalog, person.name, queue, after, limit, site.shares)


@router.post("/next")
def next_item(body: NextBody, site: SiteOf, person: Somebody) -> NextItem:
    queue = Queue(**body.queue.model_dump(), share=site.shares.second)
    segment_id = queues.next_item(site.catalog, person.name, queue, body.skip, site.shares)
    return NextItem(
        segment_id=segment_id,
        blind=None if segment_id is None else site.blind_kind(person, segment_id),
    )


@router.get("/stats")
def statistics(site: SiteOf, _person: Reviewer) -> stats.Statistics:
    return stats.statistics(site.catalog)
