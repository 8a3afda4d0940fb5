"""Byte ranges of what is no file (RFC 9110, section 14)."""

import re

_ONE_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


def requested_range(header: str | None, size: int) -> tuple[int, int] | None:
    """The bytes `[first, end)` that a `Range` header asks for; None to send all of them.

    Several ranges at once, or another unit, count as none, as they may. Raises ValueError for a range outside.
    """
    asked = _ONE_RANGE.fullmatch(header.replace(" ", "")) if header else None
    if asked is None or asked.group(1) == asked.group(2) == "":
        return None
    first, last = asked.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return None
    if start >= size or start >= end:
        raise ValueError(f"the range lies outside of {size} bytes")
    return start, end
