"""Who is heard, out of the name that a format gives a voice."""

import re

# What exports and annotation tools call a voice that nobody has named.
_NOBODY = re.compile(
    r"|segments?|speech|utterances?|sentences?|phrases?|transcripts?|transcriptions?|texts?|ortho\w*|words?|trn|ipus?",
    re.IGNORECASE,
)
_CHANNEL = re.compile(r"Channel (\d{1,4})")


def speaker_of(voice: str) -> str | None:
    """The speaker's name; None for a name that is none."""
    return None if _NOBODY.fullmatch(voice.strip()) or _CHANNEL.fullmatch(voice) else voice


def channel_of(voice: str) -> int | None:
    """The channel, from 0, that the voice is named after."""
    match = _CHANNEL.fullmatch(voice)
    return int(match[1]) - 1 if match and int(match[1]) > 0 else None
