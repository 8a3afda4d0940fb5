"""What people did is forgotten with its audio, withdrawn verdicts count for nobody, claims are not copied."""

from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from asrlab.catalog import Catalog, open_catalog
from asrlab.catalog.copy import copy_catalog
from asrlab.catalog.forget import Doomed, forget
from asrlab.catalog.population import Population, population_sql
from asrlab.catalog.query import run_query
from asrlab.catalog.schema import GoldItemRow, ReviewClaimRow, ReviewPassRow
from asrlab.catalog.values import utc_now
from asrlab.review.acts import judge, save
from asrlab.review.cutting import merge, split
from asrlab.review.undoing import undo
from tests.review import Labeled, labeled_words

TABLES = (
    "reviews",
    "review_acts",
    "review_claims",
    "review_passes",
    "gold_items",
    "pending_spans",
    "transcripts",
    "segments",
)


def reviewed(catalog: Catalog, uri: str) -> Labeled:
    """A recording with a row in every table of review, segments made of others, and versions across them."""
    labeled = labeled_words(catalog, "the cat sat on the mat", uri=uri)
    saved = save(catalog, "ada", labeled.segment, labeled.text, "a cat sat on the mat")
    left, right = split(catalog, "ada", labeled.segment, saved.transcript_id, 1.5, 9)
    merge(catalog, "ada", left.segment_id, left.transcript_id, right.segment_id, right.transcript_id)
    judge(catalog, "bob", labeled.other, labeled.other_text, "rejected", "noise")
    now = utc_now()
    with catalog.writing() as session:
        session.add(
            ReviewClaimRow(segment_id=labeled.other, person="ada", expires_at=now + timedelta(seconds=300))
        )
        session.add(GoldItemRow(segment_id=labeled.other, text="good bye", added_by="ada", added_at=now))
        session.add(
            ReviewPassRow(
                segment_id=labeled.other,
                person="bob",
                kind="gold",
                parent_id=labeled.other_text,
                text="good bye",
                verdict="corrected",
                seconds=1.0,
                created_at=now,
            )
        )
    return labeled


def counts(catalog: Catalog) -> dict[str, int]:
    with catalog.reading() as session:
        return {
            name: session.execute(sa.select(sa.func.count()).select_from(sa.table(name))).scalar_one()
            for name in TABLES
        }


def test_all_that_was_done_to_a_recording_goes_with_it(catalog: Catalog) -> None:
    first = reviewed(catalog, "/audio/a.wav")
    once = counts(catalog)
    assert min(once.values()) > 0
    reviewed(catalog, "/audio/b.wav")
    forget(catalog, Doomed((first.recording,)))
    assert counts(catalog) == once


def test_claims_of_people_are_not_copied_and_the_rest_is(catalog: Catalog, tmp_path: Path) -> None:
    reviewed(catalog, "/audio/a.wav")
    target = open_catalog(f"sqlite:///{tmp_path}/copy.db")
    try:
        copy_catalog(catalog, target)
        assert counts(target) == counts(catalog) | {"review_claims": 0}
        assert run_query(target, "SELECT claimed_by FROM v_review_queue").rows == ((None,),)
    finally:
        target.close()


def test_an_export_sees_a_verdict_as_long_as_it_was_in_force(catalog: Catalog) -> None:
    labeled = labeled_words(catalog, "hello world")
    judge(catalog, "ada", labeled.segment, labeled.text, "rejected")
    then = utc_now()
    undo(catalog, "ada", labeled.segment)

    def verdict(population: Population) -> object:
        found = run_query(
            catalog,
            f"SELECT verdict FROM ({population_sql(population)}) AS p WHERE segment_id = {labeled.segment}",
        )
        return found.rows[0][0]

    assert verdict(Population()) is None
    assert verdict(Population(as_of=then)) == "rejected"


def test_the_queue_tells_who_works_on_what(catalog: Catalog) -> None:
    labeled = labeled_words(catalog, "hello world")
    now = utc_now()
    with catalog.writing() as session:
        for segment_id, seconds in ((labeled.segment, 300), (labeled.other, -1)):
            session.add(
                ReviewClaimRow(
                    segment_id=segment_id, person="ada", expires_at=now + timedelta(seconds=seconds)
                )
            )
    found = run_query(catalog, "SELECT segment_id, claimed_by FROM v_review_queue ORDER BY start_s")
    assert found.rows == ((labeled.segment, "ada"), (labeled.other, None))
