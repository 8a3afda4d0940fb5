"""What every route is given: the catalog, who is there and what they may do."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, HTTPException, Request

from asrlab.catalog import Catalog
from asrlab.review.passes import PassKind, is_blind
from asrlab.review.people import Person, check_token
from asrlab.review.queues import NO_BLIND, BlindShares
from asrlab.web.aligning import Aligning
from asrlab.web.guard import session_key
from asrlab.web.sessions import Sessions
from asrlab.web.waveforms import Waveforms


@dataclass(frozen=True, slots=True)
class Site:
    """One server's state. owner: whose page it is where nobody logs in, None where everybody must.

    aligning: None where edits wait for `asrlab align`.
    """

    catalog: Catalog
    owner: Person | None
    sessions: Sessions
    waveforms: Waveforms
    aligning: Aligning | None = None
    shares: BlindShares = NO_BLIND

    def visitor(self, key: str | None) -> Person | None:
        """Whose page sends this session's cookie; None for nobody who may come."""
        if self.owner is not None:
            return self.owner
        token = self.sessions.token(key)
        return None if token is None else check_token(self.catalog, token)

    def blind_kind(self, person: Person, segment_id: int) -> PassKind | None:
        """As which kind of pass this person is to see this segment, without others' work; None to see it as it is."""
        return is_blind(self.catalog, person.name, segment_id, self.shares.second, gold=self.shares.gold > 0)

    def wake(self, *segment_ids: int) -> None:
        """Let the words of these that await their times be aligned."""
        if self.aligning is not None:
            self.aligning.wake(*segment_ids)


def _site(request: Request) -> Site:
    site = request.app.state.site
    assert isinstance(site, Site)
    return site


SiteOf = Annotated[Site, Depends(_site)]


def _visitor(request: Request, site: SiteOf) -> Person | None:
    return site.visitor(session_key(request.headers))


Visitor = Annotated[Person | None, Depends(_visitor)]


def _somebody(visitor: Visitor) -> Person:
    if visitor is None:
        raise HTTPException(401, "log in with your token")
    return visitor


Somebody = Annotated[Person, Depends(_somebody)]
"""The person who asks; 401 where they must log in."""


def is_reviewer(person: Person) -> bool:
    """Whether they may see figures, make gold items, and take over what others have."""
    return person.role != "annotator"


def _reviewer(person: Somebody) -> Person:
    if not is_reviewer(person):
        raise HTTPException(403, "this is for reviewers")
    return person


Reviewer = Annotated[Person, Depends(_reviewer)]


def _admin(person: Somebody) -> Person:
    if person.role != "admin":
        raise HTTPException(403, "this is for admins")
    return person


Admin = Annotated[Person, Depends(_admin)]
