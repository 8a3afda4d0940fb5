"""Blind passes and gold items, and the figures made of them and of everything else; on both databases."""

import pytest

from asrlab.catalog import Catalog
from asrlab.catalog.migrate import downgrade, upgrade
from asrlab.catalog.query import run_query
from asrlab.errors import InputNotFoundError, OptionError
from asrlab.review.acts import describe, judge, save
from asrlab.review.cutting import merge, move_borders, split
from asrlab.review.passes import find_gold, is_blind, machine_text_id, mark_gold, submit, unmark_gold
from asrlab.review.queues import BlindShares, Queue, next_item
from asrlab.review.stats import statistics
from asrlab.review.undoing import undo
from tests.factories import add_run, add_text
from tests.reviewing import act, catalog_of, decide, newest_text, segment_of

ALL = BlindShares(second=1.0)
GOLD = BlindShares(gold=1.0)


def machine(catalog: Catalog, segment_id: int) -> int:
    found = machine_text_id(catalog, segment_id)
    assert found is not None
    return found


def test_what_somebody_else_decided_is_heard_blind_once(catalog: Catalog) -> None:
    one, two = catalog_of(catalog, ["a b c", "d"])
    decide(catalog, "ann", one, "corrected", text="a bee c")
    assert is_blind(catalog, "bob", one, 1.0) == "second"
    assert is_blind(catalog, "bob", one, 0.0) is None
    assert is_blind(catalog, "ann", one, 1.0) is None
    assert is_blind(catalog, "bob", two, 1.0) is None
    # It begins from the machine's text, whatever a person wrote.
    text = run_query(
        catalog, f"SELECT text FROM v_transcripts WHERE transcript_id = {machine(catalog, one)}"
    ).rows
    assert text == (("a b c",),)
    submit(catalog, "bob", one, "second", machine(catalog, one), "a b sea", "corrected", 3.0)
    assert is_blind(catalog, "bob", one, 1.0) is None
    assert is_blind(catalog, "cem", one, 1.0) is None
    # It is no version, and what counts stays.
    assert run_query(catalog, f"SELECT text, verdict FROM v_current WHERE segment_id = {one}").rows == (
        ("a bee c", "corrected"),
    )
    with pytest.raises(OptionError, match="already"):
        submit(catalog, "bob", one, "second", machine(catalog, one), "again", "corrected")


def test_a_share_of_the_decided_is_heard_again(catalog: Catalog) -> None:
    segment_ids = catalog_of(catalog, [f"text {number}" for number in range(20)])
    for segment_id in segment_ids:
        decide(catalog, "ann", segment_id)
    for share in (0.25, 0.5):
        blind = [segment_id for segment_id in segment_ids if is_blind(catalog, "bob", segment_id, share)]
        assert 0 < len(blind) < 20
        for person in ("cem", "dan"):
            assert blind == [one for one in segment_ids if is_blind(catalog, person, one, share)]


def test_blind_items_are_mixed_in_by_their_shares(catalog: Catalog) -> None:
    one, two, three = catalog_of(catalog, ["a", "b", "c"])
    decide(catalog, "ann", one)
    decide(catalog, "ann", two)
    mark_gold(catalog, "ann", two)
    assert next_item(catalog, "bob", Queue()) == three
    assert next_item(catalog, "bob", Queue(), shares=GOLD) == two
    assert next_item(catalog, "bob", Queue(), [two], GOLD) == three
    assert next_item(catalog, "bob", Queue(), [two], ALL) == one
    submit(catalog, "bob", two, "gold", machine(catalog, two), "b", "accepted")
    assert next_item(catalog, "bob", Queue(), shares=GOLD) == three
    # Who said what is right, or decided it, is not asked.
    assert next_item(catalog, "ann", Queue(), [three], GOLD) is None
    assert next_item(catalog, "ann", Queue(), [three], ALL) is None


def test_which_item_is_blind_is_drawn_anew_with_each_act(catalog: Catalog) -> None:
    segment_ids = catalog_of(catalog, [f"text {number}" for number in range(20)])
    gold, rest = segment_ids[:10], segment_ids[10:]
    for segment_id in gold:
        decide(catalog, "ann", segment_id)
        mark_gold(catalog, "ann", segment_id)
    given = []
    for _ in range(16):
        next_id = next_item(catalog, "bob", Queue(), shares=BlindShares(gold=0.5))
        assert next_id is not None
        assert next_id == next_item(catalog, "bob", Queue(), shares=BlindShares(gold=0.5))
        given.append(next_id)
        if next_id in gold:
            submit(catalog, "bob", next_id, "gold", machine(catalog, next_id), "x", "corrected")
        else:
            decide(catalog, "bob", next_id)
    assert len(set(given)) == 16
    assert 3 < len([one for one in given if one in gold]) < 13
    assert [one for one in given if one in rest] == rest[: len([one for one in given if one in rest])]


