"""What an aligner hears of an edited text, and what of its answer counts: only words that wait, only in their room.

A word put in between two that stayed often has no time of its own: it was spoken in what looked like theirs. Heard
alone it could not be found, so its neighbours are heard with it; but they stay where they are, whatever is found.
"""

from collections.abc import Iterator, Sequence

from asrlab.domain.labels import FLAG_INTERPOLATED, AlignedWord
from asrlab.domain.time import TimeSpan
from asrlab.domain.words import PendingSpan, TimedWord, shares_of

# The shortest time in which a word can be heard. An aligner that is given less finds nothing in it.
MS_PER_LETTER = 30
MS_PER_WORD = 60


def heard_with(
    words: Sequence[TimedWord], pending: Sequence[PendingSpan], span: PendingSpan, segment: TimeSpan
) -> PendingSpan:
    """The span itself where its words have time to be spoken; else with as many words around it as it takes.

    pending: all that waits in the text, `span` among it. segment: where the text is spoken, the most that is heard.
    """
    waiting = {at for each in pending for at in range(each.first_word, each.first_word + each.num_words)}
    first, last = span.first_word, span.first_word + span.num_words - 1
    start, end = span.start_ms, span.end_ms
    while end - start < _needed(words[first : last + 1]) and (start, end) != (
        segment.start_ms,
        segment.end_ms,
    ):
        first, last = first - 1, last + 1
        # A word whose own times are a guess is no border: what is heard would end in the middle of it.
        while first in waiting:
            first -= 1
        while last in waiting:
            last += 1
        start = segment.start_ms if first < 0 else min(start, words[first].start_ms)
        end = segment.end_ms if last >= len(words) else max(end, words[last].end_ms)
        first, last = max(first, 0), min(last, len(words) - 1)
    return PendingSpan(first, last - first + 1, start, end)


def fitted(span: PendingSpan, window: PendingSpan, heard: Sequence[AlignedWord]) -> tuple[AlignedWord, ...]:
    """The words of `span` among those heard in `window`, with times from the beginning of the span, within it.

    What was heard in the room keeps its times, cut to the room. What was mostly heard outside shares what is left
    between its neighbours, and is flagged `interpolated`, without a score: it is not where the aligner saw it.
    """
    room = span.end_ms - span.start_ms
    offset = window.start_ms - span.start_ms
    skipped = span.first_word - window.first_word
    own = heard[skipped : skipped + span.num_words]
    times = [_cut(word.span.start_ms + offset, word.span.end_ms + offset, room) for word in own]
    placed: list[AlignedWord] = []
    while len(placed) < len(own):
        at = len(placed)
        seen = times[at]
        if seen is not None:
            placed.append(AlignedWord(own[at].text, TimeSpan.from_ms(*seen), own[at].score, own[at].flags))
            continue
        start = placed[-1].span.end_ms if placed else 0
        later = next((found for found in range(at, len(own)) if times[found] is not None), len(own))
        after = times[later] if later < len(own) else None
        placed += _shared(own[at:later], start, room if after is None else after[0])
    return tuple(placed)


def _needed(words: Sequence[TimedWord]) -> int:
    return sum(max(MS_PER_WORD, MS_PER_LETTER * len(word.word)) for word in words)


def _cut(start: int, end: int, room: int) -> tuple[int, int] | None:
    """A time (ms) cut to [0, room], None where less than half of it lies there."""
    first, last = min(max(start, 0), room), min(max(end, 0), room)
    is_inside = first == start if start == end else 2 * (last - first) >= end - start
    return (first, last) if is_inside else None


def _shared(words: Sequence[AlignedWord], start: int, end: int) -> Iterator[AlignedWord]:
    shares = shares_of([word.text for word in words], start, end)
    for word, (first, last) in zip(words, shares, strict=True):
        yield AlignedWord(word.text, TimeSpan.from_ms(first, last), None, (*word.flags, FLAG_INTERPOLATED))
