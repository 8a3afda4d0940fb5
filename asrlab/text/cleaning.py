"""A text as its reader sees it: composed, in single spaces, without characters that show nothing.

Text profiles are made of this: what it does to a text must never change, see asrlab.text.profiles.
"""

import re
import unicodedata

_NON_JOINER, _JOINER, _MONGOLIAN_SEPARATOR = "\u200c", "\u200d", "\u180e"
_JOINERS = _NON_JOINER + _JOINER + _MONGOLIAN_SEPARATOR
# Signs over or under the number that follows: of category Cf, and seen.
_SIGNS = "\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
_FORMATS = (
    # Soft hyphen, Arabic letter mark, zero-width space, directions, word joiner, invisible operators, byte order mark.
    "\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb"
    # Shorthand and musical formatting, tags.
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f"
)
# White space among the controls becomes a space, as `str.split` has it.
_CONTROLS = "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"
_UNSEEN = re.compile(f"[{_CONTROLS}{_FORMATS}]")
_HAS_JOINER = re.compile(f"[{_JOINERS}]")
_JOINER_RUN = re.compile(f"[{_JOINERS}]+")
# Scripts whose letters change shape by their neighbours, from Arabic (with Syriac and N'Ko) over those of India to
# Khmer, and Mongolian; a joiner between two of their letters is spelling.
_SHAPED = re.compile(
    "[\u0600-\u07ff\u0840-\u0dff\u0f00-\u109f\u1780-\u18af\u1a20-\u1bff\u1c00-\u1c4f\u1cd0-\u1cff\ua800-\ua82f"
    "\ua840-\uaaff\uabc0-\uabff\ufb50-\ufdff\ufe70-\ufefc\U00010a00-\U00011fff\U0001e900-\U0001e95f]"
)
# Parts of one picture: emoji, skin tones, ♀ and ♂, and the selector that asks for colour.
_PICTURE = re.compile("[\u2600-\u27bf\u2b00-\u2bff\ufe0f\U0001f000-\U0001faff]")


def composed_text(text: str) -> str:
    """NFC, single spaces and none at the ends, without control, direction and zero-width characters.

    Joiners stay where they are spelling: between letters of Arabic, the scripts of India and their kin, or emoji.
    """
    seen = " ".join(_UNSEEN.sub("", text).split())
    if seen.isascii():
        return seen
    composed = unicodedata.normalize("NFC", seen)
    if not _HAS_JOINER.search(composed):
        return composed
    # What a joiner stood between may compose, and then stand beside another joiner.
    while (again := _with_needed_joiners(composed)) != composed:
        composed = again
    return composed


def _with_needed_joiners(text: str) -> str:
    return unicodedata.normalize("NFC", " ".join(_JOINER_RUN.sub(_needed_joiner, text).split()))


def _needed_joiner(match: re.Match[str]) -> str:
    text, (first, end) = match.string, match.span()
    before, after = text[max(first - 1, 0) : first], text[end : end + 1]
    if _SHAPED.match(before) and _SHAPED.match(after):
        return match[0][0]
    is_picture = match[0] == _JOINER and _PICTURE.match(before) and _PICTURE.match(after)
    return _JOINER if is_picture else ""
