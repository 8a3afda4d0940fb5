"""Ids of speakers that every toolkit takes, and that sort as Kaldi wants them.

An id is made of letters, digits, "_" and "."; "-" only joins ids. As "-" sorts before all of those, utterances
sorted by id are sorted by speaker too, even where one speaker's id begins with another's.
"""

import hashlib
import re

_UNSAFE = re.compile(r"[^\w.]")
_DIGEST_DIGITS = 6


def speaker_key(speaker: str) -> str:
    """A speaker's name as an id; two names never become one.

    >>> speaker_key("anna")
    'anna'
    >>> speaker_key("Anna B")
    'Anna_B_a6b0e8'
    """
    safe = _UNSAFE.sub("_", speaker)
    if safe == speaker:
        return safe
    return f"{safe}_{hashlib.sha256(speaker.encode()).hexdigest()[:_DIGEST_DIGITS]}"
