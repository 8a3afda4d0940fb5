"""Queues, claims and what is next for whom; on both databases."""

import base64
from dataclasses import replace

import pytest
import sqlalchemy as sa

from asrlab.catalog import Catalog
from asrlab.catalog.forget import Doomed, forget
from asrlab.catalog.query import run_query
from asrlab.catalog.review_queue import QueueKind
from asrlab.catalog.schema import ReviewClaimRow, ReviewItemRow, ReviewRow, SegmentRow, TranscriptRow
from asrlab.catalog.values import utc_now
from asrlab.errors import OptionError
from asrlab.review.queues import Queue, QueueItem, choices, claim, next_item, page, release
from tests.factories import add_run, add_segments, add_text
from tests.reviewing import act, catalog_of, decide, segment_of


def ids(catalog: Catalog, queue: Queue, person: str = "ann", size: int = 2) -> list[int]:
    """All segments of a queue, turned over page by page."""
    found: list[QueueItem] = []
    after = None
    for _page in range(50):
        turned = page(catalog, person, queue, after, size)
        assert len(turned.items) <= size
        found += turned.items
        after = turned.next
        if after is None:
            break
    assert after is None
    return [item.segment_id for item in found]


def set_confidence(catalog: Catalog, segment_id: int, confidence: float | None, flags: str = "") -> None:
    with catalog.writing() as session:
        session.execute(
            sa.update(TranscriptRow)
            .where(TranscriptRow.segment_id == segment_id)
            .values(confidence=confidence, flags=flags)
        )


def test_an_item_says_what_the_view_of_current_texts_says(catalog: Catalog) -> None:
    first, second, third, fourth = catalog_of(catalog, ["a b", "c d", "e f", "g h"])
    catalog_of(catalog, ["elsewhere"], "calls", "/calls/x.wav")
    decide(catalog, "ann", first)
    decide(catalog, "ann", second, "corrected", text="c and d")
    withdrawn = decide(catalog, "bob", third, "rejected")
    set_confidence(catalog, fourth, 0.25, "truncated")
    with catalog.writing() as session:
        session.execute(
            sa.update(ReviewRow).where(ReviewRow.review_id == withdrawn).values(withdrawn_at=utc_now())
        )
        # Another engine's text counts from now on, and nobody has judged it.
        add_text(session, segment_of(session, first), add_run(session, fingerprint="new"), "a bee", "new")
    columns = "segment_id, recording_id, corpus, transcript_id, language, confidence, flags, verdict"
    items = run_query(catalog, f"SELECT {columns} FROM review_items ORDER BY segment_id").rows
    assert items == run_query(catalog, f"SELECT {columns} FROM v_current ORDER BY segment_id").rows
    assert [row[7] for row in items] == [None, "corrected", None, None, None]
    assert run_query(
        catalog, "SELECT num_readings, reviewer FROM review_items ORDER BY segment_id LIMIT 2"
    ).rows == ((2, None), (1, "ann"))


def test_a_forgotten_segment_is_no_item(catalog: Catalog) -> None:
    first, second = catalog_of(catalog, ["a", "b"])
    decide(catalog, "ann", first)
    forget(catalog, Doomed((), (first,)))
    with catalog.reading() as session:
        assert session.scalars(sa.select(ReviewItemRow.segment_id)).all() == [second]


def test_an_item_tells_what_a_list_shows(catalog: Catalog) -> None:
    (segment_id,) = catalog_of(catalog, ["<b>hello</b>"], "calls", "/calls/x.wav")
    set_confidence(catalog, segment_id, 0.5, "repetition,truncated")
    claim(catalog, "bob", segment_id)
    (item,) = page(catalog, "ann", Queue()).items
    assert item == QueueItem(
        segment_id=segment_id,
        recording_id=item.recording_id,
        name="x.wav",
        corpus="calls",
        start_s=0.0,
        end_s=0.5,
        channel=None,
        speaker=None,
        language="en",
        text="<b>hello</b>",
        confidence=0.5,
        flags=("repetition", "truncated"),
        verdict=None,
        claimed_by="bob",
    )


def test_open_is_what_has_no_verdict_by_corpus_recording_and_time(catalog: Catalog) -> None:
    late = catalog_of(catalog, ["l1", "l2"], "zoo", "/z.wav")
    one = catalog_of(catalog, ["a", "b", "c", "d", "e"], "books", "/1.wav")
    two = catalog_of(catalog, ["f"], "books", "/2.wav")
    decide(catalog, "ann", one[1])
    decide(catalog, "ann", one[3], "rejected")
    assert ids(catalog, Queue()) == [one[0], one[2], one[4], *two, *late]
    assert ids(catalog, Queue(corpus="zoo"), size=1) == late
    assert ids(catalog, Queue("rejected")) == [one[3]]
    assert ids(catalog, Queue("all"), size=3) == [*one, *two, *late]
    assert ids(catalog, Queue(corpus="nowhere")) == []


