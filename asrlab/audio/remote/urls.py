"""URLs as the places of audio: what is one, what it names, and what must not stand in one."""

import posixpath
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from asrlab.audio.files import printable
from asrlab.errors import InputNotFoundError

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*(::|://)")
_HTTP = re.compile(r"https?://", re.IGNORECASE)
_LOCAL = re.compile(r"(file|local)://(localhost(?=/))?", re.IGNORECASE)


def is_url(text: str) -> bool:
    """Whether this names something behind a protocol; a file:// URL is a path and none of these."""
    return _URL.match(text) is not None and _LOCAL.match(text) is None


def is_http(url: str) -> bool:
    return _HTTP.match(url) is not None


def local_path(text: str) -> str:
    """The path that a file:// URL names; any other text as it is."""
    return unquote(_LOCAL.sub("", text, count=1)) if _LOCAL.match(text) else text


def url_parts(url: str) -> list[str]:
    """The links of a chain of protocols; the colons of an IPv6 host are none."""
    return [url] if is_http(url) else url.split("::")


def url_suffix(url: str) -> str:
    """The suffix of what a URL names, in small letters, "" for none."""
    return Path(posixpath.basename(url_path(url))).suffix.lower()


def url_path(url: str) -> str:
    """The part of a URL that is a path: in a chained one (zip://a.wav::s3://b/c.zip) that of its first."""
    first = url_parts(url)[0]
    if is_http(first):
        return unquote(urlsplit(first).path)
    # A bucket's keys hold any character, so no query is cut off.
    return first.partition("://")[2]


def check_url(url: str) -> str:
    """The URL, fit to be stored.

    Raises InputNotFoundError for one with a password, which the catalog would keep, and for one without a path.
    """
    if re.match(r"[^/]*://[^/?#]*@", url):
        raise InputNotFoundError(
            f"{without_password(url)}: a name and password in a URL would be stored in the catalog: put them "
            "into ~/.netrc (http) or where the bucket's own tools look for them"
        )
    if is_http(url) and not urlsplit(url).hostname:
        raise InputNotFoundError(f"{printable(url)} names no host: write https://HOST/PATH")
    return url


def without_password(url: str) -> str:
    return printable(re.sub(r"(://)[^/?#]*@", r"\1", url))
