"""Which hosts may be asked: none inside a private network, unless the user allows it.

A manifest from elsewhere must not make asrlab read what only this machine can reach.
"""

import ipaddress
import re
import socket
from urllib.parse import urlsplit

from asrlab.audio.files import printable
from asrlab.audio.remote.urls import url_parts
from asrlab.domain.reasons import FailureReason
from asrlab.errors import AudioError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Whose URLs name a host; of buckets the provider's own settings name it.
_HOST_PROTOCOLS = frozenset(
    [
        "http",
        "https",
        "ftp",
        "ftps",
        "sftp",
        "ssh",
        "smb",
        "webdav",
        "webdavs",
        "webhdfs",
        "hdfs",
        "arrow_hdfs",
        "dask",
        "jupyter",
    ]
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def resolve(url: str, host: str, port: int, *, allow_private: bool) -> str:
    """An address of `host` that may be asked.

    Raises AudioError(PRIVATE_ADDRESS) when all are private, AudioError(UNREACHABLE) when there is none.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        why = f"the host {host} is not known ({getattr(error, 'strerror', None) or error})"
        raise AudioError(FailureReason.UNREACHABLE, f"{printable(url)}: {why}: check the URL") from error
    addresses = [str(entry[4][0]) for entry in found]
    allowed = [address for address in addresses if allow_private or is_public(address)]
    if not allowed:
        raise AudioError(
            FailureReason.PRIVATE_ADDRESS,
            f"{printable(url)} leads to {addresses[0]}, a private address: allow it with --allow-private",
        )
    return allowed[0]


def is_public(address: str) -> bool:
    """Whether an address lies in the public internet, also behind those that carry an IPv4 address inside."""
    parsed: Address = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        inside = parsed.ipv4_mapped or parsed.sixtofour or (parsed.teredo[1] if parsed.teredo else None)
        if parsed in _NAT64:
            inside = ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
        if inside is not None:
            return is_public(str(inside))
    return parsed.is_global and not parsed.is_multicast


def check_hosts(url: str, *, allow_private: bool) -> None:
    """Raise AudioError when a part of a (chained) URL names a host that may not be asked."""
    parts = url_parts(url)
    for part in parts:
        protocol, separator, _ = part.partition("://")
        if not separator or protocol.lower() not in _HOST_PROTOCOLS:
            continue
        if len(parts) > 1 and re.match("https?", protocol, re.IGNORECASE):
            raise AudioError(
                FailureReason.UNREACHABLE,
                f"{printable(url)}: http inside a chain of protocols is not fetched: give that URL alone",
            )
        host = urlsplit(part).hostname
        if host:
            resolve(url, host, 0, allow_private=allow_private)
