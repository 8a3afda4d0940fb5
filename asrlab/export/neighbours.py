"""Utterances and what lies beside them on their channel: joining them, and giving them of the silence between.

What is on all channels (channel None) is beside everything.
"""

from collections.abc import Iterable, Iterator, Sequence

from asrlab.export.masking import Stretch
from asrlab.export.utterances import Utterance
from asrlab.text.joining import join_texts

ORIGINS = ("engine", "consensus", "import", "human")
"""From what nobody looked at to what somebody wrote: joined texts are worth no more than the least of them."""

_Item = tuple[int, int, Utterance | None]
"""From when to when, in ms; None for a stretch that is no utterance and only keeps others away."""


def merged(
    utterances: Sequence[Utterance], taken: Iterable[Stretch], longest_ms: int, widest_ms: int
) -> list[Utterance]:
    """Join neighbours of one channel, speaker and language from the left, while they are at most `longest_ms` long.

    At most `widest_ms` may lie between two, and nothing else there. Only whole utterances are joined: of their ids,
    words and flags all stay; the confidence is the mean by duration of those that have one; engine, verdict and
    context are None where they differ, and the origin is the least trusted (see ORIGINS).
    """
    return [each for lane in _lanes(utterances, taken) for each in _merged_lane(lane, longest_ms, widest_ms)]


def padded(
    utterances: Sequence[Utterance], taken: Iterable[Stretch], most_ms: int, duration_ms: int
) -> list[Utterance]:
    """Give each side up to `most_ms`: at most half of what lies between it and a neighbour, within the recording."""
    return [each for lane in _lanes(utterances, taken) for each in _padded_lane(lane, most_ms, duration_ms)]


def _lanes(utterances: Sequence[Utterance], taken: Iterable[Stretch]) -> Iterator[list[_Item]]:
    """What is on each channel, by start and end; all in one lane where something is on all channels."""
    every: list[tuple[int | None, _Item]] = [
        *((each.channel, (each.start_ms, each.end_ms, each)) for each in utterances),
        *((each.channel, (each.start_ms, each.end_ms, None)) for each in taken),
    ]
    is_one = any(channel is None for channel, _ in every)
    lanes: dict[int | None, list[_Item]] = {}
    for channel, item in every:
        lanes.setdefault(None if is_one else channel, []).append(item)
    for lane in lanes.values():
        lane.sort(key=lambda item: item[:2])
        yield lane


def _merged_lane(lane: Sequence[_Item], longest_ms: int, widest_ms: int) -> Iterator[Utterance]:
    group: list[Utterance] = []
    reach_ms = 0  # of all that begins before the group
    for _, end_ms, utterance in lane:
        if group and utterance is not None and reach_ms <= group[-1].end_ms:
            between_ms = utterance.start_ms - group[-1].end_ms
            is_near = 0 <= between_ms <= widest_ms and end_ms - group[0].start_ms <= longest_ms
            if is_near and _is_of_a_kind(group[-1], utterance):
                group.append(utterance)
                continue
        if group:
            yield _joined(group)
            reach_ms = max(reach_ms, group[-1].end_ms)
        if utterance is None:
            group = []
            reach_ms = max(reach_ms, end_ms)
        else:
            group = [utterance]
    if group:
        yield _joined(group)


def _is_of_a_kind(one: Utterance, other: Utterance) -> bool:
    return one.channel == other.channel and one.speaker == other.speaker and one.language == other.language


def _joined(group: Sequence[Utterance]) -> Utterance:
    first = group[0]
    if len(group) == 1:
        return first
    return first._replace(
        end_ms=group[-1].end_ms,
        text=join_texts(each.text for each in group),
        confidence=_mean_confidence(group),
        origin=min((each.origin for each in group), key=_trust),
        engine=_same(each.engine for each in group),
        flags=_union(each.flags for each in group),
        verdict=_same(each.verdict for each in group),
        context=_same(each.context for each in group),
        segment_ids=_all_of(each.segment_ids for each in group),
        transcript_ids=_all_of(each.transcript_ids for each in group),
        timed=tuple(word for each in group for word in each.timed),
        parts=tuple(part for each in group for part in each.parts or (each.text,)),
    )


def _mean_confidence(group: Sequence[Utterance]) -> float | None:
    having = [(each.confidence, each.end_ms - each.start_ms) for each in group if each.confidence is not None]
    total_ms = sum(length for _, length in having)
    return sum(confidence * length for confidence, length in having) / total_ms if total_ms else None


def _trust(origin: str) -> int:
    return ORIGINS.index(origin) if origin in ORIGINS else -1


def _same(values: Iterable[str | None]) -> str | None:
    first, *others = set(values)
    return None if others else first


def _union(flags: Iterable[str]) -> str:
    return ",".join(dict.fromkeys(flag for each in flags for flag in each.split(",") if flag))


def _all_of(ids: Iterable[tuple[int, ...]]) -> tuple[int, ...]:
    """Each once: the parts of a segment that was cut have the same."""
    return tuple(dict.fromkeys(each for some in ids for each in some))


def _padded_lane(lane: Sequence[_Item], most_ms: int, duration_ms: int) -> Iterator[Utterance]:
    rooms = _rooms(lane, duration_ms)
    reach_ms: int | None = None  # of all that begins earlier
    for (start_ms, end_ms, utterance), room_ms in zip(lane, rooms, strict=True):
        if utterance is not None:
            start, end = start_ms, end_ms
            if reach_ms is None:
                start = max(start_ms - most_ms, 0)
            elif reach_ms < start_ms:
                start = max(start_ms - most_ms, (reach_ms + start_ms) // 2)
            if room_ms > end_ms:
                end = min(end_ms + most_ms, room_ms)
            yield utterance._replace(start_ms=start, end_ms=end)
        reach_ms = end_ms if reach_ms is None else max(reach_ms, end_ms)


def _rooms(lane: Sequence[_Item], duration_ms: int) -> list[int]:
    """How far each may reach: half-way to the first that ends later, to the end of the recording for the last."""
    rooms = [duration_ms] * len(lane)
    first_ms: int | None = None  # the first start of all that end later
    for index in sorted(range(len(lane)), key=lambda index: lane[index][1::-1], reverse=True):
        start_ms, end_ms, _ = lane[index]
        if first_ms is not None:
            # One that began before this ends leaves no room at all.
            rooms[index] = (end_ms + first_ms) // 2 if first_ms > end_ms else end_ms
        first_ms = start_ms if first_ms is None else min(first_ms, start_ms)
    return rooms