def test_gold_is_an_accepted_text_and_never_asked_of_who_knows_it(catalog: Catalog) -> None:
    one, two = catalog_of(catalog, ["a", "b"])
    with pytest.raises(OptionError, match="no accepted text"):
        mark_gold(catalog, "ann", one)
    decide(catalog, "ann", one, "corrected", text="ah")
    mark_gold(catalog, "ann", one)
    mark_gold(catalog, "ann", one)
    assert run_query(catalog, "SELECT text, added_by FROM gold_items").rows == (("ah", "ann"),)
    assert is_blind(catalog, "bob", one, 0.0) == "gold"
    assert is_blind(catalog, "bob", one, 0.0, gold=False) is None
    assert is_blind(catalog, "ann", one, 0.0) is None
    assert is_blind(catalog, "bob", two, 0.0) is None


def test_a_pass_that_fits_nothing_is_refused(catalog: Catalog) -> None:
    one, two = catalog_of(catalog, ["a", "b"])
    for segment_id, kind, parent_id, verdict, seconds, why in (
        (one, "second", machine(catalog, two), "accepted", 1.0, "no text"),
        (999, "second", machine(catalog, one), "accepted", 1.0, "no text"),
        (one, "gold", machine(catalog, one), "accepted", 1.0, "no gold item"),
        (one, "second", machine(catalog, one), "fine", 1.0, "no verdict"),
        (one, "second", machine(catalog, one), "accepted", float("nan"), "nobody spends"),
        (one, "second", machine(catalog, one), "accepted", -1.0, "nobody spends"),
    ):
        with pytest.raises(OptionError, match=why):
            submit(catalog, "bob", segment_id, kind, parent_id, "x", verdict, seconds)  # type: ignore[arg-type]


def test_a_pass_of_who_is_not_asked_is_refused(catalog: Catalog) -> None:
    one, two = catalog_of(catalog, ["a", "b"])
    decide(catalog, "ann", one, "corrected", text="ah")
    mark_gold(catalog, "ann", one)
    with catalog.reading() as session:
        written = newest_text(session, one).transcript_id
    for person, segment_id, kind, parent_id, why in (
        ("ann", one, "second", machine(catalog, one), "not asked"),
        ("ann", one, "gold", machine(catalog, one), "not asked"),
        ("bob", two, "second", machine(catalog, two), "not asked"),
        ("bob", one, "second", written, "a person's"),
    ):
        with pytest.raises(OptionError, match=why):
            submit(catalog, person, segment_id, kind, parent_id, "x", "corrected")  # type: ignore[arg-type]
    submit(catalog, "bob", one, "gold", machine(catalog, one), "x", "corrected")


def test_nothing_reviewed_gives_figures_of_nothing(catalog: Catalog) -> None:
    catalog_of(catalog, ["a"])
    found = statistics(catalog)
    assert (found.total.items, found.total.speed, found.total.wer, found.total.gold_accuracy) == (
        0,
        None,
        None,
        None,
    )
    assert found.by_engine == found.by_corpus == found.by_reviewer == ()


def test_the_figures_are_those_counted_by_hand(catalog: Catalog) -> None:
    # Four words each of half a second; ann corrects one word of the first, accepts the second, rejects the third.
    one, two, three, four = catalog_of(
        catalog, ["it was the beast", "of all our times", "noise", "never heard"], "calls"
    )
    decide(catalog, "ann", one, "corrected", text="it was the best.", seconds=4.0)
    decide(catalog, "ann", two, seconds=1.0)
    decide(catalog, "bob", three, "rejected", seconds=0.5)
    with catalog.writing() as session:
        act(session, "bob", four, "skipped", 2.0)
        # What another engine heard later is not what ann was shown.
        add_text(session, segment_of(session, one), add_run(session, fingerprint="n"), "other", "n")
    mark_gold(catalog, "ann", two)
    submit(catalog, "bob", one, "second", machine(catalog, one), "it is the best", "corrected", 1.0)
    submit(catalog, "bob", two, "gold", machine(catalog, two), "Of all: our times!", "accepted", 1.5)
    found = statistics(catalog)
    total = found.total
    assert (total.items, total.accepted, total.corrected, total.rejected) == (3, 1, 1, 1)
    assert total.seconds_spent == 10.0
    # Blind passes are heard too: half a second each, of the five in all.
    assert total.speed == 0.25
    assert (total.words, total.wer) == (8, 0.125)
    assert total.cer == round(1 / len("it was the best" + "of all our times"), 4)
    assert (total.passes, total.agreement_wer) == (1, 0.25)
    assert (total.gold_items, total.gold_accuracy, total.gold_wer) == (1, 1.0, 0.0)
    assert [(each.name, each.items, each.wer) for each in found.by_engine] == [("fake", 3, 0.125)]
    assert [(each.name, each.seconds_spent) for each in found.by_corpus] == [("calls", 10.0)]
    ann, bob = found.by_reviewer
    assert (ann.name, ann.items, ann.seconds_spent, ann.speed, ann.passes) == ("ann", 2, 5.0, 0.2, 1)
    assert (bob.name, bob.items, bob.rejected, bob.agreement_wer, bob.gold_items) == ("bob", 1, 1, 0.25, 1)


