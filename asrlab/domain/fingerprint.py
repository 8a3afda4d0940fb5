"""Fingerprints: equal inputs give equal hex digests, on every machine and Python."""

import hashlib
import json
from collections.abc import Mapping

FINGERPRINT_HEX_DIGITS = 16

Scalar = str | int | float | bool | None


def fingerprint(facts: Mapping[str, Scalar]) -> str:
    """16 hex digits of the SHA-256 of `facts` as canonical JSON (sorted keys, no spaces)."""
    canonical = json.dumps(dict(facts), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()[:FINGERPRINT_HEX_DIGITS]
