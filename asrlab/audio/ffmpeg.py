"""Files that FFmpeg's libraries read, through PyAV: MP3, everything in MP4 and Matroska, and what is rare."""

import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self, cast

import av
import av.error
import numpy as np
from av.audio.frame import AudioFrame
from av.container import InputContainer

from asrlab.audio.files import printable
from asrlab.audio.protocol import BLOCK_SAMPLES, Frames, StreamFacts
from asrlab.domain.reasons import FailureReason
from asrlab.errors import AudioError

# A file must not make FFmpeg fetch or open another one, as a playlist would: only these formats are opened.
FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,asf,avi,flv,mpegts,mpeg,ogg,mp3,aac,ac3,eac3,dts,truehd,amr,amrnb,amrwb,"
    "flac,wav,w64,aiff,au,caf,rm,ape,wv,tta,tak,mpc,mpc8,dsf,voc,nistsphere,ircam,svx,iff,aa,loas,g722,gsm,mxf"
)
# Codecs without any header, known by the file's name alone.
HEADERLESS = {".g722": "g722", ".gsm": "gsm"}
GSM_FRAME_BYTES = 33
# Their duration is a fact of the header; of other formats FFmpeg estimates it from the bit rate.
FORMATS_THAT_TELL = frozenset(
    {"mp4", "mov", "m4a", "3gp", "3g2", "flac", "wv", "tta", "tak", "ape", "w64", "aiff"}
)
# Frames stand alone: what is no frame, before the first or behind the last, is a tag or the rest of a recording
# that was cut out of a broadcast.
FORMATS_OF_FRAMES = frozenset({"mp3", "aac", "ac3", "eac3", "dts", "mpegts", "loas"})
# PyAV counts a frame's planes up to the first null pointer, which behind eight or more channels there is none: it
# reads on, and the process dies. More channels are read interleaved, as one plane.
MOST_PLANES = 7
# How to call a container whose file is not named after it, where FFmpeg's first name is not the plain one.
PLAIN_NAMES = {"mov": "mp4"}
# A decoder that begins in the middle needs what came before: MP3 some frames (its bit reservoir), Opus 80 ms
# (RFC 7845, section 4.6).
PREROLL_S = 0.3
# What FFmpeg may remember of where packets lie, 24 bytes each. With less than all of a file's it forgets every second
# one again and again, and a jump reads through minutes; ten hours of MP3 fit.
INDEX_BYTES = 32 << 20


