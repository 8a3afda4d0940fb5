"""Names and tags of languages, as manifests write them."""

import re

# ISO 639 tags by English name: those that speech corpora and the engines here name.
_NAMED = """
af:afrikaans ar:arabic az:azerbaijani be:belarusian bg:bulgarian bn:bengali bs:bosnian ca:catalan
cs:czech cy:welsh da:danish de:german el:greek en:english es:spanish et:estonian eu:basque fa:persian
fi:finnish fil:filipino fr:french gl:galician gu:gujarati he:hebrew hi:hindi hr:croatian hu:hungarian
hy:armenian id:indonesian is:icelandic it:italian ja:japanese ka:georgian kk:kazakh kn:kannada
ko:korean lt:lithuanian lv:latvian mk:macedonian ml:malayalam mn:mongolian mr:marathi ms:malay
mt:maltese my:burmese ne:nepali nl:dutch no:norwegian pa:punjabi pl:polish pt:portuguese ro:romanian
ru:russian si:sinhala sk:slovak sl:slovenian sq:albanian sr:serbian sv:swedish sw:swahili ta:tamil
te:telugu th:thai tr:turkish uk:ukrainian ur:urdu uz:uzbek vi:vietnamese yue:cantonese zh:chinese
zh:mandarin zu:zulu
"""
_TAGS = {name: tag for tag, _, name in (entry.partition(":") for entry in _NAMED.split())}
_TAG = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*")


def language_tag(language: str) -> str | None:
    """The BCP-47 tag of a tag in any case, with `-` or `_`, or of an English name; None for what is neither.

    >>> language_tag("en_us"), language_tag("German"), language_tag("?")
    ('en-US', 'de', None)
    """
    wanted = language.strip()
    named = _TAGS.get(wanted.lower())
    if named is not None:
        return named
    if not _TAG.fullmatch(wanted):
        return None
    first, *rest = re.split("[-_]", wanted)
    return "-".join([first.lower(), *map(_subtag, rest)])


def _subtag(text: str) -> str:
    """A script is written Hant, a region TW, anything else in small letters."""
    if len(text) == 4 and text.isalpha():
        return text.title()
    return text.upper() if len(text) == 2 or text.isdecimal() else text.lower()
