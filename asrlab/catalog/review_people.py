"""People: names that acts stand under, with a role, and where they log in the hash of a token."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

import sqlalchemy as sa
from sqlalchemy.orm import Session

from asrlab.catalog.schema import PersonRow
from asrlab.catalog.values import insert_into, utc_now
from asrlab.errors import OptionError

Role = Literal["annotator", "reviewer", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
DEFAULT_ROLE: Role = "annotator"
TOKEN_BYTES = 32
NAME_MAX_CHARS = 100


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who reviews. has_token: whether they can log in."""

    name: str
    role: Role
    has_token: bool
    created_at: datetime
    disabled_at: datetime | None


def role_of(name: str) -> Role:
    """The role of this name; raises OptionError when there is none."""
    for role in ROLES:
        if role == name:
            return role
    raise OptionError(f"there is no role {name!r}: give {', '.join(ROLES)}")


def ensure_person(session: Session, name: str, role: Role = DEFAULT_ROLE) -> Person:
    """The person of this name, who is made with this role when there is none.

    Raises OptionError for a name that is none, and for a person who is disabled.
    """
    session.execute(
        insert_into(session, PersonRow)
        .values(person=_checked(name), role=role, created_at=utc_now())
        .on_conflict_do_nothing(index_elements=["person"])
    )
    person = _person(session.get_one(PersonRow, name))
    if person.disabled_at is not None:
        raise OptionError(f"{name} is disabled: `asrlab review people add {name}` lets them in again")
    return person


def add_person(session: Session, name: str, role: Role = DEFAULT_ROLE) -> str:
    """Make a person, or give one who is there this role and a new token; returns the token, which is kept nowhere.

    The token before it holds no more; who was disabled is not any more. Raises OptionError for a name that is none.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    values = {"role": role, "token_hash": _hash(token), "disabled_at": None}
    session.execute(
        insert_into(session, PersonRow)
        .values(person=_checked(name), created_at=utc_now(), **values)
        .on_conflict_do_update(index_elements=["person"], set_=values)
    )
    return token


def check_token(session: Session, token: str) -> Person | None:
    """Whose token this is; None for one that is nobody's, or of somebody disabled."""
    # Found by its hash: how long that takes tells nothing of the token.
    row = session.scalars(
        sa.select(PersonRow).where(PersonRow.token_hash == _hash(token), PersonRow.disabled_at.is_(None))
    ).one_or_none()
    return None if row is None else _person(row)


def find_person(session: Session, name: str) -> Person | None:
    """The person of this name, disabled or not."""
    row = session.get(PersonRow, name)
    return None if row is None else _person(row)


def list_people(session: Session) -> list[Person]:
    """Everybody, by name."""
    return [_person(row) for row in session.scalars(sa.select(PersonRow).order_by(PersonRow.person))]


def disable_person(session: Session, name: str) -> None:
    """Let a person in no more; what they did stays. Raises OptionError when there is nobody of that name."""
    row = session.get(PersonRow, name)
    if row is None:
        raise OptionError(f"there is nobody called {name!r}: see `asrlab review people list`")
    row.disabled_at = row.disabled_at or utc_now()


def _checked(name: str) -> str:
    if not name.strip() or name != name.strip() or len(name) > NAME_MAX_CHARS or not name.isprintable():
        raise OptionError(f"{name!r} is no name: give up to {NAME_MAX_CHARS} characters on one line")
    return name


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _person(row: PersonRow) -> Person:
    return Person(row.person, role_of(row.role), row.token_hash is not None, row.created_at, row.disabled_at)
