"""Signs in a text that a decoder went wrong."""

import zlib

from asrlab.text.terms import find_phrase, terms

# OpenAI's transcribe.py: text that compresses better than this repeats itself.
MAX_COMPRESSION_RATIO = 2.4


def repeats_itself(text: str) -> bool:
    """OpenAI's test for a decoder that runs in a circle."""
    data = text.encode("utf-8")
    return bool(data) and len(data) / len(zlib.compress(data)) > MAX_COMPRESSION_RATIO


def echoes_context(text: str, context: str) -> bool:
    """Whether the text is nothing but a run of two words or more of the context.

    >>> echoes_context("Acme, Zyx!", "hot words: acme zyx"), echoes_context("Acme", "Acme Zyx")
    (True, False)
    """
    said = [term.text for term in terms(text)]
    return len(said) >= 2 and find_phrase(said, terms(context)) is not None