def test_what_is_not_of_today_is_in_no_queue(catalog: Catalog) -> None:
    first, second, third = catalog_of(catalog, ["a", "b", "c"])
    with catalog.writing() as session:
        session.execute(
            sa.update(SegmentRow).where(SegmentRow.segment_id == first).values(superseded_by=second)
        )
    kinds: tuple[QueueKind, ...] = ("open", "all", "sample", "doubtful")
    for kind in kinds:
        assert sorted(ids(catalog, Queue(kind), size=1)) == [second, third]
    with catalog.writing() as session:
        (new,) = add_segments(session, segment_of(session, first).recording_id, [(0, 9)], "other")
        add_text(session, new, add_run(session), "cut otherwise")
    assert ids(catalog, Queue("all")) == [new.segment_id]
    assert next_item(catalog, "ann", Queue()) == new.segment_id


def test_the_least_sure_text_comes_first(catalog: Catalog) -> None:
    one, two, three, four, five = catalog_of(catalog, ["a", "b", "c", "d", "e"])
    for segment_id, confidence in ((one, 0.9), (two, 0.125), (three, None), (four, 0.125), (five, 0.5)):
        set_confidence(catalog, segment_id, confidence)
    assert ids(catalog, Queue("doubtful"), size=1) == [two, four, five, one]
    assert ids(catalog, Queue("doubtful", below=0.5)) == [two, four]
    assert ids(catalog, Queue(below=0.6)) == [two, four, five]
    decide(catalog, "ann", two)
    assert ids(catalog, Queue("doubtful", below=0.5)) == [four]


def test_flags_are_found_by_name_and_not_by_a_part_of_one(catalog: Catalog) -> None:
    one, two, three = catalog_of(catalog, ["a", "b", "c"])
    set_confidence(catalog, one, 0.5, "truncated")
    set_confidence(catalog, three, 0.5, "not_covered,truncated")
    assert ids(catalog, Queue("flagged"), size=1) == [one, three]
    assert ids(catalog, Queue("flagged", flag="not_covered")) == [three]
    assert ids(catalog, Queue("flagged", flag="covered")) == []
    assert ids(catalog, Queue(flag="not%covered")) == []
    assert two not in ids(catalog, Queue(flag="truncated"))


def test_engines_that_differ_in_case_and_marks_alone_agree(catalog: Catalog) -> None:
    segment_ids = catalog_of(catalog, ["It was, it was!", "two words", "Größe (groß)", "alone"])
    with catalog.writing() as session:
        run_id = add_run(session, fingerprint="new")
        for segment_id, text in zip(
            segment_ids[:3], ("it was it was", "too words", "grösse groß"), strict=True
        ):
            add_text(session, segment_of(session, segment_id), run_id, text, "new")
    assert ids(catalog, Queue("disagreement"), size=1) == [segment_ids[1]]


def test_a_sample_is_the_same_each_time_and_another_seed_begins_elsewhere(catalog: Catalog) -> None:
    segment_ids = catalog_of(catalog, [f"text {number}" for number in range(20)])
    samples = [ids(catalog, Queue("sample", sample_seed=seed), size=3) for seed in range(5)]
    assert all(sorted(sample) == segment_ids for sample in samples)
    assert samples[0] == ids(catalog, Queue("sample"), size=7)
    assert len({sample[0] for sample in samples}) > 1
    assert samples[0] != segment_ids
    decide(catalog, "bob", samples[0][0])
    decide(catalog, "ann", samples[0][1])
    assert ids(catalog, Queue("sample"))[:2] == [samples[0][0], samples[0][2]]


def test_mine_is_what_i_acted_on_newest_first(catalog: Catalog) -> None:
    one, two, three, four = catalog_of(catalog, ["a", "b", "c", "d"])
    for segment_id in (two, one, three, two):
        decide(catalog, "ann", segment_id)
    decide(catalog, "bob", four)
    assert ids(catalog, Queue("mine"), size=1) == [two, three, one]
    assert ids(catalog, Queue("mine", corpus="other")) == []


def test_second_is_what_others_decided_and_nobody_heard_again(catalog: Catalog) -> None:
    one, two, three, four = catalog_of(catalog, ["a", "b", "c", "d"])
    decide(catalog, "bob", one)
    decide(catalog, "ann", two)
    decide(catalog, "bob", three, "rejected")
    assert ids(catalog, Queue("second")) == [one]
    assert ids(catalog, Queue("second", share=0.0)) == []
    assert ids(catalog, Queue("second"), "bob") == [two]
    assert four not in ids(catalog, Queue("second"), "cem")


