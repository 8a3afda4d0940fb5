"""Which recordings belong together, and which split each group of them goes to: arrays in, arrays out."""

import hashlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from asrlab.export.dataset import SPLITS
from asrlab.export.held import NO_HASH, RANKS, Hashes, HeldBefore, Ranks

RULE = b"asrlab splits 1"
"""Of the draw; another would draw everything anew."""

Indices = npt.NDArray[np.int64]

_NOBODY = np.iinfo(np.uint64).max


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of each utterance (the arrays in the plural), by number where there are tables (`*_of`).

    sentence_of: of the whole text. said, said_by: every sentence with the utterance it is in, the whole texts and what
    merged ones were merged from.
    """

    contents: Hashes
    content_of: Indices
    speakers: Hashes
    speaker_of: Indices
    sentences: Hashes
    sentence_of: Indices
    lengths_ms: Indices
    said: Indices
    said_by: Indices


@dataclass(frozen=True, slots=True)
class Groups:
    """What never crosses. of_content: the group of each recording; held: the rank that it had before.

    lengths_ms, pins: of each group; a pin is the rank that earlier releases ask for, 0 for none.
    """

    of_content: Indices
    held: Ranks
    lengths_ms: Indices
    pins: Ranks


@dataclass(frozen=True, slots=True)
class Columns:
    """Hashes of each utterance, as they come. parts: the sentences of merged ones; part_of: each one's utterance."""

    contents: "array[int]" = field(default_factory=lambda: array("Q"))
    speakers: "array[int]" = field(default_factory=lambda: array("Q"))
    sentences: "array[int]" = field(default_factory=lambda: array("Q"))
    lengths_ms: "array[int]" = field(default_factory=lambda: array("I"))
    parts: "array[int]" = field(default_factory=lambda: array("Q"))
    part_of: "array[int]" = field(default_factory=lambda: array("I"))


def facts_of(columns: Columns) -> Facts:
    """The columns, each value of the hashes once, by size."""
    contents, speakers = (
        _table(np.asarray(column, np.uint64)) for column in (columns.contents, columns.speakers)
    )
    sentences, said = _table(np.asarray(columns.sentences + columns.parts, np.uint64))
    size = len(columns.sentences)
    said_by = np.concatenate([np.arange(size, dtype=np.int64), np.asarray(columns.part_of).astype(np.int64)])
    lengths_ms = np.asarray(columns.lengths_ms).astype(np.int64)
    return Facts(*contents, *speakers, sentences, said[:size], lengths_ms, said, said_by)


def grouped(facts: Facts, earlier: HeldBefore) -> Groups:
    """Recordings that share a speaker, directly or through others, are a group."""
    of_content = _components(facts)
    num_groups = int(of_content.max(initial=-1)) + 1
    held = earlier.ranks("contents", facts.contents)
    pins = np.zeros(num_groups, np.uint8)
    np.maximum.at(pins, of_content, held)
    np.maximum.at(
        pins, of_content[facts.content_of], earlier.ranks("speakers", facts.speakers)[facts.speaker_of]
    )
    lengths_ms = np.zeros(num_groups, np.int64)
    np.add.at(lengths_ms, of_content[facts.content_of], facts.lengths_ms)
    return Groups(of_content, held, lengths_ms, pins)


def drawn(facts: Facts, groups: Groups, by: str, fractions: Sequence[float]) -> Ranks:
    """The rank of each group's split.

    Pinned groups go to their splits; each other goes, in the order of the draw, where most seconds are missing. The
    last ones go where nothing is yet, so that no split of a fraction above 0 stays empty if there are enough.
    """
    ranks = groups.pins.copy()
    total_ms = int(groups.lengths_ms.sum())
    missing = [
        fraction * total_ms - int(groups.lengths_ms[ranks == RANKS[name]].sum())
        for name, fraction in zip(SPLITS, fractions, strict=True)
    ]
    wanted = [index for index, fraction in enumerate(fractions) if fraction > 0]
    empty = [index for index in wanted if not (ranks == index + 1).any()]
    free = _order(facts, groups, by)
    for position, group in enumerate(free):
        choices = empty if len(free) - position <= len(empty) else wanted
        chosen = max(choices, key=lambda index: missing[index])
        missing[chosen] -= int(groups.lengths_ms[group])
        ranks[group] = chosen + 1
        if chosen in empty:
            empty.remove(chosen)
    return ranks


def _table(column: Hashes) -> tuple[Hashes, Indices]:
    values, places = np.unique(column, return_inverse=True)
    return values, places.astype(np.int64, copy=False)


def _components(facts: Facts) -> Indices:
    """The group of each recording, counted from 0."""
    # Half a second that only exports with splits pay.
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    size = len(facts.contents) + len(facts.speakers)
    is_known = facts.speakers[facts.speaker_of] != NO_HASH
    pairs = np.unique(facts.content_of[is_known] * size + facts.speaker_of[is_known])
    edges = (pairs // size, len(facts.contents) + pairs % size)
    graph = coo_matrix((np.ones(len(pairs)), edges), shape=(size, size))
    labels = connected_components(graph, directed=False)[1][: len(facts.contents)]
    return _table(labels.astype(np.uint64))[1]


def _order(facts: Facts, groups: Groups, by: str) -> list[int]:
    """The groups that are not pinned, by the hash of their names; a name is the smallest hash of what `by` names."""
    size = len(groups.pins)
    of_utterance = groups.of_content[facts.content_of]
    contents = _smallest(size, groups.of_content, facts.contents)
    if by == "speaker":
        names = _smallest(size, of_utterance, facts.speakers[facts.speaker_of])
    elif by == "text":
        names = _smallest(size, of_utterance, facts.sentences[facts.sentence_of])
    else:
        names = contents
    # Two groups may share a sentence, and where nobody is known by name there is only the recording.
    pairs = zip(names.astype(">u8"), contents.astype(">u8"), strict=True)
    keys = [hashlib.sha256(RULE + name.tobytes() + content.tobytes()).digest() for name, content in pairs]
    return sorted(np.flatnonzero(groups.pins == 0).tolist(), key=keys.__getitem__)


def _smallest(size: int, places: Indices, values: Hashes) -> Hashes:
    found = np.full(size, _NOBODY, np.uint64)
    is_known = values != NO_HASH
    np.minimum.at(found, places[is_known], values[is_known])
    return found
