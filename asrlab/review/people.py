"""Who reviews: made when they first come, or beforehand with a token to log in by."""

from asrlab.catalog import Catalog, review_people
from asrlab.catalog.review_people import DEFAULT_ROLE, ROLES, Person, Role, role_of

__all__ = [
    "DEFAULT_ROLE",
    "ROLES",
    "Person",
    "Role",
    "add_person",
    "check_token",
    "disable_person",
    "ensure_person",
    "find_person",
    "list_people",
    "role_of",
]


def ensure_person(catalog: Catalog, name: str, role: Role = DEFAULT_ROLE) -> Person:
    """The person of this name, made with this role when there is none; OptionError for no name, or who is disabled."""
    with catalog.writing() as session:
        return review_people.ensure_person(session, name, role)


def add_person(catalog: Catalog, name: str, role: Role = DEFAULT_ROLE) -> str:
    """Make a person, or give one who is there this role and a new token; returns the token, which is kept nowhere."""
    with catalog.writing() as session:
        return review_people.add_person(session, name, role)


def check_token(catalog: Catalog, token: str) -> Person | None:
    """Whose token this is; None for one that is nobody's, or of somebody disabled."""
    with catalog.reading() as session:
        return review_people.check_token(session, token)


def find_person(catalog: Catalog, name: str) -> Person | None:
    """The person of this name, disabled or not."""
    with catalog.reading() as session:
        return review_people.find_person(session, name)


def list_people(catalog: Catalog) -> list[Person]:
    """Everybody, by name."""
    with catalog.reading() as session:
        return review_people.list_people(session)


def disable_person(catalog: Catalog, name: str) -> None:
    """Let a person in no more; what they did stays. OptionError when there is nobody of that name."""
    with catalog.writing() as session:
        review_people.disable_person(session, name)