@pytest.mark.parametrize("few", [1, 2_000])
def test_a_search_narrows_any_queue(catalog: Catalog, monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    # Both ways of looking: from the texts that hold a rare term, and along the queue.
    monkeypatch.setattr("asrlab.catalog.review_queue.FEW_TEXTS", few)
    one, two, three, four = catalog_of(catalog, ["the best of times", "of the times", "今天很好", "今很天"])
    assert ids(catalog, Queue(search="times OF"), size=1) == [one, two]
    assert ids(catalog, Queue(search='"of times"'), size=1) == [one]
    assert ids(catalog, Queue(search="今天"), size=1) == [three]
    assert ids(catalog, Queue("doubtful", search="times"), size=1) == [one, two]
    assert sorted(ids(catalog, Queue("sample", search="times"), size=1)) == [one, two]
    assert ids(catalog, Queue(search="nobody said this")) == []
    assert four not in ids(catalog, Queue(search="今天"))
    with pytest.raises(OptionError, match="nothing to search for"):
        page(catalog, "ann", Queue(search="…"))


def test_a_language_narrows_a_queue(catalog: Catalog) -> None:
    one, two = catalog_of(catalog, ["a", "b"])
    with catalog.writing() as session:
        row = TranscriptRow(
            segment_id=two, version=2, origin="import", language="fr", text="b", created_at=utc_now()
        )
        session.add(row)
    assert ids(catalog, Queue(language="fr")) == [two]
    assert ids(catalog, Queue(language="en")) == [one]
    assert choices(catalog).languages == ("en", "fr")


def test_a_position_of_no_page_is_refused(catalog: Catalog) -> None:
    catalog_of(catalog, ["a"])
    # Nothing, no base64, [], [1], null, and ["a",1,1,true].
    for after in ("", "x", "é", "W10", "WzFd", "bnVsbA", "WyJhIiwxLDEsdHJ1ZV0"):
        with pytest.raises(OptionError, match="position"):
            page(catalog, "ann", Queue(), after)


def test_a_queue_that_is_none_is_refused(catalog: Catalog) -> None:
    with pytest.raises(OptionError, match="there is no queue"):
        replace(Queue(), kind="shut")  # type: ignore[arg-type]
    for limit in (0, 201):
        with pytest.raises(OptionError, match="1 to 200"):
            page(catalog, "ann", Queue(), None, limit)


def test_two_people_are_never_given_the_same_item(catalog: Catalog) -> None:
    one, two = catalog_of(catalog, ["a", "b"])
    assert next_item(catalog, "ann", Queue()) == one
    assert next_item(catalog, "ann", Queue()) == one
    assert next_item(catalog, "bob", Queue()) == two
    assert next_item(catalog, "cem", Queue()) is None
    release(catalog, "bob", one)
    assert next_item(catalog, "cem", Queue()) is None
    release(catalog, "ann", one)
    assert next_item(catalog, "cem", Queue()) == one


def test_a_claim_is_renewed_by_who_holds_it_and_ends_by_itself(catalog: Catalog) -> None:
    (segment_id,) = catalog_of(catalog, ["a"])
    first = claim(catalog, "ann", segment_id)
    assert (first.person, first.is_mine) == ("ann", True)
    assert claim(catalog, "ann", segment_id).expires_at >= first.expires_at > utc_now()
    theirs = claim(catalog, "bob", segment_id)
    assert (theirs.person, theirs.is_mine) == ("ann", False)
    with catalog.writing() as session:
        session.execute(sa.update(ReviewClaimRow).values(expires_at=utc_now()))
    assert page(catalog, "bob", Queue()).items[0].claimed_by is None
    assert claim(catalog, "bob", segment_id).is_mine
    with pytest.raises(OptionError, match="no segment 999"):
        claim(catalog, "ann", 999)


def test_what_was_skipped_comes_last(catalog: Catalog) -> None:
    one, two, three = catalog_of(catalog, ["a", "b", "c"])
    with catalog.writing() as session:
        act(session, "ann", one, "skipped")
    assert next_item(catalog, "ann", Queue()) == two
    assert next_item(catalog, "ann", Queue(), [two]) == three
    assert next_item(catalog, "ann", Queue(), [two, three]) == one
    assert next_item(catalog, "ann", Queue(), [one, two, three]) is None
    release(catalog, "ann", one)
    assert next_item(catalog, "bob", Queue()) == one


def test_choices_are_what_occurs(catalog: Catalog) -> None:
    one, two = catalog_of(catalog, ["a", "b"], "calls")
    set_confidence(catalog, one, 0.5, "not_covered,truncated")
    with catalog.writing() as session:
        session.execute(sa.update(SegmentRow).where(SegmentRow.segment_id == two).values(speaker="Zoe"))
    found = choices(catalog)
    assert found.corpora == ("calls",)
    assert found.flags == ("not_covered", "truncated")
    assert found.engines == ("fake",)
    assert found.speakers == ("Zoe",)


@pytest.mark.parametrize(
    ("kind", "position"),
    [("open", f'["a", {2**63 - 1}, {1 - 2**63}, 1]'), ("mine", f"[{2**63 - 1}]"), ("sample", '[9, "a", 1]')],
)
def test_a_position_beyond_all_ids_is_one(catalog: Catalog, kind: QueueKind, position: str) -> None:
    catalog_of(catalog, ["a"])
    after = base64.urlsafe_b64encode(position.encode()).decode().rstrip("=")
    page(catalog, "ann", Queue(kind), after)
