"""What the model wrote, taken apart: language, text, endless repetitions; no torch here."""

from collections.abc import Iterable

from asrlab.engines.qwen3_asr.languages import normalize_language_name

ASR_TEXT_TAG = "<asr_text>"
_LANGUAGE_PREFIX = "language "
# A character or pattern that comes more often in a row is written once.
MAX_REPEATS = 20
MAX_PATTERN_LENGTH = 20


def parse_asr_output(raw: str | None, user_language: str | None = None) -> tuple[str, str]:
    """Language ("" if not told) and text of what the model wrote; with a forced language all of it is text.

    >>> parse_asr_output("language English<asr_text>Hi there.")
    ('English', 'Hi there.')
    """
    text = detect_and_fix_repetitions((raw or "").strip())
    if not text:
        return "", ""
    if user_language:
        return user_language, text
    meta, tag, said = text.partition(ASR_TEXT_TAG)
    if not tag:
        return "", text
    if "language none" in meta.lower():
        return "", said.strip()
    for line in map(str.strip, meta.splitlines()):
        if line.lower().startswith(_LANGUAGE_PREFIX):
            return normalize_language_name(line[len(_LANGUAGE_PREFIX) :]), said.strip()
    return "", said.strip()


def detect_and_fix_repetitions(text: str, threshold: int = MAX_REPEATS) -> str:
    """`text` with each character that comes more than `threshold` times in a row, and each pattern of up to
    20 characters that comes `threshold` times or more, written once.

    >>> detect_and_fix_repetitions("0" * 25 + "1")
    '01'
    """
    return _fix_pattern_repeats(_fix_character_repeats(text, threshold), threshold)


def merge_languages(languages: Iterable[str | None]) -> str:
    """The languages of consecutive chunks, joined by commas: blanks and consecutive duplicates dropped.

    >>> merge_languages(["Chinese", "English", "English", "", "Chinese"])
    'Chinese,English,Chinese'
    """
    merged: list[str] = []
    for language in languages:
        name = (language or "").strip()
        if name and merged[-1:] != [name]:
            merged.append(name)
    return ",".join(merged)


def _fix_character_repeats(text: str, threshold: int) -> str:
    pieces: list[str] = []
    first = 0
    while first < len(text):
        end = first + 1
        while end < len(text) and text[end] == text[first]:
            end += 1
        pieces.append(text[first] if end - first > threshold else text[first:end])
        first = end
    return "".join(pieces)


def _fix_pattern_repeats(text: str, threshold: int) -> str:
    pieces: list[str] = []
    position = 0
    while len(text) - position >= 2 * threshold:
        pattern, end = _repeated_at(text, position, threshold)
        pieces.append(pattern or text[position])
        position = end if pattern else position + 1
    return "".join(pieces) + text[position:]


def _repeated_at(text: str, first: int, threshold: int) -> tuple[str, int]:
    """The shortest pattern that comes `threshold` times from `first` on, and where its repeats end; ("", first)."""
    for length in range(1, MAX_PATTERN_LENGTH + 1):
        end = first + length * threshold
        if end > len(text):
            break
        # A text that equals itself shifted by `length` repeats its first `length` characters.
        if text[first : end - length] == text[first + length : end]:
            pattern = text[first : first + length]
            while text.startswith(pattern, end):
                end += length
            return pattern, end
    return "", first
