"""Where the cuts fall: speech regions and a loudness curve in, segments out; pure, no I/O, no state.

Whoever changes where a cut falls must raise `PLAN_VERSION` in `asrlab.domain.recipe`.
All times inside are whole milliseconds, so nothing is lost to rounding between two steps.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from asrlab.domain.recipe import Recipe
from asrlab.domain.time import MS_PER_SECOND, Seconds, TimeSpan

Energies = npt.NDArray[np.float32]
"""RMS of consecutive frames of `ENERGY_FRAME_MS`, shape (frames,), from the recording's first sample on."""

ENERGY_FRAME_MS = 10
QUIET_WINDOW_FRAMES = 10  # 100 ms: longer than the closure of a stop, shorter than a breath
SHORTEST_PIECE_MS = 1000  # no crumbs: a piece cut off a long region is at least this long

QUIET_TOLERANCE = 1.25
"""Windows up to 2 dB louder than the quietest count as quiet too: their longest run is a pause, not a dip."""

SILENCE_RMS = 1e-4  # -80 dBFS: below it, one window is as quiet as another, dither or digital zero

MISSING_FRAMES_ALLOWED = 2
"""A resampler may end a stream a few samples early; more missing means energies of other audio."""

_ROUNDING_MS = 1e-6  # far below the step of any sampling rate, far above float64's error at 100 hours

_Interval = tuple[int, int]
"""`[start_ms, end_ms)`."""


def plan_segments(
    speech: Sequence[TimeSpan], energies: Energies, duration: Seconds, recipe: Recipe
) -> list[TimeSpan]:
    """Segments that hold all of `speech`: ordered, apart, inside the recording, none above the cap.

    Regions are padded (neighbours meet halfway), cut where quiet when longer than the cap, and joined to
    the segment before while the gap and the cap allow. `duration` is that of the real samples: ends are
    rounded down to it. Time: n log n in the regions, plus the frames of what must be cut.

        speech    |   aaaaaa bbb              cccccccccccccccccccccccccc      |
        padded    |  [aaaaaaa|bbbb]         [cccccccccccccccccccccccccccc]    |
        segments  |  [------------]         [-------------][-------------]    |

    Raises ValueError when `energies` don't reach the end of the recording or aren't finite.
    """
    total_ms = _floor_ms(duration)
    _check_energies(energies, total_ms)
    pieces: list[_Interval] = []
    for region in _padded(_regions(speech, total_ms), _floor_ms(recipe.pad_seconds), total_ms):
        pieces += _split(region, energies, _floor_ms(recipe.max_seconds))
    joined = _joined(pieces, _floor_ms(recipe.merge_gap_seconds), _floor_ms(recipe.max_seconds))
    return [TimeSpan.from_ms(start, end) for start, end in joined]


def plan_whole(energies: Energies, duration: Seconds, recipe: Recipe) -> list[TimeSpan]:
    """Segments that, put end to end, are the recording: one when the cap allows, else cut where quiet.

    A recording without a full millisecond has none. Raises ValueError like `plan_segments`.
    """
    total_ms = _floor_ms(duration)
    _check_energies(energies, total_ms)
    if total_ms == 0:
        return []
    pieces = _split((0, total_ms), energies, _floor_ms(recipe.max_seconds))
    return [TimeSpan.from_ms(start, end) for start, end in pieces]


def _floor_ms(seconds: Seconds) -> int:
    """Whole milliseconds, downwards; 0.57 s is 570 although 0.57 * 1000 is a hair less."""
    return int(seconds * MS_PER_SECOND + _ROUNDING_MS)


def _check_energies(energies: Energies, total_ms: int) -> None:
    if energies.ndim != 1:
        raise ValueError(f"energies must have the shape (frames,), got {energies.shape}")
    if len(energies) < total_ms // ENERGY_FRAME_MS - MISSING_FRAMES_ALLOWED:
        covered = len(energies) * ENERGY_FRAME_MS / MS_PER_SECOND
        raise ValueError(f"energies cover {covered:.2f} s of a recording of {total_ms / MS_PER_SECOND:.2f} s")
    if not np.isfinite(energies).all():
        raise ValueError("energies must be finite numbers")


def _regions(speech: Sequence[TimeSpan], total_ms: int) -> list[_Interval]:
    """The regions in order, inside the recording, those that overlap as one, without empty ones."""
    regions: list[_Interval] = []
    for span in sorted(speech):
        start, end = span.start_ms, min(span.end_ms, total_ms)
        if start >= end:
            continue
        if regions and start < regions[-1][1]:
            regions[-1] = (regions[-1][0], max(regions[-1][1], end))
        else:
            regions.append((start, end))
    return regions


def _padded(regions: Sequence[_Interval], pad_ms: int, total_ms: int) -> Iterable[_Interval]:
    floor_ms = 0
    for index, (start, end) in enumerate(regions):
        ceiling_ms = (end + regions[index + 1][0]) // 2 if index + 1 < len(regions) else total_ms
        yield max(start - pad_ms, floor_ms), min(end + pad_ms, ceiling_ms)
        floor_ms = ceiling_ms


def _split(region: _Interval, energies: Energies, cap_ms: int) -> list[_Interval]:
    """`region` as pieces that touch, none above the cap, all but the last at least half of it.

    What is left for the last piece is never a crumb: no cut falls within its last `SHORTEST_PIECE_MS`
    (or half a cap, for caps below two seconds).
    """
    start, end = region
    crumb_ms = min(SHORTEST_PIECE_MS, cap_ms // 2)
    pieces: list[_Interval] = []
    while end - start > cap_ms:
        latest = min(start + cap_ms, end - crumb_ms)
        cut = _quietest(energies, start + cap_ms // 2, latest)
        pieces.append((start, cut))
        start = cut
    return [*pieces, (start, end)]


def _quietest(energies: Energies, earliest_ms: int, latest_ms: int) -> int:
    """The middle of the longest pause whose quiet windows are centred in `[earliest_ms, latest_ms]`.

    Of equally long ones the last, so pieces get long. Without a frame between the two: `latest_ms`.
    """
    half = QUIET_WINDOW_FRAMES // 2
    first = max(-(-earliest_ms // ENERGY_FRAME_MS) - half, 0)
    frames = energies[first : latest_ms // ENERGY_FRAME_MS + half].astype(np.float64)
    if len(frames) < QUIET_WINDOW_FRAMES:
        return latest_ms
    loudness = np.sqrt(np.convolve(frames**2, np.full(QUIET_WINDOW_FRAMES, 1 / QUIET_WINDOW_FRAMES), "valid"))
    begin, stop = _longest_run(loudness <= max(loudness.min() * QUIET_TOLERANCE, SILENCE_RMS))
    middle_ms = (first + half) * ENERGY_FRAME_MS + (begin + stop - 1) * ENERGY_FRAME_MS // 2
    return min(max(middle_ms, earliest_ms), latest_ms)


def _longest_run(quiet: npt.NDArray[np.bool_]) -> _Interval:
    """`[begin, stop)` of the longest run of True, the last of equals; at least one must be True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], quiet, [False]))))
    begins, stops = edges[::2], edges[1::2]
    longest = len(begins) - 1 - int(np.argmax((stops - begins)[::-1]))
    return int(begins[longest]), int(stops[longest])


def _joined(pieces: Iterable[_Interval], gap_ms: int, cap_ms: int) -> list[_Interval]:
    """Left to right: a piece joins the segment before it when near enough and the sum is within the cap."""
    joined: list[_Interval] = []
    for start, end in pieces:
        if joined and start - joined[-1][1] <= gap_ms and end - joined[-1][0] <= cap_ms:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined
