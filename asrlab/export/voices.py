"""Who is heard when: tiers for the formats whose intervals must not overlap within one."""

from collections.abc import Sequence
from typing import NamedTuple

from asrlab.export.formats.protocol import refuse
from asrlab.export.utterances import LabeledRecording, Utterance

UNKNOWN_VOICE = "segments"
WORDS = "words"

Interval = tuple[int, int, str]
"""Start and end in ms, text."""


class Tier(NamedTuple):
    """Utterances one after another, of one speaker on one channel. name, words_name: no other tier has them."""

    name: str
    words_name: str
    speaker: str | None
    utterances: Sequence[Utterance]


def voice_of(utterance: Utterance) -> str | None:
    """What to call who speaks: the speaker, else the channel, counted from 1; None when nothing is known."""
    if utterance.speaker:
        return utterance.speaker
    return None if utterance.channel is None else f"Channel {utterance.channel + 1}"


def tiers_of(recording: LabeledRecording) -> list[Tier]:
    """The utterances by speaker and channel, in the order in which they are first heard.

    One who is heard over himself, as padding makes it, gets a second tier: `anna (2)`.
    """
    heard: dict[tuple[str | None, int | None], list[list[Utterance]]] = {}
    for utterance in recording.utterances:
        rows = heard.setdefault((utterance.speaker, utterance.channel), [])
        free = next((row for row in rows if row[-1].end_ms <= utterance.start_ms), None)
        if free is None:
            rows.append([utterance])
        else:
            free.append(utterance)
    taken: set[str] = set()
    return [_named(row, taken) for rows in heard.values() for row in rows]


def words_in_row(form: str, recording: LabeledRecording, utterance: Utterance) -> list[Interval]:
    """The utterance's words one after another, as they are where they already are that.

    For tiers whose intervals have a length, do not overlap and lie within the utterance: a word of no length, as
    aligners give to what they did not hear, gets a millisecond; of two that overlap the first ends where the second
    begins. Refuses an utterance of more words than milliseconds.
    """
    timed = utterance.timed
    if len(timed) > utterance.end_ms - utterance.start_ms:
        refuse(form, recording, utterance, "it has more words than milliseconds")
    starts: list[int] = []
    earliest = utterance.start_ms
    for _, start, _, _, _ in timed:
        starts.append(max(start, earliest))
        earliest = starts[-1] + 1
    found: list[Interval] = []
    limit = utterance.end_ms
    for (word, _, end, _, _), start in zip(reversed(timed), reversed(starts), strict=True):
        first = min(start, limit - 1)
        found.append((first, min(max(end, first + 1), limit), word))
        limit = first
    return found[::-1]


def _named(row: Sequence[Utterance], taken: set[str]) -> Tier:
    voice = voice_of(row[0])
    number = 1
    while True:
        name = (voice or UNKNOWN_VOICE) + (f" ({number})" if number > 1 else "")
        words_name = WORDS if voice is None and number == 1 else f"{name} - {WORDS}"
        if not taken & {name, words_name}:
            taken |= {name, words_name}
            return Tier(name, words_name, row[0].speaker, row)
        number += 1
