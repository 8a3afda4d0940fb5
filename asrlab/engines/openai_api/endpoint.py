"""Where the server is, and how it is asked; one for the whole process, so that no key travels in a job."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from asrlab.domain.time import Seconds
from asrlab.errors import OptionError

DEFAULT_URL = "http://127.0.0.1:8000/v1"


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
        except ValueError as error:
            raise OptionError(f"ASRLAB_OPENAI_URL is no URL ({error}): give http://host:8000/v1") from error
        if parts.scheme not in ("http", "https") or not host:
            raise OptionError(f"ASRLAB_OPENAI_URL {self.url!r} is no URL: give http://host:8000/v1")
        host = f"[{host}]" if ":" in host else host
        return f"{parts.scheme}://{host}{f':{port}' if port else ''}{parts.path}"


_endpoint = Endpoint()


def use_endpoint(endpoint: Endpoint) -> None:
    """Speak to this server from now on, in this process."""
    global _endpoint
    _endpoint = endpoint


def current_endpoint() -> Endpoint:
    """The server to speak to."""
    return _endpoint