class AvStream:
    """The first audio stream of a file; an `AudioStream` that is read forward only, and once.

    is_jumped_in: whether `blocks_near` will be asked for, which is quick with a memory of all that was passed.
    `reached` is where the last decoded frame ended on the file's own clock, in frames; `bad_end` says in a few
    words why what follows it can't be decoded, None for a proper end.
    Raises AudioError (NOT_AUDIO) when FFmpeg doesn't know the file, or nothing in it decodes.
    """

    is_seekable = False

    def __init__(self, path: Path, refusal: str, *, is_jumped_in: bool = False) -> None:
        self._path = path
        self._container = _open(path, refusal, {"indexmem": str(INDEX_BYTES)} if is_jumped_in else {})
        self.reached = 0
        self.bad_end: str | None = None
        self._is_begun = False
        try:
            if not self._container.streams.audio:
                raise AudioError(
                    FailureReason.NOT_AUDIO, f"{printable(path)} holds no audio stream: name another file"
                )
            self._stream = self._container.streams.audio[0]
            self._decoded = self._decode()
            self._first = next(self._decoded, None)
            if self._first is None and self.bad_end is not None:
                raise AudioError(
                    FailureReason.NOT_AUDIO,
                    f"{printable(path)} is no audio that can be read ({self.bad_end}): check the file",
                )
            self.facts = self._find_facts(self._first)
            # Where the file's own clock begins; None where it tells no times, and nothing can be sought.
            is_timed = self._first is not None and self._first.pts is not None
            self._begin = _time(self._first) if self._first is not None and is_timed else None
        except BaseException:
            self._container.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._container.close()

    def seek(self, frame: int) -> None:
        raise NotImplementedError("FFmpeg does not seek to the sample: read forward")

    def read(self, frames: int) -> Frames:
        raise NotImplementedError("read blocks()")

    def blocks(self) -> Iterator[Frames]:
        parts: list[Frames] = []
        held = 0
        for part in self._parts():
            parts.append(part)
            held += part.size
            if held >= BLOCK_SAMPLES:
                yield _joined(parts)
                parts, held = [], 0
        if parts:
            yield _joined(parts)

    @property
    def finds_times(self) -> bool:
        """Whether `blocks_near` may be asked again and again."""
        return self._begin is not None and self._stream.time_base is not None

    def blocks_near(self, frame: int) -> Iterator[Frames]:
        """All frames from about `frame` on, found by the container's index: to be heard or drawn.

        The file's times decide, so no engine is fed with it; they are true to the sample in MP3, MP4 and Ogg, to half a
        millisecond in Matroska (measured). A file in which nothing can be found is read forward.
        """
        skip = frame - self._jump(frame)
        if skip < 0:
            yield np.zeros((-skip, self.facts.num_channels), dtype=np.float32)
        for block in self.blocks():
            if skip < len(block):
                yield block[max(skip, 0) :]
            skip = max(skip - len(block), 0)

    def _jump(self, frame: int) -> int:
        """Go to a place before `frame`; returns it. 0 when the file can't be sought in: nothing is decoded then."""
        base, rate, begin = self._stream.time_base, self.facts.sampling_rate, self._begin
        is_fresh, self._is_begun = not self._is_begun, True
        if begin is None or base is None or (is_fresh and frame <= PREROLL_S * rate):
            return 0
        second = max(frame / rate - PREROLL_S, 0.0)
        try:
            self._container.seek(round((begin + second) / base), stream=self._stream)
        except av.FFmpegError as error:
            self._begin = None
            if is_fresh:
                return 0
            raise self._error(_reason(error)) from error
        self.bad_end = None
        self._decoded = self._decode(begins_within=True)
        self._first = next(self._decoded, None)
        return frame if self._first is None else round((_time(self._first) - begin) * rate)

    def _parts(self) -> Iterator[Frames]:
        """Every decoded frame as an array of shape (channels, samples)."""
        if self._first is None:
            return
        num_channels = self.facts.num_channels
        to_float = av.AudioResampler(format="fltp" if num_channels <= MOST_PLANES else "flt")
        frame: AudioFrame | None = self._first
        begin = _time(self._first)
        counted = 0
        while frame is not None:
            if (frame.sample_rate, frame.layout.nb_channels) != (
                self.facts.sampling_rate,
                num_channels,
            ):
                raise self._error("the sampling rate or the channels change in the middle")
            as_is = frame.format.name == "fltp" and num_channels <= MOST_PLANES
            for part in [frame] if as_is else to_float.resample(frame):
                array = cast(Frames, part.to_ndarray())
                yield array if num_channels <= MOST_PLANES else array.reshape(-1, num_channels).T
            counted += frame.samples
            self.reached = max(counted, round((_time(frame) - begin) * frame.sample_rate) + frame.samples)
            frame = next(self._decoded, None)

    def _decode(self, *, begins_within: bool = False) -> Iterator[AudioFrame]:
        """Frames in order; raises AudioError for a packet that can't be decoded between two that can.

        begins_within: the first packet may hold the rest of a frame that began before.
        """
        begun = False
        may_begin_badly = begins_within or self._plain_format() in FORMATS_OF_FRAMES
        for packet in self._packets():
            try:
                frames = packet.decode()
            except (av.FFmpegError, ValueError) as error:
                self.bad_end = _reason(error)
                continue
            for frame in frames:
                if self.bad_end is not None and (begun or not may_begin_badly):
                    raise self._error(self.bad_end)
                self.bad_end = None
                begun = True
                yield frame

    def _packets(self) -> Iterator["av.Packet[av.AudioStream]"]:
        try:
            yield from self._container.demux(self._stream)
        except (av.FFmpegError, ValueError) as error:
            self.bad_end = _reason(error)

    def _find_facts(self, first: AudioFrame | None) -> StreamFacts:
        context = self._stream.codec_context
        # The first frame knows better than the header: HE-AAC announces half its rate, and one channel of two.
        rate = int((first.sample_rate if first else context.sample_rate) or 0)
        channels = int((first.layout.nb_channels if first else context.channels) or 0)
        if rate <= 0 or channels <= 0:
            raise AudioError(
                FailureReason.NOT_AUDIO,
                f"{printable(self._path)}: its audio stream has no rate or no channels: check the file",
            )
        return StreamFacts(
            container=self._plain_format(),
            codec=context.codec.canonical_name.lower(),
            sampling_rate=rate,
            num_channels=channels,
            declared_frames=self._declared_frames(rate),
        )

    def _plain_format(self) -> str:
        """One name for the container: FFmpeg lists all that a demuxer reads ("mov,mp4,m4a,…")."""
        names = self._container.format.name.split(",")
        suffix = self._path.suffix.lower().lstrip(".")
        return suffix if suffix in names else PLAIN_NAMES.get(names[0], names[0])

    def _declared_frames(self, rate: int) -> int | None:
        stream = self._stream
        if (
            self._plain_format() not in FORMATS_THAT_TELL
            or stream.duration is None
            or stream.time_base is None
        ):
            return None
        return round(stream.duration * stream.time_base * rate)

    def _error(self, why: str) -> AudioError:
        return AudioError(
            FailureReason.DECODE_ERROR,
            f"{printable(self._path)} breaks off while decoding ({why}): copy it again",
        )


def _open(path: Path, refusal: str, options: dict[str, str]) -> InputContainer:
    headerless = HEADERLESS.get(path.suffix.lower())
    if headerless == "gsm" and not _is_gsm(path):
        headerless = None
    try:
        return av.open(
            # The prefix keeps a name such as "concat:a.mp3" from being taken for an address.
            "file:" + os.path.abspath(path),
            mode="r",
            format=headerless,
            container_options={"format_whitelist": FORMATS, "protocol_whitelist": "file", **options},
            metadata_errors="replace",
        )
    except (av.FFmpegError, ValueError) as error:
        raise AudioError(
            FailureReason.NOT_AUDIO,
            f"{printable(path)} is no audio that can be read ({refusal}): check the file",
        ) from error


def _is_gsm(path: Path) -> bool:
    """Whether every frame of the first kilobytes bears GSM 06.10's mark, the nibble 0xD."""
    with path.open("rb") as file:
        marks = file.read(GSM_FRAME_BYTES * 64)[::GSM_FRAME_BYTES]
    return all(mark >> 4 == 0xD for mark in marks)


def _time(frame: AudioFrame) -> float:
    """Seconds on the file's clock; 0 for a frame that has none, for which counting must do."""
    return float(frame.pts * frame.time_base) if frame.pts is not None and frame.time_base else 0.0


def _joined(parts: list[Frames]) -> Frames:
    return np.ascontiguousarray(np.concatenate(parts, axis=1).T)


def _reason(error: Exception) -> str:
    strerror = error.strerror if isinstance(error, (OSError, av.FFmpegError)) else None
    return (strerror or str(error) or type(error).__name__).splitlines()[0].rstrip(".").lower()
