"""Taking back what a person did last to a segment: by a new version, never by removing one."""

from collections.abc import Sequence
from dataclasses import replace

from asrlab.catalog import Catalog, Session
from asrlab.catalog.edited_segments import lock_recording_of, take_back
from asrlab.catalog.edited_words import (
    BY_HAND,
    add_words,
    next_fingerprint,
    run_of_people,
    set_pending,
    words_of_earlier,
)
from asrlab.catalog.review_passes import is_gold_in_force, remove_gold
from asrlab.catalog.reviews import (
    Act,
    NewAct,
    add_act,
    counted_before,
    current_id,
    first_row_of,
    get_version,
    is_latest,
    last_act,
    mark_undone,
    rows_of,
    set_speaker,
    verdict_of,
    withdraw_verdict,
)
from asrlab.errors import ConflictError
from asrlab.review.carrying import waiting_spans, waiting_words
from asrlab.review.desk import Desk, Saved, check_person, copy_words, keep_verdict, locked, unchecked_desk

CUTS = ("borders", "split", "merged")
NOT_LATEST = "somebody changed this after you: take it back by hand"


def undo(catalog: Catalog, person: str, segment_id: int) -> Saved | None:
    """Take back this person's last act on the segment that was not taken back; None when there is none.

    A text gives way to a new version that says what the one before said, with its words and its verdict; a verdict
    is withdrawn; segments that were cut otherwise are as they were. A gold item whose text has no verdict for it any
    more is none. Raises ConflictError when somebody acted since.
    """
    check_person(person)
    with catalog.writing() as session:
        lock_recording_of(session, segment_id)
        desk = unchecked_desk(session, person, locked(session, segment_id))
        act = last_act(session, segment_id, person)
        if act is None:
            return None
        is_cut = act.kind in CUTS
        act = first_row_of(session, act) if is_cut else act
        ids: list[int] = act.detail["new"] if is_cut else [segment_id]
        gold_ids = [each for each in ids if is_gold_in_force(session, each)]
        saved = _undo_cut(session, person, act) if is_cut else _undo_on_segment(desk, act)
        for gold_id in gold_ids:
            if not is_gold_in_force(session, gold_id):
                remove_gold(session, gold_id)
        return saved


def _undo_on_segment(desk: Desk, act: Act) -> Saved:
    match act.kind:
        case "accepted" | "rejected":
            _undo_verdict(desk.session, act)
        case "words":
            _undo_times(desk, act)
        case "described":
            _undo_description(desk, act)
        case _:
            _undo_text(desk, act)
    return _noted(desk.session, desk.person, act, [act.act_id], act.segment_id)


def _noted(session: Session, person: str, act: Act, act_ids: Sequence[int], segment_id: int) -> Saved:
    mark_undone(session, act_ids)
    left = Saved(segment_id, current_id(session, segment_id))
    add_act(session, NewAct(segment_id, person, "undone", left.transcript_id, detail={"act": act.act_id}))
    return left


def _withdraw(session: Session, act: Act) -> None:
    if act.review_id is not None:
        withdraw_verdict(session, act.review_id)


def _undo_verdict(session: Session, act: Act) -> None:
    """Withdraw it, with what an undone edit let it hold for again."""
    _withdraw(session, act)
    now = current_id(session, act.segment_id)
    verdict = None if now is None else verdict_of(session, now)
    if (
        verdict is not None
        and (verdict.reviewer, verdict.verdict) == (act.person, act.kind)
        and is_latest(session, [act.act_id], act.segment_id)
    ):
        withdraw_verdict(session, verdict.review_id)


def _check_latest(session: Session, act_ids: Sequence[int], segment_id: int) -> None:
    if not is_latest(session, act_ids, segment_id):
        raise ConflictError(NOT_LATEST, current_id(session, segment_id))


def _undo_text(desk: Desk, act: Act) -> None:
    """Let the text before count again: as a new version, with the verdict that was in force on it."""
    _check_latest(desk.session, [act.act_id], act.segment_id)
    _withdraw(desk.session, act)
    made = None if act.transcript_id is None else get_version(desk.session, act.transcript_id)
    if made is None:
        return
    before = None if made.parent_id is None else get_version(desk.session, made.parent_id)
    if before is None:
        desk.add_version(replace(made, text="", confidence=None, word_confidence="[]", flags=""))
        return
    again = desk.add_version(before)
    copy_words(desk.session, before.transcript_id, again)
    keep_verdict(desk.session, before, again)


def _forget_what_was_brought(desk: Desk, act: Act) -> None:
    """Borders that were moved back bring a segment back, with the text of where they were: its own is to count there."""
    brought = desk.version
    source = (
        None if brought is None or brought.parent_id is None else get_version(desk.session, brought.parent_id)
    )
    if brought is None or source is None or source.segment_id == brought.segment_id:
        return
    before = counted_before(desk.session, brought)
    if before is not None:
        again = desk.add_version(before)
        copy_words(desk.session, before.transcript_id, again)
        keep_verdict(desk.session, before, again)
        # An act made it: what was done to the segment before can still be taken back.
        desk.note("undone", again, detail={"act": act.act_id})


def _undo_description(desk: Desk, act: Act) -> None:
    if "after" in act.detail:
        if desk.segment.speaker != act.detail["after"]:
            raise ConflictError(NOT_LATEST, desk.segment.current_id)
        set_speaker(desk.session, act.segment_id, act.detail["before"])
    if "version" in act.detail:
        _undo_text(desk, act)


def _undo_times(desk: Desk, act: Act) -> None:
    """Let the words that were moved be where they were; what became of the others since stays."""
    transcript_id = desk.segment.current_id
    now = desk.words
    if transcript_id is None or transcript_id != act.transcript_id or now is None:
        raise ConflictError(NOT_LATEST, transcript_id)
    before, after = (words_of_earlier(desk.session, act.detail[name]) for name in ("before", "after"))
    words = list(now.words)
    waiting = set(waiting_words(now.pending))
    for at, (was, became) in enumerate(zip(before, after, strict=True)):
        if was != became:
            if words[at] != became:
                raise ConflictError(NOT_LATEST, transcript_id)
            words[at] = was
            waiting |= {at} & set(act.detail["waiting"])
    run_id = run_of_people(desk.session, BY_HAND)
    add_words(
        desk.session, transcript_id, run_id, next_fingerprint(desk.session, transcript_id, BY_HAND), words
    )
    is_firm = [at not in waiting for at in range(len(words))]
    set_pending(desk.session, transcript_id, waiting_spans(words, is_firm, desk.segment.span))


def _undo_cut(session: Session, person: str, act: Act) -> Saved:
    old_ids: list[int] = act.detail["old"]
    new_ids: list[int] = act.detail["new"]
    act_ids = rows_of(session, act)
    desks = [unchecked_desk(session, person, locked(session, segment_id)) for segment_id in new_ids]
    for desk in desks:
        _check_latest(session, act_ids, desk.segment.segment_id)
        # A segment that took in another is still there, with the text of both.
        if desk.segment.segment_id in old_ids:
            _undo_text(desk, act)
        else:
            _forget_what_was_brought(desk, act)
    take_back(session, old_ids, new_ids)
    return _noted(session, person, act, act_ids, old_ids[0])
