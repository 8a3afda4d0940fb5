"""Who is logged in, and the tokens that prove a write comes from our page; all of it ends with the process."""

import hashlib
import hmac
import secrets
import threading
import time
from dataclasses import dataclass

from asrlab.domain.time import Seconds

COOKIE = "asrlab_session"
LIFETIME_S: Seconds = 12 * 3600.0
SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class _Session:
    """token: what was logged in with, so that one that is withdrawn ends its sessions too."""

    token: str
    ends_at: Seconds


class Sessions:
    """Sessions by the value of their cookie; safe to use from several threads."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(SECRET_BYTES)
        self._lock = threading.Lock()
        self._open: dict[str, _Session] = {}

    def begin(self, token: str) -> str:
        """A new session of the person whose token this is; returns its cookie's value."""
        key = secrets.token_urlsafe(SECRET_BYTES)
        now = time.monotonic()
        with self._lock:
            self._open = {old: session for old, session in self._open.items() if session.ends_at > now}
            self._open[key] = _Session(token, now + LIFETIME_S)
        return key

    def token(self, key: str | None) -> str | None:
        """What the session was begun with; None for one that has ended or never was."""
        with self._lock:
            session = self._open.get(key or "")
        return session.token if session is not None and session.ends_at > time.monotonic() else None

    def end(self, key: str | None) -> None:
        with self._lock:
            self._open.pop(key or "", None)

    def csrf_token(self, key: str | None) -> str:
        """What a write must carry in its header: another for each session, and one for nobody's."""
        return hmac.new(self._secret, (key or "").encode(), hashlib.sha256).hexdigest()

    def is_csrf_token(self, token: str, key: str | None) -> bool:
        return hmac.compare_digest(self.csrf_token(key).encode(), token.encode("utf-8", "replace"))
