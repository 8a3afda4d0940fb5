"""Which tokens make which words: byte-level tokens may split a character, so it is counted in bytes."""

from collections.abc import Sequence
from functools import lru_cache

from asrlab.text.words import word_spans


def token_bytes(tokens: Sequence[str | None]) -> list[bytes]:
    """The bytes each byte-level token, as the vocabulary writes it, stands for.

    None, for an id that the vocabulary lacks (models have more rows than tokens), stands for no bytes.
    """
    return [b"" if token is None else _bytes_of(token) for token in tokens]


def words_with_tokens(pieces: Sequence[bytes]) -> list[tuple[str, list[int]]]:
    """The words of the text that the tokens spell, each with the indices of its tokens.

    A token that spans two words belongs to both. No words when the tokens spell no valid text.
    """
    try:
        text = b"".join(pieces).decode("utf-8")
    except UnicodeDecodeError:
        return []
    ends: list[int] = []
    total = 0
    for piece in pieces:
        total += len(piece)
        ends.append(total)
    found: list[tuple[str, list[int]]] = []
    token = 0
    for first, end in word_spans(text):
        first_byte, end_byte = len(text[:first].encode()), len(text[:end].encode())
        while token < len(ends) and ends[token] <= first_byte:
            token += 1
        last = token
        while last + 1 < len(ends) and ends[last] < end_byte:
            last += 1
        found.append((text[first:end], list(range(token, last + 1))))
    return found


def _bytes_of(token: str) -> bytes:
    table = _byte_of_character()
    try:
        return bytes(table[character] for character in token)
    except KeyError:
        # A token added as plain text.
        return token.encode("utf-8")


@lru_cache(maxsize=1)
def _byte_of_character() -> dict[str, int]:
    """GPT-2's byte alphabet: printable bytes stand for themselves, the others for what follows U+0100."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in set(printable)]
    table = {chr(byte): byte for byte in printable}
    table.update({chr(0x100 + index): byte for index, byte in enumerate(others)})
    return table
