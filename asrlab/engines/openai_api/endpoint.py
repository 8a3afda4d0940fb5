"""Where the server is, and how it is asked; one for the whole process, so that no key travels in a job."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from asrlab.domain.time import Seconds
from asrlab.errors import OptionError

DEFAULT_URL = "http://127.0.0.1:8000/v1"
_NO_URL = "ASRLAB_OPENAI_URL is no URL of a server: give http://host:8000/v1"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """url: the API's root, "http://host:8000/v1". concurrency: requests under way at once.

    timeout: until a request is given up, in seconds. attempts: how often one is made when what fails may pass.
    """

    url: str = DEFAULT_URL
    # Never shown: not in an error, a log or the catalog.
    key: str = field(default="", repr=False)
    concurrency: int = 8
    timeout: Seconds = 300.0
    attempts: int = 5

    @property
    def place(self) -> str:
        """The URL without a user's name and password. Raises OptionError for what is no URL of a server."""
        try:
            parts = urlsplit(self.url)
            host, port = parts.hostname, parts.port
        except ValueError:
            # What is wrong is not repeated, here or below: a password may stand in it.
            raise OptionError(_NO_URL) from None
        if parts.scheme not in ("http", "https") or not host:
            raise OptionError(_NO_URL)
        host = f"[{host}]" if ":" in host else host
        return f"{parts.scheme}://{host}{f':{port}' if port else ''}{parts.path}"

    def check_key(self) -> None:
        """Raise OptionError for a key that no request can carry, without repeating it."""
        if not (self.key.isascii() and self.key.isprintable()) or " " in self.key:
            raise OptionError(
                "ASRLAB_OPENAI_KEY holds a space, a line break or a letter that no key has: copy it again"
            )

    def without_key(self, said: str) -> str:
        """What a server said, without the key where it repeats it."""
        return said.replace(self.key, "(the key)") if self.key else said


_endpoint = Endpoint()


def use_endpoint(endpoint: Endpoint) -> None:
    """Speak to this server from now on, in this process."""
    global _endpoint
    _endpoint = endpoint


def current_endpoint() -> Endpoint:
    """The server to speak to."""
    return _endpoint
