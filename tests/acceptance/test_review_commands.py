"""`asrlab review stats` and `asrlab review people`, as the shell sees them."""

import re

from asrlab.catalog import open_catalog
from asrlab.review.people import check_token
from tests.acceptance.conftest import Asrlab
from tests.reviewing import catalog_of, decide


def test_figures_are_told_to_people_and_programs(asrlab: Asrlab) -> None:
    asrlab.run("init")
    assert "nothing is reviewed yet" in asrlab.run("review", "stats")
    catalog = open_catalog(str(asrlab.folder / "asrlab.db"))
    one, two = catalog_of(catalog, ["it was the beast", "of all our times"], "[bold]calls")
    decide(catalog, "ann", one, "corrected", text="it was the best", seconds=2.0)
    decide(catalog, "bob", two, seconds=0.5)
    catalog.close()
    table = asrlab.run("review", "stats")
    assert "12.5 %" in table
    assert "[bold]calls" in table
    assert "0.40×" in table
    assert re.search(r"hours +spent +speed .* CER +agreement WER +gold", table)
    assert "0:00:02" in table
    only = asrlab.run("review", "stats", "--by", "reviewer")
    assert "25.0 %" in only
    assert "[bold]calls" not in only
    told = asrlab.json("review", "stats", "--json")
    assert told["total"]["wer"] == 0.125
    assert [each["name"] for each in told["by_reviewer"]] == ["ann", "bob"]
    assert asrlab.json("review", "stats", "--by", "reviewer", "--json") == told["by_reviewer"]


def test_options_of_the_page_are_refused_before_a_command_that_opens_none(asrlab: Asrlab) -> None:
    asrlab.run("init")
    asrlab.run("review", "--user", "zed", "stats", code=2)
    assert "--user is for the page, which `asrlab review stats` does not open" in " ".join(
        asrlab.errors.split()
    )
    asrlab.run("review", "--auth", "--gold", "0.1", "people", "list", code=2)
    assert "--auth, --gold are for the page" in " ".join(asrlab.errors.split())
    asrlab.run("review", "--catalog", "sqlite:///asrlab.db", "stats")


def test_a_person_gets_a_token_once_and_is_shut_out_again(asrlab: Asrlab) -> None:
    asrlab.run("init")
    assert "nobody yet" in asrlab.run("review", "people", "list")
    token = asrlab.run("review", "people", "add", "Zoë", "--role", "reviewer").strip()
    assert token not in asrlab.errors
    catalog = open_catalog(str(asrlab.folder / "asrlab.db"))
    person = check_token(catalog, token)
    assert person is not None
    assert (person.name, person.role) == ("Zoë", "reviewer")
    assert token not in asrlab.run("review", "people", "list")
    asrlab.run("review", "people", "disable", "Zoë")
    assert check_token(catalog, token) is None
    catalog.close()
    (row,) = asrlab.json("review", "people", "list", "--json")
    assert (row["name"], row["role"], row["state"]) == ("Zoë", "reviewer", "disabled")
    asrlab.run("review", "people", "disable", "nobody", code=1)
    assert "nobody called 'nobody'" in asrlab.errors
    asrlab.run("review", "people", "add", " ", code=1)
    asrlab.run("review", "people", "add", "x", "--role", "king", code=2)