def test_a_pass_is_compared_with_what_was_decided_when_it_was_made(catalog: Catalog) -> None:
    (one,) = catalog_of(catalog, ["a b c"])
    decide(catalog, "ann", one)
    submit(catalog, "bob", one, "second", machine(catalog, one), "a b c", "accepted", 1.0)
    assert (statistics(catalog).total.passes, statistics(catalog).total.agreement_wer) == (1, 0.0)
    # Later the text is another's, and then nobody's.
    decide(catalog, "cid", one, "corrected", text="x y z")
    total = statistics(catalog).total
    assert (total.passes, total.agreement_wer) == (1, 0.0)
    assert [(each.name, each.passes) for each in statistics(catalog).by_reviewer] == [
        ("ann", 1),
        ("bob", 1),
        ("cid", 0),
    ]
    save(catalog, "cid", one, newest(catalog, one), "nothing", verdict=None)
    total = statistics(catalog).total
    assert (total.items, total.passes, total.agreement_wer) == (0, 1, 0.0)


def test_a_gold_text_that_became_another_is_what_passes_are_compared_with(catalog: Catalog) -> None:
    (one,) = catalog_of(catalog, ["a b c d"])
    decide(catalog, "ann", one)
    mark_gold(catalog, "ann", one)
    submit(catalog, "bob", one, "gold", machine(catalog, one), "a b c d", "accepted", 1.0)
    assert statistics(catalog).total.gold_accuracy == 1.0
    decide(catalog, "ann", one, "corrected", text="a b c dee")
    mark_gold(catalog, "ann", one)
    total = statistics(catalog).total
    assert (total.gold_items, total.gold_accuracy, total.gold_wer) == (1, 0.0, 0.25)


def test_what_is_gold_no_more_is_asked_of_nobody_and_counts_for_nobody(catalog: Catalog) -> None:
    (one,) = catalog_of(catalog, ["a b c d"])
    decide(catalog, "ann", one)
    mark_gold(catalog, "ann", one)
    submit(catalog, "bob", one, "gold", machine(catalog, one), "a b c dee", "corrected", 1.0)
    assert statistics(catalog).total.gold_accuracy == 0.0
    unmark_gold(catalog, one)
    unmark_gold(catalog, one)
    assert find_gold(catalog, one) is None
    assert is_blind(catalog, "cem", one, 0.0) is None
    total = statistics(catalog).total
    assert (total.gold_items, total.gold_accuracy, total.gold_wer) == (0, None, None)
    # Not compared anew either, when what was compared is forgotten.
    downgrade(catalog, "0010")
    upgrade(catalog)
    assert statistics(catalog).total == total
    # Made gold anew, by a text that is another's, it counts by that.
    decide(catalog, "cem", one, "corrected", text="a b c dee")
    mark_gold(catalog, "cem", one)
    total = statistics(catalog).total
    assert (total.gold_items, total.gold_accuracy, total.gold_wer) == (1, 1.0, 0.0)
    with pytest.raises(InputNotFoundError, match="no segment"):
        unmark_gold(catalog, 999)


def test_gold_goes_with_the_text_that_is_taken_back(catalog: Catalog) -> None:
    (one,) = catalog_of(catalog, ["a b c d"])
    save(catalog, "ann", one, newest(catalog, one), "zzz")
    mark_gold(catalog, "ann", one)
    submit(catalog, "bob", one, "gold", machine(catalog, one), "a b c d", "accepted", 1.0)
    assert statistics(catalog).total.gold_accuracy == 0.0
    undo(catalog, "ann", one)
    assert find_gold(catalog, one) is None
    assert is_blind(catalog, "cem", one, 0.0) is None
    assert statistics(catalog).total.gold_items == 0


def test_gold_goes_with_the_verdict_that_is_taken_back_unless_another_stands(catalog: Catalog) -> None:
    (one,) = catalog_of(catalog, ["a"])
    judge(catalog, "ann", one, newest(catalog, one), "accepted")
    mark_gold(catalog, "ann", one)
    judge(catalog, "bob", one, newest(catalog, one), "accepted")
    undo(catalog, "bob", one)
    assert find_gold(catalog, one) is not None
    undo(catalog, "ann", one)
    assert find_gold(catalog, one) is None


