"""What exports call the clips, copies and converted recordings that they make: by the recording's hash."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from asrlab.audio.remote.urls import is_url, url_path
from asrlab.domain.time import TimeSpan

_OWN_NAME = re.compile(r"([0-9a-f]{16})(?:-(\d{8,})-(\d{8,}))?(?:-c(\d+))?")


@dataclass(frozen=True, slots=True)
class OwnName:
    """What a name tells. beginning: of the recording's content hash, 16 digits; start_ms, end_ms: None for all of it."""

    beginning: str
    start_ms: int | None
    end_ms: int | None
    channel: int | None

    @property
    def is_cut(self) -> bool:
        """Whether it is a part of the recording, in time or by channel."""
        return self.start_ms is not None or self.channel is not None

    @property
    def span(self) -> TimeSpan | None:
        """The part in time; None for all of it, and for what is no interval."""
        if self.start_ms is None or self.end_ms is None or self.end_ms <= self.start_ms:
            return None
        return TimeSpan.from_ms(self.start_ms, self.end_ms)


def own_name(place: str) -> OwnName | None:
    """What the name of a file, at a path or URL, tells; None when it is no export's."""
    match = _OWN_NAME.fullmatch(PurePosixPath(url_path(place) if is_url(place) else place).stem)
    if match is None:
        return None
    start, end, channel = (None if digits is None else int(digits) for digits in match.groups()[1:])
    return OwnName(match[1], start, end, channel)
