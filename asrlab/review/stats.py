"""Figures over reviewing: how much, how fast, how much the machine had wrong, and how far people agree."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from asrlab.catalog import Catalog, Session
from asrlab.catalog.review_stats import (
    ComparedPass,
    CountedText,
    DecidedText,
    ItemSum,
    PassSum,
    PassTexts,
    PersonSum,
    add_comparisons,
    add_counts,
    are_passes_uncompared,
    item_sums,
    pass_sums,
    person_sums,
    uncompared_passes,
    uncounted_texts,
)
from asrlab.domain.time import MS_PER_SECOND, Seconds
from asrlab.evaluate.edits import Edits, count_edits
from asrlab.review.origins import heard_before

Group = Literal["total", "engine", "corpus", "reviewer"]
GROUPS: tuple[Group, ...] = get_args(Group)
SECONDS_PER_HOUR = 3600
RATE_DIGITS = 4
TEXTS_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Figures:
    """What was reviewed of one engine, of one corpus, by one reviewer, or in all (name "").

    items: decided segments of today. hours: their audio. seconds_spent: by all acts; of a corpus those on segments of
    today, of an engine those on decided ones. speed: × real time, with the audio of blind passes. wer, cer: of the
    machine's texts against the final ones, rejected ones left out. passes: segments heard a second time;
    agreement_wer: of the second text against the one decided on then. gold_accuracy: share of gold items whose text
    came out right; gold_wer: against the gold texts. None where there is nothing to divide by.
    """

    group: Group
    name: str
    items: int
    accepted: int
    corrected: int
    rejected: int
    hours: float
    seconds_spent: Seconds
    speed: float | None
    words: int
    wer: float | None
    cer: float | None
    passes: int
    agreement_wer: float | None
    gold_items: int
    gold_accuracy: float | None
    gold_wer: float | None


@dataclass(frozen=True, slots=True)
class Statistics:
    """The figures in all, and by group, each sorted by name."""

    total: Figures
    by_engine: tuple[Figures, ...]
    by_corpus: tuple[Figures, ...]
    by_reviewer: tuple[Figures, ...]


@dataclass(slots=True)
class _Sums:
    """What adds up, of one engine, corpus or reviewer."""

    verdicts: dict[str, int] = field(default_factory=lambda: {"accepted": 0, "corrected": 0, "rejected": 0})
    audio_ms: int = 0
    pass_audio_ms: int = 0
    seconds: float = 0.0
    edits: Edits = field(default_factory=Edits)
    passes: int = 0
    agreement: Edits = field(default_factory=Edits)
    gold_items: int = 0
    gold_right: int = 0
    gold: Edits = field(default_factory=Edits)


Key = tuple[Group, str]


def statistics(catalog: Catalog) -> Statistics:
    """The figures of now. Raises MissingExtraError without the packages of the extra `eval`.

    Edits are counted when a text or a pass is first asked about, and stored.
    """
    read = _read(catalog)
    if read.is_uncounted:
        _count_new_edits(catalog)
        _compare_new_passes(catalog)
        read = _read(catalog)
    sums: defaultdict[Key, _Sums] = defaultdict(_Sums, {("total", ""): _Sums()})
    for some in read.items:
        _add_items(sums, some)
    for time in read.people:
        for key in _keys(None, None, time.person):
            sums[key].seconds += time.seconds
            sums[key].pass_audio_ms += time.pass_audio_ms
    for heard in read.passes:
        _add_passes(sums, heard)
    figures = [_figures(key, sums[key]) for key in sorted(sums)]
    return Statistics(
        next(each for each in figures if each.group == "total"),
        *(tuple(each for each in figures if each.group == group) for group in GROUPS[1:]),
    )


@dataclass(frozen=True, slots=True)
class _Read:
    items: list[ItemSum]
    people: list[PersonSum]
    passes: list[PassSum]
    is_uncounted: bool


def _read(catalog: Catalog) -> _Read:
    with catalog.reading() as session:
        items = item_sums(session)
        return _Read(
            items,
            person_sums(session),
            pass_sums(session),
            is_uncounted=any(some.verdict is not None and some.engine is None for some in items)
            or are_passes_uncompared(session),
        )


def _count_new_edits(catalog: Catalog) -> None:
    """Count and store the edits of what was decided since the last time."""
    while True:
        with catalog.reading() as session:
            texts = [_with_origin(session, text) for text in uncounted_texts(session, TEXTS_AT_ONCE)]
        if not texts:
            return
        counted = [_counted(text) for text in texts]
        with catalog.writing() as session:
            add_counts(session, counted)


def _compare_new_passes(catalog: Catalog) -> None:
    """Count and store how far the passes since the last time are from what they are compared with."""
    while True:
        with catalog.reading() as session:
            passes = uncompared_passes(session, TEXTS_AT_ONCE)
        if not passes:
            return
        compared = [_compared(heard) for heard in passes]
        with catalog.writing() as session:
            add_comparisons(session, compared)


def _compared(heard: PassTexts) -> ComparedPass:
    known = heard.known_text
    edits = Edits() if known is None else count_edits(known, heard.text, heard.language)
    return ComparedPass(heard, edits.words, edits.word_edits)


def _with_origin(session: Session, text: DecidedText) -> DecidedText:
    """Look further back for what was shown, in the segments that this one was made of."""
    heard = heard_before(session, text.transcript_id) if text.shown_text is None else None
    return text if heard is None else replace(text, engine=heard.engine, shown_text=heard.text)


def _counted(text: DecidedText) -> CountedText:
    shown = text.shown_text
    edits = Edits() if shown is None else count_edits(text.text, shown, text.language)
    return CountedText(
        text.transcript_id,
        text.engine,
        edits.words,
        edits.word_edits,
        edits.characters,
        edits.character_edits,
    )


def _add_items(sums: defaultdict[Key, _Sums], some: ItemSum) -> None:
    """Time counts for the corpus, and for the engine where its text was decided on; for people _keys of their acts do."""
    sums["corpus", some.corpus].seconds += some.seconds
    sums["corpus", some.corpus].pass_audio_ms += some.pass_audio_ms
    if some.verdict is None or some.reviewer is None:
        return
    if some.engine:
        sums["engine", some.engine].seconds += some.seconds
        sums["engine", some.engine].pass_audio_ms += some.pass_audio_ms
    for key in _keys(some.engine, some.corpus, some.reviewer):
        sums[key].verdicts[some.verdict] += some.items
        sums[key].audio_ms += some.audio_ms
        if some.verdict != "rejected":
            sums[key].edits += Edits(some.words, some.word_edits, some.characters, some.character_edits)


def _add_passes(sums: defaultdict[Key, _Sums], heard: PassSum) -> None:
    """A second pass counts for both people, a gold one for who was asked."""
    keys = list(_keys(heard.engine, heard.corpus, heard.person))
    if heard.kind == "second":
        keys.append(("reviewer", heard.known_by))
    edits = Edits(heard.words, heard.word_edits)
    is_rejected = heard.verdict == "rejected"
    for key in keys:
        if heard.kind == "gold":
            sums[key].gold_items += heard.passes
            sums[key].gold_right += 0 if is_rejected else heard.exact
            sums[key].gold += edits
        elif not is_rejected:
            sums[key].passes += heard.passes
            sums[key].agreement += edits


def _keys(engine: str | None, corpus: str | None, person: str) -> Iterator[Key]:
    yield "total", ""
    yield "reviewer", person
    if corpus is not None:
        yield "corpus", corpus
    # No engine heard what a person wrote where there was no text.
    if engine:
        yield "engine", engine


def _figures(key: Key, of: _Sums) -> Figures:
    audio_s = of.audio_ms / MS_PER_SECOND
    heard_s = (of.audio_ms + of.pass_audio_ms) / MS_PER_SECOND
    return Figures(
        group=key[0],
        name=key[1],
        items=sum(of.verdicts.values()),
        accepted=of.verdicts["accepted"],
        corrected=of.verdicts["corrected"],
        rejected=of.verdicts["rejected"],
        hours=round(audio_s / SECONDS_PER_HOUR, RATE_DIGITS),
        seconds_spent=round(of.seconds, 1),
        speed=_rounded(heard_s / of.seconds if of.seconds else None),
        words=of.edits.words,
        wer=_rounded(of.edits.wer),
        cer=_rounded(of.edits.cer),
        passes=of.passes,
        agreement_wer=_rounded(of.agreement.wer),
        gold_items=of.gold_items,
        gold_accuracy=_rounded(of.gold_right / of.gold_items if of.gold_items else None),
        gold_wer=_rounded(of.gold.wer),
    )


def _rounded(rate: float | None) -> float | None:
    return None if rate is None else round(rate, RATE_DIGITS)
