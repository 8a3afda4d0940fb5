"""Leaving out what is doubtful: whole utterances with a doubtful word, or the stretches around such words.

A cut never goes through a word: it lies in the middle of the silence between a good word and a doubtful one. Where
nobody saw the borders of a doubtful word, it lies beyond the words around it, whose spans may hold its sound.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from asrlab.domain.labels import FLAG_INTERPOLATED
from asrlab.export.utterances import TimedWord, Utterance

_OPENING = frozenset({"Ps", "Pi"})


class Stretch(NamedTuple):
    """A stretch of one channel, None for all, in ms on the recording's clock."""

    start_ms: int
    end_ms: int
    channel: int | None


def doubtful_words(utterance: Utterance, below: float) -> list[bool]:
    """For each timed word, whether its aligner scores it under `below` or flags it.

    A word without a letter or digit ("–") has no sound whose time could be seen: that its times were put between its
    neighbours' says nothing against it. One that a doubtful word overlaps can't be heard alone, and is doubtful too.
    So are the words around one whose borders nobody saw: its sound may lie in the span of either, see `_spread_beside`.
    """
    words = utterance.timed
    doubts = [_is_doubtful(word, below) for word in words]
    if any(doubts):
        while (
            _spread(words, doubts)
            or _spread(_mirrored(words), doubts, step=-1)
            or _spread_beside(words, doubts)
        ):
            pass
    return doubts


def places_in_text(text: str, words: Sequence[TimedWord]) -> list[tuple[int, int]] | None:
    """The part of the text that belongs to each word: the word with the punctuation that is written to it.

    None when the words are not those of the text, one after the other. Nothing but white space lies outside.
    """
    spans = _found(text, [word[0] for word in words])
    if spans is None:
        return None
    edges = [0]
    for (_, end), (start, _) in pairwise(spans):
        edges.append(end + _parting(text[end:start]))
    edges.append(len(text))
    return list(pairwise(edges))


def cut_around(
    utterance: Utterance, doubts: Sequence[bool], places: Sequence[tuple[int, int]]
) -> list[Utterance]:
    """The runs of good words as utterances of their own, in order; nothing of the doubtful words is in them.

    doubts: of `doubtful_words`, so that what lies on both sides of a cut has borders that somebody saw.
    """
    return [
        part for first, end in _good_runs(doubts) if (part := _part(utterance, doubts, places, first, end))
    ]


def rest_of(utterance: Utterance, parts: Sequence[Utterance]) -> list[Stretch]:
    """What of an utterance is in none of its parts; between two parts there is always such, be it of no length."""
    edges = [utterance.start_ms, *(edge for part in parts for edge in (part.start_ms, part.end_ms))]
    edges.append(utterance.end_ms)
    every = zip(edges[::2], edges[1::2], strict=True)
    return [
        Stretch(start, end, utterance.channel)
        for index, (start, end) in enumerate(every)
        if start < end or 0 < index < len(parts)
    ]


def _is_doubtful(word: TimedWord, below: float) -> bool:
    text, _, _, score, flags = word
    if score is not None and score < below:
        return True
    return flags != "" and (flags != FLAG_INTERPOLATED or _is_spoken(text))


def _is_spoken(text: str) -> bool:
    return any(character.isalnum() or character in "&%@#" for character in text)


def _spread(words: Sequence[TimedWord], doubts: list[bool], step: int = 1) -> bool:
    """Mark the words that begin before a doubtful word ahead of them ends; whether any was."""
    reach: int | None = None
    has_spread = False
    indices = range(len(words)) if step == 1 else range(len(words) - 1, -1, -1)
    for index in indices:
        _, start, end, _, _ = words[index]
        if not doubts[index] and reach is not None and start < reach:
            doubts[index] = has_spread = True
        if doubts[index]:
            reach = end if reach is None else max(reach, end)
    return has_spread


def _spread_beside(words: Sequence[TimedWord], doubts: list[bool]) -> bool:
    """Mark the words that stand and fall with a doubtful one; whether any was.

    Where a word has no length, or a time that was put between its neighbours', its sound may lie in the span of the
    word before or of the one after: these three are kept or left out together. What has no sound parts no words.
    """
    has_spread = False
    for chain in _chains(words):
        if any(doubts[index] for index in chain) and not all(doubts[index] for index in chain):
            has_spread = True
            for index in chain:
                doubts[index] = True
    return has_spread


def _chains(words: Sequence[TimedWord]) -> Iterator[list[int]]:
    """The spoken words in rows within which no border is sure."""
    chain: list[int] = []
    for index, word in enumerate(words):
        if not _is_spoken(word[0]):
            continue
        if chain and _is_placed(words[chain[-1]]) and _is_placed(word):
            yield chain
            chain = []
        chain.append(index)
    if chain:
        yield chain


def _is_placed(word: TimedWord) -> bool:
    """Whether somebody saw where the word begins and ends."""
    _, start, end, _, flags = word
    return start < end and FLAG_INTERPOLATED not in flags.split(",")


def _mirrored(words: Sequence[TimedWord]) -> list[TimedWord]:
    """The words on a clock that runs backwards."""
    return [(word, -end, -start, score, flags) for word, start, end, score, flags in words]


def _found(text: str, words: Sequence[str]) -> list[tuple[int, int]] | None:
    spans: list[tuple[int, int]] = []
    position = 0
    for word in words:
        start = text.find(word, position)
        if start < 0 or _has_word(text[position:start]):
            return None
        position = start + len(word)
        spans.append((start, position))
    return None if _has_word(text[position:]) else spans


def _has_word(text: str) -> bool:
    return text != "" and not text.isspace() and any(character.isalnum() for character in text)


def _parting(between: str) -> int:
    """Where what is written to the word before ends: at white space, or at what opens."""
    for index, character in enumerate(between):
        if character.isspace() or unicodedata.category(character) in _OPENING:
            return index
    return len(between)


def _good_runs(doubts: Sequence[bool]) -> Iterator[tuple[int, int]]:
    first = 0
    for index, is_doubtful in enumerate([*doubts, True]):
        if is_doubtful:
            if first < index:
                yield first, index
            first = index + 1


def _part(
    utterance: Utterance,
    doubts: Sequence[bool],
    places: Sequence[tuple[int, int]],
    first: int,
    end: int,
) -> Utterance | None:
    """The words from `first` to before `end`; None when none of them has a sound, or a time."""
    words = utterance.timed
    kept = words[first:end]
    if not any(_is_spoken(word[0]) for word in kept):
        return None
    start_ms, end_ms = utterance.start_ms, utterance.end_ms
    if first > 0:
        before = max(word[2] for word, doubt in zip(words[:first], doubts, strict=False) if doubt)
        start_ms = max(start_ms, (before + min(word[1] for word in kept)) // 2)
    if end < len(words):
        after = min(word[1] for word, doubt in zip(words[end:], doubts[end:], strict=True) if doubt)
        end_ms = min(end_ms, (max(word[2] for word in kept) + after) // 2)
    if start_ms >= end_ms:
        return None
    text = utterance.text[places[first][0] : places[end - 1][1]].strip()
    return utterance._replace(start_ms=start_ms, end_ms=end_ms, text=text, timed=kept)
