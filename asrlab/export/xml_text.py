"""What XML can't hold, in any spelling (https://www.w3.org/TR/xml/#charsets)."""

import re

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_fault(text: str) -> str | None:
    """What keeps the text out of an XML document, None if nothing does.

    >>> xml_fault("a bell: \\x07")
    'XML has no character U+0007'
    """
    unfit = _NO_XML.search(text)
    return f"XML has no character U+{ord(unfit.group()):04X}" if unfit else None
