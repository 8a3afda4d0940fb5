"""Who reviews: names, roles, tokens; on both databases."""

import pytest

from asrlab.catalog import Catalog
from asrlab.catalog.query import run_query
from asrlab.errors import OptionError
from asrlab.review.people import (
    add_person,
    check_token,
    disable_person,
    ensure_person,
    find_person,
    list_people,
)


def test_a_name_is_made_when_it_first_comes(catalog: Catalog) -> None:
    first = ensure_person(catalog, "Zoë Müller")
    assert (first.role, first.has_token, first.disabled_at) == ("annotator", False, None)
    assert ensure_person(catalog, "Zoë Müller", "admin") == first
    assert list_people(catalog) == [first]
    assert find_person(catalog, "Zoë Müller") == first
    assert find_person(catalog, "nobody") is None


def test_a_token_lets_in_and_only_its_hash_is_kept(catalog: Catalog) -> None:
    token = add_person(catalog, "ann", "reviewer")
    person = check_token(catalog, token)
    assert person is not None
    assert (person.name, person.role) == ("ann", "reviewer")
    assert token not in str(run_query(catalog, "SELECT * FROM people").rows)
    for wrong in ("", token[:-1], token + "x", "\ud800"):
        assert check_token(catalog, wrong) is None
    # Somebody without a token is not let in by the want of one.
    ensure_person(catalog, "bob")
    assert check_token(catalog, "") is None


def test_a_new_token_takes_the_place_of_the_old(catalog: Catalog) -> None:
    old = add_person(catalog, "ann")
    new = add_person(catalog, "ann", "admin")
    assert check_token(catalog, old) is None
    person = check_token(catalog, new)
    assert person is not None
    assert person.role == "admin"
    assert len(list_people(catalog)) == 1


def test_who_is_disabled_is_let_in_no_more(catalog: Catalog) -> None:
    token = add_person(catalog, "ann")
    disable_person(catalog, "ann")
    assert check_token(catalog, token) is None
    with pytest.raises(OptionError, match="disabled"):
        ensure_person(catalog, "ann")
    (person,) = list_people(catalog)
    disable_person(catalog, "ann")
    assert list_people(catalog) == [person]
    again = add_person(catalog, "ann")
    assert check_token(catalog, again) is not None
    with pytest.raises(OptionError, match="nobody called 'bob'"):
        disable_person(catalog, "bob")


def test_what_is_no_name_is_refused(catalog: Catalog) -> None:
    for name in ("", "  ", " ann", "two\nlines", "x" * 101, "\x00"):
        with pytest.raises(OptionError, match="is no name"):
            ensure_person(catalog, name)
        with pytest.raises(OptionError, match="is no name"):
            add_person(catalog, name)
