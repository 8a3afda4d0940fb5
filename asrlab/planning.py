"""In what order, and in what pieces, work is done: pure functions over what is left to do."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from asrlab.catalog.segments import Segment
from asrlab.domain.time import Seconds

Item = TypeVar("Item")


def grouped(items: Sequence[Item], size: int) -> list[list[Item]]:
    """`items` in lists of at most `size`, in order."""
    return [list(items[first : first + size]) for first in range(0, len(items), size)]


def groups_of_audio(
    segments: Sequence[Segment], group_seconds: Seconds, priorities: Mapping[int, int]
) -> list[list[int]]:
    """The ids of the segments in groups of at most `group_seconds` (one segment at least), most urgent first.

    priorities: by recording, 0 for what is not in it. Of recordings as urgent as each other the first `group_seconds`
    of each come before the second of any, so a long one holds up no short ones. Within a group the recording with the
    longest segment comes first, which packs batches of like lengths; the segments of one recording keep their order,
    because audio is read forward.
    """
    groups: list[list[Segment]] = []
    seconds = 0.0
    urgency = 0
    for segment in _by_urgency(segments, group_seconds, priorities):
        own = priorities.get(segment.recording_id, 0)
        if not groups or own != urgency or seconds + segment.span.duration > group_seconds:
            groups.append([])
            seconds, urgency = 0.0, own
        groups[-1].append(segment)
        seconds += segment.span.duration
    return [[segment.segment_id for segment in _longest_first(group)] for group in groups]


def _by_urgency(
    segments: Sequence[Segment], group_seconds: Seconds, priorities: Mapping[int, int]
) -> list[Segment]:
    before: dict[int, Seconds] = {}
    turns: dict[int, int] = {}
    ordered = sorted(segments, key=lambda segment: (segment.recording_id, segment.span, segment.segment_id))
    for segment in ordered:
        passed = before.get(segment.recording_id, 0.0)
        turns[segment.segment_id] = int(passed // group_seconds)
        before[segment.recording_id] = passed + segment.span.duration
    # Stable: within a turn recordings stay in order, and their segments in time.
    return sorted(
        ordered, key=lambda segment: (-priorities.get(segment.recording_id, 0), turns[segment.segment_id])
    )


def _longest_first(group: Sequence[Segment]) -> list[Segment]:
    longest: dict[int, Seconds] = {}
    for segment in group:
        longest[segment.recording_id] = max(longest.get(segment.recording_id, 0.0), segment.span.duration)
    return sorted(
        group, key=lambda segment: (-longest[segment.recording_id], segment.recording_id, segment.span)
    )
