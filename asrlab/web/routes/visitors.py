"""Who is there: me, login and logout; and for admins, who may come."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Request, Response
from pydantic import BaseModel

from asrlab.review import people
from asrlab.review.people import Role
from asrlab.web.bodies import MAX_NAME_CHARS, Body, LoginBody, Name, Nothing
from asrlab.web.guard import session_key
from asrlab.web.sessions import COOKIE, LIFETIME_S
from asrlab.web.site import Admin, Site, SiteOf, Visitor, is_reviewer

router = APIRouter(prefix="/api")


class Me(BaseModel):
    """person: None until they have logged in. csrf: what every write must carry. aligner: None where none runs.

    is_reviewer: whether they may see figures, make gold items and take over what others have, as their role says, with
    or without login.
    """

    person: str | None
    role: str | None
    is_reviewer: bool
    needs_login: bool
    csrf: str
    second_share: float
    gold_share: float
    blind_share: float
    aligner: str | None
    aligner_problem: str | None


class PersonBody(Body):
    """Somebody who may come from now on."""

    person: Name
    role: Role = "annotator"


class Token(BaseModel):
    """What the person logs in with; it is shown once."""

    token: str


class Known(BaseModel):
    """A person, as admins see them."""

    person: str
    role: str
    has_token: bool
    created_at: datetime
    disabled_at: datetime | None


@router.get("/me")
def me(request: Request, site: SiteOf, visitor: Visitor) -> Me:
    return _me(site, session_key(request.headers), visitor)


@router.post("/login")
def login(body: LoginBody, request: Request, response: Response, site: SiteOf) -> Me:
    if site.owner is not None:
        raise HTTPException(404, "nobody logs in here")
    person = people.check_token(site.catalog, body.token.strip())
    if person is None:
        raise HTTPException(401, "this token lets nobody in: ask for a new one")
    key = site.sessions.begin(body.token.strip())
    response.set_cookie(
        COOKIE,
        key,
        max_age=round(LIFETIME_S),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return _me(site, key, person)


@router.post("/logout")
def logout(_body: Nothing, request: Request, response: Response, site: SiteOf) -> Me:
    site.sessions.end(session_key(request.headers))
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return _me(site, None, site.visitor(None))


@router.get("/people")
def everybody(site: SiteOf, _admin: Admin) -> list[Known]:
    return [
        Known(
            person=one.name,
            role=one.role,
            has_token=one.has_token,
            created_at=one.created_at,
            disabled_at=one.disabled_at,
        )
        for one in people.list_people(site.catalog)
    ]


@router.post("/people")
def add(body: PersonBody, site: SiteOf, _admin: Admin) -> Token:
    """A new person; or another role and token for one who is there."""
    return Token(token=people.add_person(site.catalog, body.person, body.role))


@router.post("/people/{person}/disable")
def disable(
    person: Annotated[str, Path(max_length=MAX_NAME_CHARS)], _body: Nothing, site: SiteOf, admin: Admin
) -> list[Known]:
    if person == admin.name:
        raise HTTPException(400, "nobody can shut themselves out")
    people.disable_person(site.catalog, person)
    return everybody(site, admin)


def _me(site: Site, key: str | None, person: people.Person | None) -> Me:
    return Me(
        person=None if person is None else person.name,
        role=None if person is None else person.role,
        is_reviewer=person is not None and is_reviewer(person),
        needs_login=site.owner is None,
        csrf=site.sessions.csrf_token(key),
        second_share=site.shares.second,
        gold_share=site.shares.gold,
        blind_share=site.shares.second + site.shares.gold,
        aligner=None if site.aligning is None else site.aligning.name,
        aligner_problem=None if site.aligning is None else site.aligning.problem,
    )
