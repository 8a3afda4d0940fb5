"""Carrying the times of words over to a text that a person changed: what stayed keeps them, the rest awaits the aligner.

Times are whole milliseconds on the recording's clock.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from asrlab.domain.labels import FLAG_INTERPOLATED
from asrlab.domain.time import TimeSpan
from asrlab.domain.words import PendingSpan, TimedWord, shares_of
from asrlab.text.changes import kept_words
from asrlab.text.words import words_of


@dataclass(frozen=True, slots=True)
class Carried:
    """The words of the new text, and which of them await alignment, where."""

    words: tuple[TimedWord, ...]
    pending: tuple[PendingSpan, ...]


def tokens_like(text: str, known: str, words: Sequence[TimedWord]) -> tuple[str, ...]:
    """The words of `text`, taken apart as the aligner took `known` apart into `words`."""
    heard = tuple(word.word for word in words)
    by_spaces = tuple(known.split())
    return tuple(text.split()) if heard == by_spaces and heard != words_of(known) else words_of(text)


def carry(
    tokens: Sequence[str],
    old: Sequence[TimedWord],
    kept: Sequence[int | None],
    span: TimeSpan,
    waiting: Collection[int] = (),
) -> Carried:
    """Give each token the times of the old word that it is; those without are spread between their neighbours.

    kept: by token, the index in `old`. span: of the segment; an old word that does not lie within is none.
    waiting: indices in `old` whose times are a guess; they go on waiting. No other word that stayed is moved, nor awaits
    alignment: a new word gets the time between its neighbours, be it none at all.
    """
    inside = [at if at is not None and _lies_in(old[at], span) else None for at in kept]
    words = _placed(tokens, old, inside, span)
    firm = [at is not None and at not in waiting for at in inside]
    return Carried(words, waiting_spans(words, firm, span))


def carry_text(
    text: str,
    known: str,
    old: Sequence[TimedWord],
    span: TimeSpan,
    waiting: Collection[int] = (),
) -> Carried:
    """The same for a text made of `known`, whose words were `old`."""
    tokens = tokens_like(text, known, old)
    return carry(tokens, old, kept_words([word.word for word in old], tokens), span, waiting)


def waiting_spans(
    words: Sequence[TimedWord], firm: Sequence[bool], span: TimeSpan
) -> tuple[PendingSpan, ...]:
    """The words that are not firm, each run with the time between its neighbours.

    A run without any time waits too: else nobody would know any more that its times are a guess.
    """
    return tuple(_pending(words, firm, span))


def waiting_words(pending: Sequence[PendingSpan]) -> frozenset[int]:
    """The positions of the words that await alignment."""
    return frozenset(
        at for each in pending for at in range(each.first_word, each.first_word + each.num_words)
    )


def _lies_in(word: TimedWord, span: TimeSpan) -> bool:
    return span.start_ms <= word.start_ms <= word.end_ms <= span.end_ms


def _placed(
    tokens: Sequence[str], old: Sequence[TimedWord], kept: Sequence[int | None], span: TimeSpan
) -> tuple[TimedWord, ...]:
    placed: list[TimedWord] = []
    for first, end in _runs([at is not None for at in kept]):
        if kept[first] is not None:
            placed += [
                replace(old[at], word=tokens[first + offset])
                for offset, at in enumerate(kept[first:end])
                if at is not None
            ]
            continue
        before, after = (kept[first - 1] if first else None), (kept[end] if end < len(kept) else None)
        start = span.start_ms if before is None else old[before].end_ms
        stop = span.end_ms if after is None else old[after].start_ms
        # Where other words stood before, these most likely are spoken.
        replaced = [
            word
            for word in old[0 if before is None else before + 1 : len(old) if after is None else after]
            if _lies_in(word, span)
        ]
        if replaced:
            start = max(start, min(word.start_ms for word in replaced))
            stop = min(stop, max(word.end_ms for word in replaced))
        placed += _spread(tokens[first:end], start, max(start, stop))
    return tuple(placed)


def _spread(tokens: Sequence[str], start: int, end: int) -> Iterator[TimedWord]:
    for word, (first, last) in zip(tokens, shares_of(tokens, start, end), strict=True):
        yield TimedWord(word, first, last, flags=FLAG_INTERPOLATED)


def _pending(words: Sequence[TimedWord], firm: Sequence[bool], span: TimeSpan) -> Iterator[PendingSpan]:
    for first, end in _runs(firm):
        if not firm[first]:
            start = max((word.end_ms for word in words[:first][-1:]), default=span.start_ms)
            stop = min((word.start_ms for word in words[end:][:1]), default=span.end_ms)
            yield PendingSpan(first, end - first, start, max(start, stop))


def _runs(values: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """First and one past the last of each stretch of equal values."""
    first = 0
    for at in range(1, len(values) + 1):
        if at == len(values) or values[at] != values[first]:
            yield first, at
            first = at
