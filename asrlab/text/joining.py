"""Texts of consecutive pieces of one recording, put together as their scripts are written."""

import unicodedata
from collections.abc import Iterable

from asrlab.text.terms import UNSPACED_SCRIPTS, script_of


def join_texts(texts: Iterable[str]) -> str:
    """The texts in one line: a space between two where both sides write spaces, none otherwise.

    >>> join_texts(["Hello,", "world.", "", "안녕", "하세요"]), join_texts(["今天", "很好。", "好"])
    ('Hello, world. 안녕 하세요', '今天很好。好')
    """
    joined = ""
    for text in (each.strip() for each in texts):
        if joined and text and not (_writes_no_space(joined[-1]) or _writes_no_space(text[0])):
            joined += " "
        joined += text
    return joined


def _writes_no_space(character: str) -> bool:
    if script_of(character) in UNSPACED_SCRIPTS:
        return True
    # Full-width punctuation brings its own room; Hangul is as wide, and writes spaces.
    is_wide = unicodedata.east_asian_width(character) in "WF"
    return is_wide and unicodedata.category(character)[0] in "PS"
