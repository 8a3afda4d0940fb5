"""Recordings by their id: what is said in a stretch, the audio, the waveform. No path comes from outside."""

import logging
from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel

from asrlab.audio.peaks import View
from asrlab.audio.places import at_hand
from asrlab.audio.played import Played, played
from asrlab.catalog.recordings import audio_sources
from asrlab.domain.audio import AudioSource
from asrlab.domain.time import TimeSpan
from asrlab.errors import AudioError
from asrlab.review.reading import SegmentOnPage, segments_between
from asrlab.web.bodies import PathId, Time
from asrlab.web.ranges import requested_range
from asrlab.web.site import Site, SiteOf, Somebody

router = APIRouter(prefix="/api/recordings")
log = logging.getLogger(__name__)

MAX_PIXELS = 8192
DEFAULT_PIXELS = 1000
MAX_CHANNEL = 65_535
# By recording id, which may stand for other bytes in a catalog that was made anew: an hour is a sitting.
HEADERS = {
    "cache-control": "private, max-age=3600",
    "content-security-policy": "default-src 'none'; media-src 'self'; frame-ancestors 'none'",
}

Channel = Annotated[int | None, Query(ge=0, le=MAX_CHANNEL)]


class Stretch(BaseModel):
    """What is said in a stretch of a recording, by time."""

    segments: list[SegmentOnPage]


class Waveform(BaseModel):
    """Lowest and highest samples, in ±1, of equal parts of [start_s, end_s); is_complete: ask again while it is not."""

    start_s: float
    end_s: float
    pixels: int
    min: tuple[float, ...]
    max: tuple[float, ...]
    is_complete: bool


@router.get("/{recording_id}/segments")
def segments(recording_id: PathId, start: Time, end: Time, site: SiteOf, person: Somebody) -> Stretch:
    _check_order(start, end)
    found = segments_between(site.catalog, recording_id, start, end, person.name, site.shares)
    return Stretch(segments=found)


@router.get("/{recording_id}/peaks")
def peaks(
    recording_id: PathId,
    site: SiteOf,
    _person: Somebody,
    start: Time = 0.0,
    end: Time | None = None,
    pixels: Annotated[int, Query(ge=1, le=MAX_PIXELS)] = DEFAULT_PIXELS,
    channel: Channel = None,
) -> Waveform:
    source = _source(site, recording_id)
    stop = source.duration if end is None else min(end, source.duration)
    _check_order(start, stop if end is None else end)
    _check_channel(source, channel)
    span = TimeSpan(min(start, stop), stop)
    found = site.waveforms.peaks(source, View(span, channel, pixels))
    return Waveform(
        start_s=span.start,
        end_s=span.end,
        pixels=len(found.lowest),
        min=found.lowest,
        max=found.highest,
        is_complete=found.is_complete,
    )


@router.head("/{recording_id}/audio", include_in_schema=False)
@router.get("/{recording_id}/audio", response_class=Response)
def audio(
    recording_id: PathId, request: Request, site: SiteOf, _person: Somebody, channel: Channel = None
) -> Response:
    """The recording as a browser can play it, whole or in ranges of its bytes. channel: that one alone."""
    source = _source(site, recording_id)
    _check_channel(source, channel)
    return _ranged(request, played(at_hand(source), source, channel))


def _ranged(request: Request, wanted: Played) -> Response:
    tag = f'"{wanted.tag}"'
    headers = {**HEADERS, "accept-ranges": "bytes", "etag": tag}
    is_same = request.headers.get("if-range", tag) == tag
    try:
        part = requested_range(request.headers.get("range") if is_same else None, wanted.size)
    except ValueError as error:
        raise HTTPException(416, str(error), headers={"content-range": f"bytes */{wanted.size}"}) from error
    first, end = part or (0, wanted.size)
    headers["content-length"] = str(end - first)
    if part is not None:
        headers["content-range"] = f"bytes {first}-{end - 1}/{wanted.size}"
    status = 200 if part is None else 206
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=wanted.media_type)
    chunks = wanted.chunks(first, end)
    # The first is read before anything is answered, so that what can't be read is an error and no silence.
    begun = next(chunks)
    return StreamingResponse(_told(begun, chunks, wanted.tag), status, headers, wanted.media_type)


def _told(begun: bytes, chunks: Iterator[bytes], tag: str) -> Iterator[bytes]:
    """A file that breaks off in the middle ends the answer there."""
    yield begun
    try:
        yield from chunks
    except AudioError as error:
        log.warning("the audio %s breaks off: %s", tag, error)
        raise


def _source(site: Site, recording_id: int) -> AudioSource:
    with site.catalog.reading() as session:
        source = audio_sources(session, [recording_id]).get(recording_id)
    if source is None:
        raise HTTPException(404, f"there is no recording {recording_id} with audio")
    return source


def _check_order(start: float, end: float) -> None:
    if end < start:
        raise HTTPException(422, "end: it lies before start")


def _check_channel(source: AudioSource, channel: int | None) -> None:
    if channel is not None and channel >= source.num_channels:
        raise HTTPException(404, f"the recording has {source.num_channels} channel(s)")
