"""Logging in with a token, and what each role may do."""

import pytest

from asrlab.review.passes import mark_gold
from asrlab.review.people import add_person, disable_person
from asrlab.web.serving import Serving
from asrlab.web.sessions import COOKIE
from tests.unit.web.conftest import Page, Reviewed, opened_page


def test_nobody_sees_anything_before_they_log_in(locked_page: Page) -> None:
    me = locked_page.refresh()
    assert (me["person"], me["is_reviewer"]) == (None, False)
    for path in ("/api/queue", "/api/segments/1", "/api/recordings/1/audio", "/api/choices", "/api/people"):
        assert locked_page.get(path).status_code == 401
    assert locked_page.post("/api/segments/1/undo").status_code == 401
    assert locked_page.get("/").status_code == 200


def test_a_token_lets_its_person_in_until_they_log_out(locked_page: Page, reviewed: Reviewed) -> None:
    token = add_person(reviewed.catalog, "ben")
    answer = locked_page.login(token)
    assert (answer.status_code, answer.json()["person"]) == (200, "ben")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert locked_page.get("/api/segments/1").status_code == 200
    locked_page.post("/api/logout")
    assert locked_page.get("/api/segments/1").status_code == 401


@pytest.mark.parametrize("token", ["", "wrong", "x" * 500])
def test_another_token_lets_nobody_in(locked_page: Page, reviewed: Reviewed, token: str) -> None:
    add_person(reviewed.catalog, "ben")
    assert locked_page.login(token).status_code == 401
    assert locked_page.get("/api/queue").status_code == 401


def test_a_login_needs_the_page_s_token_too(locked_page: Page, reviewed: Reviewed) -> None:
    token = add_person(reviewed.catalog, "ben")
    assert locked_page.client.post("/api/login", json={"token": token}).status_code == 403


def test_who_is_disabled_is_out_at_once(locked_page: Page, reviewed: Reviewed) -> None:
    locked_page.login(add_person(reviewed.catalog, "ben"))
    disable_person(reviewed.catalog, "ben")
    assert locked_page.get("/api/queue").status_code == 401


def test_a_new_token_ends_the_sessions_of_the_old(locked_page: Page, reviewed: Reviewed) -> None:
    locked_page.login(add_person(reviewed.catalog, "ben"))
    add_person(reviewed.catalog, "ben")
    assert locked_page.get("/api/queue").status_code == 401


def test_a_session_has_a_csrf_token_of_its_own(locked_page: Page, reviewed: Reviewed) -> None:
    before = locked_page.csrf
    locked_page.login(add_person(reviewed.catalog, "ben"))
    assert locked_page.csrf != before
    old = locked_page.post("/api/segments/1/undo", **{"X-CSRF-Token": before})
    assert old.status_code == 403


def test_a_made_up_cookie_is_nobody_s(locked_page: Page) -> None:
    for cookie in (f"{COOKIE}=made-up", f"{COOKIE}=", 'x="; =', "\xff=1"):
        answer = locked_page.client.get("/api/queue", headers={"cookie": cookie.encode("latin-1")})
        assert answer.status_code == 401


def test_without_logins_there_is_nothing_to_log_in_to(page: Page, reviewed: Reviewed) -> None:
    assert page.login(add_person(reviewed.catalog, "ben")).status_code == 404
    assert page.refresh()["person"] == "anna"


ROLES = {"annotator": 403, "reviewer": 200, "admin": 200}


@pytest.mark.parametrize("role", ROLES)
def test_an_annotator_edits_and_a_reviewer_says_what_is_gold(
    locked_page: Page, reviewed: Reviewed, role: str
) -> None:
    locked_page.login(add_person(reviewed.catalog, "ben", role))
    accepted = locked_page.post("/api/segments/1/judge", {"parent_id": 1, "verdict": "accepted"})
    assert accepted.status_code == 200
    assert locked_page.post("/api/segments/1/gold").status_code == ROLES[role]
    mark_gold(reviewed.catalog, "ben", 1)
    assert (locked_page.get("/api/segments/1").json()["gold"] is None) is (role == "annotator")
    assert locked_page.delete("/api/segments/1/gold").status_code == ROLES[role]
    assert locked_page.get("/api/stats").status_code == ROLES[role]


@pytest.mark.parametrize("role", ROLES)
def test_the_page_is_told_what_a_person_may_do_also_without_login(reviewed: Reviewed, role: str) -> None:
    add_person(reviewed.catalog, "zoe", role)
    for page in opened_page(reviewed, Serving(user="zoe")):
        assert page.get("/api/stats").status_code == ROLES[role]
        me = page.refresh()
        assert (me["role"], me["is_reviewer"]) == (role, ROLES[role] == 200)
    for page in opened_page(reviewed, Serving(user="somebody new")):
        assert page.refresh()["is_reviewer"]


@pytest.mark.parametrize("role", ROLES)
def test_only_a_reviewer_takes_what_somebody_else_has(
    locked_page: Page, reviewed: Reviewed, role: str
) -> None:
    locked_page.login(add_person(reviewed.catalog, "carl"))
    assert locked_page.post("/api/segments/1/claim").json()["is_mine"]
    locked_page.login(add_person(reviewed.catalog, "ben", role))
    assert not locked_page.post("/api/segments/1/claim").json()["is_mine"]
    saved = locked_page.post("/api/segments/1/save", {"parent_id": 1, "text": "hello there"})
    assert saved.status_code == ROLES[role]
    assert locked_page.post("/api/segments/1/claim", {"take": True}).status_code == ROLES[role]


@pytest.mark.parametrize("role", ["annotator", "reviewer"])
def test_only_admins_say_who_may_come(locked_page: Page, reviewed: Reviewed, role: str) -> None:
    locked_page.login(add_person(reviewed.catalog, "ben", role))
    assert locked_page.get("/api/people").status_code == 403
    assert locked_page.post("/api/people", {"person": "eve", "role": "admin"}).status_code == 403
    assert locked_page.post("/api/people/ben/disable").status_code == 403


def test_an_admin_lets_somebody_in_and_out_again(locked_page: Page, reviewed: Reviewed) -> None:
    root = add_person(reviewed.catalog, "root", "admin")
    locked_page.login(root)
    token = locked_page.post("/api/people", {"person": "ben"}).json()["token"]
    assert locked_page.login(token).json()["role"] == "annotator"
    locked_page.login(root)
    known = locked_page.post("/api/people/ben/disable").json()
    assert [one["person"] for one in known if one["disabled_at"] is None] == ["root"]
    assert locked_page.post("/api/people/root/disable").status_code == 400
    assert locked_page.login(token).status_code == 401
