"""Which names this server answers to: a page of another site must not reach it by pointing a name of its own here."""

import ipaddress
import socket

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


def is_loopback(host: str) -> bool:
    """Whether a server bound to `host` can be reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def names_of(host: str) -> frozenset[str]:
    """The names under which a server bound to `host` is asked for, beside addresses."""
    if is_loopback(host):
        return LOOPBACK_NAMES | {host.lower()}
    return LOOPBACK_NAMES | {host.lower(), socket.gethostname().lower(), socket.getfqdn().lower()}


def is_expected(header: str, names: frozenset[str], *, allows_addresses: bool) -> bool:
    """Whether a `Host` header is one of our names, with any port: tunnels and proxies have their own.

    allows_addresses: also take any IP address. A browser that asks for an address was not misled by a name.
    """
    name = host_name(header)
    if name in names:
        return True
    return allows_addresses and _is_address(name)


def host_name(header: str) -> str:
    """The name in `name:port`, lower-case, without an address's brackets."""
    if header.startswith("["):
        return header[1:].partition("]")[0].lower()
    name, colon, port = header.rpartition(":")
    return (name if colon and port.isdigit() else header).lower().rstrip(".")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
