"""Subtitle cues out of a segment's text: at most two lines that a person can read, shown while they are said.

The limits are those of broadcasters and of Netflix's Timed Text Style Guide (General Requirements): two lines of 42
characters, five sixths of a second to seven seconds. No word is lost or moved; a word wider than a line stands alone.
"""

import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise, zip_longest

from asrlab.domain.labels import AlignedWord
from asrlab.domain.time import TimeSpan
from asrlab.text.words import word_spans

MAX_LINE_COLUMNS = 42
MAX_CUE_MS = 7_000
MIN_CUE_MS = 833

# What a border between two cues costs after a word, in cues: one more cue is worth a border at a full stop.
SENTENCE_COST = 0.0
CLAUSE_COST = 0.5
PAUSE_COST = 0.6
WORD_COST = 1.3
SHORT_CUE_COST = 2.0
IMBALANCE_COST = 0.3
PAUSE_MS = 300
# A longer silence inside a cue would show words long before they are said.
SILENCE_MS = 1_000
SILENCE_COST_PER_S = 2.0

_CLOSING = "\"'”’»)]}」』）】》〉"
_SENTENCE_ENDS = ".!?…。！？｡؟।"
_CLAUSE_ENDS = ",;:–—、，；：،؛"


@dataclass(frozen=True, slots=True)
class Cue:
    """Lines shown together, on the recording's clock; `voice` says who speaks, None when nobody knows."""

    span: TimeSpan
    lines: tuple[str, ...]
    voice: str | None = None


@dataclass(frozen=True, slots=True)
class _Token:
    """A word as written with its time; `columns` counts the space before it, if there is one."""

    text: str
    has_space: bool
    columns: int
    start_ms: int
    end_ms: int


def split_cues(
    text: str, span: TimeSpan, words: Sequence[AlignedWord] = (), voice: str | None = None
) -> list[Cue]:
    """The cues of one segment in order, none for a text without words.

    words: their times on the recording's clock, () for none: then the text is spread over the segment evenly.
    """
    tokens = _timed_tokens(text, span, words)
    return [_cue(tokens[first:end], voice) for first, end in _best_cuts(tokens)]


def laid_out(segments: Iterable[Sequence[Cue]], end_ms: int) -> list[Cue]:
    """The cues of one channel by start, each shown for MIN_CUE_MS where nothing else begins meanwhile.

    segments: the cues of each, as `split_cues` gives them. Those of two segments overlap where the segments do. end_ms:
    where the recording ends. A cue is never emptied: those crowded in one segment are pushed back, 1 ms long at least.
    """
    apart = [cue for segment in segments for cue in _apart(segment)]
    ordered = sorted(apart, key=lambda cue: cue.span)
    placed: list[Cue] = []
    for cue, following in zip_longest(ordered, ordered[1:]):
        start, end = cue.span.start_ms, cue.span.end_ms
        room = following.span.start_ms if following else end_ms
        placed.append(replace(cue, span=TimeSpan.from_ms(start, max(end, min(start + MIN_CUE_MS, room)))))
    return placed


def _apart(cues: Sequence[Cue]) -> Iterator[Cue]:
    """The cues of one segment, none empty and none over another."""
    clock = 0
    for cue in cues:
        start = max(cue.span.start_ms, clock)
        clock = max(cue.span.end_ms, start + 1)
        yield replace(cue, span=TimeSpan.from_ms(start, clock))


def _timed_tokens(text: str, span: TimeSpan, words: Sequence[AlignedWord]) -> list[_Token]:
    places = word_spans(text)
    borders = [0, *(end for _, end in places)]
    times = _filled(_known_times(text, places, span, words), [end - first for first, end in places], span)
    tokens: list[_Token] = []
    for index, ((first, end), (start_ms, end_ms)) in enumerate(zip(places, times, strict=True)):
        has_space = index > 0 and first > borders[index]
        columns = _columns(text[first:end]) + has_space
        tokens.append(_Token(text[first:end], has_space, columns, start_ms, end_ms))
    return tokens


def _known_times(
    text: str, places: Sequence[tuple[int, int]], span: TimeSpan, words: Sequence[AlignedWord]
) -> list[tuple[int, int] | None]:
    """The time of each word of the text that the aligner found, in ms, ordered and within the segment.

    An aligner may drop punctuation or cut words finer; where its words are not those of the text in order, none
    is believed.
    """
    times: list[tuple[int, int] | None] = [None] * len(places)
    starts = [first for first, _ in places]
    position = 0
    clock = span.start_ms
    for word in words:
        found = text.find(word.text, position)
        if found < 0 or not word.text.strip():
            return [None] * len(places)
        position = found + len(word.text)
        token = max(bisect_right(starts, found) - 1, 0)
        start = min(max(word.span.start_ms, clock), span.end_ms)
        clock = min(max(word.span.end_ms, start), span.end_ms)
        before = times[token]
        times[token] = (start if before is None else before[0], clock)
    return times