def test_gold_stays_while_what_is_taken_back_leaves_its_text_right(catalog: Catalog) -> None:
    (one,) = catalog_of(catalog, ["a b"])
    saved = save(catalog, "ann", one, newest(catalog, one), "a bee")
    mark_gold(catalog, "ann", one)
    # A language, a rejection and a later text, each taken back again.
    described = describe(catalog, "ann", one, saved.transcript_id, speaker="Zoë", language="de")
    undo(catalog, "ann", one)
    judge(catalog, "bob", one, newest(catalog, one), "rejected", "noise")
    undo(catalog, "bob", one)
    assert described.transcript_id is not None
    save(catalog, "bob", one, newest(catalog, one), "other", verdict=None)
    gold = find_gold(catalog, one)
    assert gold is not None
    assert (gold.text, gold.added_by) == ("a bee", "ann")
    undo(catalog, "bob", one)
    assert find_gold(catalog, one) == gold
    # The text of now says the same again, and goes now.
    undo(catalog, "ann", one)
    assert find_gold(catalog, one) is None


def test_gold_outlives_borders_that_are_moved_and_back(catalog: Catalog) -> None:
    (one,) = catalog_of(catalog, ["a b"])
    saved = save(catalog, "ann", one, newest(catalog, one), "a bee")
    mark_gold(catalog, "ann", one)
    moved = move_borders(catalog, "ann", one, saved.transcript_id, 0.0, 0.4)
    undo(catalog, "ann", moved.segment_id)
    assert find_gold(catalog, one) is not None
    assert is_blind(catalog, "bob", one, 0.0) == "gold"


def test_figures_are_the_same_after_the_schema_went_down_and_up(catalog: Catalog) -> None:
    one, two = catalog_of(catalog, ["it was the beast", "of times"])
    decide(catalog, "ann", one, "corrected", text="it was the best", seconds=4.0)
    submit(catalog, "bob", one, "second", machine(catalog, one), "it is the best", "corrected", 1.0)
    with catalog.writing() as session:
        act(session, "bob", two, "skipped", 2.0)
    before = statistics(catalog)
    assert (before.total.seconds_spent, before.by_corpus[0].seconds_spent) == (7.0, 7.0)
    downgrade(catalog, "0010")
    upgrade(catalog)
    assert statistics(catalog) == before


def newest(catalog: Catalog, segment_id: int) -> int:
    with catalog.reading() as session:
        return newest_text(session, segment_id).transcript_id


def test_a_correction_counts_where_borders_are_moved(catalog: Catalog) -> None:
    (one,) = catalog_of(catalog, ["it was the beast"])
    saved = save(catalog, "ann", one, newest(catalog, one), "it was the best")
    moved = move_borders(catalog, "ann", one, saved.transcript_id, 0.0, 0.4)
    judge(catalog, "ann", moved.segment_id, moved.transcript_id, "accepted")
    found = statistics(catalog)
    assert (found.total.items, found.total.words, found.total.wer) == (1, 4, 0.25)
    assert [(each.name, each.items) for each in found.by_engine] == [("fake", 1)]


def test_a_correction_counts_in_the_part_it_was_made_in_and_in_what_is_joined(catalog: Catalog) -> None:
    (one,) = catalog_of(catalog, ["it was the beast of times"])
    saved = save(catalog, "ann", one, newest(catalog, one), "it was the best of times")
    first, second = split(catalog, "ann", one, saved.transcript_id, 0.25, len("it was the best"))
    judge(catalog, "ann", first.segment_id, first.transcript_id, "accepted")
    judge(catalog, "bob", second.segment_id, second.transcript_id, "accepted")
    ann, bob = statistics(catalog).by_reviewer
    assert (ann.words, ann.wer) == (4, 0.25)
    assert (bob.words, bob.wer) == (2, 0.0)
    short = move_borders(catalog, "bob", second.segment_id, second.transcript_id, 0.25, 0.45)
    joined = merge(
        catalog, "bob", first.segment_id, first.transcript_id, short.segment_id, short.transcript_id
    )
    judge(catalog, "bob", joined.segment_id, joined.transcript_id, "accepted")
    (fake,) = statistics(catalog).by_engine
    assert (fake.items, fake.words, fake.wer) == (1, 6, round(1 / 6, 4))


def test_characters_are_counted_where_no_spaces_part_words(catalog: Catalog) -> None:
    from asrlab.evaluate.edits import count_edits

    edits = count_edits("今天很好。", "今天不好", "zh")
    assert (edits.words, edits.word_edits, edits.wer) == (4, 1, 0.25)
    assert count_edits("Straße", "strasse", "de").word_edits == 1
    assert count_edits("It's 20 past", "it is twenty past", "en-GB").word_edits == 0
    assert count_edits("", "", "en").wer is None
    assert count_edits("", "some words", "en").word_edits == 2