def _filled(
    times: Sequence[tuple[int, int] | None], lengths: Sequence[int], span: TimeSpan
) -> list[tuple[int, int]]:
    """The times with the unknown ones between their neighbours, shared by length in characters."""
    filled: list[tuple[int, int]] = []
    index = 0
    while index < len(times):
        known = times[index]
        if known is not None:
            filled.append(known)
            index += 1
            continue
        end = next((later for later in range(index, len(times)) if times[later] is not None), len(times))
        after = times[end] if end < len(times) else None
        start_ms = filled[-1][1] if filled else span.start_ms
        room = (span.end_ms if after is None else after[0]) - start_ms
        done = [0, *accumulate(lengths[index:end])]
        filled += [
            (start_ms + room * a // done[-1], start_ms + room * b // done[-1]) for a, b in pairwise(done)
        ]
        index = end
    return filled


def _best_cuts(tokens: Sequence[_Token]) -> list[tuple[int, int]]:
    """Where to cut the words into cues, as [first, end): the cheapest way, found from the end backwards."""
    count = len(tokens)
    costs = [0.0] * (count + 1)
    ends = [count] * (count + 1)
    for first in range(count - 1, -1, -1):
        choices = [(_cost(tokens, first, end) + costs[end], -end) for end in _fitting_ends(tokens, first)]
        costs[first], negative_end = min(choices)
        ends[first] = -negative_end
    cuts: list[tuple[int, int]] = []
    first = 0
    while first < count:
        cuts.append((first, ends[first]))
        first = ends[first]
    return cuts


def _fitting_ends(tokens: Sequence[_Token], first: int) -> list[int]:
    """The ends of every cue that may begin at `first`: one word at least, two full lines at most."""
    fitting = [first + 1]
    line, is_second = _width(tokens[first : first + 1]), False
    if line > MAX_LINE_COLUMNS:
        return fitting
    for end in range(first + 2, len(tokens) + 1):
        token = tokens[end - 1]
        line += token.columns
        if line > MAX_LINE_COLUMNS:
            line = token.columns - token.has_space
            if is_second or line > MAX_LINE_COLUMNS:
                break
            is_second = True
        if token.end_ms - tokens[first].start_ms > MAX_CUE_MS:
            break
        fitting.append(end)
    return fitting


def _cost(tokens: Sequence[_Token], first: int, end: int) -> float:
    """How bad a cue is: 1 for itself, more for a border inside a clause, haste, and long silence within."""
    shown_until = tokens[end].start_ms if end < len(tokens) else tokens[end - 1].end_ms
    shown_ms = shown_until - tokens[first].start_ms
    short = max(0.0, 1 - shown_ms / MIN_CUE_MS)
    silences = sum(
        max(0, after.start_ms - before.end_ms - SILENCE_MS) for before, after in pairwise(tokens[first:end])
    )
    empty = max(0.0, 1 - _width(tokens[first:end]) / (2 * MAX_LINE_COLUMNS))
    return (
        1
        + (_border_cost(tokens, end) if end < len(tokens) else 0.0)
        + SHORT_CUE_COST * short
        + SILENCE_COST_PER_S * silences / 1_000
        + IMBALANCE_COST * empty**2
    )


def _border_cost(tokens: Sequence[_Token], end: int) -> float:
    written = _written_border_cost(tokens[end - 1])
    is_pause = tokens[end].start_ms - tokens[end - 1].end_ms >= PAUSE_MS
    return PAUSE_COST if written == WORD_COST and is_pause else written


def _written_border_cost(before: _Token) -> float:
    """By punctuation alone."""
    written = before.text.rstrip(_CLOSING)
    if written.endswith(tuple(_SENTENCE_ENDS)):
        return SENTENCE_COST
    return CLAUSE_COST if written.endswith(tuple(_CLAUSE_ENDS)) else WORD_COST


def _cue(tokens: Sequence[_Token], voice: str | None) -> Cue:
    start_ms = tokens[0].start_ms
    end_ms = min(tokens[-1].end_ms, start_ms + MAX_CUE_MS)
    return Cue(TimeSpan.from_ms(start_ms, end_ms), _lines(tokens), voice)


def _lines(tokens: Sequence[_Token]) -> tuple[str, ...]:
    """One line where all fits, else two of like length, parted after punctuation if that costs little.

    By the text alone: a cue that is read back and written again has the same lines.
    """
    if _width(tokens) <= MAX_LINE_COLUMNS or len(tokens) == 1:
        return (_written(tokens),)
    choices: list[tuple[float, int]] = []
    for end in range(1, len(tokens)):
        upper, lower = _width(tokens[:end]), _width(tokens[end:])
        if max(upper, lower) <= MAX_LINE_COLUMNS:
            choices.append(
                (abs(upper - lower) / MAX_LINE_COLUMNS + _written_border_cost(tokens[end - 1]) / 4, end)
            )
    _, end = min(choices)
    return (_written(tokens[:end]), _written(tokens[end:]))


def _written(tokens: Sequence[_Token]) -> str:
    return "".join(f" {token.text}" if token.has_space else token.text for token in tokens).lstrip(" ")


def _width(tokens: Sequence[_Token]) -> int:
    return sum(token.columns for token in tokens) - tokens[0].has_space


def _columns(text: str) -> int:
    """How wide a text is shown: Chinese, Japanese and Korean characters take two columns, marks none."""
    return sum(
        0
        if unicodedata.category(character) in ("Mn", "Me", "Cf")
        else 2
        if unicodedata.east_asian_width(character) in ("W", "F")
        else 1
        for character in text
    )
